// Supply: what exists of both tokens, how it came to be, and where the chain's own funds are.

import { Chart, Waterfall } from "../chart.js";
import { brief, tokens, words } from "../format.js";
import { html } from "../html.js";
import { useCall } from "../node.js";
import { Account, Amount, Answer, BlockLink, Card, Csv, Facts, Listing, Table, Tile, Tiles } from "../ui.js";

const SHOWN = 2000;

export default function Supply() {
  const answer = useCall("explorer_supply");
  return html`<h1>Supply and burn</h1><${Answer} answer=${answer}>${(data) => html`<${Whole} data=${data} />`}<//>`;
}

function Whole({ data }) {
  const [agpu, amax] = data.tokens;
  const initial = BigInt(data.initial), minted = BigInt(data.minted), burned = BigInt(data.burned);
  const since = data.first ? `block #${data.first}` : "genesis";
  const steps = [
    { label: `At ${since}`, from: 0, to: tokens(initial), text: brief(initial), tone: "plain" },
    { label: "Minted", from: tokens(initial), to: tokens(initial + minted), text: `+${brief(minted)}`, tone: "good" },
    { label: "Burned", from: tokens(initial + minted), to: tokens(initial + minted - burned), text: `−${brief(burned)}`, tone: "bad" },
    { label: "Now", from: 0, to: tokens(agpu.issuance), text: brief(agpu.issuance), tone: "plain" },
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
      <${Tile} name="fees" label="Transaction fees" value=${html`<${Amount} value=${data.fees} />`} note="half of them burned" />
      <${Tile} name="settled" label="Paid for jobs" value=${html`<${Amount} value=${data.settled} />`} note="segments that were settled" />
      <${Tile} name="amax" label="AMAX issued" value=${html`<${Amount} value=${amax.issuance} symbol="AMAX" />`} note=${html`<${Amount} value=${amax.inactive} symbol="AMAX" /> do not vote`} />
    <//>
    <${Card} title="How AGPU came to be what it is"><${Waterfall} title="Supply of AGPU" steps=${steps} />
      <${Facts} rows=${[["Sum", html`<span class="amount">${brief(initial)} + ${brief(minted)} − ${brief(burned)} = ${brief(initial + minted - burned)}</span>`],
        ["In the state", html`<${Amount} value=${agpu.issuance} />`]]} /><//>
    <${Causes} />
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
    return { label: words(row.reason), from: tokens(from), to: tokens(sum), text: `${isMint ? "+" : "−"}${brief(row.amount)}`, tone: isMint ? "good" : "bad" };
  });
  const whole = (label, planck) => ({ label, from: 0, to: tokens(planck), text: brief(planck), tone: "plain" });
  return html`
    ${steps.length ? html`<${Card} title="Minted and burned by cause"><${Waterfall} title="AGPU since block 0, cause by cause" steps=${[whole("Genesis", data.genesis), ...steps, whole("Now", data.issuance)]} />
      <p class="doc">The sum and the state differ by <span data-exact=${data.difference}>${brief(data.difference)}</span>; at most <${Amount} value=${data.cap} /> may exist.</p><//>` : null}
    <${Listing} title="Causes" file="supply-causes" columns=${CAUSES} rows=${rows} empty="Nothing was minted or burned yet." />`;
}

const CAUSES = [
  ["Cause", (row) => words(row.reason), { csv: (row) => row.reason }],
  ["Way", (row) => row.way, { csv: (row) => row.way }],
  ["Amount", (row) => html`<${Amount} value=${row.amount} />`, { n: true, csv: (row) => row.amount }],
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
