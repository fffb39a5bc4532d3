"""Fees of jobs, reckoned anew: the price that was locked, the units that were verified, the split.

What an account cannot take (it does not exist, and the part is below the existential deposit) is
the treasury's, and burned where the treasury cannot either: see `runtime.pallets.jobs.payout`.
"""

from __future__ import annotations

from dataclasses import dataclass

from runtime.books.known import Known
from runtime.books.ledger import Difference, Ledger
from runtime.books.movements import Outflow
from runtime.compute.price import Price, fee_of
from runtime.pallets.jobs import (
    Config,
    JobAssigned,
    JobCancelled,
    JobRefunded,
    JobSubmitted,
    SegmentCommitted,
    SegmentSettled,
    money,
)
from runtime.pallets.referral import Config as ReferralConfig
from runtime.pallets.referral import ReferrerSet
from runtime.primitives.types import AccountId, Balance, BlockNumber
from runtime.terms import SplitRates


@dataclass(slots=True)
class Deal:
    """What the books know of an open job."""

    price: Price | None = None
    provider: AccountId | None = None
    rates: SplitRates | None = None
    """The parts of the fee, locked with the price."""
    worker: AccountId | None = None
    """Who committed to the segment that is paid next."""


class Settlements:
    """Checks what leaves escrows. Invariant: `deals` are the jobs that are not closed."""

    def __init__(
        self,
        config: Config,
        referral: ReferralConfig,
        known: Known,
        minimum: Balance,
        ledger: Ledger,
    ) -> None:
        """`minimum` is the existential deposit."""
        self._config, self._referral, self._known = config, referral, known
        self._minimum, self._ledger = minimum, ledger
        self.deals: dict[int, Deal] = {}
        self.referred: dict[AccountId, BlockNumber] = {}
        """When each referee said who brought it."""
        self.takes_fees = True
        """Whether the treasury has its part of fees, or is above its ceiling."""
        self.block: BlockNumber = 0
        """The block whose events are read."""

    def see(self, event: object, left: Outflow) -> Balance | None:
        """Account for an event of Jobs by what left the escrows since the one before.

        Return what a settled segment burned that may be minted again, else None.
        Raises: Difference.
        """
        match event:
            case ReferrerSet():
                self.referred[event.referee] = self.block
            case JobSubmitted():
                self.deals[event.job] = Deal()
            case JobAssigned():
                deal = self._deal(event.job)
                deal.provider, deal.price = event.provider, event.price
                deal.rates = self._known.terms.fees
            case SegmentCommitted():
                self._deal(event.job).worker = event.provider
            case SegmentSettled():
                return self._settled(event, self._deal(event.job), left)
            case JobCancelled():
                self._cancelled(event, self._deal(event.job), left)
            case JobRefunded():
                self._deal(event.job)
                del self.deals[event.job]
                back = dict.fromkeys(left.sources, event.amount)
                self._expect(f"the refund of job {event.job}", left, back, 0)
        return None

    def _deal(self, job: int) -> Deal:
        deal = self.deals.get(job)
        if deal is None:
            raise Difference(f"job {job} is not open, as the events have it")
        return deal

    def _settled(self, event: SegmentSettled, deal: Deal, left: Outflow) -> Balance:
        what = f"segment {event.segment} of job {event.job}"
        if deal.price is None or deal.rates is None or deal.worker is None:
            raise Difference(f"{what} was paid without a price, or without a commitment")
        pots = self._config.pots
        fee = fee_of(event.units, deal.price, self._config.minimum_fee)
        parts = money.split(fee, event.reputation, deal.rates)
        self._equal(f"{what}: fee", fee.total, event.fee)
        self._equal(f"{what}: burn of the scarcity part", parts.scarcity_burn, event.scarcity_burn)
        wanted: dict[AccountId, Balance] = {}
        for name, dest, part, paid in (
            ("provider", deal.worker, parts.provider, event.provider_paid),
            ("validators", pots.validators, parts.validators, event.validators),
            ("oracles", pots.oracles, parts.oracles, event.oracles),
            ("stakers", pots.stakers, parts.stakers, event.stakers),
        ):
            self._paid(f"{what}: {name}", dest, part, paid)
            wanted[dest] = wanted.get(dest, 0) + paid
        spent = sum(wanted.values()) + parts.burn + parts.scarcity_burn
        discount = self._discounted(what, event, fee.total - spent, left)
        to_treasury = fee.total - spent - discount
        if self.takes_fees:
            self._paid(f"{what}: treasury", pots.treasury, to_treasury, event.treasury)
        else:
            self._equal(f"{what}: treasury, above its ceiling", 0, event.treasury)
        for payer in left.sources:
            wanted[payer] = wanted.get(payer, 0) + discount
        wanted[pots.treasury] = wanted.get(pots.treasury, 0) + event.treasury
        rest = fee.total - sum(wanted.values()) - parts.scarcity_burn
        self._equal(f"{what}: burn", rest, event.burn)
        self._expect(what, left, wanted, event.burn + event.scarcity_burn)
        return parts.burn

    def _discounted(
        self, what: str, event: SegmentSettled, treasury: Balance, left: Outflow
    ) -> Balance:
        """Check that a client which had a part back was brought by somebody, not long ago."""
        if not event.discount:
            return 0
        self._equal(f"{what}: discount", money.discount(event.fee, treasury), event.discount)
        era_blocks, eras = self._config.era_blocks, self._referral.discount_eras
        for who in left.sources:
            since = self.referred.get(who)
            if since is None or self.block // era_blocks >= since // era_blocks + eras:
                raise Difference(f"{what}: 0x{who.hex()[:8]}… is no referee of the last eras")
        return event.discount

    def _cancelled(self, event: JobCancelled, deal: Deal, left: Outflow) -> None:
        what = f"the cancellation of job {event.job}"
        if not event.charged:
            self._expect(what, left, {}, 0)
            return
        if deal.provider is None:
            raise Difference(f"{what} was charged without a provider")
        paid = sum(left.paid.values())
        self._paid(what, deal.provider, event.charged // 2, paid)
        self._expect(what, left, {deal.provider: paid}, event.charged - paid)

    def _paid(self, what: str, dest: AccountId, part: Balance, paid: Balance) -> None:
        """Check that `dest` was paid its part, or nothing if it could not take it."""
        could_not = part < self._minimum and self._ledger.holding(dest).total < self._minimum
        if paid != part and not (paid == 0 and could_not):
            raise Difference(f"{what}: wanted {part} planck, got {paid}")

    def _expect(
        self, what: str, left: Outflow, paid: dict[AccountId, Balance], burned: Balance
    ) -> None:
        """Check that what left the escrow is what was paid and burned, and of one account."""
        wanted = {who: amount for who, amount in paid.items() if amount}
        found = {who: amount for who, amount in left.paid.items() if amount}
        if len(left.sources) > 1:
            raise Difference(f"{what}: wanted one escrow to pay, got {len(left.sources)}")
        if (wanted, burned) != (found, left.burned):
            raise Difference(
                f"{what}: wanted {_shown(wanted, burned)}, got {_shown(found, left.burned)}"
            )

    def _equal(self, what: str, wanted: Balance, got: Balance) -> None:
        if wanted != got:
            raise Difference(f"{what}: wanted {wanted} planck, got {got}")


def _shown(paid: dict[AccountId, Balance], burned: Balance) -> str:
    parts = [f"{amount} for 0x{who.hex()[:8]}…" for who, amount in paid.items()]
    return ", ".join([*parts, f"{burned} burned"])
