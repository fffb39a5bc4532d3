// From decoded JSON to table rows. All text goes in as text nodes: nothing from the chain is markup.

import { age, amount, short, utc, work } from "./format.js";

/** Build an element: el("td", {class: "n"}, "text", child). */
export function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(key, value);
    else if (value !== null && value !== undefined) element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

const number = (...children) => el("td", { class: "n" }, ...children);

const hash = (value) =>
  value ? el("code", { title: value }, short(value)) : el("span", { class: "muted" }, "–");

/** An address as a link that opens the account; look-alikes light up together. */
export function account(address) {
  if (!address) return el("span", { class: "muted" }, "–");
  return el(
    "a",
    { href: `#account=${address}`, title: address, class: "address", "data-address": address },
    short(address),
  );
}

const BADGES = {
  final: "good", verified: "good", settled: "good", completed: "good",
  best: "busy", pending: "busy", queued: "busy", assigned: "busy", running: "busy",
  committed: "busy", verifying: "busy",
  slashed: "bad", disputed: "bad", expired: "bad", failed: "bad",
};

export const badge = (word, note) =>
  el("span", { class: `badge ${BADGES[word] ?? ""}`, title: note }, word);

// Genesis has no time of its own.
const when = (timeMs, nowMs) =>
  timeMs ? el("time", { title: utc(timeMs), "data-time": timeMs }, age(timeMs, nowMs)) : "–";

export function blockRow(block, finalNumber, bestHash, nowMs) {
  const state = block.number <= finalNumber ? "final" : block.hash === bestHash ? "best" : "waiting";
  const note = state === "waiting" ? "not finalized yet" : null;
  return el(
    "tr",
    { "data-block": block.number },
    el("th", { scope: "row" }, `#${block.number}`),
    el("td", {}, badge(state, note)),
    el("td", {}, hash(block.hash)),
    el("td", {}, account(block.author)),
    number(`${block.extrinsics}`),
    number(block.receipts ? `${block.receipts} ✓` : "–"),
    number(work(block.units)),
    number(when(block.timeMs, nowMs)),
  );
}

/** The number of a job, which the node tells in hex; a dash where there is none. */
function jobNumber(id) {
  return id === null ? "–" : el("strong", { title: id }, `#${BigInt(id)}`);
}

export function receiptRow(receipt) {
  return el(
    "tr",
    {},
    el("th", { scope: "row" }, hash(receipt.id)),
    el("td", {}, badge(receipt.verdict)),
    el("td", {}, receipt.verifiedBy, el("small", {}, receipt.method)),
    el("td", {}, jobNumber(receipt.job)),
    el("td", {}, receipt.kind),
    el("td", {}, account(receipt.provider)),
    number(work(receipt.units)),
    number(amount(receipt.paid)),
    number(`#${receipt.block}`),
  );
}

export function jobRow(job) {
  const steps = job.steps.map((step) => `${step.state} #${step.block}`).join(" → ");
  return el(
    "tr",
    {},
    el("th", { scope: "row" }, jobNumber(job.id)),
    el("td", {}, badge(job.state)),
    el("td", { class: "steps" }, steps),
    el("td", {}, job.kind),
    el("td", {}, account(job.client)),
    el("td", {}, account(job.provider)),
    number(work(job.units)),
    number(amount(job.price)),
    number(amount(job.maxPrice)),
    number(amount(job.refunded)),
  );
}

export function emptyRow(columns, ...children) {
  return el("tr", {}, el("td", { colspan: columns, class: "empty" }, ...children));
}

export function accountCard(found) {
  const rows = found.balances.map((token) =>
    el(
      "tr",
      {},
      el("th", { scope: "row" }, token.symbol),
      ...["free", "held", "frozen"].map((part) =>
        number(amount(token[part], token.decimals, token.symbol)),
      ),
    ),
  );
  const balances = el(
    "table",
    {},
    el("thead", {}, el("tr", {}, ...["Token", "Free", "Held", "Frozen"].map((name, i) =>
      el("th", { scope: "col", class: i ? "n" : null }, name)))),
    el("tbody", {}, ...(rows.length ? rows : [emptyRow(4, "Nothing here yet: send this address some AGPU.")])),
  );
  return [
    el("dl", {},
      el("dt", {}, "Address"), el("dd", {}, el("code", {}, found.address)),
      el("dt", {}, "Public key"), el("dd", {}, el("code", {}, found.publicKey)),
      el("dt", {}, "Nonce"), el("dd", {}, `${found.nonce}`),
      el("dt", {}, "At block"), el("dd", {}, `#${found.block}`)),
    el("div", { class: "scroll" }, balances),
  ];
}
