"""Vaults over RPC, on the real runtime: all of them, and what an account has in them."""

import pytest

from cli.vault import kind_words, position_row, vault_row
from runtime.compute.job import JobClass, Market
from runtime.pallets.vaults import AGPU, Insurance, OfMarket, OfProvider, OfTask
from runtime.primitives.types import UNIT
from tests.rpc.real_node import RealNode
from tests.rpc.support import serving

TASK = OfTask(JobClass.INFERENCE)


@pytest.fixture
async def node() -> RealNode:
    """A node whose second account made four vaults and joined one of them."""
    node = RealNode()
    maker, who = node.real.maker, node.real.maker.pairs[1]
    kinds = (OfMarket(Market(0, 0)), TASK, OfProvider(who.public), Insurance())
    commissions = (None, None, 10**8, None)
    calls = [
        *(maker.call("Vaults", "create", *one) for one in zip(kinds, commissions, strict=True)),
        maker.call("Vaults", "join", 0, AGPU, 100 * UNIT, 364),
    ]
    node.real.grow(*(maker.sign(who, call, nonce) for nonce, call in enumerate(calls)))
    return node


def address_of(node: RealNode) -> str:
    return "0x" + node.real.maker.pairs[1].public.hex()


async def test_vaults_are_listed_with_what_is_in_them(node):
    async with serving(node) as server:
        listed = await server.call("vault_list")
    assert [one["kind"] for one in listed] == [
        {"of": "market", "tier": 0, "region": 0},
        {"of": "task", "task": "inference"},
        {"of": "provider", "provider": listed[2]["kind"]["provider"]},
        {"of": "insurance"},
    ]
    assert listed[0] == {
        "id": 0,
        "kind": {"of": "market", "tier": 0, "region": 0},
        "commission": 0,
        "members": 1,
        "stake": str(100 * UNIT),
        "weight": "0",
        "unclaimed": "0",
        "assets": [],
    }
    row = vault_row(listed[2])
    assert (row["commission"], row["for"]) == ("10.00 %", kind_words(listed[2]["kind"]))
    assert kind_words(TASK_JSON) == "task:inference"


async def test_the_positions_of_an_account_are_told(node):
    async with serving(node) as server:
        positions = await server.call("vault_positions", address_of(node))
        nobody = await server.call("vault_positions", "0x" + bytes(32).hex())
    assert nobody == []
    points = 100 * UNIT - 10**6
    assert positions == [
        {
            "vault": 0,
            "kind": {"of": "market", "tier": 0, "region": 0},
            "points": str(points),
            "stake": str(points),
            "weight": "0",
            "weightJoining": str(2 * points),
            "level": 0,
            "lock": 364,
            "lockedUntil": 364,
            "claimable": "0",
            "unbonding": [],
            "assets": [],
        }
    ]
    row = position_row(positions[0])
    assert (row["for"], row["weight_from_next_epoch"]) == ("market:0/0", "199.999998 AGPU")


async def test_claims_on_insurance_are_told(node):
    async with serving(node) as server:
        found = await server.call("vault_claims")
    assert found == {"collected": "0", "claims": [], "uncollected": []}


TASK_JSON = {"of": "task", "task": "inference"}
