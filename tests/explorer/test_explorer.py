"""The explorer's page: what is served, and what a real browser makes of it."""

import re
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from pathlib import Path

import pytest

from node.explorer.pages import TYPES
from tests.explorer.browser import CHROMIUM, Tab, browsing
from tests.rpc.support import ALICE, ALICE_SS58, FakeNode, growing_node, serving

STATIC = files("node.explorer").joinpath("static")
needs_browser = pytest.mark.skipif(
    CHROMIUM is None, reason="no chromium on PATH: apt-get install chromium"
)


@asynccontextmanager
async def shown(profile: Path, node: FakeNode, fragment: str = "") -> AsyncIterator[Tab]:
    """Serve a node and open its page; whatever a test does, the console stays silent."""
    async with (
        serving(node) as server,
        browsing(f"http://127.0.0.1:{server.port}/{fragment}", profile) as tab,
    ):
        yield tab
        assert tab.console == []


@needs_browser
async def test_blocks_receipts_and_jobs_appear_and_follow_the_chain(tmp_path):
    node = growing_node(5)
    node.finalize(node.blocks[3])
    async with shown(tmp_path, node) as tab:
        await tab.wait_for("#chain", "Fake Dev · starminer 0.1.0 · genesis 0x")
        assert await tab.wait_for("#lag", "block") == "2 blocks"
        assert [await tab.text(name) for name in ("#best", "#final")] == ["#5", "#3"]
        rows = "[...document.querySelectorAll('#blocks tr')].map(row => "
        words = "[...row.children].slice(0, 2).map(cell => cell.innerText).join(' '))"
        assert await tab.evaluate(rows + words) == [
            "#5 best",
            "#4 waiting",
            "#3 final",
            "#2 final",
            "#1 final",
            "#0 final",
        ]
        receipts = await tab.wait_for("#receipts", "verified")
        assert "verified every importer 32 of 256 leaves recomputed" in receipts
        assert "slashed" in receipts
        jobs = await tab.wait_for("#jobs", "submitted #2 → settled #4")
        assert "1.5 AGPU 5 AGPU 3.5 AGPU" in jobs
        assert await tab.evaluate("document.getElementById('banner').hidden") is True
        node.grow()
        await tab.wait_for("#best", "#6")
        node.finalize(node.blocks[6])
        await tab.wait_for("#lag", "0 blocks")


@needs_browser
@pytest.mark.parametrize("name", [ALICE_SS58, "0x" + ALICE.hex()])
async def test_an_account_shows_exact_balances_and_its_nonce(tmp_path, name):
    async with shown(tmp_path, growing_node(1)) as tab:
        await tab.wait_for("#best", "#1")
        await tab.evaluate(
            f"document.getElementById('query').value = '{name}';"
            "document.getElementById('search').requestSubmit()"
        )
        card = await tab.wait_for("#account-body", "Nonce 7")
        assert ALICE_SS58 in card
        assert "1 234 567 890.123456789012 AGPU" in card
        assert "0.000000000042 AMAX" in card
        assert await tab.evaluate("document.activeElement.id") == "account"


@needs_browser
async def test_an_error_of_the_node_is_shown_verbatim(tmp_path):
    async with shown(tmp_path, growing_node(1), "#account=0xd4zz") as tab:
        assert await tab.wait_for("#account-body", "Invalid") == (
            "Invalid params: wanted an SS58 address or 32 bytes of 0x-hex: "
            "wanted pairs of hex digits, got '0xd4zz'"
        )


class EmptyNode(FakeNode):
    def jobs(self, limit):
        return ()

    def receipts(self, limit):
        return ()


@needs_browser
async def test_empty_tables_say_what_to_do(tmp_path):
    async with shown(tmp_path, EmptyNode()) as tab:
        await tab.wait_for("#receipts", "No receipts yet: start a provider with")
        await tab.wait_for("#jobs", "starminer job submit matmul a.npy b.npy")


@needs_browser
async def test_a_lost_connection_is_told(tmp_path):
    async with (
        serving(growing_node(1)) as server,
        browsing(f"http://127.0.0.1:{server.port}/", tmp_path) as tab,
    ):
        await tab.wait_for("#best", "#1")
        server.stop()
        await tab.wait_for("#banner", "Connection lost (the node is stopping)")


@needs_browser
async def test_the_page_fits_a_narrow_screen_and_can_be_dark(tmp_path):
    async with shown(tmp_path, growing_node(3)) as tab:
        await tab.wait_for("#best", "#3")
        width = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        assert await tab.evaluate(width) is True
        background = "getComputedStyle(document.body).backgroundColor"
        before = await tab.evaluate(background)
        await tab.evaluate("document.getElementById('theme').click()")
        assert await tab.evaluate(background) != before


@pytest.mark.parametrize("name", sorted(TYPES))
async def test_every_file_is_served_with_its_type_and_a_strict_policy(name):
    async with serving() as server:
        reply = await server.get(f"/{name}")
        assert (reply.status, reply.body) == (200, STATIC.joinpath(name).read_bytes())
        assert reply.headers["content-type"].encode() == TYPES[name]
        assert reply.headers["content-security-policy"].startswith("default-src 'self';")
        assert reply.headers["x-content-type-options"] == "nosniff"
        again = await server.get(f"/{name}", f"if-none-match: {reply.headers['etag']}\r\n")
        assert (again.status, again.body) == (304, b"")


async def test_the_page_is_at_the_root_unless_it_is_switched_off():
    async with serving() as server:
        assert (await server.get("/?x=1")).body == STATIC.joinpath("index.html").read_bytes()
    async with serving(serves_explorer=False) as server:
        assert (await server.get("/")).status == 404


def test_the_folder_holds_what_is_served_and_nothing_else():
    assert {entry.name for entry in STATIC.iterdir()} == set(TYPES)


@pytest.mark.parametrize("name", sorted(TYPES))
def test_nothing_is_inline_and_nothing_is_foreign(name):
    text = STATIC.joinpath(name).read_text()
    without_namespace = text.replace("http://www.w3.org/2000/svg", "")
    assert re.findall(r"https?://|//[a-z]+\.", without_namespace) == []
    assert re.findall(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*src)", text) == []
    assert "innerHTML" not in text


@pytest.mark.skipif(shutil.which("node") is None, reason="no node on PATH")
def test_amounts_are_shown_to_the_last_planck(tmp_path):
    module = tmp_path / "format.mjs"
    module.write_text(STATIC.joinpath("format.js").read_text())
    script = (
        f"import {{ amount, work, short }} from '{module}';"
        "console.log([amount('1'), amount((2n ** 128n - 1n).toString()), amount(null), "
        "amount('1500000000000'), work(21475), work(0), short('0x0123456789abcdef')].join('|'))"
    )
    command = ["node", "--input-type=module", "-e", script]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    assert shown.replace("\u202f", " ") == (
        "0.000000000001 AGPU|340 282 366 920 938 463 463 374 607.431768211455 AGPU|–|1.5 AGPU|"
        "0.021475 CU|–|0x0123…cdef"
    )
