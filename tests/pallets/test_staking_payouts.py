"""What validators and nominators earn: what the pot received, by points and by stakes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.frame import Signed
from runtime.pallets.staking import (
    HISTORY_ERAS,
    EraPaid,
    Error,
    PayoutStarted,
    Rewarded,
    RewardsExpired,
    ToAccount,
    ToBond,
    ToNobody,
    ToStash,
)
from runtime.primitives.types import UNIT
from tests.pallets.offence_world import BOND, MINIMUM, POT, TREASURY
from tests.pallets.staking_world import STASH, StakingWorld

POT_PAYS = 7_000 * UNIT


@pytest.fixture
def world() -> StakingWorld:
    return StakingWorld()


def paid(world: StakingWorld, who: bytes, era: int = 1) -> None:
    world.call(world.staking.payout_stakers, Signed(TREASURY), who, era)


def test_req_54_the_pot_is_divided_by_points_and_nothing_is_minted(world: StakingWorld) -> None:
    first, second, third = world.accounts[:3]
    for who in (first, second, third):
        world.call(world.staking.set_payee, Signed(who), STASH)
    world.era()
    world.earn(POT_PAYS, v0=20, v1=50)
    world.earn(0, v0=0)
    issued = world.money.total_issuance
    world.era()
    assert world.staking.eras_validator_reward[1] == POT_PAYS
    for who in (first, second, third):
        paid(world, who)
    assert [world.money.free(who) - MINIMUM for who in (first, second, third)] == [
        POT_PAYS * 20 // 70,
        POT_PAYS * 50 // 70,
        0,
    ]
    assert world.money.total_issuance == issued
    assert world.money.free(POT) == MINIMUM


def test_a_validator_keeps_its_commission_and_the_rest_goes_by_stake(world: StakingWorld) -> None:
    who, (anna, bert) = world.accounts[0], world.people[:2]
    world.validate(who, 10**8)
    world.call(world.staking.set_payee, Signed(who), STASH)
    world.nominator(anna, 500 * UNIT, who)
    world.nominator(bert, 1_500 * UNIT, who)
    world.era()
    # terms of later do not count for this era
    world.validate(who, 10**9)
    world.earn(3_000 * UNIT, v0=1)
    world.era()
    assert EraPaid(1, 3_000 * UNIT, 0) in world.happened()
    before = [world.money.free(one) for one in (who, anna, bert)]
    paid(world, who)
    after = [world.money.free(one) for one in (who, anna, bert)]
    gains = [new - old for new, old in zip(after, before, strict=True)]
    # a tenth, and of 2700 a third, a sixth and a half
    assert gains == [1_200 * UNIT, 450 * UNIT, 1_350 * UNIT]
    assert PayoutStarted(1, who, 0, None) in world.happened()
    rewards = [one for one in world.happened() if isinstance(one, Rewarded)]
    assert rewards[0] == Rewarded(who, STASH, 1_200 * UNIT)


def test_rewards_go_to_the_bond_to_an_account_or_nowhere(world: StakingWorld) -> None:
    bonder, sender, silent = world.accounts[:3]
    world.call(world.staking.set_payee, Signed(sender), ToAccount(world.people[0]))
    world.call(world.staking.set_payee, Signed(silent), ToNobody())
    world.era()
    world.earn(3_000 * UNIT, v0=1, v1=1, v2=1)
    world.era()
    free = world.money.free(world.people[0])
    for who in (bonder, sender, silent):
        paid(world, who)
    assert isinstance(world.staking.payee[bonder], ToBond)
    assert world.staking.ledger[bonder].active == BOND + 1_000 * UNIT
    assert world.money.free(world.people[0]) == free + 1_000 * UNIT
    # nobody wants it: it stays until it expires
    assert world.staking.uncollected[1] == world.staking.uncollected_rewards == 1_000 * UNIT


def test_pages_are_paid_once_each_by_anyone(world: StakingWorld) -> None:
    crowd = StakingWorld(people=40)
    who = crowd.accounts[0]
    for one in crowd.people:
        crowd.nominator(one, 25 * UNIT, who)
    crowd.era()
    crowd.earn(2_000 * UNIT, v0=20)
    crowd.era()
    by_page = crowd.staking.payout_stakers_by_page
    free = [crowd.money.free(one) for one in crowd.people]
    with crowd.refuses(Error.INVALID_PAGE):
        crowd.call(by_page, Signed(TREASURY), who, 1, 2)
    crowd.call(by_page, Signed(TREASURY), who, 1, 1)
    with crowd.refuses(Error.ALREADY_CLAIMED):
        crowd.call(by_page, Signed(TREASURY), who, 1, 1)
    assert crowd.staking.ledger[who].active == BOND
    paid(crowd, who)
    assert crowd.staking.ledger[who].active == BOND + 1_000 * UNIT
    with crowd.refuses(Error.ALREADY_CLAIMED):
        paid(crowd, who)
    assert crowd.staking.claimed_rewards[1, who] == (0, 1)
    gains = [crowd.money.free(one) - old for one, old in zip(crowd.people, free, strict=True)]
    assert gains == [25 * UNIT] * 40


def test_wallets_are_told_what_waits_to_be_collected(world: StakingWorld) -> None:
    first, second = world.accounts[:2]
    world.era()
    world.earn(POT_PAYS, v0=20)
    payouts = world.staking.payouts
    assert not payouts.is_owed(first, 1)
    world.era()
    assert [payouts.is_owed(who, 1) for who in (first, second)] == [True, False]
    assert [payouts.pages(who, 1) for who in (first, world.people[0])] == [1, 1]
    paid(world, first)
    assert not payouts.is_owed(first, 1)


def test_eras_that_are_not_over_or_too_old_pay_nothing(world: StakingWorld) -> None:
    who = world.accounts[0]
    world.era()
    world.earn(70 * UNIT, v0=20)
    for era in (0, 1, 2):
        with world.refuses(Error.INVALID_ERA_TO_REWARD):
            paid(world, who, era)
    world.era()
    with world.refuses(Error.NOT_STASH):
        paid(world, world.people[0])
    paid(world, who)


def test_points_of_accounts_that_do_not_validate_do_not_count(world: StakingWorld) -> None:
    world.era()
    world.staking.reward_by_ids(((world.people[0], 20), (world.accounts[0], 2)))
    assert world.staking.eras_reward_points[1].individual == {world.accounts[0]: 2}
    assert world.staking.eras_reward_points[1].total == 2


def test_whoever_makes_a_block_has_twenty_points(world: StakingWorld) -> None:
    world.era()
    world.context.author = world.accounts[3]
    world.staking.on_initialize(world.context.number)
    world.staking.on_initialize(world.context.number)
    assert world.staking.eras_reward_points[1].individual == {world.accounts[3]: 40}


def test_what_an_era_without_points_received_is_the_next_ones(world: StakingWorld) -> None:
    world.earn(70 * UNIT)
    world.era()
    assert 0 not in world.staking.eras_validator_reward
    world.earn(30 * UNIT, v0=20)
    world.era()
    assert world.staking.eras_validator_reward[1] == 100 * UNIT


def test_what_nobody_collects_is_the_treasurys_after_84_eras_and_history_is_forgotten(
    world: StakingWorld,
) -> None:
    who, treasury = world.accounts[0], world.money.free(TREASURY)
    world.nominator(world.people[0], 1_000 * UNIT, who)
    world.era()
    world.earn(70 * UNIT, v0=20, v1=20)
    world.era()
    world.eras(HISTORY_ERAS - 1)
    paid(world, who)
    left = world.staking.uncollected[1]
    assert left == 35 * UNIT
    world.era()
    with world.refuses(Error.INVALID_ERA_TO_REWARD):
        paid(world, world.accounts[1])
    while world.staking.oldest_era <= 1:
        world.block()
    assert RewardsExpired(1, left) in world.happened()
    assert world.money.free(TREASURY) == treasury + left
    assert (world.staking.uncollected_rewards, world.money.free(POT)) == (0, MINIMUM)
    staking = world.staking
    kept = [key[0] for entries in (
        staking.eras_stakers_overview,
        staking.eras_stakers_paged,
        staking.eras_validator_prefs,
        staking.claimed_rewards,
    ) for key, _ in entries.items()]  # fmt: skip
    assert min(kept) > 1


@settings(max_examples=15, deadline=None)
@given(
    reward=st.integers(0, 10**18),
    points=st.lists(st.integers(0, 100), min_size=3, max_size=3),
    commission=st.integers(0, 10**9),
    stakes=st.lists(st.integers(10 * UNIT, 10_000 * UNIT), min_size=2, max_size=4),
)
def test_whatever_is_paid_the_pot_loses_and_owes_the_rest(
    reward: int, points: list[int], commission: int, stakes: list[int]
) -> None:
    world = StakingWorld(people=4)
    world.validate(world.accounts[1], commission)
    for who in world.accounts[:3]:
        world.call(world.staking.set_payee, Signed(who), ToStash())
    for who, stake in zip(world.people, stakes, strict=False):
        world.nominator(who, stake, *world.accounts[:2])
    world.era()
    world.earn(reward, v0=points[0], v1=points[1], v2=points[2])
    world.era()
    whole = world.staking.eras_validator_reward.get(1) or 0
    assert whole == (reward if any(points) else 0)
    stakers = (*world.accounts[:3], *world.people)
    before = sum(world.money.free(who) for who in stakers)
    for who in world.accounts[:3] if whole else ():
        paid(world, who)
    gained = sum(world.money.free(who) for who in stakers) - before
    assert gained + world.staking.uncollected[1] == whole
    # what floors leave: of each page a planck for each staker at most
    assert world.staking.uncollected[1] <= 3 * (len(stakers) + 2) + MINIMUM
