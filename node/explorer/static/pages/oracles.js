// Oracles: what the chain knows from outside, and who reports it.

import { ppb } from "../format.js";
import { html } from "../html.js";
import { useCall, usePart } from "../node.js";
import { Account, Ago, Answer, Badge, BlockLink, Card, Csv, Table, Tile, Tiles } from "../ui.js";

export default function Oracles() {
  const answer = useCall("oracle_health");
  return html`<h1>Oracles</h1><${Answer} answer=${answer}>${(found) => html`<${Whole} found=${found} />`}<//>`;
}

function Whole({ found }) {
  const band = usePart("HealthBand");
  const members = [...found.members.map((address) => ({ address, state: "active" })), ...found.jailed.map((address) => ({ address, state: "jailed" }))];
  return html`
    <${Tiles}>
      <${Tile} name="members" label="Members" value=${found.members.length} note=${found.jailed.length ? `${found.jailed.length} jailed` : "report now"} />
      <${Tile} name="feeds" label="Feeds" value=${found.feeds.length} note=${`${found.feeds.filter((feed) => feed.isHealthy).length} agreed in their last round`} />
      <${Tile} name="round" label="Round" value=${found.round} note=${`of ${found.roundBlocks} blocks`} />
    <//>
    <${Card} title="Feeds" extra=${html`<${Csv} name="feeds" columns=${FEEDS} rows=${found.feeds} />`}>
      <${Table} name="Feeds" columns=${FEEDS} rows=${found.feeds} empty="This chain has no feeds: AMAX adds them." />
      <p class="doc">A value is the median of at least five reports, two thirds of them ${band === null ? "near it" : `within ${ppb(band)} of it`}; else the last one is held.</p><//>
    <${Card} title="Members" extra=${html`<${Csv} name="oracles" columns=${MEMBERS} rows=${members} />`}>
      <${Table} name="Members" columns=${MEMBERS} rows=${members} empty=${html`Nobody reports yet: <code>starminer oracle run</code>.`} /><//>`;
}

const FEEDS = [
  ["Feed", (row) => row.name, { csv: (row) => row.name }],
  ["Value", (row) => row.value ?? html`<span class="muted">none, or stale</span>`, { n: true, csv: (row) => row.value }],
  ["Average of a day", (row) => row.average ?? "–", { n: true, csv: (row) => row.average }],
  ["State", (row) => html`<${Badge} word=${row.isHealthy ? "active" : "held"} note="of its last round" />`, { csv: (row) => row.isHealthy }],
  ["Reports", (row) => row.reports, { n: true, csv: (row) => row.reports }],
  ["Changed in", (row) => (row.updatedAt ? html`<${BlockLink} number=${row.updatedAt} />` : "–"), { n: true, csv: (row) => row.updatedAt }],
  ["Observed", (row) => html`<${Ago} time=${row.observedAt} />`, { n: true, csv: (row) => row.observedAt }],
];

const MEMBERS = [
  ["Member", (row) => html`<${Account} address=${row.address} />`, { csv: (row) => row.address }],
  ["State", (row) => html`<${Badge} word=${row.state} />`, { csv: (row) => row.state }],
];
