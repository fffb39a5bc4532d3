"""A treasury that cares for the supply, a pool to buy from; chance, use and feeds made plain."""

from dataclasses import dataclass

from runtime.constants import EXISTENTIAL_DEPOSIT
from runtime.frame import DispatchError, GovernanceOrigin, Governed, Origin, Signed, ensure_root_or
from runtime.frame.dispatch import TokenError
from runtime.pallets.balances import Balances
from runtime.pallets.stability import Config, Ports, Stability, Stable
from runtime.pallets.treasury import Treasury
from runtime.primitives.types import UNIT
from runtime.tracks import ABSORPTION, PARAMETERS, treasury_config
from tests.support.bench import Bench, account
from tests.support.chain import CHAIN
from tests.support.free_terms import free_terms
from tests.support.no_assets import NoAssets

ANNA, POOL = account(1), account(50)
BIG = Governed(GovernanceOrigin.BIG_SPENDER)
EMERGENCY = Governed(GovernanceOrigin.EMERGENCY)
SMALL = Governed(GovernanceOrigin.SMALL_SPENDER)
ECONOMIC = Governed(GovernanceOrigin.ECONOMIC_PARAMS)
ERA = CHAIN.era_blocks
STABLE, FEED = 7, 3
CENT = 10**4
"""Units of the stable asset, which has six decimals."""
DOLLAR = 100 * CENT
ONE = 10**18
SLOTS = 600
FEE_BPS = 30
POT, SUPPLY = 10_000 * UNIT, 100_000 * UNIT
CONFIG = Config(era_blocks=ERA)


@dataclass
class Pool:
    """A constant product of AGPU and the stable asset, with a fee; its average is what is said."""

    world: "StabilityWorld"
    stable: int
    average: int | None = None

    @property
    def agpu(self) -> int:
        return self.world.token.free(POOL)

    def reserves(self, asset: int) -> tuple[int, int]:
        return (self.agpu, self.stable) if asset == STABLE else (0, 0)

    def spot(self, asset: int) -> int:
        agpu, stable = self.reserves(asset)
        return agpu * ONE // stable if stable else 0

    def twap(self, asset: int) -> int | None:
        return self.average if asset == STABLE else None

    def quote(self, amount_in: int) -> int:
        counted = amount_in * (10_000 - FEE_BPS) // 10_000
        return self.agpu * counted // (self.stable + counted)

    def buy_agpu(self, who: bytes, asset: int, amount_in: int, least_out: int) -> int:
        out = self.quote(amount_in)
        if asset != STABLE or out < least_out or self.world.owned.get(who, 0) < amount_in:
            raise DispatchError(TokenError.FUNDS_UNAVAILABLE)
        self.world.owned[who] -= amount_in
        self.stable += amount_in
        self.world.token.transfer(POOL, who, out)
        return out

    def sell_agpu(self, who: bytes, amount_in: int) -> int:
        """Swap AGPU for the stable asset: what a speculator does, and the pallet never."""
        counted = amount_in * (10_000 - FEE_BPS) // 10_000
        out = self.stable * counted // (self.agpu + counted)
        self.world.token.transfer(who, POOL, amount_in)
        self.stable -= out
        self.world.owned[who] = self.world.owned.get(who, 0) + out
        return out

    def settle(self) -> None:
        """Let the price of now have been the average of the day."""
        self.average = self.spot(STABLE)


class StabilityWorld(Bench):
    """A treasury with a tenth of the supply, and 100,000 dollars beside 50,000 AGPU in a pool."""

    def __init__(self, config: Config = CONFIG, pot: int = POT) -> None:
        super().__init__()
        self.owned: dict[bytes, int] = {}
        self.used: int | None = 700_000_000
        self.healthy, self.epoch, self.passed = True, 4, SLOTS - 1
        self.beacon: bytes | None = bytes(32)
        self.token = self.add(Balances(self.context, EXISTENTIAL_DEPOSIT, index=6, name="Balances"))
        self.amax = self.add(Balances(self.context, EXISTENTIAL_DEPOSIT, index=40, name="Amax"))
        self.terms = free_terms(self.context)
        self.treasury = self.add(
            Treasury(
                self.context,
                self.token,
                self.amax,
                ensure_root_or(),
                treasury_config(CHAIN, EXISTENTIAL_DEPOSIT),
                assets=NoAssets(),
                terms=self.terms,
                restraint=self,
                index=19,
            )
        )
        self.pool = Pool(self, 100_000 * DOLLAR)
        ports = Ports(self.token, self.treasury, self, self.pool, self, self, self)
        self.stability = self.add(
            Stability(
                self.context, ports, ABSORPTION, PARAMETERS, config, terms=self.terms, index=79
            )
        )
        rest = SUPPLY - pot - EXISTENTIAL_DEPOSIT - 50_000 * UNIT
        self.token.build(
            (
                (self.treasury.account, pot + EXISTENTIAL_DEPOSIT),
                (POOL, 50_000 * UNIT),
                (ANNA, rest),
            )
        )
        self.pool.settle()
        self.owned[self.treasury.account] = 20_000 * DOLLAR
        self.next_block()
        self.context.events.clear()

    # what the pallet asks of others

    def is_holding(self) -> bool:
        return self.stability.is_holding()

    def balance(self, asset: int, who: bytes) -> int:
        return self.owned.get(who, 0) if asset == STABLE else 0

    def is_healthy(self, feed: int) -> bool:
        return self.healthy and feed == FEED

    def utilisation(self) -> int | None:
        return self.used

    def current_epoch(self) -> int:
        return self.epoch

    def of_epoch(self, epoch: int) -> bytes | None:
        return self.beacon if epoch == self.epoch else None

    def progress(self) -> tuple[int, int]:
        return self.passed, SLOTS

    # what tests do

    def next_era(self, count: int = 1) -> None:
        """Open the first block of an era, so many times."""
        for _ in range(count):
            self.context.number = (self.context.number // ERA + 1) * ERA - 1
            self.context.events.clear()
            self.next_block()

    def grow(self, amount: int) -> None:
        """Let so much AGPU come into being."""
        self.token.mint_into(ANNA, amount)

    def allow(self, amount: int, blocks: int = 10**6, origin: Origin = BIG) -> None:
        """Let a referendum say with what AGPU is bought, and for how much."""
        if self.stability.stable is None:
            self.call(self.stability.set_stable, ECONOMIC, Stable(STABLE, FEED))
        until = self.context.number + blocks
        self.call(self.stability.set_absorption_budget, origin, amount, until)

    def absorb(self) -> int:
        """Have AGPU bought and burned; return what was spent."""
        before = self.owned[self.treasury.account]
        self.call(self.stability.absorb, Signed(ANNA))
        return before - self.owned[self.treasury.account]
