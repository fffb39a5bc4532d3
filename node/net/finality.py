"""Our finality as sync follows it by headers, and what it may hand on as proven."""

from __future__ import annotations

from collections.abc import Callable

from consensus.finality import headers as finality
from consensus.finality.headers import FinalHeaders, HeaderFinality
from consensus.finality.tally import VoterSet
from node.chain import Chain
from p2p.headers import BadHeaders, Stretch
from p2p.light import HeaderData
from runtime.primitives.block import Header
from runtime.primitives.scale import DecodeError, decode


class ChainFinality:
    """Where finality stands: at the last final block, with the voters that decide above it."""

    def __init__(self, chain: Chain, voters: Callable[[], VoterSet]) -> None:
        self._chain, self._voters = chain, voters

    def follow(self) -> ProvenHeaders:
        """Follow finality by headers, from our last final block up."""
        final = self._chain.finalized
        return ProvenHeaders(HeaderFinality(final.number, final.hash, self._voters()))


class ProvenHeaders:
    """Decodes headers of peers, and tells which blocks they prove final."""

    def __init__(
        self,
        finality: HeaderFinality,
        keep: Callable[[FinalHeaders], None] | None = None,
    ) -> None:
        """Begin where `finality` stands; `keep` gets the headers that are proven."""
        self._finality, self._keep = finality, keep

    @property
    def tip(self) -> int:
        """The height of the last header taken."""
        return self._finality.tip[0]

    @property
    def waiting(self) -> int:
        """How many headers were taken and are not proven yet."""
        return self._finality.waiting

    def take(self, headers: tuple[HeaderData, ...]) -> Stretch | None:
        """Take the next headers; give what is proven by them. Raises BadHeaders."""
        try:
            items = [(_decoded(data.header), data.justification) for data in headers]
            found = self._finality.take(items)
        except (DecodeError, finality.BadHeaders) as error:
            raise BadHeaders(str(error)) from error
        if found is None:
            return None
        if self._keep is not None:
            self._keep(found)
        hashes = tuple(header.hash for header in found.headers)
        return Stretch(found.headers[0].number, hashes, found.proofs)


def _decoded(raw: bytes) -> Header:
    header: Header = decode(raw, Header)
    return header
