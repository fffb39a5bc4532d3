"""The distribution of AMAX alone, over a ledger: who contributed what is what a test says."""

from dataclasses import dataclass, field, replace

from runtime.frame import Signed
from runtime.frame.contribution import NO_SHARES, EraShares
from runtime.frame.fungible import HoldReason
from runtime.pallets.amax_distribution import AmaxDistribution, Config, Parts
from runtime.pallets.balances import Balances
from runtime.pallets.vesting import Vesting
from runtime.primitives.types import UNIT
from runtime.terms import DEFAULTS, Distributing
from tests.support.bench import Bench, account
from tests.support.free_terms import free_terms

ANNA, BERT, CARA, DORA = PEOPLE = tuple(account(seed) for seed in range(1, 5))
DEPOSIT = 10**9
ERA = 4
"""Blocks."""
GENESIS = 40_000_000 * UNIT
K_STAR = 1_000
"""CU."""
MICRO = 10**6
PERBILL = 10**9
RESERVED = 16
CONFIG = Config(era_blocks=ERA)
PERIOD = CONFIG.period_eras * ERA
VESTING = CONFIG.vesting_eras * ERA


@dataclass
class Contributions:
    """What each account contributed: providers, and what Mining counts."""

    work: dict[tuple[int, bytes], int] = field(default_factory=dict)
    reliable: dict[bytes, int] = field(default_factory=dict)
    groups: dict[bytes, bytes] = field(default_factory=dict)
    shares: dict[tuple[int, bytes], EraShares] = field(default_factory=dict)
    last_era: int = 1

    def proven(self, epoch: int, who: bytes) -> int:
        return self.work.get((epoch, who), 0)

    def reliability_in(self, epoch: int, who: bytes) -> int:
        return self.reliable.get(who, PERBILL)

    def operator(self, who: bytes) -> bytes:
        return self.groups.get(who, who)

    def era(self) -> int:
        return self.last_era

    def shares_in(self, who: bytes, eras: tuple[int, ...]) -> tuple[EraShares, ...]:
        return tuple(self.shares.get((era, who), NO_SHARES) for era in eras)

    def all_shares(self, era: int) -> EraShares:
        found = [one for (known, _), one in self.shares.items() if known == era]
        return EraShares(
            sum(one.accuracy for one in found),
            sum(one.participation for one in found),
            sum(one.infra for one in found),
        )


class AmaxWorld(Bench):
    """Four accounts of which Dora has all of the genesis, and epochs that a test closes."""

    def __init__(
        self,
        terms: Distributing = DEFAULTS.distribution,
        genesis: int = GENESIS,
        cap: int = CONFIG.cap,
    ) -> None:
        super().__init__()
        self.open, self.capacities = 5, dict[int, int]()
        self.done = Contributions()
        self.token = self.add(Balances(self.context, DEPOSIT, index=40, name="Amax"))
        self.vesting = self.add(
            Vesting(
                self.context,
                self.token,
                UNIT,
                index=41,
                name="AmaxVesting",
                electorate=self.token,
                reserved=RESERVED,
            )
        )
        self.terms = free_terms(self.context, distribution=terms)
        self.amax = self.add(
            AmaxDistribution(
                self.context,
                self.token,
                self.vesting,
                replace(CONFIG, cap=cap),
                epochs=self,
                providers=self.done,
                behaviour=self.done,
                terms=self.terms,
                index=78,
            )
        )
        self.token.build(((DORA, genesis), *((who, UNIT) for who in (ANNA, BERT))))
        self.next_block()
        self.context.events.clear()

    def first_open(self) -> int:
        return self.open

    def capacity(self, epoch: int) -> int | None:
        return self.capacities.get(epoch)

    def k_star(self) -> int:
        return K_STAR

    def close(self, epochs: int = 1, *, capacity: int | None = K_STAR * MICRO) -> int:
        """Close so many epochs with a capacity in micro-CU; return the last of them."""
        for _ in range(epochs):
            if capacity is not None:
                self.capacities[self.open] = capacity
            self.open += 1
            self.next_block()
        return self.open - 1

    def prove(self, who: bytes, work: int, epochs: int = 1) -> None:
        """Let an account prove work in each of the epochs that close next."""
        for epoch in range(self.open, self.open + epochs):
            self.done.work[epoch, who] = work

    def share(
        self, who: bytes, *, accuracy: int = 0, participation: int = 0, infra: int = 0
    ) -> None:
        """Let an account have shares in the era by which the next epochs are divided."""
        key = (self.done.last_era - 1, who)
        self.done.shares[key] = EraShares(accuracy, participation, infra)

    def claim(self, who: bytes) -> int:
        """Claim, and return what came into being."""
        before = self.token.total_issuance
        self.call(self.amax.claim, Signed(who))
        return self.token.total_issuance - before

    def vesting_of(self, who: bytes) -> int:
        return self.token.held(HoldReason.VESTING, who)

    def budget(self, epoch: int) -> int:
        return self.amax.epochs[epoch].budget

    def claimable(self, who: bytes) -> Parts:
        return self.amax.claimable(who)
