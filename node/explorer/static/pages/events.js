// Events: every kind that the chain knows, and all that happened of one kind, newest first.

import { html } from "../html.js";
import { call, useCall } from "../node.js";
import { link } from "../route.js";
import { Ago, Answer, BlockLink, Card, Csv, Finality, Listing, Pager, Table, everyRow, summary } from "../ui.js";

export default function Events({ id, query }) {
  return id ? html`<${Named} name=${id} from=${query.from ?? ""} />` : html`<${Kinds} />`;
}

function Kinds() {
  const answer = useCall("explorer_pallets", [], false);
  return html`<h1>Events</h1><${Answer} answer=${answer}>${(pallets) => html`<${Listing} title="Kinds of events" file="event-kinds" columns=${KINDS} rows=${pallets.filter((one) => one.events.length)}>
    <p class="doc">Kinds without a link come with every extrinsic or block: these events are on the pages of extrinsics and blocks, and not listed by name.</p><//>`}<//>`;
}

function Named({ name, from }) {
  const answer = useCall("explorer_events", [name, from]);
  return html`<h1>Events ${name}</h1>
    <${Card} title="Newest first" extra=${html`<a href=${link("events")}>All kinds</a><${Csv} name=${name} columns=${COLUMNS} rows=${answer.data?.rows} every=${() => everyRow((cursor) => call("explorer_events", name, cursor, 200))} />`}>
      <${Answer} answer=${answer}>${(page) => html`
        <${Table} key=${from} name="Events" columns=${COLUMNS} rows=${page.rows} empty=${`None since ${page.first ? `block #${page.first}, where this node's index begins` : "genesis"}.`} />
        <${Pager} here=${from} next=${page.next} page="events" id=${name} />`}<//>
    <//>`;
}

/** Why there is no list of the events of a name. */
export const NOT_LISTED = "It comes with every extrinsic or block: these are on their pages, and not listed by name.";

/** An event's name, and the way to all that happened of it where these are listed. */
const Kind = ({ pallet, name }) => (pallet.unlisted.includes(name) ? html`<span class="muted">${name}</span>` : html`<a href=${link("events", `${pallet.name}.${name}`)}>${name}</a>`);

const KINDS = [
  ["Pallet", (row) => row.name, { csv: (row) => row.name }],
  ["Events", (row) => html`<span class="list">${row.events.map((one) => html`<${Kind} pallet=${row} name=${one} />`)}</span>`, { wide: true, csv: (row) => row.events.join(" ") }],
];

const COLUMNS = [
  ["Event", (row) => html`<a href=${link("event", `${row.block}-${row.event}`)}>${row.block}-${row.event}</a>`, { csv: (row) => `${row.block}-${row.event}` }],
  ["Block", (row) => html`<${BlockLink} number=${row.block} />`, { csv: (row) => row.block }],
  ["In", (row) => (row.extrinsic === null ? "the block" : html`<a href=${link("extrinsic", `${row.block}-${row.extrinsic}`)}>${row.block}-${row.extrinsic}</a>`), { csv: (row) => row.extrinsic }],
  ["Says", (row) => summary(row.fields), { wide: true, csv: (row) => row.fields }],
  ["Age", (row) => html`<${Ago} time=${row.time} />`, { n: true, csv: (row) => row.time }],
  ["State", (row) => html`<${Finality} block=${row.block} />`, { csv: (row) => row.block }],
];
