// A referendum: what it would do, how the votes stand and whose they are, and what its track asks
// for by when.

import { Chart } from "../chart.js";
import { count, words } from "../format.js";
import { html } from "../html.js";
import { useCall } from "../node.js";
import { Account, Amount, Answer, Badge, BlockLink, Card, Facts, Fold, Fields, Paged, Tile, Tiles, Until, Value, usePages } from "../ui.js";

export default function Referendum({ id, query }) {
  const answer = useCall("explorer_referendum", [Number(id)]);
  return html`<h1>Referendum ${id}</h1><${Answer} answer=${answer}>${(found) => html`<${Whole} found=${found} query=${query} />`}<//>`;
}

function Whole({ found, query }) {
  const isOpen = found.track !== null;
  return html`
    <p><${Badge} word=${found.state} /> ${found.confirmsAt ? html`approved at block #${found.confirmsAt} if it goes on passing: <${Until} block=${found.confirmsAt} />` : null}</p>
    ${isOpen ? html`<${Way} found=${found} status=${found.status.fields} /><${Standing} found=${found} />
      <${Card} title="What it would do"><div class="inset"><${Value} value=${found.call} /></div>
        <${Facts} rows=${[
          ["Track", words(found.track)],
          ["Made as", html`<${Value} value=${found.origin} />`],
          ["Proposed by", html`<${Account} address=${found.proposer} whole />`],
          ["Submitted", html`<${BlockLink} number=${found.since} />`],
          ["Enacted", html`<${Value} value=${found.status.fields.enactment} />`],
          ["Decided by", found.decidesUntil ? html`block #${found.decidesUntil}, <${Until} block=${found.decidesUntil} />` : "not being decided yet: it waits for its deposit, its preparation, or a place"],
        ]} /><//>
      <${Curves} found=${found} />
      <${Votes} index=${found.index} query=${query} />` : html`<p class="doc">It ended at block <${BlockLink} number=${found.since} />; the chain keeps its deposits, and no longer its call or its votes.</p>`}
    ${found.outcome ? html`<${Card} title="What its call led to"><div class="inset"><${Value} value=${found.outcome} /></div><//>` : null}
    <${Card} title="Record"><${Fold} title="As the chain keeps it"><${Fields} fields=${found.status?.fields} /><//><//>`;
}

/** Where it stands between its submission and its approval, and when it may go on. */
function Way({ found, status }) {
  const decided = status.deciding?.fields.since, next = status.alarm?.[0];
  const steps = [
    ["submitted", status.submitted], ["decision deposit", null, status.decision_deposit !== null],
    ["deciding", decided], ["confirming", null, found.confirmsAt !== null], ["approved"],
  ].map(([name, block, isDone = block !== undefined && block !== null]) => ({ name, block, isDone }));
  const last = steps.findLastIndex((step) => step.isDone);
  return html`<${Card} title="Way"><ol class="timeline" data-chart="way">${steps.map(({ name, block, isDone }, i) => html`
    <li class=${i === last ? "now" : isDone ? "done" : "ahead"} aria-current=${i === last ? "step" : null}><${Badge} word=${name} />
      <span>${block ? html`<${BlockLink} number=${block} />` : isDone ? "done" : "to come"}</span></li>`)}</ol>
    ${next ? html`<p class="doc">Its state is looked at next at block #${next}, <${Until} block=${next} />.</p>` : null}<//>`;
}

function Standing({ found }) {
  return html`<${Tiles}>
    <${Tile} name="ayes" label="Ayes" value=${html`<${Amount} value=${found.ayes} symbol="AMAX" />`} note="with conviction" />
    <${Tile} name="nays" label="Nays" value=${html`<${Amount} value=${found.nays} symbol="AMAX" />`} note="with conviction" />
    <${Tile} name="approval" label="Approval" value=${`${found.approval.toFixed(2)} %`} note="ayes of all votes" />
    <${Tile} name="support" label="Support" value=${`${found.support.toFixed(2)} %`} note=${html`of <${Amount} value=${found.electorate} symbol="AMAX" />`} />
  <//>`;
}

/** What the track asks for falls with time; the votes as they stand are straight lines. */
function Curves({ found }) {
  const x = found.curve.map((point) => point.block);
  const flat = (value) => x.map(() => value);
  const pair = (name) => [
    { label: "needed", values: found.curve.map((point) => point[name]), digits: 1 },
    { label: "now", values: flat(found[name]), digits: 1, dash: [6, 4] },
  ];
  return html`<div class="columns">
    <${Card} title="Support against its curve"><${Chart} title="Support needed and reached, by block" unit=" %" x=${x} series=${pair("support")} /><//>
    <${Card} title="Approval against its curve"><${Chart} title="Approval needed and reached, by block" unit=" %" x=${x} series=${pair("approval")} /><//>
  </div>`;
}

/** Whose votes they are, and who lets others vote: as many as the node looks through for a page. */
function Votes({ index, query }) {
  const votes = usePages("explorer_referendumVotes", "referendum", query, { name: "votes", id: index });
  const given = usePages("explorer_referendumDelegations", "referendum", query, { name: "delegations", id: index });
  return html`
    <${Paged} title="Votes" file="votes" list=${votes} columns=${VOTES} empty=${none(votes, "Nobody has voted here yet.")}><${Looked} list=${votes} /><//>
    <${Paged} title="Delegations" file="delegations" list=${given} columns=${DELEGATIONS} empty=${none(given, "No delegation counts here: its delegate has to vote aye or nay, and it has to be older than the referendum.")}><${Looked} list=${given} /><//>`;
}

/** What a page without a row says: of all there is only where it is the only one. */
const none = (list, words) => (list.here || list.answer.data?.next ? "None among the entries of the state that this page looked through." : words);

/** The chain keeps votes by account: a page looks through so many of them, and not all. */
const Looked = ({ list }) => (list.answer.data?.next ? html`<p class="doc">This page looked through ${count(list.answer.data.looked)} of the accounts' votes on all tracks; there are more.</p>` : null);

const times = (conviction) => (conviction === null ? "–" : conviction ? `${conviction}×` : "0.1×");

/** With how much somebody votes: of a divided vote each part. */
function Put({ row }) {
  const parts = ["aye", "nay", "abstain"].filter((part) => row[part] !== "0");
  const amount = (part) => html`<${Amount} value=${row[part]} symbol="AMAX" />`;
  return parts.length < 2 ? amount(parts[0] ?? "aye") : parts.map((part, i) => html`${i ? ", " : ""}${amount(part)} ${part}`);
}

const VOTES = [
  ["Account", (row) => html`<${Account} address=${row.account} />`, { csv: (row) => row.account }],
  ["Vote", (row) => html`<${Badge} word=${row.vote} />`, { csv: (row) => row.vote }],
  ["Conviction", (row) => times(row.conviction), { n: true, csv: (row) => row.conviction }],
  ["Amount", (row) => html`<${Put} row=${row} />`, { n: true, csv: (row) => `${row.aye} aye, ${row.nay} nay, ${row.abstain} abstain` }],
  ["Own votes", (row) => html`<${Amount} value=${row.own} symbol="AMAX" />`, { n: true, csv: (row) => row.own }],
  ["By delegation", (row) => html`<${Amount} value=${row.delegated} symbol="AMAX" />`, { n: true, csv: (row) => row.delegated }],
  ["Support", (row) => html`<${Amount} value=${row.support} symbol="AMAX" />`, { n: true, csv: (row) => row.support }],
];

const DELEGATIONS = [
  ["Account", (row) => html`<${Account} address=${row.account} />`, { csv: (row) => row.account }],
  ["Delegate", (row) => html`<${Account} address=${row.delegate} />`, { csv: (row) => row.delegate }],
  ["Votes", (row) => html`<${Badge} word=${row.vote} />`, { csv: (row) => row.vote }],
  ["Conviction", (row) => times(row.conviction), { n: true, csv: (row) => row.conviction }],
  ["Amount", (row) => html`<${Amount} value=${row.amount} symbol="AMAX" />`, { n: true, csv: (row) => row.amount }],
  ["Counts", (row) => html`<${Amount} value=${row.votes} symbol="AMAX" />`, { n: true, csv: (row) => row.votes }],
];
