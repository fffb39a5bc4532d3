"""Who brought whom: who may say so, what it pays and to whom, when it vests, when it is void."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.frame import BadOrigin, Root, Signed
from runtime.frame.earnings import Rule
from runtime.frame.fungible import HoldReason
from runtime.pallets.jobs import SegmentSettled, money
from runtime.pallets.mining import Earned
from runtime.pallets.referral import (
    Error,
    Link,
    ReferralClaimed,
    ReferralEarned,
    ReferralVoided,
    ReferredBy,
    VestingChunk,
)
from runtime.pallets.referral.pallet import ends, total, with_more
from runtime.pallets.referral.records import MAX_CHUNKS, ReferrerSet
from runtime.primitives.types import UNIT
from runtime.terms import Shares
from tests.pallets.compute_market import (
    ALICE,
    BOB,
    CAROL,
    DAVE,
    EVE,
    FEE,
    POTS,
    ComputeMarket,
)
from tests.support.bench import account

ERA = 30
BURN = FEE * 15 // 100
MINT = BURN // 5
SLICE = MINT // 20
HOLD = HoldReason.REFERRAL


@pytest.fixture
def world() -> ComputeMarket:
    """Let Carol provide, and Bob have burned enough to refer others."""
    found = ComputeMarket(mints=True)
    found.emission.util_ema = 0
    found.join(CAROL)
    found.referral.burned(BOB, 50 * UNIT)
    found.next_block()
    return found


def refer(world: ComputeMarket, referee: bytes, referrer: bytes = BOB) -> None:
    world.call(world.referral.set_referrer, Signed(referee), referrer)


def settled(world: ComputeMarket, client: bytes = ALICE) -> None:
    world.verified(client=client)
    world.next_block()


def pass_eras(world: ComputeMarket, count: int) -> None:
    """Let eras pass without looking at each of their blocks."""
    world.context.number += ERA * count - 1
    world.next_block()


def client_loses(world: ComputeMarket) -> int:
    """Return what a job costs Alice in the end."""
    before = world.token.free(ALICE)
    settled(world)
    return before - world.token.free(ALICE)


# saying so


def test_an_account_says_once_who_brought_it(world: ComputeMarket) -> None:
    refer(world, ALICE)
    assert ReferrerSet(ALICE, BOB) in world.happened()
    assert world.referral.referrer_of[ALICE] == Link(BOB, 0)
    assert world.referral.tree(BOB).referees == (ReferredBy(ALICE, 0, True, 0, 0),)
    with world.refuses(Error.ALREADY_SET):
        refer(world, ALICE, CAROL)


def test_who_may_not_be_referred_is_told_why(world: ComputeMarket) -> None:
    with world.refuses(BadOrigin.BAD_ORIGIN):
        world.call(world.referral.set_referrer, Root(), BOB)
    with world.refuses(Error.SELF_REFERRAL):
        refer(world, BOB, BOB)
    with world.refuses(Error.NOT_NEW):
        refer(world, CAROL)  # a provider
    world.nonces.made[DAVE] = 17
    with world.refuses(Error.NOT_NEW):
        refer(world, DAVE)
    world.nonces.made[DAVE] = 16
    refer(world, DAVE)
    settled(world)
    with world.refuses(Error.NOT_NEW):
        refer(world, ALICE)  # its job was paid


def test_a_referrer_has_burned_fifty_or_provided_for_thirty_eras(world: ComputeMarket) -> None:
    world.referral.burned(EVE, 50 * UNIT - 1)
    for unproven in (EVE, CAROL, DAVE, account(60)):
        with world.refuses(Error.NOT_QUALIFIED):
            refer(world, ALICE, unproven)
    pass_eras(world, 30)
    refer(world, ALICE, CAROL)
    world.referral.burned(EVE, 1)
    refer(world, DAVE, EVE)


def test_referrals_are_one_level_deep_and_close_no_circle(world: ComputeMarket) -> None:
    pass_eras(world, 30)
    refer(world, ALICE, CAROL)
    world.referral.burned(ALICE, 50 * UNIT)
    refer(world, DAVE, ALICE)
    # whoever brought somebody was brought by nobody, or said so before
    world.referral.burned_by[BOB] = 0
    world.referral.referees[BOB] = 1
    with pytest.raises(Exception, match="REFERS_OTHERS"):
        world.referral.set_referrer(Signed(BOB), DAVE)
    del world.referral.referees[BOB]
    assert not ends({ALICE: BOB, BOB: ALICE}, ALICE)
    assert ends({ALICE: BOB, BOB: CAROL}, ALICE)


# what it pays


def test_a_referrer_is_paid_out_of_the_referees_own_burn_req_18(world: ComputeMarket) -> None:
    refer(world, ALICE)
    before, treasury = world.token.free(BOB), world.token.free(POTS.treasury)
    settled(world)
    assert ReferralEarned(BOB, ALICE, SLICE) in world.happened()
    assert world.token.held(HOLD, BOB) == SLICE
    assert world.token.free(BOB) == before
    assert world.mining.earnings(BOB, 5) == (Earned(Rule.REFERRAL, SLICE),)
    assert world.referral.qualified_burn(BOB, 5) == BURN
    assert world.emission.referral_minted == SLICE
    # somebody else's job pays Bob nothing, and the slice is the treasury's
    (paid,) = [e for e in world.happened() if type(e).__name__ == "SegmentSettled"]
    own, pools = MINT * 55 // 100 * 3 // 4, 2 * (MINT // 10) + MINT // 20
    rest = MINT - own - pools - SLICE
    assert world.token.free(POTS.treasury) - treasury == paid.treasury + rest
    settled(world, DAVE)
    assert world.token.held(HOLD, BOB) == SLICE


def test_client_and_provider_each_pay_their_own_referrer(world: ComputeMarket) -> None:
    refer(world, DAVE)
    refer(world, ALICE)
    world.call(world.providers.chill, Signed(CAROL))
    world.join(DAVE)
    settled(world)
    assert world.token.held(HOLD, BOB) == 2 * SLICE
    assert world.referral.earned_by[BOB] == 2 * SLICE
    assert world.referral.vesting[BOB, DAVE] == (VestingChunk(0, SLICE),)


def test_a_referee_has_a_quarter_of_a_percent_back_for_thirty_eras(world: ComputeMarket) -> None:
    assert client_loses(world) == FEE
    world.referral.burned_by[ALICE] = 0
    refer(world, ALICE)
    treasury = world.token.free(POTS.treasury)
    assert client_loses(world) == FEE - FEE // 400
    found = [one for one in world.happened() if isinstance(one, SegmentSettled)]
    plain, reduced = found[0], found[-1]
    assert (plain.discount, reduced.discount) == (0, FEE // 400)
    better_paid = reduced.provider_paid - plain.provider_paid
    assert reduced.treasury == plain.treasury - better_paid - FEE // 400, "of nobody else's part"
    assert world.token.free(POTS.treasury) > treasury
    pass_eras(world, 30)
    assert client_loses(world) == FEE


@given(fee=st.integers(0, 10**20), treasury=st.integers(0, 10**18))
def test_a_discount_never_takes_more_than_the_treasury_has(fee: int, treasury: int) -> None:
    assert 0 <= money.discount(fee, treasury) <= min(treasury, -(-fee // 400))


def test_a_direct_job_pays_no_referrer(world: ComputeMarket) -> None:
    refer(world, ALICE)
    minted = world.emission.mint_work(0, CAROL, BURN, client=ALICE, is_direct=True)
    assert (minted, world.token.held(HOLD, BOB)) == (MINT, 0)


def test_a_referral_pays_for_180_eras(world: ComputeMarket) -> None:
    refer(world, ALICE)
    pass_eras(world, 179)
    assert world.referral.of(ALICE) == BOB
    pass_eras(world, 1)
    assert world.referral.of(ALICE) is None
    assert not world.referral.tree(BOB).referees[0].is_active


def test_what_a_referrer_cannot_hold_is_the_treasurys(world: ComputeMarket) -> None:
    nobody = account(60)
    world.referral.burned(nobody, 50 * UNIT)
    refer(world, ALICE, nobody)
    settled(world)
    assert world.token.held(HOLD, nobody) == world.emission.referral_minted == 0


def test_what_the_breaker_holds_back_is_owed_to_the_referrer(world: ComputeMarket) -> None:
    refer(world, ALICE)
    world.terms.emission = replace(world.terms.emission, breaker=0)
    assert world.emission.mint_work(0, CAROL, BURN, client=ALICE, is_direct=False) == 0
    assert world.emission.deferred[BOB] == SLICE


@given(st.lists(st.tuples(st.integers(0, 10**15), st.integers(0, 4)), max_size=10))
def test_referrers_have_a_tenth_of_what_work_creates_at_most(jobs: list[tuple[int, int]]) -> None:
    world = ComputeMarket(mints=True)
    world.join(CAROL)
    world.referral.burned(BOB, 50 * UNIT)
    refer(world, ALICE)
    refer(world, DAVE)
    minted = 0
    for number, (burn, who) in enumerate(jobs):
        client = (ALICE, BOB, DAVE, EVE, ALICE)[who]
        minted += world.emission.mint_work(
            number, (CAROL, DAVE)[who % 2], burn, client=client, is_direct=who == 4
        )
    for pallet in world.pallets:
        pallet.try_state()
    assert world.emission.referral_minted * 10 <= minted
    assert world.token.held(HOLD, BOB) == world.emission.referral_minted


# vesting and voiding


def test_what_was_earned_is_free_after_28_eras_and_anyone_may_free_it(
    world: ComputeMarket,
) -> None:
    refer(world, ALICE)
    settled(world)
    pass_eras(world, 27)
    with world.refuses(Error.NOTHING_VESTED):
        world.call(world.referral.claim_payout, Signed(BOB), ALICE)
    world.emission.mint_work(1, CAROL, BURN, client=ALICE, is_direct=False)
    pass_eras(world, 1)
    assert world.referral.tree(BOB).referees == (ReferredBy(ALICE, 0, True, SLICE, SLICE),)
    before = world.token.free(BOB)
    world.call(world.referral.claim_payout, Signed(EVE), ALICE)
    assert world.token.free(BOB) == before + SLICE
    assert ReferralClaimed(BOB, ALICE, SLICE) in world.happened()
    assert world.token.held(HOLD, BOB) == SLICE


def test_a_referral_that_is_none_pays_nothing(world: ComputeMarket) -> None:
    with world.refuses(Error.NOT_REFERRED):
        world.call(world.referral.claim_payout, Signed(BOB), ALICE)
    with world.refuses(BadOrigin.BAD_ORIGIN):
        world.call(world.referral.claim_payout, Root(), ALICE)
    refer(world, ALICE)
    with world.refuses(Error.NOTHING_VESTED):
        world.call(world.referral.claim_payout, Signed(BOB), ALICE)


def test_a_referee_that_cheats_ends_its_referral_and_voids_what_was_not_claimed(
    world: ComputeMarket,
) -> None:
    refer(world, DAVE)
    world.call(world.providers.chill, Signed(CAROL))
    world.join(DAVE)
    settled(world)
    assert world.token.held(HOLD, BOB) == SLICE
    world.providers.standing.disproved(DAVE, FEE, ALICE, 0)
    assert world.referral.of(DAVE) is None
    treasury = world.token.free(POTS.treasury)
    world.call(world.referral.claim_payout, Signed(EVE), DAVE)
    assert ReferralVoided(BOB, DAVE, SLICE) in world.happened()
    assert world.token.free(POTS.treasury) == treasury + SLICE
    assert world.token.held(HOLD, BOB) == 0
    with world.refuses(Error.NOTHING_VESTED):
        world.call(world.referral.claim_payout, Signed(BOB), DAVE)


def test_what_vests_of_one_referral_is_a_bounded_list() -> None:
    chunks = ()
    for era in range(200):
        chunks = with_more(with_more(chunks, era, 2, 28), era, 1, 28)
        assert len(chunks) <= MAX_CHUNKS
    assert total(chunks) == 600
    assert [one.era for one in chunks] == [171, *range(172, 200)]


def test_the_burn_of_referees_is_known_for_84_epochs(world: ComputeMarket) -> None:
    refer(world, ALICE)
    for _ in range(100):
        world.chance.epoch += 1
        world.emission.mint_work(0, CAROL, 100 * BURN, client=ALICE, is_direct=False)
    world.emission.mint_work(0, CAROL, 100 * BURN, client=ALICE, is_direct=False)
    assert len(world.referral.qualified_burns[BOB]) == 84
    assert world.referral.qualified_burn(BOB, 105) == 200 * BURN
    assert world.referral.qualified_burn(BOB, 21) == 0


def test_the_shares_of_a_mint_leave_the_treasury_its_tenth_req_20() -> None:
    shares = Shares()
    parts = (shares.provider, shares.client_referrer, shares.provider_referrer, shares.infra,
             shares.governance, shares.accuracy)  # fmt: skip
    assert sum(parts) == 900_000_000
