// Prices: what a unit of work costs in each market, now and before, and how busy the providers are.

import { Chart, Heat } from "../chart.js";
import { brief, tokens, utc } from "../format.js";
import { html } from "../html.js";
import { useCall } from "../node.js";
import { link } from "../route.js";
import { Amount, Answer, Card, Csv, Table } from "../ui.js";

const CELLS = 48; // of a row of the heat map: what fits a phone that scrolls
const RANGES = [["1000", "1,000 blocks"], ["20000", "20,000 blocks"], ["", "everything"]];

export default function Prices({ query }) {
  const overview = useCall("explorer_overview");
  return html`
    <h1>Prices</h1>
    <${Answer} answer=${overview}>${(data) => html`<${Markets} data=${data} /><${History} best=${data.block} range=${query.range ?? "1000"} />`}<//>`;
}

function Markets({ data }) {
  const columns = [
    ["Market", (row) => `tier ${row.tier}, region ${row.region}`, { csv: (row) => `${row.tier}/${row.region}` }],
    ["Price per CU", (row) => html`<${Amount} value=${row.price} />`, { n: true, csv: (row) => row.price }],
    ["Providers", (row) => row.providers, { n: true, csv: (row) => row.providers }],
    ["Idle", (row) => row.idle, { n: true, csv: (row) => row.idle }],
    ["Waiting jobs", (row) => row.waiting, { n: true, csv: (row) => row.waiting }],
  ];
  return html`<${Card} title="Markets" extra=${html`<${Csv} name="markets" columns=${columns} rows=${data.lanes} />`}>
    <${Table} name="Markets" columns=${columns} rows=${data.lanes} empty=${html`No market has providers or jobs yet: <code>starminer run --provider</code> offers work, <code>starminer job submit</code> asks for some.`} /><//>`;
}

function History({ best, range }) {
  const { data } = useCall("explorer_points", [range ? Math.max(0, best - Number(range)) : 0, null, 300]);
  const chooser = html`<span class="list">${RANGES.map(([value, title]) => html`<a href=${link("prices", "", { range: value })} aria-current=${value === range ? "true" : null}>${title}</a>`)}</span>`;
  if (!data) return null;
  const markets = [...new Map(data.flatMap((point) => point.prices.map((one) => [`${one.tier}/${one.region}`, one]))).values()];
  const x = data.map((point) => point.number);
  const priceAt = (point, market) => point.prices.find((one) => one.tier === market.tier && one.region === market.region);
  const series = markets.map((market) => ({
    label: `tier ${market.tier}, region ${market.region}`,
    digits: 6,
    values: data.map((point) => { const found = priceAt(point, market); return found ? tokens(found.price) : null; }),
  }));
  const busy = data.map((point) => (point.providers ? (100 * Math.min(point.working, point.providers)) / point.providers : 0));
  return html`
    <${Card} title="Price history" extra=${chooser}>${series.length ? html`<${Chart} title="Base price in AGPU per CU" x=${x} series=${series} />` : html`<p class="empty">Nothing was priced yet: a market has a price from its first provider or job on.</p>`}<//>
    ${series.length ? html`<${Card} title="Price heat map"><${PriceMap} data=${data} markets=${markets} priceAt=${priceAt} /><//>` : null}
    <div class="columns">
      <${Card} title="Utilisation"><${Chart} title="Providers with a job" unit=" %" x=${x} series=${[{ label: "busy", values: busy, digits: 0 }]} /><//>
      <${Card} title="Queue"><${Chart} title="Jobs that wait" x=${x} series=${[{ label: "waiting", values: data.map((point) => point.waiting), digits: 0 }]} /><//>
    </div>`;
}

/** Every market as a row of time: the darker, the nearer to the dearest price of all that is shown. */
function PriceMap({ data, markets, priceAt }) {
  const step = Math.ceil(data.length / CELLS);
  const points = data.filter((_, i) => i % step === 0);
  const prices = data.flatMap((point) => point.prices.map((one) => BigInt(one.price)));
  const least = prices.reduce((one, other) => (one < other ? one : other)), most = prices.reduce((one, other) => (one > other ? one : other));
  const level = (price) => (most === least ? 1 : 1 + Number((3n * (BigInt(price) - least)) / (most - least)));
  const rows = markets.map((market) => ({
    label: `t${market.tier} r${market.region}`,
    cells: points.map((point) => {
      const found = priceAt(point, market), when = `#${point.number}${point.time ? `, ${utc(point.time)}` : ""}`;
      return { level: found ? level(found.price) : 0, label: found ? `${brief(found.price)} per CU at ${when}` : `no price at ${when}` };
    }),
  }));
  return html`<${Heat} title="Prices by tier (t), region (r) and time" rows=${rows} note=${`from ${brief(least)} to ${brief(most)} per CU`} />`;
}
