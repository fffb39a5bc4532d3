"""Storage over the wire."""

from hashlib import blake2b

import pytest

from node.rpc.registry import MethodPolicy
from node.rpc.values import to_hex
from runtime.state.proof import BadProof, verify_read, verify_reads
from tests.rpc.support import METADATA, FakeNode, growing_node, serving


@pytest.fixture
def node() -> FakeNode:
    node = FakeNode()
    node.grow(changes={b"pet/%02d" % number: b"v%d" % number for number in range(20)})
    node.grow(changes={b"pet/01": b"changed", b"pet/02": None, b"long": b"x" * 100})
    return node


async def test_a_value_is_hex_and_a_missing_one_is_null(node):
    async with serving(node) as server:
        key = to_hex(b"pet/01")
        old = to_hex(node.blocks[1].hash)
        assert await server.call("state_getStorage", key) == to_hex(b"changed")
        assert await server.call("state_getStorage", key[2:]) == to_hex(b"changed")
        assert await server.call("state_getStorageAt", key, old) == to_hex(b"v1")
        assert await server.call("state_getStorage", to_hex(b"pet/02")) is None
        assert await server.call("state_getStorage", "") is None


async def test_size_and_hash_of_a_value(node):
    async with serving(node) as server:
        long = to_hex(b"long")
        assert await server.call("state_getStorageSize", long) == 100
        digest = to_hex(blake2b(b"x" * 100, digest_size=32).digest())
        assert await server.call("state_getStorageHash", long) == digest
        assert await server.call("state_getStorageSize", to_hex(b"none")) is None
        assert await server.call("state_getStorageHash", to_hex(b"none")) is None
        assert await server.call("state_getStorageSize", to_hex(b"pet/1")) == 30


async def test_keys_come_in_pages(node):
    async with serving(node) as server:
        prefix = to_hex(b"pet/")
        keys = [to_hex(b"pet/%02d" % number) for number in range(20) if number != 2]
        assert await server.call("state_getKeys", prefix) == keys
        first = await server.call("state_getKeysPaged", prefix, 10)
        assert first == keys[:10]
        assert await server.call("state_getKeysPaged", prefix, 10, first[-1]) == keys[10:]
        assert await server.call("state_getKeysPaged", prefix, 1, None, None) == keys[:1]
        assert await server.call("state_getKeysPaged", prefix, 1001) == (
            4002,
            "count exceeds maximum value. value: 1001, max: 1000",
            None,
        )


async def test_too_many_keys_at_once_are_refused():
    node = FakeNode()
    node.grow(changes={b"many/%05d" % number: b"v" for number in range(10_001)})
    async with serving(node) as server:
        code, message, _ = await server.call("state_getKeys", to_hex(b"many"))
        assert code == 4002
        assert "use state_getKeysPaged" in message


async def test_pairs_are_for_the_operator(node):
    async with serving(node) as server:
        assert await server.call("state_getPairs", to_hex(b"long")) == [
            [to_hex(b"long"), to_hex(b"x" * 100)]
        ]
    async with serving(node, methods=MethodPolicy.SAFE) as server:
        assert (await server.call("state_getPairs", "0x"))[0] == -32601


async def test_several_values_are_queried_at_once(node):
    async with serving(node) as server:
        keys = [to_hex(b"pet/01"), to_hex(b"pet/02")]
        assert await server.call("state_queryStorageAt", keys) == [
            {
                "block": to_hex(node.blocks[2].hash),
                "changes": [[keys[0], to_hex(b"changed")], [keys[1], None]],
            }
        ]


async def test_changes_are_queried_over_a_range(node):
    keys = [to_hex(b"pet/01"), to_hex(b"pet/03")]
    one, two = (to_hex(block.hash) for block in node.blocks[1:])
    async with serving(node) as server:
        assert await server.call("state_queryStorage", keys, one) == [
            {"block": one, "changes": [[keys[0], to_hex(b"v1")], [keys[1], to_hex(b"v3")]]},
            {"block": two, "changes": [[keys[0], to_hex(b"changed")]]},
        ]
        assert (await server.call("state_queryStorage", keys, two, one))[0] == 4001


async def test_a_range_across_a_fork_is_refused(node):
    fork = node.grow(parent=node.blocks[0], fork=b"other", is_best=False)
    async with serving(node) as server:
        found = await server.call("state_queryStorage", ["0x00"], to_hex(fork.hash))
        assert found[0] == 4001
        assert "not an ancestor" in found[1]


async def test_a_read_proof_proves_present_and_absent_keys(node):
    async with serving(node) as server:
        keys = [to_hex(b"pet/01"), to_hex(b"pet/02"), to_hex(b"long")]
        found = await server.call("state_getReadProof", keys)
    block = node.blocks[2]
    assert found["at"] == to_hex(block.hash)
    nodes = [bytes.fromhex(shown[2:]) for shown in found["proof"]]
    wanted = {b"pet/01": b"changed", b"pet/02": None, b"long": b"x" * 100}
    assert verify_reads(block.header.state_root, nodes, wanted) == wanted
    with pytest.raises(BadProof):
        verify_reads(block.header.state_root, nodes[1:], wanted)


async def test_child_tries_are_empty_at_every_block(node):
    child, block = to_hex(b":child_storage:default:pets"), to_hex(node.blocks[1].hash)
    async with serving(node) as server:
        for at in (None, block):
            for name, params, found in (
                ("getKeys", ["0x"], []),
                ("getKeysPaged", ["0x", 10, None], []),
                ("getStorage", ["0x00"], None),
                ("getStorageEntries", [["0x00", "0x01"]], [None, None]),
                ("getStorageHash", ["0x00"], None),
                ("getStorageSize", ["0x00"], None),
            ):
                assert await server.call(f"childstate_{name}", child, *params, at) == found
        wrong = (4003, "Client error: Invalid child storage key", None)
        assert await server.call("childstate_getStorage", "0x00", "0x00") == wrong
        unknown = await server.call("childstate_getKeys", child, "0x", "0x" + "22" * 32)
        assert unknown[0] == 4003


async def test_a_child_read_proof_proves_that_there_is_no_child_trie(node):
    child = b":child_storage:default:pets"
    async with serving(node) as server:
        found = await server.call("state_getChildReadProof", to_hex(child), ["0x00"])
    block = node.blocks[2]
    nodes = [bytes.fromhex(shown[2:]) for shown in found["proof"]]
    assert found["at"] == to_hex(block.hash)
    assert verify_read(block.header.state_root, nodes, child) is None


async def test_metadata_and_version():
    async with serving(growing_node(1)) as server:
        assert await server.call("state_getMetadata") == to_hex(METADATA)
        version = await server.call("state_getRuntimeVersion")
        assert version["specName"] == "starminer"
        assert all(len(api) == 18 and isinstance(number, int) for api, number in version["apis"])
        assert version["stateVersion"] == version["systemVersion"] == 1
        assert await server.call("chain_getRuntimeVersion") == version


async def test_runtime_calls_by_name():
    async with serving() as server:
        assert await server.call("state_call", "Echo", "0xabcd") == "0xabcd"
        assert await server.call("state_call", "Echo", "", None) == "0x"
        assert await server.call("state_call", "No_such", "0x") == (
            4003,
            "Client error: Execution failed: Exported method No_such is not found",
            None,
        )


async def test_the_state_of_an_unknown_block_is_refused():
    async with serving() as server:
        for method, params in [
            ("state_getStorage", ["0x00"]),
            ("state_call", ["Echo", "0x"]),
            ("state_getMetadata", []),
            ("state_getReadProof", [["0x00"]]),
        ]:
            code, message, _ = await server.call(method, *params, "0x" + "22" * 32)
            assert code == 4003
            assert message.startswith("Client error: UnknownBlock: ")


@pytest.mark.parametrize("keys", [[], ["0x00"] * 1025])
async def test_the_number_of_keys_is_bounded(keys):
    async with serving() as server:
        code, message, _ = await server.call("state_queryStorageAt", keys)
        assert (code, message) == (
            -32602,
            f"Invalid params: wanted 1 to 1024 keys, got {len(keys)}",
        )
