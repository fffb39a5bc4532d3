"""chainHead_v1 on a node that prunes: what is pinned stays readable, what is not goes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import trio

from node.rpc.chain_head import follow, work
from node.rpc.values import to_hex
from node.store.db import LevelDatabase
from node.store.pruning import PruningChoice
from tests.node.support import Made
from tests.rpc.clients import Client
from tests.rpc.following import events_of, followed
from tests.rpc.support import FakeNode, serving
from tests.support.patience import patient

WINDOW = 2


@pytest.fixture
def node(tmp_path: Path) -> Iterator[FakeNode]:
    """A node whose LevelDB keeps the states of the last two final blocks."""
    db = LevelDatabase(tmp_path / "db")
    yield FakeNode(db=db, pruning=PruningChoice(WINDOW))
    db.close()


def grow_final(node: FakeNode, count: int = 1) -> Made:
    """Add final blocks, each of which replaces the value of the last."""
    for _ in range(count):
        number = node.blocks[-1].header.number + 1
        made = node.grow(changes={b"key": b"value %d" % number, b"pad": b"%d" % number * 40})
        node.finalize(made)
    return made


async def told_final(client: Client, subscription: str, made: Made) -> list[dict]:
    """Read events up to that of the end of a block's way."""
    events: list[dict] = []
    while not events or to_hex(made.hash) not in events[-1].get("finalizedBlockHashes", ()):
        events += await events_of(client, subscription, 1)
    return events


async def value_at(client: Client, subscription: str, made: Made) -> object:
    """Return the value of the key at a pinned block, or the event that came instead."""
    item = {"key": to_hex(b"key"), "type": "value"}
    await client.call("chainHead_v1_storage", subscription, to_hex(made.hash), [item])
    while True:
        (event,) = await events_of(client, subscription, 1)
        if event["event"] == "operationStorageItems":
            await events_of(client, subscription, 1)
            return bytes.fromhex(event["items"][0]["value"][2:])
        if event["event"].startswith("operation"):
            return event["event"]


async def pin_only(client: Client, subscription: str, first: list, kept: Made) -> None:
    """Unpin all that was reported but one block."""
    hashes = {*first[0]["finalizedBlockHashes"], *(e["blockHash"] for e in first[1:-1])}
    others = sorted(hashes - {to_hex(kept.hash)})
    assert len(others) < len(hashes)
    assert await client.call("chainHead_v1_unpin", subscription, others) is None


async def test_the_state_of_a_pinned_block_outlasts_the_window(node: FakeNode) -> None:
    pinned = grow_final(node)
    async with serving(node) as server, server.websocket() as client:
        subscription, first = await followed(client, 2, with_runtime=True)
        await pin_only(client, subscription, first, pinned)
        await told_final(client, subscription, grow_final(node, 5 * WINDOW))
        assert await value_at(client, subscription, pinned) == b"value 1"
        block = to_hex(pinned.hash)
        started = await client.call("chainHead_v1_call", subscription, block, "Echo", "0x07")
        assert started["result"] == "started"
        (called,) = await events_of(client, subscription, 1)
        assert called["output"] == "0x07"
        assert node.chain.blocks.keeper.oldest == pinned.header.number


async def test_an_unpinned_state_goes_with_the_next_blocks(node: FakeNode) -> None:
    pinned = grow_final(node)
    async with serving(node) as server, server.websocket() as client:
        subscription, _ = await followed(client, 2)
        await told_final(client, subscription, grow_final(node, 4))
        assert await value_at(client, subscription, pinned) == b"value 1"
        told = [to_hex(made.hash) for made in node.blocks]
        assert await client.call("chainHead_v1_unpin", subscription, told) is None
        grow_final(node)
        while node.chain.blocks.prune_states():
            pass
        (code, message, _) = await server.call("state_getStorage", "0x00", told[1])
        assert code == 4003
        assert f"State already discarded for {told[1]}" in message


async def test_a_state_stays_until_the_last_of_two_followers_unpins_it(node: FakeNode) -> None:
    pinned = grow_final(node)
    async with serving(node) as server, server.websocket() as client:
        one, _ = await followed(client, 2)
        async with server.websocket() as other:
            two, first = await followed(other, 2)
            await pin_only(other, two, first, pinned)
            assert await client.call("chainHead_v1_unfollow", one) is None
            await told_final(other, two, grow_final(node, 4))
            assert await value_at(other, two, pinned) == b"value 1"
        with trio.fail_after(patient(30)):
            while node.chain.has_state(pinned.hash):
                grow_final(node)
                await trio.sleep(0.01)


async def test_a_pinned_block_of_an_abandoned_fork_keeps_its_state(node: FakeNode) -> None:
    base = grow_final(node)
    async with serving(node) as server, server.websocket() as client:
        subscription, _ = await followed(client, 2)
        lower = node.grow(parent=base, fork=b"f", is_best=False, changes={b"key": b"lower"})
        fork = node.grow(parent=lower, fork=b"f", is_best=False, changes={b"pad": b"P" * 50})
        await events_of(client, subscription, 2)
        await told_final(client, subscription, grow_final(node, 4))
        assert await value_at(client, subscription, fork) == b"lower"
        assert await client.call("chainHead_v1_unpin", subscription, to_hex(lower.hash)) is None
        await told_final(client, subscription, grow_final(node))
        assert not node.chain.has_state(lower.hash)
        assert await value_at(client, subscription, fork) == b"lower"
        assert await client.call("chainHead_v1_unpin", subscription, to_hex(fork.hash)) is None
        assert not node.chain.has_state(fork.hash)


async def test_who_pins_too_long_is_stopped_and_holds_nothing_back(
    node: FakeNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "MAX_PINNED_BEHIND", 3)
    grow_final(node)
    async with serving(node) as server, server.websocket() as client:
        subscription, _ = await followed(client, 2)
        for _ in range(3):
            await told_final(client, subscription, grow_final(node))
        grow_final(node)
        (event,) = await events_of(client, subscription, 1)
        while event != {"event": "stop"}:
            assert event["event"] in ("newBlock", "bestBlockChanged")
            (event,) = await events_of(client, subscription, 1)
        last = grow_final(node)
        assert node.chain.blocks.keeper.oldest == last.header.number - WINDOW + 1


async def test_only_final_blocks_whose_state_is_there_are_shown(node: FakeNode) -> None:
    grow_final(node, 10)
    async with serving(node) as server, server.websocket() as client:
        _, first = await followed(client, 2)
    shown = [to_hex(made.hash) for made in node.blocks[-WINDOW:]]
    assert first[0]["finalizedBlockHashes"] == shown


async def test_an_operation_ends_well_though_its_block_is_unpinned(
    node: FakeNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "PAGE_BYTES", 1)
    monkeypatch.setattr(work, "PAGES_BEFORE_CONTINUE", 1)
    entries = {b"many %d" % i: b"%d" % i * 40 for i in range(5)}
    node.finalize(node.grow(changes=dict(entries)))
    pinned = node.blocks[-1]
    async with serving(node) as server, server.websocket() as client:
        subscription, first = await followed(client, 2)
        await pin_only(client, subscription, first, pinned)
        item = {"key": to_hex(b"many"), "type": "descendantsValues"}
        block = to_hex(pinned.hash)
        await client.call("chainHead_v1_storage", subscription, block, [item])
        events = await events_of(client, subscription, 2)
        assert events[-1]["event"] == "operationWaitingForContinue"
        assert await client.call("chainHead_v1_unpin", subscription, block) is None
        node.grow(changes=dict.fromkeys(entries))
        await told_final(client, subscription, grow_final(node, 2 * WINDOW))
        found = events[0]["items"]
        while events[-1]["event"] != "operationStorageDone":
            if events[-1]["event"] == "operationWaitingForContinue":
                await client.call("chainHead_v1_continue", subscription, "1")
            events = await events_of(client, subscription, 1)
            found += events[0].get("items", ())
        assert {entry["key"]: entry["value"] for entry in found} == {
            to_hex(key): to_hex(value) for key, value in entries.items()
        }
