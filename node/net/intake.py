"""Takes blocks from peers to the import queue: announced, requested, or by range sync."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

import trio

from consensus.errors import BadBlock, FutureSlot, Refused, UnknownParent
from consensus.import_queue import ImportQueue
from consensus.protocols import ImportRequest, Origin
from node.chain import Chain
from node.log import Logger
from p2p.headers import Stretch
from p2p.messages import BlockData, decode_announce
from p2p.peers import Offence
from p2p.sync import Outcome
from runtime.executive import Executed
from runtime.primitives.block import Block, Header
from runtime.primitives.scale import DecodeError, decode

MAX_FUTURE_SECONDS = 10.0
"""A block of a slot further ahead than this is dropped: it will be announced again, or synced."""

MAX_IN_FLIGHT = 16
"""Announced blocks that are fetched or imported at once."""

AT_ONCE = 16
"""Final blocks brought to the door and written together, or lost together if the process is killed:
alone, a block costs two signature checks more. Who comes with another waits for these."""

AT_ONCE_BYTES = 1 << 20
"""If all are no larger than this: what waits to be written is in memory. A large one is alone."""


class Ancestry(Protocol):
    """Fetches what is missing below a block, and bodies of announced headers."""

    def want(self, peer: str, block_hash: bytes) -> None:
        """Fetch a block and its unknown ancestors."""

    async def body(self, peer: str, block_hash: bytes) -> BlockData | None:
        """Fetch a block."""
        ...


class PeerBook(Protocol):
    """Who is asked and blamed."""

    def saw_block(self, peer: str, number: int, block_hash: bytes) -> None:
        """Note what a peer has."""


@dataclass(frozen=True, slots=True)
class IntakeParts:
    """What the intake is given."""

    queue: ImportQueue[Executed]
    chain: Chain
    is_open: Callable[[], bool]
    """False while the chain will jump: announced blocks are of no use then."""
    report: Callable[[str, Offence], None]
    now_ms: Callable[[], int]
    took: Callable[[float], None]
    """Hears how many seconds each import took."""
    gathered: Callable[[], AbstractContextManager[None]]
    """Within it, what is written waits for its end."""
    log: Logger


class BlockIntake:
    """The way of a peer's block to the only door."""

    def __init__(self, parts: IntakeParts) -> None:
        self._queue, self._chain, self._log = parts.queue, parts.chain, parts.log
        self._is_open = parts.is_open
        self._report, self._now_ms, self._took = parts.report, parts.now_ms, parts.took
        self._gathered = parts.gathered
        self._room = trio.Semaphore(MAX_IN_FLIGHT)

    async def import_blocks(
        self, blocks: tuple[BlockData, ...], source_peer: str, final: Stretch | None = None
    ) -> Outcome:
        """Import requested blocks in order; a bad one costs the peer that sent it.

        `final` has the hashes of these blocks where they are proven final, and the proofs.
        """
        try:
            if final is None:
                for data in blocks:
                    await self._submit(data, Origin.REQUESTED)
            else:
                for some in at_once(blocks):
                    with self._gathered():
                        await self._import(*(_final_request(data, final) for data in some))
        except UnknownParent:
            return Outcome.UNKNOWN_PARENT
        except (BadBlock, DecodeError) as error:
            self._refused(source_peer, error)
            return Outcome.BAD
        except Refused as error:
            self._log.debug("block_waits", reason=str(error))
            return Outcome.UNAVAILABLE
        return Outcome.IMPORTED

    async def take_announcement(
        self, peer: str, payload: bytes, ancestry: Ancestry, peers: PeerBook
    ) -> None:
        """Import an announced block, fetching its body and its ancestors where they are missing."""
        async with self._room:
            announce = decode_announce(payload)
            header: Header = decode(announce.header, Header)
            peers.saw_block(peer, header.number, header.hash)
            if not self._is_open() or self._chain.blocks.has_imported(header.hash):
                return
            data = announce.body or await ancestry.body(peer, header.hash)
            if data is not None:
                await self._import_announced(peer, data, header, ancestry)

    async def _import_announced(
        self, peer: str, data: BlockData, header: Header, ancestry: Ancestry
    ) -> None:
        try:
            try:
                await self._submit(data, Origin.ANNOUNCED)
            except FutureSlot as early:
                if await self._waited(early):
                    await self._submit(data, Origin.ANNOUNCED)
        except UnknownParent:
            ancestry.want(peer, header.hash)
        except (BadBlock, DecodeError) as error:
            self._refused(peer, error)
            self._report(peer, Offence.BAD_BLOCK)
        except Refused as error:
            self._log.debug("block_dropped", number=header.number, reason=str(error))

    async def _waited(self, early: FutureSlot) -> bool:
        """Wait for the slot of a block that came early; say whether it was worth waiting for."""
        seconds = (early.starts_at_ms - self._now_ms()) / 1000
        if seconds > MAX_FUTURE_SECONDS:
            return False
        await trio.sleep(max(seconds, 0.0))
        return True

    async def _submit(self, data: BlockData, origin: Origin) -> None:
        header: Header = decode(data.header, Header)
        block = Block(header, data.extrinsics)
        await self._import(ImportRequest(block, data.proofs, data.justification, origin))

    async def _import(self, *requests: ImportRequest[Executed]) -> None:
        """Import blocks; what they took together is told of each alike."""
        began = trio.current_time()
        imported = await self._queue.submit_all(requests)
        took = (trio.current_time() - began) / len(imported)
        for one in imported:
            if one.is_new:
                self._took(took)

    def _refused(self, peer: str, error: Exception) -> None:
        kind = type(error).__name__
        self._log.warning("block_refused", error=kind, reason=str(error), peer=peer)


def at_once(blocks: Sequence[BlockData]) -> Iterator[Sequence[BlockData]]:
    """Cut blocks into those that are imported together."""
    some: list[BlockData] = []
    room = AT_ONCE_BYTES
    for data in blocks:
        size = sum(map(len, data.extrinsics)) + sum(map(len, data.proofs))
        if some and (len(some) == AT_ONCE or size > room):
            yield some
            some, room = [], AT_ONCE_BYTES
        some.append(data)
        room -= size
    if some:
        yield some


def _final_request(data: BlockData, final: Stretch) -> ImportRequest[Executed]:
    """Return the import of a block of a stretch, with its proof from there if it has one.

    Each proof costs signature checks and a synced write, so all others are left out.

    Raises: DecodeError.
    """
    header: Header = decode(data.header, Header)
    assert header.hash == final.hash_at(header.number), "sync checked the hashes"
    block, proof = Block(header, data.extrinsics), final.proofs.get(header.number)
    return ImportRequest(block, data.proofs, proof, Origin.REQUESTED, is_final=True)
