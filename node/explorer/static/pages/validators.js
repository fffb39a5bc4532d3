// Validators: who authors and votes in this session, with what at stake, and who stands behind them.

import { Heat } from "../chart.js";
import { html } from "../html.js";
import { ahead, count, percent, short } from "../format.js";
import { useCall, usePace } from "../node.js";
import { Account, Amount, Answer, Badge, Card, Listing, Paged, Tile, Tiles, Value, Work, usePages } from "../ui.js";

export default function Validators({ query }) {
  const candidates = usePages("explorer_candidates", "validators", query, { name: "candidates" });
  const nominators = usePages("explorer_nominators", "validators", query, { name: "nominators" });
  const answer = useCall("explorer_validators");
  const state = useCall("grandpa_roundState").data;
  return html`
    <h1>Staking and validators</h1>
    <${Answer} answer=${answer}>${(data) => html`<${Whole} data=${data} round=${roundOf(state)} set=${state?.setId} />`}<//>
    <${Paged} title="Waiting for an election" list=${candidates} columns=${CANDIDATES} file="candidates" empty="Everybody who would validate does." />
    <${Paged} title="Nominators" list=${nominators} columns=${NOMINATORS} file="nominators" empty=${html`Nobody nominates yet: <code>starminer validator nominate</code>.`} />
    <${Answer} answer=${answer}>${(data) => html`<${Listing} title="Slashes to come" file="slashes" columns=${SLASHES} rows=${data.slashes} empty="No offence waits for its slash: one is taken seven eras after the offence." />`}<//>`;
}

function Whole({ data, round, set }) {
  const inAll = data.validators.reduce((sum, row) => sum + row.weight, 0) || 1;
  const pace = usePace();
  const [now = { blocks: 0, missed: 0 }] = data.epochs;
  const sum = (field) => data.epochs.reduce((total, one) => total + one[field], 0);
  const counted = data.epochs.length > 1 ? `the last ${data.epochs.length} epochs` : "this epoch";
  return html`
    <${Tiles}>
      <${Tile} name="validators" label="Validators" value=${data.validators.length} note=${`${count(data.candidateCount)} more would be`} />
      <${Tile} name="nominators" label="Nominators" value=${count(data.nominatorCount)} note="stake behind others" />
      <${Tile} name="staked" label="Staked" value=${html`<${Amount} value=${data.staked} />`} note=${`elected for era ${data.era}`} />
      <${Tile} name="reward" label="Income of an era" value=${html`<${Amount} value=${data.reward} />`} note=${data.era ? `of all, in era ${data.era - 1}` : "the first is under way"} />
      <${Tile} name="session" label="Session" value=${count(data.session)} note=${`epoch ${count(data.epoch)}, era ${count(data.era)}`} />
      <${Tile} name="epoch-ends" label="Next session in" value=${ahead(data.epochEnds - data.slot, pace).replace(/blocks?/, "slots")} note=${`at slot ${count(data.epochEnds)}`} />
      <${Tile} name="empty" label="Empty slots" value=${count(sum("missed"))} note=${`of ${count(sum("missed") + sum("blocks"))} in ${counted}; ${now.missed} of ${now.missed + now.blocks} in this one`} />
    <//>
    <${Listing} title="This session" file="validators" columns=${columnsOf(round, inAll)} rows=${data.validators} empty=${html`Nobody validates in this session: <code>starminer validator setup</code>.`}>
      <p class="doc">Blocks and missed slots are those of ${counted}; a slot is missed by whose turn it was. Slots are drawn by stake and
      proven work; an era's income is divided by points. ${round ? `Votes are those of round ${round.round} of GRANDPA, set ${set}, as this node hears them.` : "This node counts no votes of GRANDPA."}</p><//>
    <${Turns} data=${data} />`;
}

/** Every validator as a row of epochs: green where it filled its slots, red where it filled none. */
function Turns({ data }) {
  const epochs = data.epochs.map((one) => one.epoch).toReversed();
  if (!epochs.length) return null;
  const rows = data.validators.map((row) => {
    const found = new Map(row.slots.map((one) => [one.epoch, one]));
    return { label: short(row.address), cells: epochs.map((epoch) => {
      const { blocks = 0, missed = 0 } = found.get(epoch) ?? {};
      return { level: levelOf(blocks, missed), label: `epoch ${epoch}: ${blocks} filled, ${missed} missed` };
    }) };
  });
  const columns = [
    ["Epoch", (row) => row.epoch, { csv: (row) => row.epoch }],
    ["Blocks", (row) => row.blocks, { n: true, csv: (row) => row.blocks }],
    ["Missed", (row) => html`<span class=${row.missed ? "warn" : null}>${row.missed}</span>`, { n: true, csv: (row) => row.missed }],
    ["Missed by", (row) => missedBy(data, row.epoch), { wide: true, csv: (row) => missedBy(data, row.epoch, (one) => one) }],
  ];
  return html`
    <${Card} title="Slots by validator and epoch"><${Heat} title="Slots filled and missed" note=${`in epochs ${epochs[0]} to ${epochs.at(-1)}: green were all filled, red were all missed, both is both, grey is none`} rows=${rows} /><//>
    <${Listing} title="Epochs" file="slots-by-epoch" columns=${columns} rows=${data.epochs} />`;
}

const levelOf = (blocks, missed) => (!blocks && !missed ? 0 : !missed ? 4 : blocks ? "mixed" : "bad");

function missedBy(data, epoch, name = short) {
  const found = data.validators.map((row) => [row, row.slots.find((one) => one.epoch === epoch)?.missed]).filter(([, missed]) => missed);
  return found.map(([row, missed]) => `${name(row.address)} ${missed}`).join(", ") || "–";
}

/** The last round that is over, as far as there is one: in the one under way few have voted. */
export const roundOf = (state) => state?.background[0] ?? state?.best ?? null;

function voteOf(round, voter) {
  if (!round || voter === null) return "unknown";
  if (!round.precommits.missing.includes(voter)) return "precommit";
  return round.prevotes.missing.includes(voter) ? "none" : "prevote";
}

const columnsOf = (round, inAll) => [
  ["Validator", (row) => html`<${Account} address=${row.address} />`, { csv: (row) => row.address }],
  ["State", (row) => html`<${Badge} word=${row.disabled ? "disabled" : "active"} /><small>${row.nextSession ? "stays" : "leaves"}</small>`, { csv: (row) => `${row.disabled ? "disabled" : "active"}, ${row.nextSession ? "stays" : "leaves"}` }],
  ["Blocks", (row) => row.blocks, { n: true, csv: (row) => row.blocks }],
  ["Missed", (row) => html`<span class=${row.missed ? "warn" : null}>${row.missed}</span>`, { n: true, csv: (row) => row.missed }],
  ["Vote", (row) => voteOf(round, row.voter), { csv: (row) => voteOf(round, row.voter) }],
  ["Share of slots", (row) => percent(row.weight, inAll), { n: true, csv: (row) => row.weight }],
  ["Era points", (row) => row.points, { n: true, csv: (row) => row.points }],
  ["Own bond", (row) => html`<${Amount} value=${row.active} />${row.bond === row.active ? null : html`<small>of <${Amount} value=${row.bond} />, the rest on its way out</small>`}`, { n: true, csv: (row) => row.active }],
  ["Whole stake", (row) => html`<${Amount} value=${row.behind} />`, { n: true, csv: (row) => row.behind }],
  ["Nominators", (row) => row.nominators, { n: true, csv: (row) => row.nominators }],
  ["Commission", (row) => percent(row.commission, 1e9, 2), { n: true, csv: (row) => row.commission }],
  ["Proven work", (row) => html`<${Work} units=${row.work} />`, { n: true, csv: (row) => row.work }],
];

const CANDIDATES = [
  ["Account", (row) => html`<${Account} address=${row.address} />`, { csv: (row) => row.address }],
  ["Stake", (row) => html`<${Amount} value=${row.active} />`, { n: true, csv: (row) => row.active }],
  ["Commission", (row) => percent(row.commission, 1e9, 2), { n: true, csv: (row) => row.commission }],
  ["Next session", (row) => (row.queued ? "joins" : "waits"), { csv: (row) => row.queued }],
];

const NOMINATORS = [
  ["Account", (row) => html`<${Account} address=${row.address} />`, { csv: (row) => row.address }],
  ["Stake", (row) => html`<${Amount} value=${row.active} />`, { n: true, csv: (row) => row.active }],
  ["For", (row) => html`<span class="list">${row.targets.map((one) => html`<${Account} address=${one} />`)}</span>`, { wide: true, csv: (row) => row.targets.join(" ") }],
];

const SLASHES = [
  ["Validator", (row) => html`<${Value} value=${row.record.validator} />`, { csv: (row) => row.record.validator?.value }],
  ["Era of the offence", (row) => row.era, { n: true, csv: (row) => row.era }],
  ["Owes", (row) => html`<${Value} value=${row.record.own} />`, { n: true, csv: (row) => row.record.own?.value }],
  ["Of its nominators", (row) => html`<${Value} value=${row.record.others} />`, { wide: true, csv: (row) => row.record.others }],
  ["Reported by", (row) => html`<${Value} value=${row.record.reporters} />`, { wide: true, csv: (row) => row.record.reporters }],
];
