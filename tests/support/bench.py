"""A bench for pallets: a state in memory, calls run as the executive runs them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest

from consensus.verification import pre_runtime
from runtime.constants import LIMITS
from runtime.frame.dispatch import CallInfo, DispatchError, PalletError, Weight
from runtime.frame.pallet import Context, Pallet
from runtime.primitives.block import DigestItem
from runtime.primitives.slot_claim import PreDigest
from runtime.state.overlay import Decode, Encode, Overlay

P = TypeVar("P", bound=Pallet)


class MemoryState:
    """A state of raw bytes without a trie."""

    def __init__(self) -> None:
        self.entries: dict[bytes, bytes] = {}

    def get(self, key: bytes) -> bytes | None:
        return self.entries.get(key)

    def keys(self, prefix: bytes, start: bytes | None = None) -> Iterator[bytes]:
        yield from sorted(
            key for key in self.entries if key.startswith(prefix) and (start is None or key > start)
        )


ITEM_BYTES = 32
"""Of a storage key: which pallet's item it is of."""


class MeteredOverlay(Overlay):
    """An overlay that notes which keys were read and written, and when it changed last.

    It lives as long as the bench, where that of a node lives for a block: so it keeps the keys of
    each storage item together, for invariants that look at all of them after every call.
    """

    __slots__ = ("_of_item", "age", "reads", "writes")

    def __init__(self) -> None:
        super().__init__(MemoryState())
        self.reads: set[bytes] = set()
        self.writes: set[bytes] = set()
        self.age = 0
        """Writes since the beginning, those that were undone among them, and undoings."""
        self._of_item: dict[bytes, set[bytes]] = {}

    def get(self, key: bytes, decode: Decode) -> Any:
        self.reads.add(key)
        return super().get(key, decode)

    def put(self, key: bytes, value: Any, encode: Encode) -> None:
        self.writes.add(key)
        self.age += 1
        self._of_item.setdefault(key[:ITEM_BYTES], set()).add(key)
        super().put(key, value, encode)

    def roll_back(self, mark: int) -> None:
        self.age += 1
        super().roll_back(mark)

    def keys(self, prefix: bytes) -> list[bytes]:
        """Return the live keys that begin with `prefix`, in byte order; there is no state below."""
        assert len(prefix) >= ITEM_BYTES, "a bench lists the keys of one item"
        values, written = self._values, self._written
        return sorted(
            key
            for key in self._of_item.get(prefix[:ITEM_BYTES], ())
            if key in written and values[key] is not None and key.startswith(prefix)
        )


class Bench:
    """Runs calls and blocks; after each, checks the declared weight and every invariant."""

    def __init__(self) -> None:
        self.overlay = MeteredOverlay()
        self.context = Context(self.overlay, number=1)
        self.pallets: list[Pallet] = []
        self._checked: tuple[int, ...] = ()

    def add(self, pallet: P) -> P:
        """Include `pallet` in the blocks and the checks."""
        self.pallets.append(pallet)
        return pallet

    def call(self, method: Callable[..., None], *args: Any) -> None:
        """Dispatch a pallet's call: whole, or not at all."""
        info: CallInfo = method.__call_info__  # type: ignore[attr-defined]
        weight = info.weight if isinstance(info.weight, Weight) else info.weight(*args[1:])
        with self._metered(weight), self.context.transaction():
            method(*args)

    def claim(self, claim: PreDigest) -> None:
        """Let the next block claim a slot; its digest holds nothing else yet."""
        self.context.digest[:] = [pre_runtime(claim)]

    def logs(self) -> list[DigestItem]:
        """Return what pallets logged in a block that claims a slot."""
        return self.context.digest[1:]

    def next_block(self) -> None:
        """Finish the block under way and run the hooks that open the next one."""
        for pallet in self.pallets:
            pallet.on_finalize(self.context.number)
        self.context.number += 1
        for pallet in self.pallets:
            with self._metered(Weight()) as meter:
                meter.declared = pallet.on_initialize(self.context.number)
        for pallet in self.pallets:
            self.poll(pallet)

    def poll(self, pallet: Pallet, left: int = LIMITS.hook_picoseconds) -> Weight:
        """Let a pallet do what can wait, with so much of a block left; return what it declares."""
        with self._metered(Weight()) as meter:
            meter.declared = pallet.on_poll(self.context.number, left)
        assert meter.declared.ref_time <= left
        return meter.declared

    def happened(self) -> list[object]:
        """Return the events of the block so far, in order."""
        return [record.event for record in self.context.events]

    @contextmanager
    def refuses(self, error: PalletError) -> Iterator[None]:
        """Expect the block inside to end with `error` and to change nothing."""
        before, events = self.overlay.changes(), list(self.context.events)
        with pytest.raises(DispatchError) as caught:
            yield
        assert caught.value.error is error
        assert (self.overlay.changes(), self.context.events) == (before, events)

    @contextmanager
    def _metered(self, declared: Weight) -> Iterator[Meter]:
        self.overlay.reads.clear()
        self.overlay.writes.clear()
        meter = Meter(declared)
        yield meter
        reads, writes = len(self.overlay.reads), len(self.overlay.writes)
        assert reads <= meter.declared.reads, f"{reads} keys read, declared {meter.declared}"
        assert writes <= meter.declared.writes, f"{writes} keys written, declared {meter.declared}"
        self._check()

    def _check(self) -> None:
        """Check every invariant, unless all they can see is as it was: most hooks write nothing."""
        block = self.context
        seen = (self.overlay.age, block.number, block.fees, block.tips, len(self.pallets))
        if seen != self._checked:
            for pallet in self.pallets:
                pallet.try_state()
            self._checked = seen


@contextmanager
def undone(context: Context) -> Iterator[None]:
    """Do what is inside, and keep nothing of it: no write, no event, no other block number."""
    number, count = context.number, len(context.events)
    mark = context.overlay.begin()
    try:
        yield
    finally:
        context.overlay.roll_back(mark)
        del context.events[count:]
        context.number = number


@dataclass
class Meter:
    """The weight that what runs inside claims to cost at most."""

    declared: Weight


def account(seed: int) -> bytes:
    """Return a distinct account id for `seed`."""
    return seed.to_bytes(32, "big")
