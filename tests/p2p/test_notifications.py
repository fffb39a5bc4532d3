"""Transaction streams in memory, on a clock of their own."""

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from p2p.framing import ByteStream, FrameReader, StreamLost, framed
from p2p.messages import (
    MAX_BATCH_BYTES,
    MAX_TRANSACTION_BYTES,
    decode_transactions,
    encode_transactions,
)
from p2p.notifications import (
    COALESCED_BYTES,
    QUEUED_BYTES,
    RECEIVED_BATCHES,
    Notifications,
    Outbox,
    TransactionTooLarge,
)
from p2p.peers import Offence
from tests.p2p.streams import pair


class Side:
    """One node's transactions; streams it opens end in `far_ends`."""

    def __init__(self) -> None:
        self.received: list[tuple[str, tuple[bytes, ...]]] = []
        self.reports: list[tuple[str, Offence]] = []
        self.far_ends: list[ByteStream] = []
        self.is_reachable = True
        self.transactions = Notifications("/tx/1", self.open, self.take, self.report)

    async def open(self, peer: str, protocol: str) -> ByteStream:
        if not self.is_reachable:
            raise StreamLost(peer)
        here, there = pair("us", peer)
        self.far_ends.append(there)
        return here

    async def take(self, peer: str, batch: tuple[bytes, ...]) -> None:
        self.received.append((peer, batch))

    def report(self, peer: str, offence: Offence) -> None:
        self.reports.append((peer, offence))


@pytest.fixture
async def side(nursery: trio.Nursery) -> Side:
    side = Side()
    await nursery.start(side.transactions.run)
    return side


async def next_batch(stream: ByteStream) -> tuple[bytes, ...]:
    return decode_transactions(await FrameReader(stream, MAX_BATCH_BYTES).next())


async def test_transactions_that_wait_together_leave_together(side: Side) -> None:
    side.transactions.join("a")
    side.transactions.broadcast((b"1",))
    side.transactions.broadcast((b"2", b"3"))
    await wait_all_tasks_blocked()
    assert await next_batch(side.far_ends[0]) == (b"1", b"2", b"3")


async def test_a_transaction_does_not_go_back_to_its_sender(side: Side) -> None:
    side.transactions.join("a")
    side.transactions.join("b")
    side.transactions.broadcast((b"1",), except_peer="a")
    side.transactions.broadcast((b"2",))
    await wait_all_tasks_blocked()
    batches = {stream.peer: stream for stream in side.far_ends}
    assert len(batches) == 1  # both far ends talk to us
    assert sorted([await next_batch(stream) for stream in side.far_ends]) == [
        (b"1", b"2"),
        (b"2",),
    ]


async def test_a_lost_stream_is_opened_again(side: Side, autojump_clock: MockClock) -> None:
    side.transactions.join("a")
    await wait_all_tasks_blocked()
    await side.far_ends[0].reset()
    side.transactions.broadcast((b"lost",))
    await trio.sleep(5)
    side.transactions.broadcast((b"found",))
    await wait_all_tasks_blocked()
    assert await next_batch(side.far_ends[1]) == (b"found",)


async def test_an_unreachable_peer_is_tried_again(side: Side, autojump_clock: MockClock) -> None:
    side.is_reachable = False
    side.transactions.join("a")
    side.transactions.broadcast((b"1",))
    await trio.sleep(10)
    side.is_reachable = True
    await trio.sleep(40)
    assert await next_batch(side.far_ends[0]) == (b"1",)


async def test_nothing_is_sent_to_a_peer_that_left(side: Side) -> None:
    side.transactions.join("a")
    await wait_all_tasks_blocked()
    side.transactions.leave("a")
    side.transactions.broadcast((b"1",))
    assert await side.far_ends[0].read(1) == b""


async def test_batches_reach_the_pool(side: Side, nursery: trio.Nursery) -> None:
    here, there = pair("peer", "us")
    nursery.start_soon(side.transactions.receive, there)
    await here.write(framed([encode_transactions((b"1", b"2")), encode_transactions((b"3",))]))
    await wait_all_tasks_blocked()
    assert side.received == [("peer", (b"1", b"2")), ("peer", (b"3",))]


@pytest.mark.parametrize(
    "garbage",
    [b"\xff" * 64, framed([b"\xc1"]), framed([b"\x91\x05"]), framed([b"\x91\xc4\x00"])],
    ids=["noise", "no msgpack", "not bytes", "an empty transaction"],
)
async def test_garbage_ends_the_stream_and_is_reported(side: Side, nursery, garbage) -> None:
    here, there = pair("peer", "us")
    nursery.start_soon(side.transactions.receive, there)
    await here.write(garbage)
    assert await here.read(1) == b""
    assert side.reports == [("peer", Offence.BAD_MESSAGE)]


async def test_a_slow_pool_slows_its_senders(nursery: trio.Nursery) -> None:
    side = Side()  # not running: nobody takes batches
    here, there = pair("peer", "us")
    nursery.start_soon(side.transactions.receive, there)
    await here.write(framed([encode_transactions((b"1",))] * (RECEIVED_BATCHES + 9)))
    await wait_all_tasks_blocked()
    buffered = side.transactions._received_out.statistics().current_buffer_used
    assert buffered == RECEIVED_BATCHES


def test_a_full_outbox_drops_the_oldest() -> None:
    outbox = Outbox(limit=3)
    outbox.put((b"1", b"2"))
    outbox.put((b"3", b"4", b"5"))
    assert (tuple(outbox._queue), outbox.dropped) == ((b"3", b"4", b"5"), 2)


async def test_a_batch_fills_about_one_packet() -> None:
    outbox = Outbox()
    outbox.put((bytes(COALESCED_BYTES - 10), b"1" * 10, b"2"))
    assert await outbox.take() == (bytes(COALESCED_BYTES - 10), b"1" * 10)
    outbox.put((bytes(MAX_TRANSACTION_BYTES),))
    assert await outbox.take() == (b"2",)
    assert await outbox.take() == (bytes(MAX_TRANSACTION_BYTES),)


async def test_an_oversized_transaction_is_an_error_of_ours(side: Side) -> None:
    with pytest.raises(TransactionTooLarge, match=f"wanted 1 to {MAX_TRANSACTION_BYTES} bytes"):
        side.transactions.broadcast((bytes(MAX_TRANSACTION_BYTES + 1),))


async def test_a_slow_peer_costs_no_more_than_its_bytes() -> None:
    outbox = Outbox()
    large = bytes(MAX_TRANSACTION_BYTES)
    for _ in range(1000):
        outbox.put((large,))
    assert outbox.size_bytes == QUEUED_BYTES
    assert outbox.dropped == 1000 - QUEUED_BYTES // MAX_TRANSACTION_BYTES
    while outbox.size_bytes:
        assert await outbox.take() == (large,)
