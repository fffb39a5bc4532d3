"""Request and response on one reused stream per peer and direction, with ids, timeouts and bounds.

A stream per request costs seven times as much. The asking side writes requests and matches the
responses by id; the serving side answers several at once, in any order.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

import trio

from p2p.exchange import PeersRequest, PeersResponse
from p2p.framing import ByteStream, FrameReader, FrameTooLarge, StreamLost, framed
from p2p.light import (
    HeaderData,
    HeadersRequest,
    HeadersResponse,
    StateRequest,
    StateResponse,
)
from p2p.messages import (
    MAX_RESPONSE_BYTES,
    BlockData,
    BlockRequest,
    BlocksRequest,
    BlocksResponse,
    BytesResponse,
    ChunksRequest,
    ChunksResponse,
    ManifestRequest,
    OpeningRequest,
    Refusal,
    Request,
    Response,
    Status,
    StatusRequest,
    StatusResponse,
    decode_response,
    encode_request,
)
from p2p.peers import Offence
from p2p.schema import MessageError
from p2p.service import Started

DEFAULT_TIMEOUT_SECONDS: Final = 10.0
"""A full response over a slow home line."""

MAX_PENDING: Final = 32
"""Requests in flight to one peer; more wait their turn."""

OPEN_TIMEOUT_SECONDS: Final = 10.0

Answer = TypeVar("Answer")


class RequestFailed(Exception):
    """A request that got no answer that can be used."""


class PeerGone(RequestFailed):
    """The peer, its connection or its request stream went away."""


class RequestTimeout(RequestFailed):
    """The peer did not answer in time."""


class RequestRefused(RequestFailed):
    """The peer said no."""

    def __init__(self, peer: str, refusal: Refusal) -> None:
        super().__init__(f"{peer} refused ({refusal.reason.name.lower()}): {refusal.text}")
        self.reason = refusal.reason


class BadResponse(RequestFailed):
    """The peer's answer does not decode, or answers another question."""


class OpenStream(Protocol):
    """Opens streams of one protocol."""

    async def __call__(self, peer: str, protocol: str) -> ByteStream:
        """Open a stream; raises StreamLost."""
        ...


@dataclass(slots=True)
class _Pending:
    answered: trio.Event
    response: Response | None = None


class Requests:
    """The asking side: keeps a stream to each peer it asked, for as long as that lasts.

    Invariant: at most one channel per peer, and at most `MAX_PENDING` requests in it.
    """

    def __init__(
        self,
        protocol: str,
        open_stream: OpenStream,
        report: Callable[[str, Offence], None],
    ) -> None:
        self._protocol = protocol
        self._open_stream = open_stream
        self._report = report
        self._channels: dict[str, _Channel] = {}
        self._opening: dict[str, trio.Lock] = {}
        self._nursery: trio.Nursery | None = None

    async def run(self, task_status: Started[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Hold the tasks that read responses."""
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            task_status.started(None)
            await trio.sleep_forever()

    async def status(self, peer: str, ours: Status) -> Status:
        """Exchange handshakes."""
        return (await self._ask(peer, StatusRequest(ours), StatusResponse)).status

    async def peers(self, peer: str, target: bytes) -> tuple[str, ...]:
        """Ask for addresses of peers near a point; the caller checks them."""
        return (await self._ask(peer, PeersRequest(target), PeersResponse)).addresses

    async def blocks(
        self, peer: str, query: BlocksRequest, *, timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS
    ) -> tuple[BlockData, ...]:
        """Fetch a range of blocks; empty when the peer does not know its start."""
        response = await self._ask(peer, query, BlocksResponse, timeout_seconds)
        if len(response.blocks) > query.max_count:
            self._report(peer, Offence.BAD_MESSAGE)
            raise BadResponse(
                f"{peer}: wanted at most {query.max_count} blocks, got {len(response.blocks)}"
            )
        return response.blocks

    async def headers(
        self, peer: str, first: int, max_count: int, *, timeout_seconds: float
    ) -> tuple[HeaderData, ...]:
        """Fetch headers with their proofs from a height up; the caller checks them."""
        query = HeadersRequest(first, max_count)
        response = await self._ask(peer, query, HeadersResponse, timeout_seconds)
        return response.headers[:max_count]

    async def state(
        self, peer: str, roots: tuple[bytes, ...], *, timeout_seconds: float
    ) -> tuple[bytes, ...]:
        """Fetch nodes of a state below some nodes of it; the caller checks them."""
        return (await self._ask(peer, StateRequest(roots), StateResponse, timeout_seconds)).items

    async def block(self, peer: str, block_hash: bytes) -> BlockData | None:
        """Fetch one block by hash; None when the peer does not have it."""
        response = await self._ask(peer, BlockRequest(block_hash), BlocksResponse)
        if len(response.blocks) > 1:
            self._report(peer, Offence.BAD_MESSAGE)
            raise BadResponse(f"{peer}: wanted one block, got {len(response.blocks)}")
        return response.blocks[0] if response.blocks else None

    async def opening(self, peer: str, proof_hash: bytes) -> bytes | None:
        """Fetch an opening's proof or a receipt by its hash; None when the peer has none."""
        return (await self._ask(peer, OpeningRequest(proof_hash), BytesResponse)).payload

    async def manifest(self, peer: str, root: bytes) -> bytes | None:
        """Fetch a blob's manifest; None when the peer does not have it."""
        return (await self._ask(peer, ManifestRequest(root), BytesResponse)).payload

    async def chunks(self, peer: str, root: bytes, first: int, count: int) -> tuple[bytes, ...]:
        """Fetch consecutive chunks; fewer when the peer lacks one. The caller checks hashes."""
        response = await self._ask(peer, ChunksRequest(root, first, count), ChunksResponse)
        return response.chunks[:count]

    def drop(self, peer: str) -> None:
        """Fail what is pending at a peer that left."""
        channel = self._channels.pop(peer, None)
        self._opening.pop(peer, None)
        if channel is not None:
            channel.close()

    async def _ask(
        self,
        peer: str,
        request: Request,
        wanted: type[Answer],
        timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
    ) -> Answer:
        with trio.move_on_after(timeout_seconds) as scope:
            channel = await self._channel(peer)
            response = await channel.ask(request)
        if scope.cancelled_caught:
            self._report(peer, Offence.TIMEOUT)
            name = type(request).__name__
            raise RequestTimeout(f"{peer} did not answer {name} in {timeout_seconds} s")
        if isinstance(response, Refusal):
            raise RequestRefused(peer, response)
        if not isinstance(response, wanted):
            self._report(peer, Offence.BAD_MESSAGE)
            raise BadResponse(
                f"{peer}: wanted a {wanted.__name__}, got a {type(response).__name__}"
            )
        return response

    async def _channel(self, peer: str) -> "_Channel":
        assert self._nursery is not None, "run() must be started before the first request"
        async with self._opening.setdefault(peer, trio.Lock()):
            channel = self._channels.get(peer)
            if channel is None or channel.is_closed:
                try:
                    stream = await self._open_stream(peer, self._protocol)
                except StreamLost as error:
                    raise PeerGone(str(error)) from error
                channel = _Channel(stream)
                self._channels[peer] = channel
                self._nursery.start_soon(self._read, channel)
            return channel

    async def _read(self, channel: "_Channel") -> None:
        """Read one channel's responses until it ends; a bad one is held against the peer."""
        try:
            await channel.read_responses()
        except StreamLost:
            return
        except (FrameTooLarge, MessageError):
            self._report(channel.peer, Offence.BAD_MESSAGE)
        finally:
            channel.close()
            if self._channels.get(channel.peer) is channel:
                del self._channels[channel.peer]
            await channel.reset()


class _Channel:
    """One request stream and what is pending on it.

    Invariant: every pending request is answered, timed out or failed by `close`.
    """

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream
        self._next_id = 0
        self._pending: dict[int, _Pending] = {}
        self._slots = trio.Semaphore(MAX_PENDING)
        self._writing = trio.Lock()
        self.is_closed = False

    @property
    def peer(self) -> str:
        """Name the peer that answers here."""
        return self._stream.peer

    async def ask(self, request: Request) -> Response:
        """Send a request and wait for its response; raises PeerGone."""
        async with self._slots:
            id = self._next_id
            self._next_id += 1
            pending = self._pending[id] = _Pending(trio.Event())
            try:
                await self._send(framed([encode_request(id, request)]))
                await pending.answered.wait()
            finally:
                self._pending.pop(id, None)
            if pending.response is None:
                raise PeerGone(f"{self.peer} closed its request stream")
            return pending.response

    async def read_responses(self) -> None:
        """Match responses to requests until the stream ends.

        Raises StreamLost, FrameTooLarge, MessageError. A late answer to a request that timed out
        is dropped; an answer to a question that was never asked ends the stream.
        """
        frames = FrameReader(self._stream, MAX_RESPONSE_BYTES)
        while True:
            id, response = decode_response(await frames.next())
            if id >= self._next_id:
                raise MessageError(f"wanted a request id below {self._next_id}, got {id}")
            pending = self._pending.get(id)
            if pending is not None:
                pending.response = response
                pending.answered.set()

    def close(self) -> None:
        """Fail everything pending."""
        self.is_closed = True
        for pending in self._pending.values():
            pending.answered.set()

    async def reset(self) -> None:
        """Drop the stream."""
        with trio.CancelScope(shield=True):
            await self._stream.reset()

    async def _send(self, frame: bytes) -> None:
        if self.is_closed:
            raise PeerGone(f"{self.peer} closed its request stream")
        # A half-written request would shift all later frames: a timeout here ends the channel.
        async with self._writing:
            is_whole = False
            try:
                await self._stream.write(frame)
                is_whole = True
            except StreamLost as error:
                raise PeerGone(str(error)) from error
            finally:
                if not is_whole:
                    self.close()


class Responder(Protocol):
    """Answers peers from the chain, the store and the blobs of this node."""

    async def blocks(self, query: BlocksRequest) -> tuple[BlockData, ...]:
        """Give blocks from `start` in `direction`, within the count and the byte budget."""
        ...

    async def block(self, block_hash: bytes) -> BlockData | None:
        """Give a block by hash."""
        ...

    async def headers(self, first: int, max_count: int) -> tuple[HeaderData, ...]:
        """Give headers of the best chain with their proofs, from a height up."""
        ...

    async def state(self, roots: tuple[bytes, ...]) -> tuple[bytes, ...]:
        """Give nodes of a state in the order of a walk, up to a budget or what is missing."""
        ...

    async def opening(self, proof_hash: bytes) -> bytes | None:
        """Give an opening's proof or a receipt by hash."""
        ...

    async def manifest(self, root: bytes) -> bytes | None:
        """Give a blob's manifest."""
        ...

    async def chunks(self, root: bytes, first: int, count: int) -> tuple[bytes, ...]:
        """Give consecutive chunks of a blob, up to the first that is missing."""
        ...


class Greeter(Protocol):
    """Answers what is about peers and not about the chain; never raises."""

    async def handshake(self, peer: str, status: Status) -> Status:
        """Take a peer's status and give ours."""
        ...

    def peers_near(self, peer: str, target: bytes) -> tuple[str, ...]:
        """Give addresses near a point that the asking peer may know."""
        ...


async def respond(peer: str, request: Request, responder: Responder, greeter: Greeter) -> Response:
    """Answer one request."""
    match request:
        case StatusRequest(status):
            return StatusResponse(await greeter.handshake(peer, status))
        case PeersRequest(target):
            return PeersResponse(greeter.peers_near(peer, target))
        case BlocksRequest():
            return BlocksResponse(await responder.blocks(request))
        case BlockRequest(block_hash):
            block = await responder.block(block_hash)
            return BlocksResponse(() if block is None else (block,))
        case HeadersRequest(first, max_count):
            return HeadersResponse(await responder.headers(first, max_count))
        case StateRequest(roots):
            return StateResponse(await responder.state(roots))
        case OpeningRequest(proof_hash):
            return BytesResponse(await responder.opening(proof_hash))
        case ManifestRequest(root):
            return BytesResponse(await responder.manifest(root))
        case ChunksRequest(root, first, count):
            return ChunksResponse(await responder.chunks(root, first, count))
