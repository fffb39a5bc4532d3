"""Tokenised assets over RPC, on the real runtime: what an issuer registered."""

from cli.rwa import long_row
from runtime.pallets.oracle import Feed
from runtime.pallets.rwa import AssetKind, Meta
from runtime.primitives.extrinsic import Id
from runtime.primitives.types import UNIT
from tests.rpc.real_node import RealNode
from tests.rpc.support import serving

META = Meta(900, AssetKind.ENERGY_CREDIT, 2, 1, 2, bytes([7]) * 32)


async def test_registered_assets_are_listed() -> None:
    node = RealNode(feeds=(Feed(b"agpu/usd", 6), Feed(b"energy", 3), Feed(b"reserve", 0)))
    maker = node.real.maker
    _, issuer, friend, *_ = maker.pairs
    lend = maker.call("Balances", "transfer_keep_alive", Id(issuer.public), 500 * UNIT)
    register = maker.call("Rwa", "register_rwa", META, 1_000 * UNIT)
    node.real.grow(maker.sign(friend, lend, 0), maker.sign(issuer, register, 0))
    async with serving(node) as server:
        (found,) = await server.call("rwa_list")
    assert found == {
        "asset": 900,
        "issuer": found["issuer"],
        "bond": str(1_000 * UNIT),
        "kind": "energy_credit",
        "decimals": 2,
        "feed": 1,
        "reserveFeed": 2,
        "haircut": 500_000_000,
        "cap": "0",
        "issued": "0",
        "reserve": None,
        "status": "registered",
        "frozenUntil": 0,
        "legalHash": "0x" + "07" * 32,
        "tokenPrice": "0",
        "tokenValue": "0",
    }
    row = long_row(found, {1: "energy", 2: "reserve"})
    assert (row["kind"], row["feed"], row["reserve_feed"]) == ("energy-credit", "energy", "reserve")
