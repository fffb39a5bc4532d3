"""Follows finality by headers alone: from voters that are known to those of a later block.

A set of voters decides on the blocks up to the one that changes it, and that one has a proof of
its own. So headers that link, with the proofs of each change and of the last block, show that all
of them are final: no state, no body and no author is asked. Source: arXiv 2007.01560, section 3.3.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from consensus.errors import BadJustification
from consensus.finality import justification as proofs
from consensus.finality.tally import VoterSet
from runtime.primitives.block import Header
from runtime.primitives.finality import scheduled_change
from runtime.primitives.scale import DecodeError

HeaderWithProof = tuple[Header, bytes | None]
"""A header, and a justification of that very block if its sender has one."""


class BadHeaders(ValueError):
    """Headers that do not follow each other, or whose proofs prove nothing."""


@dataclass(frozen=True, slots=True)
class FinalHeaders:
    """Consecutive headers, the last of them proven final and so all of them."""

    headers: tuple[Header, ...]
    proofs: Mapping[int, bytes]
    """By number: of each block that changes the voters, and of the last."""
    voters: VoterSet
    """Who decides on the blocks above."""


class HeaderFinality:
    """Takes headers in order, and hands on those that are proven final.

    Invariant: `_waiting` links from the last proven header up to `tip`, and `_proven` of them are
    proven final by voters that were the current ones.
    """

    def __init__(self, number: int, block_hash: bytes, voters: VoterSet) -> None:
        """Begin above a final block; `voters` decide on the blocks above it."""
        self.tip = (number, block_hash)
        """Number and hash of the last header taken: the next one must link to it."""
        self._voters = voters
        self._waiting: list[Header] = []
        self._proven = 0
        self._proofs: dict[int, bytes] = {}
        self._is_at_change = False

    @property
    def waiting(self) -> int:
        """Count the headers that were taken and are not proven yet."""
        return len(self._waiting)

    def take(self, items: Sequence[HeaderWithProof]) -> FinalHeaders | None:
        """Take more headers; return all that are proven final now, None if none is.

        What lies above a change of voters that has no proof is not taken: it is not final.
        Raises: BadHeaders; then the sender of these or earlier headers lies.
        """
        latest: HeaderWithProof | None = None
        for header, proof in items:
            if self._is_at_change:
                break
            self._link(header)
            changes = _change_in(header)
            if changes is None:
                latest = (header, proof) if proof is not None else latest
            elif proof is None:
                self._is_at_change = True
            else:
                self._prove(header, proof)
                self._voters = VoterSet(self._voters.set_id + 1, changes)
                latest = None
        if latest is not None and latest[1] is not None:
            self._prove(latest[0], latest[1])
        return self._handed_on()

    def _link(self, header: Header) -> None:
        number, block_hash = self.tip
        if header.number != number + 1 or header.parent_hash != block_hash:
            raise BadHeaders(
                f"wanted block {number + 1} on {block_hash.hex()}, "
                f"got {header.number} on {header.parent_hash.hex()}"
            )
        self._waiting.append(header)
        self.tip = (header.number, header.hash)

    def _prove(self, header: Header, raw: bytes) -> None:
        """Check that the voters of today finalized a header that was taken."""
        try:
            justification = proofs.decoded(raw)
            commit = justification.commit
            if (commit.target_hash, commit.target_number) != (header.hash, header.number):
                raise BadJustification(
                    f"wanted a proof of block {header.number}, got one of {commit.target_number}"
                )
            proofs.verify(justification, self._voters)
        except BadJustification as error:
            raise BadHeaders(f"block {header.number}: {error}") from error
        self._proven = header.number - self._waiting[0].number + 1
        self._proofs[header.number] = raw

    def _handed_on(self) -> FinalHeaders | None:
        if not self._proven:
            return None
        found = FinalHeaders(tuple(self._waiting[: self._proven]), self._proofs, self._voters)
        self._waiting = self._waiting[self._proven :]
        self._proven, self._proofs = 0, {}
        return found


def _change_in(header: Header) -> tuple[tuple[bytes, int], ...] | None:
    try:
        change = scheduled_change(header)
    except DecodeError as error:
        raise BadHeaders(f"block {header.number}: {error}") from error
    return None if change is None else change.next_authorities
