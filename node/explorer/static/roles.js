// As what an account takes part: its record in each role, what that earned it, and what it lost.

import { Chart } from "./chart.js";
import { tokens, words } from "./format.js";
import { html } from "./html.js";
import { useCall } from "./node.js";
import { link } from "./route.js";
import { Ago, Amount, Badge, BlockLink, Card, Listing, summary } from "./ui.js";

export default function Roles({ id }) {
  const found = useCall("explorer_roles", [id]).data;
  const isWhole = useCall("explorer_index").data?.first === 0;
  if (!found || !found.roles.length) return null;
  return html`
    <${Listing} title="Roles" file="roles" columns=${rolesOf(isWhole ? "genesis" : "before the index")} rows=${found.roles} />
    ${found.earnings.length ? html`<${Earned} rows=${found.earnings} /><${Listing} title="Earnings by epoch" file="earnings-by-epoch" columns=${EARNINGS} rows=${found.earnings} />` : null}
    ${found.payments.length ? html`<${Listing} title="Other payments" file="other-payments" columns=${CONDUCT} rows=${found.payments} />` : null}
    ${found.losses.length
      ? html`<${Listing} title="Slashes and losses" file="slashes-and-losses" columns=${CONDUCT} rows=${found.losses} />`
      : html`<p class="muted" id="no-losses">Nothing of this account was ever slashed.</p>`}`;
}

/** What all rules together paid in each epoch, from the first that is kept to the last. */
function Earned({ rows }) {
  const sums = new Map();
  for (const row of rows) sums.set(row.epoch, (sums.get(row.epoch) ?? 0n) + BigInt(row.amount));
  const first = Math.min(...sums.keys()), last = Math.max(...sums.keys());
  const epochs = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  if (epochs.length < 2) return null;
  return html`<${Card} title="Earnings"><${Chart} title="AGPU earned by epoch, by all rules" x=${epochs} over="epoch"
    series=${[{ label: "earned", kind: "bars", values: epochs.map((epoch) => tokens(sums.get(epoch) ?? 0n)), digits: 6 }]} /><//>`;
}

const rolesOf = (earliest) => [
  ["Role", (row) => html`<${Badge} word=${row.role} note=${row.is_active ? "It has this role now" : "It had this role"} />`, { csv: (row) => row.role }],
  ["Since", (row) => (row.since === null ? earliest : html`<${BlockLink} number=${row.since} />`), { csv: (row) => row.since }],
  ["Now", (row) => (row.is_active ? "active" : "not any more"), { csv: (row) => row.is_active }],
  ["Record", (row) => summary(row.record), { wide: true, csv: (row) => row.record }],
];

const EARNINGS = [
  ["Epoch", (row) => row.epoch, { n: true, csv: (row) => row.epoch }],
  ["As", (row) => words(row.role), { csv: (row) => row.role }],
  ["Rule", (row) => words(row.rule), { csv: (row) => row.rule }],
  ["Amount", (row) => html`<${Amount} value=${row.amount} />`, { n: true, csv: (row) => row.amount }],
];

const CONDUCT = [
  ["Block", (row) => html`<${BlockLink} number=${row.block} />`, { csv: (row) => row.block }],
  ["What", (row) => html`<a href=${link("event", `${row.block}-${row.event}`)}>${row.name}</a>`, { csv: (row) => row.name }],
  ["As", (row) => words(row.role), { csv: (row) => row.role }],
  ["Amount", (row) => (row.amount === null ? "" : html`<${Amount} value=${row.amount} symbol=${row.symbol} />`), { n: true, csv: (row) => row.amount }],
  ["Age", (row) => html`<${Ago} time=${row.time} />`, { n: true, csv: (row) => row.time }],
];
