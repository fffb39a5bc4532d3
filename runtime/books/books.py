"""The whole economy from events alone: balances of both tokens, and the reason of each payment.

Blocks are read in order from the first on. Each payment is reckoned anew from what earlier events
said, by the runtime's own formulas, and compared with what the ledger's events moved; so a payment
that nobody had a right to is found even where all balances add up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from runtime import constants
from runtime.books.flows import Snapshot
from runtime.books.issuance import Issuance
from runtime.books.known import Known
from runtime.books.ledger import Difference, Holding, Ledger
from runtime.books.movements import WATCHED, Movements, Outflow
from runtime.books.settlements import Settlements
from runtime.config import ChainConfig
from runtime.frame.pallet import Record
from runtime.pallets import (
    amax_distribution,
    emission,
    jobs,
    providers,
    referral,
    stability,
    staking,
    treasury,
)
from runtime.pallets.balances import Deposit, Minted, Withdraw
from runtime.pallets.bounties.types import BountyClaimed
from runtime.pallets.child_bounties.types import Claimed
from runtime.pallets.parameters import ParameterSet
from runtime.pallets.transaction_payment import TransactionFeePaid, divided
from runtime.primitives.types import AccountId, Balance, BlockNumber

AGPU, AMAX = "Balances", "Amax"
"""The pallets of the two tokens."""

PAY_NOTHING: tuple[type, ...] = (
    *(jobs.JobSubmitted, jobs.JobAssigned, jobs.JobStarted, jobs.JobDeclined, jobs.JobRequeued),
    *(jobs.JobCompleted, jobs.JobToppedUp, jobs.JobExpired, jobs.JobFailed),
    *(jobs.SegmentCommitted, jobs.SegmentVerified, jobs.VerificationFailed),
    *(providers.ProviderBonded, providers.ProviderUnbonding, providers.ProviderChilled),
    *(providers.ProviderResumed, providers.PayeeSet, providers.HeartbeatReceived),
    *(providers.ReputationChanged, providers.ProviderAbsent, providers.ProviderRemoved),
    *(providers.WorkRecorded, staking.Slashed, staking.SlashReported),
)
"""Events of the watched pallets that are no reason for money to leave a hold."""

Holdings = Mapping[AccountId, Holding]


@dataclass(frozen=True, slots=True)
class Terms:
    """The constants of a chain by which its payments are reckoned."""

    jobs: jobs.Config
    referral: referral.Config
    emission: emission.Config
    treasury: AccountId
    minimum: Balance
    """The existential deposit."""


def terms_of(config: ChainConfig) -> Terms:
    """Return the terms of a chain."""
    return Terms(
        jobs=constants.job_config(config),
        referral=constants.referral_config(config),
        emission=emission.Config(constants.MINTED_TO, config.era_blocks),
        treasury=constants.TREASURY,
        minimum=constants.EXISTENTIAL_DEPOSIT,
    )


@dataclass(slots=True)
class Fees:
    """The fees of a block, by what was announced and by what moved."""

    fees: Balance = 0
    tips: Balance = 0
    taken: Balance = 0
    paid: tuple[Deposit, ...] = ()


class Books:
    """Reads blocks. Invariant: after each, the ledgers are what the state of the block must be."""

    def __init__(self, terms: Terms, agpu: Holdings, amax: Holdings) -> None:
        """Begin with what accounts have in block 0."""
        self._terms = terms
        self.agpu, self.amax = Ledger(AGPU, agpu), Ledger(AMAX, amax)
        self.known = Known(terms.emission.era_blocks)
        self.issuance = Issuance(terms.emission, self.known, terms.minimum, self.agpu)
        self.settlements = Settlements(
            terms.jobs, terms.referral, self.known, terms.minimum, self.agpu
        )
        self._moved, self._fees = Movements(), Fees()
        self._grants: dict[int, Balance] = {}
        """What is left of each spend of the treasury."""
        self._beneficiaries: dict[int, AccountId] = {}
        self._amax_minted: Balance = 0
        """Of which no contribution is told yet."""

    def read(self, number: BlockNumber, records: Iterable[Record]) -> tuple[AccountId, ...]:
        """Account for the events of a block; return whose AGPU changed.

        Raises:
            Difference: naming the first thing that is not as it must be.
        """
        self.settlements.block = number
        for record in records:
            name, event = record.pallet.name, record.event
            if name == AGPU:
                self.agpu.apply(event)
                self._moved.note(event)
                self._note_fee(event, is_refund=record.phase >= 0)
            elif name == AMAX:
                self.amax.apply(event)
                self._amax_minted += event.amount if isinstance(event, Minted) else 0
            else:
                self._account_for(name, event, number)
        self._split_fees()
        touched = self.agpu.end_block()
        self.amax.end_block()
        self._distributed(0)
        for odd in self._moved.end_block():
            raise Difference(f"no event says why: {odd}")
        self.issuance.end_block()
        return touched

    def must_add_up_to(self, sums: Snapshot) -> None:
        """Compare the issuance and its reasons with what the state says.

        Raises: Difference.
        """
        minted = {one.name.lower(): amount for one, amount in self.issuance.minted.items()}
        burned = {one.name.lower(): amount for one, amount in self.agpu.burned.items()}
        pairs = [("total issuance", self.agpu.issuance, sums.issuance)]
        pairs += [(f"minted for {name}", minted[name], sums.minted[name]) for name in minted]
        pairs += [(f"burned by {name}", burned[name], sums.burned[name]) for name in burned]
        for what, wanted, found in pairs:
            if wanted != found:
                raise Difference(f"{what}: {found} planck in the state, {wanted} by the events")

    def _account_for(self, pallet: str, event: object, number: BlockNumber) -> None:
        reason = WATCHED.get(pallet)
        left = Outflow()
        if reason is not None and type(event) not in PAY_NOTHING:
            left = self._moved.take(reason)
        match event:
            case TransactionFeePaid():
                self._fees.fees += event.actual_fee - event.tip
                self._fees.tips += event.tip
            case providers.WorkRecorded():
                self.issuance.proved(event.epoch, event.provider, event.work)
            case providers.ProviderRegistered():
                _expect("an entry fee", event.burned, left, 0)
            case providers.ProviderWithdrew():
                _expect("a withdrawal", 0, left, event.amount)
            case providers.ProviderSlashed():
                awarded = event.awarded + event.found
                _expect("a provider's slash", event.amount - awarded, left, awarded)
            case staking.Withdrawn():
                _expect("an unbonding", 0, left, event.amount)
            case staking.SlashDivided():
                given = event.treasury + event.reporter
                _expect("a validator's slash", event.amount - given, left, given)
            case stability.CeilingPassed():
                self.settlements.takes_fees = not event.is_above
            case amax_distribution.Claimed():
                self._distributed(event.parts.total)
            case ParameterSet():
                self.known.see(event, number)
            case _ if pallet == "Emission":
                mints = not isinstance(event, emission.EpochBegan | emission.EpochClosed)
                slices = self._moved.take_minted() if mints else []
                self.issuance.see(event, slices, number)
            case _ if pallet in {"Jobs", "Referral"}:
                self._settle(event, left)
            case _:
                self._spend(event)

    def _distributed(self, amount: Balance) -> None:
        """Check that as much AMAX was minted as a claim says, or none without one."""
        if self._amax_minted != amount:
            raise Difference(f"a claim of AMAX: wanted {amount} planck, got {self._amax_minted}")
        self._amax_minted = 0

    def _settle(self, event: object, left: Outflow) -> None:
        deal = None
        if isinstance(event, jobs.SegmentSettled):
            deal = self.settlements.deals.get(event.job)
        burned = self.settlements.see(event, left)
        if burned is not None and deal is not None and deal.worker is not None:
            assert isinstance(event, jobs.SegmentSettled), "only settlements burn"
            self.issuance.settled(event.job, deal.worker, burned, event.minted)

    def _spend(self, event: object) -> None:
        """Check what the treasury and its bounties paid."""
        match event:
            case treasury.AssetSpendApproved():
                self._grants[event.index] = event.amount
                self._beneficiaries[event.index] = event.beneficiary
            case treasury.Paid():
                paid = self._transferred(self._terms.treasury, self._beneficiaries[event.index])
                self._grants[event.index] -= paid
                if self._grants[event.index] < 0:
                    raise Difference(f"spend {event.index} was paid more than was approved")
            case treasury.Awarded():
                paid = self._transferred(self._terms.treasury, event.account)
                if paid != event.award:
                    raise Difference(f"local spend {event.proposal_index}: wanted {event.award}"
                                     f" planck, got {paid}")  # fmt: skip
            case BountyClaimed() | Claimed():
                paid = self._transferred(None, event.beneficiary)
                if event.payout and paid != event.payout:
                    raise Difference(f"bounty {event.index}: wanted {event.payout} planck, "
                                     f"got {paid}")  # fmt: skip

    def _transferred(self, source: AccountId | None, dest: AccountId) -> Balance:
        """Take the last transfer to `dest`, from one account or any; return its amount, or 0."""
        transfers = self._moved.transfers
        for place in range(len(transfers) - 1, -1, -1):
            one = transfers[place]
            if one.to == dest and source in (None, one.from_):
                del transfers[place]
                return one.amount
        return 0

    def _note_fee(self, event: object, *, is_refund: bool) -> None:
        """Note what moved; what an extrinsic itself pays of the fees goes back to who sent it."""
        match event:
            case Withdraw():
                self._fees.taken += event.amount
            case Deposit() if is_refund:
                self._fees.taken -= event.amount
            case Deposit():
                self._fees.paid = (*self._fees.paid, event)

    def _split_fees(self) -> None:
        """Check how the fees of the block were divided: treasury first, then the author."""
        fees, self._fees = self._fees, Fees()
        if fees.taken != fees.fees + fees.tips:
            told = fees.fees + fees.tips
            raise Difference(f"wanted {told} planck of fees taken, as told, got {fees.taken}")
        to_treasury, burned = divided(fees.fees, fees.tips, self.known.terms.transactions)
        to_author = fees.taken - to_treasury - burned
        due = to_treasury if self.settlements.takes_fees else 0
        received = list(fees.paid)
        first = received[0] if received else None
        if first is not None and (first.who, first.amount) == (self._terms.treasury, due):
            del received[0]
        elif due and self.agpu.holding(self._terms.treasury).total >= self._terms.minimum:
            raise Difference(f"the treasury was not paid {to_treasury} planck of the fees")
        if len(received) > 1 or any(one.amount != to_author for one in received):
            amounts = [one.amount for one in received]
            raise Difference(f"wanted {to_author} planck of fees for the author, got {amounts}")


def _expect(what: str, burned: Balance, left: Outflow, paid: Balance) -> None:
    """Check what left a bond."""
    found = sum(left.paid.values())
    if (burned, paid) != (left.burned, found):
        raise Difference(
            f"{what}: wanted {burned} planck burned and {paid} paid, got {left.burned} and {found}"
        )
