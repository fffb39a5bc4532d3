"""Fractions and fixed-point numbers on integers; every operation names its rounding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Self

from runtime.primitives.schema import Named, Uint
from runtime.primitives.types import U32, U128, U128_MAX


@dataclass(frozen=True, slots=True, order=True)
class _Fraction:
    """What fractions of every fineness can do; an heir only says how many parts make a whole."""

    ONE: ClassVar[int]

    parts: U32

    def __post_init__(self) -> None:
        if not 0 <= self.parts <= self.ONE:
            raise ValueError(f"wanted 0 to {self.ONE} parts of {self.ONE}, got {self.parts}")

    @classmethod
    def from_percent(cls, percent: int) -> Self:
        """Return `percent` hundredths."""
        return cls(percent * (cls.ONE // 100))

    @classmethod
    def from_ratio(cls, part: int, whole: int) -> Self:
        """Return `part / whole` rounded down; all of it where `part` is at least `whole`.

        So a share of nothing is the whole, as in FRAME's `from_rational`.
        """
        if part < 0 or whole < 0:
            raise ValueError(f"wanted a ratio of numbers of at least 0, got {part} and {whole}")
        return cls(cls.ONE if part >= whole else part * cls.ONE // whole)

    def of(self, amount: int) -> int:
        """Return this fraction of `amount`, rounded down."""
        return amount * self.parts // self.ONE

    def of_rounded_up(self, amount: int) -> int:
        """Return this fraction of `amount`, rounded up."""
        return -(-amount * self.parts // self.ONE)

    def complement(self) -> Self:
        """Return what is missing to the whole."""
        return type(self)(self.ONE - self.parts)


class Perbill(_Fraction):
    """A fraction in parts per billion, from 0 to 1."""

    __slots__ = ()

    ONE = 1_000_000_000


PerbillParts = Annotated[int, Named(Uint(4), "sp_arithmetic::per_things::Perbill")]
"""The parts of a Perbill as clients read them, in events and in the state."""
PermillParts = Annotated[int, Named(Uint(4), "sp_arithmetic::per_things::Permill")]
"""Likewise of a Permill."""


class Permill(_Fraction):
    """A fraction in parts per million, from 0 to 1."""

    __slots__ = ()

    ONE = 1_000_000


@dataclass(frozen=True, slots=True, order=True)
class FixedU128:
    """A number of at least 0 in steps of 10**-18, below about 3.4 * 10**20.

    Arithmetic that leaves the range raises OverflowError: an accumulator must not stop silently.
    """

    DIV: ClassVar[int] = 10**18
    """The steps of one."""

    inner: U128
    """The number in steps."""

    def __post_init__(self) -> None:
        if not 0 <= self.inner <= U128_MAX:
            raise OverflowError(f"wanted a FixedU128 of 0 to 2**128 - 1 steps, got {self.inner}")

    @classmethod
    def from_int(cls, number: int) -> Self:
        """Return the whole `number`."""
        return cls(number * cls.DIV)

    @classmethod
    def from_ratio(cls, numerator: int, denominator: int) -> Self:
        """Return `numerator / denominator`, rounded down."""
        return cls(numerator * cls.DIV // denominator)

    @classmethod
    def from_ratio_rounded_up(cls, numerator: int, denominator: int) -> Self:
        """Return `numerator / denominator`, rounded up."""
        return cls(-(-numerator * cls.DIV // denominator))

    def of(self, amount: int) -> int:
        """Return this many times `amount`, rounded down."""
        return amount * self.inner // self.DIV

    def of_rounded_up(self, amount: int) -> int:
        """Return this many times `amount`, rounded up."""
        return -(-amount * self.inner // self.DIV)

    def plus(self, other: Self) -> Self:
        """Return the sum."""
        return type(self)(self.inner + other.inner)

    def minus(self, other: Self) -> Self:
        """Return the difference, which must not be negative."""
        return type(self)(self.inner - other.inner)

    def times(self, other: Self) -> Self:
        """Return the product, rounded down."""
        return type(self)(self.inner * other.inner // self.DIV)

    def over(self, other: Self) -> Self:
        """Return the quotient, rounded down."""
        return type(self)(self.inner * self.DIV // other.inner)

    def clamped(self, least: Self, most: Self) -> Self:
        """Return the nearest number within `least` and `most`."""
        return min(max(self, least), most)
