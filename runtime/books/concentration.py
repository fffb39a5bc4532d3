"""How AMAX is spread: who could vote with how much, and how few could decide together.

Requirement 27 asks for the Nakamoto coefficient: the fewest accounts that hold more than half.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from runtime.books.ledger import Holding
from runtime.constants import TREASURY
from runtime.frame.fungible import HoldReason
from runtime.primitives.types import AccountId, Balance


def voting(holdings: Mapping[AccountId, Holding]) -> dict[AccountId, Balance]:
    """Return what each account could vote with: neither what is vesting nor the treasury's."""
    return {
        who: one.total - one.holds.get(HoldReason.VESTING, 0)
        for who, one in holdings.items()
        if who != TREASURY
    }


def nakamoto(weights: Iterable[Balance]) -> int:
    """Return how few of them are more than half of all; 0 where there is nothing."""
    found = sorted(weights, reverse=True)
    whole, sum_ = sum(found), 0
    for count, weight in enumerate(found, start=1):
        sum_ += weight
        if 2 * sum_ > whole:
            return count
    return 0
