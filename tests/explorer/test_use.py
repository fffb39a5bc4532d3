"""How the explorer is used: by keyboard or mouse, what it saves, and when something is lost."""

import csv
import json

import pytest

from node.explorer.indexer import Indexer
from runtime.primitives.ss58 import encode_ss58
from runtime.primitives.types import UNIT
from tests.explorer.browser import CHROMIUM, Tab
from tests.explorer.shown import shown
from tests.explorer.support import ExplorerNode, busy_node, trade
from tests.explorer.test_pages import every_page
from tests.explorer.visits import AT_REST, visit
from tests.support.needs import CHROMIUM_MISSING, needs

pytestmark = needs(CHROMIUM, CHROMIUM_MISSING)


def much_paid() -> tuple[ExplorerNode, str]:
    """Return a node and an account whose history takes more than a page."""
    node = ExplorerNode()
    for _ in range(15):
        node.pay(UNIT)
    return node, encode_ss58(node.real.maker.pairs[1].public, 42)


SAVED = """new Promise((done) => {
    URL.createObjectURL = (blob) => { blob.text().then(done); return 'blob:none'; };
    HTMLAnchorElement.prototype.click = () => {};
    const isMeant = (card) => card.querySelector('[data-table=TITLE]') || card.querySelector('h2').innerText === TITLE;
    [...document.querySelectorAll('.card')].find(isMeant).querySelector('.card-head button').click();
})"""  # noqa: E501


async def file_of(tab: Tab, title: str) -> str:
    """Press the button CSV of a card or table, and return what it would save."""
    return str(await tab.resolved(SAVED.replace("TITLE", json.dumps(title))))


async def test_a_table_is_saved_with_exact_amounts(tmp_path):
    async with shown(tmp_path, busy_node()) as (tab, server):
        await visit(tab, "supply")
        saved = await file_of(tab, "Pots")
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
        for _ in range(8):
            await tab.press("Tab")
            seen.append(await tab.evaluate("document.activeElement.innerText || 'field'"))
        assert seen[1:6] == ["field", "Search", "?", "Dark", "Home"]
        await tab.press("Enter", "\r")
        await tab.wait_for("h1", seen[-1])


WALK = """
    window.wanted = [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')]
        .filter(one => one.checkVisibility() && !one.disabled);
    window.walked = [];
    document.removeEventListener('focusin', window.note);
    window.note = ({target}) => {
        const {outlineStyle, outlineWidth} = getComputedStyle(target);
        const isSeen = outlineStyle !== 'none' && outlineWidth !== '0px';
        const words = `${target.tagName} ${target.innerText ?? ''}`;
        window.walked.push([window.wanted.indexOf(target), isSeen, words]);
    };
    document.addEventListener('focusin', window.note);
    document.activeElement.blur();
    window.wanted[0].focus(); // a page that was gone to has its own part in focus: begin above it
"""  # noqa: E501
"""Note what a reader may reach, and from then on each thing that has the focus, and is seen to."""


async def walked(tab: Tab) -> list[str]:
    """Press Tab through what is shown; return what is out of turn, or has no outline."""
    await tab.run(WALK)
    count = await tab.evaluate("window.wanted.length")
    for _ in range(count - 1):
        await tab.press("Tab")
    found = [
        f"{place}. is {words!r}, {at}. in the page, {'seen' if is_seen else 'without an outline'}"
        for place, (at, is_seen, words) in enumerate(await tab.evaluate("window.walked"))
        if at != place or not is_seen
    ]
    reached = await tab.evaluate("window.walked.length")
    return found[:3] if reached == count > 8 else [f"reached {reached} of {count}", *found[:3]]


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_every_page_is_used_by_the_keyboard_alone(tmp_path):
    node = busy_node()
    async with shown(tmp_path, node) as (tab, server):
        await tab.show_as(1280)
        receipts = (await server.call("explorer_receipts"))["rows"]
        proofs = [f"receipt/{row['block']}-{row['place']}" for row in receipts]
        wrong = {}
        for page in (*every_page(node), *proofs):
            await visit(tab, page)
            if found := await walked(tab):
                wrong[page] = found
        assert not wrong, "\n".join(f"{page}: {found}" for page, found in wrong.items())
        await visit(tab, "jobs")
        await tab.evaluate("document.querySelector('main a').tabIndex = -1")
        assert await walked(tab) != []


async def test_an_error_of_the_node_is_shown_verbatim(tmp_path):
    async with shown(tmp_path, busy_node()) as (tab, server):
        await visit(tab, "block/99")
        _, message, _ = await server.call("explorer_block", "99")
        assert await tab.text("main [role=alert]") == f"explorer_block: {message}"


IN_BETWEEN = """
    new MutationObserver((_, observer) => {
        if (!document.querySelector('main')) return;
        observer.disconnect();
        location.hash = '#/block/99';
    }).observe(document, {childList: true, subtree: true});
"""
"""Goes to another page when the first one is drawn and listens to nothing yet."""


async def test_a_page_that_is_left_while_it_is_drawn_gives_way(tmp_path):
    async with shown(tmp_path, busy_node()) as (tab, server):
        await tab.open(f"http://127.0.0.1:{server.port}/", IN_BETWEEN)
        await tab.wait_for("main", "explorer_block:")
        assert await tab.text("h1") == "Block 99"


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


async def test_the_theme_is_chosen_once(tmp_path):
    async with shown(tmp_path, busy_node()) as (tab, _):
        await tab.show_as(1280, theme="light")
        await visit(tab, "supply")
        background = "getComputedStyle(document.body).backgroundColor"
        before = await tab.evaluate(background)
        await tab.evaluate("document.getElementById('theme').click()")
        assert await tab.evaluate(background) != before
        assert await tab.evaluate("localStorage.getItem('theme')") == "dark"
        await tab.evaluate("localStorage.clear(); delete document.documentElement.dataset.theme")
        for theme, other in (("dark", "Light"), ("light", "Dark")):  # the system's, as it changes
            await tab.show_as(1280, theme=theme)
            await tab.wait_for("#theme", other)


async def test_history_pages_are_places_one_can_return_to(tmp_path):
    node, who = much_paid()
    async with shown(tmp_path, node) as (tab, _):
        await visit(tab, f"account/{who}")
        await tab.wait_for("[data-table=History]", "#15")
        await tab.evaluate("document.querySelector('.pager a').click()")
        await tab.wait_for("[data-table=History]", "#1 ")
        assert "?from=" in await tab.evaluate("location.hash")
        await tab.evaluate("history.back()")
        await tab.wait_for("[data-table=History]", "#15")


async def test_what_is_asked_and_read_can_be_taken_along(tmp_path):
    """The console's question is in the address; a block is saved as bytes and shown as JSON."""
    async with shown(tmp_path, busy_node()) as (tab, server):
        await visit(tab, "rpc/chain_getBlockHash")
        await tab.evaluate("document.querySelector('.console input').focus()")
        await tab.type("2")
        await tab.press("Enter", "\r")
        await tab.wait_for("#outcome", "0x")
        await visit(tab, "rpc/explorer_block")
        assert (
            await tab.evaluate("document.getElementById('p-extrinsics').placeholder") == "integer"
        )
        await tab.evaluate("document.getElementById('p-block').focus()")
        await tab.type("2")
        await tab.press("Enter", "\r")
        await tab.wait_for("#outcome", '"parentHash"')
        assert await tab.evaluate("location.hash") == "#/rpc/explorer_block?block=2"
        block = await server.call("explorer_block", "2")
        await visit(tab, "block/2")
        await tab.evaluate(
            "document.querySelectorAll('.card:first-of-type summary').forEach(one => one.click())"
        )
        await tab.wait_for("main", "Save the whole block as SCALE")
        assert block["rawHeader"] in await tab.text("main")
        assert json.loads(await tab.evaluate("document.querySelector('pre').innerText")) == block
        saved = await tab.resolved("""new Promise((done) => {
            URL.createObjectURL = (blob) => { blob.arrayBuffer().then((held) => done([...new Uint8Array(held)])); return 'blob:none'; };
            HTMLAnchorElement.prototype.click = () => {};
            [...document.querySelectorAll('button')].find((one) => one.innerText.includes('SCALE')).click();
        })""")  # noqa: E501
        assert "0x" + bytes(saved).hex() == await server.call("explorer_blockBytes", "2")
        await visit(tab, "extrinsic/2-1")
        parts = (await server.call("explorer_extrinsic", "2-1"))["feeParts"]
        exact = "[...document.querySelectorAll('dd [data-exact]')].map(one => one.dataset.exact)"
        assert set(parts.values()) <= set(await tab.evaluate(exact))
        shares = next(
            row for row in (await server.call("explorer_receipts"))["rows"] if row["shares"]
        )
        await visit(tab, f"extrinsic/{shares['block']}-1")
        listed = "document.querySelectorAll('dl.fields ol ol > li').length"
        assert await tab.evaluate(listed) == 8
        await tab.evaluate("[...document.querySelectorAll('dd summary')].at(-1).click()")
        await tab.resolved(AT_REST)
        assert (shares["shares"], await tab.evaluate(listed)) == (12, 12)


async def test_a_file_of_a_history_holds_all_of_it_and_a_turned_page_leaves_no_hole(tmp_path):
    node, who = much_paid()
    async with shown(tmp_path, node) as (tab, _):
        await visit(tab, f"account/{who}")
        await tab.wait_for("[data-table=History]", "#15")
        saved = await file_of(tab, "History")
        rows = "document.querySelectorAll('[data-table=History] tbody tr').length"
        assert (len(saved.splitlines()), await tab.evaluate(rows)) == (1 + 30, 25)
        await tab.run("""window.gone = false; new MutationObserver(() => {
            window.gone ||= !document.querySelector('[data-table=History]');
        }).observe(document.body, {childList: true, subtree: true});""")
        await tab.evaluate("location.hash = document.querySelector('.pager a').hash")
        await tab.wait_for("[data-table=History]", "#1 ")
        assert await tab.evaluate("window.gone") is False


async def test_two_lists_of_a_page_are_turned_one_by_one(tmp_path):
    node = busy_node()
    trade(node)
    trade(node, 9)
    async with shown(tmp_path, node) as (tab, _):
        await visit(tab, "pools")
        await tab.wait_for("[data-table=Assets]", "GLD (7)")
        await visit(tab, "pools?assets=7")
        await tab.wait_for("[data-table=Assets]", "GLD (9)")
        assert "GLD (7)" not in await tab.text("[data-table=Assets]")
        assert "GLD (7)" in await tab.text("[data-table=Pools]")


async def test_the_values_of_a_line_are_read_by_the_arrow_keys(tmp_path):
    async with shown(tmp_path, busy_node()) as (tab, server):
        await visit(tab, "prices")
        point = (await server.call("explorer_points"))[-2]
        place = "figure.chart:has([tabindex]) .at"
        assert await tab.text(place) == f"block {point['number'] + 1}"
        await tab.evaluate("document.querySelector('figure.chart [role=img]').focus()")
        await tab.press("ArrowLeft")
        await tab.wait_for(place, f"block {point['number']}")
        (price,) = point["prices"]
        value = f"{int(price['price']) / UNIT:.6f}"
        await tab.wait_for("figure.chart figcaption", f"tier 0, region 0 {value}")


async def stand_still(_: Indexer) -> None:
    """Read no further."""


async def test_a_node_that_still_reads_the_chain_says_how_far_it_came(tmp_path, monkeypatch):
    node = busy_node()
    async with shown(tmp_path, node) as (tab, _):
        await visit(tab, "receipts")
        assert await tab.text("#reach") == ""
        held = node.chain.best.number
        monkeypatch.setattr(Indexer, "catch_up", stand_still)
        node.real.pass_blocks(11)
        await tab.wait_for("#reach", f"{held} of {held + 11} blocks")


async def test_entries_of_the_state_are_saved_as_bare_values(tmp_path):
    async with shown(tmp_path, busy_node()) as (tab, server):
        await visit(tab, "state/System.Account")
        entries = await server.call("explorer_state", "System", "Account")
        saved = await file_of(tab, "System.Account")
        title, *rows = csv.reader(saved.splitlines())
        assert title == ["key 1 (account)", "value", "storage key"]
        assert [(row[0], row[2]) for row in rows] == [
            (entry["keys"][0]["value"], entry["storageKey"]) for entry in entries
        ]
        assert "$" not in saved
