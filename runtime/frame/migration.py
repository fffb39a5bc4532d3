"""Migrations: what a new runtime does to the storage that an older one wrote, pallet by pallet.

Each pallet counts the layouts of its storage. The count of the code is `Pallet.storage_version`,
that of the state lies under the pallet's prefix, as in FRAME. A migration leads from one layout to
the next; in the first block of a new runtime every pallet takes the steps that it lacks.
Source: FRAME, `frame_support::traits::StorageVersion` and `OnRuntimeUpgrade`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from runtime.frame.dispatch import Weight
from runtime.frame.pallet import Pallet
from runtime.frame.storage import Item
from runtime.primitives.hashing import storage_prefix
from runtime.primitives.scale import codec_of, decode
from runtime.primitives.types import U16

STORAGE_VERSION = ":__STORAGE_VERSION__:"
"""The name under which FRAME keeps the layout of a pallet, as if it were a storage item."""


class MigrationError(AssertionError):
    """The runtime cannot take over this state: a bug of the release, found before it writes."""


@dataclass(frozen=True, slots=True)
class Migration:
    """The step of one pallet from a storage layout to the next."""

    pallet: str
    start: int
    """The layout that it begins with; it ends with the one after."""
    run: Callable[[Any], Weight]
    """Rewrites what the pallet stores, and returns what that cost at most."""


def migrate(pallets: Sequence[Pallet], migrations: Iterable[Migration]) -> Weight:
    """Bring the storage of every pallet to the layout of its code; return what it cost.

    The cost in time grows with what is rewritten.

    Raises:
        MigrationError: a step is missing, or the state is ahead of the code; nothing was written.
    """
    steps = {(one.pallet, one.start): one for one in migrations}
    plan = [(pallet, steps_of(pallet, steps)) for pallet in pallets]
    weight = Weight(reads=len(plan))
    for pallet, lacking in plan:
        for step in lacking:
            weight = weight + step.run(pallet) + Weight(writes=1)
            set_storage_version(pallet, step.start + 1)
    return weight


def steps_of(pallet: Pallet, steps: dict[tuple[str, int], Migration]) -> list[Migration]:
    """Return the steps that a pallet has yet to take, in order; raises MigrationError."""
    stored, wanted = storage_version(pallet), pallet.storage_version
    if stored > wanted:
        raise MigrationError(f"{pallet.name}: wanted storage of layout {wanted}, got {stored}")
    found = []
    for start in range(stored, wanted):
        step = steps.get((pallet.name, start))
        if step is None:
            raise MigrationError(f"{pallet.name}: no migration leads on from layout {start}")
        found.append(step)
    return found


def storage_version(pallet: Pallet) -> int:
    """Return the layout of a pallet's storage in this state; 0 where none is written."""
    found: int | None = pallet.overlay.get(version_key(pallet.name), _read_version)
    return found or 0


def set_storage_version(pallet: Pallet, version: int) -> None:
    """Note the layout of a pallet's storage; 0 is not written, so that it costs no key."""
    key = version_key(pallet.name)
    pallet.overlay.put(key, version or None, codec_of(U16).encode)


@cache
def version_key(pallet: str) -> bytes:
    """Return where the layout of a pallet's storage is noted."""
    return storage_prefix(pallet, STORAGE_VERSION)


def translate(pallet: Pallet, item: Item, old: Any, change: Callable[[Any], Any]) -> Weight:
    """Write every stored value of an item anew; `old` is the type that it is stored as so far.

    The keys stay. A value that becomes the default of the item is removed. For migrations only,
    and before anything has read the item with its new type.
    """
    count, encode = 0, item.value_codec.encode
    for key in pallet.overlay.keys(item.prefix(pallet)):
        new = change(pallet.overlay.get(key, lambda raw: decode(raw, old)))
        pallet.overlay.put(key, None if new == item.default else new, encode)
        count += 1
    return Weight(reads=count, writes=count)


def _read_version(raw: bytes) -> int:
    version: int = decode(raw, U16)
    return version
