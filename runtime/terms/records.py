"""The groups of parameters, each as one record, and the values that a chain begins with.

A part without a unit is in parts per billion. The defaults passed the design's simulation. Source:
design page "Economy", section 8.
"""

from __future__ import annotations

from dataclasses import dataclass

from runtime.primitives.types import U32, U64, UNIT, Balance
from runtime.terms.parameter import Parameter

PERBILL = 10**9
"""One, in parts per billion."""


@dataclass(frozen=True, slots=True)
class Shares:
    """How the mint of a job is divided; the rest is the treasury's."""

    provider: U32 = 550_000_000
    """Times its performance."""
    client_referrer: U32 = 50_000_000
    provider_referrer: U32 = 50_000_000
    infra: U32 = 100_000_000
    governance: U32 = 50_000_000
    accuracy: U32 = 100_000_000

    @property
    def total(self) -> int:
        """All that is not the treasury's whatever is earned."""
        referrers = self.client_referrer + self.provider_referrer
        return self.provider + referrers + self.infra + self.governance + self.accuracy


@dataclass(frozen=True, slots=True)
class Curve:
    """What is minted: the coefficients of both curves, their bounds, and how a mint is divided."""

    kappa_min: U32 = 200_000_000
    """The least part of a burn that is minted again."""
    kappa_max: U32 = 500_000_000
    a0: Balance = 7 * 10**8
    """Planck per CU of proven capacity while there is little of it."""
    k_star: U64 = 18_000_000
    """The capacity at which availability pays nothing any more, in CU per epoch."""
    rho: U32 = 2_282
    """The part of what the cap leaves that an epoch may mint for availability: 2 % in a year of
    hourly epochs."""
    halving_eras: U32 = 365
    """Eras after which A0 halves, unless a referendum sets it again."""
    breaker: U32 = 1_500_000
    """The part of the issuance that may be minted in 24 epochs."""
    cap: Balance = 10**9 * UNIT
    """AGPU that can ever be issued."""
    shares: Shares = Shares()


@dataclass(frozen=True, slots=True)
class Rules:
    """How base prices move, what of them counts as scarcity, and what speed costs."""

    target: U32 = 700_000_000
    """The utilisation at which a price stays, and at which re-emission is highest."""
    divisor: U32 = 48
    """A price moves by at most one part in so many per period: 8 per hour."""
    base_min: Balance = 10**6
    """A price never sinks to nothing, where it could not rise again."""
    base_max: Balance = 10**15
    """A thousand AGPU per CU: products of prices stay within a balance."""
    average_divisor: U32 = 2160
    """The average follows by one part in so many per epoch: 90 days."""
    band: U32 = 1_250_000_000
    """What a price may be above its average before it counts as scarcity."""
    least_markets: U32 = 5
    """Below so many markets a median says nothing."""
    batch: U32 = 800_000_000
    """What the latency class Batch makes of a price; Standard is the measure."""
    fast: U32 = 1_250_000_000
    realtime: U32 = 1_600_000_000
    max_tip: U32 = PERBILL
    """The highest tip, of the price."""


@dataclass(frozen=True, slots=True)
class FeeParts:
    """Parts of one component of a fee; what they leave is the provider's and the treasury's."""

    burn: U32
    validators: U32
    oracles: U32
    stakers: U32

    @property
    def all(self) -> tuple[int, int, int, int]:
        """Burn, validators, oracles, stakers."""
        return self.burn, self.validators, self.oracles, self.stakers


@dataclass(frozen=True, slots=True)
class SplitRates:
    """Where a job's fee goes, by its base, its scarcity and its surge component."""

    provider_low: U32 = 700_000_000
    """The provider's part of the base without any reputation, and with the best one."""
    provider_high: U32 = 780_000_000
    base: FeeParts = FeeParts(150_000_000, 30_000_000, 10_000_000, 20_000_000)
    scarcity_provider: U32 = 400_000_000
    scarcity: FeeParts = FeeParts(520_000_000, 30_000_000, 0, 20_000_000)
    surge_provider: U32 = 830_000_000
    surge: FeeParts = FeeParts(120_000_000, 20_000_000, 0, 10_000_000)


@dataclass(frozen=True, slots=True)
class Queueing:
    """What a place in a queue costs, and how jobs and providers meet."""

    deposit: Balance = UNIT // 20
    """For the first place of an empty queue; the last of a full one costs sixteen times as much.
    An epoch of a reservation costs up to fifteen times as much, and that is burned."""
    max_boost: U32 = 600
    """Blocks by which a job can be overtaken at most: nobody starves."""
    max_matches: U32 = 32
    """Jobs that a block looks at, where its hook has room for them."""
    draws: U32 = 8
    """Providers drawn for a job."""


@dataclass(frozen=True, slots=True)
class Bonding:
    """What providers put at stake."""

    revenue_hours: U32 = 48
    """Hours of work, at the base price, that a bond must be worth."""
    capacity_epochs: U32 = 240
    """Epochs of pay for capacity that a bond must be worth: what fake capacity would earn."""
    exposure_factor: U32 = 8
    """Prices of a segment that its provider puts at stake."""
    unbonding_eras: U32 = 28


@dataclass(frozen=True, slots=True)
class Checking:
    """How often work is computed again by validators."""

    least_rate: U32 = PERBILL // 8
    """The probability of an audit that no client can lower."""
    newcomer_rate: U32 = PERBILL // 2
    """That of a provider without a past, which has little to lose but its bond."""


@dataclass(frozen=True, slots=True)
class TransactionFees:
    """Where the fees of transactions go; the rest is the author's."""

    burn: U32 = 500_000_000
    treasury: U32 = 300_000_000
    tip_burn: U32 = 200_000_000
    """Of tips, of which the treasury has nothing."""


@dataclass(frozen=True, slots=True)
class Locking:
    """What vaults ask of a stake, and what it shares."""

    least_lock: U32 = 28
    """Eras of the shortest lock."""
    rwa_share: U32 = 300_000_000
    """The most that tokenised assets count for in a vault, of the whole."""
    insurance_share: U32 = 200_000_000
    """The part of the stakers' fees that is the insurance vault's."""


@dataclass(frozen=True, slots=True)
class Reporting:
    """When oracles' reports make a value."""

    least_members: U32 = 7
    """Members without which no feed is healthy: two of them may lie."""
    health_band: U32 = 20_000_000
    """Reports that are so near to the median agree with it."""
    largest_step: U32 = 50_000_000
    """An accepted value is at most so far from the one before it."""
    stale_epochs: U32 = 6
    """Epochs after which a value that was not renewed is none."""
    outlier: U32 = 20_000_000
    """Of the bond: what a report far from the accepted value costs."""
    not_revealed: U32 = 5_000_000
    """Of the bond: what a report that was announced and never opened costs."""


@dataclass(frozen=True, slots=True)
class Referring:
    """What who brought somebody has of it."""

    window_eras: U32 = 180
    """For so long a referee's burn pays its referrer."""
    vesting_eras: U32 = 28
    """Between earning and owning."""


@dataclass(frozen=True, slots=True)
class SpendWindows:
    """Of the treasury's pot, what may be approved in 28 eras: by track, and by all together."""

    small: U32 = 5_000_000
    medium: U32 = 10_000_000
    big: U32 = 20_000_000
    all_tracks: U32 = 30_000_000


@dataclass(frozen=True, slots=True)
class Trading:
    """What a swap in a pool of AGPU costs, and what of that comes back to the pool's owners."""

    lp_fee: U32 = 2_000_000
    """Of what comes in: stays in the pool."""
    burn_fee: U32 = 500_000
    """Of the AGPU that is swapped: burned."""
    treasury_fee: U32 = 500_000
    """Of the AGPU that is swapped: the treasury's."""
    rewards: U32 = 500_000_000
    """Of the treasury's part: streams to those who have shares of the pool staked."""

    @property
    def protocol_fee(self) -> int:
        """What is not the pool's."""
        return self.burn_fee + self.treasury_fee

    @property
    def total_fee(self) -> int:
        """What a swap costs."""
        return self.lp_fee + self.protocol_fee


@dataclass(frozen=True, slots=True)
class Distributing:
    """How much AMAX an epoch may create, and how it is divided; the rest is not created."""

    delta: U32 = 19_768
    """Of what the cap leaves, per epoch: half of it in four years of hourly epochs."""
    capacity: U32 = 400_000_000
    """Proven work times reliability."""
    accuracy: U32 = 400_000_000
    """Blocks, verdicts and reports that were right."""
    participation: U32 = 100_000_000
    """Votes in referenda."""
    infra: U32 = 100_000_000
    """Attested upgrades."""
    group_cap: U32 = 10_000_000
    """Of the capacity slice of an epoch, the most that one operator has."""
    voter_cap: U32 = 20_000_000
    """Of the participation slice of an epoch, the most that one account has."""

    @property
    def slices(self) -> tuple[int, int, int, int]:
        """Capacity, accuracy, participation, infra."""
        return self.capacity, self.accuracy, self.participation, self.infra


@dataclass(frozen=True, slots=True)
class Absorbing:
    """When the treasury burns AGPU or buys some to burn, and when it keeps what it has."""

    growth: U32 = 10_000_000
    """What the supply may grow by in 30 eras."""
    reserve_part: U32 = 2_500_000
    """Of the treasury's AGPU, what is burned in an era at most."""
    pool_part: U32 = 2_500_000
    """Of the pool's stable reserve, what is spent in an epoch at most."""
    above_average: U32 = 1_020_000_000
    """The price of AGPU, relative to its average, up to which it is bought."""
    dearest: U32 = 1_030_000_000
    """What is paid at most, with fee and slippage, relative to the average."""
    idle: U32 = 300_000_000
    """Utilisation below which the treasury keeps what it has."""


@dataclass(frozen=True, slots=True)
class Haircuts:
    """What is taken off the value of a tokenised asset, unless a referendum decides for it."""

    other: U32 = 400_000_000
    treasury_bill: U32 = 100_000_000
    energy_credit: U32 = 500_000_000


@dataclass(frozen=True, slots=True)
class Validating:
    """What those who secure the chain have at stake at least."""

    validator_bond: Balance = 1_000 * UNIT
    nominator_bond: Balance = 10 * UNIT


@dataclass(frozen=True, slots=True)
class Terms:
    """All groups; what a chain begins with, unless a test says otherwise."""

    emission: Curve = Curve()
    pricing: Rules = Rules()
    fees: SplitRates = SplitRates()
    queue: Queueing = Queueing()
    bonds: Bonding = Bonding()
    transactions: TransactionFees = TransactionFees()
    vaults: Locking = Locking()
    oracle: Reporting = Reporting()
    referral: Referring = Referring()
    treasury: SpendWindows = SpendWindows()
    audits: Checking = Checking()
    exchange: Trading = Trading()
    distribution: Distributing = Distributing()
    stability: Absorbing = Absorbing()
    rwa: Haircuts = Haircuts()
    staking: Validating = Validating()

    def renewed(self, key: Parameter) -> int:  # noqa: ARG002
        """Return the era in which a parameter was last set: these never are."""
        return 0


DEFAULTS = Terms()
"""The values of section 8."""
