// Pools: where assets are traded for AGPU, at what price; and the assets themselves.

import { count, decimal } from "../format.js";
import { html } from "../html.js";
import { link } from "../route.js";
import { Account, Amount, Answer, Badge, Paged, Tile, Tiles, numbered, usePages } from "../ui.js";

const STEP = 10n ** 18n; // steps of a price in one planck for one unit

export default function Pools({ query }) {
  const pools = usePages("explorer_pools", "pools", query, { read: numbered });
  const assets = usePages("explorer_assets", "pools", query, { name: "assets", read: numbered });
  return html`
    <h1>Pools and assets</h1>
    <${Answer} answer=${pools.answer}>${(found) => html`<${Traded} found=${found} list=${pools} />`}<//>
    <${Paged} title="Assets" list=${assets} columns=${ASSETS} file="assets" empty=${html`Nobody has made one yet: <code>starminer asset create</code>.`}>
      <p class="doc">AGPU and AMAX are no assets: see <a href=${link("supply")}>Supply</a>.</p><//>`;
}

function Traded({ found, list }) {
  return html`
    <${Tiles}>
      <${Tile} name="pools" label="Pools" value=${count(found.count)} note="each of AGPU and an asset" />
      <${Tile} name="pooled" label="AGPU in pools" value=${html`<${Amount} value=${found.agpu} />`} note="as much again in assets" />
      <${Tile} name="to-treasury" label="To the treasury" value=${html`<${Amount} value=${found.toTreasury} />`} note="its part of what swaps paid" />
    <//>
    <${Paged} title="Pools" list=${list} columns=${POOLS} file="pools" empty=${html`Nobody has opened one yet: <code>starminer pool create</code>.`}>
      <p class="doc">A price is what the reserves say now; the average is of a day, which no single block moves far.</p><//>`;
}

/** What a whole unit of an asset costs in planck, rounded down, of a price for the least unit. */
function whole(price, decimals) {
  return price === null ? null : (BigInt(price) * 10n ** BigInt(decimals)) / STEP;
}

const POOLS = [
  ["Asset", ({ pool, symbol }) => nameOf(symbol, pool.asset), { csv: ({ pool }) => pool.asset }],
  ["Price", ({ pool, decimals }) => html`<${Amount} value=${whole(pool.price, decimals)} />`, { n: true, csv: ({ pool }) => pool.price }],
  ["Average of a day", ({ pool, decimals }) => html`<${Amount} value=${whole(pool.average, decimals)} />`, { n: true, csv: ({ pool }) => pool.average }],
  ["AGPU", ({ pool }) => html`<${Amount} value=${pool.agpu} />`, { n: true, csv: ({ pool }) => pool.agpu }],
  ["Of the asset", ({ pool, decimals }) => html`<${Units} value=${pool.other} decimals=${decimals} />`, { n: true, csv: ({ pool }) => pool.other }],
  ["Shares", ({ pool }) => html`<span title="in least units">${pool.shares}</span>`, { n: true, csv: ({ pool }) => pool.shares }],
  ["Account", ({ pool }) => html`<${Account} address=${pool.account} />`, { csv: ({ pool }) => pool.account }],
];

function nameOf(symbol, id) {
  return symbol ? `${symbol} (${id})` : `asset ${id}`;
}

/** An amount of an asset in whole units, the least ones on hover. */
const Units = ({ value, decimals }) =>
  html`<span class="amount" title=${`${value} least units`} data-exact=${value}>${decimal(BigInt(value), 10n ** BigInt(decimals), decimals)}</span>`;

const ASSETS = [
  ["Asset", (row) => html`${nameOf(row.symbol, row.id)}<small>${row.name}</small>`, { csv: (row) => row.id }],
  ["State", (row) => html`<${Badge} word=${row.status} />`, { csv: (row) => row.status }],
  ["Supply", (row) => html`<${Units} value=${row.supply} decimals=${row.decimals} />`, { n: true, csv: (row) => row.supply }],
  ["Decimals", (row) => row.decimals, { n: true, csv: (row) => row.decimals }],
  ["Holders", (row) => row.accounts, { n: true, csv: (row) => row.accounts }],
  ["Least balance", (row) => html`<${Units} value=${row.minBalance} decimals=${row.decimals} />`, { n: true, csv: (row) => row.minBalance }],
  ["Owner", (row) => html`<${Account} address=${row.owner} />`, { csv: (row) => row.owner }],
  ["Issuer", (row) => html`<${Account} address=${row.issuer} />`, { csv: (row) => row.issuer }],
];
