"""transaction_v1 and transactionWatch_v1: spreading transactions, and watching them."""

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from node.rpc import transactions
from node.rpc.backend import ExtrinsicStatus
from node.rpc.values import to_hex
from runtime.primitives.scale import encode
from tests.rpc.support import growing_node, serving
from tests.support.patience import patient

BLOCK = bytes([5]) * 32
SUBMIT = "transactionWatch_v1_submitAndWatch"


def wire(raw: bytes) -> str:
    return to_hex(encode(raw, bytes))


async def watched(client, count: int) -> list[dict]:
    found = []
    for _ in range(count):
        message = await client.receive()
        assert message["method"] == "transactionWatch_v1_watchEvent"
        found.append(message["params"]["result"])
    return found


async def test_a_watched_transaction_tells_its_life():
    async with serving() as server, server.websocket() as client:
        await client.call(SUBMIT, wire(b"ok"))
        (statuses,) = server.node.pool.watched
        for status in (
            ExtrinsicStatus("broadcast", peers=("a",)),
            ExtrinsicStatus("inBlock", BLOCK, index=3),
            ExtrinsicStatus("retracted", BLOCK),
            ExtrinsicStatus("future"),
            ExtrinsicStatus("inBlock", BLOCK, index=4),
            ExtrinsicStatus("finalized", BLOCK, index=4),
        ):
            statuses.send_nowait(status)
        included = "bestChainBlockIncluded"
        assert await watched(client, 5) == [
            {"event": "validated"},
            {"event": included, "block": {"hash": to_hex(BLOCK), "index": 3}},
            {"event": included, "block": None},
            {"event": included, "block": {"hash": to_hex(BLOCK), "index": 4}},
            {"event": "finalized", "block": {"hash": to_hex(BLOCK), "index": 4}},
        ]


@pytest.mark.parametrize(
    ("kind", "event"),
    [
        ("usurped", "invalid"),
        ("invalid", "invalid"),
        ("dropped", "dropped"),
        ("finalityTimeout", "dropped"),
    ],
)
async def test_the_last_word_of_the_pool_is_the_last_event(kind, event):
    async with serving() as server, server.websocket() as client:
        subscription = await client.call(SUBMIT, wire(b"ok"))
        (statuses,) = server.node.pool.watched
        statuses.send_nowait(ExtrinsicStatus(kind, BLOCK))
        statuses.close()
        told = await watched(client, 2)
        assert [told[0], told[1]["event"]] == [{"event": "validated"}, event]
        assert await client.call("transactionWatch_v1_unwatch", subscription) is None


@pytest.mark.parametrize(
    ("transaction", "event"),
    [
        (wire(b"invalid:bad"), {"event": "invalid", "error": "bad"}),
        (wire(b"immediately_dropped"), {"event": "dropped", "error": "immediately_dropped"}),
    ],
)
async def test_a_refusal_is_an_event_and_not_an_error(transaction, event):
    async with serving() as server, server.websocket() as client:
        await client.call(SUBMIT, transaction)
        assert await watched(client, 1) == [event]


async def test_bytes_that_are_no_extrinsic_are_invalid_and_other_text_is_an_error():
    async with serving() as server, server.websocket() as client:
        await client.call(SUBMIT, "0x0102")
        assert (await watched(client, 1))[0]["event"] == "invalid"
        assert (await client.call(SUBMIT, "zz"))[0] == -32602


async def test_a_broadcast_transaction_is_in_the_pool_until_it_is_stopped():
    async with serving() as server, server.websocket() as client:
        operation = await client.call("transaction_v1_broadcast", wire(b"ok"))
        await wait_all_tasks_blocked()
        assert server.node.pool.extrinsics == [b"ok"]
        assert await client.call("transaction_v1_stop", operation) is None
        await wait_all_tasks_blocked()
        (statuses,) = server.node.pool.watched
        with pytest.raises(trio.BrokenResourceError):
            statuses.send_nowait(ExtrinsicStatus("ready"))
        again = await client.call("transaction_v1_stop", operation)
        assert again == (-32602, "Invalid params: Invalid operation id", None)


async def test_what_the_pool_dropped_is_submitted_again_after_the_next_block():
    node = growing_node(1)
    async with serving(node) as server, server.websocket() as client:
        await client.call("transaction_v1_broadcast", wire(b"ok"))
        await wait_all_tasks_blocked()
        (statuses,) = node.pool.watched
        statuses.send_nowait(ExtrinsicStatus("dropped"))
        statuses.close()
        node.pool.extrinsics.clear()
        await wait_all_tasks_blocked()
        assert node.pool.extrinsics == []
        node.grow()
        await wait_all_tasks_blocked()
        assert node.pool.extrinsics == [b"ok"]


async def test_an_invalid_broadcast_counts_and_is_not_told(monkeypatch):
    monkeypatch.setattr(transactions, "MAX_BROADCASTS", 3)
    async with serving() as server, server.websocket() as client:
        broadcast = "transaction_v1_broadcast"
        for transaction in (wire(b"invalid:bad"), "0x0102", wire(b"ok")):
            assert isinstance(await client.call(broadcast, transaction), str)
        assert await client.call(broadcast, wire(b"okay")) is None
        async with server.websocket() as other:
            assert isinstance(await other.call(broadcast, wire(b"okay")), str)


async def test_broadcasting_ends_with_the_connection():
    async with serving() as server:
        async with server.websocket() as client:
            await client.call("transaction_v1_broadcast", wire(b"ok"))
            await wait_all_tasks_blocked()
        with trio.fail_after(patient(30)):
            while not [kind for kind, _ in server.notes.reasons if kind == "ws"]:
                await trio.sleep(0.01)
        (statuses,) = server.node.pool.watched
        with pytest.raises(trio.BrokenResourceError):
            statuses.send_nowait(ExtrinsicStatus("ready"))


async def test_broadcasting_needs_a_websocket():
    async with serving() as server:
        assert (await server.call("transaction_v1_broadcast", wire(b"ok")))[0] == -32601
        assert (await server.call("transaction_v1_stop", "x"))[0] == -32601
