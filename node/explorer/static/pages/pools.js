// Pools: where assets are traded for AGPU, at what price; and the assets themselves.

import { decimal } from "../format.js";
import { html } from "../html.js";
import { useCall } from "../node.js";
import { Account, Amount, Answer, Badge, Listing, Tile, Tiles } from "../ui.js";

const STEP = 10n ** 18n; // steps of a price in one planck for one unit

export default function Pools() {
  const pools = useCall("liquidity_pools"), assets = useCall("explorer_assets");
  const known = new Map((assets.data ?? []).map((one) => [one.id, one]));
  return html`
    <h1>Pools and assets</h1>
    <${Answer} answer=${pools}>${(rows) => html`<${Traded} rows=${rows} known=${known} />`}<//>
    <${Answer} answer=${assets}>${(rows) => html`<${Listing} title="Assets" file="assets" columns=${ASSETS} rows=${rows}
      empty=${html`Nobody has made one yet: <code>starminer asset create</code>.`}><p class="doc">AGPU and AMAX are no assets: see Supply.</p><//>`}<//>`;
}

function Traded({ rows, known }) {
  const sum = (field) => rows.reduce((total, row) => total + BigInt(row[field]), 0n);
  return html`
    <${Tiles}>
      <${Tile} name="pools" label="Pools" value=${rows.length} note="each of AGPU and an asset" />
      <${Tile} name="pooled" label="AGPU in pools" value=${html`<${Amount} value=${sum("agpu")} />`} note="as much again in assets" />
      <${Tile} name="to-treasury" label="To the treasury" value=${html`<${Amount} value=${sum("toTreasury")} />`} note="its part of what swaps paid" />
    <//>
    <${Listing} title="Pools" file="pools" columns=${columnsOf(known)} rows=${rows} empty=${html`Nobody has opened one yet: <code>starminer pool create</code>.`}>
      <p class="doc">A price is what the reserves say now; the average is of a day, which no single block moves far.</p><//>`;
}

/** What a whole unit of an asset costs in planck, rounded down, of a price for the least unit. */
function whole(price, asset) {
  return price === null ? null : (BigInt(price) * 10n ** BigInt(asset?.decimals ?? 0)) / STEP;
}

const columnsOf = (known) => [
  ["Asset", (row) => nameOf(known.get(row.asset), row.asset), { csv: (row) => row.asset }],
  ["Price", (row) => html`<${Amount} value=${whole(row.price, known.get(row.asset))} />`, { n: true, csv: (row) => row.price }],
  ["Average of a day", (row) => html`<${Amount} value=${whole(row.average, known.get(row.asset))} />`, { n: true, csv: (row) => row.average }],
  ["AGPU", (row) => html`<${Amount} value=${row.agpu} />`, { n: true, csv: (row) => row.agpu }],
  ["Of the asset", (row) => html`<${Units} value=${row.other} asset=${known.get(row.asset)} />`, { n: true, csv: (row) => row.other }],
  ["Shares", (row) => html`<span title="in least units">${row.shares}</span>`, { n: true, csv: (row) => row.shares }],
  ["Account", (row) => html`<${Account} address=${row.account} />`, { csv: (row) => row.account }],
];

const nameOf = (asset, id) => (asset?.symbol ? `${asset.symbol} (${id})` : `asset ${id}`);

/** An amount of an asset in whole units, the least ones on hover. */
const Units = ({ value, asset }) =>
  html`<span class="amount" title=${`${value} least units`} data-exact=${value}>${decimal(BigInt(value), 10n ** BigInt(asset?.decimals ?? 0), asset?.decimals ?? 0)}</span>`;

const ASSETS = [
  ["Asset", (row) => html`${nameOf(row, row.id)}<small>${row.name}</small>`, { csv: (row) => row.id }],
  ["State", (row) => html`<${Badge} word=${row.status} />`, { csv: (row) => row.status }],
  ["Supply", (row) => html`<${Units} value=${row.supply} asset=${row} />`, { n: true, csv: (row) => row.supply }],
  ["Decimals", (row) => row.decimals, { n: true, csv: (row) => row.decimals }],
  ["Holders", (row) => row.accounts, { n: true, csv: (row) => row.accounts }],
  ["Least balance", (row) => html`<${Units} value=${row.minBalance} asset=${row} />`, { n: true, csv: (row) => row.minBalance }],
  ["Owner", (row) => html`<${Account} address=${row.owner} />`, { csv: (row) => row.owner }],
  ["Issuer", (row) => html`<${Account} address=${row.issuer} />`, { csv: (row) => row.issuer }],
];
