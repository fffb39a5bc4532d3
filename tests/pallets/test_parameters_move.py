"""Moving a parameter moves what it is named for: pools, AMAX, the supply, assets and stakes."""

from dataclasses import replace
from pathlib import Path

import pytest

from runtime.compute.price import MICRO
from runtime.frame import Signed
from runtime.frame.fungibles import NATIVE, WithId
from runtime.pallets.asset_conversion import FeesTaken
from runtime.pallets.rwa import AssetKind, Meta
from runtime.pallets.stability import Error as StabilityError
from runtime.pallets.staking import Error as StakingError
from runtime.pallets.vaults import Error as VaultError
from runtime.pallets.vaults import Insurance, OfRwa
from runtime.primitives.types import UNIT
from runtime.terms.parameter import Parameter
from runtime.terms.registry import ROWS
from tests.pallets.amax_world import ANNA as EARNER
from tests.pallets.amax_world import K_STAR, AmaxWorld
from tests.pallets.oracle_world import OracleWorld
from tests.pallets.pools import BERT, COIN, PoolWorld
from tests.pallets.rwa_world import ALICE, GOLD, HASH, ONE, PRICE_FEED, RESERVE_FEED, RwaWorld
from tests.pallets.stability_world import DOLLAR, STABLE, StabilityWorld
from tests.pallets.staking_world import StakingWorld
from tests.pallets.test_asset_rewards import SHARE, TREASURY, RewardWorld
from tests.pallets.vault_world import VaultWorld

POINT = 10**7
"""A per cent, in parts per billion."""
PAIR = (NATIVE, WithId(COIN))


def move(world: object, key: Parameter, value: int) -> None:
    """Set a parameter of a world, as a referendum may in several steps."""
    row, terms = ROWS[key], world.terms
    assert row.least <= value <= row.most, key
    setattr(terms, row.group, row.changed(getattr(terms, row.group), value))


# what swaps cost


def fees_of(world: PoolWorld) -> FeesTaken:
    """Sell 100 AGPU; return what of it was burned, and what is the treasury's."""
    world.context.events.clear()
    world.swap(PAIR, 100 * UNIT)
    (found,) = [one for one in world.happened() if isinstance(one, FeesTaken)]
    return found


def test_the_fee_of_a_swap_is_what_referenda_decide() -> None:
    world = PoolWorld()
    assert fees_of(world) == FeesTaken(PAIR, UNIT // 20, UNIT // 20)
    move(world, Parameter.POOL_BURN, POINT // 10)
    move(world, Parameter.POOL_TREASURY, POINT // 100)
    assert fees_of(world) == FeesTaken(PAIR, UNIT // 10, UNIT // 100)


def test_what_stays_in_a_pool_is_what_referenda_decide() -> None:
    bought = []
    for fee in (POINT // 20, POINT // 5, POINT):
        world = PoolWorld()
        move(world, Parameter.LP_FEE, fee)
        before = world.has(WithId(COIN), BERT)
        world.swap(PAIR, 100 * UNIT)
        bought.append(world.has(WithId(COIN), BERT) - before)
    assert bought == sorted(bought, reverse=True)
    assert bought[0] * 990 // 1000 < bought[2] * 1001 // 1000 < bought[0] * 992 // 1000


@pytest.mark.parametrize("part", [0, 20 * POINT, 50 * POINT])
def test_stakers_of_shares_have_the_part_of_fees_that_referenda_decide(part: int) -> None:
    world = RewardWorld()
    move(world, Parameter.POOL_REWARDS, part)
    world.stake(BERT, 100 * SHARE)
    world.to_epoch()
    treasury = world.agpu.free(TREASURY)
    world.swap(PAIR, 8_000 * UNIT)
    fees = world.agpu.free(TREASURY) - treasury
    world.to_epoch()
    assert fees == 4 * UNIT
    assert world.agpu.free(TREASURY) - treasury == fees - fees * part // 10**9


# how AMAX is created


def test_an_epoch_creates_the_part_of_what_is_left_that_referenda_decide() -> None:
    world = AmaxWorld()
    usual = world.budget(world.close())
    move(world, Parameter.AMAX_DELTA, 39_536)
    assert world.budget(world.close()) == pytest.approx(2 * usual, rel=1e-6)


@pytest.mark.parametrize(
    ("key", "dimension"),
    [
        (Parameter.AMAX_ACCURACY, "accuracy"),
        (Parameter.AMAX_PARTICIPATION, "participation"),
        (Parameter.AMAX_INFRA, "infra"),
        (Parameter.AMAX_CAPACITY, "capacity"),
    ],
)
def test_an_epoch_is_divided_as_was_decided_before_it_closed(
    key: Parameter, dimension: str
) -> None:
    world = AmaxWorld(replace(AmaxWorld().terms.distribution, group_cap=10**9, voter_cap=10**9))
    world.prove(EARNER, K_STAR * MICRO, epochs=9)
    world.share(EARNER, accuracy=1, participation=1, infra=1)
    move(world, key, ROWS[key].least)
    budget = world.budget(world.close())
    move(world, key, ROWS[key].most)
    wanted = budget * ROWS[key].least // 10**9
    assert getattr(world.claimable(EARNER), dimension) == wanted


def test_one_operator_and_one_voter_have_what_referenda_allow() -> None:
    for key, dimension, slice_ in (
        (Parameter.AMAX_OPERATOR, "capacity", 40),
        (Parameter.AMAX_VOTER, "participation", 10),
    ):
        for value in (ROWS[key].least, ROWS[key].most):
            world = AmaxWorld()
            move(world, key, value)
            world.prove(EARNER, K_STAR * MICRO, epochs=9)
            world.share(EARNER, participation=1)
            whole = world.budget(world.close()) * slice_ // 100
            assert getattr(world.claimable(EARNER), dimension) == whole * value // 10**9


# what the chain does about its supply


def burned_after_growth(key: Parameter, value: int) -> int:
    world = StabilityWorld()
    move(world, key, value)
    world.next_era(31)
    world.grow(2_000 * UNIT)
    world.next_era()
    return world.stability.totals.reserve_burned


def test_the_growth_that_burns_the_reserve_is_what_referenda_decide() -> None:
    assert burned_after_growth(Parameter.SUPPLY_GROWTH, POINT) > 0
    assert burned_after_growth(Parameter.SUPPLY_GROWTH, 3 * POINT) == 0


def test_the_part_of_the_reserve_that_burns_is_what_referenda_decide() -> None:
    less = burned_after_growth(Parameter.RESERVE_BURN, POINT // 20)
    more = burned_after_growth(Parameter.RESERVE_BURN, POINT // 2)
    assert more == 10 * less > 0


def test_the_sliver_of_the_pool_that_is_spent_is_what_referenda_decide() -> None:
    world = StabilityWorld()
    move(world, Parameter.POOL_PART, POINT // 20)
    world.allow(10_000 * DOLLAR)
    world.absorb()
    assert world.stability.totals.spent == 100_000 * DOLLAR // 2_000


def test_the_price_up_to_which_agpu_is_bought_is_what_referenda_decide() -> None:
    world = StabilityWorld()
    world.allow(10_000 * DOLLAR)
    world.pool.average = world.pool.spot(STABLE) * 103 // 100
    with world.refuses(StabilityError.PRICE_TOO_HIGH):
        world.absorb()
    move(world, Parameter.ABOVE_AVERAGE, 104 * POINT)
    move(world, Parameter.DEAREST, 110 * POINT)
    assert world.absorb() > 0


def test_the_use_below_which_the_treasury_keeps_is_what_referenda_decide() -> None:
    world = StabilityWorld()
    world.used = 40 * POINT
    world.next_era(2)
    assert world.stability.idle_eras == 0
    move(world, Parameter.IDLE, 45 * POINT)
    world.next_era(2)
    assert world.stability.idle_eras == 2


# what assets count for, and who bears the first loss


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        (AssetKind.OTHER, Parameter.HAIRCUT),
        (AssetKind.TREASURY_BILL, Parameter.HAIRCUT_BILLS),
        (AssetKind.ENERGY_CREDIT, Parameter.HAIRCUT_ENERGY),
    ],
)
def test_a_haircut_is_what_referenda_decide_for_its_kind(kind: AssetKind, key: Parameter) -> None:
    world = RwaWorld()
    worth = {}
    for asset, value in ((GOLD, ROWS[key].least), (GOLD + 1, ROWS[key].most)):
        move(world, key, value)
        world.register(Meta(asset, kind, 2, PRICE_FEED, RESERVE_FEED, HASH))
        world.approve(asset=asset)
        worth[asset] = world.rwa.value_of(asset, ONE)
    left = [10**9 - ROWS[key].least, 10**9 - ROWS[key].most]
    assert worth[GOLD] * left[1] == worth[GOLD + 1] * left[0] > 0
    assert world.record(GOLD).haircut == ROWS[key].least, "what is registered keeps its own"


def test_what_assets_may_be_of_a_vault_is_what_referenda_decide() -> None:
    world = RwaWorld()
    world.issue()
    world.stake(1, ALICE, 1_000 * UNIT, 10 * ONE)
    move(world, Parameter.RWA_SHARE, 0)
    with world.refuses(VaultError.RWA_CAP_EXCEEDED):
        world.call(world.vaults.join, Signed(ALICE), 1, OfRwa(GOLD), ONE, 28)


def test_the_part_of_those_who_insure_is_what_referenda_decide() -> None:
    world = VaultWorld()
    insurance = world.create(Insurance())
    world.join(insurance, ALICE)
    world.next_epoch()
    parts = []
    for value in (10 * POINT, 40 * POINT):
        move(world, Parameter.INSURANCE_SHARE, value)
        before = world.vault(insurance).owed
        world.fee(100 * UNIT)
        parts.append(world.vault(insurance).owed - before)
    assert parts == [10 * UNIT, 40 * UNIT]


# what is at stake


def test_the_least_bonds_follow_with_the_next_era_that_is_elected() -> None:
    world = StakingWorld()
    who, other = world.people[:2]
    world.bond(who, 1_000 * UNIT)
    world.bond(other, 10 * UNIT)
    move(world, Parameter.VALIDATOR_BOND, 2_000 * UNIT)
    move(world, Parameter.NOMINATOR_BOND, 20 * UNIT)
    assert world.staking.min_validator_bond == 1_000 * UNIT, "the era under way keeps its own"
    world.eras(1)
    assert world.staking.min_validator_bond == 2_000 * UNIT
    assert world.staking.min_nominator_bond == 20 * UNIT
    with world.refuses(StakingError.INSUFFICIENT_BOND):
        world.validate(who)
    with world.refuses(StakingError.INSUFFICIENT_BOND):
        world.nominate(other, world.accounts[0])


def test_what_a_false_report_costs_is_what_referenda_decide() -> None:
    world = OracleWorld(members=8)
    move(world, Parameter.OUTLIER, 5 * POINT)
    move(world, Parameter.NOT_REVEALED, POINT)
    liar, silent = world.people[0], world.people[1]
    before = {who: world.held(who) for who in (liar, silent)}
    world.next_round()
    world.commit(silent, world.report(100))
    world.play({who: 300 if who == liar else 100 for who in world.people if who != silent})
    lost = {who: before[who] - world.held(who) for who in before}
    assert lost == {liar: before[liar] // 20, silent: before[silent] // 100}


def test_every_parameter_since_the_first_registry_is_moved_here() -> None:
    """The others have their tests beside their pallets."""
    moved = {key for key in Parameter if f"Parameter.{key.name}" in Path(__file__).read_text()}
    assert moved == {key for key in Parameter if key.value >= Parameter.LP_FEE.value}
