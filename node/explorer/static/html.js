// Markup in plain JavaScript: html`<p>${text}</p>` makes elements; text is never markup.

import { h } from "preact";
import htm from "htm";

export const html = htm.bind(h);
