"""A compute market in memory: a ledger, providers, jobs and receipts, with chance made plain."""

from dataclasses import replace
from typing import Any

from runtime.compute.classes import Tree
from runtime.compute.job import (
    JobSpec,
    LatencyClass,
    Market,
    Terms,
)
from runtime.compute.matmul import MatmulParams
from runtime.compute.receipt import NO_AUXILIARY, Opening, Receipts
from runtime.compute.registry import job_spec
from runtime.compute.shares import ShareBatch, ShareParameters
from runtime.contributors import Behaviour, Conduct, Contributors, JobHolders
from runtime.frame import GovernanceOrigin, NoOrigin, Signed, ensure_root_or
from runtime.pallets import (
    disputes,
    emission,
    jobs,
    mining,
    pricing,
    providers,
    referral,
    reservations,
)
from runtime.pallets.attestations import Attestations
from runtime.pallets.balances import Balances
from runtime.pallets.parameters import Parameters
from runtime.pallets.providers.telemetry import FEWEST_SAMPLES
from runtime.pallets.receipts import ReceiptsPallet
from runtime.primitives.hashing import blake2_256
from runtime.primitives.types import UNIT
from runtime.terms import Curve, Rules
from tests.support.bench import Bench, account
from tests.support.free_terms import free_terms

ALICE, BOB, CAROL, DAVE, EVE = (account(seed) for seed in range(1, 6))
"""Alice and Bob are clients, Carol, Dave and Eve providers."""
PEOPLE = (ALICE, BOB, CAROL, DAVE, EVE)
NODE_KEY = account(77)
IDLER = account(78)
POTS = jobs.Pots(account(91), account(92), account(93), account(94))
POOLS = (account(95), account(96), account(97))
MINTED_TO = emission.Recipients(*POOLS, POTS.treasury, POTS.validators, POTS.oracles)
MINING = mining.Config(
    pots=mining.Pots(*POOLS, POTS.treasury),
    era_blocks=30,
    existential_deposit=10**9,
    scale=mining.Scale(compute=3600 * 10**6, infra=3600 * 10**6),
)
NOTHING_MINTED = Curve(kappa_min=0, kappa_max=0, a0=0, k_star=1, rho=0)
RICH = 10_000 * UNIT
DEPOSIT = 10**9
MARKET = Market(0, 0)
ELSEWHERE = Market(1, 2)
SHARES = ShareParameters(size=512, target=2**54)
SIZES = MatmulParams(1000, 1000, 1000)
"""Ten micro-CU."""
PRICE = UNIT
"""Planck per CU: ten micro-CU then cost less than the least fee."""
FEE = 10**11
"""The least fee of a segment, and what the jobs of this market cost."""
GOVERNS = ensure_root_or(GovernanceOrigin.ECONOMIC_PARAMS)
JOBS = jobs.Config(minimum_fee=FEE, pots=POTS, era_blocks=30, start_blocks=20, run_blocks=40)
REGISTRY = ensure_root_or(GovernanceOrigin.REGISTRY)
LONG = 10_000
"""Blocks of a pricing period that no test reaches the end of, unless it is about prices."""
PRICES = pricing.Config(
    start_price=PRICE,
    minimum_fee=FEE,
    period_blocks=LONG,
    epoch_blocks=2 * LONG,
    era_blocks=30,
    block_milliseconds=6000,
)
"""Prices that stand still, up to ten million AGPU per CU: ten micro-CU must be able to cost."""
EPOCH = 10
"""Blocks of an epoch of a reservation."""
TURN = 10
"""Blocks that either side of a dispute has for a turn."""
WINDOW = 100
"""Blocks for which a paid segment can be disputed."""
DISPUTES = disputes.Config(
    window_blocks=WINDOW,
    turn_blocks=TURN,
    minimum_bond=UNIT,
    price_per_byte=10**6,
    price_per_nanosecond=1_000,
)
ROOT = bytes([7]) * 32
PROOF = bytes([9]) * 32


class Chance:
    """Randomness and beacon that follow from numbers."""

    def __init__(self, world: Bench) -> None:
        self._world = world
        self.epoch = 5

    def of_block(self, number: int) -> bytes | None:
        return blake2_256(b"block%d" % number) if number <= self._world.context.number else None

    def current_epoch(self) -> int:
        return self.epoch

    def of_epoch(self, epoch: int) -> bytes | None:
        return blake2_256(b"epoch%d" % epoch)


class Nonces:
    """How many transactions each account has made; none, unless a test says so."""

    def __init__(self) -> None:
        self.made: dict[bytes, int] = {}

    def nonce(self, who: bytes) -> int:
        return self.made.get(who, 0)


class NoVaults:
    """Nobody has staked anything."""

    def weight_of(self, who: bytes, epoch: int | None = None) -> int:
        return 0


class NoUpgrades:
    """Nobody has improved anything."""

    def points_of(self, who: bytes) -> int:
        return 0


class Proxies:
    """Who may do anything in whose name."""

    def __init__(self) -> None:
        self.owners: dict[bytes, tuple[bytes, ...]] = {}

    def owners_of(self, account: bytes) -> tuple[bytes, ...]:
        return self.owners.get(account, ())


class ComputeMarket(Bench):
    """Alice and Bob are rich clients; nobody is a provider yet."""

    def __init__(self, *, mints: bool = False) -> None:
        """Without `mints` a settlement creates nothing, so that fees can be followed alone."""
        super().__init__()
        self.chance, self.proxies = Chance(self), Proxies()
        self.token = self.add(Balances(self.context, DEPOSIT, index=6, name="Balances"))
        self.terms = self._terms()
        self.pricing = self.add(pricing.Pricing(self.context, GOVERNS, self.terms, PRICES, index=7))
        self._sell()
        self._reward()
        self.emission = self.add(self._emission())
        if not mints:
            self.terms.emission, self.emission.kappa = NOTHING_MINTED, 0
        booking = reservations.Config(EPOCH, FEE)
        self.reservations = self.add(
            reservations.Reservations(
                self.context, self.token, self.pricing, booking, terms=self.terms, index=12
            )
        )
        self.jobs = self._jobs()
        judges = (self.providers, self.jobs.verdicts, DISPUTES)
        self.disputes = self.add(disputes.Disputes(self.context, self.token, *judges, index=11))
        self.add(self.jobs)
        self.receipts = self.add(
            ReceiptsPallet(
                self.context,
                self.providers,
                self.jobs,
                self.chance,
                SHARES,
                demands=self.disputes,
                index=10,
            )
        )
        pots = (POTS.validators, POTS.oracles, POTS.stakers, POTS.treasury, *POOLS)
        self.token.build((*((who, RICH) for who in PEOPLE), *((pot, DEPOSIT) for pot in pots)))

    def _terms(self) -> Parameters:
        """Return the parameters: a test may set any, and prices may be higher than on a chain."""
        return free_terms(self.context, pricing=Rules(base_max=10**19))

    def _sell(self) -> None:
        """Add who sells, and who attests what they sell with."""
        self.attestations = self.add(Attestations(self.context, REGISTRY, 30, index=70))
        self.providers = self.add(
            providers.Providers(
                self.context,
                self.token,
                providers.Config(minimum_bond=100 * UNIT, price_per_cu=PRICE, era_blocks=30),
                providers.Ports(
                    self.pricing,
                    self.chance,
                    self.proxies,
                    self.attestations,
                    self.terms,
                    JobHolders(lambda: self.jobs),
                ),
                index=8,
            )
        )

    def _reward(self) -> None:
        """Add what hears who did what; nobody has a vault, or upgrades."""
        self.nonces, self.vaults, self.upgrades = Nonces(), NoVaults(), NoUpgrades()
        self.referral = self.add(
            referral.Referral(
                self.context,
                self.token,
                self.nonces,
                Conduct(self.providers),
                referral.Config(POTS.treasury, era_blocks=30),
                terms=self.terms,
                clock=self.chance,
                index=67,
            )
        )
        behaviour = Behaviour(self.providers, self.referral, self.vaults, self.upgrades)
        self.mining = self.add(
            mining.Mining(self.context, self.token, behaviour, MINING, clock=self.chance, index=66)
        )

    def _emission(self) -> emission.Emission:
        return emission.Emission(
            self.context,
            self.token,
            Contributors(self.providers),
            self.terms,
            emission.Config(MINTED_TO, era_blocks=30),
            clock=self.chance,
            load=self.pricing,
            referrers=self.referral,
            earnings=self.mining,
            index=11,
        )

    def _jobs(self) -> jobs.Jobs:
        return jobs.Jobs(
            self.context,
            self.token,
            self.providers,
            self.chance,
            JOBS,
            terms=self.terms,
            prices=self.pricing,
            emission=self.emission,
            reservations=self.reservations,
            governs=GOVERNS,
            earnings=self.mining,
            referees=self.referral,
            index=9,
        )

    def join(self, who: bytes, **changes: Any) -> None:
        """Register a provider with the least bond."""
        self.call(self.providers.register_provider, Signed(who), info(who, **changes), 100 * UNIT)

    def join_idly(self, market: Market = MARKET) -> None:
        """Register a provider that takes no job, so that a market is not without any."""
        self.token.mint_into(IDLER, RICH)
        self.join(IDLER, market=market)
        self.call(self.providers.chill, Signed(IDLER))

    def certify(self, *providers: bytes, blocks: int = 1) -> None:
        """Let providers have started enough jobs in so many blocks for a fast class."""
        for who in providers:
            for _ in range(FEWEST_SAMPLES):
                self.providers.standing.started(who, LatencyClass.STANDARD, blocks)

    def reprice(self, price: int, market: Market = MARKET) -> None:
        """Let a market have had a price, without any scarcity, for as long as anybody knows."""
        self.pricing.base[market] = self.pricing.base_ema[market] = price

    def submit(
        self, client: bytes = ALICE, *, to: bytes | None = None, tip: int = 0, **terms
    ) -> int:
        """Order a job and return its number."""
        spec = order(self.context.number, **terms)
        self.call(self.jobs.submit_job, Signed(client), spec, to, tip)
        return self.jobs.next_job_id - 1

    def order(
        self,
        client: bytes = ALICE,
        *,
        to: bytes | None = None,
        tip: int = 0,
        conditions: jobs.Conditions = jobs.PLAIN,
        **terms: Any,
    ) -> int:
        """Order a job on conditions and return its number."""
        spec = order(self.context.number, **terms)
        self.call(self.jobs.order_job, Signed(client), spec, to, tip, conditions)
        return self.jobs.next_job_id - 1

    def pass_blocks(self, count: int) -> None:
        """Let blocks pass in which nobody does anything."""
        for _ in range(count):
            self.next_block()

    def assigned(self, **terms) -> int:
        """Order a job and wait until it has a provider."""
        job = self.submit(**terms)
        self.pass_blocks(2)
        assert self.jobs.jobs[job].state is jobs.JobState.ASSIGNED
        return job

    def running(self, **terms) -> int:
        """Order a job and let its provider start."""
        job = self.assigned(**terms)
        self.call(self.jobs.start_job, Signed(self.provider_of(job)), job)
        return job

    def committed(self, **terms) -> int:
        """Order a job and let its provider commit to a result."""
        job = self.running(**terms)
        self.commit(job)
        return job

    def verified(self, **terms) -> int:
        """Order a job and include the opening of its segment."""
        job = self.committed(**terms)
        self.pass_blocks(3)
        self.verify(job)
        return job

    def verify(self, job: int) -> None:
        """Include the opening of the segment of a job."""
        self.include(openings=(Opening(job, 0, PROOF),))

    def commit(self, job: int) -> None:
        """Commit to a result in the name of the provider of a job."""
        provider = Signed(self.provider_of(job))
        self.call(self.jobs.commit_segment, provider, job, 0, output())

    def include(
        self, batches: tuple[ShareBatch, ...] = (), openings: tuple[Opening, ...] = ()
    ) -> None:
        """Put receipts into the block."""
        self.call(self.receipts.submit, NoOrigin(), Receipts(batches, openings))

    def provider_of(self, job: int) -> bytes:
        provider = self.jobs.jobs[job].provider
        assert provider is not None
        return provider

    def history(self, job: int) -> list[tuple[str, int]]:
        """Return the states of a job, each with the block in which it was entered."""
        return [(one.state.name, one.block) for one in self.jobs.jobs[job].history]

    def state(self, job: int) -> jobs.JobState:
        return self.jobs.jobs[job].state

    def own_events(self, pallet: object) -> list[object]:
        """Return the events of one pallet so far."""
        return [record.event for record in self.context.events if record.pallet is pallet]


def info(who: bytes, **changes: Any) -> providers.ProviderInfo:
    """Describe a provider of the market that offers one CU per second."""
    plain = providers.ProviderInfo(
        node_key=who,
        market=MARKET,
        memory_mib=16_384,
        rating=100,
        hardware=b"test device",
        energy=providers.EnergySource.GRID,
    )
    return replace(plain, **changes)


def order(now: int, sizes: MatmulParams = SIZES, **terms: Any) -> JobSpec:
    """Write the order for a product, due in a hundred blocks."""
    chosen: dict[str, Any] = {
        "max_price": 2 * PRICE,
        "deadline": now + 100,
        "market": MARKET,
        "latency": LatencyClass.STANDARD,
        **terms,
    }
    return job_spec(sizes, ROOT, Terms(**chosen))


def output(sizes: MatmulParams = SIZES) -> jobs.Output:
    """Commit to a result of the right size."""
    return jobs.Output(ROOT, NO_AUXILIARY, sizes.content_bytes(Tree.OUTPUT))
