// Vaults: AGPU and tokenised assets staked for access, behind providers and as insurance, and what insurance owes.

import { count, counted, percent, words } from "../format.js";
import { html } from "../html.js";
import { useCall } from "../node.js";
import { link } from "../route.js";
import { Account, Amount, Answer, Card, Csv, Paged, Table, Tile, Tiles, numbered, usePages } from "../ui.js";

export default function Vaults({ query }) {
  const vaults = usePages("explorer_vaults", "vaults", query, { read: numbered });
  const claims = useCall("vault_claims"), assets = useCall("rwa_list");
  return html`
    <h1>Vaults</h1>
    <${Answer} answer=${vaults.answer}>${(found) => html`<${Staked} found=${found} list=${vaults} />`}<//>
    <${Answer} answer=${assets}>${(rows) => html`<${Tokenised} rows=${rows} />`}<//>
    <${Answer} answer=${claims}>${(found) => html`<${Claims} found=${found} />`}<//>`;
}

function Staked({ found, list }) {
  return html`
    <${Tiles}>
      <${Tile} name="vaults" label="Vaults" value=${count(found.count)} note=${counted(found.members, "stake")} />
      <${Tile} name="staked" label="Staked" value=${html`<${Amount} value=${found.stake} />`} note="on hold of its owners" />
      <${Tile} name="unclaimed" label="Earned" value=${html`<${Amount} value=${found.unclaimed} />`} note="not claimed yet" />
    <//>
    <${Paged} title="All vaults" list=${list} columns=${VAULTS} file="vaults" empty=${html`Nobody has opened one yet: <code>starminer vault create</code>.`}>
      <p class="doc">A vault earns a part of the fees of what it is for, and nothing else. Weight is the stake times its lock: a long one counts up to twice.</p><//>`;
}

function Tokenised({ rows }) {
  return html`<${Card} title="Tokenised assets" extra=${html`<${Csv} name="assets" columns=${ASSETS} rows=${rows} />`}>
    <${Table} name="Tokenised assets" columns=${ASSETS} rows=${rows} empty=${html`Nobody has registered one yet: <code>starminer rwa register</code>.`} />
    <p class="doc">A token counts in vaults for what the oracle says less a haircut, and for nothing while a feed is stale.</p><//>`;
}

function Claims({ found }) {
  return html`<${Card} title="Owed by insurance" extra=${html`<${Csv} name="claims" columns=${CLAIMS} rows=${found.claims} />`}>
    <${Table} name="Owed by insurance" columns=${CLAIMS} rows=${found.claims} empty="No client waits for a payment." />
    <p class="doc">Collected and not paid: <${Amount} value=${found.collected} />. <code>starminer vault pay CLAIM</code> collects what is missing and pays.</p><//>`;
}

function tokens(units, decimals) {
  const digits = String(units).padStart(decimals + 1, "0"), point = digits.length - decimals;
  return (decimals ? `${digits.slice(0, point)}.${digits.slice(point)}` : digits).replace(/\.?0+$/, (zeros) => (decimals ? "" : zeros));
}

function purpose(kind) {
  if (kind.of === "market") return `market ${kind.tier}/${kind.region}`;
  if (kind.of === "task") return `jobs of ${words(kind.task)}`;
  return kind.of;
}

const VAULTS = [
  ["Vault", (row) => row.id, { csv: (row) => row.id }],
  ["For", (row) => (row.kind.of === "provider" ? html`provider <a class="address" href=${link("provider", row.kind.provider)} title=${row.kind.provider} data-address=${row.kind.provider}>${row.kind.provider.slice(0, 8)}…</a>` : purpose(row.kind)), { csv: (row) => row.kind.provider ?? purpose(row.kind) }],
  ["Stake", (row) => html`<${Amount} value=${row.stake} />`, { n: true, csv: (row) => row.stake }],
  ["Members", (row) => row.members, { n: true, csv: (row) => row.members }],
  ["Weight", (row) => html`<${Amount} value=${row.weight} />`, { n: true, csv: (row) => row.weight }],
  ["Assets", (row) => html`<${Amount} value=${row.assets.reduce((total, one) => total + BigInt(one.value), 0n)} />`, { n: true, csv: (row) => row.assets.map((one) => `${one.asset}:${one.units}`).join(" ") }],
  ["Not claimed", (row) => html`<${Amount} value=${row.unclaimed} />`, { n: true, csv: (row) => row.unclaimed }],
  ["Commission", (row) => (row.kind.of === "provider" ? percent(row.commission, 1e9, 2) : "–"), { n: true, csv: (row) => row.commission }],
];

const ASSETS = [
  ["Asset", (row) => row.asset, { csv: (row) => row.asset }],
  ["Kind", (row) => words(row.kind), { csv: (row) => row.kind }],
  ["Status", (row) => words(row.status), { csv: (row) => row.status }],
  ["Issuer", (row) => html`<${Account} address=${row.issuer} />`, { csv: (row) => row.issuer }],
  ["Issued", (row) => tokens(row.issued, row.decimals), { n: true, csv: (row) => row.issued }],
  ["Reserve", (row) => (row.reserve === null ? "stale" : tokens(row.reserve, row.decimals)), { n: true, csv: (row) => row.reserve ?? "" }],
  ["Haircut", (row) => percent(row.haircut, 1e9, 2), { n: true, csv: (row) => row.haircut }],
  ["A token counts for", (row) => html`<${Amount} value=${row.tokenValue} />`, { n: true, csv: (row) => row.tokenValue }],
];

const CLAIMS = [
  ["Claim", (row) => row.claim, { csv: (row) => row.claim }],
  ["Client", (row) => html`<${Account} address=${row.client} />`, { csv: (row) => row.client }],
  ["Amount", (row) => html`<${Amount} value=${row.amount} />`, { n: true, csv: (row) => row.amount }],
];
