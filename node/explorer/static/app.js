// The shell around every page: name of the chain, search, navigation, banner; and which page it is.

import { render } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { html } from "./html.js";
import { useCall, useLive, useStaleness, whenWhole } from "./node.js";
import { go, link, useRoute } from "./route.js";
import { count, short, words } from "./format.js";
import { Shortcuts } from "./shortcuts.js";
import { choose, useTheme } from "./theme.js";

const PAGES = [
  ["home", "Home"], ["jobs", "Jobs"], ["receipts", "Receipts"], ["providers", "Providers"], ["prices", "Prices"], ["pools", "Pools"], ["scores", "Scores"], ["vaults", "Vaults"],
  ["supply", "Supply"], ["validators", "Validators"], ["governance", "Governance"], ["treasury", "Treasury"],
  ["oracles", "Oracles"], ["events", "Events"], ["network", "Network"], ["rpc", "RPC"], ["state", "State"],
];
const OF_ONE_THING = ["search", "block", "extrinsic", "event", "account", "job", "receipt", "provider", "referendum"];
const SECTION = { job: "jobs", receipt: "receipts", provider: "providers", referendum: "governance" };
const PATIENCE_MS = 400; // for a page to be whole; then it is shown as far as it is there
const KNOWN = new Set([...PAGES.map(([page]) => page), ...OF_ONE_THING]);

function App() {
  const route = useRoute();
  const { Page, failure } = usePage(route.page);
  const isWhole = useWhole(route, Page);
  usePlaces(isWhole);
  // the shell may change while the page does not
  const content = useMemo(() => Page && html`<${Page} key=${`${route.page}/${route.id}`} id=${route.id} query=${route.query} />`, [Page, route]);
  const isFirst = useRef(true);
  useEffect(() => { document.body.dataset.page = Page === null ? "" : `${route.page}/${route.id}`; }, [route.page, route.id, Page]);
  useEffect(() => {
    // a reader of the page, or a keyboard, goes on at the new page's top
    if (!isFirst.current) document.getElementById("main")?.focus({ preventScroll: true });
    isFirst.current = false;
  }, [route.page, route.id]);
  return html`
    <a class="skip" href="#main" onClick=${skip}>Skip to content</a>
    <${Header} route=${route} />
    <${Banner} route=${route} />
    <${Reach} />
    <main id="main" tabindex="-1" class=${isWhole ? null : "coming"}>${failure ? html`<h1>This page is not here</h1><p class="error" role="alert">${failure} Reload when the node answers again.</p>`
      : Page === null ? html`<p class="empty" role="status">Loading …</p>` : content}</main>
    <footer class="muted">Everything here comes from the node that serves this page.</footer>`;
}

function skip(event) {
  event.preventDefault();
  document.getElementById("main").focus();
}

/** The component of a page, null until its module is here; and why that could not be loaded. */
function usePage(name) {
  const [pages, setPages] = useState({});
  useEffect(() => {
    if (pages[name]?.Page) return;
    const wanted = KNOWN.has(name) ? name : "lost";
    const keep = (found) => setPages((known) => ({ ...known, [name]: found }));
    import(`./pages/${wanted}.js`).then((module) => keep({ Page: module.default }), (error) => keep({ failure: `${error.message}.` }));
  }, [name]);
  return { Page: null, failure: null, ...pages[name] };
}

/** Whether all parts of a new page have their first answer: it is shown at once, not piece by piece. */
function useWhole(route, Page) {
  const place = `${route.page}/${route.id}`;
  const [shown, setShown] = useState(null);
  useEffect(() => {
    if (Page === null) return undefined;
    const show = () => setShown(place);
    const timer = setTimeout(show, PATIENCE_MS), forget = whenWhole(show);
    return () => { clearTimeout(timer); forget(); };
  }, [place, Page]);
  return shown === place;
}

/** Begins each visit at its top, and takes the way back and forward to where the reader was. */
function usePlaces(isWhole) {
  const visit = useRef(0), path = useRef(""), places = useRef(new Map()), wanted = useRef(0);
  useEffect(() => {
    history.scrollRestoration = "manual";
    const note = () => places.current.set(visit.current, scrollY);
    const follow = () => {
      if (history.state?.visit === undefined) history.replaceState({ visit: Date.now() }, "");
      const [here] = location.hash.split("?");
      // a page of a table is turned where the table stands
      const start = here === path.current ? scrollY : 0;
      visit.current = history.state.visit;
      path.current = here;
      wanted.current = places.current.get(visit.current) ?? start;
      scrollTo(0, wanted.current);
    };
    follow();
    addEventListener("scroll", note, { passive: true });
    addEventListener("hashchange", follow);
    return () => { removeEventListener("scroll", note); removeEventListener("hashchange", follow); };
  }, []);
  useEffect(() => { if (isWhole) scrollTo(0, wanted.current); }, [isWhole]);
}

function Header({ route }) {
  const section = SECTION[route.page] ?? route.page;
  return html`
    <header>
      <div class="brand">
        <a href="#/" aria-label="StarMiner explorer, home"><img src="favicon.svg" width="36" height="36" alt="" /></a>
        <div><p class="name">StarMiner</p><${Chain} /></div>
      </div>
      <${Search} route=${route} />
      <div class="tools"><${Shortcuts} /><${Theme} /></div>
      <nav class="pages" aria-label="Pages">${PAGES.map(([page, title]) => html`<a href=${link(page)} aria-current=${section === page ? "page" : null}>${title}</a>`)}</nav>
    </header>`;
}

function Chain() {
  const name = useCall("system_chain", [], false).data;
  const version = useCall("system_version", [], false).data;
  const genesis = useCall("chainSpec_v1_genesisHash", [], false).data;
  if (!name || !version || !genesis) return html`<p id="chain" class="muted">connecting …</p>`;
  return html`<p id="chain" class="muted" title=${genesis}>${name} · ${version} · genesis ${short(genesis)}</p>`;
}

function Search({ route }) {
  const field = useRef(null);
  const submit = (event) => {
    event.preventDefault();
    const text = field.current.value.trim();
    if (text) go("search", text);
    field.current.blur();
  };
  const shown = route.page === "search" ? route.id : undefined;
  return html`
    <form id="search" role="search" onSubmit=${submit}>
      <label class="hidden" for="query">Search for a block, extrinsic, event, account, job or referendum</label>
      <input id="query" ref=${field} type="search" autocomplete="off" spellcheck=${false} maxlength="200" defaultValue=${shown}
        placeholder="Block, hash, address, job, event …" title="Press / to search" />
      <button type="submit">Search</button>
    </form>`;
}

function Theme() {
  const isDark = useTheme() === "dark";
  return html`<button id="theme" type="button" onClick=${() => choose(isDark ? "light" : "dark")} aria-pressed=${isDark}>${isDark ? "Light" : "Dark"}</button>`;
}

/** What the tab, the history and a bookmark of a page are called. */
function titleOf({ page, id }, head) {
  if (page === "home") return head ? `#${head.best.number}` : "Home";
  const [, known] = PAGES.find(([name]) => name === page) ?? [page, page[0].toUpperCase() + words(page.slice(1))];
  return KNOWN.has(page) ? [known, short(id, 12, 6)].filter(Boolean).join(" ") : "No such page";
}

function Banner({ route }) {
  const [complaint, detail] = useStaleness();
  const { head } = useLive();
  useEffect(() => { document.title = `${titleOf(route, head)} · StarMiner explorer`; }, [route.page, route.id, head?.best.number]);
  // who hears the page is told once: what counts the seconds is beside what is spoken
  return html`<section id="banner" class="banner" aria-label="Connection" hidden=${!complaint}><span role="alert">${complaint}</span> ${detail}</section>`;
}

const BEHIND = 10; // blocks by which the index may lag unmentioned

/** Says that histories end early while the node still reads the chain into its index. */
function Reach() {
  const best = useLive().head?.best.number;
  const reach = useCall("explorer_index").data;
  if (!reach || best === undefined || best - reach.last <= BEHIND) return null;
  return html`<p id="reach" class="notice" role="status">This node reads the chain into its index: ${count(reach.last)} of ${count(best)} blocks. Histories, receipts and sums end there until it is done.</p>`;
}

// look-alike addresses are told apart by lighting up the equal ones, for a mouse and for a keyboard
function light(event) {
  const isOver = event.type === "mouseover" || event.type === "focusin";
  const address = event.target.dataset?.address;
  for (const other of document.querySelectorAll("[data-address]")) {
    other.classList.toggle("same", isOver && other.dataset.address === address);
  }
}
for (const kind of ["mouseover", "mouseout", "focusin", "focusout"]) addEventListener(kind, light);

render(html`<${App} />`, document.getElementById("app"));
