// RPC console: every method of the node from its own description, to try.

import { useState } from "preact/hooks";
import { html } from "../html.js";
import { callNamed, useCall } from "../node.js";
import { go, link } from "../route.js";
import { Answer, Card } from "../ui.js";

export default function Rpc({ id, query }) {
  const answer = useCall("rpc_discover", [], false);
  return html`<h1>RPC console</h1>
    <${Answer} answer=${answer}>${(document) => html`<${Console} methods=${document.methods.filter((method) => !method["x-notification"])} id=${id} query=${query} />`}<//>`;
}

function Console({ methods, id, query }) {
  const method = methods.find((one) => one.name === id) ?? methods.find((one) => one.name === "system_health") ?? methods[0];
  return html`
    <p><label for="method">Method</label> <select id="method" value=${method.name} onChange=${(event) => go("rpc", event.currentTarget.value)}>
      ${methods.map((one) => html`<option value=${one.name} selected=${one.name === method.name}>${one.name}</option>`)}</select></p>
    <${Method} key=${method.name} method=${method} query=${query} />`;
}

function Method({ method, query }) {
  const [values, setValues] = useState(Object.fromEntries(method.params.map(({ name }) => [name, query[name] ?? ""])));
  const [outcome, setOutcome] = useState(null);
  const ask = async (event) => {
    event.preventDefault();
    // the address names the question, so that it can be sent to somebody; asking again is no new visit
    const given = Object.fromEntries(Object.entries(values).filter(([, value]) => value.trim() !== ""));
    history.replaceState(history.state, "", link("rpc", method.name, given));
    setOutcome({ words: "Asking …" });
    try {
      const read = Object.fromEntries(method.params.filter(({ name }) => given[name]).map(({ name, schema }) => [name, valueOf(given[name], schema)]));
      const answer = await callNamed(method.name, read);
      setOutcome({ words: JSON.stringify(answer, null, 2) });
    } catch (error) {
      setOutcome({ words: error.message, isError: true });
    }
  };
  return html`<${Card} title=${method.name}>
    <p class="doc">${method.summary} ${method.description}</p>
    <form class="console" onSubmit=${ask}>
      ${method.params.map((param) => html`<label for=${`p-${param.name}`}>${param.name}${param.required ? "" : " (may be left out)"}</label>
        <input id=${`p-${param.name}`} placeholder=${kindOf(param.schema)} value=${values[param.name]} onInput=${(event) => setValues({ ...values, [param.name]: event.currentTarget.value })} autocomplete="off" spellcheck=${false} />`)}
      <button type="submit">Call</button>
    </form>
    ${outcome ? html`<pre id="outcome" tabindex="0" class=${outcome.isError ? "error" : ""} role=${outcome.isError ? "alert" : "status"}>${outcome.words}</pre>` : null}
  <//>`;
}

/** What a parameter wants, in a word or two. */
function kindOf(schema = {}) {
  const one = schema.anyOf?.find((each) => each.type !== "null") ?? schema;
  const type = Array.isArray(one.type) ? one.type.find((each) => each !== "null") : one.type;
  if (type === "array") return `JSON array of ${kindOf(one.items) || "values"}`;
  return one.enum ? one.enum.join(" or ") : one.pattern?.includes("0x") ? "0x… in hex" : type === "object" ? "JSON object" : type ?? "JSON";
}

/** What was typed: text where the method wants some, else JSON if it is some. */
function valueOf(text, schema) {
  try {
    if (["string", "0x… in hex"].includes(kindOf(schema)) && !text.trim().startsWith('"')) return text;
    return JSON.parse(text);
  } catch {
    return text;
  }
}
