"""Blocks over the wire."""

from node.rpc.values import to_hex
from runtime.primitives.block import Block
from tests.rpc.support import FakeNode, growing_node, serving


async def test_a_header_has_a_hex_number_and_scale_digest_logs():
    node = FakeNode()
    block = node.grow(fork=b"xy")
    async with serving(node) as server:
        assert await server.call("chain_getHeader") == {
            "parentHash": to_hex(block.header.parent_hash),
            "number": "0x1",
            "stateRoot": to_hex(block.header.state_root),
            "extrinsicsRoot": to_hex(block.header.extrinsics_root),
            "digest": {"logs": ["0x00087879"]},
        }


async def test_an_unknown_header_is_an_explicit_null():
    async with serving() as server:
        reply = await server.post(
            {"jsonrpc": "2.0", "id": "a", "method": "chain_getHeader", "params": ["00" * 32]}
        )
        assert reply == {"jsonrpc": "2.0", "id": "a", "result": None}


async def test_extrinsics_of_a_block_have_their_length_in_front():
    node = FakeNode()
    block = node.grow((b"abc", bytes(64)))
    assert isinstance(block.block, Block)
    async with serving(node) as server:
        found = await server.call("chain_getBlock", to_hex(block.hash))
        assert found["block"]["extrinsics"] == ["0x0c616263", "0x0101" + "00" * 64]
        assert found["justifications"] is None


async def test_a_justification_is_its_engine_and_its_bytes_as_numbers():
    node = growing_node(1)
    node.finalize(node.blocks[1], b"\x01\xff")
    async with serving(node) as server:
        found = await server.call("chain_getBlock")
        assert found["justifications"] == [[[70, 82, 78, 75], [1, 255]]]


async def test_an_unknown_block_is_null():
    async with serving() as server:
        assert await server.call("chain_getBlock", "0x" + "11" * 32) is None


async def test_block_hashes_are_found_by_number_hex_list_and_nothing():
    node = growing_node(2)
    hashes = [to_hex(block.hash) for block in node.blocks]
    async with serving(node) as server:
        assert await server.call("chain_getBlockHash", 1) == hashes[1]
        assert await server.call("chain_getBlockHash", "0x2") == hashes[2]
        assert await server.call("chain_getBlockHash", [0, "0x1", 9]) == [*hashes[:2], None]
        assert await server.call("chain_getBlockHash", []) == []
        assert await server.call("chain_getBlockHash", 3) is None
        assert await server.call("chain_getBlockHash") == hashes[2]
        assert await server.call("chain_getHead", None) == hashes[2]


async def test_the_finalized_head_follows_finality():
    node = growing_node(2)
    node.finalize(node.blocks[1])
    async with serving(node) as server:
        assert await server.call("chain_getFinalizedHead") == to_hex(node.blocks[1].hash)
        assert await server.call("chain_getFinalisedHead") == to_hex(node.blocks[1].hash)


async def test_a_bad_block_number_is_refused_by_name():
    async with serving() as server:
        assert await server.call("chain_getBlockHash", "zz") == (
            -32602,
            "Invalid params: hashOrList: wanted a block number, got 'zz'",
            None,
        )
        code, message, _ = await server.call("chain_getBlockHash", 1 << 32)
        assert (code, message) == (
            -32602,
            "Invalid params: hashOrList: wanted a block number of 32 bits, got 4294967296",
        )
        code, message, _ = await server.call("chain_getBlockHash", [0] * 1025)
        assert message == "Invalid params: hashOrList: wanted at most 1024 block numbers, got 1025"
