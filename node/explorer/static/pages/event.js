// An event: what happened, said in its own words.

import { html } from "../html.js";
import { useCall } from "../node.js";
import { link } from "../route.js";
import { Answer, BlockLink, Card, Facts, Fields, Finality, Json } from "../ui.js";
import { NOT_LISTED } from "./events.js";

export default function Event({ id }) {
  const answer = useCall("explorer_event", [id], false);
  return html`<${Answer} answer=${answer} title=${`Event ${id}`}>${(found) => html`
    <div class="title"><h1>Event ${found.block}-${found.index}</h1><${Finality} block=${found.block} /></div>
    <${Card} title=${found.name}><p class="doc">${found.doc}</p>
      <${Facts} rows=${[
        ["Block", html`<${BlockLink} number=${found.block} />`],
        ["In", found.extrinsic === null ? found.phase : html`<a href=${link("extrinsic", `${found.block}-${found.extrinsic}`)}>extrinsic ${found.block}-${found.extrinsic}</a>`],
        ["Others", found.listed ? html`<a href=${link("events", found.name)}>all events of this name</a>` : NOT_LISTED],
      ]} />
      <${Fields} fields=${found.fields} /><${Json} value=${found} />
    <//>`}<//>`;
}
