"""Both ends of the request protocol over streams in memory, on a clock of its own."""

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from p2p.budgets import Rate
from p2p.framing import ByteStream, FrameReader, StreamLost, framed
from p2p.messages import (
    MAX_RESPONSE_BYTES,
    BlockData,
    BlockRequest,
    BlocksRequest,
    BlocksResponse,
    BytesResponse,
    Direction,
    RefusalKind,
    decode_request,
    decode_response,
    encode_request,
    encode_response,
)
from p2p.peers import Offence
from p2p.requests import BadResponse, PeerGone, RequestRefused, Requests, RequestTimeout
from p2p.serving import CONCURRENT_PER_PEER, REQUESTS_RATE, Server
from tests.p2p.streams import pair
from tests.p2p.support import Node

BLOCK = BlockData(b"header", (b"extrinsic",))
OFFER = BlocksRequest(1, Direction.ASCENDING, 2)


class Link:
    """A client and a server joined by memory; each stream that the client opens is served."""

    def __init__(self, nursery: trio.Nursery, node: Node, rate: Rate | None = None) -> None:
        self.reports: list[tuple[str, Offence]] = []
        self.opened = 0
        self._nursery = nursery
        self.server = Server(node, node, self._report, rate or REQUESTS_RATE)
        self.requests = Requests("/req/1", self.open, self._report)
        self.serve = self.server.serve

    async def open(self, peer: str, protocol: str) -> ByteStream:
        here, there = pair("client", peer)
        self.opened += 1
        self._nursery.start_soon(self.serve, there)
        return here

    def _report(self, peer: str, offence: Offence) -> None:
        self.reports.append((peer, offence))


@pytest.fixture
async def link(nursery: trio.Nursery) -> Link:
    node = Node(blocks_by_hash={bytes(32): BLOCK})
    link = Link(nursery, node)
    await nursery.start(link.requests.run)
    return link


async def test_many_requests_share_one_stream(link: Link) -> None:
    answers = []

    async def ask(wanted: bytes) -> None:
        answers.append(await link.requests.block("server", wanted))

    async with trio.open_nursery() as asking:
        for _ in range(40):
            asking.start_soon(ask, bytes(32))
    assert answers == [BLOCK] * 40
    assert link.opened == 1


async def test_a_peer_tells_of_others(link: Link) -> None:
    assert await link.requests.peers("server", bytes(32)) == ("/ip4/10.0.0.1/tcp/1/p2p/client",)


async def test_what_a_peer_does_not_have_is_none(link: Link) -> None:
    assert await link.requests.block("server", b"?" * 32) is None
    assert await link.requests.opening("server", b"?" * 32) is None
    assert await link.requests.manifest("server", b"?" * 32) is None
    assert await link.requests.chunks("server", b"?" * 32, 0, 4) == ()


async def test_a_silent_peer_times_out_and_is_reported(
    link: Link, autojump_clock: MockClock
) -> None:
    async def say_nothing(stream: ByteStream) -> None:
        await stream.read(65_536)
        await trio.sleep_forever()

    link.serve = say_nothing
    with pytest.raises(RequestTimeout, match=r"server did not answer BlockRequest in 10\.0 s"):
        await link.requests.block("server", bytes(32))
    assert link.reports == [("server", Offence.TIMEOUT)]


async def test_a_late_answer_is_dropped_and_the_stream_goes_on(
    link: Link, autojump_clock: MockClock
) -> None:
    async def answer_the_first_late(stream: ByteStream) -> None:
        frames = FrameReader(stream, 1024)
        first, _ = decode_request(await frames.next())
        second, _ = decode_request(await frames.next())
        late = encode_response(first, BytesResponse(b"late"))
        await stream.write(framed([late, encode_response(second, BytesResponse(b"in time"))]))
        await trio.sleep_forever()

    link.serve = answer_the_first_late
    with pytest.raises(RequestTimeout):
        await link.requests.opening("server", bytes(32))
    assert await link.requests.opening("server", bytes(32)) == b"in time"
    assert link.opened == 1


@pytest.mark.parametrize(
    "garbage",
    [
        b"\xff" * 64,
        (MAX_RESPONSE_BYTES + 1).to_bytes(4, "big"),
        framed([b"\xc1"]),
        framed([encode_response(7, BlocksResponse(()))]),
    ],
    ids=["noise", "an endless frame", "no msgpack", "an answer nobody asked for"],
)
async def test_garbage_ends_the_stream_and_is_reported(link: Link, garbage: bytes) -> None:
    async def send_garbage(stream: ByteStream) -> None:
        await stream.read(65_536)
        await stream.write(garbage)

    link.serve = send_garbage
    with pytest.raises(PeerGone, match="server closed its request stream"):
        await link.requests.block("server", bytes(32))
    assert link.reports == [("server", Offence.BAD_MESSAGE)]


async def test_after_a_lost_stream_the_next_request_opens_another(link: Link) -> None:
    honest = link.serve

    async def hang_up(stream: ByteStream) -> None:
        await stream.read(1)
        await stream.reset()

    link.serve = hang_up
    with pytest.raises(PeerGone):
        await link.requests.block("server", bytes(32))
    link.serve = honest
    assert await link.requests.block("server", bytes(32)) == BLOCK
    assert link.opened == 2


async def test_an_answer_of_another_kind_is_a_bad_response(link: Link) -> None:
    async def answer_with_bytes(stream: ByteStream) -> None:
        id, _ = decode_request(await FrameReader(stream, 1024).next())
        await stream.write(framed([encode_response(id, BytesResponse(b"x"))]))
        await trio.sleep_forever()

    link.serve = answer_with_bytes
    with pytest.raises(BadResponse, match="wanted a BlocksResponse, got a BytesResponse"):
        await link.requests.block("server", bytes(32))


async def test_more_blocks_than_asked_is_a_bad_response(link: Link) -> None:
    async def answer_with_three(stream: ByteStream) -> None:
        id, _ = decode_request(await FrameReader(stream, 1024).next())
        await stream.write(framed([encode_response(id, BlocksResponse((BLOCK,) * 3))]))
        await trio.sleep_forever()

    link.serve = answer_with_three
    with pytest.raises(BadResponse, match="wanted at most 2 blocks, got 3"):
        await link.requests.blocks("server", OFFER)
    assert link.reports == [("server", Offence.BAD_MESSAGE)]


async def test_a_peer_that_leaves_fails_what_is_pending(link: Link) -> None:
    errors = []

    async def ask() -> None:
        try:
            await link.requests.block("server", bytes(32))
        except PeerGone as error:
            errors.append(str(error))

    async def say_nothing(stream: ByteStream) -> None:
        await trio.sleep_forever()

    link.serve = say_nothing
    async with trio.open_nursery() as asking:
        asking.start_soon(ask)
        await wait_all_tasks_blocked()
        link.requests.drop("server")
    assert errors == ["server closed its request stream"]


async def test_too_many_requests_are_refused_and_reported(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    link = Link(nursery, Node(), Rate(per_second=1.0, burst=3.0))
    await nursery.start(link.requests.run)
    for _ in range(3):
        await link.requests.opening("server", bytes(32))
    with pytest.raises(RequestRefused) as refused:
        await link.requests.opening("server", bytes(32))
    assert refused.value.reason is RefusalKind.RATE
    assert link.reports == [("client", Offence.RATE)]
    await trio.sleep(2.0)
    assert await link.requests.opening("server", bytes(32)) == b"proof"


async def test_an_answer_above_the_limit_becomes_a_refusal(link: Link, nursery) -> None:
    huge = BlockData(b"header", (bytes(MAX_RESPONSE_BYTES),))
    link.server = Server(
        Node(blocks_by_hash={bytes(32): huge}), Node(), link._report, REQUESTS_RATE
    )
    link.serve = link.server.serve
    with pytest.raises(RequestRefused, match="the answer is too long"):
        await link.requests.block("server", bytes(32))


@pytest.mark.parametrize(
    "garbage",
    [b"\xff" * 64, b"\x00\x00\x04\x01" + bytes(1025), framed([b"\xc1"]), framed([b""])],
    ids=["noise", "an oversized request", "no msgpack", "nothing"],
)
async def test_the_server_drops_a_stream_of_garbage(nursery, garbage: bytes) -> None:
    link = Link(nursery, Node())
    here, there = pair("client", "server")
    nursery.start_soon(link.server.serve, there)
    await here.write(garbage)
    assert await here.read(1) == b""
    assert link.reports == [("client", Offence.BAD_MESSAGE)]


async def test_a_peer_that_asks_much_at_once_waits_its_turn(nursery: trio.Nursery) -> None:
    running = []

    class Slow(Node):
        async def block(self, wanted: bytes) -> BlockData | None:
            running.append(wanted)
            await trio.sleep_forever()

    link = Link(nursery, Slow())
    here, there = pair("client", "server")
    nursery.start_soon(link.server.serve, there)
    frames = [encode_request(id, BlockRequest(bytes(32))) for id in range(CONCURRENT_PER_PEER + 3)]
    await here.write(framed(frames))
    await wait_all_tasks_blocked()
    assert len(running) == CONCURRENT_PER_PEER


async def test_a_stream_that_ends_amid_a_frame_is_lost() -> None:
    here, there = pair("client", "server")
    await here.write(b"\x00\x00\x00\x09half")
    await here.reset()
    with pytest.raises(StreamLost, match="client ended the stream"):
        await FrameReader(there, 100).next()


async def test_frames_are_cut_however_they_arrive(nursery: trio.Nursery) -> None:
    here, there = pair("client", "server")
    payloads = [bytes([n]) * n * 7 for n in range(20)]

    async def drip() -> None:
        for byte in framed(payloads):
            await here.write(bytes([byte]))

    nursery.start_soon(drip)
    reader = FrameReader(there, 200)
    assert [await reader.next() for _ in payloads] == payloads


def test_a_response_carries_the_id_of_its_request() -> None:
    raw = encode_response(12, BytesResponse(None))
    assert decode_response(raw) == (12, BytesResponse(None))
