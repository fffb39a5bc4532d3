"""What the chain knows of a provider, over RPC, on the real runtime."""

import pytest

from runtime.primitives.types import UNIT
from tests.rpc.clients import request
from tests.rpc.real_node import RealNode
from tests.rpc.support import serving

BILLION = 10**9


@pytest.fixture
async def node() -> RealNode:
    node = RealNode()
    node.real.register()
    return node


def beat(node: RealNode, energy_wh: int) -> None:
    """Let the provider give a heartbeat."""
    maker, who = node.real.maker, node.real.provider
    call = maker.call("Providers", "heartbeat", bytes(32), energy_wh)
    nonce = node.real.runtime().system.nonce(who.public)
    node.real.grow(maker.sign(who, call, nonce))


async def test_a_report_says_how_a_provider_stands_and_what_it_showed(node):
    who = node.real.provider.public
    beat(node, 25)
    async with serving(node) as server:
        found = await server.call("provider_report", "0x" + who.hex())
    record = node.real.runtime().providers.providers[who]
    (epoch,) = found.pop("telemetry")
    assert (found["state"], found["bond"]) == ("active", str(record.bond))
    assert (found["bondNeeded"], found["shortSince"]) == (str(100 * UNIT), None)
    assert (found["reputation"], found["uptime"]) == (BILLION // 2, BILLION)
    assert (found["reliability"], found["performance"]) == (BILLION, 3 * BILLION // 4)
    assert (found["certified"], found["latencyP95"]) == (["batch", "standard"], [0, 0, 0, 0])
    assert (found["operator"], found["isPremium"], found["attestation"]) == (None, False, 0)
    assert (epoch["beats"], epoch["energyWh"], epoch["workPerKwh"]) == (1, 25, 0)


async def test_who_is_no_provider_has_no_report(node):
    async with serving(node) as server:
        assert await server.call("provider_report", "0x" + bytes(32).hex()) is None
        assert await server.call("provider_jobEnergy", 7) == []
        answers = [
            await server.post(request("provider_report", "nobody")),
            await server.post(request("provider_jobEnergy", -1)),
        ]
    assert [one["error"]["code"] for one in answers] == [-32602, -32602]


async def test_the_energy_of_a_paid_job_is_its_part_of_what_was_reported(node):
    job = node.real.completed()
    beat(node, 40)
    async with serving(node) as server:
        found = await server.call("provider_jobEnergy", job)
    units = node.real.runtime().jobs.segments[job, 0].units
    (segment,) = found
    assert (segment["segment"], segment["units"], segment["co2eMg"]) == (0, units, None)
    assert 0 < segment["energyMwh"] <= 40_000
