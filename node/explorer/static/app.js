// The shell around every page: name of the chain, search, navigation, banner; and which page it is.

import { render } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { html } from "./html.js";
import { useCall, useLive, useStaleness } from "./node.js";
import { go, link, useRoute } from "./route.js";
import { short } from "./format.js";

const PAGES = [
  ["home", "Home"], ["jobs", "Jobs"], ["receipts", "Receipts"], ["providers", "Providers"], ["prices", "Prices"], ["pools", "Pools"], ["scores", "Scores"], ["vaults", "Vaults"],
  ["supply", "Supply"], ["validators", "Validators"], ["governance", "Governance"], ["treasury", "Treasury"],
  ["oracles", "Oracles"], ["events", "Events"], ["network", "Network"], ["rpc", "RPC"], ["state", "State"],
];
const OF_ONE_THING = ["search", "block", "extrinsic", "event", "account", "job", "provider", "referendum"];
const SECTION = { job: "jobs", provider: "providers", referendum: "governance" };
const KNOWN = new Set([...PAGES.map(([page]) => page), ...OF_ONE_THING]);

function App() {
  const route = useRoute();
  const Page = usePage(route.page);
  const isFirst = useRef(true);
  useEffect(() => { document.body.dataset.page = Page === null ? "" : `${route.page}/${route.id}`; }, [route.page, route.id, Page]);
  useEffect(() => {
    // a reader of the page, or a keyboard, goes on at the new page's top
    if (!isFirst.current) document.getElementById("main")?.focus({ preventScroll: true });
    isFirst.current = false;
    scrollTo(0, 0);
  }, [route.page, route.id]);
  return html`
    <a class="skip" href="#main" onClick=${skip}>Skip to content</a>
    <${Header} route=${route} />
    <${Banner} />
    <main id="main" tabindex="-1">${Page === null ? html`<p class="empty" role="status">Loading …</p>` : html`<${Page} key=${`${route.page}/${route.id}`} id=${route.id} query=${route.query} />`}</main>
    <footer class="muted">Everything here comes from the node that serves this page.</footer>`;
}

function skip(event) {
  event.preventDefault();
  document.getElementById("main").focus();
}

/** The component of a page; null until its module is here. */
function usePage(name) {
  const [pages, setPages] = useState({});
  useEffect(() => {
    if (pages[name]) return;
    const wanted = KNOWN.has(name) ? name : "lost";
    import(`./pages/${wanted}.js`).then((module) => setPages((known) => ({ ...known, [name]: module.default })));
  }, [name]);
  return pages[name] ?? null;
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
      <${Theme} />
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
  useEffect(() => {
    const focus = (event) => {
      const isTyping = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName ?? "");
      if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
        event.preventDefault();
        field.current.focus();
        field.current.select();
      }
    };
    addEventListener("keydown", focus);
    return () => removeEventListener("keydown", focus);
  }, []);
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
  const isDark = () => document.documentElement.dataset.theme
    ? document.documentElement.dataset.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  const [dark, setDark] = useState(isDark());
  const change = () => {
    const theme = dark ? "light" : "dark";
    document.documentElement.dataset.theme = theme;
    localStorage.setItem("theme", theme);
    setDark(!dark);
  };
  return html`<button id="theme" type="button" onClick=${change} aria-pressed=${dark}>${dark ? "Light" : "Dark"}</button>`;
}

function Banner() {
  const words = useStaleness();
  const { head } = useLive();
  useEffect(() => {
    if (head) document.title = `#${head.best.number} · StarMiner explorer`;
  }, [head?.best.number]);
  return html`<div id="banner" class="banner" role="alert" hidden=${!words}>${words}</div>`;
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

const chosen = localStorage.getItem("theme");
if (chosen) document.documentElement.dataset.theme = chosen;
render(html`<${App} />`, document.getElementById("app"));
