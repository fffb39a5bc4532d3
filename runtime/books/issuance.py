"""What was minted, reckoned anew: work by what its fee burned, capacity by what was proven.

A mint of which no contribution is told is a difference, whoever received it.
"""

from __future__ import annotations

from dataclasses import dataclass

from runtime.books.known import Known
from runtime.books.ledger import Difference, Ledger
from runtime.compute.job import PERBILL
from runtime.frame.fungible import AGPU_MINTS, MintReason
from runtime.pallets.emission import (
    AvailabilityPaid,
    Config,
    DeferredPaid,
    EpochBegan,
    EpochClosed,
    MintDeferred,
    WorkMinted,
    formulas,
)
from runtime.primitives.types import AccountId, Balance
from runtime.terms import DEFAULTS
from runtime.terms.parameter import Parameter

Slices = list[tuple[AccountId, Balance]]


@dataclass(frozen=True, slots=True)
class Minted:
    """What a job minted, until its settlement says what it burned."""

    told: WorkMinted | MintDeferred
    slices: tuple[tuple[AccountId, Balance], ...]


class Issuance:
    """Checks what is minted. Invariant: `minted` adds up to what the ledger saw minted."""

    def __init__(self, config: Config, known: Known, minimum: Balance, ledger: Ledger) -> None:
        """`minimum` is the existential deposit."""
        self._config, self._known = config, known
        self._minimum, self._ledger = minimum, ledger
        self.minted = dict.fromkeys(AGPU_MINTS, 0)
        self.deferred: Balance = 0
        self._kappa = DEFAULTS.emission.kappa_min
        self._work: dict[int, Minted] = {}
        self._proven: dict[tuple[int, AccountId], int] = {}
        self._capacity: dict[int, int] = {}
        self._issuance: dict[int, Balance] = {}
        self._rates: dict[int, Balance] = {}
        self._claimed: dict[tuple[int, AccountId], None] = {}

    def proved(self, epoch: int, who: AccountId, work: int) -> None:
        """Add canonical work, in micro-CU."""
        self._proven[epoch, who] = self._proven.get((epoch, who), 0) + work
        self._capacity[epoch] = self._capacity.get(epoch, 0) + work

    def see(self, event: object, slices: Slices, number: int) -> None:
        """Account for an event of Emission by what was minted since the one before.

        Raises: Difference.
        """
        match event:
            case EpochBegan():
                self._began(event)
            case EpochClosed():
                self._closed(event, number)
            case WorkMinted():
                self._sum(f"the mint of job {event.job}", event.amount, slices)
                self._equal(f"κ of job {event.job}", self._kappa, event.kappa)
                self.minted[MintReason.WORK] += event.amount
                self._work[event.job] = Minted(event, tuple(slices))
            case MintDeferred():
                self._sum(f"the deferred mint of job {event.job}", 0, slices)
                self.deferred += event.amount
                self._work[event.job] = Minted(event, ())
            case DeferredPaid():
                self._sum("a deferred payment", event.amount, slices)
                self.minted[MintReason.WORK] += event.amount
                self.deferred -= event.amount
                if self.deferred < 0:
                    raise Difference(f"{-self.deferred} planck more were paid than deferred")
            case AvailabilityPaid():
                self._available(event, slices)

    def settled(self, job: int, worker: AccountId, burned: Balance, minted: Balance) -> None:
        """Check what a settled segment minted by what it burned.

        Raises: Difference.
        """
        what, found = f"the mint of job {job}", self._work.pop(job, None)
        whole = burned * self._kappa // PERBILL
        if found is None:
            self._equal(what, 0, minted)
            self._payable(what, self._config.to.treasury, whole, 0)
            return
        if isinstance(found.told, MintDeferred):
            self._equal(what, whole, found.told.amount)
            self._equal(what, 0, minted)
            return
        self._equal(what, found.told.amount, minted)
        self._payable(f"{what} of {burned} burned", self._config.to.treasury, whole, minted)
        shares, to = self._known.terms.emission.shares, self._config.to
        own = whole * shares.provider // PERBILL * found.told.performance // PERBILL
        wanted = (
            ("provider", worker, own),
            ("infrastructure", to.infra, whole * shares.infra // PERBILL),
            ("governance", to.governance, whole * shares.governance // PERBILL),
            ("accuracy", to.accuracy, whole * shares.accuracy // PERBILL),
        )
        left = list(found.slices)
        for name, who, part in wanted:
            if (who, part) in left:
                left.remove((who, part))
            else:
                self._payable(f"{what}: {name}", who, part, 0)

    def end_block(self) -> None:
        """Check that every mint of the block belongs to a settlement.

        Raises: Difference.
        """
        for job in self._work:
            raise Difference(f"job {job} minted without a settlement")
        told = sum(self.minted.values())
        if told != self._ledger.minted:
            raise Difference(f"wanted {told} planck minted for reasons, got {self._ledger.minted}")

    def _began(self, event: EpochBegan) -> None:
        terms, what = self._known.terms, f"epoch {event.epoch}"
        self._equal(f"{what}: issuance", self._ledger.issuance, event.issuance)
        curve, target = terms.emission, terms.pricing.target
        kappa = formulas.kappa(curve, target, curve.cap, event.issuance, event.utilisation)
        self._equal(f"{what}: κ", kappa, event.kappa)
        self._kappa, self._issuance[event.epoch] = kappa, event.issuance

    def _closed(self, event: EpochClosed, number: int) -> None:
        curve, what, epoch = self._known.terms.emission, f"epoch {event.epoch}", event.epoch
        eras = number // self._config.era_blocks - self._known.renewed(Parameter.A0)
        start = formulas.halved(curve.a0, eras, curve.halving_eras)
        capacity = self._capacity.get(epoch, 0)
        issuance = self._issuance.pop(epoch, self._ledger.issuance)
        budget, rate = formulas.availability(curve, start, curve.cap, issuance, capacity)
        self._equal(f"{what}: capacity in micro-CU", capacity, event.capacity)
        self._equal(f"{what}: budget", budget, event.budget)
        self._equal(f"{what}: rate", rate, event.rate)
        self._rates[epoch] = rate

    def _available(self, event: AvailabilityPaid, slices: Slices) -> None:
        epoch, who = event.epoch, event.provider
        what = f"the capacity of 0x{who.hex()[:8]}… in epoch {epoch}"
        if epoch not in self._rates or (epoch, who) in self._claimed:
            raise Difference(f"{what} was paid before its epoch was closed, or twice")
        self._claimed[epoch, who] = None
        credit = self._proven.get((epoch, who), 0)
        amount = formulas.pay_of(credit, self._rates[epoch], event.reliability)
        own, others = (amount * part // PERBILL for part in self._config.availability)
        to = self._config.to
        self._payable(what, who, own, event.amount)
        self._payable(f"{what}: validators", to.validators, others, event.validators)
        self._payable(f"{what}: oracles", to.oracles, amount - own - others, event.oracles)
        paid = event.amount + event.validators + event.oracles
        self._sum(what, paid, slices)
        self.minted[MintReason.AVAILABILITY] += paid

    def _payable(self, what: str, who: AccountId, part: Balance, paid: Balance) -> None:
        """Check that a part was paid, or none of it to an account that cannot take it."""
        could_not = part < self._minimum and self._ledger.holding(who).total < self._minimum
        if paid != part and not could_not:
            raise Difference(f"{what}: wanted {part} planck, got {paid}")

    def _sum(self, what: str, told: Balance, slices: Slices) -> None:
        self._equal(what, told, sum(amount for _, amount in slices))

    def _equal(self, what: str, wanted: int, got: int) -> None:
        if wanted != got:
            raise Difference(f"{what}: wanted {wanted}, got {got}")
