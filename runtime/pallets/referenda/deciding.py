"""How a referendum goes on: what happens to it when it is looked at.

    submitted → prepared → (queued) → deciding ⇄ confirming → approved
                    └→ timed out          └→ rejected

A referendum is looked at when its alarm goes off, never in a loop over all of them. What it needs
to pass falls with time, so the alarm is set to the block at which the votes so far would be enough.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from runtime.frame.polls import PollIndex, Tally, TrackId
from runtime.pallets.referenda.tracks import TrackDetails
from runtime.pallets.referenda.types import (
    MAX_QUEUED,
    Approved,
    ConfirmAborted,
    Confirmed,
    ConfirmStarted,
    DecidingStatus,
    DecisionExtended,
    DecisionStarted,
    Ongoing,
    Queue,
    ReferendumApproved,
    ReferendumRejected,
    ReferendumStatus,
    ReferendumTimedOut,
    Rejected,
    TimedOut,
)
from runtime.primitives.fixed import Perbill
from runtime.primitives.types import U128, BlockNumber

if TYPE_CHECKING:
    from runtime.pallets.referenda.pallet import Referenda

LATE_PART = 8
"""A referendum that turns in the last eighth of its decision has turned late."""


class Deciding:
    """Takes referenda from one state to the next."""

    def __init__(self, pallet: Referenda) -> None:
        self._pallet = pallet

    def serve(self, index: PollIndex, status: ReferendumStatus) -> None:
        """Do what is due for a referendum, set its alarm anew, and store it."""
        if status.deciding is None:
            self._wait(index, status)
        else:
            self._decide(index, status, status.deciding)

    def start_next(self, track: TrackId) -> None:
        """Begin the decisions for which the track has room, of those that wait the best first."""
        pallet, rules = self._pallet, self._pallet.rules(track)
        while pallet.track_queue[track] and pallet.deciding_count[track] < rules.max_deciding:
            *rest, (index, _) = pallet.track_queue[track]
            pallet.track_queue[track] = tuple(rest)
            self._begin(index, pallet.ongoing(index))

    def leave(
        self, index: PollIndex, status: ReferendumStatus, *, is_decided: bool = False
    ) -> None:
        """Take a referendum that ends out of the queue or the decisions, and silence its alarm."""
        pallet, track = self._pallet, status.track
        pallet.silence(status)
        pallet.turnout.ended(index, is_decided=is_decided)
        del pallet.decision_end[index]
        if status.in_queue:
            pallet.track_queue[track] = without(pallet.track_queue[track], index)
        elif status.deciding is not None:
            pallet.deciding_count[track] -= 1
            self.start_next(track)

    def _wait(self, index: PollIndex, status: ReferendumStatus) -> None:
        """Serve a referendum that is not being decided: it becomes ready, or waits, or lapses."""
        pallet, now = self._pallet, self._pallet.context.number
        rules = pallet.rules(status.track)
        timeout = status.submitted + pallet.config.undeciding_timeout
        ready_at = status.submitted + rules.prepare_period
        if status.decision_deposit is not None and now >= ready_at:
            if pallet.deciding_count[status.track] < rules.max_deciding:
                # nobody waits while there is room
                self._begin(index, status)
                return
            self._enqueue(index, status)
            status = replace(status, in_queue=True)
        if now >= timeout:
            self.leave(index, status)
            pallet.deposit(ReferendumTimedOut(index, status.tally))
            ended = TimedOut(now, status.submission_deposit, status.decision_deposit)
            pallet.referendum_info_for[index] = ended
            return
        is_prepared = status.decision_deposit is None or now >= ready_at
        self._store(index, status, timeout if is_prepared else min(ready_at, timeout))

    def _enqueue(self, index: PollIndex, status: ReferendumStatus) -> None:
        """Put a referendum into the queue of its track, or to its new place there.

        A full queue drops whoever has the fewest ayes: it comes back with its next vote.
        """
        queue = self._pallet.track_queue
        others = without(queue[status.track], index)
        ayes: U128 = status.tally.ayes
        place = sum(1 for _, theirs in others if theirs < ayes)
        longer = (*others[:place], (index, ayes), *others[place:])
        queue[status.track] = longer[-MAX_QUEUED:]

    def _begin(self, index: PollIndex, status: ReferendumStatus) -> None:
        """Begin the decision of a referendum."""
        pallet, now = self._pallet, self._pallet.context.number
        rules = pallet.rules(status.track)
        pallet.deciding_count[status.track] += 1
        pallet.deposit(DecisionStarted(index, status.track, status.proposal, status.tally))
        confirming = None
        if self.is_passing(status.tally, rules, 0):
            pallet.deposit(ConfirmStarted(index))
            confirming = now + rules.confirm_period
        status = replace(status, in_queue=False, deciding=DecidingStatus(now, confirming))
        self._store(index, status, self._next_look(index, status))

    def _decide(self, index: PollIndex, status: ReferendumStatus, deciding: DecidingStatus) -> None:
        """Serve a referendum that is being decided."""
        pallet, now = self._pallet, self._pallet.context.number
        rules = pallet.rules(status.track)
        is_passing = self.is_passing(status.tally, rules, now - deciding.since)
        if is_passing is (deciding.confirming is None):
            self._extend_if_late(index, deciding, rules)
        end = self._end(index, deciding, rules)
        confirming = deciding.confirming
        if not is_passing and now >= end:
            self._reject(index, status)
            return
        if not is_passing and confirming is not None:
            confirming = None
            pallet.deposit(ConfirmAborted(index))
        elif is_passing and confirming is None:
            is_extended = index in pallet.decision_end
            confirming = max(now + rules.confirm_period, end if is_extended else 0)
            pallet.deposit(ConfirmStarted(index))
        elif confirming is not None and now >= confirming and self._approve(index, status):
            return
        status = replace(status, deciding=DecidingStatus(deciding.since, confirming))
        self._store(index, status, self._next_look(index, status))

    def _extend_if_late(
        self, index: PollIndex, deciding: DecidingStatus, rules: TrackDetails
    ) -> None:
        """Let a decision that turned in its last part go on for a while, once."""
        pallet, now = self._pallet, self._pallet.context.number
        end = deciding.since + rules.decision_period
        is_late = end - rules.decision_period // LATE_PART < now <= end
        if not is_late or index in pallet.decision_end:
            return
        until = end + pallet.config.late_extension
        pallet.decision_end[index] = until
        pallet.deposit(DecisionExtended(index, until))

    def _approve(self, index: PollIndex, status: ReferendumStatus) -> bool:
        """End a referendum that passed; return False while no agenda has room for its call."""
        pallet, now = self._pallet, self._pallet.context.number
        if not pallet.schedule_enactment(index, status):
            return False
        self.leave(index, status, is_decided=True)
        pallet.deposit(Confirmed(index, status.tally))
        pallet.deposit(ReferendumApproved(index))
        ended = Approved(now, status.submission_deposit, status.decision_deposit)
        pallet.referendum_info_for[index] = ended
        return True

    def _reject(self, index: PollIndex, status: ReferendumStatus) -> None:
        pallet = self._pallet
        self.leave(index, status, is_decided=True)
        pallet.deposit(ReferendumRejected(index, status.tally))
        pallet.referendum_info_for[index] = Rejected(
            pallet.context.number, status.submission_deposit, status.decision_deposit
        )

    def is_passing(self, tally: Tally, rules: TrackDetails, blocks: int) -> bool:
        """Return whether a tally is enough when so many blocks of the decision have passed."""
        elapsed = Perbill.from_ratio(blocks, rules.decision_period)
        support = tally.support_of(self._pallet.electorate.active_issuance())
        return support.parts >= rules.min_support.threshold(
            elapsed
        ) and tally.approval().parts >= rules.min_approval.threshold(elapsed)

    def _end(self, index: PollIndex, deciding: DecidingStatus, rules: TrackDetails) -> BlockNumber:
        """Return the block at which a referendum that does not pass is rejected."""
        extended = self._pallet.decision_end.get(index)
        return deciding.since + rules.decision_period if extended is None else extended

    def _next_look(self, index: PollIndex, status: ReferendumStatus) -> BlockNumber:
        """Return the block at which a referendum that is being decided may change by itself."""
        pallet, deciding = self._pallet, status.deciding
        assert deciding is not None
        now, rules = pallet.context.number, pallet.rules(status.track)
        if deciding.confirming is not None:
            return max(deciding.confirming, now + 1)
        support = status.tally.support_of(pallet.electorate.active_issuance())
        until_support = rules.min_support.delay(support)
        until_approval = rules.min_approval.delay(status.tally.approval())
        delay = Perbill(max(until_support, until_approval)).of_rounded_up(rules.decision_period)
        look = deciding.since + delay
        return max(look if look > now else self._end(index, deciding, rules), now + 1)

    def _store(self, index: PollIndex, status: ReferendumStatus, alarm: BlockNumber) -> None:
        """Store a referendum that goes on, with its next alarm."""
        self._pallet.referendum_info_for[index] = Ongoing(
            self._pallet.with_alarm(index, status, alarm)
        )


def without(queue: Queue, index: PollIndex) -> Queue:
    """Return a queue without a referendum."""
    return tuple(one for one in queue if one[0] != index)
