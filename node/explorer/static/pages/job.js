// A job: its way from the order to the payment, its terms, and everything that happened to it.

import { Chart, Pixels, Waterfall } from "../chart.js";
import { percent, tokens, utc, words } from "../format.js";
import { html } from "../html.js";
import { useCall } from "../node.js";
import { link } from "../route.js";
import { Account, Ago, Amount, Answer, Badge, BlockLink, Card, Csv, Exact, Facts, Fields, Hash, Table, Until, Value, Work, summary } from "../ui.js";

const ENDINGS = { matmul: ".npy", rendering: ".png", training: ".npz" }; // what a result is saved as
const OVER = ["completed", "cancelled", "expired", "failed"];
const WAY = ["queued", "assigned", "running", "committed", "verifying", "completed"];

export default function Job({ id }) {
  const answer = useCall("explorer_job", [Number(id)]);
  return html`<h1>Job ${id}</h1><${Answer} answer=${answer}>${(found) => html`<${Whole} found=${found} />`}<//>`;
}

function Whole({ found }) {
  const { job } = found;
  return html`
    ${job ? html`<${Way} job=${job} events=${found.events} /><${Terms} job=${job} />` : html`<p class="empty">The chain has forgotten this job; what follows is from this node's index.</p>`}
    ${found.spec ? html`<${Result} number=${found.number} isDone=${job?.state === "completed"} />` : null}
    <${Energy} number=${found.number} />
    <${Events} number=${found.number} events=${found.events} />
    ${found.spec ? html`<${Card} title="Specification"><${Fields} fields=${found.spec} /><//>` : null}`;
}

/** The states that a job passes through; those it has reached with their blocks. */
function Way({ job, events }) {
  const reached = new Map(job.steps.map((step) => [step.state, step.block]));
  const extra = job.steps.filter((step) => !WAY.includes(step.state) && step.state !== "settled");
  const states = [...WAY.filter((state) => reached.has(state) || !extra.length), ...extra.map((step) => step.state)];
  const times = new Map(events.map((event) => [event.block, event.time]));
  return html`<${Card} title="Way"><ol class="timeline" data-chart="way">${states.map((state) => {
    const block = reached.get(state);
    const isNow = state === job.state;
    return html`<li class=${block === undefined ? "ahead" : isNow ? "now" : "done"} aria-current=${isNow ? "step" : null}>
      <${Badge} word=${state} /><span>${block === undefined ? "to come" : html`<${BlockLink} number=${block} />`}</span>
      <small title=${times.has(block) ? utc(times.get(block)) : null}>${times.has(block) ? html`<${Ago} time=${times.get(block)} />` : "\u00a0"}</small></li>`;
  })}</ol>
  ${job.steps.length > new Set(job.steps.map((step) => step.state)).size ? html`<p class="doc">It was tried more than once: ${job.steps.map((step) => `${words(step.state)} #${step.block}`).join(" → ")}</p>` : null}<//>`;
}

function Terms({ job }) {
  return html`<${Card} title="Terms"><${Facts} rows=${[
    ["Kind", job.kind],
    ["Client", html`<${Account} address=${job.client} whole />`],
    ["Provider", job.provider ? html`<a href=${link("provider", job.provider)} class="address" data-address=${job.provider}>${job.provider}</a>` : "none yet"],
    ["Work", html`<${Work} units=${job.units} />`],
    ["Price", html`<${Amount} value=${job.price} />`],
    ["At most", html`<${Amount} value=${job.maxPrice} />`],
    ["Refunded", html`<${Amount} value=${job.refunded} />`],
    ["Deadline", html`block ${OVER.includes(job.state) ? html`<${BlockLink} number=${job.deadline} />` : `#${job.deadline}`}${OVER.includes(job.state) ? null : html`, <${Until} block=${job.deadline} />`}`],
    ["Input", html`<${Hash} value=${job.inputRoot} whole />`],
    ["Output", html`<${Hash} value=${job.outputRoot} whole />`],
    ["Recompute it", job.outputRoot ? html`<code class="hash">starminer job verify ${Number(BigInt(job.id))}</code>` : undefined],
    ["Fetch it", job.outputRoot ? html`<code class="hash">starminer job result ${Number(BigInt(job.id))} --out result${ENDINGS[job.kind] ?? ""}</code>` : undefined],
  ]} /><//>`;
}

/** What it made, where that is something to look at; checked by the node against the chain. */
function Result({ number, isDone }) {
  const answer = useCall("explorer_preview", [number], !isDone);
  const found = answer.data;
  if (found?.kind === "none" && !found.why) return null;
  return html`<${Card} title="Result"><${Answer} answer=${answer}>${(made) => html`<${Made} made=${made} />`}<//><//>`;
}

function Made({ made }) {
  if (made.kind === "image") {
    const size = `${made.width * made.scale} × ${made.height * made.scale} pixels${made.scale > 1 ? `, shown at 1/${made.scale}` : ""}`;
    return html`<${Pixels} title=${`The rendered image, ${size}`} width=${made.width} height=${made.height} pixels=${made.pixels} />
      <p class="doc">This node has checked its bytes against the commitment on the chain.</p>`;
  }
  if (made.kind === "none") return html`<p class="empty">${made.why}</p>`;
  const last = made.curve.at(-1);
  return html`<${Chart} title="Examples told right, by step of the training" unit=" %" x=${made.curve.map((point) => point.step)} over="step"
      series=${[{ label: "right", values: made.curve.map((point) => point.right), digits: 1 }]} />
    <p class="doc">Each checkpoint was judged by this node on the first ${made.examples} examples; after ${last.step} steps ${last.right} % were right.</p>`;
}

const PARTS = { provider_paid: "provider", burn: "burned", scarcity_burn: "burned: scarcity", validators: "validators", oracles: "oracles", stakers: "stakers", treasury: "treasury", discount: "back to client" };

/** The fee of a segment, and the parts into which it fell. */
function Split({ fields }) {
  let left = BigInt(fields.fee.value);
  const steps = Object.entries(PARTS).filter(([name]) => fields[name].value !== "0").map(([name, label]) => {
    const from = left, part = fields[name].value;
    left -= BigInt(part);
    return { label, from: tokens(from), to: tokens(left), text: html`<${Exact} value=${part} />`, tone: name.includes("burn") ? "bad" : "good" };
  });
  const whole = { label: "fee", from: 0, to: tokens(fields.fee.value), text: html`<${Exact} value=${fields.fee.value} />`, tone: "plain" };
  return html`<${Card} title=${`Where the fee of segment ${fields.segment} went`}>
    ${steps.length ? html`<${Waterfall} title="The fee, part by part" steps=${[whole, ...steps]} />` : html`<p class="empty">It cost nothing.</p>`}
    <p class="doc">For <${Work} units=${fields.units} />, by a provider whose reputation of ${percent(fields.reputation, 1e9, 2)} set its part; <${Exact} value=${fields.minted.value} /> was minted for it on top.</p><//>`;
}

/** What the paid segments used and emitted; nothing where no provider reported energy. */
function Energy({ number }) {
  const rows = useCall("provider_jobEnergy", [number]).data;
  if (!rows?.length) return null;
  return html`<${Card} title="Energy" extra=${html`<${Csv} name=${`energy-job-${number}`} columns=${ENERGY} rows=${rows} />`}>
    <${Table} name="Energy" columns=${ENERGY} rows=${rows} />
    <p class="doc">A segment's part, by work, of what its provider reported in the epoch.</p><//>`;
}

const ENERGY = [
  ["Segment", (row) => row.segment, { csv: (row) => row.segment }],
  ["Provider", (row) => html`<${Account} address=${row.provider} />`, { csv: (row) => row.provider }],
  ["Epoch", (row) => row.epoch, { n: true, csv: (row) => row.epoch }],
  ["Work", (row) => html`<${Work} units=${row.units} />`, { n: true, csv: (row) => row.units }],
  ["Energy", (row) => `${row.energyMwh} mWh`, { n: true, csv: (row) => row.energyMwh }],
  ["CO2e", (row) => (row.co2eMg === null ? "unknown" : `${row.co2eMg} mg`), { n: true, csv: (row) => row.co2eMg }],
];

function Events({ number, events }) {
  const columns = [
    ["Block", (row) => html`<${BlockLink} number=${row.block} />`, { csv: (row) => row.block }],
    ["Event", (row) => html`<a href=${link("event", `${row.block}-${row.event}`)}>${row.name}</a>`, { csv: (row) => row.name }],
    ["Says", (row) => summary(row.fields), { wide: true, csv: (row) => row.fields }],
    ["Age", (row) => html`<${Ago} time=${row.time} />`, { n: true, csv: (row) => row.time }],
  ];
  const settled = events.filter((event) => event.name === "Jobs.SegmentSettled");
  return html`
    ${settled.map((event) => html`<${Split} fields=${event.fields} />`)}
    <${Card} title="Events" extra=${html`<${Csv} name=${`job-${number}`} columns=${columns} rows=${events} />`}>
      <${Table} name="Events" columns=${columns} rows=${events} empty="None in the blocks of this node's index." /><//>`;
}
