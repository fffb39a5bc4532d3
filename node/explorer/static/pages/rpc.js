// RPC console: every method of the node from its own description, to try.

import { useState } from "preact/hooks";
import { html } from "../html.js";
import { call, useCall } from "../node.js";
import { go } from "../route.js";
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
    setOutcome({ words: "Asking …" });
    try {
      const answer = await call(method.name, ...method.params.map(({ name }) => read(values[name])));
      setOutcome({ words: JSON.stringify(answer, null, 2) });
    } catch (error) {
      setOutcome({ words: error.message, isError: true });
    }
  };
  return html`<${Card} title=${method.name}>
    <p class="doc">${method.summary} ${method.description}</p>
    <form class="console" onSubmit=${ask}>
      ${method.params.map((param) => html`<label for=${`p-${param.name}`}>${param.name}${param.required ? "" : " (may be left out)"}</label>
        <input id=${`p-${param.name}`} value=${values[param.name]} onInput=${(event) => setValues({ ...values, [param.name]: event.currentTarget.value })} autocomplete="off" spellcheck=${false} />`)}
      <button type="submit">Call</button>
    </form>
    ${outcome ? html`<pre id="outcome" tabindex="0" class=${outcome.isError ? "error" : ""} role=${outcome.isError ? "alert" : "status"}>${outcome.words}</pre>` : null}
  <//>`;
}

/** What was typed: JSON if it is some, text otherwise, nothing if nothing. */
function read(text) {
  if (text.trim() === "") return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
