// What keys do: each is in the list that the page shows at `?`, and nowhere else.

import { useEffect, useRef, useState } from "preact/hooks";
import { html } from "./html.js";
import { go } from "./route.js";

const WAIT_MS = 1500; // for the second key of two

const PAGES = { h: "home", j: "jobs", r: "receipts", p: "providers", c: "prices", s: "supply", v: "validators", g: "governance", t: "treasury", e: "events", n: "network" };

const SHOWN = [
  ["/", "search"],
  ["?", "this list"],
  ["d", "dark or light"],
  ["[ and ]", "the block before and after, on the page of a block"],
  ...Object.entries(PAGES).map(([key, page]) => [`g ${key}`, page]),
];

const press = (selector) => document.querySelector(selector)?.click();

/** Follows the keyboard; shows the list of keys when it is asked for. */
export function Shortcuts() {
  const [isOpen, setOpen] = useState(false);
  const dialog = useRef(null);
  const began = useRef(0);
  useEffect(() => {
    const actions = {
      "/": () => { const field = document.getElementById("query"); field.focus(); field.select(); },
      "?": () => setOpen(true),
      "d": () => press("#theme"),
      "[": () => press("a[rel=prev]"),
      "]": () => press("a[rel=next]"),
    };
    const follow = (event) => {
      const isTyping = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName ?? "");
      if (isTyping || event.ctrlKey || event.metaKey || event.altKey || dialog.current?.open) return;
      const isSecond = performance.now() - began.current < WAIT_MS;
      began.current = 0;
      if (isSecond && PAGES[event.key]) go(PAGES[event.key]);
      else if (event.key === "g") began.current = performance.now();
      else if (actions[event.key]) actions[event.key]();
      else return;
      event.preventDefault();
    };
    addEventListener("keydown", follow);
    return () => removeEventListener("keydown", follow);
  }, []);
  useEffect(() => { if (isOpen) dialog.current.showModal(); }, [isOpen]);
  return html`
    <button id="keys" type="button" onClick=${() => setOpen(true)} title="Keys (?)" aria-haspopup="dialog" aria-label="Keys">?</button>
    ${isOpen ? html`<dialog ref=${dialog} class="card" aria-labelledby="h-keys" onClose=${() => setOpen(false)}>
      <div class="card-head"><h2 id="h-keys">Keys</h2><button type="button" class="small" onClick=${() => dialog.current.close()}>Close</button></div>
      <dl>${SHOWN.map(([keys, does]) => html`<dt><kbd>${keys}</kbd></dt><dd>${does}</dd>`)}</dl>
    </dialog>` : null}`;
}
