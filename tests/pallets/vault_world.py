"""A ledger and vaults in memory: people with money, pots that fees arrive in, epochs at will."""

from runtime.compute.job import JobClass, Market
from runtime.frame import GovernanceOrigin, Governed, Signed, ensure_root_or
from runtime.frame.fungible import HoldReason
from runtime.pallets import vaults
from runtime.pallets.balances import Balances
from runtime.pallets.vaults import OfMarket, OfProvider
from runtime.pallets.vaults.records import Position, Vault, VaultKind
from runtime.primitives.types import UNIT
from tests.pallets.vaults_on import vaults_on
from tests.support.bench import Bench, account
from tests.support.free_terms import free_terms
from tests.support.fungibles import PlainAssets

ALICE, BOB, CAROL, DAVE, EVE = (account(seed) for seed in range(1, 6))
PEOPLE = (ALICE, BOB, CAROL, DAVE, EVE)
FEES, COMMISSIONS, TREASURY, PAYER, INSURANCE = (account(seed) for seed in range(91, 96))
STAKED = account(96)
RICH = 10_000 * UNIT
DEPOSIT = 10**9
"""The least that an account holds."""
ERA = 10
"""Blocks."""
MARKET, ELSEWHERE = Market(0, 0), Market(1, 2)
ACCESS = OfMarket(MARKET)
TASK = JobClass.MATMUL
PARAMETERS = Governed(GovernanceOrigin.ECONOMIC_PARAMS)
HOLD = HoldReason.VAULT
THING, OTHER = 900, 901
"""Tokenised assets."""


class Clock:
    """An epoch that a test moves."""

    epoch = 5

    def current_epoch(self) -> int:
        return self.epoch


class Markets:
    """Four tiers by sixteen regions."""

    def has_market(self, market: Market) -> bool:
        return market.tier < 4 and market.region < 16


class Things:
    """Tokenised assets with prices that a test sets: planck per unit, after any haircut."""

    def __init__(self, tokens: PlainAssets) -> None:
        self.tokens = tokens

    def value_of(self, asset: int, units: int) -> int:
        return dict(self.tokens.prices).get(asset, 0) * units

    def cost(self, asset: int, planck: int) -> None:
        """Let a unit be worth so much."""
        self.tokens.prices = tuple({**dict(self.tokens.prices), asset: planck}.items())

    def balance(self, asset: int, who: bytes) -> int:
        return self.tokens.balance(asset, who)

    def transfer(self, asset: int, source: bytes, dest: bytes, units: int) -> None:
        self.tokens.transfer(asset, source, dest, units, keep_alive=False)


class VaultWorld(Bench):
    """Five rich people; nobody has made a vault yet."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.tokens = self.add(PlainAssets(self.context))
        self.things = Things(self.tokens)
        self.token = self.add(Balances(self.context, DEPOSIT, index=6, name="Balances"))
        self.terms = free_terms(self.context)
        self.vaults = self.add(
            vaults_on(
                self.context,
                self.token,
                (FEES, COMMISSIONS, INSURANCE, TREASURY, STAKED),
                ERA,
                terms=self.terms,
                power=ensure_root_or(GovernanceOrigin.ECONOMIC_PARAMS),
                clock=self.clock,
                markets=Markets(),
                real=self.things,
            )
        )
        pots = ((pot, DEPOSIT) for pot in (FEES, COMMISSIONS, TREASURY))
        self.token.build((*((who, RICH) for who in PEOPLE), (PAYER, RICH), *pots))

    def create(
        self, kind: VaultKind = ACCESS, who: bytes = EVE, commission: int | None = None
    ) -> int:
        """Open a vault and return its number."""
        self.call(self.vaults.create, Signed(who), kind, commission)
        return self.vaults.next_vault - 1

    def behind(self, provider: bytes, commission: int = 10**8) -> int:
        """Open the vault of a provider."""
        return self.create(OfProvider(provider), provider, commission)

    def join(self, vault: int, who: bytes, amount: int = 100 * UNIT, lock: int = 28) -> None:
        asset = vaults.AGPU
        self.call(self.vaults.join, Signed(who), vault, asset, amount, lock)

    def list_asset(self, asset: int, price: int = UNIT) -> None:
        """Let there be an asset of which everybody has a thousand units, at a price in planck."""
        self.tokens.create(asset, STAKED, 1)
        for who in PEOPLE:
            self.tokens.mint_into(asset, who, 1_000)
        self.things.cost(asset, price)

    def add_asset(
        self, vault: int, who: bytes, units: int, asset: int = THING, lock: int = 28
    ) -> None:
        """Let tokens join a stake."""
        self.call(self.vaults.join, Signed(who), vault, vaults.OfRwa(asset), units, lock)

    def part(self, vault: int, who: bytes, asset: int = THING) -> vaults.Part:
        (found,) = [one for one in self.position(vault, who).rwa if one.asset == asset]
        return found

    def tranche(self, vault: int, asset: int = THING) -> vaults.Tranche:
        (found,) = [one for one in self.vault(vault).rwa if one.asset == asset]
        return found

    def unbond(self, vault: int, who: bytes, points: int | None = None) -> None:
        """Start to take points out, all by default."""
        points = self.position(vault, who).points if points is None else points
        self.call(self.vaults.unbond, Signed(who), vault, points)

    def withdraw(self, vault: int, who: bytes) -> None:
        self.call(self.vaults.withdraw_unbonded, Signed(who), vault)

    def claim(self, vault: int, who: bytes) -> int:
        """Claim and return what was paid."""
        before = self.token.free(who)
        self.call(self.vaults.claim_payout, Signed(who), vault)
        return self.token.free(who) - before

    def fee(self, amount: int, market: Market = MARKET, task: JobClass = TASK) -> None:
        """Let the stakers' part of a fee arrive, as Jobs does."""
        self.token.transfer(PAYER, FEES, amount)
        self.vaults.earned(market, task, amount)
        for pallet in self.pallets:
            pallet.try_state()

    def slash(self, provider: bytes, part: int, whole: int, since: int | None = None) -> None:
        """Let a provider lose a part of its bond for what it did in a block."""
        since = self.context.number if since is None else since
        self.vaults.backing.slashed(provider, part, whole, since)
        for pallet in self.pallets:
            pallet.try_state()

    def convict(
        self, provider: bytes, client: bytes, *, burned: int, lacking: int, since: int | None = None
    ) -> None:
        """Let a conviction burn a part of a provider's bond, and leave its client with a loss."""
        since = self.context.number if since is None else since
        self.vaults.cover.convicted(provider, client, burned=burned, lacking=lacking, since=since)
        for pallet in self.pallets:
            pallet.try_state()

    def next_epoch(self) -> None:
        self.clock.epoch += 1

    def pass_eras(self, count: int) -> None:
        """Let eras pass in which nobody does anything, up to the first block of the last."""
        self.context.number = (self.context.number // ERA + count) * ERA - 1
        self.next_block()

    def vault(self, number: int) -> Vault:
        return self.vaults.vaults[number]

    def position(self, number: int, who: bytes) -> Position:
        return self.vaults.positions[number, who]

    def held(self, who: bytes) -> int:
        return self.token.held(HOLD, who)
