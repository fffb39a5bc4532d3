// Governance: every referendum, the newest first.

import { words } from "../format.js";
import { html } from "../html.js";
import { useCall } from "../node.js";
import { link } from "../route.js";
import { Amount, Answer, Badge, BlockLink, Card, Csv, Table, Until } from "../ui.js";

const LISTED = 100; // of one answer

export default function Governance({ query }) {
  const below = query.below ? Number(query.below) : null;
  const answer = useCall("explorer_referenda", [below]);
  return html`
    <h1>Governance</h1>
    <${Card} title="Referenda" extra=${html`<${Csv} name="referenda" columns=${COLUMNS} rows=${answer.data} />`}>
      <${Answer} answer=${answer}>${(rows) => html`<${Table} name="Referenda" columns=${COLUMNS} rows=${rows}
        empty=${html`No referendum yet. Anyone may submit one: <code>starminer gov propose BaseBurn 17%</code>, or any call with <code>starminer tx referenda.submit</code>.`} />
        <nav class="pager" aria-label="Pages of the referenda">
          ${below === null ? null : html`<a href=${link("governance")}>Newest</a>`}
          ${rows.length === LISTED && rows.at(-1).index > 0 ? html`<a href=${link("governance", "", { below: rows.at(-1).index })}>Older →</a>` : null}
        </nav>`}<//>
    <//>`;
}

const COLUMNS = [
  ["Referendum", (row) => html`<a href=${link("referendum", row.index)}>Referendum ${row.index}</a>`, { csv: (row) => row.index }],
  ["State", (row) => html`<${Badge} word=${row.state} />`, { csv: (row) => row.state }],
  ["Track", (row) => (row.track ? words(row.track) : "–"), { csv: (row) => row.track }],
  ["Call", (row) => row.call ?? "–", { csv: (row) => row.call }],
  ["Ayes", (row) => html`<${Amount} value=${row.ayes} symbol="AMAX" />`, { n: true, csv: (row) => row.ayes }],
  ["Nays", (row) => html`<${Amount} value=${row.nays} symbol="AMAX" />`, { n: true, csv: (row) => row.nays }],
  ["Support", (row) => (row.support === null ? "–" : `${row.support.toFixed(2)} %`), { n: true, csv: (row) => row.support }],
  ["Decided", (row) => html`<${Until} block=${row.ends} />`, { n: true, csv: (row) => row.ends }],
  ["Since", (row) => html`<${BlockLink} number=${row.since} />`, { n: true, csv: (row) => row.since }],
];
