// Treasury: what it has, what it has promised, what it paid.

import { Chart } from "../chart.js";
import { tokens, words } from "../format.js";
import { html } from "../html.js";
import { useCall } from "../node.js";
import { Account, Amount, Answer, Badge, BlockLink, Card, Csv, Table, Tile, Tiles, Value } from "../ui.js";

export default function Treasury() {
  const answer = useCall("explorer_treasury");
  return html`<h1>Treasury</h1><${Answer} answer=${answer}>${(data) => html`<${Whole} data=${data} />`}<//>`;
}

function Whole({ data }) {
  const part = (row, name) => row.status.fields[name];
  const columns = [
    ["Spend", (row) => row.index, { csv: (row) => row.index }],
    ["State", (row) => html`<${Badge} word=${part(row, "status").name} />`, { csv: (row) => part(row, "status").name }],
    ["To", (row) => html`<${Value} value=${part(row, "beneficiary")} />`, { csv: (row) => part(row, "beneficiary").value }],
    ["Amount", (row) => html`<${Value} value=${part(row, "amount")} />`, { n: true, csv: (row) => part(row, "amount").value }],
    ["Paid so far", (row) => (row.stream ? html`<${Value} value=${row.stream.fields.paid} />` : "–"), { n: true }],
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
    <${Flow} best=${data.block} />
    <${Card} title="Spends" extra=${html`<${Csv} name="spends" columns=${columns} rows=${data.spends} />`}>
      <${Table} name="Spends" columns=${columns} rows=${data.spends} empty="No spend was approved yet: a referendum on a spender's track does that." /><//>
    <${Card} title="Approved in the last 28 eras"><${Table} name="Windows" rows=${data.windows} empty="Nothing." columns=${[
      ["Track", (row) => words(row.track)], ["Spends", (row) => (row.spends.length ? html`<${Value} value=${row.spends} />` : "none"), { wide: true }]]} /><//>`;
}

function Flow({ best }) {
  const { data } = useCall("explorer_points", [Math.max(0, best - 5000), null, 150]);
  if (!data || data.length < 3) return null;
  const steps = data.slice(1).map((point, i) => [point.number, tokens(BigInt(point.treasury) - BigInt(data[i].treasury))]);
  return html`<${Card} title="In and out"><${Chart} title="AGPU that came in, and went out" x=${steps.map(([number]) => number)} series=${[
    { label: "in", kind: "bars", values: steps.map(([, change]) => Math.max(0, change)), digits: 6 },
    { label: "out", kind: "bars", values: steps.map(([, change]) => Math.min(0, change)), digits: 6 }]} /><//>`;
}
