"""The registry: every parameter, within which bounds it moves, how far, how often, and by whom.

It is the table of the design page "Economy", section 8. What is no row here is fixed by the runtime
and moves by an upgrade only; `FIXED` says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, NamedTuple

from runtime.primitives.types import U32, UNIT
from runtime.terms.parameter import Parameter, ParameterValue
from runtime.terms.records import PERBILL, Terms

POINT = PERBILL // 100
"""A per cent, in parts per billion."""


class Owner(Enum):
    """Whose referenda move a parameter; root always may. Indices are append-only."""

    ECONOMIC_PARAMS = 0
    ROOT = 1

    @property
    def track(self) -> str:
        """The name of the track."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Step:
    """The most that one change moves a value: by an amount, or by a part of it in ppb."""

    amount: ParameterValue = 0
    part: U32 = 0
    is_down_only: bool = False

    def allows(self, old: int, new: int) -> bool:
        """Say whether a change is small enough; a part allows one unit at least."""
        most = max(self.amount, old * self.part // PERBILL, 1)
        return abs(new - old) <= most and not (self.is_down_only and new > old)

    def __str__(self) -> str:
        way = "down by " if self.is_down_only else ""
        return way + (f"{self.part // POINT} %" if self.part else f"{self.amount}")


class Row(NamedTuple):
    """A line of the registry."""

    path: str
    """Group and field: where the value is in `Terms`."""
    unit: str
    least: int
    most: int
    step: Step
    cooldown_eras: int
    """Eras that a change must wait for after the last one."""
    owner: Owner
    why: str

    @property
    def group(self) -> str:
        """The record that the value is a part of."""
        return self.path.partition(".")[0]

    def of(self, terms: Any) -> int:
        """Return the value in some terms."""
        found = terms
        for name in self.path.split("."):
            found = getattr(found, name)
        assert isinstance(found, int), f"{self.path} is no number"
        return found

    def changed(self, record: Any, value: int) -> Any:
        """Return the record of the row's group with another value."""
        return _changed(record, self.path.split(".")[1:], value)


def _changed(record: Any, path: list[str], value: int) -> Any:
    name, *rest = path
    return replace(
        record, **{name: _changed(getattr(record, name), rest, value) if rest else value}
    )


def by(amount: int) -> Step:
    """Return a step of an amount."""
    return Step(amount=amount)


def part(percent: int) -> Step:
    """Return a step of a part of the value."""
    return Step(part=percent * POINT)


PPB, PLANCK, CU, ERAS, EPOCHS = "ppb", "planck", "CU per epoch", "eras", "epochs"
COUNT, HOURS, BLOCKS, PER_CU = "", "hours", "blocks", "planck per CU"
ECONOMIC, ROOT = Owner.ECONOMIC_PARAMS, Owner.ROOT
P = Parameter

ROWS: dict[Parameter, Row] = {
    # what is minted
    P.KAPPA_MIN: Row("emission.kappa_min", PPB, 10 * POINT, 30 * POINT, part(20), 7, ECONOMIC,
        "The marginal re-emission stays below one."),
    P.KAPPA_MAX: Row("emission.kappa_max", PPB, 20 * POINT, 55 * POINT, part(20), 7, ECONOMIC,
        "2 κmax - κmin is at most 0.80."),
    P.A0: Row("emission.a0", PER_CU, 10**6, 7 * 10**9, part(20), 7, ECONOMIC,
        "A seventh of what nodes cost at launch; setting it again renews it."),
    P.K_STAR: Row("emission.k_star", CU, 100_000, 10**12, part(20), 7, ECONOMIC,
        "The strategic capacity: 5,000 reference GPUs."),
    P.RHO: Row("emission.rho", PPB, 100, 4_564, part(20), 7, ECONOMIC,
        "At most 4 % of what the cap leaves in a year."),
    P.HALVING_ERAS: Row("emission.halving_eras", ERAS, 90, 1_460, part(25), 28, ECONOMIC,
        "The subsidy ends unless it is wanted."),
    P.BREAKER: Row("emission.breaker", PPB, 500_000, 5_000_000, part(20), 7, ECONOMIC,
        "Stops a bug, and a runaway."),
    P.CAP: Row("emission.cap", PLANCK, UNIT, 10**9 * UNIT,
        Step(part=10 * POINT, is_down_only=True), 28, ROOT,
        "Never up, and never below what is issued."),
    P.MINT_PROVIDER: Row("emission.shares.provider", PPB, 40 * POINT, 60 * POINT, by(2 * POINT),
        7, ECONOMIC, "Times performance; the rest is the treasury's."),
    P.MINT_CLIENT_REFERRER: Row("emission.shares.client_referrer", PPB, 0, 5 * POINT, by(POINT),
        7, ECONOMIC, "Referrers have a tenth of a mint at most."),
    P.MINT_PROVIDER_REFERRER: Row("emission.shares.provider_referrer", PPB, 0, 5 * POINT,
        by(POINT), 7, ECONOMIC, "Referrers have a tenth of a mint at most."),
    P.MINT_INFRA: Row("emission.shares.infra", PPB, 0, 20 * POINT, by(2 * POINT), 7, ECONOMIC,
        "Pools are divided by what volume cannot move."),
    P.MINT_GOVERNANCE: Row("emission.shares.governance", PPB, 0, 10 * POINT, by(POINT), 7,
        ECONOMIC, "Pools are divided by what volume cannot move."),
    P.MINT_ACCURACY: Row("emission.shares.accuracy", PPB, 0, 20 * POINT, by(2 * POINT), 7,
        ECONOMIC, "Pools are divided by what volume cannot move."),
    # what compute costs
    P.TARGET: Row("pricing.target", PPB, 50 * POINT, 85 * POINT, by(5 * POINT), 7, ECONOMIC,
        "Where a price stays, and re-emission is highest."),
    P.DIVISOR: Row("pricing.divisor", COUNT, 16, 192, part(25), 7, ECONOMIC,
        "4 to 16 moves in an hour are all stable."),
    P.BASE_MIN: Row("pricing.base_min", PER_CU, 10**3, 10**9, part(50), 7, ECONOMIC,
        "A price can rise again."),
    P.BASE_MAX: Row("pricing.base_max", PER_CU, 10**12, 10**15, part(50), 7, ECONOMIC,
        "Products of prices stay within a balance."),
    P.AVERAGE_DIVISOR: Row("pricing.average_divisor", EPOCHS, 240, 8_760, part(25), 7, ECONOMIC,
        "What is usual is slower than any spike."),
    P.BAND: Row("pricing.band", PPB, 105 * POINT, 2 * PERBILL, by(10 * POINT), 7, ECONOMIC,
        "Above it a price is scarce."),
    P.LEAST_MARKETS: Row("pricing.least_markets", COUNT, 3, 16, by(1), 7, ECONOMIC,
        "A median of fewer says nothing."),
    P.BATCH: Row("pricing.batch", PPB, 50 * POINT, PERBILL, part(10), 1, ECONOMIC,
        "Who can wait is never dearer than Standard."),
    P.FAST: Row("pricing.fast", PPB, PERBILL, 2 * PERBILL, part(10), 1, ECONOMIC,
        "Speed is never cheaper than Standard."),
    P.REALTIME: Row("pricing.realtime", PPB, PERBILL, 3 * PERBILL, part(10), 1, ECONOMIC,
        "Never cheaper than Fast."),
    P.MAX_TIP: Row("pricing.max_tip", PPB, 10 * POINT, PERBILL, by(25 * POINT), 7, ECONOMIC,
        "A tip at most doubles a price."),
    # where a job's fee goes
    P.BASE_PROVIDER_LOW: Row("fees.provider_low", PPB, 60 * POINT, 78 * POINT, by(2 * POINT), 7,
        ECONOMIC, "Without any reputation."),
    P.BASE_PROVIDER_HIGH: Row("fees.provider_high", PPB, 60 * POINT, 85 * POINT, by(2 * POINT),
        7, ECONOMIC, "With the best reputation."),
    P.BASE_BURN: Row("fees.base.burn", PPB, 10 * POINT, 30 * POINT, by(2 * POINT), 7, ECONOMIC,
        "What self-dealing costs."),
    P.BASE_VALIDATORS: Row("fees.base.validators", PPB, POINT, 6 * POINT, by(POINT), 7, ECONOMIC,
        "Who verifies lives on fees."),
    P.BASE_ORACLES: Row("fees.base.oracles", PPB, 0, 3 * POINT, by(POINT // 2), 7, ECONOMIC,
        "Who reports lives on fees."),
    P.BASE_STAKERS: Row("fees.base.stakers", PPB, 0, 10 * POINT, by(POINT), 7, ECONOMIC,
        "The only yield of vaults."),
    P.SCARCITY_PROVIDER: Row("fees.scarcity_provider", PPB, 30 * POINT, 50 * POINT,
        by(2 * POINT), 7, ECONOMIC, "Less than a usual fee gives: withholding does not pay."),
    P.SCARCITY_BURN: Row("fees.scarcity.burn", PPB, 40 * POINT, 65 * POINT, by(2 * POINT), 7,
        ECONOMIC, "No reward for withholding."),
    P.SCARCITY_VALIDATORS: Row("fees.scarcity.validators", PPB, 0, 6 * POINT, by(POINT), 7,
        ECONOMIC, "Who verifies lives on fees."),
    P.SCARCITY_ORACLES: Row("fees.scarcity.oracles", PPB, 0, 3 * POINT, by(POINT // 2), 7,
        ECONOMIC, "Nothing, to begin with."),
    P.SCARCITY_STAKERS: Row("fees.scarcity.stakers", PPB, 0, 6 * POINT, by(POINT), 7, ECONOMIC,
        "The only yield of vaults."),
    P.SURGE_PROVIDER: Row("fees.surge_provider", PPB, 80 * POINT, 88 * POINT, by(2 * POINT), 7,
        ECONOMIC, "Speed pays the nodes that serve it."),
    P.SURGE_BURN: Row("fees.surge.burn", PPB, 10 * POINT, 20 * POINT, by(2 * POINT), 7, ECONOMIC,
        "What self-dealing costs."),
    P.SURGE_VALIDATORS: Row("fees.surge.validators", PPB, 0, 5 * POINT, by(POINT), 7, ECONOMIC,
        "Who verifies lives on fees."),
    P.SURGE_ORACLES: Row("fees.surge.oracles", PPB, 0, 3 * POINT, by(POINT // 2), 7, ECONOMIC,
        "Nothing, to begin with."),
    P.SURGE_STAKERS: Row("fees.surge.stakers", PPB, 0, 5 * POINT, by(POINT), 7, ECONOMIC,
        "The only yield of vaults."),
    # how jobs and providers meet
    P.QUEUE_DEPOSIT: Row("queue.deposit", PLANCK, 10**9, 5 * UNIT, part(50), 1, ECONOMIC,
        "Filling a queue, or all places of reservations, costs something."),
    P.MAX_BOOST: Row("queue.max_boost", BLOCKS, 300, 600, by(100), 7, ECONOMIC,
        "Nobody starves."),
    P.MAX_MATCHES: Row("queue.max_matches", COUNT, 8, 32, by(8), 7, ECONOMIC,
        "The hook leaves the block to its transactions."),
    P.DRAWS: Row("queue.draws", COUNT, 4, 8, by(2), 7, ECONOMIC,
        "A draw costs as much as is weighed."),
    # what providers put at stake
    P.REVENUE_HOURS: Row("bonds.revenue_hours", HOURS, 24, 336, part(25), 7, ECONOMIC,
        "Cheating loses."),
    P.CAPACITY_EPOCHS: Row("bonds.capacity_epochs", EPOCHS, 144, 720, part(25), 7, ECONOMIC,
        "Fake capacity loses at a challenge in 24 epochs and a slash of a fifth."),
    P.EXPOSURE_FACTOR: Row("bonds.exposure_factor", COUNT, 8, 16, by(1), 7, ECONOMIC,
        "A false result loses at one check in eight."),
    P.UNBONDING_ERAS: Row("bonds.unbonding_eras", ERAS, 14, 56, by(7), 7, ECONOMIC,
        "Longer than any dispute."),
    # where transaction fees go
    P.TRANSACTION_BURN: Row("transactions.burn", PPB, 30 * POINT, 80 * POINT, by(10 * POINT), 7,
        ECONOMIC, "Never minted again."),
    P.TRANSACTION_TREASURY: Row("transactions.treasury", PPB, 10 * POINT, 50 * POINT,
        by(10 * POINT), 7, ECONOMIC, "Authors who stuff their blocks lose 80 % at least."),
    P.TIP_BURN: Row("transactions.tip_burn", PPB, 0, 50 * POINT, by(10 * POINT), 7, ECONOMIC,
        "Tips are the author's, but for this."),
    # stakes, reports, referrals, spends
    P.LEAST_LOCK: Row("vaults.least_lock", ERAS, 14, 182, by(7), 7, ECONOMIC,
        "Stakes that leave at once serve nobody."),
    P.LEAST_MEMBERS: Row("oracle.least_members", COUNT, 7, 15, by(2), 7, ECONOMIC,
        "Two of seven may lie."),
    P.HEALTH_BAND: Row("oracle.health_band", PPB, POINT, 5 * POINT, by(POINT // 2), 7, ECONOMIC,
        "Reports so near agree; never below what is paid as accurate."),
    P.LARGEST_STEP: Row("oracle.largest_step", PPB, POINT, 10 * POINT, by(POINT), 7, ECONOMIC,
        "A captured feed moves slowly."),
    P.STALE_EPOCHS: Row("oracle.stale_epochs", EPOCHS, 2, 24, by(2), 7, ECONOMIC,
        "What nobody renews is no value."),
    P.REFERRAL_WINDOW: Row("referral.window_eras", ERAS, 30, 365, by(30), 28, ECONOMIC,
        "Depth one, for a time."),
    P.REFERRAL_VESTING: Row("referral.vesting_eras", ERAS, 7, 28, by(7), 28, ECONOMIC,
        "As long as the slowest dispute at most."),
    P.SPEND_SMALL: Row("treasury.small", PPB, PERBILL // 1000, POINT, by(PERBILL // 1000), 28,
        ROOT, "Bounds what bought votes can take."),
    P.SPEND_MEDIUM: Row("treasury.medium", PPB, POINT // 4, 2 * POINT, by(PERBILL // 400), 28,
        ROOT, "Bounds what bought votes can take."),
    P.SPEND_BIG: Row("treasury.big", PPB, POINT // 2, 3 * POINT, by(POINT // 2), 28, ROOT,
        "Bounds what bought votes can take."),
    P.SPEND_ALL: Row("treasury.all_tracks", PPB, POINT, 3 * POINT, by(POINT // 2), 28, ROOT,
        "A third of the pot in a year at most, even with every vote."),
    # how often work is checked
    P.AUDIT_RATE: Row("audits.least_rate", PPB, PERBILL // 8, PERBILL // 2, part(20), 7, ECONOMIC,
        "A false result loses: q 8 > (1 - q) 0.88."),
    P.NEWCOMER_AUDIT_RATE: Row("audits.newcomer_rate", PPB, PERBILL // 4, PERBILL, part(20), 7,
        ECONOMIC, "Who has no past has little to lose but its bond."),
    # pools, AMAX, the supply, and what is at stake
    P.LP_FEE: Row("exchange.lp_fee", PPB, POINT // 20, POINT, by(POINT // 20), 7, ECONOMIC,
        "Who lends a pool its money lives on trades."),
    P.POOL_BURN: Row("exchange.burn_fee", PPB, POINT // 100, POINT // 5, by(POINT // 40), 7,
        ECONOMIC, "Never nothing: who trades with itself loses it."),
    P.POOL_TREASURY: Row("exchange.treasury_fee", PPB, 0, POINT // 5, by(POINT // 40), 7,
        ECONOMIC, "Pays for liquidity that is wanted."),
    P.POOL_REWARDS: Row("exchange.rewards", PPB, 0, 50 * POINT, by(10 * POINT), 7, ECONOMIC,
        "Half at most: a sole provider must not have its own fees back."),
    P.AMAX_DELTA: Row("distribution.delta", PPB, 4_942, 39_536, part(20), 28, ECONOMIC,
        "Half of what is left comes in two years at the soonest."),
    P.AMAX_CAPACITY: Row("distribution.capacity", PPB, 20 * POINT, 60 * POINT, by(2 * POINT), 7,
        ECONOMIC, "Votes are for work that is proven, not for what is sold."),
    P.AMAX_ACCURACY: Row("distribution.accuracy", PPB, 20 * POINT, 60 * POINT, by(2 * POINT), 7,
        ECONOMIC, "Who verifies decides."),
    P.AMAX_PARTICIPATION: Row("distribution.participation", PPB, 0, 20 * POINT, by(2 * POINT), 7,
        ECONOMIC, "Votes breed votes: a fifth at most."),
    P.AMAX_INFRA: Row("distribution.infra", PPB, 0, 20 * POINT, by(2 * POINT), 7, ECONOMIC,
        "Upgrades are attested, not measured: a fifth at most."),
    P.AMAX_OPERATOR: Row("distribution.group_cap", PPB, POINT // 5, 3 * POINT, by(POINT // 4), 7,
        ECONOMIC, "Nobody owns the vote by owning the machines."),
    P.AMAX_VOTER: Row("distribution.voter_cap", PPB, POINT // 2, 5 * POINT, by(POINT // 2), 7,
        ECONOMIC, "As in the pool of AGPU."),
    P.SUPPLY_GROWTH: Row("stability.growth", PPB, POINT // 2, 3 * POINT, by(POINT // 4), 7,
        ECONOMIC, "What use may add before the reserve pays."),
    P.RESERVE_BURN: Row("stability.reserve_part", PPB, POINT // 20, POINT // 2, by(POINT // 20),
        7, ECONOMIC, "The reserve outlives any growth."),
    P.POOL_PART: Row("stability.pool_part", PPB, POINT // 20, POINT // 2, by(POINT // 20), 7,
        ECONOMIC, "Too little for whoever would buy just before."),
    P.ABOVE_AVERAGE: Row("stability.above_average", PPB, PERBILL, 105 * POINT, by(POINT), 7,
        ECONOMIC, "Nobody sells the chain a price that was pushed up; what is near can be bought."),
    P.DEAREST: Row("stability.dearest", PPB, 101 * POINT, 110 * POINT, by(POINT), 7, ECONOMIC,
        "With the fee and what the purchase itself moves."),
    P.IDLE: Row("stability.idle", PPB, 10 * POINT, 50 * POINT, by(5 * POINT), 7, ECONOMIC,
        "In bad times the treasury keeps what it has."),
    P.RWA_SHARE: Row("vaults.rwa_share", PPB, 0, 30 * POINT, by(5 * POINT), 7, ECONOMIC,
        "What is only worth what somebody says stays the lesser part."),
    P.INSURANCE_SHARE: Row("vaults.insurance_share", PPB, 10 * POINT, 40 * POINT, by(5 * POINT),
        7, ECONOMIC, "Who bears the first loss is paid for it."),
    P.HAIRCUT: Row("rwa.other", PPB, 20 * POINT, 90 * POINT, by(10 * POINT), 7, ECONOMIC,
        "For what is registered from then on."),
    P.HAIRCUT_BILLS: Row("rwa.treasury_bill", PPB, 5 * POINT, 50 * POINT, by(5 * POINT), 7,
        ECONOMIC, "For what is registered from then on."),
    P.HAIRCUT_ENERGY: Row("rwa.energy_credit", PPB, 25 * POINT, 90 * POINT, by(10 * POINT), 7,
        ECONOMIC, "For what is registered from then on."),
    P.VALIDATOR_BOND: Row("staking.validator_bond", PLANCK, 500 * UNIT, 10**4 * UNIT, part(25), 7,
        ECONOMIC, "A bad segment called good costs a tenth; 64 places, 0.32 % of supply."),
    P.NOMINATOR_BOND: Row("staking.nominator_bond", PLANCK, UNIT, 1_000 * UNIT, part(50), 7,
        ECONOMIC, "Places in the list of voters are few."),
    P.OUTLIER: Row("oracle.outlier", PPB, POINT, 10 * POINT, by(POINT), 7, ECONOMIC,
        "Lies cost more than they bring."),
    P.NOT_REVEALED: Row("oracle.not_revealed", PPB, POINT // 10, 2 * POINT, by(POINT // 4), 7,
        ECONOMIC, "No more than a lie, which is a relation; more than nothing."),
}  # fmt: skip
"""By the index on the wire."""

GROUPS = tuple(dict.fromkeys(row.group for row in ROWS.values()))
"""The names of the records, in order."""


class Fixed(NamedTuple):
    """A number of section 8 that only an upgrade of the runtime moves."""

    name: str
    value: str
    why: str


FIXED = (
    Fixed("genesis AGPU", "in the chain's specification", "Block 0 is never made again."),
    Fixed("pricing period", "a sixth of an epoch", "Heights are what the history is kept by."),
    Fixed("lane length", "512", "The bound of a stored value; weights are measured at it."),
    Fixed("challenges of capacity", "each canonical share", "Every importer checks every share."),
    Fixed("full lock, multiplier", "364 eras, 2", "Weights of open positions were added up by it."),
    Fixed("parts on their way out", "8", "The bound of a stored list."),
    Fixed("most oracles", "21", "The bound of a stored list; weights are measured at it."),
    Fixed("oracle quorum", "2/3", "More liars own a feed: the argument needs the number."),
    Fixed("referral depth", "1", "More is a pyramid; never."),
    Fixed("seasoning", "7 eras", "Ages of delegated votes were counted by it."),
    Fixed("AMAX cap, genesis", "100,000,000, 40,000,000 AMAX", "What holders were promised."),
    Fixed("AMAX vesting", "180 eras", "Claims of 12 eras are one schedule, found by its start."),
    Fixed("assets of a position", "as much as its AGPU", "A rule, and no number."),
    Fixed("pool deposit", "10 AGPU", "Wallets read it as a constant of the metadata."),
    Fixed(
        "treasury's ceiling", "Stability.set_ceiling", "It has a call of its own, on this track."
    ),
    Fixed("trap receipts", "none", "Not built: a lazy verdict loses as often as providers cheat."),
    Fixed("places of validators", "64", "The bound of a stored value; weights are measured at it."),
    Fixed("tracks of referenda", "section 5.15", "Wallets read them as constants of the metadata."),
)
"""Why a bound that guards capacity, or a number that stored sums were made by, does not move."""


def keys_under(path: str) -> tuple[Parameter, ...]:
    """Return the parameters of a group, or of a record inside one such as `fees.base`."""
    return tuple(key for key, row in ROWS.items() if row.path.startswith(f"{path}."))


def terms_of(values: Mapping[Parameter, int]) -> Terms:
    """Return the terms with these values; what is not among them is the default."""
    terms = Terms()
    for key, value in values.items():
        row = ROWS[key]
        record = row.changed(getattr(terms, row.group), value)
        terms = replace(terms, **{row.group: record})
    return terms


def value_of(terms: Terms, key: Parameter) -> int:
    """Return the value of a parameter in some terms."""
    return ROWS[key].of(terms)
