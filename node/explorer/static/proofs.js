// Receipts in a line each: what a block proved, how that was checked, and whose work it was.

import { html } from "./html.js";
import { Account, JobLink, ReceiptLink, Work, receiptId } from "./ui.js";

export const how = (row) => row.how ?? "the chain has forgotten how";

export const PROOFS = [
  ["Receipt", (row) => html`<${ReceiptLink} row=${row} />`, { csv: receiptId }],
  ["Proves", (row) => html`${row.job === null ? "canonical work" : html`<${JobLink} number=${row.job} />`}<small>${how(row)}</small>`, { csv: (row) => `${row.job === null ? "canonical work" : `job ${row.job}`}: ${how(row)}` }],
  ["Provider", (row) => html`<${Account} address=${row.provider} />`, { csv: (row) => row.provider }],
  ["Work", (row) => html`<${Work} units=${row.units} />`, { n: true, csv: (row) => row.units }],
];
