"""Supply absorption: what burns by itself, what a budget buys, and what cannot be forced."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.frame import BadOrigin, DispatchError, NoOrigin, Root, Signed
from runtime.frame.dispatch import TokenError
from runtime.pallets import treasury
from runtime.pallets.stability import (
    Absorbed,
    Absorption,
    BudgetSet,
    CeilingPassed,
    CeilingSet,
    Error,
    HoldChanged,
    ReserveBurned,
    Stable,
    StableSet,
    formulas,
)
from runtime.pallets.stability.records import WINDOW_ERAS
from runtime.pallets.treasury import Native
from runtime.primitives.extrinsic import Id
from runtime.primitives.types import UNIT
from runtime.terms import DEFAULTS
from tests.pallets.stability_world import (
    ANNA,
    BIG,
    DOLLAR,
    ECONOMIC,
    EMERGENCY,
    FEED,
    POT,
    SLOTS,
    SMALL,
    STABLE,
    SUPPLY,
    StabilityWorld,
)

QUARTER_PERCENT = 400


@pytest.fixture
def world() -> StabilityWorld:
    return StabilityWorld()


# the reserve


def test_req_8_a_supply_that_grew_too_much_burns_the_reserve_by_itself(
    world: StabilityWorld,
) -> None:
    world.next_era(WINDOW_ERAS - 1)
    world.grow(SUPPLY // 20)
    pot = world.treasury.pot()
    world.next_era()
    assert ReserveBurned(pot // QUARTER_PERCENT, True) in world.happened()
    assert world.treasury.pot() == pot - pot // QUARTER_PERCENT
    assert world.stability.totals.reserve_burned == pot // QUARTER_PERCENT


def test_no_more_burns_than_the_supply_grew_too_much(world: StabilityWorld) -> None:
    world.next_era(WINDOW_ERAS - 1)
    world.grow(SUPPLY // 100 + UNIT)
    world.next_era()
    assert ReserveBurned(UNIT, True) in world.happened()
    world.next_era()
    assert not burns(world)  # it is a percent now


def test_a_percent_in_30_eras_burns_nothing_and_neither_do_the_first_30(
    world: StabilityWorld,
) -> None:
    world.grow(SUPPLY)
    for _ in range(WINDOW_ERAS - 1):
        world.next_era()
        assert not burns(world)
    world = StabilityWorld()
    world.next_era(WINDOW_ERAS - 1)
    world.grow(SUPPLY // 100)
    world.next_era()
    assert not burns(world)
    assert world.stability.outlook().growth == 10**7


def test_what_is_promised_does_not_burn() -> None:
    world = StabilityWorld()
    world.terms.stability = replace(DEFAULTS.stability, reserve_part=10**9)
    world.next_era(WINDOW_ERAS - 1)
    world.grow(SUPPLY)
    world.call(world.treasury.spend, BIG, Native(), POT // 50, Id(ANNA), None)
    world.next_era()
    assert ReserveBurned(POT - POT // 50, True) in world.happened()
    assert world.treasury.pot() == POT // 50


def test_req_72_a_referendum_burns_of_the_reserve_within_what_it_may_spend(
    world: StabilityWorld,
) -> None:
    most = POT // 50
    world.call(world.stability.burn_reserve, BIG, most)
    assert world.happened()[-1] == ReserveBurned(most, False)
    assert world.token.total_issuance == SUPPLY - most
    with world.refuses(treasury.Error.WINDOW_EXHAUSTED):
        world.call(world.stability.burn_reserve, BIG, most // 2)
    with world.refuses(treasury.Error.INSUFFICIENT_PERMISSION):
        world.call(world.stability.burn_reserve, SMALL, most)
    with world.refuses(Error.ZERO_AMOUNT):
        world.call(world.stability.burn_reserve, BIG, 0)
    for origin in (Signed(ANNA), NoOrigin(), ECONOMIC, Root()):
        with world.refuses(BadOrigin.BAD_ORIGIN):
            world.call(world.stability.burn_reserve, origin, 1)


# absorption


def test_req_72_a_budget_buys_a_sliver_of_the_pool_and_burns_it(world: StabilityWorld) -> None:
    world.allow(1_000 * DOLLAR)
    sliver = world.pool.stable // QUARTER_PERCENT
    bought, pot = world.pool.quote(sliver), world.treasury.pot()
    assert world.absorb() == sliver
    assert world.happened()[-1] == Absorbed(ANNA, world.epoch, sliver, bought)
    assert world.token.total_issuance == SUPPLY - bought
    assert world.treasury.pot() == pot
    assert world.stability.absorption == Absorption(1_000 * DOLLAR - sliver, 10**6 + 2)


def test_agpu_is_bought_once_in_an_epoch(world: StabilityWorld) -> None:
    world.allow(1_000 * DOLLAR)
    world.absorb()
    with world.refuses(Error.ALREADY_ABSORBED):
        world.call(world.stability.absorb, Signed(ANNA))
    world.epoch += 1
    assert world.absorb() > 0


def test_the_whole_is_never_more_than_the_budget(world: StabilityWorld) -> None:
    budget = 600 * DOLLAR
    world.allow(budget, origin=EMERGENCY)
    spent = 0
    for _ in range(3):
        spent += world.absorb()
        world.epoch += 1
        world.pool.settle()
    assert spent == budget
    assert world.stability.totals.spent == budget
    with world.refuses(Error.NO_BUDGET):
        world.call(world.stability.absorb, Signed(ANNA))


def test_the_whole_is_never_more_than_the_treasury_has(world: StabilityWorld) -> None:
    world.allow(10**6 * DOLLAR)
    world.owned[world.treasury.account] = 3 * DOLLAR
    assert world.absorb() == 3 * DOLLAR
    world.epoch += 1
    with world.refuses(Error.NOTHING_TO_SPEND):
        world.call(world.stability.absorb, Signed(ANNA))


def test_nothing_is_bought_above_the_average_of_a_day(world: StabilityWorld) -> None:
    world.allow(1_000 * DOLLAR)
    world.pool.average = world.pool.spot(STABLE) * 1021 // 1000  # a dollar bought more
    with world.refuses(Error.PRICE_TOO_HIGH):
        world.call(world.stability.absorb, Signed(ANNA))
    world.pool.average = world.pool.spot(STABLE) * 1019 // 1000
    assert world.absorb() > 0


def test_forcing_it_by_a_price_that_is_pushed_down_buys_no_more(world: StabilityWorld) -> None:
    """Whatever the price falls to, the sliver is of the pool and the sum is the budget's."""
    world.allow(1_000 * DOLLAR)
    world.pool.sell_agpu(ANNA, 30_000 * UNIT)
    before = world.pool.stable
    average, price = world.pool.average, world.pool.spot(STABLE)
    assert average is not None
    assert price > 2 * average
    assert world.absorb() == before // QUARTER_PERCENT
    with world.refuses(Error.ALREADY_ABSORBED):
        world.call(world.stability.absorb, Signed(ANNA))


def test_a_price_that_is_pushed_up_for_a_moment_stops_it(world: StabilityWorld) -> None:
    world.allow(1_000 * DOLLAR)
    world.owned[ANNA] = 10_000 * DOLLAR
    world.pool.buy_agpu(ANNA, STABLE, 1_500 * DOLLAR, 0)
    with world.refuses(Error.PRICE_TOO_HIGH):
        world.call(world.stability.absorb, Signed(ANNA))


@pytest.mark.parametrize("thousandths", [1, 2, 5, 9])
def test_a_sandwich_around_it_costs_more_than_it_brings(thousandths: int) -> None:
    world = StabilityWorld()
    world.allow(1_000 * DOLLAR)
    stake = world.pool.stable * thousandths // 1000
    world.owned[ANNA] = stake
    bought = world.pool.buy_agpu(ANNA, STABLE, stake, 0)
    assert world.absorb() > 0
    assert world.pool.sell_agpu(ANNA, bought) < stake


def test_a_swap_that_would_bring_too_little_is_refused(world: StabilityWorld) -> None:
    world.allow(1_000 * DOLLAR)
    world.pool.average = world.pool.spot(STABLE) * 1019 // 1000
    quote = world.pool.quote
    world.pool.quote = lambda amount: quote(amount) * 98 // 100  # type: ignore[method-assign]
    with world.refuses(TokenError.FUNDS_UNAVAILABLE):
        world.call(world.stability.absorb, Signed(ANNA))


def test_nothing_is_bought_before_the_slot_that_chance_has_drawn(world: StabilityWorld) -> None:
    world.allow(1_000 * DOLLAR)
    drawn = formulas.drawn_slot(bytes(32), SLOTS)
    assert 0 < drawn < SLOTS
    world.passed = drawn - 1
    with world.refuses(Error.TOO_EARLY):
        world.call(world.stability.absorb, Signed(ANNA))
    world.passed = drawn
    assert world.absorb() > 0


def test_the_draw_reaches_every_part_of_an_epoch() -> None:
    drawn = [formulas.drawn_slot(number.to_bytes(32, "little"), 6) for number in range(200)]
    assert sorted(dict.fromkeys(drawn)) == [0, 1, 2, 3, 4, 5]


def test_nothing_is_bought_blindly(world: StabilityWorld) -> None:
    absorb = (world.stability.absorb, Signed(ANNA))
    with world.refuses(Error.NO_BUDGET):
        world.call(*absorb)
    world.call(world.stability.set_absorption_budget, BIG, DOLLAR, 100)
    with world.refuses(Error.NO_STABLE):
        world.call(*absorb)
    world.allow(1_000 * DOLLAR)
    world.healthy = False
    with world.refuses(Error.FEED_UNHEALTHY):
        world.call(*absorb)
    world.healthy, world.pool.average = True, None
    with world.refuses(Error.NO_AVERAGE):
        world.call(*absorb)
    world.pool.settle()
    world.beacon = None
    with world.refuses(Error.TOO_EARLY):
        world.call(*absorb)
    with world.refuses(BadOrigin.BAD_ORIGIN):
        world.call(world.stability.absorb, NoOrigin())


def test_a_budget_expires_and_a_referendum_ends_it(world: StabilityWorld) -> None:
    world.allow(1_000 * DOLLAR, blocks=1)
    world.next_block()
    world.next_block()
    with world.refuses(Error.BUDGET_EXPIRED):
        world.call(world.stability.absorb, Signed(ANNA))
    world.allow(0)
    assert world.stability.absorption is None
    now = world.context.number
    with world.refuses(Error.UNTIL_THE_PAST):
        world.call(world.stability.set_absorption_budget, BIG, DOLLAR, now)
    world.call(world.stability.set_absorption_budget, BIG, DOLLAR, now + 1)
    assert world.happened()[-1] == BudgetSet(DOLLAR, now + 1)


def test_only_referenda_of_their_tracks_set_what_is_bought(world: StabilityWorld) -> None:
    for origin in (Signed(ANNA), SMALL, ECONOMIC):
        with world.refuses(BadOrigin.BAD_ORIGIN):
            world.call(world.stability.set_absorption_budget, origin, 1, 100)
    for origin in (Signed(ANNA), BIG, EMERGENCY):
        with world.refuses(BadOrigin.BAD_ORIGIN):
            world.call(world.stability.set_stable, origin, Stable(STABLE, FEED))
        with world.refuses(BadOrigin.BAD_ORIGIN):
            world.call(world.stability.set_ceiling, origin, 1)
    world.call(world.stability.set_stable, ECONOMIC, Stable(STABLE, FEED))
    assert world.happened()[-1] == StableSet(Stable(STABLE, FEED))


# the hold


def test_while_little_work_is_bought_only_the_small_track_spends(world: StabilityWorld) -> None:
    def spend(origin: object, amount: int) -> None:
        world.call(world.treasury.spend, origin, Native(), amount, Id(ANNA), None)

    world.used = 299_999_999
    world.next_era(WINDOW_ERAS - 1)
    assert not world.stability.is_holding()
    world.next_era()
    assert world.happened()[-1] == HoldChanged(True)
    with world.refuses(treasury.Error.HELD_BACK):
        spend(BIG, UNIT)
    with world.refuses(treasury.Error.HELD_BACK):
        world.call(world.stability.burn_reserve, BIG, UNIT)
    spend(SMALL, UNIT)
    world.used = 300_000_000
    world.next_era()
    assert HoldChanged(False) in world.happened()
    spend(BIG, UNIT)


def test_an_era_of_use_or_none_that_is_known_begins_the_count_anew(world: StabilityWorld) -> None:
    for used in (300_000_000, None):
        world.used = 0
        world.next_era(WINDOW_ERAS - 1)
        world.used = used
        world.next_era()
        assert world.stability.idle_eras == 0


# the ceiling


def test_above_its_ceiling_the_treasury_has_no_part_of_fees() -> None:
    world = StabilityWorld(pot=SUPPLY // 5)
    assert world.stability.is_above_ceiling
    assert not world.stability.takes_fees()
    world.call(world.stability.set_ceiling, ECONOMIC, 250_000_000)
    assert world.happened() == [CeilingSet(250_000_000), CeilingPassed(False)]
    assert world.stability.takes_fees()
    for part in (0, 10**9 + 1):
        with world.refuses(Error.CEILING_OUT_OF_BOUNDS):
            world.call(world.stability.set_ceiling, ECONOMIC, part)


def test_the_ceiling_is_looked_at_as_an_era_begins(world: StabilityWorld) -> None:
    world.token.transfer(ANNA, world.treasury.account, SUPPLY // 10)
    assert world.stability.takes_fees()
    world.next_era()
    assert CeilingPassed(True) in world.happened()
    assert not world.stability.takes_fees()


def test_the_outlook_tells_how_it_stands(world: StabilityWorld) -> None:
    world.allow(DOLLAR)
    found = world.stability.outlook()
    assert (found.growth, found.idle_eras, found.is_holding) == (None, 0, False)
    assert (found.ceiling, found.is_above_ceiling) == (150_000_000, False)
    assert found.stable == Stable(STABLE, FEED)
    assert found.absorption is not None
    assert found.absorption.left == DOLLAR


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["grow", "buy", "sell", "absorb", "epoch", "era", "burn"]),
            st.integers(1, 10**6),
        ),
        max_size=30,
    )
)
def test_whatever_happens_the_caps_hold_and_agpu_is_never_sold(steps: list) -> None:
    world, budget = StabilityWorld(), 2_000 * DOLLAR
    world.allow(budget)
    world.owned[ANNA] = 10**6 * DOLLAR
    absorbed: dict[int, int] = {}
    for step, size in steps:
        pooled, pot = world.pool.stable, world.treasury.pot()
        try:
            match step:
                case "grow":
                    world.grow(size * UNIT // 1000)
                case "buy":
                    world.pool.buy_agpu(ANNA, STABLE, size * DOLLAR // 10**3, 0)
                case "sell":
                    world.pool.sell_agpu(ANNA, size * UNIT // 10**3)
                case "absorb":
                    spent = world.absorb()
                    assert world.epoch not in absorbed
                    assert spent <= pooled // QUARTER_PERCENT
                    assert world.treasury.pot() == pot
                    absorbed[world.epoch] = spent
                case "epoch":
                    world.epoch += 1
                    world.pool.settle()
                case "era":
                    world.next_era()
                    assert pot - world.treasury.pot() <= pot // QUARTER_PERCENT
                case "burn":
                    world.call(world.stability.burn_reserve, BIG, size * UNIT // 10**4)
        except DispatchError:
            assert (world.pool.stable, world.treasury.pot()) == (pooled, pot)
    assert sum(absorbed.values()) <= budget
    assert world.owned[world.treasury.account] == 20_000 * DOLLAR - sum(absorbed.values())


def burns(world: StabilityWorld) -> list[object]:
    return [one for one in world.happened() if isinstance(one, ReserveBurned)]
