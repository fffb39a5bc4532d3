"""Scores, earnings and referrals over RPC, on the real runtime."""

import pytest

from cli.mining import earnings_row, score_row
from cli.referral import tree_row
from node.rpc.addresses import Addresses
from node.rpc.mining import MiningNamespace
from runtime.api import UnknownApi
from runtime.frame.earnings import Rule
from runtime.pallets.referral import Link, ReferredBy, Tree
from runtime.primitives.scale import encode
from runtime.primitives.ss58 import encode_ss58
from runtime.primitives.types import UNIT
from tests.rpc.clients import request
from tests.rpc.real_node import RealNode
from tests.rpc.support import serving

NOBODY = encode_ss58(bytes(range(32)), 42)
NOTHING = {"compute": 0, "stake": 0, "governance": 0, "infra": 0, "referral": 0}


@pytest.fixture
async def node() -> RealNode:
    return RealNode()


async def test_who_did_nothing_has_no_score_and_no_earnings_req_19(node):
    async with serving(node) as server:
        score = await server.call("mining_score", NOBODY)
        earnings = await server.call("earnings_get", NOBODY, 0)
        tree = await server.call("referral_tree", NOBODY)
    unclaimed = {"infra": "0", "governance": "0", "accuracy": "0"}
    assert score == {
        "epoch": 0,
        "isFinal": False,
        "score": 0,
        "parts": NOTHING,
        "claimable": unclaimed,
    }
    assert earnings == {"epoch": 0, "items": [], "total": "0"}
    assert tree == {"referrer": None, "sinceEra": None, "earned": "0", "referees": []}


async def test_what_a_job_paid_is_itemised_req_29(node):
    node.real.register()
    node.real.completed()
    provider = encode_ss58(node.real.provider.public, 42)
    async with serving(node) as server:
        found = [await server.call("earnings_get", provider, epoch) for epoch in range(40)]
    paid = [one for one in found if one["items"]]
    rules = {item["rule"] for one in paid for item in one["items"]}
    assert {Rule.JOB.name.lower(), Rule.WORK.name.lower()} <= rules
    for one in paid:
        assert int(one["total"]) == sum(int(item["amount"]) for item in one["items"])


@pytest.mark.parametrize(
    ("method", "arguments", "complaint"),
    [
        ("mining_score", ("nobody",), "wanted an SS58 address"),
        ("mining_score", (NOBODY, -1), "wanted an epoch from 0"),
        ("earnings_get", (NOBODY, 2**64), "wanted an epoch from 0"),
        ("referral_tree", ("0x00",), "wanted an SS58 address"),
    ],
)
async def test_what_makes_no_sense_is_refused(node, method, arguments, complaint):
    async with serving(node) as server:
        error = (await server.post(request(method, *arguments)))["error"]
    assert error["code"] == -32602
    assert complaint in error["message"] + str(error.get("data"))


class OneTree:
    """A runtime that knows one tree."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree

    def call(self, name: str, arguments: bytes, at: bytes) -> bytes:
        if name != "ReferralApi_tree":
            raise UnknownApi(name)
        return encode(self.tree, Tree)


async def test_a_tree_is_told_one_level_up_and_one_down(node):
    one, two, three = (bytes([number]) * 32 for number in (1, 2, 3))
    tree = Tree(Link(one, 4), 7 * UNIT, (ReferredBy(three, 9, True, UNIT, 2 * UNIT),))
    namespace = MiningNamespace(node.chain, OneTree(tree), Addresses(42))
    found = namespace.tree(encode_ss58(two, 42))
    assert (found.referrer, found.since_era) == (encode_ss58(one, 42), 4)
    assert [referee.account for referee in found.referees] == [encode_ss58(three, 42)]


def test_rows_are_what_people_read():
    score = {"epoch": 3, "isFinal": True, "score": 457_500_000, "parts": NOTHING | {"stake": 10**9}}
    row = score_row(score | {"claimable": {"infra": str(UNIT)}})
    assert (row["score"], row["stake"], row["claimable_infra"]) == ("45.75 %", "100.00 %", "1 AGPU")
    items = [{"rule": "job", "amount": str(2 * UNIT)}]
    row = earnings_row({"epoch": 3, "items": items, "total": str(2 * UNIT)})
    assert row == {"epoch": 3, "job": "2 AGPU", "total": "2 AGPU"}
    referee = {"account": "x", "sinceEra": 1, "isActive": False, "vesting": "0", "claimable": "0"}
    tree = {"referrer": "y", "sinceEra": 2, "earned": str(UNIT), "referees": [referee]}
    assert tree_row(tree)["earned"] == "1 AGPU"
    assert tree_row(tree)["referees"][0]["active"] is False
