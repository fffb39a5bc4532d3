// The parts that pages are made of.

import { useState } from "preact/hooks";
import { age, ahead, amount, brief, count, csv, decimal, ppb, short, utc, words, work } from "./format.js";
import { html } from "./html.js";
import { call, useCall, useIsFinal, useLive, useNow, usePace } from "./node.js";
import { link } from "./route.js";

const MAX_TEXT = 31; // bytes; a hash has one more

const TONES = {
  good: ["final", "verified", "settled", "completed", "active", "paid", "success", "approved", "confirming"],
  busy: ["best", "waiting", "pending", "queued", "assigned", "running", "committed", "verifying", "preparing", "deciding", "not final"],
  bad: ["slashed", "disputed", "expired", "failed", "rejected", "cancelled", "removed", "disabled", "killed", "timedout", "absent", "jailed", "held"],
};
const TONE = Object.fromEntries(Object.entries(TONES).flatMap(([tone, names]) => names.map((name) => [name, tone])));

export const Badge = ({ word, note }) =>
  html`<span class=${`badge ${TONE[String(word).toLowerCase()] ?? ""}`} title=${note}>${words(word)}</span>`;

/** An amount as people read it; the exact one on hover, and for machines. */
export const Amount = ({ value, symbol = "AGPU" }) =>
  value === null || value === undefined
    ? html`<span class="muted">–</span>`
    : html`<span class="amount" title=${amount(value, symbol)} data-exact=${String(value)}>${withUnit(brief(value, symbol))}</span>`;

/** A number and what it counts, which gives way where there is little room. */
function withUnit(text) {
  const [, number, unit] = /^(.*) (\S+)$/.exec(text) ?? [null, text, ""];
  return unit ? html`${number}<span class="unit"> ${unit}</span>` : number;
}

/** An amount to the last planck, where parts are to add up before the reader's eyes. */
export const Exact = ({ value, symbol = "AGPU" }) => html`<span class="amount" title=${`${value} planck`} data-exact=${String(value)}>${amount(value, symbol)}</span>`;

export const Work = ({ units }) => html`<span title=${`${units} micro-CU`} data-exact=${String(units)}>${withUnit(work(units))}</span>`;

/** An account; look-alikes are told apart by lighting up the equal ones. */
export const Account = ({ address, whole = false }) =>
  address
    ? html`<a class="address" href=${link("account", address)} title=${address} data-address=${address}>${whole ? address : short(address)}</a>`
    : html`<span class="muted">–</span>`;

export const Hash = ({ value, whole = false }) =>
  value ? html`<code class="hash" title=${value}>${whole ? value : short(value)}</code>` : html`<span class="muted">–</span>`;

export const BlockLink = ({ number }) =>
  number === null || number === undefined ? "–" : html`<a href=${link("block", number)}>#${number}</a>`;

export const JobLink = ({ number }) =>
  number === null || number === undefined ? html`<span class="muted">–</span>` : html`<a href=${link("job", number)}>Job ${number}</a>`;

/** A receipt is called by its block and its place in it. */
export const receiptId = (row) => `${row.block}-${row.place}`;

export const ReceiptLink = ({ row }) => html`<a href=${link("receipt", receiptId(row))}>${receiptId(row)}</a>`;

/** How long ago; the moment itself on hover. Genesis has no time of its own. */
export function Ago({ time }) {
  const now = useNow();
  return time ? html`<time title=${utc(time)} datetime=${new Date(time).toISOString()}>${age(time, now)} ago</time>` : "–";
}

/** A moment, as people and as machines say it. */
export const Moment = ({ time }) => (time ? html`<${Ago} time=${time} /> · ${utc(time)}` : "genesis");

/** When something happens that a block decides: in how many blocks, and about how long that is. */
export function Until({ block }) {
  const best = useLive().head?.best.number, pace = usePace();
  if (block === null || block === undefined || best === undefined) return html`<span class="muted">–</span>`;
  return html`<span title=${`at block #${block}`}>in ${ahead(block - best, pace)}</span>`;
}

/** Says that a block may still be replaced; nothing once it is final. */
export function Finality({ block }) {
  return useIsFinal(block) ? html`<${Badge} word="final" />` : html`<${Badge} word="not final" note="A block that is not final can still be replaced" />`;
}

export const Card = ({ title, extra, children, id }) => html`
  <section class="card" aria-labelledby=${id ?? slug(title)}>
    <div class="card-head"><h2 id=${id ?? slug(title)}>${title}</h2><div class="tools">${extra}</div></div>
    ${children}
  </section>`;

const slug = (title) => `h-${String(title).toLowerCase().replace(/[^a-z0-9]+/g, "-")}`;

/** A number that people look for first. `name` is how tests and scripts find it. */
export const Tile = ({ name, label, value, note, tone }) => html`
  <div class="tile"><span>${label}</span><strong data-tile=${name} class=${tone}>${value}</strong><small>${note ?? "\u00a0"}</small></div>`;

export const Tiles = ({ children }) => html`<div class="tiles">${children}</div>`;

/** A table under its title, with its rows to save as a file. */
export function Listing({ title, name = title, columns, rows, empty, file, children }) {
  return html`<${Card} title=${title} extra=${html`<${Csv} name=${file} columns=${columns} rows=${rows} />`}>
    <${Table} name=${name} columns=${columns} rows=${rows} empty=${empty} />${children}<//>`;
}

/** Names and values; rows whose value is undefined are left out. */
export const Facts = ({ rows }) => html`
  <dl>${rows.filter(([, value]) => value !== undefined).map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;

/**
 * A table. Columns are [title, cell(row), {n: right-aligned, csv(row): plain value}].
 */
export function Table({ name, columns, rows, empty }) {
  if (rows === null || rows === undefined) return html`<p class="empty" role="status">Loading …</p>`;
  if (!rows.length) return html`<p class="empty">${empty}</p>`;
  return html`
    <div class="scroll" tabindex="0" role="region" aria-label=${`${name}: table`}>
      <table data-table=${name}>
        <thead><tr>${columns.map(([title, , options]) => html`<th scope="col" class=${options?.n ? "n" : null}>${title}</th>`)}</tr></thead>
        <tbody>${rows.map((row) => html`<tr>${columns.map(([, cell, options], i) =>
          i === 0 ? html`<th scope="row">${cell(row)}</th>` : html`<td class=${options?.n ? "n" : options?.wide ? "wide" : null}>${cell(row)}</td>`)}</tr>`)}</tbody>
      </table>
    </div>`;
}

const SAVED = 10_000; // rows of one file: what a spreadsheet opens at once

/** Rows of a history from its newest on, page by page as the node tells them. */
export async function everyRow(ask) {
  const rows = [];
  for (let cursor = ""; cursor !== null && rows.length < SAVED;) {
    const page = await ask(cursor);
    rows.push(...page.rows);
    cursor = page.next;
  }
  return rows;
}

/** Saves the rows of a table as a file: those that are shown, or all that `every` fetches. */
export function Csv({ name, columns, rows, every = null }) {
  const [failure, setFailure] = useState(null);
  if (!rows?.length) return null;
  const save = async () => {
    try {
      write(every ? await every() : rows);
      setFailure(null);
    } catch (error) {
      setFailure(error.message);
    }
  };
  const write = (rows) => {
    const plain = columns.filter(([, , options]) => options?.csv);
    const table = [plain.map(([title]) => title), ...rows.map((row) => plain.map(([, , options]) => options.csv(row)))];
    saveAs(`${name}.csv`, csv(table), "text/csv");
  };
  return html`${failure ? html`<span class="error" role="alert">${failure}</span>` : null}<button type="button" class="small" onClick=${save} title=${every ? `All rows, ${SAVED} at most` : "The rows that are shown"}>CSV</button>`;
}

/** What an answer is before it is there: a word, or the node's own error; under a title if asked. */
export function Answer({ answer, title, children }) {
  const heading = title ? html`<h1>${title}</h1>` : null;
  if (answer.error) return html`${heading}<p class="error" role="alert">${answer.error}</p>`;
  if (answer.data === null || answer.data === undefined) {
    return html`${heading}<p class="empty" role="status">${answer.loading ? "Loading …" : "Nothing is known of this."}</p>`;
  }
  return children(answer.data);
}

/** A decoded value of the runtime: see node/explorer/readable.py for its marks. */
export function Value({ value }) {
  if (value === null || value === undefined) return html`<span class="muted">none</span>`;
  if (Array.isArray(value)) {
    return value.length ? html`<${List} values=${value} />` : html`<span class="muted">empty</span>`;
  }
  if (typeof value === "number") return count(value);
  if (typeof value !== "object") return String(value);
  switch (value.$) {
    case "account": return html`<${Account} address=${value.value} />`;
    case "amount": return html`<${Amount} value=${value.value} symbol=${value.symbol} />`;
    case "bytes": return html`<${Bytes} value=${value} />`;
    case "measure": return html`<${Measure} value=${value} />`;
    case "error": return html`<strong class="error">${value.name}</strong> ${value.doc}`;
    case "call": case "record": return html`<span class="kind">${value.name}</span><${Fields} fields=${value.fields} />`;
    default: return html`<${Fields} fields=${value} />`;
  }
}

/** A number in its unit: as people read it, and beside that as the chain has it. */
function Measure({ value }) {
  const raw = `${decimal(BigInt(value.value), 1n, 0)} ${value.unit}`;
  const read = value.unit.startsWith("planck") ? amount(value.value) + value.unit.slice("planck".length) : value.read;
  return read === null ? raw : html`<span data-exact=${value.value}>${read}</span> <span class="muted">(${raw})</span>`;
}

const MANY = 8; // values of a list that are shown unasked

function List({ values }) {
  const items = (some) => some.map((one) => html`<li><${Value} value=${one} /></li>`);
  const rest = values.slice(MANY);
  return html`<ol class="values">${items(values.slice(0, MANY))}</ol>
    ${rest.length ? html`<${Fold} title=${`and ${count(rest.length)} more`}><ol class="values" start=${MANY + 1}>${items(rest)}</ol><//>` : null}`;
}

export const Fields = ({ fields }) =>
  Object.keys(fields ?? {}).length
    ? html`<dl class="fields">${Object.entries(fields).map(([name, value]) => html`<dt>${NAMED[name] ?? words(name)}</dt><dd>${typeof value === "number" ? told(name, value) : html`<${Value} value=${value} />`}</dd>`)}</dl>`
    : null;

function Bytes({ value }) {
  if (!value.size) return html`<span class="muted">empty</span>`;
  const text = value.size <= MAX_TEXT ? printable(value.value) : null;
  if (text) return html`<span title=${value.value}>“${text}”</span>`;
  const isCut = value.value.length < 2 + 2 * value.size;
  return html`<code class="hash" title=${`${value.size} bytes`}>${value.value}${isCut ? "…" : ""}</code>`;
}

/** What bytes say in ASCII, if all of them are letters, digits and signs; null otherwise. */
function printable(hex) {
  const codes = hex.slice(2).match(/../g).map((digits) => parseInt(digits, 16));
  return codes.every((code) => code >= 32 && code < 127) ? String.fromCharCode(...codes) : null;
}

const SHORT = 3; // numbers of a record that are told in a line

/** Fields that are parts of a billion wherever the chain has them. */
const OF_A_BILLION = new Set(["audit_rate", "commission", "kappa", "performance", "reputation", "uptime", "utilisation"]);

/** Fields whose names leave open in what they count, wherever the chain has them. */
const NAMED = { max_price: "max price per CU", max_units: "max work in micro-CU", memory_mib: "memory in MiB", rating: "rating in micro-CU/s", ref_time: "weight in ps" };

/** A number of a field by its name. */
const told = (name, value) => (OF_A_BILLION.has(name) ? ppb(value) : count(value));

/** A line's worth of a decoded value. */
export function summary(fields) {
  const parts = Object.entries(fields ?? {}).slice(0, 4).map(([name, value]) => `${words(name)} ${typeof value === "number" ? told(name, value) : plain(value)}`);
  return parts.join(", ");
}

export function plain(value) {
  if (typeof value === "number") return count(value);
  if (value === null || typeof value !== "object") return String(value);
  if (Array.isArray(value)) return `[${value.length}]`;
  if (value.$ === "account" || value.$ === "bytes") return short(value.value);
  if (value.$ === "amount") return brief(value.value, value.symbol);
  if (value.$ === "measure") return value.read ?? `${value.value} ${value.unit}`;
  const parts = Object.entries(value.fields ?? {});
  const isShort = parts.length && parts.length <= SHORT && parts.every(([, part]) => typeof part === "number");
  return isShort ? parts.map(([name, part]) => `${words(name)} ${told(name, part)}`).join(" ") : value.name ?? "{…}";
}

/**
 * A list that the node tells page by page as {rows, next, …}. `name` is where the address says
 * behind which row the page begins, `read` what the method takes for that; `id` is whose list it
 * is, which the method takes before it.
 */
export function usePages(method, page, query, { name = "after", read = (text) => text, id = "" } = {}) {
  const here = query[name] ?? "";
  const whose = id === "" ? [] : [id];
  const answer = useCall(method, [...whose, read(here)]);
  const { [name]: _, ...others } = query;
  const next = answer.data?.next ?? null;
  return {
    here, answer,
    every: () => everyRow((cursor) => call(method, ...whose, read(cursor), FETCHED)),
    pager: html`<nav class="pager" aria-label="Pages of the list">
      ${here ? html`<a href=${link(page, id, others)}>First</a>` : null}
      ${next === null ? null : html`<a href=${link(page, id, { ...others, [name]: next })}>More →</a>`}</nav>`,
  };
}

/** What a method takes for a page of what is numbered: nothing for the first one. */
export const numbered = (text) => (text === "" ? null : Number(text));

const FETCHED = 200; // rows of an answer, for a file

/** A listing of such a list; its file holds all of it. */
export function Paged({ title, list, columns, empty, file, children }) {
  return html`<${Card} title=${title} extra=${html`<${Csv} name=${file} columns=${columns} rows=${list.answer.data?.rows} every=${list.every} />`}>
    <${Answer} answer=${list.answer}>${(data) => html`<${Table} key=${list.here} name=${title} columns=${columns} rows=${data.rows} empty=${empty} />${list.pager}`}<//>
    ${children}<//>`;
}

/** Pages of a history that goes on from a cursor: the way back is the browser's. */
export const Pager = ({ here, next, page, id }) => html`
  <nav class="pager" aria-label="Pages of the history">
    ${here ? html`<a href=${link(page, id)}>Newest</a>` : null}
    ${next ? html`<a href=${link(page, id, { from: next })}>Older →</a>` : null}
  </nav>`;

/** Everything that the node answered, as JSON, on demand. */
export const Json = ({ value }) => html`<${Fold} title="JSON">${() => html`<pre tabindex="0">${JSON.stringify(value, null, 2)}</pre>`}<//>`;

/** Hands bytes or text to the reader as a file. */
export function saveAs(name, content, type) {
  const file = URL.createObjectURL(new Blob([content], { type }));
  Object.assign(document.createElement("a"), { href: file, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(file), 1000);
}

/** Something long that is shown on demand; a function is only asked then. */
export function Fold({ title, children }) {
  const [isOpen, setOpen] = useState(false);
  return html`
    <details open=${isOpen} onToggle=${(event) => setOpen(event.currentTarget.open)}>
      <summary>${title}</summary>${isOpen ? (typeof children === "function" ? children() : children) : null}
    </details>`;
}
