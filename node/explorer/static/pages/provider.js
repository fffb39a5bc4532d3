// A provider: its bond and standing, and what it did in the last two weeks.

import { Chart, Heat } from "../chart.js";
import { percent, tokens, utc, work } from "../format.js";
import { html } from "../html.js";
import { useCall } from "../node.js";
import { Account, Amount, Answer, Badge, Card, Csv, Fields, Table, Tile, Tiles } from "../ui.js";

const DAYS = 7, HOUR = 3_600_000;

export default function Provider({ id }) {
  const answer = useCall("explorer_provider", [id]);
  return html`<h1>Provider</h1><${Answer} answer=${answer}>${(found) => html`<${Whole} found=${found} />`}<//>`;
}

function Whole({ found }) {
  const { record, hours } = found;
  const earned = hours.reduce((sum, hour) => sum + BigInt(hour.earned), 0n);
  return html`
    <p><${Account} address=${found.address} whole /> <${Badge} word=${record.status} /></p>
    <${Tiles}>
      <${Tile} name="bond" label="Bond" value=${html`<${Amount} value=${record.bond.value} />`} note=${html`at stake: <${Amount} value=${record.exposure.value} />`} />
      <${Tile} name="reputation" label="Reputation" value=${percent(found.reputation, 1e9, 2)} note="fades to 50 % without work" />
      <${Tile} name="uptime" label="Uptime" value=${percent(record.uptime, 1e9, 2)} note="of its heartbeats" />
      <${Tile} name="latency" label="Latency p95" value=${record.latency_p95.some(Boolean) ? record.latency_p95.join(" / ") : "–"} note="blocks, by latency class" />
      <${Tile} name="earned" label="Earned" value=${html`<${Amount} value=${earned} />`} note="in two weeks, for jobs" />
      <${Tile} name="failures" label="Failed checks" value=${record.failures.length} note="three remove a provider" />
    <//>
    <${Uptime} hours=${hours} />
    <${Earnings} hours=${hours} />
    <${Card} title="By the hour" extra=${html`<${Csv} name="hours" columns=${COLUMNS} rows=${hours} />`}>
      <${Table} name="By the hour" columns=${COLUMNS} rows=${hours.toReversed().slice(0, 48)} empty="No proven work in two weeks." /><//>
    <${Card} title="Record"><${Fields} fields=${record} /><//>`;
}

/** Hours with proven work: the darker, the more blocks carried some. */
function Uptime({ hours }) {
  const blocks = new Map(hours.map((hour) => [hour.time / HOUR, hour.blocks]));
  const most = Math.max(1, ...blocks.values());
  const today = Math.floor(Math.max(Date.now(), hours.at(-1)?.time ?? 0) / HOUR / 24);
  const last = hours.length ? Math.floor(hours.at(-1).time / HOUR / 24) : today;
  const rows = Array.from({ length: DAYS }, (_, i) => last - DAYS + 1 + i).map((day) => ({
    label: utc(day * 24 * HOUR).slice(5, 10),
    cells: Array.from({ length: 24 }, (_, hour) => {
      const count = blocks.get(day * 24 + hour) ?? 0;
      return { level: count ? Math.max(1, Math.ceil((4 * count) / most)) : 0, label: `${utc((day * 24 + hour) * HOUR).slice(0, 16)}: ${count} blocks with its work` };
    }),
  }));
  return html`<${Card} title="Hours with proven work"><${Heat} title="Blocks with its work, by day and hour (UTC)" rows=${rows} /><//>`;
}

function Earnings({ hours }) {
  let sum = 0;
  const total = hours.map((hour) => (sum += tokens(hour.earned)));
  return html`<${Card} title="Earnings"><${Chart} title="AGPU earned in two weeks, added up" x=${hours.map((hour) => hour.time / 1000)} isTime
    series=${[{ label: "AGPU", values: total, digits: 4 }]} /><//>`;
}

const COLUMNS = [
  ["Hour", (row) => utc(row.time).slice(0, 16), { csv: (row) => row.time }],
  ["Blocks", (row) => row.blocks, { n: true, csv: (row) => row.blocks }],
  ["Shares", (row) => row.shares, { n: true, csv: (row) => row.shares }],
  ["Work", (row) => work(row.units), { n: true, csv: (row) => row.units }],
  ["Earned", (row) => html`<${Amount} value=${row.earned} />`, { n: true, csv: (row) => row.earned }],
];
