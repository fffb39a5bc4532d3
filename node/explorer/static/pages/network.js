// Network: this node among its peers.

import { count, counted, percent, words } from "../format.js";
import { html } from "../html.js";
import { useCall, useLive } from "../node.js";
import { roundOf } from "./validators.js";
import { Answer, BlockLink, Card, Csv, Facts, Hash, Table, Tile, Tiles } from "../ui.js";

export default function Network() {
  const health = useCall("system_health");
  const peers = useCall("system_peers");
  const sync = useCall("system_syncState");
  return html`
    <h1>Network</h1>
    <${Answer} answer=${health}>${(data) => html`<${Tiles}>
      <${Tile} name="peers" label="Peers" value=${data.peers} tone=${data.shouldHavePeers && !data.peers ? "warn" : null} note=${data.shouldHavePeers ? "connected" : "a lone node is fine here"} />
      <${Tile} name="syncing" label="State" value=${data.isSyncing ? "catching up" : "in step"} note=${sync.data ? `at block #${sync.data.currentBlock} of #${sync.data.highestBlock}` : null} />
    <//>`}<//>
    <${Self} />
    <${Card} title="Peers" extra=${html`<${Csv} name="peers" columns=${COLUMNS} rows=${peers.data} />`}>
      <${Answer} answer=${peers}>${(rows) => html`<${Table} name="Peers" columns=${COLUMNS} rows=${rows} empty=${html`No peers. On a devnet they come with <code>starminer devnet up</code>; elsewhere name one with <code>--bootnodes</code>.`} />`}<//>
    <//>
    <${Rounds} />`;
}

function Self() {
  const asked = ["system_name", "system_version", "system_chain", "system_chainType", "system_nodeRoles", "system_localPeerId", "system_localListenAddresses"];
  const [name, version, chain, kind, roles, peer, addresses] = asked.map((method) => useCall(method, [], false).data);
  const runtime = useCall("state_getRuntimeVersion", [], false).data;
  return html`<${Card} title="This node"><${Facts} rows=${[
    ["Software", name ? `${name} ${version ?? ""}` : "–"],
    ["Chain", chain ? `${chain} (${kind ?? ""})` : "–"],
    ["Runtime", runtime ? `${runtime.specName} ${runtime.specVersion}` : "–"],
    ["Role", roles ? roles.map(words).join(", ") : "–"],
    ["Peer id", html`<${Hash} value=${peer} whole />`],
    ["Listens on", addresses?.length ? html`<ul class="values">${addresses.map((one) => html`<li><code class="hash">${one}</code></li>`)}</ul>` : "–"],
  ]} /><//>`;
}

/** How the validators' votes stood in the last round that is over; in the one under way few have voted. */
function Rounds() {
  const answer = useCall("grandpa_roundState");
  const { head } = useLive();
  if (!answer.data || !head) return null;
  const round = roundOf(answer.data);
  const voted = (votes) => `${percent(votes.currentWeight, round.totalWeight)} of the stake${votes.missing.length ? `, ${counted(votes.missing.length, "validator")} not heard` : ""}`;
  return html`<${Card} title="Finality"><${Facts} rows=${[
    ["Final block", html`<${BlockLink} number=${head.finalized.number} />, ${counted(head.lag, "block")} behind the best`],
    ["Round", `${count(answer.data.best.round)} of set ${answer.data.setId} is under way`],
    ["Votes needed", `more than ${percent(round.thresholdWeight - 1, round.totalWeight)} of the stake`],
    [`Round ${count(round.round)}`, html`prevotes of ${voted(round.prevotes)}<br />precommits of ${voted(round.precommits)}`],
  ]} /><//>`;
}

const COLUMNS = [
  ["Peer", (row) => html`<${Hash} value=${row.peerId} />`, { csv: (row) => row.peerId }],
  ["Role", (row) => words(row.roles).toLowerCase(), { csv: (row) => row.roles }],
  ["Software", (row) => row.software || "–", { csv: (row) => row.software }],
  ["Best block", (row) => html`<${BlockLink} number=${row.bestNumber} />`, { n: true, csv: (row) => row.bestNumber }],
  ["Hash", (row) => html`<${Hash} value=${row.bestHash} />`, { csv: (row) => row.bestHash }],
];
