"""What is created after block 0: for settled work, for proven capacity, within a breaker."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.compute.job import PERBILL
from runtime.compute.receipt import Opening
from runtime.frame import GovernanceOrigin, Governed, Signed
from runtime.frame.fungible import BurnReason, MintReason
from runtime.pallets import emission, jobs, providers
from runtime.pallets.emission import Error
from runtime.primitives.types import UNIT
from runtime.terms import DEFAULTS
from tests.pallets.compute_market import (
    ALICE,
    BOB,
    CAROL,
    DAVE,
    DEPOSIT,
    FEE,
    MARKET,
    POOLS,
    POTS,
    PROOF,
    RICH,
    ComputeMarket,
)

CURVE = DEFAULTS.emission

BURN = FEE * 15 // 100
MINT = BURN // 5
"""κ is κmin before the first epoch ends."""
CU = 10**6
PARAMETERS = Governed(GovernanceOrigin.ECONOMIC_PARAMS)


@pytest.fixture
def world() -> ComputeMarket:
    found = ComputeMarket(mints=True)
    found.emission.util_ema = 0
    found.join(CAROL)
    found.next_block()
    return found


def settled(world: ComputeMarket, **terms) -> int:
    """Let a job be done and paid."""
    job = world.verified(**terms)
    world.next_block()
    return job


def earned(world: ComputeMarket) -> tuple[int, ...]:
    """Return what the three pools and the treasury have above their deposits."""
    return tuple(world.token.free(each) - DEPOSIT for each in (*POOLS, POTS.treasury))


def pass_epochs(world: ComputeMarket, count: int = 1) -> None:
    for _ in range(count):
        world.chance.epoch += 1
        world.next_block()


# work


def test_a_settled_job_gives_a_fifth_of_its_burn_back_to_those_who_serve(
    world: ComputeMarket,
) -> None:
    before = world.token.free(CAROL)
    job = settled(world)
    (paid,) = [e for e in world.own_events(world.jobs) if isinstance(e, jobs.SegmentSettled)]
    # a newcomer with full uptime and half a reputation performs by three quarters
    own = MINT * 55 // 100 * 3 // 4
    assert paid.minted == MINT
    assert world.token.free(CAROL) == before + paid.provider_paid + own
    treasury = MINT - own - MINT // 10 - MINT // 20 - MINT // 10
    assert earned(world) == (MINT // 10, MINT // 20, MINT // 10, paid.treasury + treasury)
    minted = emission.WorkMinted(job, MINT, CURVE.kappa_min, 750_000_000)
    assert minted in world.own_events(world.emission)
    assert world.token.minted_by_reason[MintReason.WORK] == MINT
    assert world.emission.tally.minted_in_block == MINT


def test_req_30_each_further_job_creates_and_pays_more(world: ComputeMarket) -> None:
    minted, paid = [world.emission.tally.minted_work], [world.token.total(CAROL)]
    for _ in range(3):
        settled(world)
        minted.append(world.emission.tally.minted_work)
        paid.append(world.token.total(CAROL))
    assert sorted(set(minted)) == minted
    assert sorted(set(paid)) == paid


def test_a_direct_job_earns_its_provider_nothing_new(world: ComputeMarket) -> None:
    before = world.token.free(CAROL)
    job = world.submit(to=CAROL)
    world.call(world.jobs.start_job, Signed(CAROL), job)
    world.commit(job)
    world.pass_blocks(3)
    world.include(openings=(Opening(job, 0, PROOF),))
    world.next_block()
    (paid,) = [e for e in world.own_events(world.jobs) if isinstance(e, jobs.SegmentSettled)]
    assert (world.token.free(CAROL) - before, paid.minted) == (paid.provider_paid, MINT)


def test_what_scarcity_burns_is_not_minted_again(world: ComputeMarket) -> None:
    world.pricing.base[MARKET] = 200_000 * UNIT
    world.pricing.base_ema[MARKET] = 80_000 * UNIT
    settled(world, max_price=200_000 * UNIT)
    (paid,) = [e for e in world.own_events(world.jobs) if isinstance(e, jobs.SegmentSettled)]
    assert paid.scarcity_burn == paid.fee // 2 * 52 // 100
    assert paid.minted == paid.burn // 5
    assert world.emission.tally.burn_reemittable == paid.burn


def test_earnings_from_the_mint_can_go_to_the_bond(world: ComputeMarket) -> None:
    world.call(world.providers.set_payee, Signed(CAROL), providers.PayoutDestination.BOND)
    before = world.token.free(CAROL)
    settled(world)
    assert world.token.free(CAROL) == before
    assert world.providers.providers[CAROL].bond > 100 * UNIT + FEE * 74 // 100


def test_a_slice_that_nobody_can_take_is_the_treasurys_or_not_minted(
    world: ComputeMarket,
) -> None:
    to = replace(world.emission.config.to, infra=bytes(32))
    world.emission.config = replace(world.emission.config, to=to)
    minted = world.emission.mint_work(0, CAROL, 100, client=ALICE, is_direct=True)
    assert (minted, earned(world)[0]) == (20, 0)
    nobody = replace(to, treasury=bytes(32), accuracy=bytes(32))
    world.emission.config = replace(world.emission.config, to=nobody)
    assert world.emission.mint_work(0, CAROL, 100, client=ALICE, is_direct=True) == 1


@given(st.lists(st.tuples(st.integers(0, 10**15), st.booleans()), max_size=12))
def test_issuance_is_accounted_for_to_the_planck(settlements: list[tuple[int, bool]]) -> None:
    world = ComputeMarket(mints=True)
    world.join(CAROL)
    issued = world.token.total_issuance
    minted = sum(
        world.emission.mint_work(number, CAROL, burn, client=ALICE, is_direct=direct)
        for number, (burn, direct) in enumerate(settlements)
    )
    for pallet in world.pallets:
        pallet.try_state()
    assert world.token.total_issuance == issued + minted
    tally = world.emission.tally
    assert tally.burn_reemittable == sum(burn for burn, _ in settlements)
    assert (tally.minted_work + tally.deferred) * PERBILL <= (
        CURVE.kappa_max * tally.burn_reemittable
    )


def test_burns_are_counted_by_cause(world: ComputeMarket) -> None:
    settled(world)
    world.call(world.token.burn, Signed(ALICE), 5, True)
    causes = {reason: world.token.burned_by_reason[reason] for reason in BurnReason}
    assert causes == {
        BurnReason.TRANSACTION_FEE: 0,
        BurnReason.CALL: 5,
        BurnReason.DUST: 0,
        BurnReason.JOB: BURN,
        BurnReason.BOND: UNIT,
        BurnReason.DEPOSIT: 0,
        BurnReason.SWAP: 0,
    }


def test_nothing_is_minted_where_nothing_is_settled_req_28_req_58(world: ComputeMarket) -> None:
    world.submit(BOB, max_price=10**15)
    world.providers.record_work(CAROL, world.chance.epoch, 5 * CU)
    pass_epochs(world, 60)
    assert dict(world.token.minted_by_reason.items()) == {}
    assert world.emission.tally.minted_in_block == 0


# epochs


def test_kappa_follows_the_utilisation_of_the_epochs_before(world: ComputeMarket) -> None:
    assert world.emission.kappa == CURVE.kappa_min
    world.pricing.load = replace(world.pricing.load, used=7, capacity=10)
    pass_epochs(world)
    average = 700_000_000 // 24
    assert world.emission.util_ema == average
    assert world.emission.kappa > CURVE.kappa_min
    assert world.pricing.take_load() == (0, 0)
    info = world.emission.epoch_info[world.chance.epoch]
    assert (info.kappa, info.utilisation) == (world.emission.kappa, average)


def test_an_epoch_is_closed_when_its_shares_count_no_more(world: ComputeMarket) -> None:
    epoch = world.chance.epoch
    world.providers.record_work(CAROL, epoch, 5 * CU)
    pass_epochs(world)
    with world.refuses(Error.NOT_CLOSED):
        world.call(world.emission.payout_provider, Signed(ALICE), CAROL, epoch)
    pass_epochs(world)
    info = world.emission.epoch_info[epoch]
    assert (info.is_closed, info.capacity) == (True, 5 * CU)
    assert info.rate * 5 == info.budget > 0


def test_capacity_is_paid_to_provider_validators_and_oracles(world: ComputeMarket) -> None:
    epoch = world.chance.epoch
    world.providers.record_work(CAROL, epoch, 5 * CU)
    pass_epochs(world, 2)
    pots = [POTS.validators, POTS.oracles]
    before = [world.token.free(who) for who in (CAROL, *pots)]
    world.call(world.emission.payout_provider, Signed(BOB), CAROL, epoch)
    info = world.emission.epoch_info[epoch]
    own, validators = info.budget * 9 // 10, info.budget * 7 // 100
    gained = [world.token.free(who) for who in (CAROL, *pots)]
    assert [after - earlier for after, earlier in zip(gained, before, strict=True)] == [
        own,
        validators,
        info.budget - own - validators,
    ]
    assert info.minted == info.budget == world.token.minted_by_reason[MintReason.AVAILABILITY]
    with world.refuses(Error.ALREADY_PAID):
        world.call(world.emission.payout_provider, Signed(BOB), CAROL, epoch)
    assert world.emission.tally.settled_in_block == 1


def test_who_proved_nothing_or_is_not_there_is_paid_nothing(world: ComputeMarket) -> None:
    epoch = world.chance.epoch
    world.providers.record_work(CAROL, epoch, 5 * CU)
    pass_epochs(world, 2)
    for who, when in ((DAVE, epoch), (CAROL, epoch - 1)):
        with world.refuses(Error.NOT_CONTRIBUTION):
            world.call(world.emission.payout_provider, Signed(BOB), who, when)
    unreliable = replace(world.providers.providers[CAROL], uptime=899_999_999)
    world.providers.providers[CAROL] = unreliable
    with world.refuses(Error.NOT_CONTRIBUTION):
        world.call(world.emission.payout_provider, Signed(BOB), CAROL, epoch)


def test_an_epoch_can_be_paid_until_84_later_ones_are_closed(world: ComputeMarket) -> None:
    epoch = world.chance.epoch
    for each in (epoch, epoch + 1):
        world.providers.record_work(CAROL, each, 5 * CU)
        pass_epochs(world)
    pass_epochs(world, 84)
    with world.refuses(Error.EXPIRED):
        world.call(world.emission.payout_provider, Signed(BOB), CAROL, epoch)
    world.call(world.emission.payout_provider, Signed(BOB), CAROL, epoch + 1)
    assert len(dict(world.emission.epoch_info.items())) == 86


def test_skipped_epochs_are_caught_up_one_in_a_block(world: ComputeMarket) -> None:
    epoch = world.chance.epoch
    world.providers.record_work(CAROL, epoch, 5 * CU)
    world.chance.epoch += 5
    world.pass_blocks(6)
    assert world.emission.next_to_close == epoch + 4
    world.call(world.emission.payout_provider, Signed(BOB), CAROL, epoch)
    with world.refuses(Error.NOT_CONTRIBUTION):
        world.call(world.emission.payout_provider, Signed(BOB), CAROL, epoch + 2)


# the breaker


def test_the_breaker_holds_work_back_and_pays_it_later(world: ComputeMarket) -> None:
    curve = world.terms.emission
    world.terms.emission = replace(curve, breaker=0)
    before = world.token.free(CAROL)
    job = settled(world)
    (paid,) = [e for e in world.own_events(world.jobs) if isinstance(e, jobs.SegmentSettled)]
    assert (world.token.free(CAROL) - before, paid.minted) == (paid.provider_paid, 0)
    assert world.emission.tally.deferred == MINT
    epoch = world.chance.epoch
    told = [emission.MintDeferred(job, MINT), emission.BreakerTripped(epoch, MINT, 0)]
    assert world.own_events(world.emission)[-2:] == told
    with world.refuses(Error.BREAKER_TRIPPED):
        world.call(world.emission.payout_deferred, Signed(BOB), CAROL)
    world.terms.emission = curve
    for who in (CAROL, *POOLS, POTS.treasury):
        world.call(world.emission.payout_deferred, Signed(BOB), who)
    own = MINT * 55 // 100 * 3 // 4
    assert world.token.free(CAROL) - before == paid.provider_paid + own
    assert (world.emission.tally.deferred, world.emission.tally.minted_work) == (0, MINT)
    with world.refuses(Error.NOTHING_DEFERRED):
        world.call(world.emission.payout_deferred, Signed(BOB), CAROL)


def test_the_breaker_lets_through_a_part_of_the_issuance_in_24_epochs(
    world: ComputeMarket,
) -> None:
    room = world.emission.room()
    assert room == world.token.total_issuance * 15 // 10_000
    assert world.emission.mint_work(0, CAROL, 5 * room, client=ALICE, is_direct=True) == room
    left = world.emission.room()
    assert left == world.token.total_issuance * 15 // 10_000 - room
    assert world.emission.mint_work(1, CAROL, 5 * (left + 1), client=ALICE, is_direct=True) == 0
    pass_epochs(world, 12)
    assert room // 2 <= world.emission.room() < room // 2 + left + 1
    pass_epochs(world, 12)
    assert world.emission.room() == world.token.total_issuance * 15 // 10_000


def test_capacity_that_the_breaker_holds_back_can_be_claimed_later(world: ComputeMarket) -> None:
    curve, epoch = world.terms.emission, world.chance.epoch
    world.providers.record_work(CAROL, epoch, 5 * CU)
    pass_epochs(world, 2)
    world.terms.emission = replace(curve, breaker=0)
    with world.refuses(Error.BREAKER_TRIPPED):
        world.call(world.emission.payout_provider, Signed(BOB), CAROL, epoch)
    world.terms.emission = curve
    world.call(world.emission.payout_provider, Signed(BOB), CAROL, epoch)


def test_req_62_nothing_is_minted_above_the_cap(world: ComputeMarket) -> None:
    cap = world.token.total_issuance + 3
    world.terms.emission = replace(world.terms.emission, cap=cap)
    assert world.emission.room() == 3
    assert world.emission.mint_work(0, CAROL, 20, client=ALICE, is_direct=True) == 0
    assert world.emission.mint_work(0, CAROL, 15, client=ALICE, is_direct=True) == 3
    assert world.token.total_issuance == cap
    for pallet in world.pallets:
        pallet.try_state()


# curves


def test_kappa_follows_a_changed_curve_with_the_next_epoch_req_41(world: ComputeMarket) -> None:
    before = world.emission.kappa
    curve = world.terms.emission
    world.terms.emission = replace(curve, kappa_min=240_000_000, kappa_max=520_000_000)
    assert (world.emission.kappa, world.emission.highest_kappa) == (before, curve.kappa_max)
    pass_epochs(world)
    assert world.emission.kappa >= 240_000_000
    assert world.emission.highest_kappa == 520_000_000
    world.terms.emission = curve
    pass_epochs(world)
    assert world.emission.kappa < 240_000_000
    assert world.emission.highest_kappa == 520_000_000, "what was minted before stays bounded by it"


def test_a0_that_nobody_renewed_has_halved_after_a_year(world: ComputeMarket) -> None:
    rates = []
    for eras in (0, 365):
        world.context.number = 30 * eras + 1
        world.providers.record_work(CAROL, world.chance.epoch, 5 * CU)
        pass_epochs(world, 2)
        rates.append(world.emission.epoch_info[world.chance.epoch - 2].rate)
    assert rates[1] == rates[0] // 2


def test_an_account_that_contributes_nothing_is_never_minted_anything(
    world: ComputeMarket,
) -> None:
    settled(world)
    pass_epochs(world, 30)
    assert world.token.free(BOB) == RICH
    for who in (BOB, DAVE):
        with world.refuses(Error.NOT_CONTRIBUTION):
            world.call(world.emission.payout_provider, Signed(who), who, world.chance.epoch - 3)
