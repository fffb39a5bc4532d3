// As what an account takes part: its record in each role, what that earned it, and what it lost.

import { words } from "./format.js";
import { html } from "./html.js";
import { useCall } from "./node.js";
import { link } from "./route.js";
import { Ago, Amount, Badge, BlockLink, Card, Csv, Table, summary } from "./ui.js";

export default function Roles({ id }) {
  const answer = useCall("explorer_roles", [id]);
  const found = answer.data;
  if (!found || !found.roles.length) return null;
  return html`
    <${Card} title="Roles"><${Table} name="Roles" columns=${ROLES} rows=${found.roles} /><//>
    ${found.earnings.length ? html`<${Listed} title="Earnings by epoch" columns=${EARNINGS} rows=${found.earnings} />` : null}
    ${found.payments.length ? html`<${Listed} title="Other payments" columns=${CONDUCT} rows=${found.payments} />` : null}
    ${found.losses.length
      ? html`<${Listed} title="Slashes and losses" columns=${CONDUCT} rows=${found.losses} />`
      : html`<p class="muted" id="no-losses">Nothing of this account was ever slashed.</p>`}`;
}

function Listed({ title, columns, rows }) {
  const name = title.toLowerCase().replaceAll(" ", "-");
  return html`<${Card} title=${title} extra=${html`<${Csv} name=${name} columns=${columns} rows=${rows} />`}>
    <${Table} name=${title} columns=${columns} rows=${rows} /><//>`;
}

const ROLES = [
  ["Role", (row) => html`<${Badge} word=${row.role} note=${row.is_active ? "It has this role now" : "It had this role"} />`],
  ["Since", (row) => (row.since === null ? "before the index" : html`<${BlockLink} number=${row.since} />`)],
  ["Now", (row) => (row.is_active ? "active" : "not any more")],
  ["Record", (row) => summary(row.record), { wide: true }],
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
