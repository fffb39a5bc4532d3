"""Constant-product arithmetic on integers: what a swap gives, what it wants, what it leaves.

A pool of A planck of AGPU and X units of another asset keeps A · X from falling. The pool's own fee
is of what comes in, whichever that is; the parts that are burned and the treasury's are of the AGPU
that comes in or goes out, rounded up. What a swap gives is rounded down, what it wants up, so each
rounding is the pool's. Source: design page "Economy", 5.18; the product rule is that of Uniswap v2.
"""

from __future__ import annotations

from math import isqrt

from runtime.primitives.record import record
from runtime.primitives.types import Balance
from runtime.terms import Trading
from runtime.terms.records import PERBILL

PRICE_UNIT = 10**18
"""A price of one planck for one unit."""


@record
class Swap:
    """One swap in one pool, in planck of AGPU and units of the other asset."""

    amount_in: Balance
    amount_out: Balance
    """What who swaps gets."""
    burned: Balance
    to_treasury: Balance

    @property
    def protocol(self) -> Balance:
        """AGPU that leaves the pool besides what is swapped."""
        return self.burned + self.to_treasury


def sell_agpu(fees: Trading, agpu: Balance, other: Balance, amount_in: Balance) -> Swap:
    """Return what `amount_in` planck buys of the other asset."""
    counted = amount_in * (PERBILL - fees.total_fee) // PERBILL
    out = other * counted // (agpu + counted)
    return Swap(amount_in, out, *_split(fees, _protocol_part(fees, amount_in)))


def buy_agpu(fees: Trading, agpu: Balance, other: Balance, amount_in: Balance) -> Swap:
    """Return how many planck `amount_in` units of the other asset buy."""
    counted = amount_in * (PERBILL - fees.lp_fee) // PERBILL
    gross = agpu * counted // (other + counted)
    part = _protocol_part(fees, gross)
    return Swap(amount_in, gross - part, *_split(fees, part))


def sell_agpu_for(fees: Trading, agpu: Balance, other: Balance, amount_out: Balance) -> Swap:
    """Return the swap of the least AGPU that buys `amount_out`, which is less than `other`."""
    counted = _divided_up(agpu * amount_out, other - amount_out)
    amount_in = _divided_up(counted * PERBILL, PERBILL - fees.total_fee)
    return Swap(amount_in, amount_out, *_split(fees, _protocol_part(fees, amount_in)))


def gross_for(fees: Trading, amount_out: Balance) -> Balance:
    """Return the AGPU that must leave a pool for `amount_out` to arrive."""
    return _divided_up(amount_out * PERBILL, PERBILL - fees.protocol_fee)


def buy_agpu_for(fees: Trading, agpu: Balance, other: Balance, amount_out: Balance) -> Swap:
    """Return the swap of the least of the other asset that buys `amount_out` planck.

    The pool must have more than `gross_for` that amount.
    """
    gross = gross_for(fees, amount_out)
    counted = _divided_up(other * gross, agpu - gross)
    amount_in = _divided_up(counted * PERBILL, PERBILL - fees.lp_fee)
    return Swap(amount_in, amount_out, *_split(fees, gross - amount_out))


def price_of(agpu: Balance, other: Balance) -> int:
    """Return planck for one unit of the other asset, in steps of 10^-18; 0 of an empty pool."""
    return agpu * PRICE_UNIT // other if other else 0


def first_shares(agpu: Balance, other: Balance) -> Balance:
    """Return all shares of a pool that begins with these amounts: the square root of A · X."""
    return isqrt(agpu * other)


def more_shares(
    agpu: Balance, other: Balance, added: tuple[Balance, Balance], supply: Balance
) -> Balance:
    """Return the shares for what is added to a pool: the smaller part of its two sides."""
    return min(added[0] * supply // agpu, added[1] * supply // other)


def _protocol_part(fees: Trading, agpu: Balance) -> Balance:
    """Return what of AGPU that is swapped is not the pool's, rounded up."""
    return _divided_up(agpu * fees.protocol_fee, PERBILL)


def _split(fees: Trading, part: Balance) -> tuple[Balance, Balance]:
    """Divide the part that is not the pool's; the treasury has the remainder."""
    burned = part * fees.burn_fee // fees.protocol_fee if fees.protocol_fee else 0
    return burned, part - burned


def _divided_up(amount: int, by: int) -> int:
    return -(-amount // by)
