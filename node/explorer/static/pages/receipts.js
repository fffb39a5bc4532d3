// Receipts: work that is claimed, what somebody challenges, and work that was checked: by whom, how, at what cost.

import { counted } from "../format.js";
import { html } from "../html.js";
import { call, useCall } from "../node.js";
import { how } from "../proofs.js";
import { Account, Ago, Amount, Answer, Badge, BlockLink, Card, Csv, Finality, Hash, JobLink, Listing, Pager, ReceiptLink, Table, Until, Work, everyRow, receiptId } from "../ui.js";

export default function Receipts({ query }) {
  const from = query.from ?? "";
  const recent = useCall("receipts_recent", [100]);
  const cases = useCall("explorer_cases");
  const proven = useCall("explorer_receipts", [from]);
  const claims = recent.data?.filter((row) => row.verdict !== "verified");
  return html`
    <h1>Receipts</h1>
    <${Card} title="Pending and disproved" extra=${html`<${Csv} name="claims" columns=${CLAIMS} rows=${claims} />`}>
      <${Answer} answer=${recent}>${() => html`<${Table} name="Pending and disproved" columns=${CLAIMS} rows=${claims} empty="No result waits for its opening, and none was disproved of late." />`}<//>
    <//>
    <${Answer} answer=${cases}>${(rows) => html`<${Listing} title="Challenged" file="cases" columns=${CASES} rows=${rows}
      empty=${html`Nobody challenges a result now. Anyone may, with a bond: <code>starminer job dispute</code>.`} />`}<//>
    <${Card} title="Verified" extra=${html`<${Csv} name="receipts" columns=${PROVEN} rows=${proven.data?.rows} every=${() => everyRow((cursor) => call("explorer_receipts", cursor, 200))} />`}>
      <${Answer} answer=${proven}>${(page) => html`
        <${Table} key=${from} name="Verified" columns=${PROVEN} rows=${page.rows} empty=${html`No receipts yet: start a provider with <code>starminer run --provider</code>.`} />
        <${Pager} here=${from} next=${page.next} page="receipts" />`}<//>
    <//>
    <p class="doc">No node executes a block before it has checked every receipt in it: verified means checked by this node, too. One that is wrong makes
    the whole block invalid. The cost is that of one check, on the reference core. To recompute a whole job yourself, run the command of its row.</p>`;
}

const replay = (job) => `starminer job verify ${job}`;
const jobOf = (row) => (row.job === null ? null : Number(BigInt(row.job)));
export const cost = (row) => (row.cost === null ? "unknown" : `${(row.cost / 1e6).toFixed(1)} ms`);
export const what = (row) => (row.kind === "opening" ? `segment ${row.segment}` : `${counted(row.shares, "share")} of epoch ${row.epoch}`);
export const Replay = ({ job }) => (job === null ? html`<span class="muted">–</span>` : html`<code>${replay(job)}</code>`);

const CLAIMS = [
  ["Receipt", (row) => html`<${Hash} value=${row.id} />`, { csv: (row) => row.id }],
  ["Verdict", (row) => html`<${Badge} word=${row.verdict} />`, { csv: (row) => row.verdict }],
  ["How", (row) => html`${row.verifiedBy}<small>${row.method}</small>`, { csv: (row) => row.method }],
  ["Job", (row) => html`<${JobLink} number=${jobOf(row)} />`, { csv: (row) => row.job }],
  ["Provider", (row) => html`<${Account} address=${row.provider} />`, { csv: (row) => row.provider }],
  ["Output", (row) => html`<${Hash} value=${row.outputRoot} />`, { csv: (row) => row.outputRoot }],
  ["Work", (row) => html`<${Work} units=${row.units} />`, { n: true, csv: (row) => row.units }],
  ["Paid", (row) => html`<${Amount} value=${row.paid} />`, { n: true, csv: (row) => row.paid }],
  ["Block", (row) => html`<${BlockLink} number=${row.block} />`, { n: true, csv: (row) => row.block }],
];

const CASES = [
  ["Case", (row) => row.case, { csv: (row) => row.case }],
  ["State", (row) => html`<${Badge} word="disputed" /><small>${row.kind}, ${row.content}</small>`, { csv: (row) => row.kind }],
  ["Job", (row) => html`<${JobLink} number=${row.job} />`, { csv: (row) => row.job }],
  ["Challenger", (row) => html`<${Account} address=${row.challenger} />`, { csv: (row) => row.challenger }],
  ["Provider", (row) => html`<${Account} address=${row.provider} />`, { csv: (row) => row.provider }],
  ["Bond", (row) => html`<${Amount} value=${row.bond} />`, { n: true, csv: (row) => row.bond }],
  ["Next", (row) => html`${row.turn}<small>until block #${row.deadline}, <${Until} block=${row.deadline} /></small>`, { csv: (row) => `${row.turn} until ${row.deadline}` }],
  ["Replay", (row) => html`<${Replay} job=${row.job} />`, { csv: (row) => replay(row.job) }],
];

const PROVEN = [
  ["Receipt", (row) => html`<${ReceiptLink} row=${row} /><small><${Ago} time=${row.time} /></small>`, { csv: receiptId }],
  ["Block", (row) => html`<${BlockLink} number=${row.block} />`, { csv: (row) => row.block }],
  ["Verdict", (row) => html`<${Badge} word="verified" note="by every importer" /> <${Finality} block=${row.block} />`, { csv: () => "verified" }],
  ["Checked by", (row) => html`${row.verifiedBy ?? "every importer"}<small>${how(row)}</small>`, { csv: (row) => `${row.verifiedBy}: ${row.how}` }],
  ["Cost", (row) => html`<span title=${row.cost === null ? null : `${row.cost} ns`}>${cost(row)}</span>`, { n: true, csv: (row) => row.cost }],
  ["Proves", (row) => html`${row.kind === "opening" ? html`<${JobLink} number=${row.job} />` : "canonical work"}<small title=${row.proofHash}>${what(row)}</small>`, { csv: (row) => `${row.job === null ? "" : `job ${row.job} `}${what(row)} ${row.proofHash ?? ""}`.trim() }],
  ["Provider", (row) => html`<${Account} address=${row.provider} />`, { csv: (row) => row.provider }],
  ["Work", (row) => html`<${Work} units=${row.units} />`, { n: true, csv: (row) => row.units }],
  ["Replay", (row) => html`<${Replay} job=${row.job} />`, { csv: (row) => (row.job === null ? "" : replay(row.job)) }],
];
