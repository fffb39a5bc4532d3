// A receipt: what it proves, who checked it and how, what it was checked against, and how to do it again.

import { html } from "../html.js";
import { useCall } from "../node.js";
import { Account, Ago, Answer, Badge, BlockLink, Card, Facts, Finality, Hash, JobLink, Json, Work } from "../ui.js";
import { Replay, cost, what } from "./receipts.js";

export default function Receipt({ id }) {
  const answer = useCall("explorer_receipt", [id], false);
  return html`<${Answer} answer=${answer} title=${`Receipt ${id}`}>${({ receipt, job }) => html`
    <div class="title"><h1>Receipt ${id}</h1><${Badge} word="verified" note="by every importer" /> <${Finality} block=${receipt.block} /></div>
    <${Card} title=${receipt.kind === "opening" ? "Opening of a job's result" : "Shares of canonical work"}>
      <${Facts} rows=${[
        ["Block", html`<${BlockLink} number=${receipt.block} />, <${Ago} time=${receipt.time} />`],
        ["Proves", html`${receipt.job === null ? null : html`<${JobLink} number=${receipt.job} />, `}${what(receipt)}`],
        ["Provider", html`<${Account} address=${receipt.provider} whole />`],
        ["Work", html`<${Work} units=${receipt.units} />`],
        ["Checked by", receipt.verifiedBy ?? "every importer"],
        ["How", receipt.how ?? "The chain has forgotten the job, and with it how its receipts were checked."],
        ["Cost of a check", receipt.cost === null ? undefined : `${cost(receipt)} on the reference core`],
        ["Input", job?.inputRoot ? html`<${Hash} value=${job.inputRoot} whole />` : undefined],
        ["Output", job?.outputRoot ? html`<${Hash} value=${job.outputRoot} whole />` : undefined],
        ["Proof", receipt.proofHash ? html`<${Hash} value=${receipt.proofHash} whole />` : undefined],
        ["Recompute it", receipt.job === null ? undefined : html`<${Replay} job=${receipt.job} />`],
      ]} /><${Json} value=${receipt} />
    <//>
    <p class="doc">${receipt.kind === "opening"
      ? "The provider committed to input and output before the chain drew which parts it must show; the proof has these parts, and every importer recomputed them."
      : "Each share is a small product that the chain drew for the provider; every importer checked them before it executed the block."}</p>`}<//>`;
}
