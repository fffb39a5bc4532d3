"""Vesting: what is not yet free cannot be spent nor set aside, and becomes free block by block."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.frame import BadOrigin, Root, Signed
from runtime.frame.dispatch import TokenError
from runtime.frame.fungible import HoldReason
from runtime.pallets import conviction_voting as voting
from runtime.pallets.vesting import (
    MAX_SCHEDULES,
    Error,
    Vesting,
    VestingCompleted,
    VestingInfo,
    VestingUpdated,
    merged,
)
from runtime.primitives.extrinsic import Id
from tests.pallets.governance_world import ANNA, BERT, CARA, ENDOWMENT, GovernanceWorld

LEAST = 100
TEN_BLOCKS = VestingInfo(1_000, 100, 10)


class VestingWorld(GovernanceWorld):
    """A ledger of which something may vest."""

    def __init__(self) -> None:
        super().__init__()
        self.vesting = self.add(Vesting(self.context, self.amax, LEAST, index=41))

    def at(self, number: int) -> None:
        """Go to a block."""
        self.context.number = number

    def held(self, who: bytes) -> int:
        return self.amax.held(HoldReason.VESTING, who)


@pytest.fixture
def world() -> VestingWorld:
    return VestingWorld()


def test_what_is_given_becomes_free_block_by_block(world: VestingWorld) -> None:
    world.call(world.vesting.vested_transfer, Signed(ANNA), Id(BERT), TEN_BLOCKS)
    assert world.happened()[-1] == VestingUpdated(BERT, 1_000)
    assert (world.held(BERT), world.amax.free(BERT)) == (1_000, ENDOWMENT)
    world.at(10)
    world.call(world.vesting.vest, Signed(BERT))
    assert world.held(BERT) == 1_000
    world.at(13)
    world.call(world.vesting.vest_other, Signed(CARA), Id(BERT))
    assert world.happened()[-1] == VestingUpdated(BERT, 700)
    assert (world.held(BERT), world.amax.free(BERT)) == (700, ENDOWMENT + 300)
    world.at(20)
    world.call(world.vesting.vest, Signed(BERT))
    assert world.happened()[-1] == VestingCompleted(BERT)
    assert world.held(BERT) == 0
    with world.refuses(Error.NOT_VESTING):
        world.call(world.vesting.vest, Signed(BERT))


def test_req_d9_what_has_not_vested_cannot_be_paid_with(world: VestingWorld) -> None:
    world.call(world.vesting.vested_transfer, Signed(ANNA), Id(BERT), TEN_BLOCKS)
    with world.refuses(TokenError.FUNDS_UNAVAILABLE):
        world.call(world.amax.transfer_keep_alive, Signed(BERT), Id(CARA), ENDOWMENT + 1)
    world.call(
        world.amax.transfer_keep_alive, Signed(BERT), Id(CARA), ENDOWMENT - world.amax.minimum
    )


def test_req_d9_what_has_not_vested_does_not_vote(world: VestingWorld) -> None:
    world.call(world.vesting.vested_transfer, Signed(ANNA), Id(BERT), TEN_BLOCKS)
    with world.refuses(voting.Error.INSUFFICIENT_FUNDS):
        world.call(world.voting.season, Signed(BERT), ENDOWMENT + 1)
    world.call(world.voting.season, Signed(BERT), ENDOWMENT)
    with world.refuses(TokenError.FROZEN):  # nor does it stand in for what was set aside
        world.call(world.amax.transfer_keep_alive, Signed(BERT), Id(CARA), 1)
    world.at(15)
    world.call(world.vesting.vest, Signed(BERT))
    world.call(world.amax.transfer_keep_alive, Signed(BERT), Id(CARA), 500)
    with world.refuses(TokenError.FROZEN):
        world.call(world.amax.transfer_keep_alive, Signed(BERT), Id(CARA), 1)


def test_what_cannot_vest_is_refused(world: VestingWorld) -> None:
    give = world.vesting.vested_transfer
    for schedule, error in (
        (VestingInfo(LEAST - 1, 1, 0), Error.AMOUNT_LOW),
        (VestingInfo(LEAST, 0, 0), Error.INVALID_SCHEDULE_PARAMS),
        (VestingInfo(1 << 33, 1, 0), Error.INVALID_SCHEDULE_PARAMS),
        (VestingInfo(ENDOWMENT + 1, ENDOWMENT, 0), TokenError.FUNDS_UNAVAILABLE),
    ):
        with world.refuses(error):
            world.call(give, Signed(ANNA), Id(BERT), schedule)
    nobody = bytes(32)
    with world.refuses(TokenError.FUNDS_UNAVAILABLE):
        world.call(give, Signed(ANNA), Id(nobody), TEN_BLOCKS)
    for _ in range(MAX_SCHEDULES):
        world.call(give, Signed(ANNA), Id(BERT), VestingInfo(LEAST, 1, 0))
    with world.refuses(Error.AT_MAX_VESTING_SCHEDULES):
        world.call(give, Signed(ANNA), Id(BERT), TEN_BLOCKS)


def test_only_root_moves_what_is_others_and_ends_a_schedule(world: VestingWorld) -> None:
    force, remove = world.vesting.force_vested_transfer, world.vesting.force_remove_vesting_schedule
    with world.refuses(BadOrigin.BAD_ORIGIN):
        world.call(force, Signed(CARA), Id(ANNA), Id(BERT), TEN_BLOCKS)
    world.call(force, Root(), Id(ANNA), Id(BERT), TEN_BLOCKS)
    world.call(force, Root(), Id(ANNA), Id(BERT), VestingInfo(500, 1, 0))
    assert world.held(BERT) == 1_499
    with world.refuses(BadOrigin.BAD_ORIGIN):
        world.call(remove, Signed(BERT), Id(BERT), 0)
    with world.refuses(Error.SCHEDULE_INDEX_OUT_OF_BOUNDS):
        world.call(remove, Root(), Id(BERT), 2)
    world.call(remove, Root(), Id(BERT), 0)
    assert world.held(BERT) == 499
    world.call(remove, Root(), Id(BERT), 0)
    assert world.held(BERT) == 0


def test_two_schedules_become_one_that_ends_with_the_later(world: VestingWorld) -> None:
    for schedule in (TEN_BLOCKS, VestingInfo(3_000, 100, 5)):
        world.call(world.vesting.vested_transfer, Signed(ANNA), Id(BERT), schedule)
    with world.refuses(Error.SCHEDULE_INDEX_OUT_OF_BOUNDS):
        world.call(world.vesting.merge_schedules, Signed(BERT), 0, 2)
    world.at(15)
    world.call(world.vesting.merge_schedules, Signed(BERT), 1, 1)
    world.call(world.vesting.merge_schedules, Signed(BERT), 0, 1)
    (left,) = world.vesting.vesting[BERT]
    assert left == VestingInfo(2_500, 125, 15)
    assert (world.held(BERT), left.ending_block) == (2_500, 35)


SCHEDULES = st.builds(
    VestingInfo, st.integers(1, 10**6), st.integers(1, 10**5), st.integers(0, 1_000)
)


@given(SCHEDULES, SCHEDULES, st.integers(0, 2_000), st.integers(0, 3_000))
def test_merging_frees_nothing_and_loses_nothing(
    one: VestingInfo, other: VestingInfo, now: int, later: int
) -> None:
    whole = merged((one, other), now)
    rest = one.unvested(now) + other.unvested(now)
    assert (whole.unvested(now) if whole else 0) == rest
    if whole is None:
        return
    end = max(one.ending_block, other.ending_block)
    assert whole.unvested(now + later) <= rest
    assert whole.unvested(whole.ending_block) == 0 < whole.unvested(whole.ending_block - 1)
    assert whole.ending_block >= min(end, whole.starting_block + rest)


@given(SCHEDULES, st.integers(0, 3_000))
def test_more_never_vests_than_there_is_and_never_less_than_before(
    one: VestingInfo, number: int
) -> None:
    assert 0 <= one.unvested(number + 1) <= one.unvested(number) <= one.locked
    assert one.unvested(one.ending_block) == 0
