"""The explorer's pages in a real browser, over a node on the real runtime with traffic."""

import pytest

from runtime.compute.job import ProofType
from runtime.compute.rendering import Rendering
from runtime.pallets.disputes import Content
from runtime.primitives.ss58 import encode_ss58
from tests.explorer.browser import CHROMIUM, Tab
from tests.explorer.shown import shown
from tests.explorer.support import ExplorerNode, busy_node, nominate, small_spend, stake, trade
from tests.explorer.visits import AT_REST, AXE, AXE_MISSING, complaints, tiles, visit
from tests.runtime_compute.scenes import marbles
from tests.runtime_compute.trainings import learnable
from tests.support.needs import CHROMIUM_MISSING, missing, needs

pytestmark = needs(CHROMIUM, CHROMIUM_MISSING)

LAGS = "Blocks from the last final one to each new best one"

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
        missing(AXE_MISSING)
    node = busy_node((PICTURE, marbles()), learnable(steps=96, segment=8))
    stake(node)
    trade(node)
    nominate(node)
    node.real.act(node.real.client, "Disputes", "dispute_segment", 2, 0, Content.OUTPUT)
    for _ in range(3):
        node.real.submitted()
    async with shown(tmp_path, node) as (tab, server):
        await tab.show_as(width, theme=theme)
        wrong = {}
        proven = {row["kind"]: row for row in (await server.call("explorer_receipts"))["rows"]}
        assert set(proven) == {"opening", "shares"}
        receipts = [f"receipt/{row['block']}-{row['place']}" for row in proven.values()]
        for page in (*every_page(node), *receipts):
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
        node.pay()
        await tab.wait_for("[data-tile=lag]", "1 block")
        await the_line_of_lags_is(tab, "block 27: lag 1", "block 26: lag 3")


async def the_line_of_lags_is(tab: Tab, *newest_first: str) -> None:
    """Read the values of the chart of finality lag, as the arrow keys go back through them."""
    line = f'figure[data-chart="{LAGS}"] [role=img]'
    await tab.wait_for(f'figure[data-chart="{LAGS}"]', newest_first[0].partition(":")[0])
    await tab.evaluate(f"document.querySelector('{line}').focus()")
    said = []
    for _ in newest_first:
        label = await tab.evaluate(f"document.querySelector('{line}').getAttribute('aria-label')")
        said.append(label)
        await tab.press("ArrowLeft")
        await tab.resolved(AT_REST)
    assert said == [f"{LAGS}; {one}" for one in newest_first]
    assert await complaints(tab) == []


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
        parts = {one["key"]: int(one["value"]) for one in await server.call("params_list")}
        assert f"within {parts['HealthBand'] / 10**7:g} % of it" in await tab.text("main")


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


async def test_slots_of_validators_are_shown_epoch_by_epoch(tmp_path):
    node = ExplorerNode()
    for _ in range(3):
        node.real.pass_blocks(8)
        node.real.maker.slot += 2  # of the ten slots of an epoch
    node.real.pass_blocks(1)
    async with shown(tmp_path, node) as (tab, server):
        await visit(tab, "validators")
        epochs = (await server.call("explorer_validators"))["epochs"]
        assert [(one["epoch"], one["missed"]) for one in epochs] == [(3, 0), (2, 2), (1, 2), (0, 2)]
        cells = "[...document.querySelectorAll('.heat i')].map(one => [one.className, one.title])"
        assert await tab.evaluate(cells) == [
            ["lmixed", "epoch 0: 8 filled, 2 missed"],
            ["lmixed", "epoch 1: 8 filled, 2 missed"],
            ["lmixed", "epoch 2: 8 filled, 2 missed"],
            ["l4", "epoch 3: 1 filled, 0 missed"],
        ]
        assert (await tab.text("[data-table=Epochs]")).count(" 8 2 ") == 3
        assert (await tiles(tab))["empty"] == "6"


async def test_a_referendum_says_when_it_is_decided_and_a_provider_how_soon_it_starts(tmp_path):
    node = busy_node()
    node.real.act(node.real.maker.pairs[3], "Referenda", "submit", *small_spend(node))
    while not node.real.runtime().referenda.referendum_info_for[0].status.deciding:
        node.real.pass_blocks(10)
    provider = encode_ss58(node.real.provider.public, 42)
    async with shown(tmp_path, node) as (tab, server):
        await visit(tab, "governance")
        waits, decided = await server.call("explorer_referenda")
        left = decided["ends"] - node.chain.best.number
        row = await tab.text("[data-table=Referenda] tbody tr:nth-child(2)")
        assert f"in {left} blocks, about " in row
        assert (waits["state"], waits["ends"]) == ("without deposit", None)
        await visit(tab, f"provider/{provider}")
        found = await server.call("explorer_provider", provider)
        half, most = found["latency_p50"][1], found["record"]["latency_p95"][1]
        shown_latency = await tab.text('[data-table="Latency from assignment to start"]')
        assert f"standard {half} block" in shown_latency
        assert most == 0  # too few starts for it
        assert shown_latency.endswith("–")
