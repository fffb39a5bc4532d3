"""AMAX comes into being for contribution that volume cannot buy, within a budget, and vests."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.frame import NoOrigin, Signed
from runtime.frame.dispatch import BadOrigin, TokenError
from runtime.frame.fungible import MintReason
from runtime.pallets.amax_distribution import (
    Claimed,
    EpochBudget,
    EpochBudgeted,
    Error,
    Parts,
    formulas,
)
from runtime.pallets.amax_distribution.records import EPOCHS_KEPT
from runtime.pallets.vesting import MAX_SCHEDULES, VestingInfo
from runtime.pallets.vesting import Error as VestingError
from runtime.primitives.extrinsic import Id
from runtime.primitives.types import UNIT
from runtime.terms import DEFAULTS
from tests.pallets.amax_world import (
    ANNA,
    BERT,
    CARA,
    CONFIG,
    DEPOSIT,
    DORA,
    GENESIS,
    K_STAR,
    MICRO,
    PEOPLE,
    PERBILL,
    PERIOD,
    RESERVED,
    VESTING,
    AmaxWorld,
)

ROOMY = replace(DEFAULTS.distribution, group_cap=PERBILL, voter_cap=PERBILL)
"""Without the bounds of operators and voters, to see the division alone."""
DELTA = DEFAULTS.distribution.delta


@pytest.fixture
def world() -> AmaxWorld:
    return AmaxWorld(ROOMY)


def test_a_chain_of_one_small_machine_has_a_budget_too() -> None:
    """588 micro-CU in an epoch: a devnet's; in ppb of K* that would be nothing."""
    found = formulas.budget(CONFIG.cap, DELTA, 600_000 * UNIT, 588, 18_000_000)
    assert found == 99_400_000 * UNIT * 19_768 // 10**9 * 588 // (18_000_000 * MICRO) == 64_188


def test_half_of_what_is_left_comes_in_four_years_of_full_capacity() -> None:
    issued = 40_000_000 * UNIT
    for _ in range(4 * 365 * 24):
        issued += formulas.budget(CONFIG.cap, DELTA, issued, 10**15, 18_000_000)
    assert 69_900_000 * UNIT < issued < 70_100_000 * UNIT


def test_a_closed_epoch_is_budgeted_by_its_capacity(world: AmaxWorld) -> None:
    epoch = world.close(capacity=K_STAR * MICRO // 2)
    half = formulas.budget(
        CONFIG.cap, DELTA, world.token.total_issuance, K_STAR * MICRO // 2, K_STAR
    )
    assert half > 0
    assert world.amax.epochs[epoch] == EpochBudget(half, K_STAR * MICRO // 2, 0, 0, ROOMY)
    assert world.happened()[-1] == EpochBudgeted(epoch, half, K_STAR * MICRO // 2, 0)


def test_without_capacity_there_is_no_amax(world: AmaxWorld) -> None:
    world.share(ANNA, accuracy=1, participation=1, infra=1)
    assert world.budget(world.close(capacity=0)) == 0
    with world.refuses(Error.NOTHING_TO_CLAIM):
        world.call(world.amax.claim, Signed(ANNA))


def test_an_epoch_without_a_block_is_passed_over(world: AmaxWorld) -> None:
    epoch = world.close(capacity=None)
    assert epoch not in world.amax.epochs
    assert world.budget(world.close()) > 0


def test_each_dimension_has_its_slice_and_divides_it_by_shares(world: AmaxWorld) -> None:
    world.prove(ANNA, K_STAR * MICRO // 4)
    world.share(ANNA, accuracy=1, participation=3, infra=1)
    world.share(BERT, accuracy=1, participation=1)
    budget = world.budget(world.close())
    ten = budget // 10
    wanted = Parts(4 * ten // 4, 4 * ten // 2, ten * 3 // 4, ten)
    found = world.claimable(ANNA)
    assert [abs(one - other) <= 4 for one, other in zip(parts(found), parts(wanted), strict=True)]
    assert world.claimable(BERT).accuracy == found.accuracy
    assert world.claimable(BERT).capacity == world.claimable(BERT).infra == 0
    assert world.claim(ANNA) == found.total
    assert world.token.minted_by_reason[MintReason.DISTRIBUTION] == found.total


def test_capacity_counts_by_how_reliable_it_is(world: AmaxWorld) -> None:
    world.prove(ANNA, K_STAR * MICRO)
    world.done.reliable[ANNA] = PERBILL // 2
    budget = world.budget(world.close())
    assert world.claimable(ANNA).capacity == budget * 4 // 10 // 2


def test_an_operator_has_a_hundredth_of_the_capacity_slice_with_all_that_it_operates() -> None:
    world = AmaxWorld()
    world.done.groups = {BERT: ANNA}
    for who in (ANNA, BERT):
        world.prove(who, K_STAR * MICRO * 3 // 500)
    world.prove(CARA, K_STAR * MICRO // 2)
    budget = world.budget(world.close())
    hundredth = budget * 4 // 10 // 100
    assert world.claim(ANNA) == budget * 4 // 10 * 3 // 500
    assert world.claim(BERT) == hundredth - budget * 4 // 10 * 3 // 500
    assert world.claimable(CARA).capacity == hundredth  # the rest is never created


def test_a_voter_has_a_fiftieth_of_the_votes_slice() -> None:
    world = AmaxWorld()
    world.share(ANNA, participation=99)
    world.share(BERT, participation=1)
    budget = world.budget(world.close())
    assert world.claimable(ANNA).participation == budget // 10 // 50
    assert world.claimable(BERT).participation == budget // 10 // 100


def test_a_claim_takes_each_epoch_once(world: AmaxWorld) -> None:
    world.prove(ANNA, K_STAR * MICRO, epochs=3)
    last = world.close(3)
    amount = world.claimable(ANNA)
    assert world.claim(ANNA) == amount.total
    assert world.happened()[-1] == Claimed(ANNA, amount, 0, last + 1)
    with world.refuses(Error.NOTHING_TO_CLAIM):
        world.call(world.amax.claim, Signed(ANNA))


def test_anyone_may_claim_for_another(world: AmaxWorld) -> None:
    world.prove(ANNA, K_STAR * MICRO)
    world.close()
    world.call(world.amax.claim_other, Signed(BERT), ANNA)
    assert (world.vesting_of(ANNA), world.vesting_of(BERT)) == (world.amax.minted, 0)


@pytest.mark.parametrize("name", ["claim", "claim_other"])
def test_only_accounts_claim(world: AmaxWorld, name: str) -> None:
    arguments = () if name == "claim" else (ANNA,)
    with world.refuses(BadOrigin.BAD_ORIGIN):
        world.call(getattr(world.amax, name), NoOrigin(), *arguments)


def test_what_is_not_claimed_in_84_epochs_never_comes_into_being(world: AmaxWorld) -> None:
    world.prove(ANNA, K_STAR * MICRO)
    epoch = world.close()
    world.close(EPOCHS_KEPT - 1)
    assert world.claimable(ANNA).total > 0
    world.close()
    assert epoch not in world.amax.epochs
    with world.refuses(Error.NOTHING_TO_CLAIM):
        world.call(world.amax.claim, Signed(ANNA))
    assert world.amax.minted == 0


def test_a_claim_of_84_epochs_weighs_what_it_says(world: AmaxWorld) -> None:
    for who in (ANNA, BERT):
        world.prove(who, K_STAR * MICRO // 3, epochs=EPOCHS_KEPT)
    for _ in range(EPOCHS_KEPT):
        world.share(ANNA, accuracy=1)
        world.close()
        world.done.last_era += 1
    assert world.claim(ANNA) > 0  # the bench compares what it read and wrote with its weight
    assert world.claim(BERT) > 0


def test_an_account_that_is_not_there_needs_more_than_a_deposit(world: AmaxWorld) -> None:
    world.prove(CARA, 1)
    world.close()
    small = world.claimable(CARA).total
    assert 0 < small < DEPOSIT
    with world.refuses(TokenError.BELOW_MINIMUM):
        world.call(world.amax.claim, Signed(CARA))


def test_what_only_lets_an_account_exist_is_no_claim() -> None:
    world = AmaxWorld(replace(ROOMY, delta=PERBILL), cap=GENESIS + 2 * UNIT + DEPOSIT)
    world.prove(CARA, K_STAR * MICRO)
    world.share(CARA, accuracy=1, participation=1, infra=1)
    world.close()
    assert world.claimable(CARA).total == DEPOSIT
    with world.refuses(Error.BELOW_MINIMUM):
        world.call(world.amax.claim, Signed(CARA))


def test_a_new_account_keeps_what_lets_it_exist(world: AmaxWorld) -> None:
    world.prove(CARA, K_STAR * MICRO)
    world.close()
    amount = world.claim(CARA)
    assert (world.token.free(CARA), world.vesting_of(CARA)) == (DEPOSIT, amount - DEPOSIT)


def test_req_d9_what_is_claimed_vests_and_votes_only_then(world: AmaxWorld) -> None:
    world.prove(ANNA, K_STAR * MICRO)
    world.close()
    voted = world.token.active_issuance()
    amount = world.claim(ANNA)
    assert (world.token.free(ANNA), world.vesting_of(ANNA)) == (UNIT, amount)
    assert world.token.active_issuance() == voted
    world.context.number = PERIOD + VESTING // 2
    world.call(world.vesting.vest, Signed(ANNA))
    assert abs(world.vesting_of(ANNA) - amount // 2) <= VESTING
    assert world.token.active_issuance() == voted + amount - world.vesting_of(ANNA)
    world.context.number = PERIOD + VESTING
    world.call(world.vesting.vest, Signed(ANNA))
    assert (world.vesting_of(ANNA), world.token.active_issuance()) == (0, voted + amount)


def test_all_claims_of_a_period_are_one_schedule(world: AmaxWorld) -> None:
    world.prove(ANNA, K_STAR * MICRO, epochs=3)
    world.close()
    first = world.claim(ANNA)
    world.close()
    second = world.claim(ANNA)
    whole = first + second
    assert world.vesting.vesting[ANNA] == (VestingInfo(whole, -(-whole // VESTING), PERIOD),)


def test_claims_of_years_never_need_more_schedules_than_there_are() -> None:
    world = AmaxWorld(ROOMY)
    filler = VestingInfo(UNIT, UNIT // 10**8, 10**6)  # what somebody gives to be in the way
    given = 0
    while len(world.vesting.vesting.get(ANNA) or ()) < MAX_SCHEDULES - RESERVED:
        world.call(world.vesting.vested_transfer, Signed(DORA), Id(ANNA), filler)
        given += 1
    assert given == MAX_SCHEDULES - RESERVED
    with world.refuses(VestingError.AT_MAX_VESTING_SCHEDULES):
        world.call(world.vesting.vested_transfer, Signed(DORA), Id(ANNA), filler)
    most = 0
    for _ in range(40):
        world.prove(ANNA, K_STAR * MICRO)
        world.close()
        assert world.claim(ANNA) > 0
        most = max(most, len(world.vesting.vesting[ANNA]))
        world.context.number += PERIOD - 1
    assert most == MAX_SCHEDULES


def test_the_cap_is_never_passed() -> None:
    world = AmaxWorld(ROOMY, genesis=CONFIG.cap - 2 * UNIT - 1000)
    world.prove(ANNA, K_STAR * MICRO, epochs=50)
    world.close(50)
    assert world.token.total_issuance + world.claimable(ANNA).total <= CONFIG.cap


def test_the_outlook_tells_the_last_budget(world: AmaxWorld) -> None:
    assert world.amax.outlook().last_epoch is None
    epoch = world.close()
    found = world.amax.outlook()
    assert (found.last_epoch, found.last_budget) == (epoch, world.budget(epoch))
    assert (found.cap, found.claimable_epochs, found.minted) == (CONFIG.cap, 1, 0)


amounts = st.integers(0, 10**9)
doings = st.lists(
    st.tuples(
        st.sampled_from(PEOPLE),
        amounts,
        st.integers(0, PERBILL),
        st.tuples(amounts, amounts, amounts),
    ),
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(st.lists(doings, min_size=1, max_size=4), st.booleans(), st.booleans())
def test_nobody_ever_gets_more_than_a_budget(
    epochs: list[list], is_bounded: bool, is_grouped: bool
) -> None:
    """Whatever was contributed, and whoever claims when: the invariants hold after each claim."""
    world = AmaxWorld(DEFAULTS.distribution if is_bounded else ROOMY)
    if is_grouped:
        world.done.groups = dict.fromkeys(PEOPLE, ANNA)
    budgets = 0  # of all epochs so far: what is too little to claim at first is claimed later
    for done in epochs:
        capacity = 0
        for who, work, reliable, (accuracy, participation, infra) in done:
            capacity += work - world.done.proven(world.open, who)
            world.prove(who, work)
            world.done.reliable[who] = reliable
            world.share(who, accuracy=accuracy, participation=participation, infra=infra)
        budgets += world.budget(world.close(capacity=capacity))
        for who in {who for who, *_ in done}:
            if world.claimable(who).total >= 2 * DEPOSIT:
                world.claim(who)
        assert world.amax.minted <= budgets
        world.done.last_era += 1


def parts(found: Parts) -> tuple[int, ...]:
    return (found.capacity, found.accuracy, found.participation, found.infra)
