// Vaults: AGPU staked for access, behind providers and as insurance, and what insurance owes.

import { percent, words } from "../format.js";
import { html } from "../html.js";
import { useCall } from "../node.js";
import { link } from "../route.js";
import { Account, Amount, Answer, Card, Csv, Table, Tile, Tiles } from "../ui.js";

export default function Vaults() {
  const vaults = useCall("vault_list"), claims = useCall("vault_claims");
  return html`
    <h1>Vaults</h1>
    <${Answer} answer=${vaults}>${(rows) => html`<${Staked} rows=${rows} />`}<//>
    <${Answer} answer=${claims}>${(found) => html`<${Claims} found=${found} />`}<//>`;
}

function Staked({ rows }) {
  const sum = (field) => rows.reduce((total, row) => total + BigInt(row[field]), 0n);
  return html`
    <${Tiles}>
      <${Tile} name="vaults" label="Vaults" value=${rows.length} note=${`${rows.reduce((total, row) => total + row.members, 0)} stakes`} />
      <${Tile} name="staked" label="Staked" value=${html`<${Amount} value=${sum("stake")} />`} note="on hold of its owners" />
      <${Tile} name="weight" label="Weight" value=${html`<${Amount} value=${sum("weight")} />`} note="a long lock counts up to twice" />
      <${Tile} name="unclaimed" label="Earned" value=${html`<${Amount} value=${sum("unclaimed")} />`} note="not claimed yet" />
    <//>
    <${Card} title="All vaults" extra=${html`<${Csv} name="vaults" columns=${VAULTS} rows=${rows} />`}>
      <${Table} name="All vaults" columns=${VAULTS} rows=${rows} empty=${html`Nobody has opened one yet: <code>starminer vault create</code>.`} />
      <p class="doc">A vault earns a part of the fees of what it is for, and nothing else.</p><//>`;
}

function Claims({ found }) {
  return html`<${Card} title="Owed by insurance" extra=${html`<${Csv} name="claims" columns=${CLAIMS} rows=${found.claims} />`}>
    <${Table} name="Owed by insurance" columns=${CLAIMS} rows=${found.claims} empty="No client waits for a payment." />
    <p class="doc">Collected and not paid: <${Amount} value=${found.collected} />. <code>starminer vault pay CLAIM</code> collects what is missing and pays.</p><//>`;
}

function purpose(kind) {
  if (kind.of === "market") return `market ${kind.tier}/${kind.region}`;
  if (kind.of === "task") return `jobs of ${words(kind.task)}`;
  return kind.of;
}

const VAULTS = [
  ["Vault", (row) => row.id, { csv: (row) => row.id }],
  ["For", (row) => (row.kind.of === "provider" ? html`provider <a class="address" href=${link("provider", row.kind.provider)}>${row.kind.provider.slice(0, 8)}…</a>` : purpose(row.kind)), { csv: (row) => row.kind.provider ?? purpose(row.kind) }],
  ["Stake", (row) => html`<${Amount} value=${row.stake} />`, { n: true, csv: (row) => row.stake }],
  ["Members", (row) => row.members, { n: true, csv: (row) => row.members }],
  ["Weight", (row) => html`<${Amount} value=${row.weight} />`, { n: true, csv: (row) => row.weight }],
  ["Not claimed", (row) => html`<${Amount} value=${row.unclaimed} />`, { n: true, csv: (row) => row.unclaimed }],
  ["Commission", (row) => (row.kind.of === "provider" ? percent(row.commission, 1e9, 2) : "–"), { n: true, csv: (row) => row.commission }],
];

const CLAIMS = [
  ["Claim", (row) => row.claim, { csv: (row) => row.claim }],
  ["Client", (row) => html`<${Account} address=${row.client} />`, { csv: (row) => row.client }],
  ["Amount", (row) => html`<${Amount} value=${row.amount} />`, { n: true, csv: (row) => row.amount }],
];
