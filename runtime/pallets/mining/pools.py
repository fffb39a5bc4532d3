"""The three pools: what came into each in an era is divided by that era's shares, and pulled.

The accumulator of F1 (Cosmos) with one step an era: an era adds inflow / shares, and an account
takes its share of each step since it last claimed. The steps are kept apart for 28 eras, since the
shares of votes and of points of accuracy change with each, and what one account has of the pool of
votes is bounded in each. Without shares an era's inflow is the treasury's, and so is what nobody
has claimed 28 eras later. Source: design page "Economy", 5.8.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from runtime.frame.contribution import EraShares
from runtime.frame.earnings import Rule
from runtime.pallets.mining import formulas
from runtime.pallets.mining.formulas import PERBILL
from runtime.pallets.mining.records import (
    ERAS_KEPT,
    MAX_ACCURATE,
    Accurate,
    Casts,
    Enrolled,
    Enrolment,
    Pool,
    PoolEra,
    PoolEraClosed,
    PoolSwept,
)
from runtime.pallets.mining.turnout import in_window
from runtime.primitives.types import AccountId, Balance

if TYPE_CHECKING:
    from runtime.pallets.mining.pallet import Mining

RULES = {
    Pool.INFRA: Rule.INFRA_POOL,
    Pool.GOVERNANCE: Rule.GOVERNANCE_POOL,
    Pool.ACCURACY: Rule.ACCURACY_POOL,
}


class Pools:
    """Divides pots. Invariant: a pot holds what is owed of it, and what keeps its account."""

    def __init__(self, pallet: Mining) -> None:
        self._pallet = pallet

    def add_points(self, who: AccountId, points: int) -> None:
        """Give an account points of accuracy in the era under way."""
        pallet, era = self._pallet, self._pallet.era()
        sums = {one.account: one.points for one in pallet.accurate[era]}
        if who not in sums and len(sums) == MAX_ACCURATE:
            return
        sums[who] = sums.get(who, 0) + points
        pallet.accurate[era] = tuple(Accurate(one, earned) for one, earned in sums.items())

    def close_era(self, era: int) -> None:
        """Fix what an era that is over pays, and sweep what nobody claimed of the oldest one."""
        pallet = self._pallet
        votes = pallet.turnout.close_era(era)
        points = sum(one.points for one in pallet.accurate[era])
        shares = {Pool.INFRA: pallet.enrolled, Pool.GOVERNANCE: votes, Pool.ACCURACY: points}
        for pool in Pool:
            self._sweep(pool, era - ERAS_KEPT)
            self._close(pool, era, shares[pool])
        pallet.era_shares[era] = EraShares(points, votes, pallet.enrolled)
        if era >= ERAS_KEPT:
            del pallet.accurate[era - ERAS_KEPT], pallet.era_shares[era - ERAS_KEPT]
        pallet.enrolled -= pallet.enrolments_ending[era + 1]
        del pallet.enrolments_ending[era + 1]

    def due(self, pool: Pool, who: AccountId) -> tuple[tuple[int, Balance], ...]:
        """Return what an account can claim of each closed era, the oldest first; writes nothing."""
        pallet, now = self._pallet, self._pallet.era()
        casts = pallet.turnout.resolved(who) if pool is Pool.GOVERNANCE else None
        first = max(pallet.claimed_until[pool, who], now - ERAS_KEPT, 0)
        cap = pallet.config.governance_cap if pool is Pool.GOVERNANCE else PERBILL
        found: list[tuple[int, Balance]] = []
        for era in range(first, now):
            closed = pallet.pool_eras.get((pool, era))
            if closed is None:
                continue
            share = self._share(pool, who, era, casts)
            if amount := formulas.due(share, closed.shares, closed.inflow, cap):
                found.append((era, amount))
        return tuple(found)

    def shares_in(self, who: AccountId, eras: tuple[int, ...]) -> tuple[EraShares, ...]:
        """Return the shares of an account in closed eras, for who divides by them what is not here.

        The points of upgrades are those that the account is known to have had in the era at least.
        """
        casts = self._pallet.turnout.resolved(who)
        enrolled = self._pallet.enrolments.get(who)
        return tuple(
            EraShares(
                accuracy=self._share(Pool.ACCURACY, who, era, casts),
                participation=self._share(Pool.GOVERNANCE, who, era, casts),
                infra=0 if enrolled is None else known_points(enrolled, era),
            )
            for era in eras
        )

    def claim(self, pool: Pool, who: AccountId) -> Balance:
        """Pay an account all that it can claim; return how much that was.

        Raises:
            DispatchError: the account cannot take so little.
        """
        pallet, now = self._pallet, self._pallet.era()
        due = self.due(pool, who)
        for era, amount in due:
            closed = pallet.pool_eras[pool, era]
            pallet.pool_eras[pool, era] = replace(closed, paid=closed.paid + amount)
        paid = sum(amount for _, amount in due)
        pallet.claimed_until[pool, who] = now
        if pool is Pool.GOVERNANCE:
            pallet.casts[who] = pallet.turnout.resolved(who)
        if paid:
            pallet.owed[pool] -= paid
            pallet.currency.transfer(self.pot(pool), who, paid)
            pallet.history.earned(who, RULES[pool], paid)
        return paid

    def enrol(self, who: AccountId) -> bool:
        """Let an account's points of now count for 28 eras; say whether that changes anything."""
        pallet, now = self._pallet, self._pallet.era()
        points, old = pallet.behaviour.points(who), pallet.enrolments.get(who)
        counted = 0 if old is None or old.until <= now else old.points
        until = now + ERAS_KEPT
        if old is not None and counted:
            pallet.enrolments_ending[old.until] -= counted
        pallet.enrolled += points - counted
        if points:
            still = old if counted else None
            pallet.enrolments[who] = Enrolment(points, now, until, *known(still, now, points))
            pallet.enrolments_ending[until] += points
        else:
            del pallet.enrolments[who]
        is_later = old is not None and until > old.until
        is_new = points != counted or (points > 0 and is_later)
        if is_new:
            pallet.deposit(Enrolled(who, points, until))
        return is_new

    def pot(self, pool: Pool) -> AccountId:
        """Return the account of a pool."""
        pots = self._pallet.config.pots
        match pool:
            case Pool.INFRA:
                return pots.infra
            case Pool.GOVERNANCE:
                return pots.governance
            case Pool.ACCURACY:
                return pots.accuracy

    # ------------------------------------------------------------------------------------ helpers

    def _share(self, pool: Pool, who: AccountId, era: int, casts: Casts | None) -> int:
        """Return the share of an account in an era of a pool."""
        pallet = self._pallet
        match pool:
            case Pool.INFRA:
                enrolled = pallet.enrolments.get(who)
                is_counted = enrolled is not None and enrolled.since <= era < enrolled.until
                return enrolled.points if enrolled is not None and is_counted else 0
            case Pool.GOVERNANCE:
                assert casts is not None, "votes are resolved before they are shared in"
                return sum(one.amount for one in in_window(casts, era))
            case Pool.ACCURACY:
                return sum(one.points for one in pallet.accurate[era] if one.account == who)

    def _close(self, pool: Pool, era: int, shares: int) -> None:
        """Divide what came into a pot since the era before was closed."""
        pallet = self._pallet
        keeps = pallet.config.existential_deposit + pallet.owed[pool]
        inflow = max(pallet.currency.free(self.pot(pool)) - keeps, 0)
        if not inflow:
            return
        if shares:
            pallet.pool_eras[pool, era] = PoolEra(inflow, shares, 0)
            pallet.owed[pool] += inflow
        else:
            self._to_treasury(pool, inflow)
        pallet.deposit(PoolEraClosed(pool, era, inflow, shares))

    def _sweep(self, pool: Pool, era: int) -> None:
        """Send what is left of an era that can be claimed no more to the treasury."""
        pallet = self._pallet
        closed = pallet.pool_eras.get((pool, era)) if era >= 0 else None
        if closed is None:
            return
        del pallet.pool_eras[pool, era]
        rest = closed.inflow - closed.paid
        pallet.owed[pool] -= rest
        self._to_treasury(pool, rest)
        pallet.deposit(PoolSwept(pool, era, rest))

    def _to_treasury(self, pool: Pool, amount: Balance) -> None:
        """Move what nobody earned; what the treasury cannot take is divided in the next era."""
        pallet = self._pallet
        move = pallet.currency.transfer
        if amount:
            pallet.attempt(move, self.pot(pool), pallet.config.pots.treasury, amount)


def known(old: Enrolment | None, now: int, points: int) -> tuple[int, int]:
    """Return since when an account has had points, and how many at least before an enrolment."""
    if old is None:
        return now, points
    if old.since < now:
        return old.known_since, min(old.points, old.known_points)
    return old.known_since, old.known_points if old.known_since < now else points


def known_points(enrolled: Enrolment, era: int) -> int:
    """Return how many points an account is known to have had in a closed era at least."""
    if enrolled.since <= era < enrolled.until:
        return enrolled.points
    return enrolled.known_points if enrolled.known_since <= era < enrolled.since else 0
