"""The provider namespace: what the worker of this node does, for its operator alone."""

from node.rpc.registry import MethodPolicy
from tests.rpc.support import ALICE_SS58, FakeKeystore, FakeNode, serving


async def test_a_worker_says_what_it_does() -> None:
    async with serving(FakeNode(FakeKeystore())) as server:
        assert await server.call("provider_status") == {
            "account": ALICE_SS58,
            "mode": "working",
            "fault": "",
            "isWithdrawn": False,
            "device": "NVIDIA H200",
            "gpuOff": "",
            "memoryBytes": 2 << 30,
            "slots": 1,
            "running": [{"kind": "matmul", "seconds": 1.2}],
            "openSegments": 2,
            "finalBlock": 7,
        }


async def test_a_mode_is_set_and_an_unknown_one_refused() -> None:
    async with serving(FakeNode(FakeKeystore())) as server:
        assert await server.call("provider_setMode", "draining") == "draining"
        assert (await server.call("provider_status"))["mode"] == "draining"
        code, message, _ = await server.call("provider_setMode", "asleep")
        told = "Invalid params: wanted working, draining, paused, got 'asleep'"
        assert (code, message) == (-32602, told)


async def test_strangers_neither_ask_nor_order() -> None:
    async with serving(FakeNode(FakeKeystore()), methods=MethodPolicy.SAFE) as server:
        assert (await server.call("provider_status"))[0] == -32601
        assert (await server.call("provider_setMode", "paused"))[0] == -32601


async def test_a_node_without_a_worker_has_no_such_methods() -> None:
    async with serving(FakeNode()) as server:
        assert (await server.call("provider_status"))[0] == -32601
