"""What a tokenised asset is worth in AGPU, and what it is sold for: integers, rounded down.

A price is in planck per least unit of the asset, times 10^18. An asset counts with the lower of
its price now and its average, AGPU with the higher of its two: whoever moves one feed for a moment
gains nothing. Source: design page "Economy", section 5.11.
"""

from __future__ import annotations

from runtime.pallets.rwa.ports import Reading
from runtime.primitives.types import U128_MAX, UNIT, Balance, BlockNumber

PERBILL = 10**9
FIXED = 10**18
"""Prices are in planck per least unit, times this."""
START = PERBILL * 6 // 5
"""What an auction begins at, of the price known last, in ppb: above any fair one."""


def price_of(asset: Reading, agpu: Reading, decimals: int) -> int:
    """Return what a least unit of an asset of so many decimals is worth in planck, times 10^18.

    Both feeds are prices of one whole token in the same currency.
    """
    lower, higher = min(asset.spot, asset.average), max(agpu.spot, agpu.average)
    if not higher:
        return 0
    above = lower * ten_to(agpu.decimals) * UNIT * FIXED
    return min(above // (higher * ten_to(asset.decimals + decimals)), U128_MAX)


def units_of(reserve: Reading, decimals: int) -> Balance:
    """Return how many least units a reserve covers; its feed counts whole tokens."""
    return min(reserve.spot * ten_to(decimals) // ten_to(reserve.decimals), U128_MAX)


def covered(price: int, reserve: Balance, issued: Balance) -> int:
    """Return a price cut to the part of an asset that its reserve covers."""
    return price if reserve >= issued else price * reserve // issued


def after_haircut(price: int, haircut: int) -> int:
    """Return a price less a haircut in ppb."""
    return price * (PERBILL - haircut) // PERBILL


def value(price: int, units: Balance) -> Balance:
    """Return what units are worth, in planck."""
    return price * units // FIXED


def auctioned(price: int, passed: BlockNumber, length: BlockNumber) -> int:
    """Return the price of an auction: 120 % at first, falling in a straight line to nothing."""
    return price * START // PERBILL * max(length - passed, 0) // length


def cost(price: int, units: Balance) -> Balance:
    """Return what units cost in an auction, in planck; rounded up, for the seller."""
    return -(-price * units // FIXED)


def ten_to(exponent: int) -> int:
    """Return a power of ten."""
    power: int = 10**exponent
    return power
