// A block: its header, its extrinsics, its events.

import { useState } from "preact/hooks";
import { count, percent } from "../format.js";
import { html } from "../html.js";
import { call, useCall } from "../node.js";
import { PROOFS } from "../proofs.js";
import { link } from "../route.js";
import { Account, Amount, Answer, Badge, Card, Csv, Fold, Facts, Hash, Json, Listing, Moment, Table, everyRow, saveAs, summary } from "../ui.js";

const LISTED = 100; // of one answer of the node

export default function Block({ id, query }) {
  const from = { extrinsics: Number(query.extrinsics ?? 0), events: Number(query.events ?? 0) };
  const answer = useCall("explorer_block", [id, from.extrinsics, from.events]);
  return html`<${Answer} answer=${answer} title=${`Block ${id}`}>${(block) => html`<${Whole} block=${block} id=${id} from=${from} />`}<//>`;
}

function Whole({ block, id, from }) {
  const share = (100 * block.usedPicoseconds) / block.maxPicoseconds;
  const rows = [
    ["Hash", html`<${Hash} value=${block.hash} whole />`],
    ["Time", html`<${Moment} time=${block.timeMs} />`],
    ["Author", html`<${Account} address=${block.author} whole />`],
    ["Slot", block.slot === null ? "–" : count(block.slot)],
    ["Parent", block.hasParent ? html`<a href=${link("block", block.parentHash)}><${Hash} value=${block.parentHash} whole /></a>` : block.number ? html`<${Hash} value=${block.parentHash} whole />, of the chain that this one was forked from` : "none"],
    ["State root", html`<${Hash} value=${block.stateRoot} whole />`],
    ["Extrinsics root", html`<${Hash} value=${block.extrinsicsRoot} whole />`],
    ["Runtime", `version ${block.specVersion}`],
    ["Size", `${count(block.sizeBytes)} bytes`],
    ["Fees", html`<${Amount} value=${block.fees} />`],
    ["Weight", html`<meter min="0" max="100" value=${share} aria-label="Weight used">${share}</meter> ${percent(block.usedPicoseconds, block.maxPicoseconds, 2)} of ${block.maxPicoseconds / 1e12} s`],
  ];
  return html`
    <div class="title"><h1>Block #${block.number}</h1>
      <${Badge} word=${block.isFinal ? "final" : block.isCanonical ? "not final" : "abandoned"} />
      <nav class="steps" aria-label="Neighbouring blocks">
        ${block.hasParent ? html`<a rel="prev" href=${link("block", block.number - 1)}>← #${block.number - 1}</a>` : null}
        ${block.nextHash ? html`<a rel="next" href=${link("block", block.number + 1)}>#${block.number + 1} →</a>` : null}
      </nav></div>
    <${Card} title="Header"><${Facts} rows=${rows} />
      <${Fold} title="Digest">${html`<ol class="values">${block.digest.map((item) => html`<li><code class="hash">${item}</code></li>`)}</ol>`}<//>
      <${Fold} title="As it is on the wire"><code class="hash raw">${block.rawHeader}</code>
        <p class="doc inset">This is the header, of which the hash is made. <${Save} block=${block} /></p><//>
      <${Json} value=${block} />
    <//>
    ${block.receipts.length ? html`<${Listing} title=${`Receipts (${block.receipts.length})`} name="Receipts" file=${`block-${block.number}-receipts`} columns=${PROOFS} rows=${block.receipts} />` : null}
    <${Extrinsics} block=${block}><${Part} id=${id} from=${from} of="extrinsics" count=${block.extrinsicCount} /><//>
    <${Events} block=${block.number} events=${block.events} count=${block.eventCount} every=${everyOf(block, "events")}><${Part} id=${id} from=${from} of="events" count=${block.eventCount} /><//>`;
}

/** Saves the whole block as the bytes that nodes exchange. */
function Save({ block }) {
  const [failure, setFailure] = useState(null);
  const save = async () => {
    try {
      const hex = await call("explorer_blockBytes", block.hash);
      saveAs(`block-${block.number}.scale`, Uint8Array.from(hex.slice(2).match(/../g), (digits) => parseInt(digits, 16)), "application/octet-stream");
      setFailure(null);
    } catch (error) {
      setFailure(`explorer_blockBytes: ${error.message}`);
    }
  };
  return html`<button type="button" class="small" onClick=${save}>Save the whole block as SCALE</button>${failure ? html` <span class="error" role="alert">${failure}</span>` : null}`;
}

/** The way to the rows before and after those of a table that are shown; nothing if these are all. */
function Part({ id, from, of, count }) {
  const first = from[of], last = Math.min(first + LISTED, count);
  const at = (place) => link("block", id, { ...from, [of]: place });
  if (count <= LISTED) return null;
  return html`<nav class="pager" aria-label=${`Parts of the ${of}`}>
    ${first ? html`<a href=${at(Math.max(0, first - LISTED))}>← Before</a>` : null}<span>${first + 1} to ${last} of ${count}</span>
    ${last < count ? html`<a href=${at(last)}>After →</a>` : null}</nav>`;
}

function Extrinsics({ block, children }) {
  const name = (row) => `${block.number}-${row.index}`;
  const columns = [
    ["Extrinsic", (row) => html`<a href=${link("extrinsic", name(row))}>${name(row)}</a>`, { csv: name }],
    ["Call", (row) => row.name, { csv: (row) => row.name }],
    ["Signer", (row) => (row.signer ? html`<${Account} address=${row.signer} />` : html`<span class="muted">inherent</span>`), { csv: (row) => row.signer }],
    ["Result", (row) => html`<${Badge} word=${row.ok ? "success" : "failed"} />`, { csv: (row) => (row.ok ? "success" : "failed") }],
    ["Fee", (row) => html`<${Amount} value=${row.signer ? row.fee : null} />`, { n: true, csv: (row) => row.fee }],
    ["Hash", (row) => html`<${Hash} value=${row.hash} />`, { csv: (row) => row.hash }],
  ];
  return html`<${Card} title=${`Extrinsics (${block.extrinsicCount})`} id="h-extrinsics" extra=${html`<${Csv} name=${`block-${block.number}-extrinsics`} columns=${columns} rows=${block.extrinsics} every=${everyOf(block, "extrinsics")} />`}>
    <${Table} name="Extrinsics" columns=${columns} rows=${block.extrinsics} empty="No extrinsics." />${children}<//>`;
}

/** What fetches all rows of a kind of a block, part by part as the node tells them. */
const everyOf = (block, of) => () => everyRow(async (cursor) => {
  const rest = { extrinsics: block.extrinsicCount, events: block.eventCount }; // of the other kind: none
  const { [of]: rows } = await call("explorer_block", block.hash, ...Object.values({ ...rest, [of]: Number(cursor) }));
  const next = Number(cursor) + rows.length;
  return { rows, next: rows.length && next < rest[of] ? next : null };
});

export function Events({ block, events, count, every, children }) {
  const columns = [
    ["Event", (row) => html`<a href=${link("event", `${block}-${row.index}`)}>${block}-${row.index}</a>`, { csv: (row) => `${block}-${row.index}` }],
    ["Name", (row) => html`<span title=${row.doc}>${row.name}</span>`, { csv: (row) => row.name }],
    ["In", (row) => (row.extrinsic === null ? row.phase : html`<a href=${link("extrinsic", `${block}-${row.extrinsic}`)}>${row.phase}</a>`), { csv: (row) => row.phase }],
    ["Says", (row) => summary(row.fields), { wide: true, csv: (row) => row.fields }],
  ];
  return html`<${Card} title=${`Events (${count})`} id="h-events" extra=${html`<${Csv} name=${`block-${block}-events`} columns=${columns} rows=${events} every=${every} />`}>
    <${Table} name="Events" columns=${columns} rows=${events} empty="No events." />${children}<//>`;
}
