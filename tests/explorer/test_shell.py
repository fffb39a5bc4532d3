"""The shell around the explorer's pages: titles, keys, the way back, and that nothing jumps."""

from runtime.primitives.ss58 import encode_ss58
from tests.explorer.browser import CHROMIUM, Tab, browsing
from tests.explorer.shown import shown
from tests.explorer.support import busy_node
from tests.explorer.visits import AT_REST, visit
from tests.rpc.support import serving
from tests.support.needs import CHROMIUM_MISSING, needs

pytestmark = needs(CHROMIUM, CHROMIUM_MISSING)

MOST_SHIFT = 0.1
"""Of a page's layout that still counts as good: web.dev, cumulative layout shift."""

WATCH = """window.shift = 0; new PerformanceObserver(
    (list) => { for (const one of list.getEntries()) window.shift += one.value; },
).observe({type: 'layout-shift'});"""


async def test_an_address_names_a_page_and_a_way_back(tmp_path):
    node = busy_node()
    who = encode_ss58(node.real.client.public, 42)
    async with shown(tmp_path, node) as (tab, _):
        await each_has_a_title(tab, who)
        await a_stray_sign_harms_nothing(tab)
        await the_way_back_leads_to_where_one_was(tab)


async def each_has_a_title(tab: Tab, who: str) -> None:
    for page, title in (
        ("", "#25"),
        ("supply", "Supply"),
        ("block/2", "Block 2"),
        ("rpc", "RPC"),
        (f"account/{who}", f"Account {who[:12]}…{who[-6:]}"),
        ("nowhere", "No such page"),
    ):
        await visit(tab, page)
        assert await tab.evaluate("document.title") == f"{title} · StarMiner explorer"


async def a_stray_sign_harms_nothing(tab: Tab) -> None:
    await tab.evaluate("location.hash = '#/search/50%'")
    await tab.wait_for("h1", "Search for 50%")
    await tab.wait_for("#nothing", "Nothing here is called that.")
    await tab.evaluate("location.hash = '#/%E0%A4%A'")
    await tab.wait_for("h1", "No such page")


async def the_way_back_leads_to_where_one_was(tab: Tab) -> None:
    await tab.show_as(1280, 500)
    await visit(tab, "")
    await tab.evaluate("scrollTo(0, 700)")
    await tab.resolved(AT_REST)
    await visit(tab, "supply")
    assert await tab.evaluate("scrollY") == 0
    await tab.evaluate("history.back()")
    await tab.wait_for("[data-tile=best]", "#25")
    await reaches(tab, "scrollY === 700")
    await tab.evaluate("history.forward()")
    await tab.wait_for("h1", "Supply")
    await reaches(tab, "scrollY === 0")


async def reaches(tab: Tab, condition: str) -> None:
    """Wait until something is true of the page."""
    script = f"new Promise(done => {{ const look = () => ({condition}) ? done(true) : requestAnimationFrame(look); look(); }})"  # noqa: E501
    assert await tab.resolved(script)


async def test_keys_lead_to_pages_and_are_listed(tmp_path):
    async with shown(tmp_path, busy_node()) as (tab, _):
        await visit(tab, "block/2")
        for key, heading in (("[", "Block #1"), ("]", "Block #2")):
            await tab.press(key, key)
            await tab.wait_for("h1", heading)
        await tab.press("g", "g")
        await tab.press("v", "v")
        await tab.wait_for("h1", "Staking and validators")
        dark = "document.documentElement.dataset.theme"
        await tab.press("d", "d")
        await tab.wait_for("#theme", "Light")
        assert await tab.evaluate(dark) == "dark"
        await tab.press("?", "?")
        await tab.wait_for("dialog", "g j jobs")
        await tab.press("d", "d")  # the page behind does not hear what is typed into the list
        assert await tab.evaluate(dark) == "dark"
        await tab.evaluate("document.querySelector('dialog button').click()")
        await tab.resolved(AT_REST)
        assert await tab.evaluate("document.querySelector('dialog')") is None
        await tab.press("/", "/")
        for letter in "gj?d":
            await tab.press(letter, letter)
        assert await tab.evaluate("document.getElementById('query').value") == "gj?d"
        assert await tab.text("h1") == "Staking and validators"


async def test_nothing_jumps_when_a_page_opens_or_a_block_comes(tmp_path):
    node = busy_node()
    async with shown(tmp_path, node) as (tab, _):
        await visit(tab, "nowhere")
        await tab.run(WATCH)
        jumped = {}
        for width in (400, 1280):
            await tab.show_as(width)
            await visit(tab, "nowhere")
            for page in ("supply", "jobs", "receipts", "treasury", "validators", ""):
                await tab.evaluate("window.shift = 0")
                await visit(tab, page)
                if (shift := await tab.evaluate("window.shift")) > MOST_SHIFT:
                    jumped[page, width] = shift
        assert jumped == {}
        await tab.wait_for("main", "Receipts per block")
        await tab.evaluate("window.charts = document.querySelectorAll('canvas').length")
        await tab.evaluate("window.shift = 0")
        node.pay()
        await tab.wait_for("[data-tile=best]", "#26")
        await tab.resolved(AT_REST)
        assert await tab.evaluate("document.querySelectorAll('canvas').length === window.charts")
        assert await tab.evaluate("window.shift") <= MOST_SHIFT / 10


async def test_what_is_shown_goes_on_when_the_node_is_back(tmp_path):
    node = busy_node()
    async with serving(node) as server:
        port = server.port
        async with browsing(f"http://127.0.0.1:{port}/", tmp_path) as tab:
            await visit(tab, "")
            server.stop()
            await tab.wait_for("#banner", "Connection lost")
            assert await tab.text("[data-tile=best]") == "#25"  # what it said last stays
            await tab.evaluate("location.hash = '#/treasury'")
            await tab.wait_for("main", "This page is not here")
