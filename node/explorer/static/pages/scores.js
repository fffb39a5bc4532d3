// Scores: what accounts did in the newest scored epoch, and what they earned by it.

import { percent } from "../format.js";
import { html } from "../html.js";
import { useCall } from "../node.js";
import { Account, Amount, Answer, Card, Csv, Table, Tile, Tiles } from "../ui.js";

const WHOLE = 1e9;
const PARTS = [["compute", "Compute"], ["stake", "Stake"], ["governance", "Governance"], ["infra", "Upgrades"], ["referral", "Referral"]];

export default function Scores() {
  const answer = useCall("explorer_scores");
  return html`<h1>Scores</h1><${Answer} answer=${answer}>${(found) => html`<${Whole} found=${found} />`}<//>`;
}

function Whole({ found }) {
  const earned = found.rows.reduce((sum, row) => sum + BigInt(row.earned), 0n);
  return html`
    <${Tiles}>
      <${Tile} name="epoch" label="Epoch" value=${found.epoch ?? "–"} note=${`scored; ${found.current} is under way`} />
      <${Tile} name="active" label="Active accounts" value=${found.active} note="did something in it" />
      <${Tile} name="earned" label="Earned" value=${html`<${Amount} value=${earned} />`} note="by all that are listed" />
    <//>
    <${Card} title="Highest scores" extra=${html`<${Csv} name=${`scores-${found.epoch}`} columns=${COLUMNS} rows=${found.rows} />`}>
      <${Table} name="Highest scores" columns=${COLUMNS} rows=${found.rows} empty="No epoch is scored yet: one is, two epochs after its end." />
      <p class="doc">A score is what an account did: compute 50 %, stake 15 %, governance 10 %, upgrades 15 %, referral 10 %.
      It ranks and certifies, and multiplies no payment.${found.looked < found.active ? ` The first ${found.looked} of ${found.active} accounts were looked at.` : ""}</p><//>`;
}

const COLUMNS = [
  ["Account", (row) => html`<${Account} address=${row.address} />`, { csv: (row) => row.address }],
  ["Score", (row) => percent(row.score, WHOLE, 2), { n: true, csv: (row) => row.score }],
  ...PARTS.map(([part, title]) => [title, (row) => percent(row[part], WHOLE, 1), { n: true, csv: (row) => row[part] }]),
  ["Earned", (row) => html`<${Amount} value=${row.earned} />`, { n: true, csv: (row) => row.earned }],
];
