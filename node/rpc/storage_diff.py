"""What changed in storage from one block to another, without reading what did not.

Two subtries with the same Merkle value and the same first key hold the same: the value covers
everything below its node, and the first key tells where that node is.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from node.rpc.backend import StateView

SPLITS = (32, 33, 34)
"""Key lengths at which subtries are compared: a storage item is 32 bytes of pallet and name, and
two more bytes of a hash split a hundred thousand keys into groups of one or two."""

ABOVE_ALL = b"\xff" * 256
"""Put behind a prefix, this is above all keys with it: storage keys are shorter."""


@dataclass(frozen=True, slots=True)
class Change:
    """An entry that is not what it was."""

    key: bytes
    before: bytes | None
    after: bytes | None


def changes(old: StateView, new: StateView, prefix: bytes) -> Iterator[Change | None]:
    """Yield the changed entries under a prefix in order of their keys; None after other work."""
    if _are_same(old, new, prefix):
        yield None
        return
    split = next((length for length in SPLITS if length > len(prefix)), None)
    if split is None:
        yield from _merged(old, new, prefix)
        return
    above: bytes | None = None
    while (key := _first(old, new, prefix, above)) is not None:
        if len(key) < split:
            yield _compared(old, new, key)
            above = key
        else:
            yield from changes(old, new, key[:split])
            above = key[:split] + ABOVE_ALL


def _merged(old: StateView, new: StateView, prefix: bytes) -> Iterator[Change | None]:
    """Compare key by key."""
    above: bytes | None = None
    while (key := _first(old, new, prefix, above)) is not None:
        yield _compared(old, new, key)
        above = key


def _compared(old: StateView, new: StateView, key: bytes) -> Change | None:
    before, after = old.get(key), new.get(key)
    return None if before == after else Change(key, before, after)


def _are_same(old: StateView, new: StateView, prefix: bytes) -> bool:
    return old.closest_merkle_value(prefix) == new.closest_merkle_value(prefix) and next(
        old.keys(prefix), None
    ) == next(new.keys(prefix), None)


def _first(old: StateView, new: StateView, prefix: bytes, above: bytes | None) -> bytes | None:
    """Return the lowest key with the prefix in either state that is above `above`."""
    found = [next(state.keys(prefix, above), None) for state in (old, new)]
    keys = [key for key in found if key is not None]
    return min(keys) if keys else None
