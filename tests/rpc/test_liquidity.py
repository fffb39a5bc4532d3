"""Pools over RPC, on the real runtime: what there is, what swaps give, what shares earn."""

import pytest

from cli.pool import pool_row, share_row
from runtime.frame.fungibles import NATIVE, WithId
from runtime.primitives.extrinsic import Id
from runtime.primitives.types import UNIT
from tests.rpc.clients import request
from tests.rpc.real_node import RealNode
from tests.rpc.support import serving

PAIR = (NATIVE, WithId(1))


@pytest.fixture
async def node() -> RealNode:
    """A node whose second account issued asset 1 and pooled some of it with AGPU."""
    node = RealNode()
    maker, who = node.real.maker, node.real.maker.pairs[1]
    one, amounts = Id(who.public), (100 * UNIT, 10**8, 0, 0)
    calls = [
        maker.call("Assets", "create", 1, one, 1),
        maker.call("Assets", "mint", 1, one, 10**9),
        maker.call("AssetConversion", "create_pool", *PAIR),
        maker.call("AssetConversion", "add_liquidity", *PAIR, *amounts, who.public),
    ]
    node.real.grow(*(maker.sign(who, call, nonce) for nonce, call in enumerate(calls)))
    return node


def address_of(node: RealNode) -> str:
    return "0x" + node.real.maker.pairs[1].public.hex()


async def test_pools_are_listed_with_their_prices(node):
    async with serving(node) as server:
        (pool,) = await server.call("liquidity_pools")
    assert pool == {
        "asset": 1,
        "sharesAsset": 0,
        "account": pool["account"],
        "agpu": str(100 * UNIT),
        "other": str(10**8),
        "shares": str(10**11),
        "price": str(10**24),
        "average": None,
        "toTreasury": "0",
    }
    row = pool_row(pool)
    assert (row["agpu"], row["agpu_per_million"], row["average_of_a_day"]) == (
        "100 AGPU",
        "1",
        None,
    )
    mine = share_row(pool, 10**10, None)
    assert (mine["agpu"], mine["units"], mine["staked"]) == ("10 AGPU", 10**7, 0)


async def test_swaps_are_quoted_along_paths(node):
    async with serving(node) as server:
        given = await server.call("liquidity_quote", ["AGPU", 1], str(UNIT))
        wanted = await server.call("liquidity_quote", ["AGPU", 1], given, True)
        nothing = await server.call("liquidity_quote", ["AGPU", 2], str(UNIT))
    assert (given, nothing) == ("987158", None)
    assert int(wanted) <= UNIT


async def test_what_an_account_has_is_told(node):
    async with serving(node) as server:
        balances = await server.call("liquidity_balances", address_of(node))
        stakes = await server.call("liquidity_rewards", address_of(node))
    assert (balances, stakes) == ([{"asset": 1, "balance": str(9 * 10**8)}], [])


async def test_what_is_no_path_or_amount_is_refused(node):
    async with serving(node) as server:
        for path, amount, words in (
            (["DOT", 1], "1", "path: wanted \"AGPU\" or the id of an asset, got 'DOT'"),
            (["AGPU", -1], "1", 'path: wanted "AGPU" or the id of an asset, got -1'),
            (["AGPU", 1], "x", "amount: wanted a decimal number below 2^128, got 'x'"),
        ):
            asked = request("liquidity_quote", path, amount)
            error = (await server.post(asked))["error"]
            assert (error["code"], words in error["message"]) == (-32602, True), error
