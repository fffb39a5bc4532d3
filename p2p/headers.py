"""Walks up a peer's headers to its last final block, in stretches that are proven final.

What lies in a stretch is final whoever sends it, so its bodies may come from anybody, and need not
be checked for what its voters have checked already.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from p2p.light import MAX_HEADERS_PER_RESPONSE, HeaderData
from p2p.links import BadLink, Link
from p2p.peers import Offence, PeerView
from p2p.requests import RequestFailed

HEADERS_TIMEOUT_SECONDS: Final = 20.0

MAX_UNPROVEN_HEADERS: Final = 16_384
"""No chain has more blocks that wait for finality (`consensus.fork_tree.MAX_NODES`); 25 MB."""


class Abandoned(Exception):
    """The peer does not bring us further now."""


class BadHeaders(ValueError):
    """Headers that do not link, or whose proofs of finality prove nothing."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Consecutive blocks that are proven final."""

    first: int
    hashes: tuple[bytes, ...]
    proofs: Mapping[int, bytes]
    """Justifications by number: of each block that changes the voters, and of the last block."""

    @property
    def last(self) -> int:
        """The highest number."""
        return self.first + len(self.hashes) - 1

    def hash_at(self, number: int) -> bytes:
        """Give the hash of the block at a height of the stretch."""
        return self.hashes[number - self.first]

    def check(self, links: tuple[Link, ...]) -> None:
        """Check that blocks are those of the stretch; raises BadLink."""
        for link in links:
            wanted = self.hash_at(link.number)
            if link.hash != wanted:
                raise BadLink(f"block {link.number} is {wanted.hex()}, got {link.hash.hex()}")


class HeaderCheck(Protocol):
    """Follows finality by headers, from our last final block up."""

    @property
    def tip(self) -> int:
        """The height of the last header taken."""
        ...

    @property
    def waiting(self) -> int:
        """How many headers were taken and are not proven yet."""
        ...

    def take(self, headers: tuple[HeaderData, ...]) -> Stretch | None:
        """Take the next headers; give what is proven by them. Raises BadHeaders."""
        ...


class HeaderSource(Protocol):
    """Asks peers for headers; `Requests` is one. Raises RequestFailed."""

    async def headers(
        self, peer: str, first: int, max_count: int, *, timeout_seconds: float
    ) -> tuple[HeaderData, ...]:
        """Fetch headers from a height up."""
        ...


class HeaderWalk:
    """One peer's headers, once. It says itself how far it is final, and must prove it."""

    def __init__(
        self,
        source: HeaderSource,
        peer: PeerView,
        check: HeaderCheck,
        report: Callable[[str, Offence], None],
    ) -> None:
        self._source, self._peer, self._check, self._report = source, peer, check, report

    async def next(self) -> Stretch | None:
        """Fetch the next stretch; None where the peer's finality ends.

        Raises Abandoned.
        """
        while self._check.tip < self._peer.finalized_number:
            before = self._check.tip
            stretch = self._take(await self._ask(before + 1))
            if stretch is not None:
                return stretch
            if self._check.tip == before or self._check.waiting > MAX_UNPROVEN_HEADERS:
                break
        if self._check.waiting:
            raise self._blamed(Offence.FALSE_CLAIM, "it proves less final than it claims")
        return None

    async def _ask(self, first: int) -> tuple[HeaderData, ...]:
        count = min(MAX_HEADERS_PER_RESPONSE, self._peer.finalized_number + 1 - first)
        try:
            headers = await self._source.headers(
                self._peer.id, first, count, timeout_seconds=HEADERS_TIMEOUT_SECONDS
            )
        except RequestFailed as error:
            raise Abandoned(str(error)) from None
        if not headers:
            raise self._blamed(Offence.FALSE_CLAIM, f"it has no header {first}, and said it had")
        return headers

    def _take(self, headers: tuple[HeaderData, ...]) -> Stretch | None:
        try:
            return self._check.take(headers)
        except BadHeaders as error:
            raise self._blamed(Offence.BAD_PROOF, str(error)) from None

    def _blamed(self, offence: Offence, reason: str) -> Abandoned:
        self._report(self._peer.id, offence)
        return Abandoned(reason)
