// Providers: who sells work, and how well.

import { count, percent, short, work } from "../format.js";
import { html } from "../html.js";
import { link } from "../route.js";
import { Amount, Answer, Badge, Paged, Tile, Tiles, usePages } from "../ui.js";

export default function Providers({ query }) {
  const list = usePages("explorer_providers", "providers", query);
  return html`
    <h1>Providers</h1>
    <${Answer} answer=${list.answer}>${(data) => html`
      <${Tiles}>
        <${Tile} name="providers" label="Providers" value=${count(data.count)} note="registered" />
        <${Tile} name="idle" label="Idle" value=${count(data.idle)} note="would take a job now" />
        <${Tile} name="speed" label="Offered speed" value=${data.speed ? `${work(data.speed)}/s` : "–"} note="all together" />
      <//>
      <${Paged} title="All providers" list=${list} columns=${COLUMNS} file="providers" empty=${html`Nobody has registered yet: <code>starminer run --provider</code>.`}>
        <p class="doc">Latency is p95 of the standard class, from assignment to start. How reputation is made stands on the page of each.</p>
      <//>`}<//>`;
}

const STANDARD = 1; // its place among the classes of latency

const COLUMNS = [
  ["Provider", (row) => html`<a class="address" href=${link("provider", row.address)} title=${row.address} data-address=${row.address}>${short(row.address)}</a>`, { csv: (row) => row.address }],
  ["State", (row) => html`<${Badge} word=${row.state} />`, { csv: (row) => row.state }],
  ["Market", (row) => `tier ${row.tier}, region ${row.region}`, { csv: (row) => `${row.tier}/${row.region}` }],
  ["Reputation", (row) => percent(row.reputation, 1e9, 2), { n: true, csv: (row) => row.reputation }],
  ["Uptime", (row) => percent(row.uptime, 1e9, 2), { n: true, csv: (row) => row.uptime }],
  ["Latency", (row) => (row.latencyP95[STANDARD] ? `${row.latencyP95[STANDARD]} blocks` : "–"), { n: true, csv: (row) => row.latencyP95.join(" ") }],
  ["Offered speed", (row) => (row.rating ? `${work(row.rating)}/s` : "–"), { n: true, csv: (row) => row.rating }],
  ["Bond", (row) => html`<${Amount} value=${row.bond} />`, { n: true, csv: (row) => row.bond }],
  ["Under way", (row) => row.openJobs, { n: true, csv: (row) => row.openJobs }],
  ["Failed checks", (row) => row.failures, { n: true, csv: (row) => row.failures }],
];
