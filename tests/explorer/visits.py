"""Visits to the explorer's pages in a browser, and what is wrong with what they show."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import trio

from tests.explorer.browser import SHOW_SECONDS, Tab

AXE = Path(__file__).parent / "axe" / "node_modules" / "axe-core" / "axe.min.js"
AXE_MISSING = "run `npm ci --prefix tests/explorer/axe` first"

LEAST_PNG_BYTES = 8_000
"""A page of one colour, at the smallest size, has a tenth of this."""

SETTLED = """
    document.querySelector('main h1') !== null
    && !document.querySelector('main [role=status]')
    && !document.querySelector('main.coming')
    && document.querySelector('header nav') !== null
"""

AT_REST = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))"

UNDRAWN = """
    const bars = ['receipts', 'in', 'out', 'earned']; // series of bars: one of nothing has no height
    const colourOf = (key) => getComputedStyle(key, '::before').backgroundColor.match(/[\\d.]+/g).slice(0, 3).map(Number);
    const pixelsOf = (canvas) => {
        const copy = new OffscreenCanvas(canvas.width, canvas.height);
        const context = copy.getContext('2d', {willReadFrequently: true}); // or the console warns of it
        context.drawImage(canvas, 0, 0);
        return context.getImageData(0, 0, copy.width, copy.height).data;
    };
    const near = 40; // of 765: less than from a series to the numbers beside the axes
    const painted = (pixels, [red, green, blue]) => {
        let count = 0;
        for (let i = 0; i < pixels.length; i += 4) {
            const away = Math.abs(pixels[i] - red) + Math.abs(pixels[i + 1] - green) + Math.abs(pixels[i + 2] - blue);
            if (pixels[i + 3] > 200 && away <= near) count += 1;
        }
        return count;
    };
    function undrawn() {
        const found = [];
        for (const chart of document.querySelectorAll('figure.chart')) {
            const canvas = chart.querySelector('canvas'), name = chart.dataset.chart;
            if (!canvas?.width) { found.push(`no canvas: ${name}`); continue; }
            const pixels = pixelsOf(canvas);
            const series = [...chart.querySelectorAll('.key')].map((key) => {
                const last = key.querySelector('b').innerText, label = key.innerText.slice(0, -last.length).trim();
                return {label, last, seen: painted(pixels, colourOf(key)) > 0};
            });
            if (!series.length) found.push(`no series: ${name}`);
            const isUnder = (one) => series.some((other) => other.seen && other.last === one.last);
            const isNothing = (one) => bars.includes(one.label) && Number.parseFloat(one.last) === 0;
            for (const one of series) if (!one.seen && !isUnder(one) && !isNothing(one)) found.push(`${one.label} is not drawn: ${name}`);
        }
        for (const heat of document.querySelectorAll('.heat')) {
            if (!heat.querySelector('i:not(.l0)')) found.push(`no cell with a colour: ${heat.dataset.chart}`);
        }
        for (const step of document.querySelectorAll('.waterfall .step')) {
            const isWide = step.querySelector('.bar').getBoundingClientRect().width > 0;
            if (!isWide && step.querySelector('.text').innerText !== '0') found.push(`no bar: ${step.innerText}`);
        }
        return found;
    }
"""  # noqa: E501
"""What no chart may be without: a pixel in the colour of each series, a coloured cell, a wide bar.

Of two series that end at one value, one may lie under the other.
"""

COMPLAINTS = """(() => {
UNDRAWN;
    const found = [];
    const root = document.documentElement;
    if (root.scrollWidth > root.clientWidth) found.push(`${root.scrollWidth - root.clientWidth} px too wide`);
    if (document.querySelector('main').innerText.trim().length < 40) found.push('empty');
    for (const alert of document.querySelectorAll('main [role=alert]')) found.push(`error: ${alert.innerText}`);
    found.push(...undrawn());
    for (const table of document.querySelectorAll('main table[data-table]')) {
        const saves = [...table.closest('.card').querySelectorAll('button')].some((one) => one.innerText === 'CSV');
        if (!saves) found.push(`no CSV of ${table.dataset.table}`);
    }
    for (const one of document.querySelectorAll('main .amount')) {
        if (!one.title && !one.dataset.exact && !one.closest('dd')) found.push(`nothing exact behind ${one.innerText}`);
    }
    for (const one of document.querySelectorAll('main time')) if (!one.title.endsWith('UTC')) found.push(`no moment behind ${one.innerText}`);
    const groups = new Map();
    for (const one of document.querySelectorAll('.card, .tile, .step, .timeline li, dt, dd, h1, h2, header > *, .pages a')) {
        if (one.closest('.scroll') || !one.getClientRects().length) continue;
        groups.set(one.parentNode, [...(groups.get(one.parentNode) ?? []), one]);
    }
    for (const group of groups.values()) {
        const boxes = group.map((one) => [one, one.getBoundingClientRect()]);
        boxes.forEach(([a, p], i) => boxes.slice(i + 1).forEach(([b, q]) => {
            const across = Math.min(p.right, q.right) - Math.max(p.left, q.left);
            const down = Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top);
            if (across > 1 && down > 1) found.push(`${a.innerText.slice(0, 30)} lies over ${b.innerText.slice(0, 30)}`);
        }));
    }
    return found;
})()""".replace("UNDRAWN;", UNDRAWN)  # noqa: E501

JUDGED = """
    axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice']})
        .then(({violations}) => violations.map(({id, nodes}) =>
            `${id}: ${nodes.map(({target, failureSummary}) => target + ' ' + failureSummary).slice(0, 3)}`))
"""  # noqa: E501


async def visit(tab: Tab, page: str) -> None:
    """Go to a page and wait until everything that it asked for is there."""
    await tab.evaluate(f"location.hash = {json.dumps('#/' + page)}")
    with trio.move_on_after(SHOW_SECONDS) as waiting:
        name, _, id = page.partition("?")[0].partition("/")
        wanted = json.dumps(f"{name or 'home'}/{id}")
        while not (await tab.evaluate(f"document.body.dataset.page === {wanted}")):
            await trio.sleep(0.01)
        await tab.resolved(AT_REST)
        while not await tab.evaluate(SETTLED):
            await trio.sleep(0.02)
    shown = await tab.text("main")
    assert not waiting.cancelled_caught, f"{page} is not there: {shown[:200]!r}; {tab.console}"
    await tab.resolved(AT_REST)


async def complaints(tab: Tab, *, with_axe: bool = False) -> list[str]:
    """Say what is wrong with what is shown."""
    found: list[Any] = await tab.evaluate(COMPLAINTS)
    size = len(await tab.screenshot())
    if size < LEAST_PNG_BYTES:
        found.append(f"a picture of {size} bytes")
    if with_axe:
        if not await tab.evaluate("typeof axe === 'object'"):
            await tab.run(AXE.read_text())
        found += await tab.resolved(JUDGED)
    return [*map(str, found), *tab.console]


def hosts(tab: Tab) -> set[str]:
    """Return every host that the page talked to."""
    return {urlsplit(url).netloc for url in tab.requests if not url.startswith(("data:", "blob:"))}


async def tiles(tab: Tab) -> dict[str, str]:
    """Return the tiles by name: the exact value where there is one, else what is shown."""
    found = await tab.evaluate("""Object.fromEntries([...document.querySelectorAll('[data-tile]')]
        .map(tile => [tile.dataset.tile, tile.querySelector('[data-exact]')?.dataset.exact ?? tile.innerText]))""")  # noqa: E501
    return {str(name): str(value) for name, value in found.items()}
