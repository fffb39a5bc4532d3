"""What an economy is made of, and what happens to it: numbers, wishes, and the tuned chain."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from runtime.compute.job import Market
from runtime.compute.matmul import MatmulParams
from runtime.compute.shares import ShareParameters
from runtime.config import ChainConfig
from runtime.constants import TREASURY
from runtime.construct import Runtime
from runtime.genesis_state import GenesisConfig
from runtime.primitives.types import UNIT
from runtime.terms import DEFAULTS
from tests.support.chain import CHAIN, pair
from tests.support.flat_chain import Tune

MARKETS = tuple(Market(tier, region) for tier in range(3) for region in range(2))
"""Three tiers in two regions: enough for an index of prices."""
ROUND_BLOCKS = 10
RATING = 40
"""Micro-CU per second of every provider."""
CAPACITY = RATING * ROUND_BLOCKS * CHAIN.slot_milliseconds // 1000
"""Micro-CU of a provider in a round."""
SIZES = MatmulParams(3915, 3915, 3915)
JOB_UNITS = 601
"""Micro-CU of a job: half of a provider's round."""
COST = 900 * UNIT
"""Planck that a provider's round costs its owner, at the first value of AGPU."""
FAIR = COST * 135 // 100 * 10**6 // CAPACITY
"""Planck per CU with which every market begins: a third above the cost."""
SUPPLY = 200_000_000 * UNIT
PROVIDER_ENDOWMENT, BOND = 400_000 * UNIT, 50_000 * UNIT
OPEN_JOBS, EXPOSURE = 3, 8
"""Jobs that a provider has at once, and their prices that each puts at stake."""
MOST_TIMES = 8
"""Times the first capacity that can ever come."""
LIMIT = 2
"""Times the fair price that a client pays at most."""
PATIENCE = 1.5
"""Rounds of a market's work: behind a longer queue nobody orders."""
ATTACKER_ENDOWMENT = 5_000_000 * UNIT
PEOPLE = 64
"""Accounts of clients, who take turns: one account has so many open jobs at most."""
TIP = 10**8
"""A tenth: what clients add on average in the design's simulation."""
SHARE = ShareParameters(size=4096, target=2**20)
"""Rare shares: a few prove the work of a large device."""
LARGE_SHARE = ShareParameters(size=4096, target=2**31)
"""So that all together prove four fifths of the least K* that a referendum may set."""
CREDIT_SHARES = 3
"""Shares of a provider in a round."""
STRATEGIC = 2
"""How many times the first capacity is the strategic one, above which the subsidy is nothing."""
ENTRY = 0.15
"""The most by which a margin of one moves capacity in a round."""
HEARTBEAT_ROUNDS = 5
NEVER = 10**6
"""Blocks until bonds are asked for anew: a round is an hour here and half a minute on the chain's
clock, by which a bond of 48 hours of revenue would be 120 times what it is."""
SMOOTHING = 0.3
"""How fast owners believe what they see."""

LIVELY: ChainConfig = replace(
    CHAIN,
    epoch_slots=ROUND_BLOCKS,
    era_blocks=24 * ROUND_BLOCKS,
    base_price_per_cu=10**12,
    job_start_blocks=60,
    job_run_blocks=60,
    minimum_provider_bond=BOND,
)

Path = Callable[[int], float]
"""A factor by round."""


def steady(_round: int) -> float:
    """Return the factor of nothing happening."""
    return 1.0


@dataclass(frozen=True)
class Attack:
    """Somebody owns some of the providers of a market, and buys work there itself."""

    owned: int
    fake: float
    """What it buys, as a part of its own capacity, or of one provider's where it owns none."""
    is_direct: bool
    start: int
    is_referred: bool = False
    """It brought itself: an account of its own is the referrer of its client and providers."""


@dataclass(frozen=True)
class Setting:
    """What happens to an economy."""

    rounds: int = 100
    providers_each: int = 3
    """Providers of each market at the beginning."""
    demand: Path = steady
    value: Path = steady
    """What AGPU is worth, to its first value."""
    only: tuple[int, Path] | None = None
    """A market, by its place, whose demand has a factor of its own."""
    rush: tuple[int, int] | None = None
    """A round, and by how many times capacity grows in it."""
    elasticity: float = 1.2
    least: int = 1
    """Providers of a market that never leave."""
    attack: Attack | None = None
    seed: int = 1
    is_bounded: bool = False
    """The chain's own parameters, which referenda move, and none that only this market could have:
    a CU costs a millionth of what it does in the other runs, and an era is two rounds."""

    @property
    def fair(self) -> int:
        """Planck per CU with which every market begins."""
        return UNIT if self.is_bounded else FAIR

    @property
    def shares(self) -> ShareParameters:
        """What a share of capacity proves."""
        return LARGE_SHARE if self.is_bounded else SHARE


@dataclass(frozen=True)
class Round:
    """What a round came to; amounts in planck."""

    supply: int
    prices: tuple[int, ...]
    """Planck per CU, by market."""
    utilisation: float
    providers: int
    fees: int
    subsidy: int
    """What was created for capacity."""
    minted_work: int
    burned: int
    scarcity_burned: int
    pressure: float
    """What prices answer to: use and what waits and could pay, to capacity."""
    cost_ratio: float
    """What a CU costs, to what it costs its provider."""
    waiting: int


def tuned(setting: Setting) -> Tune:
    """Let a round be an hour, a device a verdict, and capacity count in the curves' own numbers."""
    providers = STRATEGIC * len(MARKETS) * setting.providers_each
    strategic = providers * CREDIT_SHARES * SHARE.work_per_share // 10**6

    def tune_all(runtime: Runtime) -> None:
        prices, market = runtime.pricing.config, runtime.jobs.config
        runtime.pricing.config = replace(
            prices, start_price=setting.fair, period_blocks=ROUND_BLOCKS, minimum_fee=1
        )
        runtime.receipts.segments = runtime.jobs
        runtime.receipts.parameters = setting.shares
        runtime.jobs.config = replace(market, minimum_fee=1, era_blocks=ROUND_BLOCKS)
        runtime.providers.config = replace(runtime.providers.config, jobs_per_provider=OPEN_JOBS)

    def tune(runtime: Runtime) -> None:
        tune_all(runtime)
        runtime.parameters.pricing = replace(
            runtime.parameters.pricing, divisor=8, average_divisor=90, base_max=10**22
        )
        runtime.providers.config = replace(runtime.providers.config, era_blocks=NEVER)
        a0 = DEFAULTS.emission.a0 * DEFAULTS.emission.k_star // strategic
        runtime.parameters.emission = replace(DEFAULTS.emission, k_star=strategic, a0=a0)
        # a market this small lies beyond what a referendum may set
        runtime.parameters.try_state = lambda: None  # type: ignore[method-assign]
        # the design's simulation knows no ceiling, and its treasury has most of the supply
        runtime.stability.config = replace(runtime.stability.config, ceiling=10**9)

    return tune_all if setting.is_bounded else tune


def genesis(people: dict[bytes, int], *, is_bounded: bool) -> GenesisConfig:
    """Return a genesis of 200 million AGPU: the people's, and the rest the treasury's."""
    author = pair(1).public
    rest = SUPPLY - UNIT - sum(people.values())
    assert rest > 0, f"the people have {-rest} planck too much"
    return GenesisConfig(
        chain=replace(LIVELY, era_blocks=2 * ROUND_BLOCKS) if is_bounded else LIVELY,
        agpu=((author, UNIT), *people.items(), (TREASURY, rest)),
        amax=((author, UNIT),),
        validators=(author,),
        babe_authorities=((author, 1),),
        grandpa_authorities=((author, 1),),
        randomness=bytes(32),
    )
