"""What offences cost: by the exposure of their era, at once in weight, and in money when due.

A validator's own part stops counting when the offence is reported, and is taken seven eras later,
so that a referendum can cancel it. What its nominators owe is reckoned from the exposure then, and
taken with it, some of them in each block: what they have unbonded meanwhile is still on hold.
Source: design page "Economy", section 5.10; names follow FRAME's `pallet_staking::slashing`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from runtime.frame import Weight, ensure
from runtime.frame.offence import OffenceDetails
from runtime.pallets.staking import events, weights
from runtime.pallets.staking.events import Error
from runtime.pallets.staking.records import (
    BURNED,
    PAGE_NOMINATORS,
    REWARD,
    SLASH_DEFER_ERAS,
    STAKE_UNIT,
    Collecting,
    Owing,
    Unapplied,
    UnappliedSlash,
)
from runtime.primitives.fixed import Perbill
from runtime.primitives.types import AccountId, Balance

if TYPE_CHECKING:
    from runtime.pallets.staking.pallet import Staking


class Slashes:
    """Lets offenders and those behind them pay; keeps nothing of its own."""

    def __init__(self, pallet: Staking) -> None:
        self._pallet = pallet

    def report(
        self,
        offenders: tuple[OffenceDetails, ...],
        fraction: Perbill,
        session: int,
        *,
        disables: bool,
    ) -> None:
        """Let offenders owe a part of what they had at stake; some are disabled in this era."""
        pallet = self._pallet
        era = self._era_of(session)
        if era is None:
            pallet.deposit(events.OldSlashingReportDiscarded(session))
            return
        for offender in offenders:
            self._punish(offender, fraction, era)
            if disables and era == pallet.era():
                pallet.ports.seats.disable(offender.offender[0], fraction)

    def cancel(self, era: int, places: tuple[int, ...]) -> None:
        """Let stakes count again that were owed, by the places of their slashes.

        They weigh again at once while the exposure of the offence is in force, and otherwise from
        the next election on, which finds them in the ledgers.
        """
        pallet = self._pallet
        waiting = pallet.unapplied_slashes[era]
        ensure(len(places) > 0, Error.EMPTY_TARGETS)
        ensure(places == tuple(sorted(dict.fromkeys(places))), Error.NOT_SORTED_AND_UNIQUE)
        ensure(places[-1] < len(waiting), Error.INVALID_SLASH_INDEX)
        for place in places:
            slash = waiting[place]
            if slash.own:
                pallet.ledgers.give_back(slash.validator, slash.own)
            if era == pallet.counting_era():
                self._discount(slash.validator, -(slash.own + slash.nominated))
            pallet.deposit(events.SlashCancelled(slash.validator, slash.own, era))
        pallet.unapplied_slashes[era] = tuple(
            slash for place, slash in enumerate(waiting) if place not in places
        )

    def apply_due(self, eras: tuple[int, ...]) -> int:
        """Take what is due of what was done in `eras`; return how many slashes that were."""
        pallet, applied = self._pallet, 0
        for era in eras:
            waiting = pallet.unapplied_slashes[era] if is_due(era, pallet.era()) else ()
            for slash in waiting:
                self._apply(slash, era)
            if waiting:
                del pallet.unapplied_slashes[era]
            applied += len(waiting)
        return applied

    def collect(self) -> Weight:
        """Take what the next few nominators owe, if there are some."""
        pallet = self._pallet
        first, end = pallet.collecting_range
        if first == end:
            return Weight()
        task = pallet.collecting[first]
        slash, era = task.slash, task.era
        due = slash.others[task.place : task.place + PAGE_NOMINATORS]
        for who, owed in due:
            taken = pallet.ledgers.set_aside(who, owed, era)
            before = pallet.nominator_slash_in_era.get((era, who)) or 0
            pallet.nominator_slash_in_era[era, who] = before + taken
            pallet.ledgers.take(who, taken, slash.reporters)
        if task.place + len(due) < len(slash.others):
            pallet.collecting[first] = replace(task, place=task.place + len(due))
        else:
            del pallet.collecting[first]
            pallet.collecting_range = (first + 1, end)
        return weights.COLLECT + weights.COLLECT_ONE * len(due)

    # ------------------------------------------------------------------------------------ helpers

    def _punish(self, details: OffenceDetails, fraction: Perbill, era: int) -> None:
        """Let an offender owe what this offence costs beyond what it owes for the era already."""
        pallet = self._pallet
        validator, exposure = details.offender
        known, owed = pallet.validator_slash_in_era.get((era, validator)) or (0, 0)
        if fraction.parts <= known:
            return
        others = self._others(era, validator, Perbill(known), fraction)
        if validator not in pallet.ledger and not others:
            return
        more = max(fraction.of(exposure.own) - owed, 0)
        amount = pallet.ledgers.set_aside(validator, more, era)
        pallet.validator_slash_in_era[era, validator] = (fraction.parts, owed + amount)
        pallet.deposit(events.SlashReported(validator, fraction.parts, era))
        slash = UnappliedSlash(validator, amount, others, details.reporters, payout=0)
        slash = replace(slash, payout=payout(slash))
        self._discount(validator, amount + slash.nominated)
        if is_due(era, pallet.era()):
            self._apply(slash, era)
        else:
            pallet.unapplied_slashes[era] = with_slash(pallet.unapplied_slashes[era], slash)

    def _apply(self, slash: UnappliedSlash, era: int) -> None:
        """Take what a validator owes, and begin to take what its nominators owe."""
        pallet = self._pallet
        pallet.ledgers.take(slash.validator, slash.own, slash.reporters)
        if slash.others:
            first, end = pallet.collecting_range
            pallet.collecting[end] = Collecting(era, slash, place=0)
            pallet.collecting_range = (first, end + 1)

    def _discount(self, who: AccountId, amount: Balance) -> None:
        """Let a part of what was elected behind a validator weigh no more, or again."""
        pallet = self._pallet
        if who not in dict(pallet.ports.seats.stakes()):
            return
        overview = pallet.eras_stakers_overview.get((pallet.counting_era(), who))
        if overview is None:
            return
        pallet.discounted[who] = max(pallet.discounted[who] + amount, 0)
        left = max(overview.total - pallet.discounted[who], 0)
        pallet.ports.seats.set_stake(who, left // STAKE_UNIT)

    def _others(self, era: int, validator: AccountId, known: Perbill, now: Perbill) -> Owing:
        """Return what each nominator behind a validator owes beyond what it owes already."""
        pallet = self._pallet
        overview = pallet.eras_stakers_overview.get((era, validator))
        pages = 0 if overview is None else overview.page_count
        return tuple(
            (one.who, owed)
            for page in range(pages)
            for one in pallet.eras_stakers_paged[era, validator, page].others
            if (owed := now.of(one.value) - known.of(one.value))
        )

    def _era_of(self, session: int) -> int | None:
        """Return the era of a session, or None if its offences are not punished any more."""
        eras = [era for era, first in self._pallet.bonded_eras if first <= session]
        return eras[-1] if eras else None


def payout(slash: UnappliedSlash) -> Balance:
    """Return what its reporters receive, if all that is owed is still there."""
    owed = (slash.own, *(amount for _, amount in slash.others))
    return len(slash.reporters) * sum(REWARD.of(amount - BURNED.of(amount)) for amount in owed)


def is_due(era: int, now: int) -> bool:
    """Return whether slashes for an era are taken in the era `now`."""
    return now > era + SLASH_DEFER_ERAS


def with_slash(waiting: tuple[UnappliedSlash, ...], slash: UnappliedSlash) -> Unapplied:
    """Add a slash to those that wait; a validator has one for each era."""
    for place, one in enumerate(waiting):
        if one.validator == slash.validator:
            owing = dict(one.others)
            for who, amount in slash.others:
                owing[who] = owing.get(who, 0) + amount
            more = replace(one, own=one.own + slash.own, others=tuple(owing.items()))
            more = replace(more, payout=payout(more))
            return (*waiting[:place], more, *waiting[place + 1 :])
    return (*waiting, slash)
