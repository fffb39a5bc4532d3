"""Rewards of pools: half of what the treasury got of a pool's fees, by shares times blocks."""

from contextlib import suppress

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from runtime.frame import BadOrigin, DispatchError, Root, Signed, TokenError
from runtime.pallets.asset_rewards import Error, PoolFunded, Rewards, RewardsHarvested
from runtime.primitives.extrinsic import Id
from runtime.primitives.types import UNIT
from tests.pallets.pools import (
    AGPU_COIN,
    ANNA,
    BERT,
    CARA,
    CENTS,
    COIN,
    DORA,
    EPOCH,
    LEAST,
    NOTHING,
    POT,
    SHELL,
    TREASURY,
    PoolWorld,
)

SHARE = 10**9
"""A share of one AGPU and one coin."""


class RewardWorld(PoolWorld):
    """A pool whose shares can be staked; Bert and Cara have some."""

    def __init__(self) -> None:
        super().__init__()
        self.call(self.rewards.create_pool, Root(), COIN)
        for who in (BERT, CARA):
            self.add_to(300 * UNIT, 300 * CENTS, who=who)

    def stake(self, who: bytes, amount: int) -> None:
        self.call(self.rewards.stake, Signed(who), 0, amount)

    def unstake(self, who: bytes, amount: int) -> None:
        self.call(self.rewards.unstake, Signed(who), 0, amount, None)

    def harvest(self, who: bytes) -> int:
        before = self.agpu.free(who)
        self.call(self.rewards.harvest_rewards, Signed(DORA), 0, who)
        return self.agpu.free(who) - before

    def to_epoch(self) -> None:
        """Go on to the first block of the next epoch, in which the pool is funded."""
        self.next_block()
        while self.context.number % EPOCH:
            self.next_block()

    def earned(self, who: bytes) -> int:
        return sum(one.rewards for one in self.rewards.rewards_of(who))


@pytest.fixture
def world() -> RewardWorld:
    return RewardWorld()


def test_governance_says_which_pools_have_rewards(world: RewardWorld) -> None:
    create = world.rewards.create_pool
    with world.refuses(BadOrigin.BAD_ORIGIN):
        world.call(create, Signed(ANNA), SHELL)
    with world.refuses(Error.NON_EXISTENT_ASSET):
        world.call(create, Root(), NOTHING)
    with world.refuses(Error.POOL_EXISTS):
        world.call(create, Root(), COIN)
    world.call(create, Root(), SHELL)
    assert world.rewards.pools[1].traded_asset_id == SHELL


def test_half_of_the_treasurys_part_streams_over_the_next_epoch(world: RewardWorld) -> None:
    world.stake(BERT, 100 * SHARE)
    world.to_epoch()
    treasury = world.agpu.free(TREASURY)
    world.swap(AGPU_COIN, 8_000 * UNIT, who=DORA)
    fees = world.agpu.free(TREASURY) - treasury
    assert fees == 4 * UNIT
    world.to_epoch()
    assert world.agpu.free(TREASURY) == treasury + fees // 2
    rate = (fees // 2 - LEAST) // EPOCH
    assert PoolFunded(0, fees // 2 - LEAST, rate) in world.happened()
    assert world.earned(BERT) == 0
    world.next_block()
    assert world.earned(BERT) == rate
    world.to_epoch()
    assert world.harvest(BERT) == rate * EPOCH
    assert world.happened()[-1] == RewardsHarvested(DORA, BERT, 0, rate * EPOCH)
    with world.refuses(Error.NOTHING_TO_HARVEST):
        world.call(world.rewards.harvest_rewards, Signed(BERT), 0, None)


def test_what_counts_is_shares_times_blocks(world: RewardWorld) -> None:
    world.stake(BERT, 100 * SHARE)
    world.to_epoch()
    world.swap(AGPU_COIN, 8_000 * UNIT, who=DORA)
    world.to_epoch()
    rate = world.rewards.pools[0].reward_rate_per_block
    for _ in range(EPOCH // 2):
        world.next_block()
    world.stake(CARA, 300 * SHARE)
    world.to_epoch()
    half = rate * EPOCH // 2
    assert abs(world.earned(BERT) - (half + half // 4)) <= 2
    assert abs(world.earned(CARA) - half * 3 // 4) <= 2


def test_who_comes_for_a_block_has_the_part_of_a_block(world: RewardWorld) -> None:
    world.stake(BERT, 100 * SHARE)
    world.to_epoch()
    world.swap(AGPU_COIN, 8_000 * UNIT, who=DORA)
    world.to_epoch()
    rate = world.rewards.pools[0].reward_rate_per_block
    world.stake(CARA, 100 * SHARE)
    world.next_block()
    world.unstake(CARA, 100 * SHARE)
    world.to_epoch()
    assert world.harvest(CARA) == rate // 2
    with world.refuses(Error.NON_EXISTENT_STAKER):
        world.call(world.rewards.harvest_rewards, Signed(CARA), 0, None)


def test_req_21_nothing_is_minted_and_without_trades_nothing_is_earned(world: RewardWorld) -> None:
    issued = world.agpu.total_issuance
    world.stake(BERT, 100 * SHARE)
    for _ in range(3):
        world.to_epoch()
    assert (world.earned(BERT), world.agpu.free(POT)) == (0, 0)
    assert world.agpu.total_issuance == issued


def test_without_a_stake_the_treasury_keeps_its_part(world: RewardWorld) -> None:
    world.swap(AGPU_COIN, 8_000 * UNIT, who=DORA)
    treasury = world.agpu.free(TREASURY)
    world.to_epoch()
    world.stake(BERT, SHARE)
    world.to_epoch()
    assert (world.agpu.free(TREASURY), world.agpu.free(POT)) == (treasury, 0)


def test_what_is_promised_to_others_is_not_paid(world: RewardWorld) -> None:
    world.stake(BERT, SHARE)
    world.to_epoch()
    world.swap(AGPU_COIN, 8_000 * UNIT, who=DORA)
    world.treasury.committed = world.treasury.pot()
    world.to_epoch()
    assert world.agpu.free(POT) == 0


def test_staked_shares_stay_where_they_are_and_do_not_move(world: RewardWorld) -> None:
    world.stake(BERT, 300 * SHARE)
    with world.refuses(TokenError.FROZEN):
        world.call(world.shares.transfer, Signed(BERT), 0, Id(CARA), SHARE)
    with world.refuses(TokenError.FROZEN):
        world.take_out(SHARE, who=BERT)
    world.unstake(BERT, SHARE)
    world.take_out(SHARE, who=BERT)
    assert world.rewards.rewards_of(BERT) == (Rewards(0, COIN, 299 * SHARE, 0),)


def test_a_stake_is_refused_that_cannot_be(world: RewardWorld) -> None:
    rewards, who = world.rewards, Signed(BERT)
    with world.refuses(Error.NON_EXISTENT_POOL):
        world.call(rewards.stake, who, 9, SHARE)
    with world.refuses(Error.ZERO_AMOUNT):
        world.call(rewards.stake, who, 0, 0)
    with world.refuses(Error.NOT_ENOUGH_TOKENS):
        world.call(rewards.stake, who, 0, 301 * SHARE)
    world.stake(BERT, SHARE)
    with world.refuses(Error.NOT_ENOUGH_TOKENS):
        world.call(rewards.stake, who, 0, 300 * SHARE)
    with world.refuses(Error.NOT_ENOUGH_TOKENS):
        world.call(rewards.unstake, who, 0, 2 * SHARE, None)
    with world.refuses(Error.NOT_STAKER):
        world.call(rewards.unstake, Signed(CARA), 0, SHARE, BERT)


WHO = st.sampled_from([ANNA, BERT, CARA, DORA])


class RewardsMachine(RuleBasedStateMachine):
    """Whoever stakes, trades and harvests: the pot covers all, and nothing is minted."""

    def __init__(self) -> None:
        super().__init__()
        self.world = RewardWorld()
        self.issued = self.world.agpu.total_issuance

    @rule(who=WHO, part=st.integers(0, 400), out=st.booleans())
    def stake(self, who: bytes, part: int, out: bool) -> None:
        with suppress(DispatchError):
            (self.world.unstake if out else self.world.stake)(who, part * SHARE)

    @rule(amount=st.integers(1, 50_000))
    def swap(self, amount: int) -> None:
        with suppress(DispatchError):
            self.world.swap(AGPU_COIN, amount * UNIT, who=DORA)

    @rule(who=WHO)
    def harvest(self, who: bytes) -> None:
        with suppress(DispatchError):
            self.world.harvest(who)

    @rule(blocks=st.integers(1, EPOCH))
    def wait(self, blocks: int) -> None:
        for _ in range(blocks):
            self.world.next_block()

    @invariant()
    def nothing_is_minted(self) -> None:
        assert self.world.agpu.total_issuance <= self.issued


TestRewards = RewardsMachine.TestCase
TestRewards.settings = settings(max_examples=8, stateful_step_count=15, deadline=None)
