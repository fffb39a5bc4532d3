"""Buying own work: what a party has back that is client, provider and both referrers at once.

Measured by the events of the blocks in which its jobs were ordered, done and paid. Source of the
bound: design page "Economy", section 9.2.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from cli.sdk.client import Client
from runtime.compute.job import PERBILL
from runtime.frame.pallet import Record
from runtime.pallets.balances import Minted
from runtime.pallets.emission import WorkMinted
from runtime.pallets.jobs import SegmentSettled
from runtime.pallets.jobs.money import REFEREE_DISCOUNT
from runtime.pallets.transaction_payment import TransactionFeePaid
from runtime.primitives.types import AccountId, Balance
from runtime.terms import DEFAULTS, Curve, Shares, SplitRates
from runtime.terms.relations import MARGINAL_LIMIT


@dataclass(slots=True)
class Takings:
    """What a party spent on its own jobs and had back, in planck."""

    jobs: int = 0
    spent: Balance = 0
    """Fees of settled segments."""
    provider: Balance = 0
    """The provider's part of them."""
    minted: Balance = 0
    """What of the mint went to an account of the party."""
    referrers: Balance = 0
    """What is missing of both referrers' slices where nobody of the party was paid them."""
    transactions: Balance = 0
    """Transaction fees of ordering and doing the jobs."""

    @property
    def returned(self) -> Balance:
        """All that came back, before transaction fees."""
        return self.provider + self.minted + self.referrers

    @property
    def rate(self) -> Fraction:
        """AGPU returned for each AGPU spent."""
        return Fraction(self.returned, self.spent) if self.spent else Fraction(0)

    @property
    def loses(self) -> bool:
        """Whether the party has less than before, even without transaction fees."""
        return self.returned < self.spent


@dataclass(frozen=True, slots=True)
class Bounds:
    """The most that comes back of an AGPU at the highest marginal re-emission."""

    coalition: Fraction
    """To a provider that has the best reputation and performance, and both referrers."""
    all_roles: Fraction
    """To whoever has every role, and lacks only what is burned and the treasury's least part."""


@dataclass(slots=True)
class Measure:
    """Adds up what events say of the party's jobs. Invariant: each job is of one kind."""

    party: Sequence[AccountId]
    kinds: Mapping[int, str]
    """The party's jobs, and how each was ordered."""
    shares: Shares = DEFAULTS.emission.shares
    """How mints are divided."""
    takings: dict[str, Takings] = field(default_factory=dict)

    def add(self, records: Iterable[Record]) -> None:
        """Add a block."""
        phases: dict[int, str] = {}
        minted: list[Minted] = []
        listed = list(records)
        for record in listed:
            event = record.event
            if isinstance(event, Minted) and record.pallet.name == "Balances":
                minted.append(event)
            elif isinstance(event, WorkMinted):
                if (kind := self.kinds.get(event.job)) is not None:
                    self._mint(self._of(kind), event, minted)
                minted = []
            elif isinstance(event, SegmentSettled) and event.job in self.kinds:
                takings = self._of(self.kinds[event.job])
                takings.jobs += 1
                takings.spent += event.fee
                takings.provider += event.provider_paid
            job = getattr(event, "job", None)
            if record.phase >= 0 and isinstance(job, int) and job in self.kinds:
                phases[record.phase] = self.kinds[job]
        for record in listed:
            event = record.event
            if record.phase in phases and isinstance(event, TransactionFeePaid):
                fee = event.actual_fee if event.who in self.party else 0
                self._of(phases[record.phase]).transactions += fee

    def _mint(self, takings: Takings, event: WorkMinted, minted: list[Minted]) -> None:
        received = sum(one.amount for one in minted if one.who in self.party)
        takings.minted += received
        if event.performance:  # a job for a named provider has no referrers
            own = event.amount * self.shares.provider // PERBILL * event.performance // PERBILL
            paid = max(received - own, 0)
            takings.referrers += max(event.amount * referrers_of(self.shares) // PERBILL - paid, 0)

    def _of(self, kind: str) -> Takings:
        return self.takings.setdefault(kind, Takings())


def referrers_of(shares: Shares) -> int:
    """Return what of a mint is for the client's referrer and the provider's, in ppb."""
    return shares.client_referrer + shares.provider_referrer


def bounds(rates: SplitRates = DEFAULTS.fees, shares: Shares = DEFAULTS.emission.shares) -> Bounds:
    """Return the bounds of the page's inequality, from the rates that settlements use.

    return/F <= 1 - β (1 - κ') - τ with the re-emittable burn β and the treasury's part τ, of which
    one whom somebody brought has a quarter of a percent of the fee back.
    """
    parts = (
        (rates.provider_high, rates.base, True),
        (rates.surge_provider, rates.surge, True),
        (rates.scarcity_provider, rates.scarcity, False),
    )
    coalition, all_roles = [], []
    for provider, four, is_reemitted in parts:
        burn, *others = four.all
        minted = Fraction(burn * MARGINAL_LIMIT, PERBILL) if is_reemitted else Fraction(0)
        own = provider + REFEREE_DISCOUNT
        coalition.append(own + minted * (shares.provider + referrers_of(shares)) / PERBILL)
        all_roles.append(own + sum(others) + minted)
    return Bounds(max(coalition) / PERBILL, max(all_roles) / PERBILL)


async def measured(
    client: Client, party: Sequence[AccountId], kinds: Mapping[int, str], blocks: Iterable[int]
) -> dict[str, Takings]:
    """Return what a party's jobs took and gave, by how they were ordered."""
    terms: Curve = await client.storage("Parameters", "Emission")
    measure = Measure(party, kinds, terms.shares)
    for number in blocks:
        measure.add(await client.events(await client.block_hash(str(number))))
    return measure.takings
