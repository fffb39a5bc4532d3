"""Fetches blobs chunk by chunk from whoever has them, checks each, and resumes where it stopped."""

import logging
from collections.abc import Callable, Sequence
from typing import Final, Protocol

import trio

from p2p.blobs import BadChunk, BlobNotFound, BlobStore, check_chunk, checked_manifest
from p2p.messages import Manifest
from p2p.peers import Offence
from p2p.requests import RequestFailed
from p2p.schema import MessageError

CHUNKS_PER_REQUEST: Final = 16
"""One MiB: a response that a slow line still delivers within the timeout."""

CONCURRENT_REQUESTS: Final = 4
"""Enough to hide the round trip, few enough to leave room for blocks."""

logger = logging.getLogger(__name__)


class ChunkSource(Protocol):
    """Asks peers for blobs; `Requests` is one. Both raise RequestFailed."""

    async def manifest(self, peer: str, root: bytes) -> bytes | None:
        """Fetch a manifest."""
        ...

    async def chunks(self, peer: str, root: bytes, first: int, count: int) -> tuple[bytes, ...]:
        """Fetch consecutive chunks."""
        ...


class Blobs:
    """The blobs of this node for the rest of it: stored here, or fetched from peers.

    Also answers peers: `manifest` and `chunks` are those of `requests.Responder`.
    """

    def __init__(
        self,
        store: BlobStore,
        source: ChunkSource,
        report: Callable[[str, Offence], None],
    ) -> None:
        self._store = store
        self._source = source
        self._report = report
        self._disk = trio.CapacityLimiter(1)

    async def put(self, data: bytes) -> bytes:
        """Store a blob and return its root; raises BlobTooLarge, QuotaExceeded."""
        return await trio.to_thread.run_sync(self._store.put, data, limiter=self._disk)

    async def get(self, root: bytes) -> bytes:
        """Read a blob from the disk; raises BlobNotFound, BadChunk."""
        return await trio.to_thread.run_sync(self._store.get, root, limiter=self._disk)

    async def remove(self, root: bytes) -> None:
        """Remove a blob from the disk."""
        await trio.to_thread.run_sync(self._store.remove, root, limiter=self._disk)

    async def manifest(self, root: bytes) -> bytes | None:
        """Give a manifest to a peer."""
        return await trio.to_thread.run_sync(self._store.manifest, root, limiter=self._disk)

    async def chunks(self, root: bytes, first: int, count: int) -> tuple[bytes, ...]:
        """Give consecutive chunks to a peer."""
        return await trio.to_thread.run_sync(
            self._store.chunks, root, first, count, limiter=self._disk
        )

    async def fetch(self, root: bytes, peers: Sequence[str]) -> bytes:
        """Give a blob, fetching from `peers` what is not on the disk.

        A peer that lacks a chunk is passed over; one that sends a wrong chunk is reported and not
        asked again. What was fetched stays when this fails, so that a later call goes on there.
        Raises BlobNotFound, BadChunk when the last peer to try sent one, QuotaExceeded.
        """
        await self._complete(root, peers)
        try:
            return await self.get(root)
        except BadChunk:
            # The disk corrupted what an earlier fetch stored; it is removed now.
            await self._complete(root, peers)
            return await self.get(root)

    async def _complete(self, root: bytes, peers: Sequence[str]) -> None:
        manifest = await self._manifest(root, peers)
        missing = await trio.to_thread.run_sync(self._store.missing, root, limiter=self._disk)
        fetch = _Fetch(self, root, manifest, list(peers))
        windows = _windows(missing)
        slots = trio.Semaphore(CONCURRENT_REQUESTS)
        try:
            async with trio.open_nursery() as nursery:
                for number, window in enumerate(windows):
                    await slots.acquire()
                    nursery.start_soon(fetch.window, window, number, slots)
        except* (BlobNotFound, BadChunk) as group:
            raise _first(group) from None

    async def _manifest(self, root: bytes, peers: Sequence[str]) -> Manifest:
        raw = await self.manifest(root)
        if raw is not None:
            return checked_manifest(root, raw)
        for peer in peers:
            try:
                raw = await self._source.manifest(peer, root)
                if raw is not None:
                    return await trio.to_thread.run_sync(
                        self._store.put_manifest, root, raw, limiter=self._disk
                    )
            except RequestFailed as error:
                logger.debug("manifest of %s: %s", root.hex(), error)
            except (BadChunk, MessageError):
                self._report(peer, Offence.BAD_CHUNK)
        raise BlobNotFound(f"{root.hex()}: none of {len(peers)} peers has its manifest")

    async def take(self, root: bytes, peer: str, first: int, count: int) -> tuple[bytes, ...]:
        """Ask one peer for chunks; none when it does not answer."""
        try:
            return await self._source.chunks(peer, root, first, count)
        except RequestFailed as error:
            logger.debug("chunks of %s: %s", root.hex(), error)
            return ()

    async def keep(self, root: bytes, index: int, chunk: bytes) -> None:
        """Store a chunk that was checked."""
        await trio.to_thread.run_sync(self._store.put_chunk, root, index, chunk, limiter=self._disk)

    def accuse(self, peer: str) -> None:
        """Report a peer that sent a wrong chunk."""
        self._report(peer, Offence.BAD_CHUNK)


class _Fetch:
    """One blob on its way: who may still be asked.

    Invariant: `peers` never holds a peer that sent a wrong chunk.
    """

    def __init__(self, blobs: Blobs, root: bytes, manifest: Manifest, peers: list[str]) -> None:
        self._blobs = blobs
        self._root = root
        self._manifest = manifest
        self._peers = peers

    async def window(self, window: range, number: int, slots: trio.Semaphore) -> None:
        """Fetch consecutive chunks, starting with another peer for each window."""
        try:
            wanted = window
            liar: BadChunk | None = None
            turn = number % max(1, len(self._peers))
            for peer in (*self._peers[turn:], *self._peers[:turn]):
                if peer not in self._peers:
                    continue
                try:
                    wanted = await self._from(peer, wanted)
                except BadChunk as error:
                    liar = error
                if not wanted:
                    return
            if liar is not None:
                raise liar
            raise BlobNotFound(
                f"{self._root.hex()}: no peer has chunk {wanted.start} of "
                f"{len(self._manifest.chunks)}"
            )
        finally:
            slots.release()

    async def _from(self, peer: str, wanted: range) -> range:
        """Take what one peer has of a window and return what is left of it."""
        for chunk in await self._blobs.take(self._root, peer, wanted.start, len(wanted)):
            try:
                check_chunk(self._manifest, wanted.start, chunk)
            except BadChunk as error:
                if peer in self._peers:
                    self._peers.remove(peer)
                    self._blobs.accuse(peer)
                raise BadChunk(f"{self._root.hex()} from {peer}: {error}") from None
            await self._blobs.keep(self._root, wanted.start, chunk)
            wanted = wanted[1:]
        return wanted


def _windows(indices: Sequence[int]) -> list[range]:
    """Group ascending indices into runs of at most `CHUNKS_PER_REQUEST`."""
    windows: list[range] = []
    for index in indices:
        last = windows[-1] if windows else range(0)
        if last and index == last.stop and len(last) < CHUNKS_PER_REQUEST:
            windows[-1] = range(last.start, index + 1)
        else:
            windows.append(range(index, index + 1))
    return windows


def _first(group: BaseExceptionGroup[BlobNotFound | BadChunk]) -> Exception:
    """Take the first error out of nested groups."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, Exception)
    return error
