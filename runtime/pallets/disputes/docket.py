"""The docket: open cases, the turns they wait for, and how each ends."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from runtime.compute.bisection import Node
from runtime.frame import Weight
from runtime.frame.fungible import HoldReason
from runtime.pallets.disputes import events, weights
from runtime.pallets.disputes.records import Case, Claim, Kind, Timer, Turn, Verdict, Window
from runtime.primitives.types import AccountId, Balance, BlockNumber

if TYPE_CHECKING:
    from runtime.pallets.disputes.pallet import Disputes
    from runtime.pallets.disputes.ports import Accused

BOND = HoldReason.DISPUTE_BOND
MAX_EARLY = 16
"""Cases that came before the opening and hold the payment back after it. More go on without: a
client's loss is made good after payment too."""
MAX_DUE = 8
"""Turns that run out in one block; those left over are the next one's first."""
MAX_LOOKED = 32
"""Turns looked at in one block, most of which were taken."""
LOOKING = weights.TICK + weights.TIMER * (MAX_LOOKED + 1)
"""The queue, if no case of it is closed."""


class Docket:
    """Opens, times and closes cases. Invariant: an open case has one timer of its present turn."""

    def __init__(self, pallet: Disputes) -> None:
        self._pallet = pallet

    def accused(self, job: int, segment: int) -> Accused | None:
        """Return a segment whose provider can still be judged; a bond never leaves that soon."""
        accused = self._pallet.verdicts.accused(job, segment)
        if accused is None:
            return None
        provider = accused.commitment.provider
        return accused if self._pallet.providers.acting_for(provider) == provider else None

    def standing(self, case: Case) -> Accused | None:
        """Return the segment of a case; None if that commitment failed or was forgotten."""
        accused = self.accused(case.job, case.segment)
        if accused is None:
            return None
        now = (accused.commitment.provider, accused.committed_at)
        return accused if now == (case.provider, case.committed_at) else None

    def open(self, who: AccountId, accused: Accused, claim: Claim) -> int:
        """Open a case for its bond; return its number."""
        pallet, commitment = self._pallet, accused.commitment
        number = pallet.next_case_id
        pallet.currency.hold(BOND, who, claim.bond)
        pallet.next_case_id = number + 1
        pallet.open_cases += 1
        case = Case(
            kind=claim.kind,
            challenger=who,
            provider=commitment.provider,
            job=commitment.job,
            segment=commitment.segment,
            committed_at=accused.committed_at,
            bond=claim.bond,
            holds_payment=False,
            content=claim.content,
            node=claim.node,
            hash=claim.hash,
            shown=(),
            turn=turn_at(claim.node),
            moves=0,
            deadline=0,
        )
        self._wait(number, case)
        pallet.deposit(
            events.CaseOpened(
                number, case.kind, who, case.provider, case.job, case.segment, case.bond
            )
        )
        return number

    def hold_payment(self, number: int, accused: Accused) -> None:
        """Hold the payment of a segment back, now or when its opening has come."""
        pallet = self._pallet
        if accused.is_unpaid:
            self._hold(number)
        elif accused.is_unopened and len(pallet.early) < MAX_EARLY:
            pallet.early = (*pallet.early, number)

    def move(self, number: int, case: Case) -> None:
        """Record a turn that was taken; the next begins."""
        self._wait(number, replace(case, moves=case.moves + 1))

    def close(self, number: int, case: Case, verdict: Verdict) -> None:
        """End a case: the money goes where the verdict says."""
        pallet = self._pallet
        del pallet.cases[number]
        pallet.open_cases -= 1
        paid, burned = self._charge(case, verdict)
        pallet.currency.release(BOND, case.challenger, case.bond - paid - burned)
        slashed = 0
        if verdict is Verdict.CONVICTED:
            place = (case.job, case.segment, case.provider)
            slashed = pallet.verdicts.convict(*place, case.challenger)
        elif case.holds_payment:
            pallet.verdicts.give(case.job, case.segment, case.provider)
        pallet.deposit(
            events.CaseClosed(number, case.job, case.segment, verdict, slashed, paid, burned)
        )

    # --------------------------------------------------------------------------- what blocks do

    def look_at_early(self) -> Weight:
        """Hold back the payments of early cases whose segment was opened in the last block."""
        pallet, early = self._pallet, self._pallet.early
        if not early:
            return Weight()
        waiting = []
        for number in early:
            case = pallet.cases.get(number)
            accused = None if case is None else self.standing(case)
            if accused is not None and accused.is_unpaid:
                self._hold(number)
            elif accused is not None and accused.is_unopened:
                waiting.append(number)
        pallet.early = tuple(waiting)
        return weights.LOOK * len(early)

    def close_overdue(self, now: BlockNumber, left: int) -> Weight:
        """Close cases whose turn has run out; return what it cost, of `left` picoseconds."""
        most = (left - LOOKING.ref_time) // weights.OVERDUE.ref_time
        if most < 0:
            return Weight()
        pallet, window = self._pallet, self._pallet.timer_window
        place, closed = window.first, 0
        while place < min(window.end, window.first + MAX_LOOKED):
            timer = pallet.timers[place]
            case = pallet.cases.get(timer.case)
            if case is not None and case.moves == timer.moves:
                if now <= case.deadline or closed == min(most, MAX_DUE):
                    break
                self._run_out(timer.case, case)
                closed += 1
            del pallet.timers[place]
            place += 1
        if place != window.first:
            pallet.timer_window = Window(place, window.end)
        looked = weights.TIMER * (place - window.first + 1)
        return weights.TICK + looked + weights.OVERDUE * closed

    # ----------------------------------------------------------------------------------- helpers

    def _wait(self, number: int, case: Case) -> None:
        """Begin a turn: it is longer by a block for each other open case.

        A block takes the largest of proofs, so whoever is flooded with demands can answer them one
        after the other. A turn that is shorter than those before it in the queue is closed with
        them.
        """
        pallet, window = self._pallet, self._pallet.timer_window
        deadline = pallet.context.number + pallet.config.turn_blocks + pallet.open_cases - 1
        pallet.cases[number] = replace(case, deadline=deadline)
        pallet.timers[window.end] = Timer(number, case.moves)
        pallet.timer_window = Window(window.first, window.end + 1)

    def _hold(self, number: int) -> None:
        """Hold a payment back, if it can still wait for another verdict."""
        pallet, case = self._pallet, self._pallet.cases[number]
        if pallet.attempt(pallet.verdicts.hold, case.job, case.segment):
            pallet.cases[number] = replace(case, holds_payment=True)

    def _run_out(self, number: int, case: Case) -> None:
        """Close a case whose turn nobody took; a conviction that is refused leaves it moot."""
        verdict = Verdict.WITHDRAWN if case.turn is Turn.PICK else Verdict.CONVICTED
        is_standing = self.standing(case) is not None
        if not (is_standing and self._pallet.attempt(self.close, number, case, verdict)):
            self.close(number, case, Verdict.MOOT)

    def _charge(self, case: Case, verdict: Verdict) -> tuple[Balance, Balance]:
        """Take of the bond what the verdict costs the challenger; return what was paid and burned.

        Half of a dispute's bond is the provider's; of a challenge of availability the whole, for it
        is the price of the answer.
        """
        if verdict not in (Verdict.ANSWERED, Verdict.WITHDRAWN):
            return 0, 0
        pallet = self._pallet
        due = case.bond // 2 if case.kind is Kind.DISPUTE else case.bond
        pay = pallet.currency.transfer_on_hold
        paid = due if pallet.attempt(pay, BOND, case.challenger, case.provider, due) else 0
        if burned := case.bond - paid:
            pallet.currency.burn_held(BOND, case.challenger, burned)
        return paid, burned


def turn_at(node: Node) -> Turn:
    """Return what a provider must do about a node."""
    return Turn.OPEN if node.is_leaf else Turn.SHOW
