"""The explorer's pages in a real browser, over a node on the real runtime with traffic."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from runtime.compute.job import ProofType
from runtime.compute.rendering import Rendering
from runtime.pallets.disputes import Content
from runtime.primitives.ss58 import encode_ss58
from runtime.primitives.types import UNIT
from tests.explorer.browser import CHROMIUM, Tab, browsing
from tests.explorer.support import ExplorerNode, busy_node, nominate, stake, trade
from tests.explorer.test_methods import indexed
from tests.explorer.visits import AXE, AXE_MISSING, complaints, hosts, tiles, visit
from tests.rpc.clients import Served
from tests.rpc.support import serving
from tests.runtime_compute.scenes import marbles
from tests.runtime_compute.trainings import learnable

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no chromium on PATH: apt-get install chromium"
)

PICTURE = Rendering(24, 16, 1, 1, 2, 3, 1, 2)


@asynccontextmanager
async def shown(profile: Path, node: ExplorerNode) -> AsyncIterator[tuple[Tab, Served]]:
    """Serve a node and open its page; whatever a test does, the console stays silent."""
    async with serving(node) as server:
        await indexed(server)
        address = f"http://127.0.0.1:{server.port}/"
        async with browsing(address, profile) as tab:
            yield tab, server
            assert tab.console == []
            assert hosts(tab) == {f"127.0.0.1:{server.port}"}


def every_page(node: ExplorerNode) -> list[str]:
    provider, client = (
        encode_ss58(one.public, 42) for one in (node.real.provider, node.real.client)
    )
    return [
        "",
        "search/0",
        "search/whatever",
        "block/2",
        "block/best",
        "extrinsic/2-1",
        "event/2-3",
        "events",
        "events/Jobs.JobSubmitted",
        "events/Balances.Nothing",
        f"account/{client}",
        f"account/{provider}",
        "jobs",
        "job/0",
        "job/1",
        "job/2",
        "receipts",
        "pools",
        "providers",
        f"provider/{provider}",
        "prices",
        "scores",
        "vaults",
        "supply",
        "validators",
        "governance",
        "referendum/0",
        "treasury",
        "oracles",
        "network",
        "rpc",
        "state",
        "state/System.Account",
        "nowhere",
    ]


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1280])
async def test_every_page_is_whole_legible_and_accessible(tmp_path, width, theme):
    if not AXE.is_file():
        pytest.skip(AXE_MISSING)
    node = busy_node((PICTURE, marbles()), learnable(steps=96, segment=8))
    stake(node)
    trade(node)
    nominate(node)
    node.real.act(node.real.client, "Disputes", "dispute_segment", 2, 0, Content.OUTPUT)
    for _ in range(3):
        node.real.submitted()
    async with shown(tmp_path, node) as (tab, _):
        await tab.show_as(width, theme=theme)
        wrong = {}
        for page in every_page(node):
            await visit(tab, page)
            with_axe = (width, theme) in {(400, "dark"), (1280, "light")}
            found = await complaints(tab, with_axe=with_axe)
            if page == "events/Balances.Nothing":
                found = [one for one in found if not one.startswith("error: explorer_events")]
            if found:
                wrong[page] = found
        assert not wrong, "\n".join(f"{page}: {found}" for page, found in wrong.items())


async def test_home_follows_the_chain_and_says_what_is_final(tmp_path):
    node = busy_node()
    async with shown(tmp_path, node) as (tab, _):
        await visit(tab, "")
        assert (await tab.text("[data-tile=lag]")) == "2 blocks"
        rows = "[...document.querySelectorAll('[data-table=\"Newest blocks\"] tbody tr')]"
        words = ".slice(0, 3).map(row => row.innerText.split(/\\s+/).slice(0, 2).join(' '))"
        assert await tab.evaluate(rows + words) == ["#25 best", "#24 waiting", "#23 final"]
        node.pay()
        await tab.wait_for("[data-tile=best]", "#26")
        node.chain.finalize(node.chain.best.hash)
        await tab.wait_for("[data-tile=lag]", "0 blocks")


async def test_every_number_of_home_is_what_the_node_answers_elsewhere(tmp_path):
    node = busy_node()
    async with shown(tmp_path, node) as (tab, server):
        await visit(tab, "")
        seen = await tiles(tab)
        head = await server.call("starminer_head")
        recent = head["recent"]
        span = [block for block in recent if block["number"] > 0]
        seconds = (span[0]["timeMs"] - span[-1]["timeMs"]) / 1000
        counted = span[:-1]
        issued = {}
        for symbol, pallet in (("agpu", "Balances"), ("amax", "Amax")):
            (entry,) = await server.call("explorer_state", pallet, "TotalIssuance")
            issued[symbol] = entry["value"]["value"]
        jobs = await server.call("jobs_list", 200)
        runtime = node.real.runtime()
        lane = next(iter(runtime.providers.market_size.items()))[0]
        micro = sum(block["units"] for block in recent)
        extrinsics = sum(block["extrinsics"] for block in counted)
        receipts = sum(block["receipts"] for block in counted)
        assert seen == {
            "best": "#" + str(head["best"]["number"]),
            "final": "#" + str(head["finalized"]["number"]),
            "lag": f"{head['best']['number'] - head['finalized']['number']} blocks",
            "pace": f"{seconds / len(counted):.1f} s",
            "throughput": f"{extrinsics / seconds:.1f} /s",
            "receipts": f"{60 * receipts / seconds:.1f} /min",
            "work": f"{micro / 10**6:.6f} CU",
            "waiting": str(sum(job["state"] == "queued" for job in jobs)),
            "ordered": str(len(jobs)),
            "providers": str(len(await server.call("providers_list"))),
            "price-0-0": str(runtime.pricing.price(lane)),
            **issued,
        }


async def test_vaults_scores_and_oracles_show_what_the_chain_has(tmp_path):
    node = busy_node()
    stake(node)
    node.real.pass_blocks(60)
    async with shown(tmp_path, node) as (tab, server):
        await visit(tab, "vaults")
        listed = await server.call("vault_list")
        seen = await tiles(tab)
        assert (seen["vaults"], seen["staked"]) == (
            "2",
            str(sum(int(one["stake"]) for one in listed)),
        )
        await visit(tab, "scores")
        scores = await server.call("explorer_scores")
        assert (await tiles(tab))["epoch"] == str(scores["epoch"])
        shown_scores = await tab.evaluate(
            "document.querySelectorAll('[data-table=\"Highest scores\"] tbody tr').length"
        )
        assert shown_scores == len(scores["rows"]) > 0
        await visit(tab, "oracles")
        health = await server.call("oracle_health")
        assert (await tiles(tab))["feeds"] == str(len(health["feeds"]))


async def test_every_number_of_supply_adds_up_to_the_state(tmp_path):
    node = busy_node()
    async with shown(tmp_path, node) as (tab, server):
        await visit(tab, "supply")
        seen = await tiles(tab)

        async def issuance(pallet: str, block: str) -> int:
            (entry,) = await server.call("explorer_state", pallet, "TotalIssuance", [], block)
            return int(entry["value"]["value"])

        now, first = await issuance("Balances", "best"), await issuance("Balances", "0")
        minted = fees = settled = 0
        for number in range(1, node.chain.best.number + 1):
            for event in (await server.call("explorer_block", str(number)))["events"]:
                fields = event["fields"]
                if event["name"] == "Balances.Minted":
                    minted += int(fields["amount"]["value"])
                elif event["name"] == "TransactionPayment.TransactionFeePaid":
                    fees += int(fields["actual_fee"]["value"])
                elif event["name"] == "Jobs.SegmentSettled":
                    settled += int(fields["fee"]["value"])
        assert {name: int(value) for name, value in seen.items()} == {
            "agpu": now,
            "minted": minted,
            "burned": first + minted - now,
            "fees": fees,
            "settled": settled,
            "amax": await issuance("Amax", "best"),
        }
        pots = await tab.evaluate(
            "[...document.querySelectorAll('[data-table=Pots] tbody tr')].map(row => "
            "[row.querySelector('a').title, row.querySelector('[data-exact]').dataset.exact])"
        )
        for address, free in pots:
            account = await server.call("starminer_account", address)
            assert account["balances"][0]["free"] == free


async def test_an_account_shows_exact_balances_its_holds_and_its_history(tmp_path):
    node = busy_node()
    who = encode_ss58(node.real.client.public, 42)
    async with shown(tmp_path, node) as (tab, server):
        await visit(tab, f"account/0x{node.real.client.public.hex()}")
        assert await tab.text("#address") == who
        account = await server.call("starminer_account", who)
        exact = await tab.evaluate("document.querySelector('[data-part=AGPU-free]').title")
        assert exact == account["balances"][0]["free"] + " planck"
        assert "job escrow" in await tab.text('[data-table="Holds, freezes and locks"]')
        history = await tab.text("[data-table=History]")
        assert "Jobs.submit_job success" in history


async def test_a_job_shows_the_image_that_was_rendered(tmp_path):
    async with shown(tmp_path, busy_node((PICTURE, marbles()))) as (tab, _):
        await visit(tab, "job/0")
        await tab.wait_for("[data-chart=result]", "The rendered image, 24 × 16 pixels")
        drawn = await tab.evaluate("""[...document.querySelector('canvas').getContext('2d')
            .getImageData(0, 0, 24, 16).data].filter((_, i) => i % 4 < 3)""")
        assert bytes(drawn) == PICTURE.image(PICTURE.run(marbles()).output).tobytes()


async def test_a_job_shows_how_its_training_went_and_a_private_one_says_why_not(tmp_path):
    node = busy_node(learnable(steps=96, segment=8))
    node.real.submitted(proof=ProofType.WITNESSED, reply_key=bytes([9]) + bytes(31))
    async with shown(tmp_path, node) as (tab, _):
        await visit(tab, "job/0")
        shown_last = await tab.wait_for("main", "after 96 steps")
        assert "on the first 512 examples" in shown_last
        await visit(tab, "job/4")
        await tab.wait_for("main", "Private: it is sealed to its client")
        await visit(tab, "job/1")
        assert "Result" not in await tab.evaluate(
            "[...document.querySelectorAll('h2')].map(one => one.innerText)"
        )


async def test_each_job_of_a_queue_has_its_probable_wait(tmp_path):
    node = busy_node()
    for _ in range(3):
        node.real.submitted()
    async with shown(tmp_path, node) as (tab, server):
        await visit(tab, "jobs")
        (lane,) = (await server.call("explorer_overview"))["lanes"]
        boxes = await tab.evaluate(
            "[...document.querySelectorAll('.box')].map(one => one.innerText.split('\\n')[1])"
        )
        assert boxes == [f"≈ {one['wait']:.1f} s" for one in lane["jobs"]]
        assert len(boxes) == lane["waiting"] > 0


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
