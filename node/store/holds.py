"""Blocks whose state or body somebody reads: kept, whatever the window of pruning says.

A held state that is final holds back the oldest kept one. A held state of an abandoned block holds
back the last final block that it builds on, and what its own branch added above that. Holds live
in memory: they are of connections, which do not survive the node either.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


class Abandoned(Protocol):
    """A block of a fork that can never be final."""

    @property
    def number(self) -> int:
        """Its height."""

    @property
    def hash(self) -> bytes:
        """Its hash."""

    @property
    def parent_hash(self) -> bytes:
        """The hash of the block it stands on."""


@dataclass(slots=True)
class Hold:
    """What keeping one state takes."""

    count: int
    """How many want it."""
    base: int
    """The number of the last final block that it builds on, or its own while it may be final."""
    branch: tuple[bytes, ...] = ()
    """The abandoned blocks whose additions it needs, its own among them."""


class Holds:
    """The held blocks of one database: for states and for bodies one each.

    Invariant: no hold has a count below one, so what is not wanted any more holds nothing back.
    """

    def __init__(self) -> None:
        """Hold nothing."""
        self._holds: dict[bytes, Hold] = {}

    def __contains__(self, block_hash: bytes) -> bool:
        """Say whether the state of a block is held."""
        return block_hash in self._holds

    def hold(self, block_hash: bytes, number: int) -> None:
        """Want the state of a block, which must be there, once more."""
        self._holds.setdefault(block_hash, Hold(0, number)).count += 1

    def release(self, block_hash: bytes) -> None:
        """Want it once less; nothing if it was gone when it was to be held."""
        found = self._holds.get(block_hash)
        if found is not None:
            found.count -= 1
            if found.count == 0:
                del self._holds[block_hash]

    def abandon(self, stale: Sequence[Abandoned]) -> None:
        """Hear which blocks can never be final; all others of their branches are among them."""
        entries = {entry.hash: entry for entry in stale}
        for entry in stale:
            found = self._holds.get(entry.hash)
            if found is not None:
                branch = _branch(entry, entries)
                found.base = branch[-1].number - 1
                found.branch = tuple(one.hash for one in branch)

    @property
    def floor(self) -> int | None:
        """The number of the lowest block whose state must stay; None if none must."""
        return min((one.base for one in self._holds.values()), default=None)

    @property
    def needed(self) -> frozenset[bytes]:
        """The abandoned blocks whose additions must stay."""
        return frozenset(needed for one in self._holds.values() for needed in one.branch)


def _branch(tip: Abandoned, entries: dict[bytes, Abandoned]) -> list[Abandoned]:
    """Return an abandoned block and its abandoned ancestors, down to the final chain."""
    branch = [tip]
    while (parent := entries.get(branch[-1].parent_hash)) is not None:
        branch.append(parent)
    return branch
