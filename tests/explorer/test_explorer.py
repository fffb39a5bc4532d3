"""The explorer's page: what is served, and what a real browser makes of it."""

import re
import shutil
import subprocess
from html.parser import HTMLParser
from importlib.resources import files

import pytest
import trio

from node.explorer.pages import TYPES
from tests.rpc.support import ALICE, ALICE_SS58, FakeNode, growing_node, serving

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
STATIC = files("node.explorer").joinpath("static")
needs_browser = pytest.mark.skipif(
    CHROMIUM is None, reason="no chromium on PATH: apt-get install chromium"
)


class Page(HTMLParser):
    """Collects the texts of a page by the id of the nearest element around them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self._ids: list[str] = []
        self.texts: dict[str, list[str]] = {}
        self.hidden: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        named = dict(attrs)
        if tag in ("link", "meta", "img", "input", "br"):
            return
        self._ids.append(named.get("id") or (self._ids[-1] if self._ids else ""))
        if "hidden" in named:
            self.hidden.add(self._ids[-1])

    def handle_endtag(self, tag):
        if self._ids:
            self._ids.pop()

    def handle_data(self, data):
        if self._ids and data.strip():
            self.texts.setdefault(self._ids[-1], []).append(data.strip())

    def text(self, name: str) -> str:
        return " ".join(self.texts.get(name, []))


async def browse(server, profile, fragment="", budget_ms=3_000) -> Page:
    """Open the page in headless Chromium, let it run, and read what it shows."""
    assert CHROMIUM is not None
    finished = await trio.run_process(
        [
            CHROMIUM,
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--enable-logging=stderr",
            f"--user-data-dir={profile}",
            f"--virtual-time-budget={budget_ms}",
            "--dump-dom",
            f"http://127.0.0.1:{server.port}/{fragment}",
        ],
        capture_stdout=True,
        capture_stderr=True,
    )
    console = [line for line in finished.stderr.decode().splitlines() if ":CONSOLE" in line]
    assert [line for line in console if "WebSocket connection to" not in line] == []
    return Page(finished.stdout.decode())


@needs_browser
async def test_blocks_receipts_and_jobs_appear_in_a_browser(tmp_path):
    node = growing_node(5)
    node.finalize(node.blocks[3])
    async with serving(node) as server:
        page = await browse(server, tmp_path)
    assert page.text("chain").startswith("Fake Dev · starminer 0.1.0 · genesis 0x")
    assert [page.text(name) for name in ("best", "final", "lag")] == ["#5", "#3", "2 blocks"]
    assert [word for word in page.texts["blocks"] if word.startswith("#")] == [
        "#5",
        "#4",
        "#3",
        "#2",
        "#1",
        "#0",
    ]
    states = [word for word in page.texts["blocks"] if word in ("best", "waiting", "final")]
    assert states == ["best", "waiting", "final", "final", "final", "final"]
    assert "verified every importer 32 of 256 leaves recomputed" in page.text("receipts")
    assert "slashed" in page.text("receipts")
    assert "submitted #2 → settled #4" in page.text("jobs")
    assert "1.5 AGPU 5 AGPU 3.5 AGPU" in page.text("jobs")
    assert "banner" in page.hidden


@needs_browser
@pytest.mark.parametrize("name", [ALICE_SS58, "0x" + ALICE.hex()])
async def test_an_account_shows_exact_balances_and_its_nonce(tmp_path, name):
    async with serving(growing_node(1)) as server:
        page = await browse(server, tmp_path, f"#account={name}")
    shown = page.text("account-body")
    assert ALICE_SS58 in shown
    assert "Nonce 7" in shown
    assert "1\u202f234\u202f567\u202f890.123456789012 AGPU" in shown
    assert "0.000000000042 AMAX" in shown


@needs_browser
async def test_an_error_of_the_node_is_shown_verbatim(tmp_path):
    async with serving(growing_node(1)) as server:
        page = await browse(server, tmp_path, "#account=0xd4zz")
    assert page.text("account-body") == (
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
    async with serving(EmptyNode()) as server:
        page = await browse(server, tmp_path)
    assert page.text("receipts").startswith("No receipts yet: start a provider with")
    assert "starminer job submit matmul a.npy b.npy" in page.text("jobs")


@needs_browser
async def test_a_lost_connection_is_told(tmp_path):
    async with serving(growing_node(1)) as server:

        async def stop_when_seen() -> None:
            while ("jobs_list", True) not in server.notes.calls:
                await trio.sleep(0.005)
            server.stop()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(stop_when_seen)
            page = await browse(server, tmp_path, budget_ms=10_000)
    assert page.text("banner").startswith("Connection lost (")
    assert "banner" not in page.hidden


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
