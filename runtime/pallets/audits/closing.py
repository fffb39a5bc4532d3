"""The end of an audit: the segment is paid or its provider convicted, auditors earn or pay.

Who was right has points of the era, by which staking divides the validators' pot, and of the epoch,
by which mining divides the accuracy pool: job volume alone moves nobody's part, since draws do not
know whose job it is. Who found a cheat divides the finders' half of the slash. Who was wrong has no
points and pays by its bond, through offences.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from runtime.compute.audit import Verdict
from runtime.frame import Weight
from runtime.frame.earnings import Rule
from runtime.frame.offence import Kind
from runtime.pallets.audits import events, weights
from runtime.pallets.audits.committee import OUTCOMES
from runtime.pallets.audits.records import (
    DISPROVED,
    MAX_KEPT,
    SIGNED_BAD,
    WRONG_VERDICT,
    Audit,
    AuditOffence,
    Outcome,
    Phase,
    Seat,
)
from runtime.primitives.types import AccountId, Balance

if TYPE_CHECKING:
    from runtime.pallets.audits.pallet import Audits

RIGHT_POINTS = 2
"""For a verdict in agreement: a fifth of what a block earns its author elsewhere."""
FINDER_POINTS = 10
"""For a cheat that was found."""


class Closing:
    """Ends audits; keeps nothing of its own."""

    def __init__(self, pallet: Audits) -> None:
        self._pallet = pallet

    def close(self, audit: int, record: Audit, outcome: Outcome) -> Weight:
        """Act on a decision; return what it cost at most."""
        pallet, place = self._pallet, record.commitment
        pallet.open_audits -= 1
        pallet.deposit(events.AuditDecided(audit, place.job, place.segment, outcome))
        right = tuple(seat for seat in record.heard if OUTCOMES.get(seat.verdict) is outcome)
        if outcome in (Outcome.BAD, Outcome.MISSING):
            found = self._convict(record, outcome)
            self._divide(audit, right, found)
        else:
            pallet.ports.verdicts.give(place.job, place.segment, place.provider)
        self._score(right, FINDER_POINTS if outcome is Outcome.BAD else RIGHT_POINTS)
        wrong = self._wrong(record, outcome)
        for seat, kind in wrong:
            self.fault(audit, record, seat, kind)
        self._leave_session(record.session)
        self._keep(audit, record, outcome)
        return weights.CLOSE + weights.faults(len(wrong)) + weights.FIND * len(right)

    def disprove(self, audit: int, record: Audit) -> None:
        """Let those pay who called a segment good that was proven bad after its audit."""
        for seat in record.seats:
            self.fault(audit, record, seat, DISPROVED)
        self.forget(audit)

    def fault(self, audit: int, record: Audit, seat: Seat, kind: Kind) -> None:
        """Report what an auditor did wrong."""
        pallet, who = self._pallet, seat.auditor
        offender = (who, seat.exposure)
        offence = AuditOffence(kind, record.commitment, record.session, offender)
        if pallet.offences.report_offence(None, offence):
            pallet.deposit(events.AuditorFaulted(audit, who))

    def forget(self, audit: int) -> None:
        """Remove a closed audit."""
        del self._pallet.audits[audit]
        self._pallet.kept_audits -= 1

    # ------------------------------------------------------------------------------------ helpers

    def _convict(self, record: Audit, outcome: Outcome) -> Balance:
        """Slash the provider; return what came into the pot for those who found it.

        Nobody finds what is missing, or auditors could live on not finding.
        """
        pallet, place = self._pallet, record.commitment
        finder = pallet.config.pot if outcome is Outcome.BAD else None
        before = pallet.currency.free(pallet.config.pot)

        def convict() -> None:
            pallet.ports.verdicts.convict(place.job, place.segment, place.provider, finder)

        pallet.attempt(convict)
        return pallet.currency.free(pallet.config.pot) - before

    def _divide(self, audit: int, finders: tuple[Seat, ...], found: Balance) -> None:
        """Pay finders equal parts; what does not divide stays in the pot, and what keeps it."""
        found = min(found, self._pot())
        for seat in finders if found else ():
            amount = found // len(finders)
            if self._pay(seat.auditor, amount):
                self._pallet.deposit(events.FinderPaid(audit, seat.auditor, amount))

    def _pot(self) -> Balance:
        """Return what the pot can pay and live on."""
        config = self._pallet.config
        return max(self._pallet.currency.free(config.pot) - config.existential_deposit, 0)

    def _pay(self, who: AccountId, amount: Balance) -> bool:
        """Pay out of the pot; say whether it arrived: not, where it would be dust."""
        pallet = self._pallet
        pay = pallet.currency.transfer
        has_arrived = amount > 0 and pallet.attempt(pay, pallet.config.pot, who, amount)
        if has_arrived:
            pallet.ports.rewards.earned(who, Rule.AUDIT, amount)
        return has_arrived

    def _score(self, right: tuple[Seat, ...], points: int) -> None:
        """Give points to who was right."""
        ports = self._pallet.ports
        for seat in right:
            ports.rewards.was_right(seat.auditor, points)
        ports.era_points.reward_by_ids(tuple((seat.auditor, points) for seat in right))

    def _wrong(self, record: Audit, outcome: Outcome) -> tuple[tuple[Seat, Kind], ...]:
        """List who was disproved; who could not fetch the contents said nothing of them."""
        match outcome:
            case Outcome.BAD:
                wrong, kind = Verdict.GOOD, SIGNED_BAD
            case Outcome.GOOD:
                wrong, kind = Verdict.BAD, WRONG_VERDICT
            case _:
                return ()
        return tuple((seat, kind) for seat in record.heard if seat.verdict is wrong)

    def _leave_session(self, session: int) -> None:
        """Forget the validators of a session when no audit is drawn from them any more."""
        pallet = self._pallet
        pallet.drawn_from[session] -= 1
        if not pallet.drawn_from[session]:
            del pallet.auditors[session]

    def _keep(self, audit: int, record: Audit, outcome: Outcome) -> None:
        """Keep who signed a good verdict for a while; nothing else of an audit is needed."""
        pallet = self._pallet
        signers = tuple(seat for seat in record.heard if seat.verdict is Verdict.GOOD)
        if outcome is not Outcome.GOOD or not signers or pallet.kept_audits >= MAX_KEPT:
            del pallet.audits[audit]
            return
        pallet.kept_audits += 1
        until = pallet.timers.put(audit, pallet.context.number + pallet.config.kept_blocks)
        pallet.audits[audit] = replace(record, phase=Phase.CLOSED, until=until, seats=signers)
