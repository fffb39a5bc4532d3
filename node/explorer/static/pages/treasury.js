// Treasury: what it has, what it has promised, what it paid.

import { Chart } from "../chart.js";
import { brief, tokens, words } from "../format.js";
import { html } from "../html.js";
import { call, useCall } from "../node.js";
import { link } from "../route.js";
import { Account, Amount, Answer, Badge, BlockLink, Card, Csv, Listing, Table, Tile, Tiles, Value, everyRow, numbered } from "../ui.js";

export default function Treasury({ query }) {
  const below = query.below ? Number(query.below) : null;
  const answer = useCall("explorer_treasury", [below]);
  return html`<h1>Treasury</h1><${Answer} answer=${answer}>${(data) => html`<${Whole} data=${data} below=${below} />`}<//>`;
}

function Whole({ data, below }) {
  const part = (row, name) => row.status.fields[name];
  const columns = [
    ["Spend", (row) => row.index, { csv: (row) => row.index }],
    ["State", (row) => html`<${Badge} word=${part(row, "status").name} />`, { csv: (row) => part(row, "status").name }],
    ["To", (row) => html`<${Value} value=${part(row, "beneficiary")} />`, { csv: (row) => part(row, "beneficiary").value }],
    ["Amount", (row) => html`<${Held} asset=${row.asset} value=${part(row, "amount").value} />`, { n: true, csv: (row) => part(row, "amount").value }],
    ["Of", (row) => row.asset, { csv: (row) => row.asset }],
    ["Paid so far", (row) => (row.stream ? html`<${Held} asset=${row.asset} value=${row.stream.fields.paid.value} />` : "–"), { n: true }],
    ["From", (row) => html`<${BlockLink} number=${part(row, "valid_from")} />`, { n: true, csv: (row) => part(row, "valid_from") }],
    ["Expires", (row) => `#${part(row, "expire_at")}`, { n: true, csv: (row) => part(row, "expire_at") }],
  ];
  return html`
    <${Tiles}>
      <${Tile} name="pot" label="Pot" value=${html`<${Amount} value=${data.pot} />`} note="what it may spend" />
      <${Tile} name="committed" label="Promised" value=${html`<${Amount} value=${data.committed} />`} note="approved and not yet paid" />
      <${Tile} name="waiting" label="Waiting" value=${data.approvals.length} note="for the end of the period" />
    <//>
    <p><${Account} address=${data.address} whole /></p>
    <${Flows} />
    <${Card} title="Spends" extra=${html`<${Csv} name="spends" columns=${columns} rows=${data.spends} every=${() => everyRow(spendsBelow)} />`}>
      <${Table} name="Spends" columns=${columns} rows=${data.spends} empty="No spend was approved yet: a referendum on a spender's track does that." />
      <nav class="pager" aria-label="Pages of the spends">
        ${below === null ? null : html`<a href=${link("treasury")}>Newest</a>`}
        ${data.next === null ? null : html`<a href=${link("treasury", "", { below: data.next })}>Older →</a>`}
      </nav><//>
    <${Listing} title="What it has besides AGPU" name="Other assets" file="treasury-assets" columns=${OTHERS} rows=${data.assets} />
    <${Listing} title="Approved in the last 28 eras" name="Windows" file="windows" columns=${WINDOWS} rows=${data.windows} empty="Nothing was approved in that time; what a referendum approves counts against its track here." />`;
}

/** An amount of AGPU, of AMAX, or of an asset by its id, in its least units. */
const Held = ({ asset, value }) =>
  TOKENS.includes(asset) ? html`<${Amount} value=${value} symbol=${asset} />` : html`<span data-exact=${value}>${value}</span>`;

const TOKENS = ["AGPU", "AMAX"];
const OTHERS = [
  ["Asset", (row) => row.asset, { csv: (row) => row.asset }],
  ["Pot", (row) => html`<${Held} asset=${row.asset} value=${row.pot} />`, { n: true, csv: (row) => row.pot }],
  ["Promised", (row) => html`<${Held} asset=${row.asset} value=${row.committed} />`, { n: true, csv: (row) => row.committed }],
  ["Approved in 28 eras", (row) => html`<${Held} asset=${row.asset} value=${row.spent} />`, { n: true, csv: (row) => row.spent }],
];

/** A page of the spends from a number on down, as histories tell theirs. */
async function spendsBelow(cursor) {
  const { spends, next } = await call("explorer_treasury", numbered(String(cursor)));
  return { rows: spends, next };
}

/** What came in and went out, epoch by epoch, and why: the events of the chain, added up. */
function Flows() {
  const rows = useCall("treasury_flows", [null, EPOCHS]).data;
  if (!rows?.length) return null;
  const shown = rows.toReversed();
  const sum = (parts) => parts.reduce((total, part) => total + BigInt(part.amount), 0n);
  return html`
    <${Card} title="In and out by epoch">${shown.length > 1 ? html`<${Chart} title="AGPU that came in, and went out, by epoch" x=${shown.map((row) => row.epoch)} over="epoch" series=${[
      { label: "in", kind: "bars", values: shown.map((row) => tokens(sum(row.inflows))), digits: 6 },
      { label: "out", kind: "bars", tone: 3, values: shown.map((row) => -tokens(sum(row.outflows))), digits: 6 }]} />` : html`<p class="empty">The first epoch is under way.</p>`}<//>
    <${Listing} title="Epochs" file="treasury-epochs" columns=${EPOCH} rows=${rows}><p class="doc">Opening and inflows less outflows are the closing; a test of the node's holds that against the state.</p><//>`;
}

const EPOCHS = 48;
const causes = (parts) => parts.map((part) => `${words(part.cause)} ${brief(part.amount)}`).join(", ");
const plain = (parts) => parts.map((part) => `${part.cause}:${part.amount}`).join(" ");

const EPOCH = [
  ["Epoch", (row) => row.epoch, { csv: (row) => row.epoch }],
  ["Opening", (row) => html`<${Amount} value=${row.opening} />`, { n: true, csv: (row) => row.opening }],
  ["In", (row) => causes(row.inflows) || "nothing", { wide: true, csv: (row) => plain(row.inflows) }],
  ["Out", (row) => causes(row.outflows) || "nothing", { wide: true, csv: (row) => plain(row.outflows) }],
  ["Closing", (row) => html`<${Amount} value=${row.closing} />`, { n: true, csv: (row) => row.closing }],
  ["Blocks", (row) => html`<${BlockLink} number=${row.firstBlock} /> – <${BlockLink} number=${row.lastBlock} />`, { n: true, csv: (row) => `${row.firstBlock}-${row.lastBlock}` }],
];

const WINDOWS = [
  ["Track", (row) => words(row.track), { csv: (row) => row.track }],
  ["Spends", (row) => (row.spends.length ? html`<${Value} value=${row.spends} />` : "none"), { wide: true, csv: (row) => row.spends }],
];
