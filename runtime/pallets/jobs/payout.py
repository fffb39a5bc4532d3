"""Payments out of a job's escrow, none of which can be stuck.

A pot or an account that cannot take its part (it does not exist, and the part is below the
existential deposit) leaves it to the treasury, and what the treasury cannot take is burned.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from runtime.compute.job import PERBILL
from runtime.compute.price import fee_of
from runtime.frame.earnings import Rule
from runtime.frame.fungible import HoldReason
from runtime.pallets.jobs import events, money
from runtime.pallets.jobs.records import Job, JobState, Segment
from runtime.primitives.types import AccountId, Balance

if TYPE_CHECKING:
    from runtime.pallets.jobs.pallet import Jobs

ESCROW, DEPOSIT = HoldReason.JOB_ESCROW, HoldReason.QUEUE_DEPOSIT

FLICKER_BLOCKS = 10
"""A job cancelled within these loses a part of its queue deposit."""


class Payout:
    """Pays out of escrows; keeps nothing of its own."""

    def __init__(self, pallet: Jobs) -> None:
        self._pallet = pallet

    def settle(self, number: int, job: Job, segment: Segment) -> Balance:
        """Pay a segment by the split of its fee; return the fee."""
        pallet, pots = self._pallet, self._pallet.config.pots
        payer = pallet.funds.payer(number, job)
        assert job.price is not None, f"job {number} has no locked price"
        standing = pallet.providers.standing
        fee = fee_of(segment.units, job.price, pallet.config.minimum_fee)
        reputation = standing.reputation(segment.provider)
        parts = money.split(fee, reputation, job.rates)
        provider_paid = self._pay(payer, segment.provider, parts.provider)
        validators = self._pay(payer, pots.validators, parts.validators)
        oracles = self._pay(payer, pots.oracles, parts.oracles)
        stakers = self._pay(payer, pots.stakers, parts.stakers)
        pallet.stakers.earned(job.market, pallet.specs[number].job_class, stakers)
        spent = provider_paid + validators + oracles + stakers + parts.burn + parts.scarcity_burn
        discount = self._discount(number, job, fee.total, fee.total - spent)
        rest = fee.total - spent - discount if pallet.ceiling.takes_fees() else 0
        treasury = self._pay(payer, pots.treasury, rest)
        burn = fee.total - (spent - parts.burn) - treasury - discount
        pallet.currency.burn_held(ESCROW, payer, burn + parts.scarcity_burn)
        pallet.providers.paid(segment.provider, provider_paid)
        pallet.earnings.earned(segment.provider, Rule.JOB, provider_paid)
        minted = pallet.emission.mint_work(
            number, segment.provider, parts.burn, client=payer, is_direct=job.is_direct
        )
        standing.served(segment.provider, segment.units)
        if not job.is_direct:
            standing.praise(segment.provider, payer, parts.burn)
            pallet.prices.serve(job.market, segment.units)
        pallet.deposit(
            events.SegmentSettled(
                job=number,
                segment=job.next_segment,
                units=segment.units,
                fee=fee.total,
                burn=burn,
                scarcity_burn=parts.scarcity_burn,
                provider_paid=provider_paid,
                validators=validators,
                oracles=oracles,
                stakers=stakers,
                treasury=treasury,
                discount=discount,
                minted=minted,
                reputation=reputation,
            )
        )
        return fee.total

    def _discount(self, number: int, job: Job, fee: Balance, treasury: Balance) -> Balance:
        """Give a client that somebody brought a part of its fee back; return how much that is."""
        pallet = self._pallet
        if not pallet.referees.is_favoured(pallet.funds.payer(number, job)):
            return 0
        amount = money.discount(fee, treasury)
        pallet.funds.release(ESCROW, number, job, amount)
        return amount

    def charge(self, number: int, job: Job) -> tuple[Job, Balance]:
        """Charge a cancellation after assignment; half is burned, half is the provider's.

        It costs the running segment or a twentieth of the escrow, whichever is larger.
        """
        pallet = self._pallet
        assert job.price is not None, "a job with a provider has a price"
        assert job.provider is not None, "a job with a price has a provider"
        least = job.escrow * money.CANCEL_SHARE // PERBILL
        running = job.state is JobState.RUNNING
        segment = fee_of(job.segment_units, job.price, pallet.config.minimum_fee).total
        charge = min(job.escrow, max(least, segment if running else 0))
        payer = pallet.funds.payer(number, job)
        paid = self._pay(payer, job.provider, charge // 2)
        pallet.currency.burn_held(ESCROW, payer, charge - paid)
        pallet.providers.paid(job.provider, paid)
        pallet.earnings.earned(job.provider, Rule.JOB, paid)
        return replace(job, escrow=job.escrow - charge, paid=job.paid + charge), charge

    def return_fast(self, number: int, job: Job) -> Job:
        """Burn a tenth of the queue deposit of a job that is cancelled right after submission."""
        pallet = self._pallet
        if pallet.context.number >= job.submitted_at + FLICKER_BLOCKS:
            return job
        burned = job.deposit * money.FLICKER_SHARE // PERBILL
        pallet.currency.burn_held(DEPOSIT, pallet.funds.payer(number, job), burned)
        return replace(job, deposit=job.deposit - burned)

    def _pay(self, payer: AccountId, dest: AccountId, amount: Balance) -> Balance:
        """Pay out of the escrow; return what was paid: nothing, if `dest` cannot take it."""
        pay = self._pallet.currency.transfer_on_hold
        return amount if self._pallet.attempt(pay, ESCROW, payer, dest, amount) else 0
