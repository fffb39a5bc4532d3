"""Slots and epochs: which slot it is, and what holds for all slots of an epoch.

Slot `n` is the interval of `slot_ms` milliseconds that starts at Unix time `n * slot_ms`; an epoch
is a fixed number of slots counted from the slot of block 1. Source: BABE, Polkadot specification
section 5.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import trio

from runtime.primitives.block import Header

MAX_DRIFT_MS = 500
"""How early a slot may be used: honest clocks kept by NTP differ by far less."""

BEGINNING_MS = 946_684_800_000
"""Where slots begin that are called instead of timed: 1 January 2000. That leaves 26 years of a
chain's time until today, and is a fixed day, so that a run can be repeated."""

MAX_SLEEP_SECONDS = 1.0
"""How long to sleep before reading wall time again: wall clocks get corrected."""


@dataclass(frozen=True, slots=True)
class SlotClock:
    """Turns wall time into slots."""

    slot_ms: int
    now_ms: Callable[[], int]

    def current(self) -> int:
        """Return the slot that wall time is in."""
        return self.now_ms() // self.slot_ms

    def start_ms(self, slot: int) -> int:
        """Return the Unix time in milliseconds at which `slot` begins."""
        return slot * self.slot_ms

    def has_begun(self, slot: int) -> bool:
        """Return whether `slot` may be used now, by clocks that drift a little."""
        return self.start_ms(slot) <= self.now_ms() + MAX_DRIFT_MS

    def deadline_ms(self, slot: int) -> int:
        """Return when a block of `slot` must be built: a third of the slot is for its travel."""
        return self.start_ms(slot) + self.slot_ms * 2 // 3

    async def next_slot(self, after: int) -> int:
        """Wait until the first slot later than `after` has begun; return the current slot."""
        while (slot := self.current()) <= after:
            missing_seconds = (self.start_ms(after + 1) - self.now_ms()) / 1000
            await trio.sleep(min(max(missing_seconds, 0.001), MAX_SLEEP_SECONDS))
        return slot


class SlotSource(Protocol):
    """What starts slots: the clock, or another trigger in instant and manual networks."""

    async def next_slot(self, after: int) -> int:
        """Wait for a slot later than `after`."""
        ...

    def deadline_ms(self, slot: int) -> int:
        """Return the Unix time in milliseconds by which a block of `slot` must be built."""
        ...


@dataclass(frozen=True, slots=True)
class Authority:
    """Who may produce blocks, and how often relative to the others."""

    public: bytes
    """An ed25519 public key."""
    weight: int


@dataclass(frozen=True, slots=True)
class Epoch:
    """What the chain fixed for all slots of one epoch."""

    index: int
    start_slot: int
    randomness: bytes
    authorities: tuple[Authority, ...]
    disabled: tuple[int, ...] = ()
    """Places of authorities whose next block is refused: they offended."""

    @property
    def total_weight(self) -> int:
        """Return the sum of the authorities' weights."""
        return sum(authority.weight for authority in self.authorities)


class EpochSource(Protocol):
    """Reads epochs from the chain's state; the chain is their only owner."""

    def epoch_at(self, parent: Header, slot: int) -> Epoch:
        """Return the epoch of `slot` for a block on `parent`.

        On genesis the slot itself is the genesis slot, and opens epoch 0.
        """
        ...


def epoch_index(slot: int, genesis_slot: int, epoch_slots: int) -> int:
    """Return the epoch that `slot` is in: epochs count slots, so empty slots count too."""
    if slot < genesis_slot:
        raise ValueError(f"wanted a slot from {genesis_slot} on, got {slot}")
    return (slot - genesis_slot) // epoch_slots
