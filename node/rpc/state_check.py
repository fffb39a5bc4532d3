"""Whether the state is sound, as a node that checks it has found."""

from typing import Protocol

import msgspec

from node.rpc.registry import method
from node.rpc.values import to_hex


class LastCheck(Protocol):
    """A block whose state was checked."""

    @property
    def number(self) -> int:
        """Its number."""
        ...

    @property
    def hash(self) -> bytes:
        """Its hash."""
        ...

    @property
    def invariants(self) -> int:
        """How many invariants were looked at."""
        ...


class Checks(Protocol):
    """The check of a node."""

    @property
    def last(self) -> LastCheck | None:
        """The last block that was checked and found sound."""
        ...


class CheckedJson(msgspec.Struct, frozen=True):
    """A block after which every invariant of every pallet held."""

    block: int
    hash: str
    invariants: int


class StateCheckNamespace:
    """What is asked about invariants."""

    def __init__(self, checks: Checks | None) -> None:
        self._checks = checks

    @method("trystate_last")
    def last(self) -> CheckedJson | None:
        """Return the last block whose state was checked and sound; null without --try-state."""
        found = None if self._checks is None else self._checks.last
        if found is None:
            return None
        return CheckedJson(found.number, to_hex(found.hash), found.invariants)
