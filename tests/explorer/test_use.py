"""How the explorer is used: by keyboard or mouse, what it saves, and when something is lost."""

import pytest

from runtime.primitives.ss58 import encode_ss58
from runtime.primitives.types import UNIT
from tests.explorer.browser import CHROMIUM, browsing
from tests.explorer.shown import shown
from tests.explorer.support import ExplorerNode, busy_node
from tests.explorer.visits import visit
from tests.rpc.support import serving

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no chromium on PATH: apt-get install chromium"
)


async def test_a_table_is_saved_with_exact_amounts(tmp_path):
    async with shown(tmp_path, busy_node()) as (tab, server):
        await visit(tab, "supply")
        saved = await tab.resolved("""new Promise((done) => {
            URL.createObjectURL = (blob) => { blob.text().then(done); return 'blob:none'; };
            HTMLAnchorElement.prototype.click = () => {};
            document.querySelector('[data-table=Pots]').closest('.card').querySelector('button').click();
        })""")
        pots = (await server.call("explorer_supply"))["pots"]
        rows = [f"{one['name']},{one['address']},{one['free']},{one['held']}" for one in pots]
        assert saved.splitlines() == ["Pot,Account,Free,On hold", *rows]


async def test_the_same_address_lights_up_wherever_it_stands(tmp_path):
    node = busy_node()
    async with shown(tmp_path, node) as (tab, _):
        await visit(tab, "jobs")
        await tab.evaluate("document.querySelector('table [data-address]').focus()")
        lit = "[...document.querySelectorAll('.same')].map(one => one.dataset.address)"
        found = await tab.evaluate(lit)
        assert found == [encode_ss58(node.real.client.public, 42)] * 3
        await tab.evaluate("document.activeElement.blur()")
        assert await tab.evaluate(lit) == []


async def test_search_is_a_matter_of_the_keyboard(tmp_path):
    async with shown(tmp_path, busy_node()) as (tab, _):
        await visit(tab, "")
        await tab.press("/", "/")
        assert await tab.evaluate("document.activeElement.id") == "query"
        await tab.type("2-1")
        await tab.press("Enter", "\r")
        await tab.wait_for("main", "Token.FundsUnavailable Funds are unavailable.")
        assert await tab.text("h1") == "Extrinsic 2-1"
        assert await tab.evaluate("document.activeElement.id") == "main"
        await tab.press("/", "/")
        await tab.type("nothing like it")
        await tab.press("Enter", "\r")
        await tab.wait_for("#nothing", "Nothing here is called that.")
        assert "wanted an SS58 address" in await tab.text('[data-table="Looked for"]')


async def test_tab_reaches_every_part_and_enter_follows_a_link(tmp_path):
    async with shown(tmp_path, busy_node()) as (tab, _):
        await visit(tab, "")
        await tab.press("Tab")
        assert await tab.evaluate("document.activeElement.className") == "skip"
        seen = []
        for _ in range(7):
            await tab.press("Tab")
            seen.append(await tab.evaluate("document.activeElement.innerText || 'field'"))
        assert seen[1:5] == ["field", "Search", "Dark", "Home"]
        await tab.press("Enter", "\r")
        await tab.wait_for("h1", seen[-1])


@pytest.mark.parametrize("page", ["jobs", "pools", "validators", "events/Jobs.JobSubmitted"])
async def test_a_page_is_used_by_the_keyboard_alone(tmp_path, page):
    reachable = """[...document.querySelectorAll('a[href], button, input, select, summary, [tabindex="0"]')]
        .filter(one => one.getClientRects().length && !one.disabled)"""  # noqa: E501
    async with shown(tmp_path, busy_node()) as (tab, _):
        await visit(tab, page)
        await tab.evaluate(f"window.wanted = {reachable}; document.activeElement.blur()")
        wanted = await tab.evaluate("window.wanted.length")
        seen = []
        for _ in range(wanted):
            await tab.press("Tab")
            seen.append(await tab.evaluate("window.wanted.indexOf(document.activeElement)"))
            outline = "getComputedStyle(document.activeElement).outlineStyle"
            assert await tab.evaluate(outline) != "none"
        assert seen == list(range(wanted))


async def test_an_error_of_the_node_is_shown_verbatim(tmp_path):
    async with shown(tmp_path, busy_node()) as (tab, server):
        await visit(tab, "block/99")
        _, message, _ = await server.call("explorer_block", "99")
        assert await tab.text("main [role=alert]") == f"explorer_block: {message}"


async def test_what_empty_tables_say(tmp_path):
    async with shown(tmp_path, ExplorerNode()) as (tab, _):
        for page, words in (
            ("", "No jobs yet: starminer job submit matmul a.npy b.npy"),
            ("receipts", "start a provider with starminer run --provider"),
            ("providers", "Nobody has registered yet"),
            ("governance", "No referendum yet"),
        ):
            await visit(tab, page)
            await tab.wait_for("main", words)


async def test_a_lost_connection_is_told_and_mended(tmp_path):
    node = busy_node()
    async with (
        serving(node) as server,
        browsing(f"http://127.0.0.1:{server.port}/", tmp_path) as tab,
    ):
        await visit(tab, "")
        server.stop()
        await tab.wait_for("#banner", "Connection lost (the node is stopping")


async def test_the_theme_is_chosen_once(tmp_path):
    async with shown(tmp_path, busy_node()) as (tab, _):
        await tab.show_as(1280, theme="light")
        await visit(tab, "supply")
        background = "getComputedStyle(document.body).backgroundColor"
        before = await tab.evaluate(background)
        await tab.evaluate("document.getElementById('theme').click()")
        assert await tab.evaluate(background) != before
        assert await tab.evaluate("localStorage.getItem('theme')") == "dark"


async def test_the_console_calls_any_method_and_shows_its_answer(tmp_path):
    async with shown(tmp_path, busy_node()) as (tab, _):
        await visit(tab, "rpc/chain_getBlockHash")
        await tab.evaluate("document.querySelector('.console input').focus()")
        await tab.type("2")
        await tab.press("Enter", "\r")
        await tab.wait_for("#outcome", "0x")


async def test_history_pages_are_places_one_can_return_to(tmp_path):
    node = ExplorerNode()
    for _ in range(15):
        node.pay(UNIT)
    who = encode_ss58(node.real.maker.pairs[1].public, 42)
    async with shown(tmp_path, node) as (tab, _):
        await visit(tab, f"account/{who}")
        await tab.wait_for("[data-table=History]", "#15")
        await tab.evaluate("document.querySelector('.pager a').click()")
        await tab.wait_for("[data-table=History]", "#1 ")
        assert "?from=" in await tab.evaluate("location.hash")
        await tab.evaluate("history.back()")
        await tab.wait_for("[data-table=History]", "#15")
