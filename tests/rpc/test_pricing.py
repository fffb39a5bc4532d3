"""Prices over RPC, on the real runtime: all markets, quotes, and how a price moved."""

import pytest

from cli.prices import market_row, quote_row
from runtime.compute.job import Market
from runtime.primitives.types import UNIT
from tests.rpc.clients import request
from tests.rpc.real_node import RealNode
from tests.rpc.support import serving


@pytest.fixture
async def node() -> RealNode:
    node = RealNode()
    node.real.register()
    return node


async def test_prices_of_markets_are_told_with_what_they_are_made_of(node):
    async with serving(node) as server:
        (market,) = await server.call("starminer_prices")
    whole = {"base": str(UNIT), "scarcity": "0", "surge": "0", "total": str(UNIT)}
    assert market == {
        "tier": 0,
        "region": 0,
        "isOpen": True,
        "price": whole,
        "basePrice": str(UNIT),
        "average": str(UNIT),
        "regionFactor": 10**9,
        "rating": str(node.real.runtime().pricing.rating(Market(0, 0))),
        "used": "0",
        "backlog": "0",
    }
    row = market_row(market)
    assert (row["price_per_cu"], row["open"]) == ("1 AGPU", True)


async def test_a_quote_is_what_a_job_would_lock_until_the_period_ends(node):
    async with serving(node) as server:
        quote = await server.call("starminer_quote", 0, 0, 3 * 10**6, "fast", 10**8)
    assert quote == {
        "service": "premium",
        "price": {
            "base": str(UNIT),
            "scarcity": "0",
            "surge": str(35 * UNIT // 100),
            "total": str(135 * UNIT // 100),
        },
        "fee": str(405 * UNIT // 100),
        "validUntil": 4,
        "takers": 0,
        "block": 1,
    }
    row = quote_row(quote)
    assert (row["service"], row["fee"], row["providers"]) == ("premium", "4.05 AGPU", 0)


async def test_req_32_a_quote_says_how_many_providers_may_have_the_job(node):
    async with serving(node) as server:
        plain = await server.call("starminer_quote", 0, 0, 1, "standard")
        fast = await server.call("starminer_quote", 0, 0, 1, "realtime")
    assert (plain["takers"], fast["takers"]) == (1, 0)


async def test_a_history_has_the_oldest_period_first(node):
    for _ in range(10):
        await node.build()
    async with serving(node) as server:
        points = await server.call("starminer_priceHistory", 0, 0)
        (last,) = await server.call("starminer_priceHistory", 0, 0, 1)
    assert [(point["period"], point["before"]) for point in points] == [
        (1, str(UNIT)),
        (2, points[0]["base"]),
    ]
    assert last == points[1]


@pytest.mark.parametrize(
    ("method", "arguments", "complaint"),
    [
        ("starminer_quote", (9, 0, 1), "wanted a market of this chain"),
        ("starminer_quote", (0, 0, 1, "fast", 10**9 + 1), "a tip of at most 10**9"),
        ("starminer_quote", (0, 0, -1), "wanted a units from 0"),
        ("starminer_quote", (256, 0, 1), "wanted a tier from 0 to 255, got 256"),
        ("starminer_quote", (0, 0, 1, "soon"), "soon"),
        ("starminer_priceHistory", (0, 0, 0), "wanted at least one period, got 0"),
    ],
)
async def test_what_makes_no_sense_is_refused(node, method, arguments, complaint):
    async with serving(node) as server:
        error = (await server.post(request(method, *arguments)))["error"]
    assert error["code"] == -32602
    assert complaint in error["message"] + str(error.get("data"))
