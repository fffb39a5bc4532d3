"""Who takes part in referenda: k of the n that were decided in 28 eras, and with how much AMAX.

A vote counts if it was cast an era or more before its referendum ended, whichever side it was on.
Nobody is iterated when a referendum ends: the votes in it are added up as they are cast, the recent
ones by sixteenths of an era since they may be too late, and each account's own turnout is looked up
when somebody asks for it. Source: design page "Economy", 5.8 and 5.15.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from runtime.frame.polls import PollIndex
from runtime.pallets.mining import formulas
from runtime.pallets.mining.records import (
    CAST_ERAS,
    ENDED_ERAS,
    MAX_CASTS,
    MAX_ENDED,
    NO_CASTS,
    WINDOW_ERAS,
    Cast,
    Casts,
    CountedEra,
    EndedEra,
    EndedPoll,
    PollVotes,
    Recent,
    TurnoutWindow,
)
from runtime.primitives.types import AccountId, Balance

if TYPE_CHECKING:
    from runtime.pallets.mining.pallet import Mining


class Turnout:
    """Counts votes. Invariant: the votes of a referendum add up to those of the accounts in it."""

    def __init__(self, pallet: Mining) -> None:
        self._pallet = pallet

    def voted(self, who: AccountId, index: PollIndex, amount: Balance) -> None:
        """Hear of a vote. One that is cast anew keeps its time and gains no weight by it."""
        casts, now = self._pallet.casts[who], self._now()
        before = cast_of(casts, index)
        if before is not None:
            after = replace(before, amount=min(before.amount, amount))
        else:
            kept = tuple(one for one in casts.open if one.bucket >= self._oldest())
            casts = replace(casts, open=kept)
            if len(kept) == MAX_CASTS:
                return
            after = Cast(index, now, amount)
            self._pallet.history.note(who)
        rest = tuple(one for one in casts.open if one.poll != index)
        self._pallet.casts[who] = replace(casts, open=(*rest, after))
        less = 0 if before is None else before.amount
        self._add(index, after.bucket, after.amount - less)

    def withdrew(self, who: AccountId, index: PollIndex) -> None:
        """Hear that a vote in an ongoing referendum was taken back."""
        casts = self._pallet.casts[who]
        before = cast_of(casts, index)
        if before is not None:
            rest = tuple(one for one in casts.open if one.poll != index)
            self._pallet.casts[who] = replace(casts, open=rest)
            self._add(index, before.bucket, -before.amount)

    def ended(self, index: PollIndex, *, is_decided: bool) -> None:
        """Hear that a referendum ended; one that was decided counts in the era under way."""
        pallet = self._pallet
        votes = pallet.poll_votes[index]
        del pallet.poll_votes[index]
        era = pallet.era()
        known = pallet.ended_polls[era]
        if not is_decided or len(known.polls) == MAX_ENDED:
            return
        last = formulas.last_bucket(pallet.context.number, pallet.config.era_blocks)
        in_time = settled(votes, last).settled
        polls = (*known.polls, EndedPoll(index, max(last, 0))) if last >= 0 else known.polls
        pallet.ended_polls[era] = EndedEra(known.amount + in_time, polls)

    def close_era(self, era: int) -> int:
        """Move the window on to an era that is over; return the AMAX of all votes in it."""
        pallet = self._pallet
        new, window = pallet.ended_polls[era], pallet.window
        old = pallet.ended_polls[era - WINDOW_ERAS] if era >= WINDOW_ERAS else EndedEra(0, ())
        polls = window.polls + len(new.polls) - len(old.polls)
        pallet.window = TurnoutWindow(polls, window.amount + new.amount - old.amount)
        if era >= ENDED_ERAS:
            del pallet.ended_polls[era - ENDED_ERAS]
        return pallet.window.amount

    def resolved(self, who: AccountId) -> Casts:
        """Return the turnout of an account with all closed eras counted; writes nothing."""
        pallet, casts, now = self._pallet, self._pallet.casts[who], self._pallet.era()
        open_, counted = {one.poll: one for one in casts.open}, list(casts.counted)
        for era in range(max(casts.resolved, now - ENDED_ERAS + 1, 0), now):
            found = [
                (open_.pop(ended.poll), ended)
                for ended in (pallet.ended_polls[era].polls if open_ else ())
                if ended.poll in open_
            ]
            in_time = [cast for cast, ended in found if cast.bucket <= ended.last_bucket]
            if in_time:
                amount = sum(cast.amount for cast in in_time)
                counted.append(CountedEra(era, len(in_time), amount))
        kept = tuple(one for one in counted if one.era + ENDED_ERAS > now)
        return Casts(tuple(open_.values()), kept, now) if open_ or kept else NO_CASTS

    def participation(self, who: AccountId) -> int:
        """Return k / n over the referenda decided in the last 28 closed eras, in ppb."""
        last = self._pallet.era() - 1
        counted = in_window(self.resolved(who), last)
        return formulas.participation(sum(one.polls for one in counted), self._pallet.window.polls)

    def _add(self, index: PollIndex, bucket: int, amount: int) -> None:
        """Add votes of a part of an era to a referendum, or take them off."""
        pallet = self._pallet
        last = formulas.last_bucket(pallet.context.number, pallet.config.era_blocks)
        votes = settled(pallet.poll_votes[index], last)
        if bucket <= last:
            votes = replace(votes, settled=votes.settled + amount)
        else:
            sums = {one.bucket: one.amount for one in votes.recent}
            sums[bucket] = sums.get(bucket, 0) + amount
            recent = tuple(Recent(one, sums[one]) for one in sorted(sums) if sums[one])
            votes = replace(votes, recent=recent)
        pallet.poll_votes[index] = votes

    def _now(self) -> int:
        pallet = self._pallet
        return pallet.context.number // formulas.bucket_blocks(pallet.config.era_blocks)

    def _oldest(self) -> int:
        """Return the first part of an era whose referenda can still be going on."""
        pallet = self._pallet
        blocks = pallet.context.number - CAST_ERAS * pallet.config.era_blocks
        return blocks // formulas.bucket_blocks(pallet.config.era_blocks)


def cast_of(casts: Casts, index: PollIndex) -> Cast | None:
    """Return the vote of an account in a referendum, if it is counted."""
    return next((one for one in casts.open if one.poll == index), None)


def in_window(casts: Casts, last_era: int) -> tuple[CountedEra, ...]:
    """Return what is counted of the 28 eras that end with one."""
    return tuple(one for one in casts.counted if last_era - WINDOW_ERAS < one.era <= last_era)


def settled(votes: PollVotes, last: int) -> PollVotes:
    """Return votes with those of a part of an era up to `last` known to be in time."""
    in_time = sum(one.amount for one in votes.recent if one.bucket <= last)
    recent = tuple(one for one in votes.recent if one.bucket > last)
    return PollVotes(votes.settled + in_time, recent)
