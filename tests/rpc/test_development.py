"""The methods that development chains alone have."""

from node.rpc.registry import MethodPolicy
from tests.rpc.fake_development import DevelopmentNode
from tests.rpc.support import FakeNode, hexed, serving


async def test_blocks_are_called() -> None:
    node = DevelopmentNode()
    async with serving(node) as server:
        number = node.chain.best.number
        mined = await server.call("dev_mine", 3)
        assert mined == {"number": number + 3, "hash": hexed(node.chain.best.hash)}
        assert (await server.call("dev_mine"))["number"] == number + 4
        assert (await server.call("dev_warp", 1000))["number"] == number + 4
        assert node.dev.warped == [1000]


async def test_what_cannot_be_is_told() -> None:
    async with serving(DevelopmentNode()) as server:
        told = "Invalid params: blocks: wanted 1 to 1000, got 0"
        assert (await server.call("dev_mine", 0))[:2] == (-32602, told)
        assert await server.call("dev_warp", 1001) == (
            4003,
            "No block",
            "wanted at most 1 slot, got 2",
        )


async def test_peers_are_kept_away_and_back_again() -> None:
    node = DevelopmentNode()
    async with serving(node) as server:
        assert await server.call("dev_isolate", ["one", "two"]) is None
        assert node.dev.isolated == ["one", "two"]
        await server.call("dev_isolate", [])
        assert node.dev.isolated == []
        assert (await server.call("dev_isolate", ["x"] * 257))[0] == -32602


async def test_strangers_may_do_none_of_it_and_other_nodes_have_none_of_it() -> None:
    methods = (("dev_mine", 1), ("dev_warp", 1), ("dev_isolate", []))
    async with serving(DevelopmentNode(), methods=MethodPolicy.SAFE) as server:
        assert [(await server.call(*one))[0] for one in methods] == [-32601] * 3
    async with serving(FakeNode()) as server:
        assert [(await server.call(*one))[1] for one in methods] == ["Method not found"] * 3
