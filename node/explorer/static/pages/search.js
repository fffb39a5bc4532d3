// Search: goes straight to the only thing found, and otherwise says what it looked for.

import { useEffect } from "preact/hooks";
import { html } from "../html.js";
import { useCall } from "../node.js";
import { link } from "../route.js";
import { Answer, Card, Listing } from "../ui.js";

export default function Search({ id }) {
  const answer = useCall(id ? "explorer_search" : null, [id], false);
  const found = answer.data?.found ?? [];
  useEffect(() => {
    // the search itself is left out of the way back
    if (found.length === 1) location.replace(link(found[0].kind, found[0].id));
  }, [answer.data]);
  if (!id) return html`<h1>Search</h1><p class="empty">Type a block's number or hash, an extrinsic's hash, the name of a receipt, an address, the name of an event, or the number of a job or referendum.</p>`;
  return html`
    <h1>Search for <code class="hash">${id}</code></h1>
    <${Answer} answer=${answer}>${(data) => html`
      <${Card} title="Found">
        ${data.found.length ? html`<ul class="found">${data.found.map((one) => html`<li><a href=${link(one.kind, one.id)}>${one.label}</a></li>`)}</ul>` : html`<p class="empty" id="nothing">Nothing here is called that.</p>`}
      <//>
      <${Listing} title="Looked for" file="search" rows=${data.tried} columns=${TRIED} />`}<//>`;
}

const TRIED = [
  ["As", (row) => row.what, { csv: (row) => row.what }],
  ["Outcome", (row) => row.outcome, { wide: true, csv: (row) => row.outcome }],
];
