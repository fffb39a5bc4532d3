// A block: its header, its extrinsics, its events.

import { percent } from "../format.js";
import { html } from "../html.js";
import { useCall } from "../node.js";
import { link } from "../route.js";
import { Account, Amount, Answer, Badge, Card, Csv, Fold, Facts, Hash, Moment, Table, summary } from "../ui.js";

export default function Block({ id }) {
  const answer = useCall("explorer_block", [id]);
  return html`<${Answer} answer=${answer} title=${`Block ${id}`}>${(block) => html`<${Whole} block=${block} />`}<//>`;
}

function Whole({ block }) {
  const share = (100 * block.usedPicoseconds) / block.maxPicoseconds;
  const rows = [
    ["Hash", html`<${Hash} value=${block.hash} whole />`],
    ["Time", html`<${Moment} time=${block.timeMs} />`],
    ["Author", html`<${Account} address=${block.author} whole />`],
    ["Slot", block.slot ?? "–"],
    ["Parent", block.number ? html`<a href=${link("block", block.parentHash)}><${Hash} value=${block.parentHash} whole /></a>` : "none"],
    ["State root", html`<${Hash} value=${block.stateRoot} whole />`],
    ["Extrinsics root", html`<${Hash} value=${block.extrinsicsRoot} whole />`],
    ["Runtime", `version ${block.specVersion}`],
    ["Size", `${block.sizeBytes} bytes`],
    ["Fees", html`<${Amount} value=${block.fees} />`],
    ["Weight", html`<meter min="0" max="100" value=${share} aria-label="Weight used">${share}</meter> ${percent(block.usedPicoseconds, block.maxPicoseconds, 2)} of ${block.maxPicoseconds / 1e12} s`],
  ];
  return html`
    <div class="title"><h1>Block #${block.number}</h1>
      <${Badge} word=${block.isFinal ? "final" : block.isCanonical ? "not final" : "abandoned"} />
      <nav class="steps" aria-label="Neighbouring blocks">
        ${block.number > 0 ? html`<a href=${link("block", block.number - 1)}>← #${block.number - 1}</a>` : null}
        ${block.nextHash ? html`<a href=${link("block", block.number + 1)}>#${block.number + 1} →</a>` : null}
      </nav></div>
    <${Card} title="Header"><${Facts} rows=${rows} />
      <${Fold} title="Digest">${html`<ol class="values">${block.digest.map((item) => html`<li><code class="hash">${item}</code></li>`)}</ol>`}<//>
    <//>
    <${Extrinsics} block=${block} />
    <${Events} block=${block.number} events=${block.events} count=${block.eventCount} />`;
}

function Extrinsics({ block }) {
  const name = (row) => `${block.number}-${row.index}`;
  const columns = [
    ["Extrinsic", (row) => html`<a href=${link("extrinsic", name(row))}>${name(row)}</a>`, { csv: name }],
    ["Call", (row) => row.name, { csv: (row) => row.name }],
    ["Signer", (row) => (row.signer ? html`<${Account} address=${row.signer} />` : html`<span class="muted">inherent</span>`), { csv: (row) => row.signer }],
    ["Result", (row) => html`<${Badge} word=${row.ok ? "success" : "failed"} />`, { csv: (row) => (row.ok ? "success" : "failed") }],
    ["Fee", (row) => html`<${Amount} value=${row.signer ? row.fee : null} />`, { n: true, csv: (row) => row.fee }],
    ["Hash", (row) => html`<${Hash} value=${row.hash} />`, { csv: (row) => row.hash }],
  ];
  const more = block.extrinsicCount - block.extrinsics.length;
  return html`<${Card} title=${`Extrinsics (${block.extrinsicCount})`} id="h-extrinsics" extra=${html`<${Csv} name=${`block-${block.number}-extrinsics`} columns=${columns} rows=${block.extrinsics} />`}>
    <${Table} name="Extrinsics" columns=${columns} rows=${block.extrinsics} empty="No extrinsics." />
    ${more > 0 ? html`<p class="empty">${more} more have pages of their own.</p>` : null}<//>`;
}

export function Events({ block, events, count }) {
  const columns = [
    ["Event", (row) => html`<a href=${link("event", `${block}-${row.index}`)}>${block}-${row.index}</a>`, { csv: (row) => `${block}-${row.index}` }],
    ["Name", (row) => html`<span title=${row.doc}>${row.name}</span>`, { csv: (row) => row.name }],
    ["In", (row) => (row.extrinsic === null ? row.phase : html`<a href=${link("extrinsic", `${block}-${row.extrinsic}`)}>${row.phase}</a>`), { csv: (row) => row.phase }],
    ["Says", (row) => summary(row.fields), { wide: true, csv: (row) => row.fields }],
  ];
  return html`<${Card} title=${`Events (${count})`} id="h-events" extra=${html`<${Csv} name=${`block-${block}-events`} columns=${columns} rows=${events} />`}>
    <${Table} name="Events" columns=${columns} rows=${events} empty="No events." /><//>`;
}
