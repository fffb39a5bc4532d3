"""Timestamp: the time of the block, as its author says and its slot confirms."""

from __future__ import annotations

from typing import Protocol

from runtime.frame import (
    Context,
    Origin,
    Pallet,
    PalletError,
    Value,
    Weight,
    call,
    constant,
    ensure,
    ensure_none,
)
from runtime.frame.dispatch import DispatchClass
from runtime.primitives.types import BlockNumber, CompactU64, Moment, Slot


class Error(PalletError):
    """Why a time was refused; a block with such a time is invalid."""

    ALREADY_SET = 0, "The time of a block is set once."
    TOO_EARLY = 1, "The time must be above that of the block before."
    WRONG_SLOT = 2, "The time must lie in the slot that the block claims."


class Claim(Protocol):
    """What this pallet needs to know of the slot claim."""

    def slot(self) -> Slot | None:
        """Return the slot that the block claims; None in a block without a claim."""
        ...


class Timestamp(Pallet):
    """The time of the block."""

    errors = Error

    now: Value[Moment] = Value(default=0)
    """The time of this block, in ms since 1970."""
    did_update: Value[bool] = Value(default=False)
    """Whether this block has set its time."""

    def __init__(
        self,
        context: Context,
        slot_milliseconds: int,
        claim: Claim,
        *,
        index: int,
        name: str = "Timestamp",
    ) -> None:
        super().__init__(context, index=index, name=name)
        self.slot_milliseconds, self.claim = slot_milliseconds, claim

    @call(0, weight=Weight(reads=2, writes=2), kind=DispatchClass.MANDATORY, pays_fee=False)
    def set(self, origin: Origin, now: CompactU64) -> None:
        """Set the time of this block, in milliseconds since 1970. An inherent: authors only."""
        ensure_none(origin)
        ensure(not self.did_update, Error.ALREADY_SET)
        ensure(now > self.now, Error.TOO_EARLY)
        slot = self.claim.slot()
        ensure(slot is None or now // self.slot_milliseconds == slot, Error.WRONG_SLOT)
        self.now, self.did_update = now, True

    @constant
    def minimum_period(self) -> Moment:
        """Half a slot: what clients take for the least time between blocks."""
        return self.slot_milliseconds // 2

    def on_finalize(self, number: BlockNumber) -> None:
        """Forget that the time was set, for the next block; a block without a time is invalid."""
        assert self.did_update, f"block {number} has no timestamp"
        self.did_update = False
