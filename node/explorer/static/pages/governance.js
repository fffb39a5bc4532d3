// Governance: every referendum, the newest first.

import { words } from "../format.js";
import { html } from "../html.js";
import { useCall } from "../node.js";
import { link } from "../route.js";
import { Answer, Badge, BlockLink, Card, Csv, Table } from "../ui.js";

export default function Governance() {
  const answer = useCall("explorer_referenda");
  return html`
    <h1>Governance</h1>
    <${Card} title="Referenda" extra=${html`<${Csv} name="referenda" columns=${COLUMNS} rows=${answer.data} />`}>
      <${Answer} answer=${answer}>${(rows) => html`<${Table} name="Referenda" columns=${COLUMNS} rows=${rows}
        empty=${html`No referendum yet. Anyone may submit one: <code>starminer tx referenda.submit</code>.`} />`}<//>
    <//>`;
}

const COLUMNS = [
  ["Referendum", (row) => html`<a href=${link("referendum", row.index)}>Referendum ${row.index}</a>`, { csv: (row) => row.index }],
  ["State", (row) => html`<${Badge} word=${row.state} />`, { csv: (row) => row.state }],
  ["Track", (row) => (row.track ? words(row.track) : "–"), { csv: (row) => row.track }],
  ["Call", (row) => row.call ?? "–", { csv: (row) => row.call }],
  ["Since", (row) => html`<${BlockLink} number=${row.since} />`, { n: true, csv: (row) => row.since }],
];
