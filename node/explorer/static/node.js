// What every page knows of the node: one connection, the live head, and answers to calls.

import { useEffect, useLayoutEffect, useReducer, useRef, useState } from "preact/hooks";
import { Connection } from "./rpc.js";

const STALE_MS = 30_000; // ten block times of a devnet
const STALE_BLOCKS = 5; // of a slower chain

/** The head as the node last told it, how the connection is, and whether blocks only come when they are called. */
export const live = { head: null, connected: false, reason: "", delay: 0, news: 0, isOnCall: false };
const listeners = new Set();
let changes = 0;
const changed = () => {
  changes += 1;
  listeners.forEach((listener) => listener());
};

const scheme = location.protocol === "https:" ? "wss" : "ws";
const connection = new Connection(`${scheme}://${location.host}/`, opened, lost);

async function opened() {
  Object.assign(live, { connected: true, reason: "", news: Date.now() });
  changed();
  try {
    await connection.subscribe("starminer_subscribeHead", (head) => {
      Object.assign(live, { head, news: Date.now() });
      changed();
    });
    const { methods } = await connection.call("rpc_methods");
    live.isOnCall = methods.includes("dev_mine");
    changed();
  } catch (error) {
    live.reason = error.message;
    changed();
  }
}

function lost(reason, delayMs) {
  Object.assign(live, { connected: false, reason, delay: delayMs / 1000 });
  changed();
}

export const call = (method, ...params) => connection.call(method, ...params);

/** Call with parameters by name: what is left out is what the method takes it for. */
export const callNamed = (method, params) => connection.ask(method, params);

/** Follow the head and the connection. */
export function useLive() {
  const [, update] = useReducer(() => changes, changes);
  useEffect(() => {
    listeners.add(update);
    update(); // what changed between the drawing and now: if nothing did, nothing is drawn again
    return () => listeners.delete(update);
  }, []);
  return live;
}

/** The time, again every second. */
export function useNow() {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

/**
 * Why what is shown may be old, as [a sentence that stays as it is, what changes with the seconds];
 * the sentence is null while all is well.
 */
export function useStaleness() {
  const now = useNow(), pace = usePace();
  const { connected, reason, delay, news, isOnCall } = useLive();
  if (!connected) return reason ? [`Connection lost (${reason}). What you see is old.`, `Trying again in ${delay} s.`] : [null];
  if (reason) return [`The node answered: ${reason}`];
  const silence = now - news;
  // nobody need call a block for hours
  if (isOnCall || silence < Math.max(STALE_MS, STALE_BLOCKS * 1000 * (pace ?? 0))) return [null];
  return ["No news: the chain stands still, or this node is cut off.", `The last came ${Math.round(silence / 1000)} s ago.`];
}

let pending = 0; // parts of the page that have nothing to show yet
const onWhole = new Set();

/** Call back once every part of the page has its first answer, before the next picture. */
export function whenWhole(callback) {
  const check = () => pending === 0 && onWhole.delete(callback) && callback();
  onWhole.add(callback);
  requestAnimationFrame(check);
  return () => onWhole.delete(callback);
}

function settled() {
  pending -= 1;
  // what an answer shows may ask for more: that is known by the next frame
  requestAnimationFrame(() => pending === 0 && [...onWhole].forEach((one) => onWhole.delete(one) && one()));
}

/**
 * Ask the node, and again with every new best block if `isLive`.
 * Returns {data, error, loading}; what the method answered before stays until its next answer, so
 * that nothing jumps when a block comes or a page of a table is turned.
 */
export function useCall(method, params = [], isLive = true) {
  const { head, connected } = useLive();
  const [answer, setAnswer] = useState({ data: null, error: null, loading: true });
  const question = JSON.stringify([method, params]);
  const asked = useRef("");
  const isBlank = Boolean(method) && answer.loading && answer.data === null;
  useLayoutEffect(() => {
    if (!isBlank) return undefined;
    pending += 1;
    return settled;
  }, [isBlank]);
  const news = isLive ? `${head?.best.hash} ${head?.finalized.hash}` : "";
  useEffect(() => {
    if (!method || !connected) return undefined;
    let isWanted = true;
    if (asked.current !== method) setAnswer({ data: null, error: null, loading: true });
    asked.current = method;
    call(method, ...params).then(
      (data) => isWanted && setAnswer({ data, error: null, loading: false }),
      (error) => isWanted && setAnswer({ data: null, error: `${method}: ${error.message}`, loading: false }),
    );
    return () => { isWanted = false; };
  }, [question, connected, news]);
  return answer;
}

/** The part of a whole that referenda move, in parts of a billion, by its key; null until it is here. */
export function usePart(key) {
  const found = useCall("params_list").data?.find((row) => row.key === key && row.unit === "ppb");
  return found ? Number(found.value) : null;
}

/** How many seconds a block has taken of late; null before there are two of them. */
export function usePace() {
  const timed = (useLive().head?.recent ?? []).filter((block) => block.number > 0);
  return timed.length > 1 ? (timed[0].timeMs - timed.at(-1).timeMs) / 1000 / (timed.length - 1) : null;
}

/** Whether a block of this number is final. */
export function useIsFinal(number) {
  const { head } = useLive();
  return head !== null && number !== null && number <= head.finalized.number;
}
