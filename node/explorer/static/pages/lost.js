// A page that does not exist.

import { html } from "../html.js";

export default function Lost() {
  return html`<h1>No such page</h1><p class="empty">The address names no page of this explorer. <a href="#/">Home</a> has the way to all of them.</p>`;
}
