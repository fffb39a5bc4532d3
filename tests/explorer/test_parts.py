"""Parts that pages share: the banner of what is old, and cells that say their value."""

from dataclasses import replace
from pathlib import Path

import pytest

from node.rpc.api import Backend
from tests.explorer.browser import CHROMIUM
from tests.explorer.shown import shown
from tests.explorer.support import ExplorerNode
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
