"""Pools of money whose members hold points: a loss changes what a point is worth, and no member.

Invariant: what a point is worth never rises. Whoever joins is given points worth no more than what
it brings, and whoever leaves takes what the rest can spare; so nothing that one member does, with
however little, can raise the value of a point until others round down to nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from runtime.primitives.types import U128, Balance


@dataclass(frozen=True, slots=True)
class Pool:
    """Points, and what all of them together are worth."""

    points: U128
    balance: Balance

    @property
    def is_wiped_out(self) -> bool:
        """Whether losses have taken all that its points were worth."""
        return self.points > 0 and not self.balance

    def value(self, points: int) -> Balance:
        """Return what points are worth, rounded down."""
        return points * self.balance // self.points if self.points else 0

    def points_for(self, amount: Balance) -> int:
        """Return the points that an amount buys, rounded down; a planck each in an empty pool.

        The pool must not be wiped out: nothing would buy a share of nothing.
        """
        assert not self.is_wiped_out, "a pool that is wiped out sells no points"
        return amount * self.points // self.balance if self.points else amount

    def joined(self, points: int) -> Pool:
        """Return the pool with points bought from it."""
        added = self.value(points) if self.points else points
        return Pool(self.points + points, self.balance + added)

    def left(self, points: int) -> Pool:
        """Return the pool without points; their value is rounded up here, down where it goes."""
        assert points <= self.points, f"wanted at most {self.points} points, got {points}"
        taken = -(-points * self.balance // self.points) if points else 0
        return Pool(self.points - points, self.balance - taken)

    def slashed(self, part: Balance, whole: Balance) -> Pool:
        """Return the pool after a loss of `part / whole`, at least a planck if it is any."""
        loss = -(-self.balance * part // whole)
        return replace(self, balance=self.balance - loss)


EMPTY = Pool(0, 0)
