"""Parameters: bounds, steps, cooldowns, owners and relations, and what a change does."""

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.frame import BadOrigin, DispatchError, GovernanceOrigin, Governed, Root, Signed
from runtime.frame.dispatch import Origin
from runtime.frame.pallet import InvariantError
from runtime.pallets import jobs
from runtime.pallets.balances import Balances
from runtime.pallets.parameters import Change, Error, Parameters, ParameterSet
from runtime.primitives.types import UNIT
from runtime.terms import DEFAULTS, Terms
from runtime.terms.parameter import Parameter
from runtime.terms.records import PERBILL
from runtime.terms.registry import FIXED, GROUPS, ROWS, Owner
from runtime.terms.relations import are_within_bounds, hold
from runtime.tracks import OWNERS
from tests.pallets.compute_market import ALICE, CAROL, FEE, ComputeMarket
from tests.support.bench import Bench

ERA = 30
ECONOMIC = Governed(GovernanceOrigin.ECONOMIC_PARAMS)
POINT = PERBILL // 100
KEYS = st.sampled_from(Parameter)

SECTION_8 = {
    "cap, genesis AGPU": ("CAP", "genesis AGPU"),
    "kappa min, max": ("KAPPA_MIN", "KAPPA_MAX"),
    "u*": ("TARGET",),
    "A0, halving": ("A0", "HALVING_ERAS"),
    "K*": ("K_STAR",),
    "rho": ("RHO",),
    "breaker": ("BREAKER",),
    "base split": (
        *("BASE_PROVIDER_LOW", "BASE_PROVIDER_HIGH", "BASE_BURN", "BASE_VALIDATORS"),
        *("BASE_ORACLES", "BASE_STAKERS"),
    ),
    "scarcity split": (
        *("SCARCITY_PROVIDER", "SCARCITY_BURN", "SCARCITY_VALIDATORS", "SCARCITY_ORACLES"),
        "SCARCITY_STAKERS",
    ),
    "surge split": (
        *("SURGE_PROVIDER", "SURGE_BURN", "SURGE_VALIDATORS", "SURGE_ORACLES", "SURGE_STAKERS"),
    ),
    "mint split": (
        *("MINT_PROVIDER", "MINT_CLIENT_REFERRER", "MINT_PROVIDER_REFERRER", "MINT_INFRA"),
        *("MINT_GOVERNANCE", "MINT_ACCURACY"),
    ),
    "pricing period, D": ("pricing period", "DIVISOR"),
    "base price": ("BASE_MIN", "BASE_MAX"),
    "EMA, band, least markets": ("AVERAGE_DIVISOR", "BAND", "LEAST_MARKETS"),
    "latency classes, tip": ("BATCH", "FAST", "REALTIME", "MAX_TIP"),
    "queue": ("lane length", "MAX_MATCHES", "DRAWS", "MAX_BOOST", "QUEUE_DEPOSIT"),
    "bond": ("REVENUE_HOURS", "CAPACITY_EPOCHS", "EXPOSURE_FACTOR", "UNBONDING_ERAS"),
    "verification": (
        *("AUDIT_RATE", "NEWCOMER_AUDIT_RATE", "trap receipts", "challenges of capacity"),
    ),
    "transaction fees": ("TRANSACTION_BURN", "TRANSACTION_TREASURY", "TIP_BURN"),
    "vault": (
        *("LEAST_LOCK", "full lock, multiplier", "parts on their way out", "assets of a position"),
        *("RWA_SHARE", "INSURANCE_SHARE", "HAIRCUT", "HAIRCUT_BILLS", "HAIRCUT_ENERGY"),
    ),
    "AMM fee": ("LP_FEE", "POOL_BURN", "POOL_TREASURY", "POOL_REWARDS", "pool deposit"),
    "AMAX": (
        *("AMAX cap, genesis", "AMAX_DELTA", "AMAX vesting", "AMAX_CAPACITY", "AMAX_ACCURACY"),
        *("AMAX_PARTICIPATION", "AMAX_INFRA", "AMAX_OPERATOR", "AMAX_VOTER"),
    ),
    "stability, of section 5.17": (
        *("SUPPLY_GROWTH", "RESERVE_BURN", "POOL_PART", "ABOVE_AVERAGE", "DEAREST", "IDLE"),
        "treasury's ceiling",
    ),
    "validators, of section 5.10": ("VALIDATOR_BOND", "NOMINATOR_BOND", "places of validators"),
    "oracle": (
        *("LEAST_MEMBERS", "most oracles", "HEALTH_BAND", "oracle quorum", "LARGEST_STEP"),
        *("STALE_EPOCHS", "OUTLIER", "NOT_REVEALED"),
    ),
    "referral": ("REFERRAL_WINDOW", "referral depth", "REFERRAL_VESTING"),
    "governance": (
        *("tracks of referenda", "seasoning", "SPEND_SMALL", "SPEND_MEDIUM", "SPEND_BIG"),
        "SPEND_ALL",
    ),
}
"""The rows of the design's table, and what is there for each: a key, or a reason to be fixed."""


class World(Bench):
    """A ledger with half of all AGPU, and its parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.token = self.add(Balances(self.context, 10**9, index=6, name="Balances"))
        self.token.build(((ALICE, 5 * 10**8 * UNIT),))
        self.parameters = self.add(Parameters(self.context, self.token, OWNERS, ERA, index=72))

    def set(self, key: Parameter, value: int, origin: Origin = ECONOMIC) -> None:
        self.call(self.parameters.set_parameter, origin, key, value)

    def pass_eras(self, count: int) -> None:
        self.context.number += count * ERA


@pytest.fixture
def world() -> World:
    return World()


# the registry


def test_every_number_of_section_8_has_a_row_or_a_reason_to_be_fixed() -> None:
    wanted = [name for names in SECTION_8.values() for name in names]
    listed = [key.name for key in Parameter] + [one.name for one in FIXED]
    assert sorted(wanted) == sorted(listed)
    assert list(ROWS) == sorted(ROWS, key=lambda key: key.value) == list(Parameter)


def test_a_chain_begins_within_all_bounds() -> None:
    assert are_within_bounds(DEFAULTS)
    assert hold(DEFAULTS)
    assert {row.group for row in ROWS.values()} == set(GROUPS) == set(Terms.__slots__)


@pytest.mark.parametrize("key", Parameter, ids=lambda key: key.name)
def test_no_single_change_goes_from_one_bound_to_the_other(key: Parameter) -> None:
    row = ROWS[key]
    assert row.least < row.most
    assert not row.step.allows(row.least, row.most)
    assert not row.step.allows(row.most, row.least)
    assert row.cooldown_eras >= 1, "one referendum after the other is no large step"
    assert row.why.endswith(".")


# refusals


def test_only_the_track_that_owns_a_parameter_sets_it_req_42(world: World) -> None:
    with world.refuses(BadOrigin.BAD_ORIGIN):
        world.set(Parameter.BASE_BURN, 16 * POINT, Signed(ALICE))
    for track in GovernanceOrigin:
        if track is not GovernanceOrigin.ECONOMIC_PARAMS:
            with world.refuses(Error.NOT_THIS_TRACK):
                world.set(Parameter.BASE_BURN, 16 * POINT, Governed(track))
        with world.refuses(Error.NOT_THIS_TRACK):
            world.set(Parameter.CAP, 9 * 10**8 * UNIT, Governed(track))
    world.set(Parameter.CAP, 9 * 10**8 * UNIT, Root())
    world.set(Parameter.BASE_BURN, 16 * POINT, Root())
    assert {row.owner for key, row in ROWS.items() if row.group == "treasury"} == {Owner.ROOT}


def test_a_value_stays_within_its_bounds(world: World) -> None:
    row = ROWS[Parameter.RHO]
    for value in (row.least - 1, row.most + 1, 2**128 - 1):
        with world.refuses(Error.OUT_OF_BOUNDS):
            world.set(Parameter.RHO, value)


@pytest.mark.parametrize(
    ("key", "most"),
    [
        (Parameter.A0, 84 * 10**7),
        (Parameter.BASE_BURN, 17 * POINT),
        (Parameter.DIVISOR, 60),
        (Parameter.EXPOSURE_FACTOR, 9),
    ],
)
def test_a_step_is_as_large_as_its_row_says_and_waits_for_the_next_req_42(
    world: World, key: Parameter, most: int
) -> None:
    if key is Parameter.BASE_BURN:
        world.set(Parameter.BASE_PROVIDER_HIGH, 76 * POINT)
    with world.refuses(Error.STEP_TOO_LARGE):
        world.set(key, most + 1)
    world.set(key, most)
    world.pass_eras(6)
    with world.refuses(Error.COOLING_DOWN):
        world.set(key, most)
    world.pass_eras(1)
    world.set(key, most)
    assert world.parameters.get(key) == most


def test_the_cap_only_falls_and_never_below_what_is_issued(world: World) -> None:
    with world.refuses(Error.OUT_OF_BOUNDS):
        world.set(Parameter.CAP, 10**9 * UNIT + 1, Root())
    cap = 10**9 * UNIT
    while cap * 9 // 10 >= world.token.total_issuance:
        cap = cap * 9 // 10
        world.set(Parameter.CAP, cap, Root())
        with world.refuses(Error.STEP_TOO_LARGE):
            world.set(Parameter.CAP, cap + 1, Root())
        world.pass_eras(28)
    with world.refuses(Error.BELOW_ISSUANCE):
        world.set(Parameter.CAP, world.token.total_issuance - 1, Root())
    world.set(Parameter.CAP, world.token.total_issuance, Root())


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (Parameter.KAPPA_MAX, 500_000_001),
        (Parameter.KAPPA_MIN, 199_999_999),
        (Parameter.BASE_BURN, 17 * POINT),
        (Parameter.SCARCITY_BURN, 54 * POINT),
        (Parameter.SURGE_PROVIDER, 85 * POINT),
        (Parameter.MINT_PROVIDER, 57 * POINT),
        (Parameter.TRANSACTION_BURN, 40 * POINT),
        (Parameter.TRANSACTION_TREASURY, 20 * POINT),
        (Parameter.DEAREST, 102 * POINT),
    ],
)
def test_parameters_that_contradict_each_other_are_refused(
    world: World, key: Parameter, value: int
) -> None:
    if key is Parameter.BASE_BURN:  # the treasury's rest of 1 % is not enough for two points more
        with world.refuses(Error.RELATION_BROKEN):
            world.set(key, value)
        return
    if key in (Parameter.SCARCITY_BURN, Parameter.SURGE_PROVIDER, Parameter.MINT_PROVIDER):
        fill(world, key)
    with world.refuses(Error.RELATION_BROKEN):
        world.set(key, value)


def fill(world: World, key: Parameter) -> None:
    """Give the treasury's part of what `key` is of to somebody else."""
    other = {
        Parameter.SCARCITY_BURN: (Parameter.SCARCITY_PROVIDER, 42 * POINT),
        Parameter.SURGE_PROVIDER: (Parameter.SURGE_BURN, 14 * POINT),
        Parameter.MINT_PROVIDER: (Parameter.MINT_INFRA, 12 * POINT),
    }[key]
    world.set(*other)
    if key is Parameter.MINT_PROVIDER:
        world.set(Parameter.MINT_ACCURACY, 12 * POINT)
        world.pass_eras(7)
        world.set(Parameter.MINT_INFRA, 14 * POINT)
        world.set(Parameter.MINT_ACCURACY, 14 * POINT)
        world.set(Parameter.MINT_GOVERNANCE, 6 * POINT)


def test_to_set_what_is_there_renews_it(world: World) -> None:
    world.pass_eras(400)
    world.set(Parameter.A0, DEFAULTS.emission.a0)
    assert world.parameters.renewed(Parameter.A0) == 400
    assert world.parameters.emission == DEFAULTS.emission
    assert world.happened()[-1] == ParameterSet(
        Parameter.A0, DEFAULTS.emission.a0, DEFAULTS.emission.a0
    )


# what is stored


def test_a_change_stores_its_group_and_when_it_was_made(world: World) -> None:
    assert world.parameters.changes.get(Parameter.FAST) is None
    world.set(Parameter.FAST, 1_375_000_000)
    assert world.parameters.pricing == replace(DEFAULTS.pricing, fast=1_375_000_000)
    assert world.parameters.changes[Parameter.FAST] == Change(0, 1)
    (view,) = [one for one in world.parameters.views() if one.key is Parameter.FAST]
    assert (view.value, view.default, view.free_from) == (1_375_000_000, 1_250_000_000, 1)
    assert (view.path, view.owner, view.change) == (b"pricing.fast", Owner.ECONOMIC_PARAMS,
                                                    Change(0, 1))  # fmt: skip


@pytest.mark.parametrize(
    "broken",
    [
        {"emission": replace(DEFAULTS.emission, rho=5_000)},
        {"emission": replace(DEFAULTS.emission, kappa_min=150_000_000)},
        {"queue": replace(DEFAULTS.queue, draws=6)},
    ],
)
def test_invariants_notice_what_no_referendum_set(world: World, broken: dict) -> None:
    for group, record in broken.items():
        setattr(world.parameters, group, record)
    with pytest.raises(InvariantError):
        world.parameters.try_state()


@given(st.lists(st.tuples(KEYS, st.integers(-3, 3), st.integers(0, 8)), max_size=40))
def test_whatever_referenda_decide_the_terms_stay_admissible(
    changes: list[tuple[Parameter, int, int]],
) -> None:
    world = World()
    for key, steps, eras in changes:
        step = ROWS[key].step
        old = world.parameters.get(key)
        value = max(old + steps * max(step.amount, old * step.part // PERBILL, 1) // 2, 0)
        with suppress(DispatchError):
            world.call(world.parameters.set_parameter, Root(), key, value)
            old = value
        assert world.parameters.get(key) == old
        terms = world.parameters.terms()
        assert are_within_bounds(terms)
        assert hold(terms)
        world.pass_eras(eras)


# what a change does


class ParameterMarket(ComputeMarket):
    """The compute market under the real parameters."""

    def _terms(self) -> Parameters:
        return self.add(Parameters(self.context, self.token, OWNERS, ERA, index=72))


def test_the_next_job_burns_what_was_decided_and_a_running_one_what_it_began_with() -> None:
    market = ParameterMarket(mints=True)
    market.join(CAROL)
    market.next_block()
    running = market.verified()
    for key, value in (
        (Parameter.BASE_PROVIDER_HIGH, 76 * POINT),
        (Parameter.BASE_BURN, 17 * POINT),
    ):
        market.call(market.terms.set_parameter, ECONOMIC, key, value)
    market.next_block()
    later = market.verified()
    assert market.jobs.jobs[running].split is None
    assert market.jobs.jobs[later].split == market.terms.fees
    market.next_block()
    burned = [
        (one.job, one.burn)
        for one in market.own_events(market.jobs)
        if isinstance(one, jobs.SegmentSettled)
    ]
    assert burned == [(running, FEE * 15 // 100), (later, FEE * 17 // 100)]
    assert market.jobs.jobs[later].split is None, "what is paid needs no split any more"
