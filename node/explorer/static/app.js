// The page: follows the head over one WebSocket and fetches the tables when a block comes.

import { age, short, work } from "./format.js";
import { Connection } from "./rpc.js";
import { accountCard, blockRow, el, emptyRow, jobRow, receiptRow } from "./views.js";

const STALE_MS = 30_000; // ten block times of a devnet
const TABLE_LIMIT = 25;

const $ = (id) => document.getElementById(id);
let lastNews = Date.now();
let isConnected = false;

function banner(text) {
  $("banner").hidden = !text;
  $("banner").textContent = text ?? "";
}

function showHead(head) {
  lastNews = Date.now();
  banner(null);
  const { best, finalized, lag, recent } = head;
  $("best").textContent = `#${best.number}`;
  setTime($("best-age"), best.timeMs);
  $("final").textContent = `#${finalized.number}`;
  $("final-hash").textContent = short(finalized.hash);
  $("final-hash").title = finalized.hash;
  $("lag").textContent = lag === 1 ? "1 block" : `${lag} blocks`;
  $("lag-note").textContent = lag > 10 ? "finality is behind: are ⅔ of the validators up?" : "best ahead of final";
  $("lag").className = lag > 10 ? "warn" : "";
  $("pace").textContent = pace(recent);
  $("work").textContent = work(recent.reduce((sum, block) => sum + BigInt(block.units), 0n));
  $("work-note").textContent = `in the last ${recent.length} blocks`;
  $("blocks").replaceChildren(
    ...recent.map((block) => blockRow(block, finalized.number, best.hash, Date.now())),
  );
  document.title = `#${best.number} · StarMiner explorer`;
}

function pace(recent) {
  const timed = recent.filter((block) => block.number > 0);
  if (timed.length < 2) return "–";
  const span = timed[0].timeMs - timed[timed.length - 1].timeMs;
  return `${(span / (timed.length - 1) / 1000).toFixed(1)} s`;
}

function setTime(element, timeMs) {
  element.dataset.time = timeMs;
  element.textContent = timeMs ? `${age(timeMs, Date.now())} ago` : "\u00a0";
}

async function fill(body, columns, method, row, empty) {
  try {
    const items = await connection.call(method, TABLE_LIMIT);
    body.replaceChildren(...(items.length ? items.map(row) : [emptyRow(columns, ...empty)]));
  } catch (error) {
    body.replaceChildren(emptyRow(columns, el("span", { class: "error", role: "alert" }, `${method}: ${error.message}`)));
  }
}

function fillTables() {
  fill($("receipts"), 9, "receipts_recent", receiptRow, [
    "No receipts yet: start a provider with ", el("code", {}, "starminer run --provider"), ".",
  ]);
  fill($("jobs"), 10, "jobs_list", jobRow, [
    "No jobs yet: ", el("code", {}, "starminer job submit matmul a.npy b.npy --max-price 5AGPU"), ".",
  ]);
}

async function introduce() {
  const [chain, name, version, genesis] = await Promise.all(
    ["system_chain", "system_name", "system_version", "chainSpec_v1_genesisHash"]
      .map((method) => connection.call(method)),
  );
  $("chain").textContent = `${chain} · ${name} ${version} · genesis ${short(genesis)}`;
  $("chain").title = genesis;
}

async function start() {
  isConnected = true;
  try {
    await connection.subscribe("starminer_subscribeHead", (head) => {
      showHead(head);
      fillTables();
    });
    await introduce();
    await showAccountOfUrl();
  } catch (error) {
    banner(`The node answered: ${error.message}`);
  }
}

function stop(reason, delayMs) {
  isConnected = false;
  banner(`Connection lost (${reason}). What you see is old; trying again in ${delayMs / 1000} s.`);
}

// accounts: the address is in the URL, so that it can be shared and gone back to

async function showAccountOfUrl() {
  const address = decodeURIComponent(location.hash.match(/^#account=(.*)$/)?.[1] ?? "");
  $("account").hidden = !address;
  if (!address) return;
  $("query").value = address;
  $("account-body").replaceChildren(el("p", { class: "muted" }, "Looking …"));
  try {
    $("account-body").replaceChildren(...accountCard(await connection.call("starminer_account", address)));
  } catch (error) {
    $("account-body").replaceChildren(el("p", { class: "error", role: "alert" }, error.message));
  }
}

$("search").addEventListener("submit", (event) => {
  event.preventDefault();
  const wanted = `#account=${encodeURIComponent($("query").value.trim())}`;
  if (location.hash === wanted) showAccountOfUrl();
  else location.hash = wanted;
  $("account").hidden = false;
  $("account").focus();
});
$("account-close").addEventListener("click", () => {
  location.hash = "";
  $("query").focus();
});
addEventListener("hashchange", showAccountOfUrl);

// look-alike addresses are told apart by lighting up the equal ones

function light(event) {
  const address = event.target.dataset?.address;
  for (const other of document.querySelectorAll("[data-address]")) {
    other.classList.toggle("same", event.type === "mouseover" && other.dataset.address === address);
  }
}
addEventListener("mouseover", light);
addEventListener("mouseout", light);

// dark or light: the system decides until the reader does

function setTheme(theme) {
  if (theme) document.documentElement.dataset.theme = theme;
}
setTheme(localStorage.getItem("theme"));
$("theme").addEventListener("click", () => {
  const isDark = document.documentElement.dataset.theme
    ? document.documentElement.dataset.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  setTheme(isDark ? "light" : "dark");
  localStorage.setItem("theme", isDark ? "light" : "dark");
});

setInterval(() => {
  for (const time of document.querySelectorAll("time[data-time]")) {
    time.textContent = age(Number(time.dataset.time), Date.now());
  }
  if ($("best-age").dataset.time) setTime($("best-age"), Number($("best-age").dataset.time));
  const silence = Date.now() - lastNews;
  if (isConnected && silence > STALE_MS) {
    banner(`No news for ${Math.round(silence / 1000)} s: the chain stands still, or this node is cut off.`);
  }
}, 1000);

const scheme = location.protocol === "https:" ? "wss" : "ws";
const connection = new Connection(`${scheme}://${location.host}/`, start, stop);
