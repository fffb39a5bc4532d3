// Whom an account belongs with: who it says it is, who acts for it, and whose approval it awaits.

import { count, words } from "./format.js";
import { html } from "./html.js";
import { useCall } from "./node.js";
import { link } from "./route.js";
import { Account, Amount, Badge, BlockLink, Card, Facts, Hash, Listing, Until } from "./ui.js";

export default function Ties({ id }) {
  const found = useCall("explorer_ties", [id]).data;
  if (!found) return null;
  const lists = [
    ["Proxies", "proxies", PROXIES, found.proxies, "They act for this account, within what their kind lets them do."],
    ["Acts for", "acts-for", REAL, found.acts_for, "Accounts that let this one act for them."],
    ["Announced calls", "announcements", ANNOUNCED, found.announcements, "Calls of proxies with a delay: until then the account may reject them."],
    ["Calls that wait for approval", "proposals", PROPOSED, found.proposals, `Calls of an account that several own, made when enough of them approve${found.has_more ? "; there are more than are listed" : ""}.`],
  ].filter(([, , , rows]) => rows.length);
  const isSomebody = found.identity || found.sub_of || found.made_by;
  return html`
    ${isSomebody ? html`<${Identity} found=${found} />` : null}
    ${lists.map(([title, file, columns, rows, note]) => html`<${Listing} key=${file} title=${title} file=${file} columns=${columns} rows=${rows}><p class="doc">${note}</p><//>`)}
    ${isSomebody || lists.length ? null : html`<p class="muted" id="no-ties">No identity, no proxies, and no call that waits for approvals.</p>`}
    ${found.is_all ? null : html`<p class="muted" id="not-all">Whom it acts for was looked for among the first 1\u202f000 accounts that have proxies, and what it approved among as many calls that wait; there are more.</p>`}`;
}

function Identity({ found }) {
  const { identity, sub_of: owner, made_by: maker } = found;
  const judged = identity?.judgements.map((one) => html`<li><${Badge} word=${JUDGED[one.judgement]} /> by registrar ${one.registrar} ${one.account ? html`<${Account} address=${one.account} />` : null}</li>`);
  const subs = identity?.subs.map((one) => html`<li>${one.name} <${Account} address=${one.address} /></li>`);
  return html`<${Card} title="Identity"><${Facts} rows=${[
    ...(identity?.said ?? []).map(({ name, text, is_own_name: isOwn }) => [isOwn ? `“${name}”` : titled(name), text]),
    ["Judged", identity ? (judged.length ? html`<ul class="values">${judged}</ul>` : html`<span class="muted">by nobody: this is what the account says</span>`) : undefined],
    ["Part of", owner ? html`<${Account} address=${owner.address} />${owner.display ? ` (${owner.display})` : ""}, as ${owner.name || "an account without a name"}` : undefined],
    ["Its accounts", subs?.length ? html`<ul class="values">${subs}</ul>` : undefined],
    ["Made by", maker ? html`<${Account} address=${maker} />: it has no key, and its proxies alone act for it` : undefined],
  ]} /><//>`;
}

/** A field that every identity may have; those that an account names itself stand in quotes. */
const titled = (name) => name[0].toUpperCase() + words(name).slice(1);

/** What registrars say, in words. */
const JUDGED = {
  Unknown: "unknown", FeePaid: "asked for", Reasonable: "reasonable", KnownGood: "known good",
  OutOfDate: "out of date", LowQuality: "low quality", Erroneous: "erroneous",
};

const whoActs = (title) => [
  [title, (row) => html`<${Account} address=${row.address} />`, { csv: (row) => row.address }],
  ["May do", (row) => words(row.kind), { csv: (row) => row.kind }],
  ["Delay", (row) => (row.delay ? `${count(row.delay)} blocks` : "none"), { n: true, csv: (row) => row.delay }],
];
const PROXIES = whoActs("Proxy");
const REAL = whoActs("Account");

const ANNOUNCED = [
  ["Call", (row) => html`<${Hash} value=${row.call_hash} />`, { csv: (row) => row.call_hash }],
  ["Proxy", (row) => html`<${Account} address=${row.proxy} />`, { csv: (row) => row.proxy }],
  ["Acts for", (row) => html`<${Account} address=${row.real} />`, { csv: (row) => row.real }],
  ["Announced", (row) => html`<${BlockLink} number=${row.block} />`, { n: true, csv: (row) => row.block }],
  ["May be made", (row) => (row.ready === null ? "not any more" : html`<${Until} block=${row.ready} />`), { n: true, csv: (row) => row.ready }],
];

const PROPOSED = [
  ["Account", (row) => html`<${Account} address=${row.account} />`, { csv: (row) => row.account }],
  ["Call", (row) => html`<${Hash} value=${row.call_hash} />`, { csv: (row) => row.call_hash }],
  ["Proposed", (row) => html`<a href=${link("extrinsic", `${row.block}-${row.extrinsic}`)}>${row.block}-${row.extrinsic}</a>`, { csv: (row) => `${row.block}-${row.extrinsic}` }],
  ["By", (row) => html`<${Account} address=${row.proposer} />`, { csv: (row) => row.proposer }],
  ["Approved by", (row) => row.approvals.map((one, i) => html`${i ? ", " : ""}<${Account} address=${one} />`), { wide: true, csv: (row) => row.approvals.join(" ") }],
  ["Deposit", (row) => html`<${Amount} value=${row.deposit} />`, { n: true, csv: (row) => row.deposit }],
];
