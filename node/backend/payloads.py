"""Inputs and outputs of jobs by the roots that the chain knows them by.

The chain names a payload by the Merkle root over its leaves; peers exchange blobs by the hash of
their manifests. This is the table between the two. An alias is somebody's word: what lies under
it is unverified until whoever asked for it has checked it against the chain's root. So only our
own aliases are told to peers, and what peers told us is asked for again after a while: a wrong
word does not stay. What failed a check is removed, and held against the peers who named it.

The chain's root binds the parameters of a job, so that one content alone can pass. Once one did, a
check that fails is the fault of an order that names the root for other work.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Protocol

import trio

from consensus.compute.provider_view import BlobUnavailable, Check
from node.backend import hearsay
from node.backend.aliases import Aliases
from node.backend.hearsay import Hearsay
from node.backend.recent import Recent
from node.store.aux import AuxStore
from p2p.blobs import BlobError, QuotaExceeded, checked_manifest
from p2p.messages import Manifest, decode_manifest
from p2p.peers import Offence
from p2p.requests import RequestFailed
from p2p.schema import MessageError
from runtime.compute.contents import BadPayload

MAX_PEERS_ASKED = 8
"""Peers asked for one payload: one that is served at all is served by its owner, a neighbour."""

MISSING_SECONDS = 4.0
"""How long a payload that nobody had is not asked for again."""


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


class Source(hearsay.AliasSource, Protocol):
    """Asks peers; `p2p.requests.Requests` is one. Both raise RequestFailed."""

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
        requests: Source,
        peers: Callable[[], Sequence[str]],
        *,
        report: Callable[[str, Offence], None],
        now: Callable[[], float] = trio.current_time,
    ) -> None:
        """`peers` lists those we can talk to, the best first; `report` accuses one."""
        self._blobs = blobs
        self._aliases = Aliases(aux)
        self._requests, self._peers = requests, peers
        self._hearsay = Hearsay(requests, report, now)
        self._missing: Recent[bytes] = Recent(MISSING_SECONDS, now)
        self._spared: frozenset[bytes] = frozenset()
        """Roots of payloads that others make room for."""
        self._outlived: list[bytes] = []
        """Blobs that nobody can name any more, to be removed."""
        self._naming = trio.Lock()
        """Between storing a blob and naming it, none is removed for want of a name."""
        self._in_use: Counter[bytes] = Counter()
        """Blobs that are being fetched or checked, and by how many."""

    # what is here

    async def put(self, chain_root: bytes, content: bytes) -> None:
        """Keep and serve a payload; raises BlobUnavailable if there is no room."""
        async with self._naming:
            self.alias(chain_root, await self._kept(content))

    def keep(self, roots: frozenset[bytes]) -> None:
        """Spare the payloads of these roots, and no others, where room is made."""
        self._spared = roots

    async def upload(self, content: bytes) -> bytes:
        """Keep a blob whose payload is not known yet, and return its root.

        Raises BlobUnavailable if there is no room.
        """
        async with self._naming:
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
            await self._drop_nameless(oldest)
        return oldest is not None

    def _record(
        self, root: bytes, blob_root: bytes, *, is_ours: bool, is_proven: bool = False
    ) -> None:
        self._outlived += self._aliases.put(
            root, blob_root, is_ours=is_ours, is_proven=is_proven, spared=self._spared
        )

    async def _sweep(self) -> None:
        while self._outlived:
            await self._drop_nameless(self._outlived.pop())

    async def _drop_nameless(self, blob_root: bytes) -> None:
        """Remove a blob that no alias names and nobody is fetching."""
        if not self._aliases.names(blob_root) and not self._in_use[blob_root]:
            await self._blobs.remove(blob_root)

    # what others have

    def known(self, chain_root: bytes) -> bytes | None:
        """Return the blob root of a payload, if we say so or a peer just did."""
        return self.find(chain_root) or self._hearsay.get(chain_root)

    async def get(self, chain_root: bytes, size_bytes: int, check: Check | None = None) -> bytes:
        """Return a payload of at most that many bytes, from here or from peers.

        Raises BlobUnavailable; with a check, BadPayload if there are only others under the root.
        """
        return await self.fetch(chain_root, size_bytes, check=check)

    async def fetch(
        self, root: bytes, size_bytes: int, *, is_blob: bool = False, check: Check | None = None
    ) -> bytes:
        """Return a payload as `get` does; with `is_blob`, the root may also be that of a blob.

        What does not pass the check is removed, held against whoever named it, and another
        peer's word taken. Raises BlobUnavailable, at once if nobody had it a moment ago;
        BadPayload if nobody has better.
        """
        if self._missing.get(root) is not None:
            raise BlobUnavailable(f"payload {root.hex()}: nobody had it a moment ago")
        peers = tuple(self._peers()[:MAX_PEERS_ASKED])
        flaw: BadPayload | None = None
        async with aclosing(self._candidates(root, peers, is_blob=is_blob)) as candidates:
            async for blob_root in candidates:
                try:
                    content = await self._checked(root, blob_root, size_bytes, peers, check)
                except BadPayload as error:
                    flaw = error
                    await self._disprove(root, blob_root, error)
                    continue
                if content is not None:
                    async with self._naming:
                        await self._sweep()
                    return content
        if flaw is not None:
            raise flaw
        self._hearsay.drop(root)
        if peers:
            self._missing.put(root, root)
        raise BlobUnavailable(f"payload {root.hex()}: none of {len(peers)} peers has it")

    async def _candidates(
        self, root: bytes, peers: Sequence[str], *, is_blob: bool
    ) -> AsyncGenerator[bytes, None]:
        """Yield the blobs that may hold a payload, each once and the likeliest first.

        Peers are asked only if what is known did not do.
        """
        recorded = self._aliases.get(root)
        is_proven = recorded is not None and recorded.is_proven
        first = recorded.blob_root if recorded is not None and is_proven else self.known(root)
        if first is not None:
            yield first
        named = await self._hearsay.ask(root, peers)
        heard = [] if recorded is None else [recorded.blob_root]
        for blob_root in dict.fromkeys((*named, *heard, *[root] * is_blob)):
            if blob_root != first:
                yield blob_root

    async def _checked(
        self,
        root: bytes,
        blob_root: bytes,
        size_bytes: int,
        peers: Sequence[str],
        check: Check | None,
    ) -> bytes | None:
        """Return a blob as the payload of a root, and record it; None if nobody serves it.

        Raises what the check does.
        """
        self._in_use[blob_root] += 1
        try:
            content = await self._whole(blob_root, size_bytes, peers)
            if content is not None and check is not None:
                await check(content)
            if content is not None:
                self._accept(root, blob_root, is_proven=check is not None)
            return content
        finally:
            self._in_use -= Counter([blob_root])

    def _accept(self, root: bytes, blob_root: bytes, *, is_proven: bool) -> None:
        """Record where a payload was found."""
        is_ours = blob_root == self.find(root)
        if is_proven or not is_ours:
            self._record(root, blob_root, is_ours=is_ours, is_proven=is_proven)
        if not is_ours:
            self._hearsay.believe(root, blob_root)
        if blob_root != root:
            self._drop_heard(blob_root, blob_root)

    async def _disprove(self, root: bytes, blob_root: bytes, flaw: BadPayload) -> None:
        """Remove what is not the payload of a root, and hold it against whoever named it.

        What this node vouches for stays until another content passes: the order may be wrong that
        it was checked against. Raises the flaw if it is, since a content did pass another.
        """
        recorded = self._aliases.get(root)
        if recorded is not None and recorded.is_proven and recorded.blob_root == blob_root:
            raise flaw
        self._hearsay.disprove(root, blob_root)
        self._drop_heard(root, blob_root)
        self._drop_heard(blob_root, blob_root)
        async with self._naming:
            await self._drop_nameless(blob_root)

    def _drop_heard(self, name: bytes, blob_root: bytes) -> None:
        """Remove an alias of a blob that this node does not vouch for, if it is there."""
        found = self._aliases.get(name)
        if found is not None and found.blob_root == blob_root and not found.is_ours:
            self._aliases.drop(name)

    async def slice(self, blob_root: bytes, first: int, count: int) -> Slice | None:
        """Return consecutive chunks of a blob that is here, or None if one is missing."""
        raw = await self._blobs.manifest(blob_root)
        if raw is None:
            return None
        manifest = decode_manifest(raw)
        wanted = max(0, min(first + count, len(manifest.chunks)) - first)
        chunks = await self._blobs.chunks(blob_root, first, wanted) if wanted else ()
        return Slice(b"".join(chunks), manifest.size_bytes) if len(chunks) == wanted else None

    async def _whole(self, blob_root: bytes, size_bytes: int, peers: Sequence[str]) -> bytes | None:
        """Return a blob, fetching what is not here of it, unless it is larger than wanted."""
        manifest = await self._manifest(blob_root, peers)
        if manifest is None or manifest.size_bytes > size_bytes:
            return None
        if not self._aliases.names(blob_root):
            # under its own name a part of it can make room for others
            self._record(blob_root, blob_root, is_ours=False)
        while True:
            try:
                return await self._blobs.fetch(blob_root, peers)
            except QuotaExceeded:
                async with self._naming:
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
