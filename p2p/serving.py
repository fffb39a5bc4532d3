"""The answering side of requests: bounded concurrency and a rate per peer.

A request takes one token of its peer's bucket; the bytes of an answer, and the blocks or nodes that
had to be read for it, are paid for afterwards, before the slot is free again.
"""

import logging
from collections.abc import Callable
from typing import Final

import trio

from p2p.budgets import ANSWERS_RATE, ITEMS_RATE, Rate, TokenBucket
from p2p.framing import ByteStream, FrameReader, FrameTooLarge, StreamLost, framed
from p2p.light import HeadersResponse, StateResponse
from p2p.messages import (
    MAX_REQUEST_BYTES,
    BlocksResponse,
    Refusal,
    RefusalKind,
    Request,
    Response,
    decode_request,
    encode_response,
)
from p2p.peers import Offence
from p2p.requests import Greeter, Responder, respond
from p2p.schema import MessageError

CONCURRENT_PER_PEER: Final = 4
"""Answers prepared at once for one peer; further requests wait unread in its stream."""

ANSWER_TIMEOUT_SECONDS: Final = 30.0
"""Preparing and sending one answer; a peer that does not read is dropped."""

logger = logging.getLogger(__name__)


REQUESTS_RATE: Final = Rate(per_second=200.0, burst=400.0)
"""Fetching a blob takes 32 requests for 64 MiB; a syncing peer some 20 a second."""


class Server:
    """Serves every peer's request stream."""

    def __init__(
        self,
        responder: Responder,
        greeter: Greeter,
        report: Callable[[str, Offence], None],
        rate: Rate,
    ) -> None:
        self._responder = responder
        self._greeter = greeter
        self._report = report
        self._rate = rate
        self._buckets: dict[str, TokenBucket] = {}
        self._sent: dict[str, tuple[TokenBucket, TokenBucket]] = {}
        """Bytes and items of the answers to each peer."""

    async def serve(self, stream: ByteStream) -> None:
        """Answer the requests on one stream until it ends or breaks a rule."""
        try:
            async with trio.open_nursery() as nursery:
                await self._serve(stream, nursery)
        except* StreamLost as group:
            logger.debug("request stream ended: %s", group.exceptions[0])
        except* (FrameTooLarge, MessageError) as group:
            logger.info("request stream of %s: %s", stream.peer, group.exceptions[0])
            self._report(stream.peer, Offence.BAD_MESSAGE)
        await stream.reset()

    def forget(self, peer: str) -> None:
        """Drop the bucket of a peer that left."""
        self._buckets.pop(peer, None)
        self._sent.pop(peer, None)

    async def _serve(self, stream: ByteStream, nursery: trio.Nursery) -> None:
        frames = FrameReader(stream, MAX_REQUEST_BYTES)
        slots = trio.Semaphore(CONCURRENT_PER_PEER)
        writing = trio.Lock()
        while True:
            id, request = decode_request(await frames.next())
            bucket = self._buckets.setdefault(stream.peer, TokenBucket(self._rate))
            if not bucket.take():
                self._report(stream.peer, Offence.RATE)
                refusal = Refusal(RefusalKind.RATE, f"{self._rate.per_second} requests a second")
                await _send(stream, writing, id, refusal)
                continue
            await slots.acquire()
            nursery.start_soon(self._answer, stream, writing, slots, (id, request))

    def _spend(self, peer: str, size_bytes: int, items: int) -> float:
        """Take an answer off a peer's budgets; return the seconds until they are in order."""
        if peer not in self._sent:
            self._sent[peer] = TokenBucket(ANSWERS_RATE), TokenBucket(ITEMS_RATE)
        of_bytes, of_items = self._sent[peer]
        return max(of_bytes.spend(size_bytes), of_items.spend(items))

    async def _answer(
        self,
        stream: ByteStream,
        writing: trio.Lock,
        slots: trio.Semaphore,
        numbered: tuple[int, Request],
    ) -> None:
        id, request = numbered
        try:
            with trio.fail_after(ANSWER_TIMEOUT_SECONDS):
                answer = await respond(stream.peer, request, self._responder, self._greeter)
                size = await _send(stream, writing, id, answer)
            await trio.sleep(self._spend(stream.peer, size, items_in(answer)))
        except trio.TooSlowError:
            raise StreamLost(f"{stream.peer} did not read its answer") from None
        finally:
            slots.release()


def items_in(answer: Response) -> int:
    """Count what had to be read one by one for an answer."""
    match answer:
        case BlocksResponse(blocks):
            return len(blocks)
        case HeadersResponse(headers):
            return len(headers)
        case StateResponse(items):
            return len(items)
        case _:
            return 1


async def _send(stream: ByteStream, writing: trio.Lock, id: int, response: Response) -> int:
    """Send a response or what is wrong with it; return its size."""
    try:
        frame = encode_response(id, response)
    except MessageError as error:
        logger.warning("answer to %s is too long: %s", stream.peer, error)
        frame = encode_response(id, Refusal(RefusalKind.INTERNAL, "the answer is too long"))
    async with writing:
        await stream.write(framed([frame]))
    return len(frame)
