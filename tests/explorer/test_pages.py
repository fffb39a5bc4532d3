"""The explorer's pages in a real browser, over a node on the real runtime with traffic."""

import pytest

from runtime.compute.job import ProofType
from runtime.compute.rendering import Rendering
from runtime.pallets.disputes import Content
from runtime.primitives.ss58 import encode_ss58
from tests.explorer.browser import CHROMIUM, Tab
from tests.explorer.shown import shown
from tests.explorer.support import ExplorerNode, busy_node, nominate, stake, trade
from tests.explorer.visits import AXE, AXE_MISSING, complaints, tiles, visit
from tests.runtime_compute.scenes import marbles
from tests.runtime_compute.trainings import learnable

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no chromium on PATH: apt-get install chromium"
)

PICTURE = Rendering(24, 16, 1, 1, 2, 3, 1, 2)


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


async def test_every_number_in_the_tables_of_home_is_what_the_blocks_say(tmp_path):
    async with shown(tmp_path, busy_node()) as (tab, server):
        await visit(tab, "")
        receipts = (await server.call("explorer_receipts", "", 200))["rows"]
        blocks = await cells_of(tab, "Newest blocks", (0, 4, 5))
        best = (await server.call("starminer_head"))["best"]["number"]
        assert len(blocks) == 20
        for place, (name, extrinsics, proven) in enumerate(blocks):
            assert name == f"#{best - place}"
            block_hash = await server.call("chain_getBlockHash", best - place)
            block = (await server.call("chain_getBlock", block_hash))["block"]
            carried = sum(row["block"] == best - place for row in receipts)
            assert (extrinsics, proven) == (
                str(len(block["extrinsics"])),
                f"{carried} ✓" if carried else "–",
            )
        jobs = await server.call("jobs_list", 8)
        assert await exact_of(tab, "Newest jobs") == [[one["price"]] for one in jobs]
        recent = await server.call("receipts_recent", 8)
        assert await exact_of(tab, "Newest receipts") == [[str(one["units"])] for one in recent]


async def cells_of(tab: Tab, table: str, columns: tuple[int, ...]) -> list[list[str]]:
    """Return what some cells of each row of a table show."""
    found: list[list[str]] = await tab.evaluate(
        f"""[...document.querySelectorAll('[data-table="{table}"] tbody tr')]
            .map(row => {list(columns)}.map(i => row.children[i].innerText.trim()))"""
    )
    return found


async def exact_of(tab: Tab, table: str) -> list[list[str]]:
    """Return the exact amounts in each row of a table."""
    found: list[list[str]] = await tab.evaluate(
        f"""[...document.querySelectorAll('[data-table="{table}"] tbody tr')]
            .map(row => [...row.querySelectorAll('[data-exact]')].map(one => one.dataset.exact))"""
    )
    return found


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
        causes = await server.call("economy_supply")
        terms = [*causes["minted"], *causes["burned"]]
        assert await exact_of(tab, "Causes") == [[term["amount"]] for term in terms]
        assert sum(int(term["amount"]) for term in causes["minted"]) == minted
        assert sum(int(term["amount"]) for term in causes["burned"]) == first + minted - now
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
