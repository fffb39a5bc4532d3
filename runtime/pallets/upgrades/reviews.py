"""Reviews: five oracles are drawn by a later block's randomness, and four equal verdicts decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from runtime.frame.fungible import HoldReason
from runtime.pallets.upgrades import records
from runtime.pallets.upgrades.records import (
    AGREEING,
    COMMITTEE,
    Cause,
    Claim,
    Review,
    Seat,
    Verdict,
)
from runtime.primitives.hashing import blake2_256
from runtime.primitives.types import H256, AccountId, Balance

if TYPE_CHECKING:
    from runtime.pallets.upgrades.pallet import Upgrades

BOND = HoldReason.CLAIM_BOND


class Reviews:
    """Draws committees and acts on what they find.

    Invariant: the queue of draws names exactly the reviews without a committee.
    """

    def __init__(self, pallet: Upgrades) -> None:
        self._pallet = pallet

    def begin(self, claim: int, record: Claim, cause: Cause, challenger: AccountId | None) -> None:
        """Queue a claim for a committee; the block that draws it is yet to come."""
        pallet = self._pallet
        draw_at = pallet.context.number + pallet.config.draw_delay
        review = Review(cause, draw_at, 0, (), challenger)
        pallet.claims[claim] = replace(record, review=review)
        pallet.draws = (*pallet.draws, claim)

    def draw_due(self, number: int) -> int:
        """Draw the committees whose block has come; return how many were."""
        pallet, drawn = self._pallet, 0
        while pallet.draws and drawn < pallet.config.draws_per_block:
            claim = pallet.draws[0]
            record = pallet.claims[claim]
            review = record.review
            assert review is not None, "what is queued is under review"
            if review.draw_at > number:
                break
            pallet.draws = pallet.draws[1:]
            self._draw(claim, record, review)
            drawn += 1
        return drawn

    def _draw(self, claim: int, record: Claim, review: Review) -> None:
        pallet = self._pallet
        excluded = (record.provider, review.challenger)
        able = [who for who in pallet.ports.oracles.members() if who not in excluded]
        seed = pallet.ports.randomness.of_block(review.draw_at)
        if seed is None or len(able) < COMMITTEE:
            self._undecided(claim, record, review)
            return
        chosen = sample(able, COMMITTEE, blake2_256(seed + claim.to_bytes(8, "little")))
        until = pallet.context.number + pallet.config.review_eras * pallet.config.era_blocks
        committee = tuple(Seat(who, None) for who in chosen)
        review = replace(review, until=until, committee=committee)
        pallet.claims[claim] = replace(record, review=review)
        pallet.due[pallet.due_tail], pallet.due_tail = (claim, until), pallet.due_tail + 1
        pallet.deposit(records.CommitteeDrawn(claim, review.cause, chosen, until))

    def close_due(self, number: int) -> int:
        """Count the verdicts that nobody had counted in time; return how many were looked at.

        Committees are drawn in order and speak for equally long, so the first drawn is due first.
        """
        pallet, seen = self._pallet, 0
        while pallet.due_head < pallet.due_tail and seen < pallet.config.decided_per_block:
            claim, until = pallet.due[pallet.due_head]
            if until > number:
                break
            del pallet.due[pallet.due_head]
            pallet.due_head += 1
            seen += 1
            record = pallet.claims.get(claim)
            review = None if record is None else record.review
            if record is not None and review is not None and review.until == until:
                self.close(claim, record, review)
        return seen

    def close(self, claim: int, record: Claim, review: Review) -> None:
        """Count the verdicts, and act on them."""
        verdicts = [seat.verdict for seat in review.committee]
        decided = next((one for one in Verdict if verdicts.count(one) >= AGREEING), None)
        self._judge_oracles(review, decided)
        match decided:
            case Verdict.GENUINE:
                self._accept(claim, record, review)
            case Verdict.FALSE:
                self._refute(claim, record, review)
            case None:
                self._undecided(claim, record, review)

    def _judge_oracles(self, review: Review, decided: Verdict | None) -> None:
        """Let those pay who said nothing, or the opposite; the others earn."""
        oracles, config = self._pallet.ports.oracles, self._pallet.config
        for seat in review.committee:
            if seat.verdict is None:
                oracles.slash(seat.oracle, config.silent)
            elif decided is not None and seat.verdict is not decided:
                oracles.slash(seat.oracle, config.wrong)
            elif decided is not None:
                oracles.credit(seat.oracle)

    def _accept(self, claim: int, record: Claim, review: Review) -> None:
        pallet = self._pallet
        if review.challenger is not None:
            self._fail_challenge(claim, record.provider, review.challenger)
        record = replace(record, review=None)
        live = record.live
        if live is None and not pallet.registry.shown(record):
            now = pallet.ports.improvers.efficiency(record.provider)
            pallet.deposit(records.ClaimUnshown(claim, record.provider, record.efficiency, now))
            pallet.end(claim, record)
            return
        if live is None:
            live = pallet.registry.add(claim, record)
            record = replace(record, live=live)
        pallet.claims[claim] = record
        points = live.points_at(pallet.era())
        pallet.deposit(records.ClaimAccepted(claim, record.provider, points))

    def _fail_challenge(self, claim: int, provider: AccountId, challenger: AccountId) -> None:
        """Divide the bond of a challenger that was wrong."""
        bond = self._pallet.config.bond
        paid = self._pay(challenger, provider, bond // 2)
        self._pallet.currency.burn_held(BOND, challenger, bond - paid)
        event = records.ChallengeFailed(claim, challenger, bond - paid, paid)
        self._pallet.deposit(event)

    def _refute(self, claim: int, record: Claim, review: Review) -> None:
        """Take the bond of a claim that is false, and half of the provider's reputation."""
        pallet, challenger, paid = self._pallet, review.challenger, 0
        if challenger is not None:
            pallet.currency.release(BOND, challenger, pallet.config.bond)
            paid = self._pay(record.provider, challenger, record.bond // 2)
        pallet.currency.burn_held(BOND, record.provider, record.bond - paid)
        pallet.ports.improvers.discredit(record.provider)
        pallet.registry.remove(claim, record)
        burned = record.bond - paid
        pallet.deposit(records.ClaimRefuted(claim, record.provider, burned, paid))

    def _undecided(self, claim: int, record: Claim, review: Review) -> None:
        """Give bonds back; a claim that counted goes on, a new one lapses."""
        pallet = self._pallet
        if review.challenger is not None:
            pallet.currency.release(BOND, review.challenger, pallet.config.bond)
        pallet.deposit(records.ClaimUndecided(claim))
        if record.live is None:
            pallet.end(claim, record)
        else:
            pallet.claims[claim] = replace(record, review=None)

    def _pay(self, source: AccountId, dest: AccountId, amount: Balance) -> Balance:
        """Pay out of a bond; return what arrived: nothing, where it would be dust."""
        pay = self._pallet.currency.transfer_on_hold
        return amount if self._pallet.attempt(pay, BOND, source, dest, amount) else 0


def sample(items: Sequence[AccountId], count: int, seed: H256) -> tuple[AccountId, ...]:
    """Draw `count` different items by a seed, each set as likely as another.

    The bias of a 256-bit number modulo at most 21 is below 2^-250.
    """
    left, drawn = list(items), []
    for turn in range(count):
        number = int.from_bytes(blake2_256(seed + bytes((turn,))), "little")
        drawn.append(left.pop(number % len(left)))
    return tuple(drawn)
