// An extrinsic: what it asked for, what came of it, what it cost.

import { count, percent } from "../format.js";
import { html } from "../html.js";
import { useCall } from "../node.js";
import { Account, Amount, Answer, Badge, BlockLink, Card, Exact, Facts, Fields, Finality, Fold, Hash, Json, Moment, Value } from "../ui.js";
import { Events } from "./block.js";

export default function Extrinsic({ id }) {
  const answer = useCall("explorer_extrinsic", [id], false);
  return html`<${Answer} answer=${answer} title=${`Extrinsic ${id}`}>${(found) => html`<${Whole} found=${found} />`}<//>`;
}

function Whole({ found }) {
  const isSigned = found.signer !== null, parts = found.feeParts;
  const share = (100 * found.picoseconds) / found.maxPicoseconds;
  const rows = [
    ["Result", found.ok ? html`<${Badge} word="success" />` : html`<${Badge} word="failed" /> <${Value} value=${found.error} />`],
    ["Block", html`<${BlockLink} number=${found.block} /> · <${Moment} time=${found.timeMs} />`],
    ["Hash", html`<${Hash} value=${found.hash} whole />`],
    ["Signer", isSigned ? html`<${Account} address=${found.signer} whole />` : "nobody: an inherent, put in by the author"],
    ["Fee", isSigned ? html`<${Amount} value=${found.fee} />` : undefined],
    ["Made of", parts ? html`base <${Exact} value=${parts.base} /> + length <${Exact} value=${parts.length} /> + weight <${Exact} value=${parts.weight} /> + tip <${Exact} value=${parts.tip} />` : undefined],
    ["Went to", parts ? html`burned <${Exact} value=${parts.burned} />, treasury <${Exact} value=${parts.treasury} />, author <${Exact} value=${parts.author} />` : undefined],
    ["Tip", isSigned && !parts ? html`<${Amount} value=${found.tip} />` : undefined],
    ["Nonce", found.nonce ?? undefined],
    ["Lifetime", found.era ?? undefined],
    ["Weight", html`<meter min="0" max="100" value=${share} aria-label="Weight, of a block's">${share}</meter> ${percent(found.picoseconds, found.maxPicoseconds, 2)} of a block: ${count(Math.round(found.picoseconds / 1e6))} µs of the reference machine`],
    ["Size", `${count(found.sizeBytes)} bytes`],
  ];
  return html`
    <div class="title"><h1>Extrinsic ${found.block}-${found.index}</h1><${Finality} block=${found.block} /></div>
    <${Card} title=${found.name}><p class="doc">${found.doc}</p><${Facts} rows=${rows} /><//>
    <${Card} title="Arguments">${Object.keys(found.arguments).length ? html`<${Fields} fields=${found.arguments} />` : html`<p class="empty">It takes none.</p>`}
      <${Fold} title="As it is on the wire">${html`<code class="hash raw">${found.raw}</code>`}<//>
      <${Json} value=${found} />
    <//>
    <${Events} block=${found.block} events=${found.events} count=${found.events.length} />`;
}
