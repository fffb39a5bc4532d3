"""The three pools: who has what part of them, what nobody has, and that nothing is lost."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.frame import BadOrigin, Root, Signed, TokenError
from runtime.frame.earnings import Rule
from runtime.pallets.mining import (
    Enrolled,
    Error,
    PayoutClaimed,
    Pool,
    PoolEraClosed,
    PoolSwept,
    formulas,
)
from runtime.pallets.mining.records import ERAS_KEPT
from runtime.primitives.types import UNIT
from tests.pallets.mining_world import (
    ACCURACY,
    ANNA,
    BERT,
    CARA,
    DEPOSIT,
    DORA,
    ERA,
    GOVERNANCE,
    INFRA,
    TREASURY,
    MiningWorld,
)
from tests.support.bench import account


@pytest.fixture
def world() -> MiningWorld:
    return MiningWorld()


# accuracy


def test_accuracy_is_paid_by_points_of_the_era_req_54(world: MiningWorld) -> None:
    world.context.author = ANNA
    world.next_block()
    world.context.author = None
    world.mining.was_right(BERT, 10)
    world.fill(ACCURACY, 900)
    world.next_era()
    assert world.claim(ANNA, Pool.ACCURACY) == 600
    assert world.claim(BERT, Pool.ACCURACY) == 300
    with world.refuses(Error.NOTHING_TO_CLAIM):
        world.call(world.mining.claim_payout, Signed(CARA), Pool.ACCURACY)
    assert PayoutClaimed(BERT, Pool.ACCURACY, 300) in world.happened()
    assert world.mining.owed[Pool.ACCURACY] == 0


def test_a_pool_without_shares_is_the_treasurys(world: MiningWorld) -> None:
    for pot in (INFRA, GOVERNANCE, ACCURACY):
        world.fill(pot, 500)
    world.next_era()
    assert world.token.free(TREASURY) == DEPOSIT + 1500
    closed = [event for event in world.happened() if isinstance(event, PoolEraClosed)]
    assert closed == [PoolEraClosed(pool, 0, 500, 0) for pool in Pool]


def test_what_nobody_claims_in_28_eras_is_the_treasurys(world: MiningWorld) -> None:
    world.mining.was_right(ANNA, 1)
    world.mining.was_right(BERT, 2)
    world.fill(ACCURACY, 100)
    world.next_era(ERAS_KEPT)
    assert (world.claimable(ANNA, Pool.ACCURACY), world.claim(BERT, Pool.ACCURACY)) == (33, 66)
    world.next_era()
    with world.refuses(Error.NOTHING_TO_CLAIM):
        world.call(world.mining.claim_payout, Signed(ANNA), Pool.ACCURACY)
    # a third that nobody claimed, and the planck that did not divide
    assert PoolSwept(Pool.ACCURACY, 0, 34) in world.happened()
    assert world.token.free(TREASURY) == DEPOSIT + 34
    assert world.token.free(ACCURACY) == DEPOSIT
    assert dict(world.mining.pool_eras.items()) == dict(world.mining.accurate.items()) == {}


def test_a_claim_covers_every_era_that_was_not_claimed_once(world: MiningWorld) -> None:
    for inflow in (10, 20, 40):
        world.mining.was_right(ANNA, 5)
        world.fill(ACCURACY, inflow)
        world.next_era()
    assert world.claim(ANNA, Pool.ACCURACY) == 70
    world.mining.was_right(ANNA, 1)
    with world.refuses(Error.NOTHING_TO_CLAIM):
        world.call(world.mining.claim_payout, Signed(ANNA), Pool.ACCURACY)


def test_anyone_may_claim_for_another_and_gains_nothing(world: MiningWorld) -> None:
    world.mining.was_right(ANNA, 1)
    world.fill(ACCURACY, 100)
    world.next_era()
    world.call(world.mining.claim_payout_other, Signed(DORA), ANNA, Pool.ACCURACY)
    assert (world.token.free(ANNA), world.token.free(DORA)) == (UNIT + 100, UNIT)
    assert world.mining.earnings(ANNA, world.epoch)[0].rule is Rule.ACCURACY_POOL


def test_claims_are_signed_and_an_account_that_cannot_take_dust_keeps_its_claim(
    world: MiningWorld,
) -> None:
    with world.refuses(BadOrigin.BAD_ORIGIN):
        world.call(world.mining.claim_payout, Root(), Pool.INFRA)
    with world.refuses(BadOrigin.BAD_ORIGIN):
        world.call(world.mining.claim_payout_other, Root(), ANNA, Pool.INFRA)
    nobody = account(40)
    world.mining.was_right(nobody, 1)
    world.fill(ACCURACY, 100)
    world.next_era()
    with world.refuses(TokenError.BELOW_MINIMUM):
        world.call(world.mining.claim_payout_other, Signed(ANNA), nobody, Pool.ACCURACY)
    assert world.claimable(nobody, Pool.ACCURACY) == 100


# infrastructure


def test_points_of_upgrades_divide_the_infrastructure_pool_once_enrolled(
    world: MiningWorld,
) -> None:
    world.doings.upgraded = {ANNA: 300, BERT: 100}
    world.next_era()
    assert [world.claim(who, Pool.INFRA) for who in (ANNA, BERT)] == [0, 0]
    assert Enrolled(ANNA, 300, 1 + ERAS_KEPT) in world.happened()
    world.fill(INFRA, 1000)
    world.next_era()
    assert [world.claim(who, Pool.INFRA) for who in (ANNA, BERT)] == [750, 250]


def test_points_that_decayed_count_less_as_soon_as_anybody_looks(world: MiningWorld) -> None:
    world.doings.upgraded = {ANNA: 300, BERT: 100}
    for who in (ANNA, BERT):
        world.claim(who, Pool.INFRA)
    world.doings.upgraded[ANNA] = 100
    world.call(world.mining.claim_payout_other, Signed(BERT), ANNA, Pool.INFRA)
    world.fill(INFRA, 1000)
    world.next_era()
    assert world.claimable(ANNA, Pool.INFRA) == world.claimable(BERT, Pool.INFRA) == 500


def test_points_that_nobody_looks_at_stop_to_count_after_28_eras(world: MiningWorld) -> None:
    world.doings.upgraded = {ANNA: 300}
    world.claim(ANNA, Pool.INFRA)
    world.next_era(ERAS_KEPT)
    world.fill(INFRA, 1000)
    world.next_era()
    assert (world.mining.enrolled, world.token.free(TREASURY)) == (0, DEPOSIT + 1000)
    world.claim(ANNA, Pool.INFRA)
    assert world.mining.enrolled == 300


def test_who_has_no_points_any_more_is_forgotten(world: MiningWorld) -> None:
    world.doings.upgraded = {ANNA: 300}
    world.claim(ANNA, Pool.INFRA)
    world.doings.upgraded = {}
    world.call(world.mining.claim_payout_other, Signed(BERT), ANNA, Pool.INFRA)
    assert dict(world.mining.enrolments.items()) == {}
    assert world.mining.enrolled == 0
    with world.refuses(Error.NOTHING_TO_CLAIM):
        world.call(world.mining.claim_payout, Signed(ANNA), Pool.INFRA)


# votes


def test_votes_divide_the_governance_pool_and_one_account_has_a_fiftieth_at_most(
    world: MiningWorld,
) -> None:
    crowd = [account(100 + n) for n in range(99)]
    for who in crowd:
        world.token.mint_into(who, UNIT)
        world.vote(who, 0, UNIT)
    world.vote(ANNA, 0, UNIT)
    world.vote(BERT, 0, 100 * UNIT)
    world.next_era(2)
    world.decide(0)
    world.fill(GOVERNANCE, 20_000)
    world.next_era()
    assert world.claim(ANNA, Pool.GOVERNANCE) == 100
    # half of all votes, and yet 2 % of the pool
    assert world.claim(BERT, Pool.GOVERNANCE) == 400
    assert sum(world.claim(who, Pool.GOVERNANCE) for who in crowd) == 9_900
    assert world.mining.owed[Pool.GOVERNANCE] == 20_000 - 100 - 400 - 9_900


def test_turnout_earns_for_28_eras(world: MiningWorld) -> None:
    world.vote(ANNA, 0)
    world.next_era(2)
    world.decide(0)
    for era in range(2, 2 + 28):
        world.fill(GOVERNANCE, 5_000)
        world.next_era()
        assert world.claim(ANNA, Pool.GOVERNANCE) == 100, era
    world.fill(GOVERNANCE, 5_000)
    world.next_era()
    assert world.claimable(ANNA, Pool.GOVERNANCE) == 0


def test_the_longest_claim_stays_within_its_weight(world: MiningWorld) -> None:
    for poll in range(56):
        world.vote(ANNA, poll + 2)
        world.next_era()
        world.decide(poll)
        world.mining.was_right(ANNA, 1)
        world.fill(GOVERNANCE, 5_000)
        world.fill(ACCURACY, 5_000)
    world.next_era()
    # the bench compares what is read and written with the weight; 28 eras, a fiftieth of each
    assert world.claim(ANNA, Pool.GOVERNANCE) == 28 * 100
    assert world.claim(ANNA, Pool.ACCURACY) == 28 * 5_000


# what must always hold

AMOUNTS = st.integers(1, 10**20)


@given(AMOUNTS, st.lists(st.integers(0, 10**30), min_size=1, max_size=20), st.integers(0, 10**9))
def test_what_is_due_is_never_more_than_came_in(inflow: int, shares: list[int], cap: int) -> None:
    whole = sum(shares)
    due = [formulas.due(share, whole, inflow, cap) for share in shares]
    assert sum(due) <= inflow
    assert all(one <= inflow * cap // 10**9 for one in due)


ACTS = st.lists(
    st.tuples(
        st.sampled_from(("fill", "right", "upgrade", "vote", "end", "claim", "block", "era")),
        st.integers(0, 3),
        st.sampled_from(tuple(Pool)),
        st.integers(1, 10**6),
    ),
    max_size=60,
)


@settings(max_examples=20, deadline=None)
@given(ACTS)
def test_no_order_of_acts_loses_or_makes_a_planck(acts: list[tuple[str, int, Pool, int]]) -> None:
    world = MiningWorld()
    pots = {pool: world.mining.pools.pot(pool) for pool in Pool}
    people, poll = (ANNA, BERT, CARA, DORA), 0
    for name, number, pool, amount in acts:
        who = people[number]
        match name:
            case "fill":
                world.fill(pots[pool], amount)
            case "right":
                world.mining.was_right(who, amount % 100)
            case "upgrade":
                world.doings.upgraded[who] = amount % 1000
            case "vote":
                world.vote(who, poll + amount % 2, amount)
            case "end":
                world.mining.ended(poll, is_decided=bool(number))
                poll += 1
            case "claim" if world.mining.pools.due(pool, who):
                due = world.claimable(who, pool)
                assert world.claim(who, pool) == due
            case "era":
                world.next_era(29 if amount % 8 == 0 else 1)
            case _:
                world.next_block()
    for pallet in world.pallets:
        pallet.try_state()
    held = sum(world.token.free(who) for who in (*people, *pots.values(), TREASURY))
    assert held == world.token.total_issuance


def test_an_era_has_as_many_blocks_as_the_tests_say(world: MiningWorld) -> None:
    world.next_era()
    assert (world.context.number, world.mining.current_era) == (ERA, 1)
