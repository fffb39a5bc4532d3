// Jobs: the queue by market, and every job that was ordered.

import { span, words } from "../format.js";
import { html } from "../html.js";
import { call, useCall } from "../node.js";
import { link } from "../route.js";
import { Account, Ago, Amount, Answer, Badge, Card, Csv, JobLink, Table, Tile, Tiles, Work, everyRow } from "../ui.js";

const LISTED = 25;
const FUNNEL = ["queued", "assigned", "running", "committed", "verifying", "completed"];
const ENDS = ["cancelled", "expired", "failed"];

export default function Jobs({ query }) {
  const below = query.below ? Number(query.below) : null;
  const overview = useCall("explorer_overview");
  const jobs = useCall("explorer_jobs", [below, LISTED]);
  return html`
    <h1>Jobs</h1>
    <${Answer} answer=${overview}>${(data) => html`<${Queue} data=${data} />`}<//>
    <${Funnel} />
    <${Card} title="All jobs" extra=${html`<${Csv} name="jobs" columns=${COLUMNS} rows=${jobs.data} every=${() => everyRow(ordered)} />`}>
      <${Answer} answer=${jobs}>${(rows) => html`<${Table} key=${below} name="All jobs" columns=${COLUMNS} rows=${rows}
        empty=${html`No jobs yet: <code>starminer job submit matmul a.npy b.npy --max-price 5AGPU</code>.`} />
        <nav class="pager" aria-label="Pages of the jobs">
          ${below === null ? null : html`<a href=${link("jobs")}>Newest</a>`}
          ${rows.length === LISTED && rows.at(-1).number > 0 ? html`<a href=${link("jobs", "", { below: rows.at(-1).number })}>Older →</a>` : null}
        </nav>`}<//>
    <//>`;
}

/** A page of the jobs from a number on down, as histories tell theirs. */
async function ordered(below) {
  const rows = await call("explorer_jobs", below === "" ? null : below, 200);
  return { rows, next: rows.length === 200 && rows.at(-1).number > 0 ? rows.at(-1).number : null };
}

function Queue({ data }) {
  return html`
    <${Tiles}>
      <${Tile} name="waiting" label="Waiting" value=${data.waiting} note="for a provider" />
      <${Tile} name="open" label="Under way" value=${data.openJobs} note="waiting or worked on" />
      <${Tile} name="ordered" label="Ordered" value=${data.ordered} note="since genesis" />
    <//>
    <${Card} title="Queue">
      ${data.lanes.length ? html`<div class="lanes">${data.lanes.map((lane) => html`<${Lane} lane=${lane} />`)}</div>` : html`<p class="empty">${html`No market has providers or jobs yet: <code>starminer run --provider</code> offers work, <code>starminer job submit</code> asks for some.`}</p>`}
    <//>`;
}

/** A market as a lane: the jobs in the order in which they are served, the next one first. */
function Lane({ lane }) {
  const busy = lane.providers - lane.idle;
  return html`<div class="lane">
    <h3>Tier ${lane.tier}, region ${lane.region}</h3>
    <p><${Amount} value=${lane.price} /> per CU · ${busy} of ${lane.providers} providers busy · ${lane.wait === null ? "nobody is there to do it" : `ordered now, it waits about ${span(lane.wait)}`}</p>
    <ol class="boxes">${lane.jobs.length ? lane.jobs.map((one) => html`<li class="box"><a href=${link("job", one.job)}>Job ${one.job}</a>
        <small>${one.wait === null ? "nobody may have it" : `≈ ${span(one.wait)}`}</small><small><${Amount} value=${one.maxPrice} /> at most</small></li>`)
      : html`<li class="muted">Nobody waits.</li>`}
      ${lane.waiting > lane.jobs.length ? html`<li class="muted">and ${lane.waiting - lane.jobs.length} more</li>` : null}</ol>
  </div>`;
}

/** How many of the newest jobs stand where. */
function Funnel() {
  const { data } = useCall("jobs_list", [200]);
  if (!data?.length) return null;
  const count = (state) => data.filter((job) => job.state === state).length;
  const most = Math.max(...[...FUNNEL, ...ENDS].map(count), 1);
  return html`<${Card} title=${data.length < 200 ? "Where they are" : "Where the newest 200 are"} id="h-funnel">
    <div class="waterfall" data-chart="funnel">${[...FUNNEL, ...ENDS].map((state) => html`<div class="step">
      <span class="label">${words(state)}</span>
      <span class="track"><span class=${`bar ${ENDS.includes(state) ? "bad" : state === "completed" ? "good" : "busy"}`} style=${{ left: "0%", width: `${(100 * count(state)) / most}%` }}></span></span>
      <span class="text">${count(state)}</span></div>`)}</div><//>`;
}

const COLUMNS = [
  ["Job", (row) => html`<${JobLink} number=${row.number} />`, { csv: (row) => row.number }],
  ["State", (row) => (row.job ? html`<${Badge} word=${row.job.state} />` : html`<span class="muted">forgotten by the chain</span>`), { csv: (row) => row.job?.state }],
  ["Kind", (row) => row.job?.kind ?? "–", { csv: (row) => row.job?.kind }],
  ["Client", (row) => html`<${Account} address=${row.client} />`, { csv: (row) => row.client }],
  ["Provider", (row) => html`<${Account} address=${row.job?.provider} />`, { csv: (row) => row.job?.provider }],
  ["Work", (row) => (row.job ? html`<${Work} units=${row.job.units} />` : "–"), { n: true, csv: (row) => row.job?.units }],
  ["Price", (row) => html`<${Amount} value=${row.job?.price} />`, { n: true, csv: (row) => row.job?.price }],
  ["At most", (row) => html`<${Amount} value=${row.job?.maxPrice} />`, { n: true, csv: (row) => row.job?.maxPrice }],
  ["Refunded", (row) => html`<${Amount} value=${row.job?.refunded} />`, { n: true, csv: (row) => row.job?.refunded }],
  ["Ordered", (row) => html`<${Ago} time=${row.time} />`, { n: true, csv: (row) => row.time }],
];
