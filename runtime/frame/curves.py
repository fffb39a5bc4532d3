"""Curves: how much a referendum needs to pass at each moment of its decision.

Much in the beginning, so that what nearly all want is quick, and less toward the end.
Source: `pallet_referenda::types::Curve`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from runtime.primitives.fixed import Perbill
from runtime.primitives.schema import Choice, Named, Uint

Parts = Annotated[int, Named(Uint(4), "sp_arithmetic::per_things::Perbill")]
"""A fraction in parts per billion."""

WHOLE = Perbill.ONE


@dataclass(frozen=True, slots=True)
class LinearDecreasing:
    """From `ceil` at the start in a straight line to `floor` at `length`, and `floor` from there.

    All three are parts per billion, `length` of the decision period.
    """

    name: ClassVar[str] = "LinearDecreasing"
    index: ClassVar[int] = 0
    length: Parts
    floor: Parts
    ceil: Parts

    def threshold(self, elapsed: Perbill) -> int:
        """Return what is needed when a part of the period has passed."""
        passed = min(elapsed.parts, self.length) * WHOLE // self.length
        return self.ceil - passed * (self.ceil - self.floor) // WHOLE

    def delay(self, reached: Perbill) -> int:
        """Return when `reached` is enough: parts of the period, rounded up; all of it for never."""
        if reached.parts < self.floor:
            return WHOLE
        if reached.parts >= self.ceil:
            return 0
        return -(-(self.ceil - reached.parts) * self.length // (self.ceil - self.floor))


Curve = Annotated[LinearDecreasing, Choice(((0, LinearDecreasing),))]
"""FRAME has two more kinds; the tracks of this chain need none of them."""
