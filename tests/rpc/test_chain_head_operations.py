"""chainHead_v1 operations: body, call and storage; their limits, pages and interruptions."""

import pytest
import trio

from node.rpc.chain_head import operations, work
from node.rpc.values import to_hex
from runtime.api import RuntimeVersion
from runtime.primitives.hashing import blake2_256
from runtime.primitives.scale import encode
from runtime.state.trie import MissingNode
from tests.rpc.clients import request
from tests.rpc.following import events_of, followed
from tests.rpc.support import VERSION, FakeNode, growing_node, serving
from tests.support.patience import patient

STARTED = {"result": "started", "operationId": "1"}
LIMIT_REACHED = {"result": "limitReached"}
ENTRIES = {b"a%d" % number: b"value %d" % number for number in range(5)}


def node_with(changes: dict[bytes, bytes | None]) -> FakeNode:
    node = FakeNode()
    node.grow((b"time", b"transfer"), changes=changes)
    return node


def head(node: FakeNode) -> str:
    return to_hex(node.blocks[-1].hash)


def item(key: bytes, kind: str, **more: str) -> dict:
    return {"key": to_hex(key), "type": kind, **more}


async def storage_of(node: FakeNode, *items: dict, child: str | None = None) -> list[dict]:
    """Return everything that one storage operation finds."""
    async with serving(node) as server, server.websocket() as client:
        subscription, _ = await followed(client, 3)
        started = await client.call(
            "chainHead_v1_storage", subscription, head(node), list(items), child
        )
        assert started == {**STARTED, "discardedItems": 0}
        found = []
        while True:
            (event,) = await events_of(client, subscription, 1)
            assert event.pop("operationId") == "1"
            if event == {"event": "operationStorageDone"}:
                return found
            assert event["event"] == "operationStorageItems"
            found += event["items"]


async def test_a_body_is_told_with_lengths_in_front():
    node = growing_node(1)
    async with serving(node) as server, server.websocket() as client:
        subscription, _ = await followed(client, 3)
        assert await client.call("chainHead_v1_body", subscription, head(node)) == STARTED
        extrinsics = [to_hex(encode(raw, bytes)) for raw in (b"time1", b"transfer")]
        assert await events_of(client, subscription, 1) == [
            {"event": "operationBodyDone", "operationId": "1", "value": extrinsics}
        ]


async def test_a_call_is_told_and_an_unknown_one_is_an_error():
    node = growing_node(1)
    async with serving(node) as server, server.websocket() as client:
        subscription, _ = await followed(client, 3, with_runtime=True)
        call = "chainHead_v1_call"
        assert await client.call(call, subscription, head(node), "Core_version", "") == STARTED
        version = to_hex(encode(VERSION, RuntimeVersion))
        assert await events_of(client, subscription, 1) == [
            {"event": "operationCallDone", "operationId": "1", "output": version}
        ]
        await client.call(call, subscription, head(node), "No_such", "0x00")
        reason = "Exported method No_such is not found"
        assert await events_of(client, subscription, 1) == [
            {"event": "operationError", "operationId": "2", "error": reason}
        ]


async def test_a_call_needs_a_subscription_with_the_runtime():
    node = growing_node(1)
    async with serving(node) as server, server.websocket() as client:
        subscription, _ = await followed(client, 3)
        call = await client.call("chainHead_v1_call", subscription, head(node), "Echo", "0x")
        assert call == (
            -32802,
            "The `chainHead_follow` subscription was started with `withRuntime` set to `false`",
            None,
        )


async def test_a_bug_in_the_runtime_costs_its_caller_an_error_and_nobody_else_anything():
    node = growing_node(1)
    async with serving(node) as server, server.websocket() as client:
        subscription, _ = await followed(client, 3, with_runtime=True)
        node.bug = ZeroDivisionError("a bug")
        await client.call("chainHead_v1_call", subscription, head(node), "Echo", "0x")
        assert (await events_of(client, subscription, 1))[0]["event"] == "operationError"
        node.bug = MissingNode("pruned")
        await client.call("chainHead_v1_call", subscription, head(node), "Echo", "0x")
        inaccessible = {"event": "operationInaccessible", "operationId": "2"}
        assert await events_of(client, subscription, 1) == [inaccessible]
        node.bug = None
        assert [repr(error) for _, error in server.notes.bugs] == ["ZeroDivisionError('a bug')"]
        server.notes.bugs.clear()


async def test_values_and_hashes_are_found_and_absent_keys_are_not_there():
    node = node_with({b"key": b"value"})
    assert await storage_of(node, item(b"key", "value"), item(b"none", "value")) == [
        {"key": to_hex(b"key"), "value": to_hex(b"value")}
    ]
    assert await storage_of(node, item(b"key", "hash"), item(b"none", "hash")) == [
        {"key": to_hex(b"key"), "hash": to_hex(blake2_256(b"value"))}
    ]


async def test_descendants_come_in_order_from_a_start_key_on():
    node = node_with({**ENTRIES, b"b": b"other"})
    values = [{"key": to_hex(key), "value": to_hex(value)} for key, value in ENTRIES.items()]
    hashes = [
        {"key": to_hex(key), "hash": to_hex(blake2_256(value))} for key, value in ENTRIES.items()
    ]
    assert await storage_of(node, item(b"a", "descendantsValues")) == values
    assert await storage_of(node, item(b"a", "descendantsHashes")) == hashes
    start = to_hex(b"a2")
    resumed = item(b"a", "descendantsValues", paginationStartKey=start)
    assert await storage_of(node, resumed) == values[3:]


async def test_the_closest_merkle_value_is_that_of_the_trie():
    node = node_with(ENTRIES)
    state = node.blocks[-1].state
    kind = "closestDescendantMerkleValue"
    found = await storage_of(node, item(b"", kind), item(b"a", kind), item(b"zz", kind))
    assert found == [
        {"key": "0x", kind: to_hex(state.root)},
        {"key": to_hex(b"a"), kind: to_hex(state.closest_merkle_value(b"a") or b"")},
    ]


async def test_child_tries_are_all_empty_on_this_chain():
    node = node_with({b"key": b"value"})
    assert await storage_of(node, item(b"key", "value"), child=to_hex(b"child")) == []


@pytest.mark.parametrize(
    "wrong",
    [
        [item(b"a", "everything")],
        [item(b"a", "value", paginationStartKey="0x00")],
        [{"type": "value"}],
        {"key": "0x00", "type": "value"},
        [item(b"a", "value"), 7],
    ],
)
async def test_items_of_another_shape_are_wrong_parameters(wrong):
    node = growing_node(1)
    async with serving(node) as server, server.websocket() as client:
        subscription, _ = await followed(client, 3)
        refused = await client.call("chainHead_v1_storage", subscription, head(node), wrong)
        assert refused[0] == -32602


async def test_a_long_answer_comes_in_pages_and_waits_for_the_client(monkeypatch):
    monkeypatch.setattr(work, "PAGE_BYTES", 100)
    monkeypatch.setattr(work, "PAGES_BEFORE_CONTINUE", 2)
    entries = {b"a%03d" % number: b"v" * 40 for number in range(7)}
    node = node_with(dict(entries))
    async with serving(node) as server, server.websocket() as client:
        subscription, _ = await followed(client, 3)
        descendants = [item(b"a", "descendantsValues")]
        await client.call("chainHead_v1_storage", subscription, head(node), descendants)
        names, keys = [], []
        while "operationStorageDone" not in names:
            (event,) = await events_of(client, subscription, 1)
            names.append(event["event"])
            keys += [found["key"] for found in event.get("items", ())]
            if event["event"] == "operationWaitingForContinue":
                await client.call("chainHead_v1_continue", subscription, "1")
        assert keys == [to_hex(key) for key in sorted(entries)]
        items, waiting = "operationStorageItems", "operationWaitingForContinue"
        assert names == [items, items, waiting, items, items, "operationStorageDone"]
        not_waiting = await client.call("chainHead_v1_continue", subscription, "1")
        assert not_waiting == (
            -32803,
            "Wait for continue event was not generated for the subscription",
            None,
        )


async def test_an_operation_that_is_not_continued_is_given_up(monkeypatch):
    monkeypatch.setattr(work, "PAGE_BYTES", 10)
    monkeypatch.setattr(work, "PAGES_BEFORE_CONTINUE", 1)
    monkeypatch.setattr(work, "CONTINUE_SECONDS", 0.01)
    node = node_with(dict(ENTRIES))
    async with serving(node) as server, server.websocket() as client:
        subscription, _ = await followed(client, 3)
        descendants = [item(b"a", "descendantsValues")]
        await client.call("chainHead_v1_storage", subscription, head(node), descendants)
        told = await events_of(client, subscription, 3)
        assert [event["event"] for event in told] == [
            "operationStorageItems",
            "operationWaitingForContinue",
            "operationInaccessible",
        ]


async def test_a_stopped_operation_says_nothing_more_and_leaves_room(monkeypatch):
    monkeypatch.setattr(work, "PAGE_BYTES", 10)
    monkeypatch.setattr(work, "PAGES_BEFORE_CONTINUE", 1)
    monkeypatch.setattr(operations, "MAX_OPERATIONS", 1)
    node = node_with(dict(ENTRIES))
    async with serving(node) as server, server.websocket() as client:
        subscription, _ = await followed(client, 3)
        descendants = [item(b"a", "descendantsValues")]
        storage = "chainHead_v1_storage"
        await client.call(storage, subscription, head(node), descendants)
        await events_of(client, subscription, 2)
        again = await client.call(storage, subscription, head(node), descendants)
        assert again == LIMIT_REACHED
        assert await client.call("chainHead_v1_body", subscription, head(node)) == LIMIT_REACHED
        assert await client.call("chainHead_v1_stopOperation", subscription, "1") is None
        assert await client.call("chainHead_v1_stopOperation", subscription, "77") is None
        with trio.fail_after(patient(30)):
            while (await client.call("chainHead_v1_body", subscription, head(node))) == (
                LIMIT_REACHED
            ):
                await trio.sleep(0)
        (event,) = await events_of(client, subscription, 1)
        assert event["event"] == "operationBodyDone"


async def test_items_that_find_no_room_are_discarded_from_the_back(monkeypatch):
    monkeypatch.setattr(operations, "MAX_OPERATIONS", 3)
    node = node_with(dict(ENTRIES))
    async with serving(node) as server, server.websocket() as client:
        subscription, _ = await followed(client, 3)
        items = [item(key, "value") for key in ENTRIES]
        started = await client.call("chainHead_v1_storage", subscription, head(node), items)
        assert started == {**STARTED, "discardedItems": 2}
        (found, done) = await events_of(client, subscription, 2)
        assert [one["key"] for one in found["items"]] == [
            to_hex(key) for key in sorted(ENTRIES)[:3]
        ]
        assert done == {"event": "operationStorageDone", "operationId": "1"}


async def test_an_operation_goes_on_when_its_block_is_unpinned():
    node = growing_node(1)
    async with serving(node) as server, server.websocket() as client:
        subscription, _ = await followed(client, 3)
        calls = [
            request("chainHead_v1_body", subscription, head(node), call_id=1),
            request("chainHead_v1_unpin", subscription, head(node), call_id=2),
        ]
        await client.send(calls)
        replies = await client.receive()
        assert [reply["result"] for reply in replies] == [STARTED, None]
        assert (await events_of(client, subscription, 1))[0]["event"] == "operationBodyDone"


async def test_an_operation_whose_answer_nobody_wants_does_not_run(monkeypatch):
    monkeypatch.setattr(operations, "MAX_OPERATIONS", 1)
    node = growing_node(1)
    async with serving(node) as server, server.websocket() as client:
        subscription, _ = await followed(client, 3)
        unwanted = request("chainHead_v1_body", subscription, head(node))
        del unwanted["id"]
        await client.send(unwanted)
        started = await client.call("chainHead_v1_body", subscription, head(node))
        assert started == {"result": "started", "operationId": "2"}
        (event,) = await events_of(client, subscription, 1)
        assert event["operationId"] == "2"


async def test_a_result_that_is_too_large_is_an_error(monkeypatch):
    monkeypatch.setattr(work, "MAX_EVENT_BYTES", 100)
    node = growing_node(1)
    async with serving(node) as server, server.websocket() as client:
        subscription, _ = await followed(client, 3, with_runtime=True)
        big = to_hex(bytes(200))
        await client.call("chainHead_v1_call", subscription, head(node), "Echo", big)
        assert await events_of(client, subscription, 1) == [
            {
                "event": "operationError",
                "operationId": "1",
                "error": "wanted a result of at most 100 bytes",
            }
        ]
