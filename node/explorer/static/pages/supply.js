// Supply: what exists of both tokens, how it came to be, and where the chain's own funds are.

import { Chart, Waterfall } from "../chart.js";
import { percent, ppb, tokens, words } from "../format.js";
import { html } from "../html.js";
import { useCall, usePart } from "../node.js";
import { Account, Amount, Answer, BlockLink, Card, Csv, Facts, Listing, Table, Tile, Tiles, Work } from "../ui.js";

const SHOWN = 2000;

export default function Supply() {
  const answer = useCall("explorer_supply");
  return html`<h1>Supply and burn</h1><${Answer} answer=${answer}>${(data) => html`<${Whole} data=${data} />`}<//>`;
}

/** An amount behind the sign of what it did. */
const told = (planck, sign = "") => html`${sign}<${Amount} value=${planck} />`;

function Whole({ data }) {
  const [agpu, amax] = data.tokens;
  const initial = BigInt(data.initial), minted = BigInt(data.minted), burned = BigInt(data.burned);
  const burn = usePart("TransactionBurn");
  const since = data.first ? `block #${data.first}` : "genesis";
  const steps = [
    { label: `At ${since}`, from: 0, to: tokens(initial), text: told(initial), tone: "plain" },
    { label: "Minted", from: tokens(initial), to: tokens(initial + minted), text: told(minted, "+"), tone: "good" },
    { label: "Burned", from: tokens(initial + minted), to: tokens(initial + minted - burned), text: told(burned, "−"), tone: "bad" },
    { label: "Now", from: 0, to: tokens(agpu.issuance), text: told(agpu.issuance), tone: "plain" },
  ];
  const pots = [
    ["Pot", (row) => row.name, { csv: (row) => row.name }],
    ["Account", (row) => html`<${Account} address=${row.address} />`, { csv: (row) => row.address }],
    ["Free", (row) => html`<${Amount} value=${row.free} />`, { n: true, csv: (row) => row.free }],
    ["On hold", (row) => html`<${Amount} value=${row.held} />`, { n: true, csv: (row) => row.held }],
  ];
  return html`
    <${Tiles}>
      <${Tile} name="agpu" label="AGPU issued" value=${html`<${Amount} value=${agpu.issuance} />`} note=${html`at <${BlockLink} number=${data.block} />`} />
      <${Tile} name="minted" label="Minted" value=${html`<${Amount} value=${data.minted} />`} note=${`since ${since}`} />
      <${Tile} name="burned" label="Burned" value=${html`<${Amount} value=${data.burned} />`} note=${`since ${since}`} />
      <${Tile} name="fees" label="Transaction fees" value=${html`<${Amount} value=${data.fees} />`} note=${burn === null ? "in part burned" : `${ppb(burn)} of one are burned now`} />
      <${Tile} name="settled" label="Paid for jobs" value=${html`<${Amount} value=${data.settled} />`} note="segments that were settled" />
      <${Tile} name="amax" label="AMAX issued" value=${html`<${Amount} value=${amax.issuance} symbol="AMAX" />`} note=${html`<${Amount} value=${amax.inactive} symbol="AMAX" /> do not vote`} />
    <//>
    <${Card} title="How AGPU came to be what it is"><${Waterfall} title="Supply of AGPU" steps=${steps} />
      <${Facts} rows=${[["Sum", html`${told(initial)} + ${told(minted)} − ${told(burned)} = ${told(initial + minted - burned)}`],
        ["In the state", html`<${Amount} value=${agpu.issuance} />`]]} /><//>
    <${Causes} />
    <${Emission} />
    <${Series} best=${data.block} />
    <${Card} title="The chain's own accounts" extra=${html`<${Csv} name="pots" columns=${pots} rows=${data.pots} />`}><${Table} name="Pots" columns=${pots} rows=${data.pots} /><//>`;
}

/** Why there is as much AGPU as there is: every cause that minted or burned, since block 0. */
function Causes() {
  const answer = useCall("economy_supply");
  const data = answer.data;
  if (!data) return answer.error ? html`<${Answer} answer=${answer} />` : null;
  const rows = [
    ...data.minted.map((term) => ({ ...term, way: "minted" })),
    ...data.burned.map((term) => ({ ...term, way: "burned" })),
  ];
  let sum = BigInt(data.genesis);
  const steps = rows.filter((row) => row.amount !== "0").map((row) => {
    const from = sum, isMint = row.way === "minted";
    sum += isMint ? BigInt(row.amount) : -BigInt(row.amount);
    return { label: words(row.reason), from: tokens(from), to: tokens(sum), text: told(row.amount, isMint ? "+" : "−"), tone: isMint ? "good" : "bad" };
  });
  const whole = (label, planck) => ({ label, from: 0, to: tokens(planck), text: told(planck), tone: "plain" });
  return html`
    ${steps.length ? html`<${Card} title="Minted and burned by cause"><${Waterfall} title="AGPU since block 0, cause by cause" steps=${[whole("Genesis", data.genesis), ...steps, whole("Now", data.issuance)]} />
      <p class="doc">The sum and the state differ by <${Amount} value=${data.difference} />; at most <${Amount} value=${data.cap} /> may exist.</p><//>` : null}
    <${Listing} title="Causes" file="supply-causes" columns=${CAUSES} rows=${rows} empty="Nothing was minted or burned yet." />`;
}

const CAUSES = [
  ["Cause", (row) => words(row.reason), { csv: (row) => row.reason }],
  ["Way", (row) => row.way, { csv: (row) => row.way }],
  ["Amount", (row) => html`<${Amount} value=${row.amount} />`, { n: true, csv: (row) => row.amount }],
];

/** What each epoch might mint for proven capacity, by its curve, and what was pulled of it. */
function Emission() {
  const answer = useCall("explorer_emission");
  const rows = answer.data;
  if (!rows) return answer.error ? html`<${Answer} answer=${answer} />` : null;
  const closed = rows.filter((row) => row.isClosed).toReversed();
  const each = (name) => closed.map((row) => tokens(row[name]));
  return html`
    ${closed.length > 1 ? html`<${Card} title="Emission against its schedule"><${Chart} title="AGPU that an epoch may mint for proven capacity, and what it did" x=${closed.map((row) => row.epoch)} over="epoch"
      series=${[{ label: "schedule", values: each("budget"), digits: 6, dash: [6, 4] }, { label: "minted", values: each("minted"), digits: 6 }]} /><//>` : null}
    <${Listing} title="Emission by epoch" file="emission" columns=${EMISSION} rows=${rows} empty="The first epoch begins with the first block.">
      <p class="doc">κ is the part of what jobs burn that is minted again. The schedule falls as the issuance nears its cap and halves with time; an epoch is closed when the second after it begins,
        and its providers pull their pay later.</p><//>`;
}

const EMISSION = [
  ["Epoch", (row) => row.epoch, { csv: (row) => row.epoch }],
  ["State", (row) => (row.isClosed ? "closed" : "under way"), { csv: (row) => row.isClosed }],
  ["κ", (row) => percent(row.kappa, 1e9, 2), { n: true, csv: (row) => row.kappa }],
  ["Utilisation", (row) => percent(row.utilisation, 1e9, 2), { n: true, csv: (row) => row.utilisation }],
  ["Proven capacity", (row) => html`<${Work} units=${row.capacity} />`, { n: true, csv: (row) => row.capacity }],
  ["Per CU", (row) => html`<${Amount} value=${row.isClosed ? row.rate : null} />`, { n: true, csv: (row) => row.rate }],
  ["Schedule", (row) => html`<${Amount} value=${row.isClosed ? row.budget : null} />`, { n: true, csv: (row) => row.budget }],
  ["Minted", (row) => html`<${Amount} value=${row.isClosed ? row.minted : null} />`, { n: true, csv: (row) => row.minted }],
];

function Series({ best }) {
  const { data } = useCall("explorer_points", [Math.max(0, best - SHOWN), null, 250]);
  if (!data || data.length < 3) return null;
  const steps = data.slice(1).map((point, i) => [point, data[i]]);
  const x = steps.map(([now]) => now.number);
  const each = (name) => steps.map(([now, before]) => tokens(BigInt(now[name]) - BigInt(before[name])) / (now.number - before.number));
  return html`<div class="columns">
    <${Card} title="Minted and burned"><${Chart} title="AGPU minted and burned per block" x=${x} series=${[
      { label: "minted", values: each("minted"), digits: 6 }, { label: "burned", values: each("burned"), digits: 6 }]} /><//>
    <${Card} title="Issuance"><${Chart} title="AGPU that exist" x=${x} series=${[{ label: "AGPU", values: steps.map(([now]) => tokens(now.agpu)), digits: 4 }]} /><//>
  </div>`;
}
