"""Scores and earnings: what each account did in an epoch, by the real market and alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.compute.audit import Verdict
from runtime.compute.job import PERBILL
from runtime.constants import BLOCK_PICOSECONDS
from runtime.frame import Signed
from runtime.frame.earnings import Rule
from runtime.pallets.mining import (
    Accurate,
    BehaviourScore,
    Earned,
    Pool,
    SubScores,
    Weights,
    formulas,
    history,
)
from runtime.pallets.mining.pallet import ERA as ERA_WEIGHT
from runtime.pallets.mining.pallet import POINTS
from runtime.pallets.mining.records import EPOCHS_KEPT
from runtime.primitives.types import UNIT
from tests.pallets.audit_world import AuditWorld
from tests.pallets.compute_market import ALICE, BOB, CAROL, FEE, ComputeMarket
from tests.pallets.mining_world import ANNA, BERT, CARA, DORA, FULL, MiningWorld
from tests.support.bench import account

NOTHING = SubScores(0, 0, 0, 0, 0)
BURN = FEE * 15 // 100
MINT = BURN // 5
PART = st.integers(0, PERBILL)


@pytest.fixture
def world() -> MiningWorld:
    return MiningWorld()


# scores


def test_five_dimensions_make_a_score_req_19(world: MiningWorld) -> None:
    doings = world.doings
    doings.work[5, ANNA], doings.reliable[ANNA] = FULL // 2, PERBILL
    doings.staked[ANNA] = 25_500 * UNIT * 2
    doings.upgraded[ANNA] = FULL // 4
    doings.burned[ANNA, 5] = 10 * UNIT
    found = world.mining.behaviour_score(ANNA, 5)
    parts = SubScores(PERBILL // 2, PERBILL, 0, PERBILL // 4, PERBILL // 5)
    # 50 % of 0.5, 15 % of 1, 10 % of 0, 15 % of 0.25, 10 % of 0.2
    assert found == BehaviourScore(5, False, 457_500_000, parts)
    assert world.mining.score(BERT, 5) == 0
    assert world.mining.sub_scores(BERT, 5) == NOTHING


@pytest.mark.parametrize(
    ("uptime", "score"),
    [(995_000_000, PERBILL), (940_000_000, 710_526_315), (890_000_000, 0)],
)
def test_uptime_moves_the_score_of_compute_req_12(uptime: int, score: int) -> None:
    market = ComputeMarket()
    market.join(CAROL)
    market.providers.record_work(CAROL, 5, FULL)
    record = market.providers.providers[CAROL]
    market.providers.providers[CAROL] = type(record)(
        **{name: getattr(record, name) for name in record.__slots__} | {"uptime": uptime}
    )
    assert market.mining.sub_scores(CAROL, 5).compute == score


@given(st.builds(SubScores, PART, PART, PART, PART, PART))
def test_a_score_is_never_above_one_nor_above_its_best_part(parts: SubScores) -> None:
    found = formulas.score(Weights(), parts)
    values = [getattr(parts, name) for name in SubScores.__slots__]
    assert min(values) <= found <= max(values)


def test_weights_that_do_not_add_up_are_refused() -> None:
    with pytest.raises(AssertionError, match="wanted weights that add up to 100"):
        Weights(compute=51)


def test_holding_and_staking_alone_earn_nothing_req_5_req_21(world: MiningWorld) -> None:
    world.doings.staked[ANNA] = 10**6 * UNIT
    for _ in range(30):
        world.next_epoch()
    assert all(world.mining.earnings(ANNA, epoch) == () for epoch in range(40))
    assert [one.amount for one in world.mining.claimable(ANNA)] == [0, 0, 0]
    assert world.token.free(ANNA) == UNIT


# the record of an epoch


def test_what_each_rule_paid_is_itemised_by_epoch_req_29(world: MiningWorld) -> None:
    world.mining.earned(ANNA, Rule.JOB, 5)
    world.mining.earned(ANNA, Rule.WORK, 1)
    world.mining.earned(ANNA, Rule.JOB, 7)
    world.mining.earned(ANNA, Rule.REFERRAL, 0)
    world.next_epoch()
    world.mining.earned(ANNA, Rule.AVAILABILITY, 3)
    assert world.mining.earnings(ANNA, 5) == (Earned(Rule.JOB, 12), Earned(Rule.WORK, 1))
    assert world.mining.earnings(ANNA, 6) == (Earned(Rule.AVAILABILITY, 3),)


def test_an_epoch_is_scored_when_its_work_counts_no_more(world: MiningWorld) -> None:
    world.doings.work[5, ANNA], world.doings.reliable[ANNA] = FULL, PERBILL
    world.mining.contributed(ANNA)
    world.next_epoch()
    assert not world.mining.behaviour_score(ANNA, 5).is_final
    world.next_epoch()
    # what happens afterwards does not change what is written down
    world.doings.reliable[ANNA] = 0
    found = world.mining.behaviour_score(ANNA, 5)
    assert (found.is_final, found.score) == (True, PERBILL // 2)


def test_many_accounts_are_scored_and_forgotten_some_in_each_block(world: MiningWorld) -> None:
    crowd = [account(1000 + n) for n in range(50)]
    for who in crowd:
        world.mining.earned(who, Rule.JOB, 1)
    world.epoch += 2
    for blocks in range(1, 6):
        world.next_block()
        scored = [world.mining.behaviour_score(who, 5).is_final for who in crowd]
        assert sum(scored) == min(history.SCORED_PER_BLOCK * blocks, len(crowd)), blocks
    world.epoch += EPOCHS_KEPT + 1
    for _ in range(20):
        world.next_block()
    assert dict(world.mining.records.items()) == dict(world.mining.active.items()) == {}
    assert dict(world.mining.active_count.items()) == {}


def test_a_chain_that_slept_catches_up(world: MiningWorld) -> None:
    world.mining.earned(ANNA, Rule.JOB, 1)
    world.epoch += 1000
    for _ in range(1000 // history.SCORED_PER_BLOCK + 5):
        world.next_block()
    assert dict(world.mining.records.items()) == {}
    world.mining.contributed(BERT)
    world.epoch += 2
    world.next_block()
    assert world.mining.behaviour_score(BERT, 1005).is_final


def test_the_hook_is_below_a_tenth_of_a_block_whatever_there_is_to_do() -> None:
    most = history.MOST + POINTS + ERA_WEIGHT
    # 2 % of a block when there is most to do, and next to nothing when there is nothing
    assert most.ref_time < BLOCK_PICOSECONDS // 50
    assert (history.LOOK + POINTS).ref_time < BLOCK_PICOSECONDS // 2000


def test_the_hook_at_its_fullest_stays_within_its_weight(world: MiningWorld) -> None:
    crowd = [account(1000 + n) for n in range(40)]
    for who in (*crowd, ANNA, BERT, CARA, DORA):
        for poll in range(6):
            world.vote(who, poll)
        world.mining.was_right(who, 2)
        world.mining.earned(who, Rule.JOB, 1)
    world.next_era(2)
    for poll in range(6):
        world.decide(poll)
        world.next_era()
    for pot in (world.mining.pools.pot(pool) for pool in Pool):
        world.fill(pot, 10**6)
    world.epoch += 2
    world.context.author = ANNA
    world.next_era(3)  # the bench compares what is read and written with the weight
    assert world.mining.behaviour_score(crowd[0], 5).is_final


# with the market


def test_a_provider_earns_by_the_fee_the_mint_and_its_capacity_req_3_req_29() -> None:
    world = ComputeMarket(mints=True)
    world.emission.util_ema = 0
    world.join(CAROL)
    before = world.token.free(CAROL)
    world.verified()
    world.next_block()
    world.providers.record_work(CAROL, 5, 5 * 10**6)
    for _ in range(2):
        world.chance.epoch += 1
        world.next_block()
    world.call(world.emission.payout_provider, Signed(BOB), CAROL, 5)
    jobs, capacity = world.mining.earnings(CAROL, 5), world.mining.earnings(CAROL, 7)
    own = MINT * 55 // 100 * 3 // 4
    assert jobs == (Earned(Rule.JOB, FEE * 74 // 100), Earned(Rule.WORK, own))
    assert [one.rule for one in capacity] == [Rule.AVAILABILITY]
    whole = sum(one.amount for one in (*jobs, *capacity))
    assert world.token.free(CAROL) - before == whole


def test_the_parts_of_a_mint_add_up_to_it_req_20() -> None:
    world = ComputeMarket(mints=True)
    world.join(CAROL)
    world.referral.burned(BOB, 50 * UNIT)
    world.call(world.referral.set_referrer, Signed(ALICE), BOB)
    issued = world.token.total_issuance
    minted = world.emission.mint_work(0, CAROL, 10**12, client=ALICE, is_direct=False)
    earned = {one.rule: one.amount for who in (BOB, CAROL) for one in world.mining.earnings(who, 5)}
    pools = [world.token.free(account(seed)) - 10**9 for seed in (95, 96, 97, 94)]
    assert minted == world.token.total_issuance - issued
    assert sum(earned.values()) + sum(pools) == minted == 10**12 // 5
    assert earned == {Rule.REFERRAL: minted // 20, Rule.WORK: minted * 55 // 100 * 3 // 4}


def test_auditors_that_were_right_have_points_and_others_none_req_54() -> None:
    world = AuditWorld()
    world.join(CAROL)
    audit, _ = world.drawn()
    committee = world.committee(audit)
    wrong, *right = committee
    verdicts = dict.fromkeys(right, Verdict.GOOD) | {wrong: Verdict.BAD}
    world.judge(audit, verdicts)
    points = [world.mining.accurate[era] for era in range(world.mining.era() + 1)]
    found = tuple(one for era in points for one in era)
    assert sorted(found, key=lambda one: one.account) == [Accurate(who, 2) for who in sorted(right)]
