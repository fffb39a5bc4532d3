// An account: what it has, what it may not spend and why, whom it belongs with, what it did and
// what happened to it.

import { amount, words } from "../format.js";
import { html } from "../html.js";
import { call, useCall } from "../node.js";
import { link } from "../route.js";
import Roles from "../roles.js";
import Ties from "../ties.js";
import { Ago, Amount, Answer, Badge, BlockLink, Card, Csv, Facts, Finality, Hash, JobLink, Listing, Pager, Table, everyRow, summary } from "../ui.js";

export default function Account({ id, query }) {
  const balances = useCall("starminer_account", [id]);
  const more = useCall("explorer_account", [id]);
  return html`
    <h1>Account</h1>
    <${Answer} answer=${balances}>${(account) => html`<${Balances} account=${account} more=${more.data} />`}<//>
    ${more.data ? html`<${Jobs} more=${more.data} />` : null}
    ${balances.error ? null : html`<${Ties} id=${id} />`}
    ${balances.error ? null : html`<${Roles} id=${id} />`}
    ${balances.error ? null : html`<${History} id=${id} from=${query.from ?? ""} />`}`;
}

function Balances({ account, more }) {
  const columns = [
    ["Token", (row) => row.symbol, { csv: (row) => row.symbol }],
    ...["free", "held", "frozen"].map((part) => [
      part[0].toUpperCase() + part.slice(1),
      (row) => html`<span data-part=${`${row.symbol}-${part}`} title=${`${row[part]} planck`}>${amount(row[part], row.symbol)}</span>`,
      { n: true, csv: (row) => row[part] },
    ]),
  ];
  return html`
    <${Card} title="Balances" extra=${html`<${Csv} name="balances" columns=${columns} rows=${account.balances} />`}>
      <${Facts} rows=${[
        ["Address", html`<code class="hash" id="address">${account.address}</code>`],
        ["Public key", html`<${Hash} value=${account.publicKey} whole />`],
        ["Nonce", account.nonce],
        ["At block", html`<${BlockLink} number=${account.block} />`],
        ["Provider", more?.is_provider ? html`<a href=${link("provider", account.address)}>its record and earnings</a>` : undefined],
      ]} />
      <${Table} name="Balances" columns=${columns} rows=${account.balances} empty="Nothing here yet: send this address some AGPU." />
    <//>
    ${more?.parts.length ? html`<${Listing} title="Holds, freezes and locks" file="holds" columns=${PARTS} rows=${more.parts} />` : null}`;
}

const PARTS = [
  ["Not spendable", (row) => row.kind, { csv: (row) => row.kind }],
  ["Because", (row) => words(row.reason), { csv: (row) => row.reason }],
  ["Amount", (row) => html`<${Amount} value=${row.amount} symbol=${row.symbol} />`, { n: true, csv: (row) => `${row.amount} ${row.symbol}` }],
];

const JOBS = 25; // of one answer

function Jobs({ more }) {
  if (!more.bought.length && !more.sold.length) return null;
  const list = (numbers) => (numbers.length ? html`<span class="list">${numbers.map((number) => html`<${JobLink} number=${number} />`)}${numbers.length === JOBS ? html`<span class="muted">the newest; all are in the history</span>` : null}</span>` : "none");
  return html`<${Card} title="Jobs"><${Facts} rows=${[["Bought", list(more.bought)], ["Worked on", list(more.sold)]]} /><//>`;
}

function History({ id, from }) {
  const answer = useCall("explorer_history", [id, from]);
  const place = (row) => row.event === null ? `${row.block}-${row.extrinsic}` : `${row.block}-${row.event}`;
  const columns = [
    ["Block", (row) => html`<${BlockLink} number=${row.block} />`, { csv: (row) => row.block }],
    ["What", (row) => html`<a href=${link(row.event === null ? "extrinsic" : "event", place(row))}>${row.name}</a>`, { csv: (row) => row.name }],
    ["Result", (row) => (row.event === null ? html`<${Badge} word=${row.ok ? "success" : "failed"} note="An extrinsic that it signed" />` : html`<span class="muted">event</span>`), { csv: (row) => (row.event === null ? (row.ok ? "success" : "failed") : "event") }],
    ["Says", (row) => summary(row.fields), { wide: true, csv: (row) => row.fields }],
    ["Fee", (row) => html`<${Amount} value=${row.fee} />`, { n: true, csv: (row) => row.fee }],
    ["Age", (row) => html`<${Ago} time=${row.time} />`, { n: true, csv: (row) => row.time }],
    ["State", (row) => html`<${Finality} block=${row.block} />`],
  ];
  return html`<${Card} title="History" extra=${html`<${Csv} name="history" columns=${columns} rows=${answer.data?.rows} every=${() => everyRow((cursor) => call("explorer_history", id, cursor, 200))} />`}>
    <${Answer} answer=${answer}>${(page) => html`
      <${Table} key=${from} name="History" columns=${columns} rows=${page.rows} empty=${page.first ? `Nothing since block #${page.first}, where this node's index begins.` : "Nothing happened here yet: what this account signs, and what is paid to it, will stand here."} />
      <${Pager} here=${from} next=${page.next} page="account" id=${id} />`}<//>
  <//>`;
}
