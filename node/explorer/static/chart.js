// Lines and bars over uPlot, in the colours of the page; each says in words what it shows.

import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import { count, utc } from "./format.js";
import { html } from "./html.js";
import { useTheme } from "./theme.js";

const HEIGHT = 206;
const LABEL = "12px system-ui, sans-serif"; // of an axis
const MOST_DIGITS = 9; // of a number beside an axis
const WHOLE = [1, 2, 5].flatMap((digit) => Array.from({ length: 10 }, (_, power) => digit * 10 ** power)).sort((a, b) => a - b);
const LEAST_BAR = 0.4; // percent: what is not nothing can be seen
const COLOURS = ["--accent", "--good", "--busy", "--bad"];

/**
 * Draw series over x. `series` are {label, values, kind: "line" | "bars", digits, tone}; x are numbers
 * of what `over` names, or seconds if `isTime`. Beside each name stands its last value, or that under
 * the mouse, or the one to which the arrow keys went.
 */
export function Chart({ title, x, series, isTime = false, unit = "", over = "block" }) {
  const place = useRef(null), drawn = useRef(null);
  const theme = useTheme();
  const [at, setAt] = useState(null);
  useEffect(() => {
    const element = place.current;
    if (!element || x.length < 2) return undefined;
    const chart = new uPlot(options(element, { series, isTime, unit, over, setAt }), [x, ...series.map((one) => one.values)], element);
    const watch = new ResizeObserver(() => chart.setSize({ width: element.clientWidth, height: HEIGHT }));
    watch.observe(element);
    drawn.current = chart;
    return () => { watch.disconnect(); chart.destroy(); };
  }, [JSON.stringify([x, series, theme])]);
  if (x.length < 2) return html`<p class="empty">A line needs two points: this one is drawn when there is a second.</p>`;
  const shown = Math.min(at ?? x.length - 1, x.length - 1);
  const step = (event) => {
    const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!way) return;
    event.preventDefault();
    const next = Math.max(0, Math.min(x.length - 1, shown + way));
    drawn.current.setCursor({ left: drawn.current.valToPos(x[next], "x"), top: 0 });
  };
  const value = (one) => `${show(one.values[shown], one.digits)}${unit}`;
  const where = isTime ? utc(1000 * x[shown]) : `${over} ${count(x[shown])}`;
  return html`<figure class="chart" data-chart=${title}>
    <div ref=${place} role="img" tabindex="0" onKeyDown=${step} aria-label=${`${title}; ${where}: ${series.map((one) => `${one.label} ${value(one)}`).join(", ")}`}></div>
    <figcaption>${title} <span class="at">${where}</span>${series.map((one, i) => html` <span class=${`key k${tone(one, i)}`}>${one.label} <b>${value(one)}</b></span>`)}</figcaption>
  </figure>`;
}

function options(element, { series, isTime, unit, over, setAt }) {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const axis = { stroke: colour("--muted"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line") } };
  const below = { ...axis, label: isTime ? "time (UTC)" : over, labelSize: 18, labelFont: LABEL };
  const beside = { ...axis, size: (_, words) => wide(words), values: (_, ticks) => told(ticks).map((words) => words + unit) };
  const bars = uPlot.paths.bars({ size: [0.7, 40] });
  return {
    width: element.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false },
    hooks: { setCursor: [(chart) => setAt(chart.cursor.idx ?? null)] },
    tzDate: (seconds) => uPlot.tzDate(new Date(1000 * seconds), "Etc/UTC"),
    // bars stand on their numbers: the first and the last have room for all of theirs
    scales: { x: { time: isTime, range: series.some((one) => one.kind === "bars") ? (_, first, last) => [first - 0.5, last + 0.5] : undefined } },
    axes: [isTime ? below : { ...below, incrs: WHOLE }, beside],
    series: [{}, ...series.map((one, i) => ({
      label: one.label,
      stroke: colour(COLOURS[tone(one, i)]),
      width: one.kind === "bars" ? 0 : 2,
      fill: one.kind === "bars" ? colour(COLOURS[tone(one, i)]) : undefined,
      paths: one.kind === "bars" ? bars : undefined,
      points: { show: false },
      dash: one.dash,
    }))],
  };
}

/** Pixels that numbers beside an axis need. */
const wide = (words) => 18 + 7 * Math.max(4, ...(words ?? []).map((one) => one.length));

/** Which colour a series has: its own `tone`, or that of its place. */
const tone = (one, i) => (one.tone ?? i) % COLOURS.length;

/** A value in so many decimals; one that is less than these in its first two digits. */
function show(value, digits = 2) {
  if (value === null || value === undefined) return "unknown";
  const isSmall = value && Math.abs(value) < 10 ** -digits;
  const kept = isSmall ? { maximumSignificantDigits: 2 } : { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return new Intl.NumberFormat("en", { ...kept, useGrouping: "min2" }).format(value).replaceAll(",", "\u202f");
}

/** Ticks of an axis in as few digits as tell each from the next. */
function told(ticks) {
  const isLarge = ticks.some((tick) => Math.abs(tick) >= 1e7);
  const written = (digits) => ticks.map((tick) => new Intl.NumberFormat("en", {
    notation: isLarge ? "compact" : "standard", minimumFractionDigits: isLarge ? digits : 0, maximumFractionDigits: digits,
  }).format(tick).replaceAll(",", "\u202f"));
  for (let digits = 0; digits < MOST_DIGITS; digits += 1) {
    const words = written(digits);
    if (new Set(words).size === ticks.length && (isLarge || ticks.every((tick) => Number(tick.toFixed(digits)) === Number(tick.toFixed(MOST_DIGITS))))) return words;
  }
  return written(MOST_DIGITS);
}

/** A sum in bars: each step begins where the one before ended. `steps` are {label, from, to, text}. */
export function Waterfall({ title, steps }) {
  const lowest = Math.min(...steps.flatMap(({ from, to }) => [from, to].filter((value) => value > 0)));
  const least = Math.min(...steps.slice(1).map(({ from, to }) => Math.min(from || Infinity, to)), lowest);
  const highest = Math.max(...steps.flatMap(({ from, to }) => [from, to]));
  const floor = Math.max(0, least - (highest - least) * 0.6);
  const span = highest - floor || 1;
  const at = (value) => (100 * Math.max(0, value - floor)) / span;
  return html`<figure class="waterfall" data-chart=${title}>
    ${steps.map(({ label, from, to, text, tone }) => {
      const wide = Math.max(LEAST_BAR, Math.abs(at(to) - at(from)));
      const low = Math.min(at(from), at(to), 100 - wide);
      return html`<div class="step"><span class="label">${label}</span>
        <span class="track"><span class=${`bar ${tone}`} style=${{ left: `${low}%`, width: `${wide}%` }}></span></span>
        <span class="text">${text}</span></div>`;
    })}
    <figcaption>${title}${floor ? ", drawn from a floor above zero" : ""}</figcaption>
  </figure>`;
}

const WAYS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

/**
 * A grid of cells; `rows` are {label, cells}, all of one length, `cells` are {label, level 0 to 4, or "bad"}.
 * Each says its value: to a screen reader, under the mouse, where a finger tapped, and where the arrow
 * keys went.
 */
export function Heat({ title, rows, note = "" }) {
  const [at, setAt] = useState(null);
  const within = (number, length) => Math.max(0, Math.min(length - 1, number));
  const point = ({ target }) => target.dataset.cell && setAt(target.dataset.cell.split(" ").map(Number));
  const step = (event) => {
    const way = WAYS[event.key];
    if (!way) return;
    event.preventDefault();
    const [row, cell] = at ? [at[0] + way[0], at[1] + way[1]] : [0, 0];
    setAt([within(row, rows.length), within(cell, rows[0].cells.length)]);
  };
  const [row, cell] = at ?? [0, 0], said = at && rows[row]?.cells[cell];
  return html`<figure class="heat" data-chart=${title}>
    <div role="table" tabindex="0" aria-label=${`${title} ${note}`.trim()} onPointerOver=${point} onPointerDown=${point} onKeyDown=${step}>${rows.map(({ label, cells }, i) => html`
      <div class="heat-row" role="row" style=${{ "--cells": cells.length }}><span role="rowheader">${label}</span>${cells.map((one, j) =>
        html`<i role="cell" class=${`l${one.level}`} title=${one.label} aria-label=${one.label} data-cell=${`${i} ${j}`} data-at=${said === one ? "" : null}></i>`)}</div>`)}</div>
    <figcaption>${title} ${note}<span class="said" aria-live="polite">${said ? `${rows[row].label}, ${said.label}` : "\u00a0"}</span></figcaption>
  </figure>`;
}

/** An image of `width` times `height` pixels, red, green and blue in base64, row by row. */
export function Pixels({ title, width, height, pixels }) {
  const place = useRef(null);
  useEffect(() => {
    const bytes = Uint8Array.from(atob(pixels), (letter) => letter.charCodeAt(0));
    const image = new ImageData(width, height);
    for (let i = 0; i < width * height; i += 1) {
      image.data.set(bytes.subarray(3 * i, 3 * i + 3), 4 * i);
      image.data[4 * i + 3] = 255;
    }
    place.current.getContext("2d").putImageData(image, 0, 0);
  }, [pixels]);
  return html`<figure class="result" data-chart="result"><canvas ref=${place} width=${width} height=${height} role="img" aria-label=${title}></canvas><figcaption>${title}</figcaption></figure>`;
}
