// Receipts: work that is claimed, and work that every importer has checked.

import { html } from "../html.js";
import { useCall } from "../node.js";
import { Account, Ago, Amount, Answer, Badge, BlockLink, Card, Csv, Finality, Hash, JobLink, Pager, Table, Work } from "../ui.js";

export default function Receipts({ query }) {
  const from = query.from ?? "";
  const recent = useCall("receipts_recent", [100]);
  const proven = useCall("explorer_receipts", [from]);
  const claims = recent.data?.filter((row) => row.verdict !== "verified");
  return html`
    <h1>Receipts</h1>
    <${Card} title="Pending and disproved" extra=${html`<${Csv} name="claims" columns=${CLAIMS} rows=${claims} />`}>
      <${Answer} answer=${recent}>${() => html`<${Table} name="Pending and disproved" columns=${CLAIMS} rows=${claims} empty="No result waits for its opening, and none was disproved of late." />`}<//>
    <//>
    <${Card} title="Verified" extra=${html`<${Csv} name="receipts" columns=${PROVEN} rows=${proven.data?.rows} />`}>
      <${Answer} answer=${proven}>${(page) => html`
        <${Table} name="Verified" columns=${PROVEN} rows=${page.rows} empty=${html`No receipts yet: start a provider with <code>starminer run --provider</code>.`} />
        <${Pager} here=${from} next=${page.next} page="receipts" />`}<//>
    <//>
    <p class="doc">No node executes a block before it has recomputed the samples of every receipt in it: verified means checked by this node, too. A tile that differs makes the whole block invalid.</p>`;
}

const CLAIMS = [
  ["Receipt", (row) => html`<${Hash} value=${row.id} />`, { csv: (row) => row.id }],
  ["Verdict", (row) => html`<${Badge} word=${row.verdict} />`, { csv: (row) => row.verdict }],
  ["How", (row) => html`${row.verifiedBy}<small>${row.method}</small>`, { csv: (row) => row.method }],
  ["Job", (row) => html`<${JobLink} number=${row.job === null ? null : Number(BigInt(row.job))} />`, { csv: (row) => row.job }],
  ["Provider", (row) => html`<${Account} address=${row.provider} />`, { csv: (row) => row.provider }],
  ["Output", (row) => html`<${Hash} value=${row.outputRoot} />`, { csv: (row) => row.outputRoot }],
  ["Work", (row) => html`<${Work} units=${row.units} />`, { n: true, csv: (row) => row.units }],
  ["Paid", (row) => html`<${Amount} value=${row.paid} />`, { n: true, csv: (row) => row.paid }],
  ["Block", (row) => html`<${BlockLink} number=${row.block} />`, { n: true, csv: (row) => row.block }],
];

const what = (row) => (row.kind === "opening" ? `segment ${row.segment}, sampled tiles opened` : `${row.shares} shares of epoch ${row.epoch}`);

const PROVEN = [
  ["Block", (row) => html`<${BlockLink} number=${row.block} />`, { csv: (row) => row.block }],
  ["Verdict", () => html`<${Badge} word="verified" note="by every importer" />`, { csv: () => "verified" }],
  ["Proves", (row) => html`${row.kind === "opening" ? "a job" : "canonical work"}<small>${what(row)}</small>`, { csv: what }],
  ["Job", (row) => html`<${JobLink} number=${row.job} />`, { csv: (row) => row.job }],
  ["Provider", (row) => html`<${Account} address=${row.provider} />`, { csv: (row) => row.provider }],
  ["Proof", (row) => html`<${Hash} value=${row.proofHash} />`, { csv: (row) => row.proofHash }],
  ["Work", (row) => html`<${Work} units=${row.units} />`, { n: true, csv: (row) => row.units }],
  ["Age", (row) => html`<${Ago} time=${row.time} />`, { n: true, csv: (row) => row.time }],
  ["State", (row) => html`<${Finality} block=${row.block} />`],
];
