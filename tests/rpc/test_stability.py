"""The care for the supply, over RPC and as the command line prints it."""

from typing import Any

from cli.stability import status_row
from node.rpc.economy import EconomyNamespace
from node.rpc.runtime_api import TypedRuntime
from runtime.api import UnknownApi
from runtime.pallets.stability import Absorption, Outlook, Stable
from runtime.pallets.stability.records import Totals
from runtime.primitives.scale import encode
from runtime.primitives.types import UNIT
from tests.rpc.real_node import RealNode
from tests.rpc.support import serving

BEGINNING: dict[str, Any] = {
    "growth": None,
    "idleEras": 0,
    "isHolding": False,
    "ceiling": 150_000_000,
    "isAboveCeiling": False,
    "stable": None,
    "absorption": None,
    "reserveBurned": "0",
    "spent": "0",
    "bought": "0",
}


async def test_a_chain_begins_with_nothing_burned_nor_bought():
    async with serving(RealNode()) as server:
        found = await server.call("economy_stability")
    assert found == BEGINNING
    row = status_row(found)
    assert row["growth_in_30_eras"] == "not known yet"
    assert row["ceiling_of_treasury"] == "15.00 % of the supply"
    assert (row["stable_asset"], row["budget_left"]) == (None, None)


class OneAnswer:
    """A runtime in which the supply shrank, and a budget is under way."""

    def call(self, name: str, arguments: bytes, at: bytes) -> bytes:
        if name != "EconomyApi_stability":
            raise UnknownApi(name)
        totals = Totals(2 * UNIT, 5_000, UNIT)
        found = Outlook(
            -(10**7), 30, True, 10**9, False, Absorption(7_000, 900), Stable(4, 1), totals
        )
        return encode(found, Outlook)


async def test_a_budget_is_told_with_what_it_bought():
    found = EconomyNamespace(RealNode().chain, TypedRuntime(OneAnswer())).stability()
    assert (found.growth, found.idle_eras, found.is_holding) == (-(10**7), 30, True)
    assert (found.stable.asset, found.stable.feed) == (4, 1)
    assert (found.absorption.left, found.absorption.until) == ("7000", 900)
    assert (found.reserve_burned, found.spent, found.bought) == (str(2 * UNIT), "5000", str(UNIT))


def test_a_row_says_it_in_words():
    changed = BEGINNING | {
        "growth": -(10**7),
        "idleEras": 30,
        "isHolding": True,
        "stable": {"asset": 4, "feed": 1},
        "absorption": {"left": "7000000", "until": 900},
        "bought": str(UNIT),
    }
    row = status_row(changed)
    assert (row["growth_in_30_eras"], row["idle_eras"]) == ("-1.00 %", "30 of 30")
    assert (row["budget_left"], row["budget_until_block"]) == ("7,000,000 units", 900)
    assert (row["bought_and_burned"], row["only_small_spends"]) == ("1 AGPU", True)
