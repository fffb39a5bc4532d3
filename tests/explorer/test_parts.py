"""Parts that pages share: the banner of what is old, and cells that say their value."""

from dataclasses import replace
from pathlib import Path

import pytest

from node.rpc.api import Backend
from runtime.primitives.ss58 import encode_ss58
from tests.explorer.browser import CHROMIUM
from tests.explorer.shown import shown
from tests.explorer.support import ExplorerNode, busy_node
from tests.explorer.visits import visit
from tests.rpc.fake_development import FakeDevelopment
from tests.rpc.support import FakeNode

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no chromium on PATH: apt-get install chromium"
)

A_MINUTE_LATER = "const real = Date.now; Date.now = () => real() + 60_000;"


class OnCall(ExplorerNode):
    """A node whose blocks are called."""

    def backend(self) -> Backend:
        return replace(super().backend(), miner=FakeDevelopment(FakeNode()))


async def silent(tmp_path: Path, node: ExplorerNode) -> tuple[str, str]:
    """Return what the banner says, and speaks, when nothing came for a minute."""
    async with shown(tmp_path, node) as (tab, _):
        await visit(tab, "")
        assert await tab.text("#banner") == ""
        await tab.run(A_MINUTE_LATER)
        await tab.run("""window.ticks = 0; setInterval(() => { window.ticks += 1; }, 1000);""")
        await tab.resolved("""new Promise((done) => {
            const look = () => (window.ticks > 1 ? done(1) : requestAnimationFrame(look));
            look();
        })""")
        return await tab.text("#banner"), await tab.text("#banner [role=alert]")


async def test_a_silent_chain_is_told_once_and_the_seconds_are_not_spoken(tmp_path):
    node = ExplorerNode()
    node.pay()
    told, spoken = await silent(tmp_path, node)
    assert spoken == "No news: the chain stands still, or this node is cut off."
    assert told.startswith(f"{spoken} The last came 6")


async def test_where_blocks_are_called_an_idle_chain_is_as_it_should_be(tmp_path):
    node = OnCall()
    node.pay()
    assert await silent(tmp_path, node) == ("", "")


UPTIME = "[data-chart^='Uptime of its heartbeats']"
PROVEN = "[data-chart^='Blocks with its work']"


async def test_uptime_is_shown_by_epoch_and_each_cell_says_its_value(tmp_path):
    node = busy_node()
    node.real.act(node.real.provider, "Providers", "heartbeat", bytes(32), 5)
    node.real.pass_blocks(10)  # an epoch, in which nothing is heard
    provider = encode_ss58(node.real.provider.public, 42)
    async with shown(tmp_path, node) as (tab, server):
        await visit(tab, f"provider/{provider}")
        epoch = (await server.call("explorer_provider", provider))["epoch"]
        rows = (await server.call("provider_report", provider))["telemetry"]
        known = {row["epoch"]: row for row in rows}
        wanted = []
        for one in range(epoch + 1):
            row, said = known.get(one), "nothing was heard of it"
            if one < min(known):
                said = "nothing is kept"
            elif row is not None:
                beats = f"{row['beats']} heartbeat{'' if row['beats'] == 1 else 's'}"
                said = f"{row['uptime'] / 10**7:.2f} %, {beats}"
                said = said if row["uptime"] else "no heartbeat, only proven work"
            wanted.append(f"epoch {one}: {said}")
        named = "[...document.querySelectorAll('%s [role=cell]')].map((one) => one.ariaLabel)"
        assert await tab.evaluate(named.replace("%s", UPTIME.replace("'", '"'))) == wanted
        assert any("1 heartbeat" in one for one in wanted)
        assert wanted[-1].endswith("nothing was heard of it")
        # what a finger taps, and where the arrow keys go from there
        await tab.run(f"""document.querySelector("{PROVEN} i:nth-of-type(5)")
            .dispatchEvent(new PointerEvent("pointerdown", {{bubbles: true}}));""")
        await tab.wait_for(f"{PROVEN} .said", ", 04:00: ")
        await tab.evaluate(f"""document.querySelector("{PROVEN} [tabindex]").focus()""")
        await tab.press("ArrowRight")
        await tab.wait_for(f"{PROVEN} .said", ", 05:00: ")
