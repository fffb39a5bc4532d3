"""The review of each era: what bonds must be worth, who is trusted, who is run by whom."""

from dataclasses import replace

import pytest

from runtime.compute.job import Market
from runtime.frame import Signed
from runtime.frame.dispatch import READ_PICOSECONDS, WRITE_PICOSECONDS
from runtime.pallets import emission, providers
from runtime.pallets.pricing import TierInfo
from runtime.pallets.providers import Error, ProviderStatus, conduct, events, weights
from runtime.pallets.providers.review import VISITS
from runtime.primitives.types import UNIT
from runtime.terms import DEFAULTS
from tests.pallets.compute_market import (
    ALICE,
    BOB,
    CAROL,
    DAVE,
    EVE,
    MARKET,
    PRICE,
    RICH,
    ComputeMarket,
    info,
)
from tests.support.bench import account

ERA = 30
BILLION = 10**9
BLOCK_PICOSECONDS = 2 * 10**12
ROOT = bytes(32)
DEARER = 100 * UNIT
"""A price at which a rating of 100 micro-CU per second asks for 1,728 AGPU."""


@pytest.fixture
def world() -> ComputeMarket:
    world = ComputeMarket()
    world.join(CAROL)
    return world


def to_era(world: ComputeMarket, era: int) -> None:
    """Let eras begin up to one, and jump over the blocks between."""
    for each in range(world.providers.era() + 1, era + 1):
        world.context.number = each * ERA - 1
        world.next_block()


def status(world: ComputeMarket, who: bytes = CAROL) -> ProviderStatus:
    return world.providers.providers[who].status


def needed(world: ComputeMarket, who: bytes = CAROL) -> int:
    return world.providers.bond_needed(world.providers.providers[who].info)


def told(world: ComputeMarket, kind: type) -> list[object]:
    return [one for one in world.own_events(world.providers) if isinstance(one, kind)]


def prove(world: ComputeMarket, work: int) -> None:
    """Let Carol prove work in the epoch under way, and let that end."""
    world.providers.record_work(CAROL, world.chance.epoch, work)
    world.chance.epoch += 1


# ------------------------------------------------------------------------------------------- bonds


def test_a_bond_is_48_hours_of_revenue_or_240_epochs_of_pay_whichever_is_more() -> None:
    revenue, pay = 48 * 3600 * PRICE, 240 * 3600 * (PRICE // 2)
    assert conduct.bond_for(10**6, conduct.bond_rate(DEFAULTS.bonds, PRICE, PRICE // 10)) == revenue
    assert conduct.bond_for(10**6, conduct.bond_rate(DEFAULTS.bonds, PRICE, PRICE // 2)) == pay


def test_bonds_follow_the_price_of_their_market_with_the_next_era(world: ComputeMarket) -> None:
    world.reprice(DEARER)
    assert needed(world) == 100 * UNIT
    to_era(world, 1)
    assert needed(world) == conduct.bond_for(100, 48 * DEARER) == 1728 * UNIT
    assert told(world, events.BondShort) == [events.BondShort(CAROL, 100 * UNIT, 1728 * UNIT, 8)]


def test_bonds_follow_what_availability_pays(world: ComputeMarket) -> None:
    world.emission.contributors.heard_rate(PRICE)
    assert world.providers.availability_rate == PRICE
    to_era(world, 1)
    assert world.providers.bond_rates[MARKET] == 240 * PRICE


def test_a_closed_epoch_says_what_availability_pays() -> None:
    world = ComputeMarket(mints=True)
    world.next_block()
    world.join(CAROL)
    prove(world, 10**6)
    world.chance.epoch += 1
    world.next_block()
    world.next_block()
    closed = [one for one in world.happened() if isinstance(one, emission.EpochClosed)]
    assert world.providers.availability_rate == closed[-1].rate > 0


def test_a_short_bond_has_seven_eras_and_is_then_out_of_the_idle(world: ComputeMarket) -> None:
    world.reprice(DEARER)
    to_era(world, 7)
    assert (status(world), world.providers.has_idle(MARKET)) == (ProviderStatus.ACTIVE, True)
    to_era(world, 8)
    assert (status(world), world.providers.has_idle(MARKET)) == (ProviderStatus.SUSPENDED, False)
    assert world.pricing.rating(MARKET) == 0
    assert told(world, events.ProviderSuspended) == [events.ProviderSuspended(CAROL)]
    assert not world.providers.is_working(CAROL)


def test_a_top_up_within_the_seven_eras_ends_the_matter(world: ComputeMarket) -> None:
    world.reprice(DEARER)
    to_era(world, 6)
    world.call(world.providers.bond_extra, Signed(CAROL), 1628 * UNIT)
    assert CAROL not in world.providers.short_since
    to_era(world, 12)
    assert status(world) is ProviderStatus.ACTIVE


def test_a_top_up_brings_a_suspended_provider_back(world: ComputeMarket) -> None:
    world.reprice(DEARER)
    to_era(world, 8)
    world.call(world.providers.bond_extra, Signed(CAROL), 1627 * UNIT)
    assert status(world) is ProviderStatus.SUSPENDED
    world.call(world.providers.bond_extra, Signed(CAROL), UNIT)
    assert (status(world), world.providers.has_idle(MARKET)) == (ProviderStatus.ACTIVE, True)
    assert told(world, events.ProviderReinstated) == [events.ProviderReinstated(CAROL)]
    assert CAROL not in world.providers.short_since


def test_a_price_that_falls_again_gives_a_new_seven_eras(world: ComputeMarket) -> None:
    world.reprice(DEARER)
    to_era(world, 5)
    world.reprice(PRICE)
    to_era(world, 6)
    world.reprice(DEARER)
    to_era(world, 13)
    assert status(world) is ProviderStatus.ACTIVE
    assert [one.until for one in told(world, events.BondShort)] == [8, 14]


def test_chilling_does_not_outlast_the_time_for_a_top_up(world: ComputeMarket) -> None:
    world.reprice(DEARER)
    to_era(world, 1)
    world.call(world.providers.chill, Signed(CAROL))
    world.call(world.providers.bond_extra, Signed(CAROL), 1500 * UNIT)
    to_era(world, 8)
    with world.refuses(Error.BOND_TOO_LOW):
        world.call(world.providers.resume, Signed(CAROL))
    world.call(world.providers.bond_extra, Signed(CAROL), 128 * UNIT)
    world.call(world.providers.resume, Signed(CAROL))
    assert status(world) is ProviderStatus.ACTIVE


def test_a_suspended_provider_may_leave_with_all_of_its_bond(world: ComputeMarket) -> None:
    world.reprice(DEARER)
    to_era(world, 8)
    world.call(world.providers.chill, Signed(CAROL))
    world.call(world.providers.unbond, Signed(CAROL), 100 * UNIT)
    world.context.number += 28 * ERA
    world.call(world.providers.withdraw_unbonded, Signed(CAROL))
    assert CAROL not in world.providers.providers
    assert world.token.free(CAROL) == RICH - UNIT


def test_a_slash_below_four_fifths_suspends_at_once(world: ComputeMarket) -> None:
    world.providers.standing.disproved(CAROL, 20 * UNIT, BOB, 0)
    assert status(world) is ProviderStatus.ACTIVE
    world.providers.standing.disproved(CAROL, 1, BOB, 0)
    assert status(world) is ProviderStatus.SUSPENDED
    world.call(world.providers.heartbeat, Signed(CAROL), ROOT, 0)
    assert status(world) is ProviderStatus.SUSPENDED


# ----------------------------------------------------------------------------------------- ratings


def test_a_rating_rises_as_far_as_canonical_work_proves_it(world: ComputeMarket) -> None:
    change = world.providers.update_specs
    prove(world, 150 * 3600)
    with world.refuses(Error.NOT_PROVEN):
        world.call(change, Signed(CAROL), 151)
    world.call(change, Signed(CAROL), 150)
    assert world.pricing.rating(MARKET) == 150
    assert told(world, events.SpecsUpdated) == [events.SpecsUpdated(CAROL, 100, 150)]
    with world.refuses(Error.COOLING_DOWN):
        world.call(change, Signed(CAROL), 120)
    to_era(world, 1)
    world.call(change, Signed(CAROL), 120)
    assert world.pricing.rating(MARKET) == 120


def test_paid_work_proves_a_rating_too_and_old_work_does_not(world: ComputeMarket) -> None:
    world.providers.standing.served(CAROL, 300 * 3600)
    world.chance.epoch += 3
    with world.refuses(Error.NOT_PROVEN):
        world.call(world.providers.update_specs, Signed(CAROL), 101)
    world.providers.standing.served(CAROL, 300 * 3600)
    world.chance.epoch += 1
    world.call(world.providers.update_specs, Signed(CAROL), 300)


def test_a_higher_rating_wants_a_higher_bond_and_what_the_tier_asks_for(
    world: ComputeMarket,
) -> None:
    prove(world, 10**6 * 3600)
    change = world.providers.update_specs
    with world.refuses(Error.BOND_TOO_LOW):
        world.call(change, Signed(CAROL), 10**6)
    with world.refuses(Error.NO_RATING):
        world.call(change, Signed(CAROL), 0)
    with world.refuses(Error.NOT_REGISTERED):
        world.call(change, Signed(ALICE), 1)
    world.pricing.tiers[MARKET.tier] = TierInfo(90, 0, 0)
    with world.refuses(Error.BELOW_TIER):
        world.call(change, Signed(CAROL), 89)


# --------------------------------------------------------------------------- tiers and attestation


def attest(world: ComputeMarket, who: bytes, level: int) -> None:
    world.attestations.auditors[EVE] = 4
    world.attestations.auditor_count = 1
    world.call(world.attestations.attest, Signed(EVE), who, level, ROOT)


def test_a_tier_that_asks_for_an_attestation_takes_none_without_req_5_3() -> None:
    world, market = ComputeMarket(), Market(0, 3)
    world.pricing.tiers[0] = TierInfo(0, 0, 3)
    register = world.providers.register_provider
    with world.refuses(Error.BELOW_TIER):
        world.call(register, Signed(CAROL), info(CAROL, market=market), 100 * UNIT)
    attest(world, CAROL, 2)
    with world.refuses(Error.BELOW_TIER):
        world.call(register, Signed(CAROL), info(CAROL, market=market), 100 * UNIT)
    attest(world, CAROL, 3)
    world.call(register, Signed(CAROL), info(CAROL, market=market), 100 * UNIT)
    assert world.providers.providers[CAROL].attestation == 3


def test_a_provider_whose_attestation_is_revoked_is_given_no_job_from_then_on() -> None:
    world = ComputeMarket()
    world.pricing.tiers[0] = TierInfo(0, 0, 3)
    attest(world, CAROL, 3)
    world.join(CAROL)
    assert [one.provider for one in world.providers.candidates(MARKET, ROOT)] == [CAROL]
    world.call(world.attestations.revoke_attestation, Signed(EVE), CAROL)
    assert world.providers.candidates(MARKET, ROOT) == ()
    assert world.providers.candidate(MARKET, CAROL) is None
    to_era(world, 1)
    assert (status(world), world.providers.has_idle(MARKET)) == (ProviderStatus.SUSPENDED, False)
    attest(world, CAROL, 4)
    to_era(world, 2)
    world.call(world.providers.bond_extra, Signed(CAROL), 1)
    assert status(world) is ProviderStatus.ACTIVE


def test_providers_stay_when_a_tier_asks_for_better_hardware(world: ComputeMarket) -> None:
    world.pricing.tiers[0] = TierInfo(10**9, 2**31, 0)
    to_era(world, 2)
    assert status(world) is ProviderStatus.ACTIVE


# --------------------------------------------------------------------------------------- operators


def test_draws_take_at_most_three_of_one_operator() -> None:
    world = ComputeMarket()
    clones = [account(100 + place) for place in range(5)]
    for who in clones:
        world.token.build(((who, RICH),))
        world.join(who)
        world.proxies.owners[who] = (CAROL,)
    world.join(CAROL)
    world.join(DAVE)
    to_era(world, 1)
    assert {world.providers.operator(who) for who in (*clones, CAROL)} == {CAROL}
    for seed in range(40):
        drawn = world.providers.candidates(MARKET, seed.to_bytes(32, "little"))
        mine = [one for one in drawn if world.providers.operator(one.provider) == CAROL]
        assert len(mine) <= 3


def test_an_operator_is_named_only_with_power_over_the_account(world: ComputeMarket) -> None:
    declare = world.providers.set_operator_group
    with world.refuses(Error.NOT_OPERATOR):
        world.call(declare, Signed(CAROL), DAVE)
    with world.refuses(Error.NOT_REGISTERED):
        world.call(declare, Signed(ALICE), ALICE)
    world.proxies.owners[CAROL] = (BOB, DAVE)
    world.call(declare, Signed(CAROL), DAVE)
    assert world.providers.operator(CAROL) == DAVE
    world.call(declare, Signed(CAROL), None)
    assert world.providers.operator(CAROL) == BOB
    assert told(world, events.OperatorGroupSet)[-1] == events.OperatorGroupSet(CAROL, BOB)
    del world.proxies.owners[CAROL]
    world.call(declare, Signed(CAROL), CAROL)
    assert world.providers.operator(CAROL) == CAROL


# ----------------------------------------------------------------------------------------- premium


def test_a_premium_node_is_fast_known_and_reliable(world: ComputeMarket) -> None:
    def becomes(**changes: object) -> bool:
        good = {"reputation": 9 * 10**8, "latency_p95": (0, 0, 5, 0), **changes}
        plain = replace(world.providers.providers[CAROL], is_premium=False, **good)
        world.providers.providers[CAROL] = plain
        to_era(world, world.providers.era() + 1)
        return world.providers.providers[CAROL].is_premium

    assert becomes()
    assert not becomes(reputation=7 * 10**8)
    assert not becomes(latency_p95=(0, 0, 6, 0))
    assert not becomes(latency_p95=(0, 0, 0, 0))
    assert not becomes(uptime=95 * 10**7)
    changed = told(world, events.PremiumChanged)
    assert changed == [events.PremiumChanged(CAROL, is_premium=True)]


# ------------------------------------------------------------------------------------------- scale


def test_a_full_market_is_reviewed_within_its_bound_of_each_block() -> None:
    """4,096 providers: each is looked at once, by 12 in a block, in under a tenth of its weight."""
    world = ComputeMarket()
    world.join(CAROL)
    plain = world.providers.providers[CAROL]
    for place in range(1, 4096):
        who = place.to_bytes(32, "little")
        world.providers.providers[who] = replace(plain, info=replace(plain.info, node_key=who))
        world.providers.review.enrol(who)
    review, blocks, most = world.providers.review, 0, 0
    world.context.number = ERA
    world.pricing.base[MARKET] = DEARER
    while blocks == 0 or world.providers.sweep.left:
        world.overlay.reads.clear()
        world.overlay.writes.clear()
        declared = review.renew(world.context.number) + review.sweep(BLOCK_PICOSECONDS)
        assert len(world.overlay.reads) <= declared.reads
        assert len(world.overlay.writes) <= declared.writes
        most, blocks = max(most, declared.ref_time), blocks + 1
        world.context.number = ERA + 1
    assert blocks == -(-4096 // VISITS)
    assert len(told(world, events.BondShort)) == 4096
    assert most * 10 < BLOCK_PICOSECONDS
    whole = weights.VISIT.reads * READ_PICOSECONDS + weights.VISIT.writes * WRITE_PICOSECONDS
    assert whole * VISITS < most


def test_who_leaves_during_a_review_makes_nobody_be_missed() -> None:
    world = ComputeMarket()
    crowd = [account(500 + place) for place in range(2 * VISITS)]
    world.token.build(tuple((who, RICH) for who in crowd))
    for who in crowd:
        world.join(who)
    world.context.number = ERA - 1
    world.reprice(DEARER)
    world.next_block()
    seen = {one.provider for one in told(world, events.BondShort)}
    assert seen == set(crowd[VISITS:])
    leaver = crowd[3]
    gone = world.providers.providers[leaver]
    world.token.release(providers.pallet.BOND, leaver, gone.bond)
    world.providers.review.forget(leaver, replace(gone, bond=0))
    world.next_block()
    seen = {one.provider for one in told(world, events.BondShort)}
    assert seen == set(crowd) - {leaver}
