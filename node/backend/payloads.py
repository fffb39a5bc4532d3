"""Inputs and outputs of jobs by the roots that the chain knows them by.

The chain names a payload by the Merkle root over its leaves; peers exchange blobs by the hash of
their manifests. This is the table between the two. An alias is somebody's word: what lies under
it is unverified until whoever asked for it has checked it against the chain's root. So only our
own aliases are told to peers, and what peers told us is asked for again after a while: a wrong
word does not stay.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import trio

from consensus.compute.provider_view import BlobUnavailable, Check
from node.backend.aliases import Aliases
from node.store.aux import AuxStore
from p2p.blobs import BlobError, QuotaExceeded, checked_manifest
from p2p.messages import Manifest, decode_manifest
from p2p.requests import RequestFailed
from p2p.schema import MessageError
from runtime.compute.contents import BadPayload

ROOT_BYTES = 32

MAX_PEERS_ASKED = 8
"""Peers asked for one payload: one that is served at all is served by its owner, a neighbour."""

ALIAS_SECONDS = 5.0
"""How long peers have to tell an alias: a few round trips, and less than a slot."""

MISSING_SECONDS = 4.0
"""How long a payload that nobody had is not asked for again."""

HEARSAY_SECONDS = 120.0
"""How long an alias of a peer is believed: a client reads a large payload in many parts. After
that it counts only where no peer says another."""

MAX_REMEMBERED = 1024
"""Missing payloads and aliases of peers in memory, each."""


class BlobNode(Protocol):
    """The blobs of this node; `p2p.fetching.Blobs` is one. See there for what is raised."""

    async def put(self, data: bytes) -> bytes:
        """Store a blob and return its root."""
        ...

    async def get(self, root: bytes) -> bytes:
        """Read a blob from the disk."""
        ...

    async def manifest(self, root: bytes) -> bytes | None:
        """Read a manifest from the disk."""
        ...

    async def chunks(self, root: bytes, first: int, count: int) -> tuple[bytes, ...]:
        """Read consecutive chunks from the disk, up to the first that is missing."""
        ...

    async def fetch(self, root: bytes, peers: Sequence[str]) -> bytes:
        """Give a blob, fetching what is not on the disk."""
        ...

    async def remove(self, root: bytes) -> None:
        """Remove a blob from the disk."""
        ...


class AliasSource(Protocol):
    """Asks peers; `p2p.requests.Requests` is one. Both raise RequestFailed."""

    async def opening(self, peer: str, proof_hash: bytes) -> bytes | None:
        """Ask what a peer has under a hash: for the root of a payload, the root of its blob."""
        ...

    async def manifest(self, peer: str, root: bytes) -> bytes | None:
        """Ask for a manifest."""
        ...


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of a blob that is here."""

    data: bytes
    size_bytes: int
    """Of the whole."""


class Payloads:
    """Keeps payloads, serves them, and fetches those of others; the worker's `Blobs`."""

    def __init__(
        self,
        aux: AuxStore,
        blobs: BlobNode,
        requests: AliasSource,
        peers: Callable[[], Sequence[str]],
        now: Callable[[], float] = trio.current_time,
    ) -> None:
        """`peers` lists those we can talk to, the best first."""
        self._blobs = blobs
        self._aliases = Aliases(aux)
        self._requests, self._peers = requests, peers
        self._hearsay = Recent(HEARSAY_SECONDS, now)
        self._missing = Recent(MISSING_SECONDS, now)
        self._spared: frozenset[bytes] = frozenset()
        """Roots of payloads that others make room for."""
        self._outlived: list[bytes] = []
        """Blobs that nobody can name any more, to be removed."""

    # what is here

    async def put(self, chain_root: bytes, content: bytes) -> None:
        """Keep and serve a payload; raises BlobUnavailable if there is no room."""
        self.alias(chain_root, await self._kept(content))

    def keep(self, roots: frozenset[bytes]) -> None:
        """Spare the payloads of these roots, and no others, where room is made."""
        self._spared = roots

    async def upload(self, content: bytes) -> bytes:
        """Keep a blob whose payload is not known yet, and return its root.

        Raises BlobUnavailable if there is no room.
        """
        blob_root = await self._kept(content)
        self._record(blob_root, blob_root, is_ours=True)
        return blob_root

    def alias(self, chain_root: bytes, blob_root: bytes) -> None:
        """Say, and tell peers, under which blob the payload of a chain root lies."""
        self._aliases.drop(blob_root)
        self._record(chain_root, blob_root, is_ours=True)
        self._hearsay.drop(chain_root)
        self._missing.drop(chain_root)

    def find(self, chain_root: bytes) -> bytes | None:
        """Return the blob root of a payload of ours, to answer a peer."""
        found = self._aliases.get(chain_root)
        return found.blob_root if found is not None and found.is_ours else None

    def forget(self, chain_root: bytes) -> None:
        """Drop an alias whose content is not what the chain's root says."""
        self._aliases.drop(chain_root)
        self._hearsay.drop(chain_root)

    async def _kept(self, content: bytes) -> bytes:
        """Store a blob; the blobs of the oldest aliases make room for it."""
        await self._sweep()
        while True:
            try:
                return await self._blobs.put(content)
            except QuotaExceeded as error:
                if not await self._made_room():
                    raise BlobUnavailable(f"no room for {len(content)} bytes: {error}") from error
            except (BlobError, OSError) as error:
                raise BlobUnavailable(f"cannot keep {len(content)} bytes: {error}") from error

    async def _made_room(self) -> bool:
        """Remove the blob of the oldest alias; say whether there was one."""
        oldest = self._aliases.drop_oldest(self._spared)
        if oldest is not None:
            await self._blobs.remove(oldest)
        return oldest is not None

    def _record(self, root: bytes, blob_root: bytes, *, is_ours: bool) -> None:
        dropped = self._aliases.put(root, blob_root, is_ours=is_ours, spared=self._spared)
        if dropped is not None:
            self._outlived.append(dropped)

    async def _sweep(self) -> None:
        while self._outlived:
            await self._blobs.remove(self._outlived.pop())

    # what others have

    async def get(self, chain_root: bytes, size_bytes: int, check: Check | None = None) -> bytes:
        """Return a payload of at most that many bytes.

        Raises BlobUnavailable; with a check, BadPayload if there are only others under the root.
        """
        known = self.known(chain_root)
        found = None if known is None else await self._from_disk(known, size_bytes)
        if found is not None and await self._flaw(chain_root, found, check) is None:
            return found
        return await self.fetch(chain_root, size_bytes, check=check)

    def known(self, chain_root: bytes) -> bytes | None:
        """Return the blob root of a payload, if we say so or a peer just did."""
        return self.find(chain_root) or self._hearsay.get(chain_root)

    async def fetch(
        self, root: bytes, size_bytes: int, *, is_blob: bool = False, check: Check | None = None
    ) -> bytes:
        """Fetch a payload from peers; with `is_blob`, the root may also be that of a blob.

        What does not pass the check is forgotten, and another peer's word taken. Raises
        BlobUnavailable, at once if nobody had it a moment ago; BadPayload if nobody has better.
        """
        if self._missing.get(root) is not None:
            raise BlobUnavailable(f"payload {root.hex()}: nobody had it a moment ago")
        peers = tuple(self._peers()[:MAX_PEERS_ASKED])
        flaw: BadPayload | None = None
        for blob_root in await self._candidates(root, peers, is_blob=is_blob):
            content = await self._from_peers(blob_root, size_bytes, peers)
            if content is not None:
                if found := await self._flaw(root, content, check):
                    flaw = found
                    continue
                if blob_root != self.find(root):
                    self._record(root, blob_root, is_ours=False)
                    self._hearsay.put(root, blob_root)
                await self._sweep()
                return content
        if flaw is not None:
            raise flaw
        self._hearsay.drop(root)
        if peers:
            self._missing.put(root, root)
        raise BlobUnavailable(f"payload {root.hex()}: none of {len(peers)} peers has it")

    async def _flaw(
        self, chain_root: bytes, content: bytes, check: Check | None
    ) -> BadPayload | None:
        """Return why a content is not what the chain's root says; its alias is forgotten then."""
        if check is None:
            return None
        try:
            await check(content)
        except BadPayload as error:
            self.forget(chain_root)
            return error
        return None

    async def _candidates(
        self, root: bytes, peers: Sequence[str], *, is_blob: bool
    ) -> tuple[bytes, ...]:
        """Return the blobs that may hold a payload, the likeliest first."""
        known, recorded = self.known(root), self._aliases.get(root)
        candidates = [known] if known is not None else await self._ask(root, peers)
        if recorded is not None:
            candidates.append(recorded.blob_root)
        if is_blob:
            candidates.append(root)
        return tuple(dict.fromkeys(candidates))

    async def slice(self, blob_root: bytes, first: int, count: int) -> Slice | None:
        """Return consecutive chunks of a blob that is here, or None if one is missing."""
        raw = await self._blobs.manifest(blob_root)
        if raw is None:
            return None
        manifest = decode_manifest(raw)
        wanted = max(0, min(first + count, len(manifest.chunks)) - first)
        chunks = await self._blobs.chunks(blob_root, first, wanted) if wanted else ()
        return Slice(b"".join(chunks), manifest.size_bytes) if len(chunks) == wanted else None

    async def _ask(self, chain_root: bytes, peers: Sequence[str]) -> list[bytes]:
        """Ask peers for an alias; return the answers, the most frequent first."""
        answers: Counter[bytes] = Counter()

        async def ask(peer: str) -> None:
            try:
                answer = await self._requests.opening(peer, chain_root)
            except RequestFailed:
                return  # another may know
            if answer is not None and len(answer) == ROOT_BYTES:
                answers[answer] += 1

        with trio.move_on_after(ALIAS_SECONDS):
            async with trio.open_nursery() as nursery:
                for peer in peers:
                    nursery.start_soon(ask, peer)
        return [blob_root for blob_root, _ in answers.most_common()]

    async def _from_disk(self, blob_root: bytes, size_bytes: int) -> bytes | None:
        """Return a blob of at most that size that is here, whole; None otherwise."""
        raw = await self._blobs.manifest(blob_root)
        if raw is None or decode_manifest(raw).size_bytes > size_bytes:
            return None
        try:
            return await self._blobs.get(blob_root)
        except (BlobError, OSError):
            return None  # a part is missing or damaged: peers may have it

    async def _from_peers(
        self, blob_root: bytes, size_bytes: int, peers: Sequence[str]
    ) -> bytes | None:
        """Fetch what is not here of a blob, unless it is larger than wanted."""
        manifest = await self._manifest(blob_root, peers)
        if manifest is None or manifest.size_bytes > size_bytes:
            return None
        while True:
            try:
                return await self._blobs.fetch(blob_root, peers)
            except QuotaExceeded:
                if not await self._made_room():
                    return None
            except (BlobError, OSError):
                return None

    async def _manifest(self, blob_root: bytes, peers: Sequence[str]) -> Manifest | None:
        """Return a manifest, ours or a peer's; a wrong one is passed over."""
        raw = await self._blobs.manifest(blob_root)
        if raw is not None:
            return decode_manifest(raw)
        for peer in peers:
            try:
                raw = await self._requests.manifest(peer, blob_root)
                if raw is not None:
                    return checked_manifest(blob_root, raw)
            except (RequestFailed, BlobError, MessageError):
                continue
        return None


class Recent:
    """Roots that were learned a moment ago; at most `MAX_REMEMBERED`, the oldest go first."""

    def __init__(self, seconds: float, now: Callable[[], float]) -> None:
        self._seconds, self._now = seconds, now
        self._entries: OrderedDict[bytes, tuple[bytes, float]] = OrderedDict()

    def get(self, root: bytes) -> bytes | None:
        """Return what was learned, unless that is too long ago."""
        value, until = self._entries.get(root, (None, 0.0))
        return value if until > self._now() else None

    def put(self, root: bytes, value: bytes) -> None:
        """Remember what was just learned."""
        self.drop(root)
        self._entries[root] = (value, self._now() + self._seconds)
        if len(self._entries) > MAX_REMEMBERED:
            self._entries.popitem(last=False)

    def drop(self, root: bytes) -> None:
        """Forget, if there is anything to forget."""
        self._entries.pop(root, None)
