// Chain state: any item of any pallet, decoded, at any block whose state is kept.

import { useState } from "preact/hooks";
import { bare } from "../format.js";
import { html } from "../html.js";
import { call, live, useCall } from "../node.js";
import { go, link } from "../route.js";
import { Answer, Card, Csv, Hash, Value, everyRow } from "../ui.js";

const LISTED = 50; // entries of one answer

export default function State({ id, query }) {
  const answer = useCall("explorer_pallets", [], false);
  return html`<h1>Chain state</h1>
    <${Answer} answer=${answer}>${(pallets) => html`<${Browser} pallets=${pallets} id=${id} query=${query} />`}<//>`;
}

function Browser({ pallets, id, query }) {
  const [wantedPallet, wantedItem] = (id || "Balances.TotalIssuance").split(".");
  const pallet = pallets.find((one) => one.name === wantedPallet) ?? pallets[0];
  const item = pallet.items.find((one) => one.name === wantedItem) ?? pallet.items[0];
  const choose = (name, of = "") => go("state", `${name}.${of || (pallets.find((one) => one.name === name).items[0]?.name ?? "")}`);
  return html`
    <${Card} title="Where">
      <p class="doc">${pallet.doc}</p>
      <div class="console">
        <label for="pallet">Pallet</label>
        <select id="pallet" onChange=${(event) => choose(event.currentTarget.value)}>${pallets.filter((one) => one.items.length).map((one) => html`<option selected=${one === pallet}>${one.name}</option>`)}</select>
        <label for="item">Item</label>
        <select id="item" onChange=${(event) => choose(pallet.name, event.currentTarget.value)}>${pallet.items.map((one) => html`<option selected=${one === item}>${one.name}</option>`)}</select>
      </div>
    <//>
    ${item ? html`<${Item} key=${`${pallet.name}.${item.name}`} pallet=${pallet.name} item=${item} query=${query} />` : null}`;
}

function Item({ pallet, item, query }) {
  const given = item.keys.map((_, i) => query[`k${i}`] ?? "");
  const [keys, setKeys] = useState(given);
  const [block, setBlock] = useState(query.block ?? "");
  const answer = useCall("explorer_state", [pallet, item.name, given.every(Boolean) ? given : [], query.block || "best", query.after ?? ""], !query.block);
  const words = (keys, block) => ({ ...Object.fromEntries(keys.map((key, i) => [`k${i}`, key]).filter(([, key]) => key)), ...(block ? { block } : {}) });
  const look = (event) => {
    event.preventDefault();
    go("state", `${pallet}.${item.name}`, words(keys, block));
  };
  const columns = [
    ...item.keys.map((kind, i) => [`key ${i + 1} (${kind})`, null, { csv: (entry) => bare(entry.keys[i]) }]),
    ["value", null, { csv: (entry) => bare(entry.value) }],
    ["storage key", null, { csv: (entry) => entry.storageKey }],
  ];
  const every = () => everyEntry(pallet, item.name, given, query.block || (live.head?.best.hash ?? "best"));
  return html`<${Card} title=${`${pallet}.${item.name}`} extra=${html`<${Csv} name=${`${pallet}-${item.name}`} columns=${columns} rows=${answer.data} every=${every} />`}>
    <form class="console" onSubmit=${look}>
      ${item.keys.map((kind, i) => html`<label for=${`k${i}`}>Key ${i + 1}: ${kind}</label>
        <input id=${`k${i}`} value=${keys[i]} placeholder="empty for the first 50" onInput=${(event) => setKeys(keys.map((key, j) => (j === i ? event.currentTarget.value : key)))} />`)}
      <label for="block">Block</label>
      <input id="block" value=${block} placeholder="best" onInput=${(event) => setBlock(event.currentTarget.value)} />
      <button type="submit">Look</button>
    </form>
    <${Answer} answer=${answer}>${(entries) => entries.length ? html`<ol class="entries">${entries.map((entry) => html`<li>
      ${entry.keys.length ? html`<div class="entry-keys">${entry.keys.map((key) => html`<${Value} value=${key} /> `)}</div>` : null}
      <div><${Value} value=${entry.value} /></div>
      <small class="muted">at <${Hash} value=${entry.storageKey} /></small></li>`)}</ol>
      <nav class="pager" aria-label="Pages of the map">
        ${query.after ? html`<a href=${link("state", `${pallet}.${item.name}`, words([], query.block))}>First</a>` : null}
        ${entries.length === LISTED ? html`<a href=${link("state", `${pallet}.${item.name}`, { ...words([], query.block), after: entries.at(-1).storageKey })}>More →</a>` : null}
      </nav>` : html`<p class="empty">Nothing is stored there${query.block ? ` at ${query.block}` : ""}. What calls of ${pallet} write shows up here with the next block.</p>`}<//>
  <//>`;
}

/** The entries of a map, or those under given keys, all of one block: it may not change half-way. */
function everyEntry(pallet, item, given, block) {
  const keys = given.every(Boolean) ? given : [];
  return everyRow(async (after) => {
    const rows = await call("explorer_state", pallet, item, keys, block, after);
    return { rows, next: rows.length === LISTED ? rows.at(-1).storageKey : null };
  });
}
