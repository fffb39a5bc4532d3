"""AMAX over RPC, on the real runtime."""

import pytest

from node.rpc.addresses import Addresses
from node.rpc.amax import AmaxNamespace
from runtime.api import UnknownApi
from runtime.pallets.amax_distribution import Parts
from runtime.primitives.scale import encode
from runtime.primitives.ss58 import encode_ss58
from runtime.primitives.types import UNIT
from tests.rpc.clients import request
from tests.rpc.real_node import RealNode
from tests.rpc.support import serving

NOBODY = encode_ss58(bytes(range(32)), 42)


@pytest.fixture
async def node() -> RealNode:
    return RealNode()


async def test_the_status_tells_what_there_is_and_may_be(node):
    async with serving(node) as server:
        found = await server.call("amax_status")
    runtime = node.real.runtime()
    assert found == {
        "cap": str(100_000_000 * UNIT),
        "issuance": str(runtime.amax.total_issuance),
        "minted": "0",
        "lastEpoch": None,
        "lastBudget": "0",
        "claimableEpochs": 0,
    }


async def test_a_closed_epoch_is_told_with_what_one_provider_can_claim_of_it(node):
    real = node.real
    real.register()
    epoch = real.runtime().babe.current_epoch()
    real.include(batches=(real.batch(12),))
    provider = encode_ss58(real.provider.public, 42)
    async with serving(node) as server:
        while real.runtime().emission.next_to_close <= epoch:
            real.grow()
        status = await server.call("amax_status")
        found = await server.call("amax_claimable", provider)
    assert status["lastEpoch"] == epoch
    assert status["claimableEpochs"] == len(list(real.runtime().amax_distribution.epochs.items()))
    due = real.runtime().amax_distribution.claimable(real.provider.public)
    assert int(found["capacity"]) == int(found["total"]) == due.capacity > 0
    assert [found[other] for other in ("accuracy", "participation", "infra")] == ["0"] * 3


class OneAnswer:
    """A runtime that says what an account can claim."""

    def call(self, name: str, arguments: bytes, at: bytes) -> bytes:
        if name != "AmaxApi_claimable":
            raise UnknownApi(name)
        return encode(Parts(4 * UNIT, 3 * UNIT, 2 * UNIT, UNIT), Parts)


async def test_what_can_be_claimed_is_told_by_dimension(node):
    namespace = AmaxNamespace(node.chain, OneAnswer(), Addresses(42))
    found = namespace.claimable(NOBODY)
    told = (found.capacity, found.accuracy, found.participation, found.infra, found.total)
    assert told == tuple(str(amount * UNIT) for amount in (4, 3, 2, 1, 10))


@pytest.mark.parametrize("account", ["nobody", "0x00"])
async def test_what_is_no_account_is_refused(node, account):
    async with serving(node) as server:
        error = (await server.post(request("amax_claimable", account)))["error"]
    assert error["code"] == -32602
    assert "wanted an SS58 address" in error["message"] + str(error.get("data"))
