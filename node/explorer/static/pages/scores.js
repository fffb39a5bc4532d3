// Scores: what accounts did in the newest scored epoch, and what they earned by it.

import { count, percent } from "../format.js";
import { html } from "../html.js";
import { Account, Amount, Answer, Paged, Tile, Tiles, usePages } from "../ui.js";

const WHOLE = 1e9;
const PARTS = [["compute", "Compute"], ["stake", "Stake"], ["governance", "Governance"], ["infra", "Upgrades"], ["referral", "Referral"]];

export default function Scores({ query }) {
  const list = usePages("explorer_scores", "scores", query, { read: Number });
  return html`<h1>Scores</h1><${Answer} answer=${list.answer}>${(found) => html`<${Whole} found=${found} list=${list} />`}<//>`;
}

function Whole({ found, list }) {
  const earned = found.rows.reduce((sum, row) => sum + BigInt(row.earned), 0n);
  return html`
    <${Tiles}>
      <${Tile} name="epoch" label="Epoch" value=${found.epoch ?? "–"} note=${`scored; ${found.current} is under way`} />
      <${Tile} name="active" label="Active accounts" value=${count(found.active)} note="did something in it" />
      <${Tile} name="earned" label="Earned" value=${html`<${Amount} value=${earned} />`} note="by all on this page" />
    <//>
    <${Paged} title="Highest scores" list=${list} columns=${COLUMNS} file=${`scores-${found.epoch}`} empty="No epoch is scored yet: one is, two epochs after its end.">
      <p class="doc">A score is what an account did: compute 50 %, stake 15 %, governance 10 %, upgrades 15 %, referral 10 %.
      It ranks and certifies, and multiplies no payment.${found.active > found.window ? ` Ranked are ${found.window} accounts at a time, in the order in which they did something first.` : ""}</p><//>`;
}

const COLUMNS = [
  ["Account", (row) => html`<${Account} address=${row.address} />`, { csv: (row) => row.address }],
  ["Score", (row) => percent(row.score, WHOLE, 2), { n: true, csv: (row) => row.score }],
  ...PARTS.map(([part, title]) => [title, (row) => percent(row[part], WHOLE, 1), { n: true, csv: (row) => row[part] }]),
  ["Earned", (row) => html`<${Amount} value=${row.earned} />`, { n: true, csv: (row) => row.earned }],
];
