// Validators: who authors and votes in this session, with what at stake.

import { html } from "../html.js";
import { useCall } from "../node.js";
import { Account, Amount, Answer, Badge, Card, Csv, Table, Tile, Tiles, Value, Work } from "../ui.js";

export default function Validators() {
  const answer = useCall("explorer_validators");
  return html`<h1>Validators</h1><${Answer} answer=${answer}>${(data) => html`<${Whole} data=${data} />`}<//>`;
}

function Whole({ data }) {
  const total = data.validators.reduce((sum, row) => sum + row.weight, 0) || 1;
  const columns = [
    ["Validator", (row) => html`<${Account} address=${row.address} />`, { csv: (row) => row.address }],
    ["State", (row) => html`<${Badge} word=${row.disabled ? "disabled" : "active"} />`, { csv: (row) => (row.disabled ? "disabled" : "active") }],
    ["Bond", (row) => html`<${Amount} value=${row.bond} />`, { n: true, csv: (row) => row.bond }],
    ["Counts", (row) => html`<${Amount} value=${row.active} />`, { n: true, csv: (row) => row.active }],
    ["Behind it", (row) => html`<${Amount} value=${row.behind} />`, { n: true, csv: (row) => row.behind }],
    ["Nominators", (row) => row.nominators, { n: true, csv: (row) => row.nominators }],
    ["Commission", (row) => `${row.commission / 1e7} %`, { n: true, csv: (row) => row.commission }],
    ["Points", (row) => row.points, { n: true, csv: (row) => row.points }],
    ["Slots", (row) => `${((100 * row.weight) / total).toFixed(1)} %`, { n: true, csv: (row) => row.weight }],
    ["Blocks", (row) => row.blocks, { n: true, csv: (row) => row.blocks }],
    ["Proven work", (row) => html`<${Work} units=${row.work} />`, { n: true, csv: (row) => row.work }],
    ["Next session", (row) => (row.nextSession ? "stays" : "leaves"), { csv: (row) => row.nextSession }],
  ];
  return html`
    <${Tiles}>
      <${Tile} name="validators" label="Validators" value=${data.validators.length} note=${`set ${data.grandpaSet} of GRANDPA`} />
      <${Tile} name="session" label="Session" value=${data.session} note=${`epoch ${data.epoch}`} />
      <${Tile} name="epoch-ends" label="Epoch ends in" value=${`${Math.max(0, data.epochEnds - data.slot)} slots`} note=${`at slot ${data.epochEnds}`} />
      <${Tile} name="era" label="Era" value=${data.era} note="slashes are taken seven eras later" />
    <//>
    <${Card} title="This session" extra=${html`<${Csv} name="validators" columns=${columns} rows=${data.validators} />`}>
      <${Table} name="This session" columns=${columns} rows=${data.validators} empty="There are none." />
      <p class="doc">Blocks are counted in the last ${data.counted}. Slots are drawn by stake and proven work; an era's income is divided by points.</p><//>
    <${Card} title="Slashes to come">${data.slashes.length ? html`<div class="inset"><${Value} value=${data.slashes} /></div>` : html`<p class="empty">No offence waits for its slash.</p>`}<//>`;
}
