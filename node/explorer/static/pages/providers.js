// Providers: who sells work.

import { html } from "../html.js";
import { useCall } from "../node.js";
import { link } from "../route.js";
import { short, work } from "../format.js";
import { Amount, Answer, Badge, Card, Csv, Table, Tile, Tiles } from "../ui.js";

export default function Providers() {
  const answer = useCall("providers_list", [200]);
  const rows = answer.data;
  return html`
    <h1>Providers</h1>
    ${rows ? html`<${Tiles}>
      <${Tile} name="providers" label="Providers" value=${rows.length} note="registered" />
      <${Tile} name="active" label="Active" value=${rows.filter((row) => row.state === "active").length} note="take jobs now" />
      <${Tile} name="bonded" label="Bonded" value=${html`<${Amount} value=${rows.reduce((sum, row) => sum + BigInt(row.bond), 0n)} />`} note="at stake, together" />
      <${Tile} name="speed" label="Proven speed" value=${`${work(rows.reduce((sum, row) => sum + BigInt(row.rating), 0n))}${rows.some((row) => row.rating) ? "/s" : ""}`} note="all together" />
    <//>` : null}
    <${Card} title="All providers" extra=${html`<${Csv} name="providers" columns=${COLUMNS} rows=${rows} />`}>
      <${Answer} answer=${answer}>${(found) => html`<${Table} name="All providers" columns=${COLUMNS} rows=${found}
        empty=${html`Nobody has registered yet: <code>starminer run --provider</code>.`} />`}<//>
    <//>`;
}

const COLUMNS = [
  ["Provider", (row) => html`<a class="address" href=${link("provider", row.account)} title=${row.account} data-address=${row.account}>${short(row.account)}</a>`, { csv: (row) => row.account }],
  ["State", (row) => html`<${Badge} word=${row.state} />`, { csv: (row) => row.state }],
  ["Bond", (row) => html`<${Amount} value=${row.bond} />`, { n: true, csv: (row) => row.bond }],
  ["Proven speed", (row) => (row.rating ? `${work(row.rating)}/s` : "–"), { n: true, csv: (row) => row.rating }],
  ["Jobs done", (row) => row.jobsDone, { n: true, csv: (row) => row.jobsDone }],
  ["Failed checks", (row) => row.failures, { n: true, csv: (row) => row.failures }],
];
