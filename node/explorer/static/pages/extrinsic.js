// An extrinsic: what it asked for, what came of it, what it cost.

import { html } from "../html.js";
import { useCall } from "../node.js";
import { Account, Amount, Answer, Badge, BlockLink, Card, Facts, Fields, Finality, Fold, Hash, Moment, Value } from "../ui.js";
import { Events } from "./block.js";

export default function Extrinsic({ id }) {
  const answer = useCall("explorer_extrinsic", [id], false);
  return html`<${Answer} answer=${answer} title=${`Extrinsic ${id}`}>${(found) => html`<${Whole} found=${found} />`}<//>`;
}

function Whole({ found }) {
  const isSigned = found.signer !== null;
  const rows = [
    ["Result", found.ok ? html`<${Badge} word="success" />` : html`<${Badge} word="failed" /> <${Value} value=${found.error} />`],
    ["Block", html`<${BlockLink} number=${found.block} /> · <${Moment} time=${found.timeMs} />`],
    ["Hash", html`<${Hash} value=${found.hash} whole />`],
    ["Signer", isSigned ? html`<${Account} address=${found.signer} whole />` : "nobody: an inherent, put in by the author"],
    ["Fee", isSigned ? html`<${Amount} value=${found.fee} />` : undefined],
    ["Tip", isSigned ? html`<${Amount} value=${found.tip} />` : undefined],
    ["Nonce", found.nonce ?? undefined],
    ["Lifetime", found.era ?? undefined],
    ["Weight", `${(found.picoseconds / 1e6).toFixed(1)} µs of the reference machine`],
    ["Size", `${found.sizeBytes} bytes`],
  ];
  return html`
    <div class="title"><h1>Extrinsic ${found.block}-${found.index}</h1><${Finality} block=${found.block} /></div>
    <${Card} title=${found.name}><p class="doc">${found.doc}</p><${Facts} rows=${rows} /><//>
    <${Card} title="Arguments">${Object.keys(found.arguments).length ? html`<${Fields} fields=${found.arguments} />` : html`<p class="empty">It takes none.</p>`}
      <${Fold} title="As it is on the wire">${html`<code class="hash raw">${found.raw}</code>`}<//>
      <${Fold} title="JSON">${html`<pre tabindex="0">${JSON.stringify(found, null, 2)}</pre>`}<//>
    <//>
    <${Events} block=${found.block} events=${found.events} count=${found.events.length} />`;
}
