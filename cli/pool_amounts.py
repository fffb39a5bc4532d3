"""Amounts of many assets on the command line: how they are written, and how far they may move."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from cli.errors import CommandError, UsageError
from cli.tx import amount_of
from genesis.notation import format_amount
from runtime.frame.fungibles import NATIVE, NativeOrWithId, WithId
from runtime.primitives.types import U32_MAX, U128_MAX, UNIT

AGPU = "AGPU"
Amount = tuple[int, NativeOrWithId]


def amount_in(text: str) -> Amount:
    """Read an amount of AGPU, or of units of another asset.

    Raises: UsageError.
    """
    units, colon, asset = text.partition(":")
    if not colon:
        return amount_of("amount", text), NATIVE
    if not units.isdecimal() or int(units) > U128_MAX:
        raise UsageError(f"amount: wanted UNITS:ASSET, such as 5000000:1, got {text!r}")
    return int(units), kind_of(asset)


def kind_of(text: str) -> NativeOrWithId:
    """Read which asset is meant.

    Raises: UsageError.
    """
    if text == AGPU:
        return NATIVE
    if text.isdecimal() and int(text) <= U32_MAX:
        return WithId(int(text))
    raise UsageError(f"wanted AGPU or the id of an asset, got {text!r}")


def kind_name(kind: NativeOrWithId) -> str | int:
    """Return how an asset is called over RPC."""
    return kind.id if isinstance(kind, WithId) else AGPU


def path_of(given: NativeOrWithId, wanted: NativeOrWithId) -> tuple[NativeOrWithId, ...]:
    """Return the way from one asset to another: by AGPU, if neither is it.

    Raises: UsageError.
    """
    if given == wanted:
        raise UsageError("wanted two assets that differ")
    return (given, wanted) if NATIVE in (given, wanted) else (given, NATIVE, wanted)


def lessened(amount: int, percent: float) -> int:
    """Return an amount less a slippage, rounded down."""
    return int(amount * (1 - slippage_of(percent)))


def raised(amount: int, percent: float) -> int:
    """Return an amount and a slippage, rounded up."""
    return -int(-amount * (1 + slippage_of(percent)) // 1)


def slippage_of(percent: float) -> Fraction:
    """Return a slippage as a fraction.

    Raises: UsageError.
    """
    if not 0 <= percent < 100:
        raise UsageError(f"--slippage: wanted 0 to 100 percent, got {percent}")
    return Fraction(str(percent)) / 100


def fitting(pool: dict[str, Any], planck: int, units: int) -> tuple[int, int]:
    """Return what of two amounts fits the proportion of a pool; all of both if it is empty."""
    agpu, other = int(pool["agpu"]), int(pool["other"])
    if not int(pool["shares"]) or not agpu or not other:
        return planck, units
    if planck * other // agpu <= units:
        return planck, planck * other // agpu
    return units * agpu // other, units


def count_of(text: str, available: int) -> int:
    """Read a number of shares, or `all` that there are.

    Raises: UsageError, or CommandError if there are none.
    """
    if text != "all" and not text.isdecimal():
        raise UsageError(f"shares: wanted a number or all, got {text!r}")
    count = available if text == "all" else int(text)
    if not 0 < count <= available:
        raise CommandError(
            f"wanted 1 to {available} shares, got {count}: see `starminer pool show`"
        )
    return count


def amount_words(amount: int, kind: NativeOrWithId) -> str:
    """Return an amount as commands read it."""
    return f"{amount}:{kind.id}" if isinstance(kind, WithId) else format_amount(amount)


def price_words(price: str | None) -> str | None:
    """Return a price in AGPU for a million units."""
    return None if price is None else f"{int(price) * 10**6 / (10**18 * UNIT):.6g}"
