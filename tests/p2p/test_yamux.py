"""The repaired muxer over a connection in memory, on a clock of its own."""

import struct
from collections.abc import AsyncIterator

import pytest
import trio
from libp2p.network.connection.exceptions import RawConnError
from libp2p.peer.id import ID
from libp2p.stream_muxer.exceptions import MuxedStreamError
from libp2p.stream_muxer.yamux.yamux import (
    DEFAULT_WINDOW_SIZE,
    FLAG_ACK,
    FLAG_SYN,
    TYPE_DATA,
    TYPE_PING,
    TYPE_WINDOW_UPDATE,
)
from trio.testing import MockClock, wait_all_tasks_blocked

from p2p.repairs.attributes import apply
from p2p.repairs.yamux import HEADER, MAX_FRAME_BYTES, WINDOW_TIMEOUT_SECONDS, RepairedYamux


class Wire:
    """A secured connection: what the far end sends, what it got, and whether it reads."""

    is_initiator = True

    def __init__(self) -> None:
        self.incoming_in, self.incoming = trio.open_memory_channel[bytes](1000)
        self.rest = b""
        self.written = bytearray()
        self.reads = trio.Event()
        self.reads.set()
        self.is_closed = False

    def send(self, *frames: bytes) -> None:
        for frame in frames:
            self.incoming_in.send_nowait(frame)

    async def read(self, n: int | None = None) -> bytes:
        if not self.rest:
            try:
                self.rest = await self.incoming.receive()
            except (trio.EndOfChannel, trio.ClosedResourceError):
                return b""
        part, self.rest = self.rest[:n], self.rest[n:]
        return part

    async def write(self, data: bytes) -> None:
        half = len(data) // 2
        self.written += data[:half]
        await self.reads.wait()
        await trio.lowlevel.checkpoint()
        if self.is_closed:
            raise RawConnError("closed")
        self.written += data[half:]

    async def close(self) -> None:
        self.is_closed = True
        self.reads.set()
        self.incoming_in.close()

    def frames(self) -> list[tuple[int, int, int, int]]:
        """Type, flags, stream and length of each whole frame; raises when they do not add up."""
        found, position = [], 0
        while position < len(self.written):
            version, kind, flags, stream, length = HEADER.unpack_from(self.written, position)
            assert version == 0
            found.append((kind, flags, stream, length))
            position += HEADER.size + (length if kind == TYPE_DATA else 0)
        assert position == len(self.written)
        return found


@pytest.fixture
def wire() -> Wire:
    apply()
    return Wire()


@pytest.fixture
async def muxer(wire: Wire, nursery: trio.Nursery) -> AsyncIterator[RepairedYamux]:
    muxer = RepairedYamux(wire, ID(b"peer"), is_initiator=True)  # type: ignore[arg-type]
    nursery.start_soon(muxer.start)
    await muxer.event_started.wait()
    yield muxer
    await wire.close()


def frame(kind: int, flags: int, stream: int, length: int, body: bytes = b"") -> bytes:
    return HEADER.pack(0, kind, flags, stream, length) + body


async def test_a_peer_that_does_not_answer_pings_is_dropped(
    autojump_clock: MockClock, muxer: RepairedYamux, wire: Wire
) -> None:
    await trio.sleep(60)
    assert (muxer.is_closed, wire.is_closed) == (True, True)


async def test_a_peer_that_answers_pings_stays(
    autojump_clock: MockClock, muxer: RepairedYamux, wire: Wire
) -> None:
    for _ in range(20):
        await trio.sleep(5)
        wire.send(frame(TYPE_PING, FLAG_ACK, 0, 1))
    assert not muxer.is_closed


async def test_the_read_loop_goes_on_while_the_peer_does_not_read(
    autojump_clock: MockClock, muxer: RepairedYamux, wire: Wire
) -> None:
    wire.reads = trio.Event()
    wire.send(frame(TYPE_WINDOW_UPDATE, FLAG_SYN, 2, 0))
    wire.send(*(frame(TYPE_PING, FLAG_SYN, 0, n) for n in range(50)))
    wire.send(frame(TYPE_DATA, 0, 2, 5, b"hello"))
    stream = await muxer.accept_stream()
    assert await stream.read(5) == b"hello"


async def test_a_cancelled_write_leaves_whole_frames(
    autojump_clock: MockClock, muxer: RepairedYamux, wire: Wire, nursery: trio.Nursery
) -> None:
    stream = await muxer.open_stream()
    await wait_all_tasks_blocked()
    wire.reads = trio.Event()
    cancelled = trio.CancelScope()

    async def write_and_be_cancelled() -> None:
        with cancelled:
            await stream.write(b"x" * 1000)

    nursery.start_soon(write_and_be_cancelled)
    await wait_all_tasks_blocked()
    cancelled.cancel()
    await wait_all_tasks_blocked()
    wire.reads.set()
    await wait_all_tasks_blocked()
    await stream.write(b"y" * 10)
    data = [length for kind, _, _, length in wire.frames() if kind == TYPE_DATA]
    assert data == [1000, 10]


async def test_a_frame_fills_one_noise_packet(muxer: RepairedYamux, wire: Wire) -> None:
    stream = await muxer.open_stream()
    await stream.write(bytes(100_000))
    data = [length for kind, _, _, length in wire.frames() if kind == TYPE_DATA]
    largest = MAX_FRAME_BYTES - HEADER.size
    assert data == [largest, 100_000 - largest]


async def test_two_writers_of_one_stream_do_not_mix(muxer: RepairedYamux, wire: Wire) -> None:
    stream = await muxer.open_stream()
    async with trio.open_nursery() as writers:
        writers.start_soon(stream.write, b"a" * 100_000)
        writers.start_soon(stream.write, b"b" * 100_000)
    body, position = b"", 0
    for kind, _, _, length in wire.frames():
        position += HEADER.size
        if kind == TYPE_DATA:
            body += wire.written[position : position + length]
            position += length
    assert sorted((body[:100_000], body[100_000:])) == [b"a" * 100_000, b"b" * 100_000]


async def test_a_writer_without_credit_waits_longer_than_five_seconds(
    autojump_clock: MockClock, muxer: RepairedYamux, wire: Wire, nursery: trio.Nursery
) -> None:
    stream = await muxer.open_stream()
    await stream.write(bytes(DEFAULT_WINDOW_SIZE))
    nursery.start_soon(stream.write, b"more")
    await trio.sleep(15)
    wire.send(frame(TYPE_WINDOW_UPDATE, 0, stream.stream_id, 100))
    await wait_all_tasks_blocked()
    assert wire.frames()[-1] == (TYPE_DATA, 0, stream.stream_id, 4)


async def test_a_writer_that_never_gets_credit_fails(
    autojump_clock: MockClock, muxer: RepairedYamux, wire: Wire, nursery: trio.Nursery
) -> None:
    async def answer_pings() -> None:
        while True:
            await trio.sleep(5)
            wire.send(frame(TYPE_PING, FLAG_ACK, 0, 1))

    nursery.start_soon(answer_pings)
    stream = await muxer.open_stream()
    with pytest.raises(MuxedStreamError, match=f"no window update in {WINDOW_TIMEOUT_SECONDS} s"):
        await stream.write(bytes(DEFAULT_WINDOW_SIZE + 1))


async def test_a_peer_that_overruns_its_window_is_cut_off(muxer: RepairedYamux, wire: Wire) -> None:
    wire.send(frame(TYPE_WINDOW_UPDATE, FLAG_SYN, 2, 0))
    size = 60_000
    for _ in range(DEFAULT_WINDOW_SIZE // size + 1):
        wire.send(frame(TYPE_DATA, 0, 2, size, bytes(size)))
    await wait_all_tasks_blocked()
    assert muxer.event_shutting_down.is_set()


async def test_a_peer_that_makes_us_owe_answers_without_end_is_cut_off(
    muxer: RepairedYamux, wire: Wire
) -> None:
    wire.reads = trio.Event()
    flood = frame(TYPE_PING, FLAG_SYN, 0, 1) * 2000
    wire.send(flood)
    await muxer.event_closed.wait()
    assert wire.is_closed


def test_the_header_is_that_of_the_specification() -> None:
    assert HEADER.pack(0, 1, 2, 3, 4) == struct.pack(">BBHII", 0, 1, 2, 3, 4)
