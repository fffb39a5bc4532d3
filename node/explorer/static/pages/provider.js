// A provider: its bond and standing, and what it did in the last two weeks.

import { Chart, Heat } from "../chart.js";
import { counted, percent, span, tokens, utc, words, work } from "../format.js";
import { html } from "../html.js";
import { useCall, usePace } from "../node.js";
import { link } from "../route.js";
import { Account, Amount, Answer, Badge, Card, Csv, Fields, Listing, Table, Tile, Tiles } from "../ui.js";

const DAYS = 7, HOUR = 3_600_000;
const EPOCHS_KEPT = 24; // of the chain's telemetry of a provider
const GOOD = [0, 9e8, 95e7, 99e7]; // uptime in parts of a billion from which a cell is one shade darker

export default function Provider({ id }) {
  const answer = useCall("explorer_provider", [id]);
  return html`<h1>Provider</h1><${Answer} answer=${answer}>${(found) => html`<${Whole} found=${found} />`}<//>`;
}

function Whole({ found }) {
  const { record, hours } = found;
  const report = useCall("provider_report", [found.address]);
  const sum = (field) => hours.reduce((total, hour) => total + BigInt(hour[field]), 0n);
  const earned = sum("earned"), settled = Number(sum("settled")), failed = Number(sum("failed"));
  return html`
    <p><${Account} address=${found.address} whole /> <${Badge} word=${record.status} /></p>
    <${Tiles}>
      <${Tile} name="bond" label="Bond" value=${html`<${Amount} value=${record.bond.value} />`} note=${html`at stake: <${Amount} value=${record.exposure.value} />`} />
      <${Tile} name="reputation" label="Reputation" value=${percent(found.reputation, 1e9, 2)} note="fades to 50 % without work" />
      <${Tile} name="uptime" label="Uptime" value=${percent(record.uptime, 1e9, 2)} note="of its heartbeats" />
      <${Tile} name="success" label="Success" value=${percent(settled, settled + failed, 1)} note=${`${settled} segments paid, ${failed} failed, in two weeks`} />
      <${Tile} name="slashed" label="Slashed" value=${html`<${Amount} value=${sum("slashed")} />`} note=${html`in two weeks; <a href=${link("events", "Providers.ProviderSlashed")}>all slashes</a>`} />
      <${Tile} name="earned" label="Earned" value=${html`<${Amount} value=${earned} />`} note="in two weeks, for jobs" />
      <${Tile} name="failures" label="Failed checks" value=${record.failures.length} note="three remove a provider" />
    <//>
    <p class="doc">Reputation r rises with each verified job to r + (1 − r) w / W, w being the AGPU that it burned and W a window of which one client moves at most a twentieth in an era; a failed check takes
      a part of it away; half of its distance from 50 % is gone after 30 eras without work. Hardware, as it says: ${hardwareOf(record.info)}.</p>
    <${Latency} found=${found} />
    <${Uptime} epoch=${found.epoch} rows=${report.data?.telemetry} />
    <${Proven} hours=${hours} />
    <${Earnings} hours=${hours} />
    <${Card} title="By the hour" extra=${html`<${Csv} name="hours" columns=${COLUMNS} rows=${hours} />`}>
      <${Table} name="By the hour" columns=${COLUMNS} rows=${hours.toReversed().slice(0, 48)} empty="No proven work in two weeks: it stands here from the block that carries its shares or opens its job." /><//>
    <${Energy} answer=${report} />
    <${Card} title="Record"><${Fields} fields=${record} /><//>`;
}

const CLASSES = ["batch", "standard", "fast", "realtime"];

/** How long its jobs waited for their start, by class: half of them at most p50, of twenty all but one p95. */
function Latency({ found }) {
  const pace = usePace();
  const said = (blocks) => (blocks ? `${blocks} ${blocks === 1 ? "block" : "blocks"}${pace ? `, ${span(blocks * pace)}` : ""}` : "–");
  const rows = CLASSES.map((name, i) => ({ name, half: found.latency_p50[i], most: found.record.latency_p95[i] })).filter(({ half, most }) => half || most);
  const columns = [
    ["Class", (row) => row.name, { csv: (row) => row.name }],
    ["p50", (row) => said(row.half), { n: true, csv: (row) => row.half }],
    ["p95", (row) => said(row.most), { n: true, csv: (row) => row.most }],
  ];
  return html`<${Listing} title="Latency from assignment to start" file="latency" columns=${columns} rows=${rows}
    empty="It has started no job yet; its first ones are measured." ><p class="doc">p95 stands from as many starts on as a class asks for.</p><//>`;
}

function hardwareOf(info) {
  const { hardware, memory_mib: memory, rating } = info.fields;
  const text = String.fromCharCode(...(hardware.value.slice(2).match(/../g) ?? []).map((digits) => parseInt(digits, 16)));
  return `${text || "unnamed"}, ${Math.round(memory / 1024)} GiB, rated ${work(rating)}/s`;
}

/** Its uptime, epoch by epoch, as the chain noted it: the darker, the fewer heartbeats were missed. */
function Uptime({ epoch, rows }) {
  if (!rows) return null;
  const known = new Map(rows.map((row) => [row.epoch, row])), first = Math.min(...known.keys());
  const cells = Array.from({ length: EPOCHS_KEPT }, (_, i) => epoch - EPOCHS_KEPT + 1 + i).filter((one) => one >= 0)
    .map((one) => ({ label: `epoch ${one}: ${heard(known.get(one), one < first)}`, level: shade(known.get(one), one < first || one === epoch) }));
  return html`<${Card} title="Uptime by epoch"><${Heat} title="Uptime of its heartbeats by epoch, the one under way last" rows=${[{ label: "Uptime", cells }]} /><//>`;
}

const heard = (row, isBefore) => (row?.uptime ? `${percent(row.uptime, 1e9, 2)}, ${counted(row.beats, "heartbeat")}`
  : row ? "no heartbeat, only proven work" : isBefore ? "nothing is kept" : "nothing was heard of it");
const shade = (row, isOpen) => (row?.uptime ? GOOD.filter((least) => row.uptime >= least).length : row || isOpen ? 0 : "bad");

/** Hours with proven work: the darker, the more blocks carried some. */
function Proven({ hours }) {
  const blocks = new Map(hours.map((hour) => [hour.time / HOUR, hour.blocks]));
  const most = Math.max(1, ...blocks.values());
  const today = Math.floor(Math.max(Date.now(), hours.at(-1)?.time ?? 0) / HOUR / 24);
  const last = hours.length ? Math.floor(hours.at(-1).time / HOUR / 24) : today;
  const rows = Array.from({ length: DAYS }, (_, i) => last - DAYS + 1 + i).map((day) => ({
    label: utc(day * 24 * HOUR).slice(5, 10),
    cells: Array.from({ length: 24 }, (_, hour) => {
      const count = blocks.get(day * 24 + hour) ?? 0;
      return { level: count ? Math.max(1, Math.ceil((4 * count) / most)) : 0, label: `${utc((day * 24 + hour) * HOUR).slice(11, 16)}: ${counted(count, "block")} with its work` };
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

/** What it showed of itself, epoch by epoch: energy, work, and work per kilowatt-hour. */
function Energy({ answer }) {
  const rows = answer.data?.telemetry;
  return html`<${Card} title="Energy and work by epoch" extra=${html`<${Csv} name="energy" columns=${EPOCHS} rows=${rows} />`}>
    <${Answer} answer=${answer}>${(found) => html`<${Table} name="Energy and work by epoch" columns=${EPOCHS} rows=${found.telemetry.slice(0, 24)} empty="Nothing was heard of it in the epochs that are kept." />
      <p class="doc">Runs on ${words(found.energySource)} energy, as it says. Watt-hours are what its heartbeats report; a device without a meter reports none.</p>`}<//><//>`;
}

const EPOCHS = [
  ["Epoch", (row) => row.epoch, { csv: (row) => row.epoch }],
  ["Heartbeats", (row) => row.beats, { n: true, csv: (row) => row.beats }],
  ["Energy", (row) => (row.energyWh ? `${row.energyWh} Wh` : "–"), { n: true, csv: (row) => row.energyWh }],
  ["Proven work", (row) => work(row.canonicalWork), { n: true, csv: (row) => row.canonicalWork }],
  ["Paid work", (row) => work(row.paidWork), { n: true, csv: (row) => row.paidWork }],
  ["Per kWh", (row) => work(row.workPerKwh), { n: true, csv: (row) => row.workPerKwh }],
  ["Uptime", (row) => (row.uptime ? percent(row.uptime, 1e9, 2) : "–"), { n: true, csv: (row) => row.uptime }],
  ["Reliability", (row) => percent(row.reliability, 1e9, 2), { n: true, csv: (row) => row.reliability }],
];

const COLUMNS = [
  ["Hour", (row) => utc(row.time).slice(0, 16), { csv: (row) => row.time }],
  ["Blocks", (row) => row.blocks, { n: true, csv: (row) => row.blocks }],
  ["Shares", (row) => row.shares, { n: true, csv: (row) => row.shares }],
  ["Work", (row) => work(row.units), { n: true, csv: (row) => row.units }],
  ["Paid", (row) => row.settled, { n: true, csv: (row) => row.settled }],
  ["Failed", (row) => row.failed, { n: true, csv: (row) => row.failed }],
  ["Earned", (row) => html`<${Amount} value=${row.earned} />`, { n: true, csv: (row) => row.earned }],
  ["Slashed", (row) => html`<${Amount} value=${row.slashed} />`, { n: true, csv: (row) => row.slashed }],
];
