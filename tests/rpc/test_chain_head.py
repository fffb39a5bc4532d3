"""chainHead_v1: following the head, pinned blocks, and the ways in which a subscription ends."""

from dataclasses import replace

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from node.rpc.chain_head import follow, tracker
from node.rpc.chain_head.events import BestBlockChanged, head_event
from node.rpc.runtime_api import TypedRuntime
from node.rpc.values import to_hex
from runtime.primitives.block import Header
from runtime.primitives.scale import encode
from tests.rpc.clients import request
from tests.rpc.following import events_of, followed
from tests.rpc.support import FakeNode, growing_node, serving
from tests.support.patience import patient

SPEC = {
    "specName": "starminer",
    "implName": "starminer",
    "specVersion": 1,
    "implVersion": 1,
    "transactionVersion": 1,
}


def new_block(made) -> dict:
    return {
        "event": "newBlock",
        "blockHash": to_hex(made.hash),
        "parentBlockHash": to_hex(made.header.parent_hash),
    }


def best(made) -> dict:
    return {"event": "bestBlockChanged", "bestBlockHash": to_hex(made.hash)}


def finalized(*made, pruned=()) -> dict:
    return {
        "event": "finalized",
        "finalizedBlockHashes": [to_hex(one.hash) for one in made],
        "prunedBlockHashes": [to_hex(one.hash) for one in pruned],
    }


async def test_following_begins_with_the_final_blocks_then_all_forks_then_the_best_block():
    node = growing_node(2)
    node.finalize(node.blocks[1])
    fork = node.grow(parent=node.blocks[1], fork=b"other", is_best=False)
    async with serving(node) as server, server.websocket() as client:
        _, first = await followed(client, 4)
    genesis, one, two = node.blocks
    opened = sorted((two, fork), key=lambda made: made.hash)
    shown = [to_hex(genesis.hash), to_hex(one.hash)]
    assert first == [
        {"event": "initialized", "finalizedBlockHashes": shown},
        *map(new_block, opened),
        best(two),
    ]


async def test_new_best_final_and_pruned_blocks_are_told_in_order():
    node = growing_node(1)
    async with serving(node) as server, server.websocket() as client:
        subscription, _ = await followed(client, 3)
        two = node.grow()
        assert await events_of(client, subscription, 2) == [new_block(two), best(two)]
        fork = node.grow(parent=node.blocks[1], fork=b"other", is_best=False)
        assert await events_of(client, subscription, 1) == [new_block(fork)]
        node.finalize(two)
        last = finalized(node.blocks[1], two, pruned=(fork,))
        assert await events_of(client, subscription, 1) == [last]


async def test_the_best_block_changes_before_its_fork_is_pruned():
    node = growing_node(1)
    async with serving(node) as server, server.websocket() as client:
        subscription, _ = await followed(client, 3)
        fork = node.grow(parent=node.blocks[0], fork=b"other", is_best=False)
        await events_of(client, subscription, 1)
        node.finalize(fork)
        told = await events_of(client, subscription, 2)
    assert told == [best(fork), finalized(fork, pruned=(node.blocks[1],))]


async def test_with_the_runtime_its_version_comes_first_and_again_when_it_changes():
    node = growing_node(1)
    async with serving(node) as server, server.websocket() as client:
        subscription, first = await followed(client, 3, with_runtime=True)
        runtime = first[0]["finalizedBlockRuntime"]
        apis = runtime["spec"].pop("apis")
        assert runtime == {"type": "valid", "spec": SPEC}
        assert all(len(name) == 18 and type(number) is int for name, number in apis.items())
        assert first[1]["newRuntime"] is None
        node.version = replace(node.version, spec_version=2)
        node.grow()
        told = (await events_of(client, subscription, 2))[0]
        assert told["newRuntime"]["spec"] == {**SPEC, "apis": apis, "specVersion": 2}


async def test_two_followers_stand_at_the_same_place():
    node = growing_node(1)
    async with serving(node) as server, server.websocket() as client:
        one, first = await followed(client, 3)
        two, second = await followed(client, 3)
        assert first == second
        node.grow()
        told = [await client.receive() for _ in range(4)]
        heard = {
            name: [
                message["params"]["result"]
                for message in told
                if message["params"]["subscription"] == name
            ]
            for name in (one, two)
        }
        assert heard[one] == heard[two] == [new_block(node.blocks[2]), best(node.blocks[2])]


async def test_a_third_follow_subscription_is_refused_until_one_ends():
    async with serving() as server, server.websocket() as client:
        one, _ = await followed(client, 2)
        await followed(client, 2)
        refused = await client.call("chainHead_v1_follow", False)
        assert refused == (-32800, "Maximum number of chainHead_follow has been reached", None)
        assert await client.call("chainHead_v1_unfollow", one) is None
        await followed(client, 2)


async def test_after_unfollow_nothing_comes_and_calls_find_it_stale():
    node = growing_node(1)
    async with serving(node) as server, server.websocket() as client:
        subscription, _ = await followed(client, 3)
        block = to_hex(node.blocks[1].hash)
        assert await client.call("chainHead_v1_unfollow", subscription) is None
        node.grow()
        limit = {"result": "limitReached"}
        assert await client.call("chainHead_v1_header", subscription, block) is None
        assert await client.call("chainHead_v1_body", subscription, block) == limit
        assert await client.call("chainHead_v1_call", subscription, block, "Echo", "0x") == limit
        assert await client.call("chainHead_v1_storage", subscription, block, []) == limit
        assert await client.call("chainHead_v1_unpin", subscription, block) is None
        assert await client.call("chainHead_v1_continue", subscription, "1") is None
        assert await client.call("chainHead_v1_stopOperation", subscription, "1") is None
        assert await client.call("chainHead_v1_unfollow", subscription) is None


async def test_a_subscription_belongs_to_its_connection():
    node = growing_node(1)
    async with serving(node) as server, server.websocket() as one, server.websocket() as other:
        subscription, _ = await followed(one, 3)
        block = to_hex(node.blocks[1].hash)
        assert await other.call("chainHead_v1_header", subscription, block) is None
        assert await server.call("chainHead_v1_header", subscription, block) is None
        assert await one.call("chainHead_v1_header", subscription, block) is not None


async def test_headers_are_read_while_a_block_is_pinned():
    node = growing_node(1)
    async with serving(node) as server, server.websocket() as client:
        subscription, _ = await followed(client, 3)
        genesis, one = (to_hex(made.hash) for made in node.blocks)
        header = to_hex(encode(node.blocks[1].header, Header))
        assert await client.call("chainHead_v1_header", subscription, one) == header
        assert await client.call("chainHead_v1_unpin", subscription, [genesis, one]) is None
        invalid = (-32801, "Invalid block hash", None)
        for method in ("header", "body", "unpin"):
            assert await client.call(f"chainHead_v1_{method}", subscription, one) == invalid
        storage = await client.call("chainHead_v1_storage", subscription, one, [])
        assert storage == invalid


async def test_unpinning_takes_all_of_a_list_or_none():
    node = growing_node(1)
    async with serving(node) as server, server.websocket() as client:
        subscription, _ = await followed(client, 3)
        genesis, one = (to_hex(made.hash) for made in node.blocks)
        unknown = to_hex(bytes(32))
        duplicate = "Received duplicate hashes for the `chainHead_unpin` method"
        unpin = "chainHead_v1_unpin"
        invalid = (-32801, "Invalid block hash", None)
        assert await client.call(unpin, subscription, [one, one]) == (-32804, duplicate, None)
        assert await client.call(unpin, subscription, [one, unknown]) == invalid
        assert await client.call(unpin, subscription, [one, genesis]) is None


async def test_pinned_blocks_of_a_pruned_fork_keep_header_body_and_state():
    node = growing_node(1)
    async with serving(node) as server, server.websocket() as client:
        subscription, _ = await followed(client, 3)
        fork = node.grow(
            (b"in a fork",), parent=node.blocks[0], is_best=False, changes={b"key": b"fork"}
        )
        await events_of(client, subscription, 1)
        node.finalize(node.blocks[1])
        await events_of(client, subscription, 1)
        assert node.chain.body(fork.hash) is None
        block = to_hex(fork.hash)
        assert await client.call("chainHead_v1_header", subscription, block) is not None
        await client.call("chainHead_v1_body", subscription, block)
        (body,) = await events_of(client, subscription, 1)
        assert body["value"] == [to_hex(encode(b"in a fork", bytes))]
        item = {"key": to_hex(b"key"), "type": "value"}
        await client.call("chainHead_v1_storage", subscription, block, [item])
        (items, _) = await events_of(client, subscription, 2)
        assert items["items"] == [{"key": to_hex(b"key"), "value": to_hex(b"fork")}]


async def test_who_pins_too_much_is_stopped_and_may_follow_anew(monkeypatch):
    monkeypatch.setattr(follow, "MAX_PINNED_BLOCKS", 4)
    node = growing_node(2)
    async with serving(node) as server, server.websocket() as client:
        subscription, _ = await followed(client, 4)
        for _ in range(2):
            node.grow()
        told: list[dict] = []
        while not told or told[-1] != {"event": "stop"}:
            told += await events_of(client, subscription, 1)
        assert told[-1] == {"event": "stop"}
        block = to_hex(node.blocks[1].hash)
        assert await client.call("chainHead_v1_header", subscription, block) is None
        node.finalize(node.blocks[4])
        again, _ = await followed(client, 1)
        assert again != subscription


async def test_a_gap_in_finality_stops_all_followers(monkeypatch):
    monkeypatch.setattr(tracker, "MAX_NEWLY_FINAL", 2)
    node = growing_node(3)
    async with serving(node) as server, server.websocket() as client:
        subscription, _ = await followed(client, 5)
        node.finalize(node.blocks[3])
        assert await events_of(client, subscription, 1) == [{"event": "stop"}]
        _, first = await followed(client, 2)
        assert first[0]["finalizedBlockHashes"][-1] == to_hex(node.blocks[3].hash)


async def test_a_follower_that_is_too_far_behind_gets_a_stop_in_place_of_all_that_waits(
    monkeypatch,
):
    monkeypatch.setattr(follow, "MAX_EVENTS_WAITING", 8)
    node = FakeNode()
    chain = node.chain
    source = follow.Follow(
        tracker.HeadTracker(chain, chain.blocks, chain, TypedRuntime(node)),
        chain,
        with_runtime=False,
    )
    for number in range(9):
        source.hear(head_event(BestBlockChanged(str(number))))
    assert not source.is_alive
    assert [bytes(event) async for event in source] == [b'{"event":"stop"}']


async def test_a_follower_that_does_not_read_is_stopped_and_stays_connected(monkeypatch):
    monkeypatch.setattr(follow, "MAX_EVENTS_WAITING", 8)
    node = growing_node(1)
    block, big = to_hex(node.blocks[1].hash), to_hex(bytes(400_000))
    async with serving(node) as server, server.websocket(message_queue_size=1) as client:
        subscription, _ = await followed(client, 3, with_runtime=True)
        for _ in range(24):
            await client.send(
                request("chainHead_v1_call", subscription, block, "Echo", big, call_id="call")
            )
        await wait_all_tasks_blocked()
        for _ in range(12):
            node.grow()
            await wait_all_tasks_blocked()
        event = None
        while event != {"event": "stop"}:
            event = (await client.receive()).get("params", {}).get("result")
        await client.send(request("system_name", call_id="name"))
        reply = await client.receive()
        while reply.get("id") != "name":
            assert "params" not in reply, "nothing follows a stop"
            reply = await client.receive()
        assert reply["result"] == "starminer"


async def test_following_needs_a_websocket_and_a_boolean():
    async with serving() as server:
        assert (await server.call("chainHead_v1_follow", True))[0] == -32601
        async with server.websocket() as client:
            assert (await client.call("chainHead_v1_follow", "yes"))[0] == -32602
            assert (await client.call("chainHead_v1_follow"))[0] == -32602


@pytest.mark.parametrize("blocks", [0, 1, 40])
async def test_at_most_sixteen_final_blocks_are_shown(blocks):
    node = growing_node(blocks)
    if blocks:
        node.finalize(node.blocks[-1])
    async with serving(node) as server, server.websocket() as client:
        _, first = await followed(client, 2)
    shown = [to_hex(made.hash) for made in node.blocks[-16:]]
    assert first == [
        {"event": "initialized", "finalizedBlockHashes": shown},
        best(node.blocks[-1]),
    ]


async def test_followers_are_forgotten_when_their_connection_ends():
    node = growing_node(1)
    async with serving(node) as server:
        for _ in range(3):
            async with server.websocket() as client:
                await followed(client, 3)
                await followed(client, 3)
        with trio.fail_after(patient(30)):
            while len([kind for kind, _ in server.notes.reasons if kind == "ws"]) < 3:
                await trio.sleep(0.01)
        async with server.websocket() as client:
            await followed(client, 3)
