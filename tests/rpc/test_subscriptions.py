"""News over WebSocket: heads, storage, extrinsics; one frame for many, and what a slow one gets."""

from dataclasses import replace

import pytest
import trio
from trio.testing import wait_all_tasks_blocked
from trio_websocket import ConnectionClosed

from node.rpc.backend import ExtrinsicStatus
from node.rpc.limits import Limits
from node.rpc.subscriptions import Topic
from node.rpc.values import to_hex
from node.store.pruning import PruningChoice
from runtime.primitives.scale import encode
from tests.rpc.clients import request
from tests.rpc.support import FakeNode, growing_node, serving
from tests.support.patience import patient


async def next_of(client, subscription):
    message = await client.receive()
    assert message["params"]["subscription"] == subscription
    assert message["jsonrpc"] == "2.0"
    return message["method"], message["params"]["result"]


@pytest.mark.parametrize(
    ("subscribe", "unsubscribe", "notification"),
    [
        ("chain_subscribeNewHeads", "chain_unsubscribeNewHeads", "chain_newHead"),
        ("chain_subscribeNewHead", "chain_unsubscribeNewHead", "chain_newHead"),
        ("subscribe_newHead", "unsubscribe_newHead", "chain_newHead"),
        ("chain_subscribeAllHeads", "chain_unsubscribeAllHeads", "chain_allHead"),
    ],
)
async def test_heads_are_followed_until_unsubscribed(subscribe, unsubscribe, notification):
    node = growing_node(1)
    async with serving(node) as server, server.websocket() as client:
        subscription = await client.call(subscribe)
        method, header = await next_of(client, subscription)
        assert (method, header["number"]) == (notification, "0x1")
        node.grow()
        assert (await next_of(client, subscription))[1]["number"] == "0x2"
        assert await client.call(unsubscribe, subscription) is True
        node.grow()
        assert await client.call(unsubscribe, subscription) is False


async def test_finalized_heads_come_one_by_one_without_gaps():
    node = growing_node(3)
    async with serving(node) as server, server.websocket() as client:
        subscription = await client.call("chain_subscribeFinalizedHeads")
        numbers = [(await next_of(client, subscription))[1]["number"]]
        node.finalize(node.blocks[3])
        numbers += [(await next_of(client, subscription))[1]["number"] for _ in range(3)]
        assert numbers == ["0x0", "0x1", "0x2", "0x3"]


async def test_a_fork_is_news_in_all_heads_and_not_in_new_heads():
    node = growing_node(1)
    async with serving(node) as server, server.websocket() as client:
        every = await client.call("chain_subscribeAllHeads")
        await next_of(client, every)
        best = await client.call("chain_subscribeNewHeads")
        await next_of(client, best)
        fork = node.grow(parent=node.blocks[0], fork=b"other", is_best=False)
        _, header = await next_of(client, every)
        assert header["stateRoot"] == to_hex(fork.header.state_root)
        node.grow()
        assert [(await client.receive())["method"] for _ in range(2)] == [
            "chain_allHead",
            "chain_newHead",
        ]


async def test_justifications_are_followed():
    node = growing_node(2)
    async with serving(node) as server, server.websocket() as client:
        subscription = await client.call("grandpa_subscribeJustifications")
        node.finalize(node.blocks[2], b"proof")
        assert await next_of(client, subscription) == ("grandpa_justifications", to_hex(b"proof"))


async def test_storage_sends_all_values_and_then_changes_only():
    node = FakeNode()
    key, other = to_hex(b"key"), to_hex(b"other")
    node.grow(changes={b"key": b"one"})
    async with serving(node) as server, server.websocket() as client:
        subscription = await client.call("state_subscribeStorage", [key, other])
        first = {
            "block": to_hex(node.blocks[1].hash),
            "changes": [[key, "0x6f6e65"], [other, None]],
        }
        assert await next_of(client, subscription) == ("state_storage", first)
        node.grow(changes={b"unrelated": b"x"})
        changed = node.grow(changes={b"other": b"two"})
        second = {"block": to_hex(changed.hash), "changes": [[other, "0x74776f"]]}
        assert (await next_of(client, subscription))[1] == second
        assert await client.call("state_unsubscribeStorage", subscription) is True
        node.grow(changes={b"key": b"three"})
        assert await client.call("system_name") == "starminer"


async def test_the_runtime_version_is_sent_at_once_and_when_it_changes():
    node = growing_node(1)
    async with serving(node) as server, server.websocket() as client:
        subscription = await client.call("state_subscribeRuntimeVersion")
        method, version = await next_of(client, subscription)
        assert method == "state_runtimeVersion"
        node.grow()
        node.version = replace(node.version, spec_version=version["specVersion"] + 1)
        node.grow()
        upgraded = await next_of(client, subscription)
        assert upgraded[1]["specVersion"] == version["specVersion"] + 1


async def test_a_best_block_that_was_abandoned_before_it_was_told_ends_nothing():
    node = FakeNode(pruning=PruningChoice(1))
    node.grow()
    async with serving(node) as server, server.websocket() as client:
        subscription = await client.call("chain_subscribeNewHeads")
        await next_of(client, subscription)
        kept = node.grow(parent=node.blocks[0], fork=b"kept", is_best=False)
        node.grow()
        node.finalize(kept)
        node.blocks[1:] = [kept]
        node.grow()
        numbers = [(await next_of(client, subscription))[1]["number"] for _ in range(3)]
        assert numbers == ["0x2", "0x1", "0x2"]


async def test_a_watched_extrinsic_reports_its_life_and_ends():
    async with serving() as server, server.websocket() as client:
        extrinsic = to_hex(encode(b"ok", bytes))
        subscription = await client.call("author_submitAndWatchExtrinsic", extrinsic)
        (statuses,) = server.node.pool.watched
        block = bytes([5]) * 32
        statuses.send_nowait(ExtrinsicStatus("broadcast", peers=("a", "b")))
        statuses.send_nowait(ExtrinsicStatus("inBlock", block))
        statuses.send_nowait(ExtrinsicStatus("finalized", block))
        statuses.close()
        assert [(await next_of(client, subscription))[1] for _ in range(4)] == [
            "ready",
            {"broadcast": ["a", "b"]},
            {"inBlock": to_hex(block)},
            {"finalized": to_hex(block)},
        ]
        assert await client.call("author_unwatchExtrinsic", subscription) is False


async def test_watching_ends_when_the_client_goes():
    async with serving() as server:
        async with server.websocket() as client:
            await client.call("author_submitAndWatchExtrinsic", to_hex(encode(b"ok", bytes)))
            await client.receive()
        await wait_all_tasks_blocked(0.01)
        (statuses,) = server.node.pool.watched
        with pytest.raises(trio.BrokenResourceError):
            statuses.send_nowait(ExtrinsicStatus("ready"))


async def test_a_refused_extrinsic_is_not_watched():
    async with serving() as server, server.websocket() as client:
        refused = await client.call(
            "author_submitAndWatchExtrinsic", to_hex(encode(b"invalid:x", bytes))
        )
        assert refused == (1010, "Invalid Transaction", "x")


async def test_the_explorer_feed_follows_best_and_final_blocks():
    node = growing_node(2)
    async with serving(node) as server, server.websocket() as client:
        subscription = await client.call("starminer_subscribeHead")
        assert (await next_of(client, subscription))[1]["lag"] == 2
        node.finalize(node.blocks[2])
        method, head = await next_of(client, subscription)
        assert (method, head["lag"]) == ("starminer_headUpdate", 0)


async def test_the_same_news_twice_on_one_connection_has_two_ids():
    node = growing_node(1)
    async with serving(node) as server, server.websocket() as client:
        first = await client.call("chain_subscribeNewHeads")
        await next_of(client, first)
        second = await client.call("chain_subscribeNewHeads")
        assert first != second
        await next_of(client, second)
        node.grow()
        ids = {(await client.receive())["params"]["subscription"] for _ in range(2)}
        assert ids == {first, second}
        assert await client.call("chain_unsubscribeNewHeads", first) is True
        node.grow()
        await next_of(client, second)


async def test_many_clients_hear_every_head():
    node = growing_node(1)
    heard = []

    async def listen(server, ready):
        async with server.websocket() as client:
            subscription = await client.call("chain_subscribeNewHeads")
            await next_of(client, subscription)
            ready.append(True)
            numbers = [(await next_of(client, subscription))[1]["number"] for _ in range(5)]
            heard.append(numbers)

    async with serving(node) as server:
        ready = []
        async with trio.open_nursery() as nursery:
            for _ in range(25):
                nursery.start_soon(listen, server, ready)
            while len(ready) < 25:
                await trio.sleep(0.005)
            for _ in range(5):
                node.grow()
    assert heard == [["0x2", "0x3", "0x4", "0x5", "0x6"]] * 25


def test_one_notification_is_one_shared_frame_for_all_queues():
    class Queue(list):
        __hash__ = object.__hash__
        push = list.append

    topic = Topic("news")
    queues = [Queue() for _ in range(3)]
    ids = {topic.reserve(queue) for queue in queues}
    assert len(ids) == 1
    for queue in queues:
        topic.open(*ids, queue)
    topic.publish({"n": 1})
    assert all(queue[0] is queues[0][0] for queue in queues)


async def test_one_subscription_too_many_is_refused():
    limits = Limits(subscriptions=2, close_seconds=0.5)
    async with serving(limits=limits) as server, server.websocket() as client:
        for _ in range(2):
            await client.call("grandpa_subscribeJustifications")
        assert await client.call("grandpa_subscribeJustifications") == (
            -32006,
            "Too many subscriptions on the connection",
            "Exceeded max limit of 2",
        )


async def test_subscriptions_are_refused_over_http():
    async with serving() as server:
        assert await server.call("chain_subscribeNewHeads") == (
            -32601,
            "Subscriptions need a WebSocket connection",
            "chain_subscribeNewHeads",
        )
        assert await server.call("chain_unsubscribeNewHeads", "x") is False


async def test_a_subscription_in_a_batch_speaks_after_the_whole_reply():
    node = growing_node(1)
    async with serving(node) as server, server.websocket() as client:
        calls = ["chain_subscribeNewHeads", "system_name"]
        await client.send([request(name, call_id=i) for i, name in enumerate(calls)])
        replies = await client.receive()
        assert [reply["id"] for reply in replies] == [0, 1]
        await next_of(client, replies[0]["result"])


async def test_a_subscriber_that_does_not_read_is_closed_with_a_reason():
    node = FakeNode()
    limits = Limits(output_frames=4, output_bytes=1 << 20, close_seconds=0.2)
    big = b"x" * 200_000
    async with serving(node, limits=limits) as server:
        stream = await server.connect()
        await stream.send_all(
            b"GET / HTTP/1.1\r\nhost: localhost\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
            b"sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )
        await stream.receive_some(4096)
        body = b'{"jsonrpc":"2.0","id":1,"method":"state_subscribeStorage","params":[["0x62"]]}'
        await stream.send_all(bytes((0x81, 0x80 | len(body))) + bytes(4) + body)
        for number in range(200):
            node.grow(changes={b"b": big + b"%d" % number})
            await trio.sleep(0)
            if server.notes.reasons:
                break
            await wait_all_tasks_blocked()
        with trio.fail_after(patient(30)):
            while ("ws", "") not in [(kind, "") for kind, _ in server.notes.reasons]:
                await trio.sleep(0.01)
        (reason,) = [reason for kind, reason in server.notes.reasons if kind == "ws"]
        assert reason.startswith("too slow: ")
        await stream.aclose()


async def test_a_slow_subscriber_does_not_hold_up_the_others():
    node = growing_node(1)
    limits = Limits(output_frames=4, close_seconds=0.2)
    async with serving(node, limits=limits) as server, server.websocket() as quick:
        subscription = await quick.call("chain_subscribeNewHeads")
        await next_of(quick, subscription)
        async with server.websocket(message_queue_size=0) as slow:
            await slow.send(request("chain_subscribeNewHeads"))
            for number in range(2, 60):
                node.grow()
                assert (await next_of(quick, subscription))[1]["number"] == hex(number)


async def test_a_stopping_node_says_goodbye():
    async with serving() as server, server.websocket() as client:
        await client.call("system_name")
        server.stop()
        with pytest.raises(ConnectionClosed) as closed:
            await client.receive()
        assert (closed.value.reason.code, closed.value.reason.reason) == (
            1001,
            "the node is stopping",
        )
