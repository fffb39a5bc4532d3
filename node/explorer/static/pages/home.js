// Home: where the chain is, what it does, and the last blocks.

import { Chart } from "../chart.js";
import { count, counted as plural } from "../format.js";
import { html } from "../html.js";
import { useCall, useLive } from "../node.js";
import { PROOFS } from "../proofs.js";
import { link } from "../route.js";
import { Account, Ago, Amount, Answer, Badge, BlockLink, Card, Csv, JobLink, Table, Tile, Tiles, Work } from "../ui.js";

const LATE = 10; // blocks; finality usually lags by one or two
const SHOWN = 60; // blocks of the charts
const LISTED = 10;
const MOST_RECENT = 20; // blocks that the node tells of with its head
const PROVEN = 7; // receipts: two lines each, so that both tables end together

export default function Home() {
  const { head } = useLive();
  const overview = useCall("explorer_overview");
  const jobs = useCall("explorer_jobs", [null, LISTED]);
  const receipts = useCall("explorer_receipts", ["", PROVEN]);
  if (!head) return html`<h1 class="hidden">Home</h1><p class="empty" role="status">Waiting for the node …</p>`;
  return html`
    <h1 class="hidden">Home</h1>
    <p class="doc">A market for GPU work: clients order <a href=${link("jobs")}>jobs</a> and pay in AGPU, <a href=${link("providers")}>providers</a> do them, and
      blocks carry <a href=${link("receipts")}>receipts</a> of the work, which every node checks before it accepts a block.</p>
    <${Head} head=${head} />
    <${Answer} answer=${overview}>${(data) => html`<${Economy} data=${data} />`}<//>
    <${Trend} best=${head.best.number} lags=${head.lags} />
    <div class="columns">
      <${Blocks} head=${head} />
      <${Card} title="Newest receipts" extra=${html`<a href=${link("receipts")}>All receipts</a><${Csv} name="newest-receipts" columns=${PROOFS} rows=${receipts.data?.rows} />`}>
        <${Answer} answer=${receipts}>${({ rows }) => html`<${Table} name="Newest receipts" columns=${PROOFS} rows=${rows}
          empty=${html`No receipts yet: start a provider with <code>starminer run --provider</code>.`} />`}<//>
      <//>
    </div>
    <${Card} title="Newest jobs" extra=${html`<a href=${link("jobs")}>All jobs</a><${Csv} name="newest-jobs" columns=${JOBS} rows=${jobs.data} />`}>
      <${Answer} answer=${jobs}>${(rows) => html`<${Table} name="Newest jobs" columns=${JOBS} rows=${rows}
        empty=${html`No jobs yet: <code>starminer job submit matmul a.npy b.npy --max-price 5AGPU</code>.`} />`}<//>
    <//>`;
}

function Head({ head }) {
  const { best, finalized, lag, recent } = head;
  const timed = recent.filter((block) => block.number > 0);
  const seconds = timed.length > 1 ? (timed[0].timeMs - timed.at(-1).timeMs) / 1000 : 0;
  // what the first of them carried came before the span began
  const counted = timed.slice(0, -1);
  const sum = (name) => counted.reduce((total, block) => total + block[name], 0);
  const points = useCall("explorer_points", [timed.at(-1)?.number ?? 0, best.number, MOST_RECENT]).data ?? [];
  const span = `over ${plural(counted.length, "block")}`;
  return html`<${Tiles}>
    <${Tile} name="best" label="Best block" value=${html`<a href=${link("block", best.number)}>#${best.number}</a>`} note=${html`<${Ago} time=${best.timeMs} />`} />
    <${Tile} name="final" label="Final block" value=${html`<a href=${link("block", finalized.number)}>#${finalized.number}</a>`} note="cannot be undone any more" />
    <${Tile} name="lag" label="Finality lag" value=${plural(lag, "block")} tone=${lag > LATE ? "warn" : null}
      note=${lag > LATE ? "behind: are ⅔ of the validators up?" : "best ahead of final"} />
    <${Tile} name="pace" label="Block time" value=${counted.length ? `${(seconds / counted.length).toFixed(1)} s` : "–"} note=${span} />
    <${Throughput} points=${points} />
    <${Tile} name="receipts" label="Receipts" value=${seconds ? `${((60 * sum("receipts")) / seconds).toFixed(1)} /min` : "–"} note=${span} />
    <${Tile} name="work" label="Verified work" value=${html`<${Work} units=${recent.reduce((total, block) => total + BigInt(block.units), 0n)} />`}
      note=${html`in <span title="A compute unit, CU: 100 trillion multiplications and additions of small integers">compute units</span>, ${plural(recent.length, "block")}`} />
  <//>`;
}

/** Transactions that somebody signed: what authors put in themselves comes with every block. */
function Throughput({ points }) {
  const [first, last] = [points[0], points.at(-1)];
  const seconds = points.length > 1 ? (last.time - first.time) / 1000 : 0;
  return html`<${Tile} name="throughput" label="Transactions" value=${seconds ? `${((last.signed - first.signed) / seconds).toFixed(1)} /s` : "–"}
    note=${seconds ? `signed, over ${plural(last.number - first.number, "block")}` : "signed"} />`;
}

function Economy({ data }) {
  const [agpu, amax] = data.tokens;
  return html`<${Tiles}>
    <${Tile} name="settled" label="Paid for work" value=${html`<${Amount} value=${data.settled} />`} note="once it was verified" />
    ${data.lanes.map((lane) => html`<${Tile} name=${`price-${lane.tier}-${lane.region}`} label=${`Price, tier ${lane.tier} region ${lane.region}`}
      value=${html`<${Amount} value=${lane.price} />`} note=${html`per compute unit; <a href=${link("prices")}>history</a>`} />`)}
    <${Tile} name="waiting" label="Jobs waiting" value=${count(data.waiting)} note=${`${count(data.openJobs)} under way`} />
    <${Tile} name="ordered" label="Jobs ordered" value=${count(data.ordered)} note="since genesis" />
    <${Tile} name="providers" label="Providers" value=${count(data.providers)} note=${html`<a href=${link("providers")}>who they are</a>`} />
    <${Tile} name="agpu" label="AGPU issued" value=${html`<${Amount} value=${agpu.issuance} />`} note=${html`pays for work; <a href=${link("supply")}>supply</a>`} />
    <${Tile} name="amax" label="AMAX issued" value=${html`<${Amount} value=${amax.issuance} symbol="AMAX" />`} note=${html`votes; <a href=${link("governance")}>governance</a>`} />
  <//>`;
}

function Trend({ best, lags }) {
  const { data } = useCall("explorer_points", [Math.max(0, best - SHOWN), null, 100]);
  if (!data || data.length < 3) return null;
  const steps = data.slice(1).map((point, i) => [point, data[i]]);
  const each = (name) => steps.map(([now, before]) => (now[name] - before[name]) / (now.number - before.number));
  const x = steps.map(([now]) => now.number);
  return html`<div class="columns">
    <${Card} title="Receipts per block"><${Chart} title="Receipts in each of the last blocks" x=${x} series=${[{ label: "receipts", values: each("receipts"), kind: "bars", digits: 0 }]} /><//>
    <${Card} title="Extrinsics per block"><${Chart} title="Extrinsics in each of the last blocks" x=${x} series=${[
      { label: "all", values: each("extrinsics"), digits: 0 }, { label: "signed", values: each("signed"), digits: 0 }]} /><//>
    <${Card} title="Finality lag"><${Chart} title="Blocks from the last final one to each new best one" x=${lags.map(([number]) => number)}
      series=${[{ label: "lag", values: lags.map(([, lag]) => lag), digits: 0 }]} /><//>
  </div>`;
}

function Blocks({ head }) {
  const state = (block) => block.number <= head.finalized.number ? "final" : block.hash === head.best.hash ? "best" : "waiting";
  const columns = [
    ["Block", (block) => html`<${BlockLink} number=${block.number} />`, { csv: (block) => block.number }],
    ["State", (block) => html`<${Badge} word=${state(block)} note=${state(block) === "waiting" ? "not finalized yet" : null} />`, { csv: state }],
    ["Author", (block) => html`<${Account} address=${block.author} />`, { csv: (block) => block.author }],
    ["Extrinsics", (block) => block.extrinsics, { n: true, csv: (block) => block.extrinsics }],
    ["Receipts", (block) => (block.receipts ? `${block.receipts} ✓` : "–"), { n: true, csv: (block) => block.receipts }],
    ["Work", (block) => html`<${Work} units=${block.units} />`, { n: true, csv: (block) => block.units }],
    ["Age", (block) => html`<${Ago} time=${block.timeMs} />`, { n: true, csv: (block) => block.timeMs }],
  ];
  const rows = head.recent.slice(0, LISTED);
  return html`<${Card} title="Newest blocks" extra=${html`<${Csv} name="blocks" columns=${columns} rows=${rows} />`}>
    <${Table} name="Newest blocks" columns=${columns} rows=${rows} /><//>`;
}

const JOBS = [
  ["Job", (row) => html`<${JobLink} number=${row.number} />`, { csv: (row) => row.number }],
  ["State", (row) => (row.job ? html`<${Badge} word=${row.job.state} />` : "forgotten"), { csv: (row) => row.job?.state }],
  ["Kind", (row) => row.job?.kind ?? "–", { csv: (row) => row.job?.kind }],
  ["Client", (row) => html`<${Account} address=${row.client} />`, { csv: (row) => row.client }],
  ["Provider", (row) => html`<${Account} address=${row.job?.provider} />`, { csv: (row) => row.job?.provider }],
  ["Price", (row) => html`<${Amount} value=${row.job?.price} />`, { n: true, csv: (row) => row.job?.price }],
  ["Ordered", (row) => html`<${Ago} time=${row.time} />`, { n: true, csv: (row) => row.time }],
];
