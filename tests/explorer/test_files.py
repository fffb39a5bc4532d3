"""Files of lists that pages show in parts: they hold all of the list, as the guide promises."""

import csv

import pytest

from node.explorer.economy import EconomyNamespace
from runtime.frame.fungibles import AMAX, WithId
from runtime.pallets.treasury import Native
from runtime.pallets.treasury.types import PENDING, SpendStatus
from runtime.primitives.types import UNIT
from tests.explorer.browser import CHROMIUM
from tests.explorer.shown import shown
from tests.explorer.support import ExplorerNode, busy_node, indexed
from tests.explorer.test_use import file_of
from tests.explorer.visits import visit
from tests.rpc.support import serving

in_a_browser = pytest.mark.skipif(
    CHROMIUM is None, reason="no chromium on PATH: apt-get install chromium"
)

KEPT = [6, 5, 3, 2, 0]
"""Spends of which others are over and gone, the newest first."""
OF = {6: Native(), 5: AMAX, 3: WithId(7)}
"""What some of them are of; all others are of AGPU too."""


def let_spend(node: ExplorerNode) -> None:
    """Put spends into the best block as the explorer sees it, which would take referenda."""
    (economy,) = [one for one in node.explorer.namespaces if isinstance(one, EconomyNamespace)]
    treasury = economy._decoder.best().runtime.treasury
    who = node.real.client.public
    for index in KEPT:
        kind = OF.get(index, Native())
        treasury.spends[index] = SpendStatus(kind, UNIT, who, 1, 100, PENDING)
    treasury.spend_count = KEPT[0] + 1


async def test_spends_that_are_gone_leave_the_way_to_the_older_ones(monkeypatch):
    monkeypatch.setattr("node.explorer.economy.SPENDS_LISTED", 2)
    node = busy_node()
    seen, below = [], None
    async with serving(node) as server:
        await indexed(server)  # while it reads blocks, the explorer forgets the best one
        let_spend(node)
        for following in (5, 2, None):
            page = await server.call("explorer_treasury", below)
            seen += [one["index"] for one in page["spends"]]
            below = page["next"]
            assert below == following
    assert seen == KEPT


@in_a_browser
async def test_files_of_a_block_and_of_spends_hold_what_the_page_shows_in_parts(
    tmp_path, monkeypatch
):
    monkeypatch.setattr("node.explorer.economy.SPENDS_LISTED", 2)
    monkeypatch.setattr("node.explorer.blocks.MAX_ROWS", 3)
    node = busy_node()
    async with shown(tmp_path, node) as (tab, _):
        await visit(tab, "block/1?events=3")
        shown_rows = "document.querySelectorAll('[data-table=Events] tbody tr').length"
        assert await tab.evaluate(shown_rows) == 3
        _, *events = csv.reader((await file_of(tab, "Events")).splitlines())
        assert [row[0] for row in events] == [f"1-{place}" for place in range(8)]
        _, *extrinsics = csv.reader((await file_of(tab, "Extrinsics")).splitlines())
        assert [row[0] for row in extrinsics] == ["1-0", "1-1"]
        let_spend(node)
        await visit(tab, "treasury")
        _, *spends = csv.reader((await file_of(tab, "Spends")).splitlines())
        assert [int(row[0]) for row in spends] == KEPT
        assert [row[4] for row in spends] == ["AGPU", "AMAX", "7", "AGPU", "AGPU"]
        cells = "[...document.querySelectorAll('[data-table=Spends] tbody td:nth-child(4)')]"
        amounts = f"{cells}.map((one) => one.textContent)"
        assert await tab.evaluate(amounts) == ["1 AGPU", "1 AMAX"]
