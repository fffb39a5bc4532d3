"""Queues and contracts over RPC, on the real runtime."""

import pytest

from runtime.pallets.jobs import Conditions
from tests.rpc.clients import request
from tests.rpc.real_node import RealNode
from tests.rpc.support import serving


@pytest.fixture
async def node() -> RealNode:
    return RealNode()


def by(node: RealNode, conditions: Conditions) -> int:
    """Let a client order a job on conditions, in a block of its own."""
    real = node.real
    real.act(real.client, "Jobs", "order_job", real.order(), None, 0, conditions)
    following: int = real.runtime().jobs.next_job_id
    return following - 1


async def test_a_queue_shows_what_waits_in_its_order(node):
    first = by(node, Conditions())
    second = by(node, Conditions(regions=(1,)))
    async with serving(node) as server:
        queue = await server.call("market_queue", 0, 0)
    waiting = queue.pop("waiting")
    assert [(one["job"], one["mayMove"]) for one in waiting] == [(first, False), (second, True)]
    assert waiting[0]["service"] == "standard"
    assert queue == {
        "tier": 0,
        "region": 0,
        "idle": 0,
        "running": "0",
        "load": 0,
        "isOverloaded": False,
        "queueLimit": 64,
        "loadLimit": 10**9,
        "waitLimit": 50,
    }


async def test_req_d3_a_contract_says_what_was_agreed_on(node):
    denied = bytes([9]) * 32
    job = by(node, Conditions(regions=(1, 2), denied=(denied,)))
    async with serving(node) as server:
        contract = await server.call("jobs_trace", f"0x{job:016x}")
    record = node.real.runtime().jobs.jobs[job]
    assert contract["client"] == contract["payer"]
    assert (contract["state"], contract["provider"], contract["price"]) == ("queued", None, None)
    assert contract["limit"] == str(record.prepaid)
    assert (contract["regions"], len(contract["denied"])) == ([1, 2], 1)
    assert (contract["dueBlock"], contract["deadline"]) == (record.deadline + 1, record.deadline)
    assert contract["steps"] == [{"state": "queued", "block": record.submitted_at}]


@pytest.mark.parametrize(
    ("method", "arguments", "complaint"),
    [
        ("market_queue", (9, 0), "wanted a market of this chain, got tier 9, region 0"),
        ("market_queue", (0, 256), "wanted a region from 0 to 255, got 256"),
        ("jobs_trace", ("0x" + "ff" * 9,), "wanted the number of a job, got 0xff"),
    ],
)
async def test_what_cannot_be_asked_is_refused(node, method, arguments, complaint):
    async with serving(node) as server:
        error = (await server.post(request(method, *arguments)))["error"]
    assert error["code"] == -32602
    assert complaint in error["message"]


async def test_an_unknown_job_has_no_contract(node):
    async with serving(node) as server:
        assert await server.call("jobs_trace", "0x63") is None
