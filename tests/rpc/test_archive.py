"""archive_v1: any block of the chain, its storage, and what changed in it."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.rpc import archive
from node.rpc.storage_diff import Change, changes
from node.rpc.values import to_hex
from runtime.primitives.block import Header
from runtime.primitives.hashing import blake2_256
from runtime.primitives.scale import encode
from runtime.state.trie import Trie, fetch_nothing
from tests.rpc.support import FakeNode, growing_node, serving

NOWHERE = to_hex(bytes(32))
UNKNOWN = "wanted a block that is stored"


def hash_of(made) -> str:
    return to_hex(made.hash)


async def events_until_end(client, subscription: str, name: str) -> list[dict]:
    """Return the events of a storage read, the last one included."""
    found: list[dict] = []
    while not found or found[-1]["event"] == name:
        message = await client.receive()
        assert message["method"] == f"archive_v1_{name}Event"
        assert message["params"]["subscription"] == subscription
        found.append(message["params"]["result"])
    return found


async def read(node: FakeNode, *params: object, name: str = "storage") -> list[dict]:
    async with serving(node) as server, server.websocket() as client:
        subscription = await client.call(f"archive_v1_{name}", *params)
        return await events_until_end(client, subscription, name)


async def test_heights_and_hashes_name_final_blocks_and_all_forks_above():
    node = growing_node(2)
    fork = node.grow(parent=node.blocks[1], fork=b"other", is_best=False)
    node.finalize(node.blocks[1])
    async with serving(node) as server:
        assert await server.call("archive_v1_finalizedHeight") == 1
        assert await server.call("archive_v1_genesisHash") == hash_of(node.blocks[0])
        assert await server.call("archive_v1_hashByHeight", 1) == [hash_of(node.blocks[1])]
        forks = sorted([hash_of(node.blocks[2]), hash_of(fork)])
        assert await server.call("archive_v1_hashByHeight", 2) == forks
        assert await server.call("archive_v1_hashByHeight", 3) == []


async def test_headers_bodies_and_calls_of_any_block_or_null():
    node = growing_node(3)
    one = node.blocks[1]
    async with serving(node) as server:
        header = to_hex(encode(one.header, Header))
        assert await server.call("archive_v1_header", hash_of(one)) == header
        extrinsics = [to_hex(encode(raw, bytes)) for raw in one.block.extrinsics]
        assert await server.call("archive_v1_body", hash_of(one)) == extrinsics
        success = {"success": True, "value": "0x07"}
        assert await server.call("archive_v1_call", hash_of(one), "Echo", "0x07") == success
        failure = {"success": False, "error": "Exported method No_such is not found"}
        assert await server.call("archive_v1_call", hash_of(one), "No_such", "0x") == failure
        for name, more in (("header", ()), ("body", ()), ("call", ("Echo", "0x"))):
            assert await server.call(f"archive_v1_{name}", NOWHERE, *more) is None


async def test_storage_is_sent_entry_by_entry():
    node = FakeNode()
    old = node.grow(changes={b"a1": b"one", b"a2": b"two"})
    node.grow(changes={b"a1": b"changed"})
    items = [
        {"key": to_hex(b"a1"), "type": "hash"},
        {"key": to_hex(b"a"), "type": "descendantsValues", "paginationStartKey": to_hex(b"a1")},
        {"key": to_hex(b"none"), "type": "value"},
    ]
    assert await read(node, hash_of(old), items, None) == [
        {"event": "storage", "key": to_hex(b"a1"), "hash": to_hex(blake2_256(b"one"))},
        {"event": "storage", "key": to_hex(b"a2"), "value": to_hex(b"two")},
        {"event": "storageDone"},
    ]


async def test_child_tries_are_empty_and_unknown_blocks_are_an_error_event():
    node = growing_node(1)
    items = [{"key": "0x", "type": "descendantsHashes"}]
    block = hash_of(node.blocks[1])
    assert await read(node, block, items, to_hex(b"child")) == [{"event": "storageDone"}]
    assert await read(node, NOWHERE, items) == [{"event": "storageError", "error": UNKNOWN}]


async def test_storage_changes_are_told_against_the_parent_or_an_ancestor():
    node = FakeNode()
    first = node.grow(changes={b"kept": b"x", b"changed": b"old", b"gone": b"y"})
    second = node.grow(changes={b"changed": b"new", b"gone": None})
    third = node.grow(changes={b"more": b"z"})
    told = await read(node, hash_of(second), None, None, name="storageDiff")
    changed, gone = to_hex(b"changed"), to_hex(b"gone")
    assert told == [
        {"event": "storageDiff", "key": changed, "value": to_hex(b"new"), "type": "modified"},
        {"event": "storageDiff", "key": gone, "value": to_hex(b"y"), "type": "deleted"},
        {"event": "storageDiffDone"},
    ]
    items = [{"key": to_hex(b"mo"), "returnType": "hash"}]
    told = await read(node, hash_of(third), items, hash_of(first), name="storageDiff")
    more = to_hex(blake2_256(b"z"))
    assert told == [
        {"event": "storageDiff", "key": to_hex(b"more"), "hash": more, "type": "added"},
        {"event": "storageDiffDone"},
    ]


async def test_changes_against_a_block_that_is_no_ancestor_are_refused():
    node = growing_node(2)
    fork = node.grow(parent=node.blocks[1], fork=b"other", is_best=False)
    ancestor = "wanted a previousHash that is an ancestor of the block"
    for block, previous, error in (
        (node.blocks[2], hash_of(fork), ancestor),
        (fork, hash_of(node.blocks[2]), ancestor),
        (node.blocks[1], hash_of(node.blocks[2]), ancestor),
        (node.blocks[0], None, UNKNOWN),
    ):
        told = await read(node, hash_of(block), [], previous, name="storageDiff")
        assert told == [{"event": "storageDiffError", "error": error}]
    told = await read(node, hash_of(fork), [], hash_of(node.blocks[0]), name="storageDiff")
    assert told == [{"event": "storageDiffDone"}]


async def test_one_read_too_many_is_refused(monkeypatch):
    monkeypatch.setattr(archive, "MAX_READS", 0)
    async with serving() as server, server.websocket() as client:
        assert (await client.call("archive_v1_storage", NOWHERE, []))[0] == -32006
        assert (await client.call("archive_v1_storageDiff", NOWHERE))[0] == -32006


async def test_a_read_can_be_stopped_and_the_answer_is_null():
    async with serving(growing_node(1)) as server, server.websocket() as client:
        assert await client.call("archive_v1_stopStorage", "x") is None
        assert await client.call("archive_v1_stopStorageDiff", "x") is None


async def test_the_archive_is_offered_whole_or_not_at_all():
    names = {
        *(f"archive_v1_{name}" for name in ("body", "call", "finalizedHeight", "genesisHash")),
        *(f"archive_v1_{name}" for name in ("hashByHeight", "header", "storage", "storageDiff")),
        *(f"archive_v1_{name}" for name in ("stopStorage", "stopStorageDiff")),
    }

    def archive_names(methods: list[str]) -> set[str]:
        return {name for name in methods if name.startswith("archive_")}

    node = FakeNode()
    async with serving(node) as server:
        assert archive_names((await server.call("rpc_methods"))["methods"]) == names
    pruned = replace(node.backend(), is_archive=False)
    node.backend = lambda: pruned  # type: ignore[method-assign]
    async with serving(node) as server:
        assert archive_names((await server.call("rpc_methods"))["methods"]) == set()


KEYS = st.one_of(
    st.binary(min_size=1, max_size=3),
    st.builds(
        lambda item, tail: bytes([item]) * 32 + tail,
        st.integers(0, 2),
        st.binary(max_size=4),
    ),
    st.builds(bytes, st.integers(1, 40)),
)
MAPS = st.dictionaries(KEYS, st.sampled_from([b"a", b"b", b"long" * 10]), max_size=24)


@settings(max_examples=150, deadline=None)
@given(MAPS, MAPS, st.sampled_from([b"", b"\0", b"\1" * 32, b"\2" * 33]))
def test_changes_are_those_of_the_two_maps(before, after, prefix):
    old, new = (Trie(None, fetch_nothing).updated(entries) for entries in (before, after))
    keys = sorted(key for key in before.keys() | after.keys() if key.startswith(prefix))
    expected = [
        Change(key, before.get(key), after.get(key))
        for key in keys
        if before.get(key) != after.get(key)
    ]
    assert [change for change in changes(old, new, prefix) if change is not None] == expected


@pytest.mark.parametrize("wrong", [[{"key": "0x"}], [{"returnType": "both"}], "0x"])
async def test_questions_about_changes_of_another_shape_are_wrong_parameters(wrong):
    async with serving() as server, server.websocket() as client:
        assert (await client.call("archive_v1_storageDiff", NOWHERE, wrong))[0] == -32602
