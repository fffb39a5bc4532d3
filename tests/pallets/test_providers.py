"""Providers: who may join, what a bond is liable for, and what conduct does to a record."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.compute.job import Market
from runtime.frame import BadOrigin, NoOrigin, Signed, TokenError
from runtime.frame.fungible import HoldReason
from runtime.pallets import providers
from runtime.pallets.providers import Error, conduct
from runtime.pallets.providers.bonds import total, without
from runtime.pallets.providers.records import Chunk, ProviderStatus
from runtime.primitives.types import UNIT
from runtime.terms import DEFAULTS
from tests.pallets.compute_market import (
    ALICE,
    BOB,
    CAROL,
    DAVE,
    ELSEWHERE,
    EVE,
    MARKET,
    NODE_KEY,
    PRICE,
    RICH,
    ComputeMarket,
    info,
)

BOND = HoldReason.PROVIDER_BOND
ERA = 30
BILLION = 10**9


@pytest.fixture
def world() -> ComputeMarket:
    world = ComputeMarket()
    world.join(CAROL)
    return world


def status(world: ComputeMarket, who: bytes) -> ProviderStatus:
    return world.providers.providers[who].status


def test_registration_holds_the_bond_and_burns_a_hundredth() -> None:
    world = ComputeMarket()
    issued = world.token.total_issuance
    world.join(CAROL)
    assert world.token.held(BOND, CAROL) == 100 * UNIT
    assert world.token.free(CAROL) == RICH - 101 * UNIT
    assert issued - world.token.total_issuance == UNIT
    registered = providers.ProviderRegistered(CAROL, MARKET, 100 * UNIT, UNIT)
    assert world.own_events(world.providers) == [registered]
    assert world.providers.standing.reputation(CAROL) == BILLION // 2


def test_registrations_that_cannot_be_are_refused(world: ComputeMarket) -> None:
    world.join(DAVE, node_key=NODE_KEY)
    register, bond = world.providers.register_provider, 100 * UNIT
    with world.refuses(Error.ALREADY_REGISTERED):
        world.call(register, Signed(CAROL), info(CAROL), bond)
    with world.refuses(Error.UNKNOWN_MARKET):
        world.call(register, Signed(EVE), info(EVE, market=Market(0, 16)), bond)
    with world.refuses(Error.NO_RATING):
        world.call(register, Signed(EVE), info(EVE, rating=0), bond)
    with world.refuses(Error.BOND_TOO_LOW):
        world.call(register, Signed(EVE), info(EVE), bond - 1)
    with world.refuses(Error.BOND_TOO_LOW):
        world.call(register, Signed(EVE), info(EVE, rating=10**6), bond)
    with world.refuses(Error.KEY_TAKEN):
        world.call(register, Signed(EVE), info(EVE, node_key=NODE_KEY), bond)
    with world.refuses(TokenError.FUNDS_UNAVAILABLE):
        world.call(register, Signed(EVE), info(EVE), RICH)
    with world.refuses(BadOrigin.BAD_ORIGIN):
        world.call(register, NoOrigin(), info(EVE), bond)


def test_the_bond_follows_the_rating() -> None:
    # one CU per second for 48 hours at one AGPU per CU
    assert conduct.bond_for(10**6, conduct.bond_rate(DEFAULTS.bonds, PRICE, 0)) == 48 * 3600 * PRICE


def test_only_providers_may_call(world: ComputeMarket) -> None:
    for method, arguments in (
        (world.providers.bond_extra, (1,)),
        (world.providers.unbond, (1,)),
        (world.providers.withdraw_unbonded, ()),
        (world.providers.chill, ()),
        (world.providers.resume, ()),
        (world.providers.set_payee, (providers.PayoutDestination.BOND,)),
        (world.providers.heartbeat, (bytes(32), 0)),
    ):
        with world.refuses(Error.NOT_REGISTERED):
            world.call(method, Signed(ALICE), *arguments)


def test_what_leaves_the_bond_can_be_withdrawn_after_28_eras(world: ComputeMarket) -> None:
    world.call(world.providers.bond_extra, Signed(CAROL), 10 * UNIT)
    world.call(world.providers.unbond, Signed(CAROL), 10 * UNIT)
    assert world.providers.unbonding[CAROL] == (Chunk(28, 10 * UNIT),)
    with world.refuses(Error.BOND_TOO_LOW):
        world.call(world.providers.unbond, Signed(CAROL), 1)
    world.pass_blocks(28 * ERA - 2)
    with world.refuses(Error.NOTHING_DUE):
        world.call(world.providers.withdraw_unbonded, Signed(CAROL))
    world.next_block()
    world.call(world.providers.withdraw_unbonded, Signed(CAROL))
    assert world.token.held(BOND, CAROL) == 100 * UNIT
    assert world.own_events(world.providers)[-1] == providers.ProviderWithdrew(CAROL, 10 * UNIT)


def test_a_chilled_provider_may_take_all_and_is_then_forgotten() -> None:
    world = ComputeMarket()
    world.join(CAROL, node_key=NODE_KEY)
    with world.refuses(Error.BOND_TOO_LOW):
        world.call(world.providers.unbond, Signed(CAROL), 100 * UNIT)
    world.call(world.providers.chill, Signed(CAROL))
    world.call(world.providers.unbond, Signed(CAROL), 100 * UNIT)
    with world.refuses(Error.BOND_TOO_LOW):
        world.call(world.providers.resume, Signed(CAROL))
    world.context.number += 28 * ERA
    world.call(world.providers.withdraw_unbonded, Signed(CAROL))
    assert CAROL not in world.providers.providers
    assert world.token.free(CAROL) == RICH - UNIT
    world.join(DAVE, node_key=NODE_KEY)


def test_at_most_eight_withdrawals_are_under_way(world: ComputeMarket) -> None:
    world.call(world.providers.bond_extra, Signed(CAROL), 20)
    for _ in range(8):
        world.call(world.providers.unbond, Signed(CAROL), 1)
        world.call(world.providers.unbond, Signed(CAROL), 1)
        world.context.number += ERA
    assert len(world.providers.unbonding[CAROL]) == 8
    with world.refuses(Error.TOO_MANY_CHUNKS):
        world.call(world.providers.unbond, Signed(CAROL), 1)


def test_what_is_at_stake_cannot_leave(world: ComputeMarket) -> None:
    world.call(world.providers.bond_extra, Signed(CAROL), UNIT // 4)
    world.providers.config = providers.Config(1, PRICE, ERA)
    world.submit(to=CAROL)
    with world.refuses(Error.EXPOSURE_EXCEEDED):
        world.call(world.providers.unbond, Signed(CAROL), 100 * UNIT)


def test_a_chilled_provider_takes_no_jobs_until_it_resumes(world: ComputeMarket) -> None:
    world.call(world.providers.chill, Signed(CAROL))
    assert (status(world, CAROL), world.providers.has_idle(MARKET)) == (
        ProviderStatus.CHILLED,
        False,
    )
    with world.refuses(Error.WRONG_STATUS):
        world.call(world.providers.chill, Signed(CAROL))
    world.call(world.providers.resume, Signed(CAROL))
    with world.refuses(Error.WRONG_STATUS):
        world.call(world.providers.resume, Signed(CAROL))
    assert world.providers.has_idle(MARKET)


def test_a_heartbeat_counts_once_per_interval_and_gaps_lower_uptime(world: ComputeMarket) -> None:
    beat = world.providers.heartbeat
    world.call(beat, Signed(CAROL), bytes(32), 5)
    with world.refuses(Error.TOO_SOON):
        world.call(beat, Signed(CAROL), bytes(32), 5)
    world.context.number = 50
    world.call(beat, Signed(CAROL), bytes(32), 5)
    assert world.providers.providers[CAROL].uptime == BILLION
    world.context.number = 200
    world.call(beat, Signed(CAROL), bytes(32), 7)
    uptime = conduct.uptime_after(BILLION, 2)
    assert world.own_events(world.providers)[-1] == providers.HeartbeatReceived(
        CAROL, bytes(32), 7, uptime
    )
    assert 990_000_000 < uptime < BILLION


def test_jobs_draw_from_the_idle_of_their_market_alone(world: ComputeMarket) -> None:
    world.join(DAVE, market=ELSEWHERE)
    world.join(EVE)
    drawn = {one.provider for one in world.providers.candidates(MARKET, bytes(32))}
    assert drawn == {CAROL, EVE}
    assert world.providers.candidate(ELSEWHERE, CAROL) is None
    assert world.providers.candidates(Market(2, 2), bytes(32)) == ()


def test_a_slash_also_takes_what_is_on_its_way_out(world: ComputeMarket) -> None:
    world.call(world.providers.bond_extra, Signed(CAROL), 30 * UNIT)
    world.call(world.providers.unbond, Signed(CAROL), 30 * UNIT)
    issued = world.token.total_issuance
    world.providers.standing.disproved(CAROL, 120 * UNIT, BOB, 10 * UNIT)
    world.providers.try_state()
    assert world.providers.providers[CAROL].bond == 0
    assert world.providers.unbonding[CAROL] == (Chunk(28, 10 * UNIT),)
    assert world.token.free(BOB) == RICH + 10 * UNIT
    assert issued - world.token.total_issuance == 110 * UNIT
    assert not world.providers.has_idle(MARKET)


def test_a_slash_takes_no_more_than_there_is(world: ComputeMarket) -> None:
    world.providers.standing.disproved(CAROL, 10**6 * UNIT, BOB, 10**6 * UNIT)
    world.providers.try_state()
    assert world.own_events(world.providers)[-1] == providers.ProviderSlashed(
        CAROL, providers.Offence.FAILED_VERIFICATION, 100 * UNIT, awarded=50 * UNIT, found=0
    )


def test_the_third_failure_in_30_eras_removes_a_provider(world: ComputeMarket) -> None:
    for _ in range(3):
        assert status(world, CAROL) is ProviderStatus.ACTIVE
        world.providers.standing.disproved(CAROL, 1, BOB, 1)
        world.context.number += 14 * ERA
    assert status(world, CAROL) is ProviderStatus.REMOVED
    with world.refuses(Error.WRONG_STATUS):
        world.call(world.providers.resume, Signed(CAROL))
    rest = world.providers.providers[CAROL].bond
    world.call(world.providers.unbond, Signed(CAROL), rest)


def test_failures_long_ago_are_forgiven(world: ComputeMarket) -> None:
    for _ in range(4):
        world.providers.standing.disproved(CAROL, 1, BOB, 1)
        world.context.number += 15 * ERA
    assert status(world, CAROL) is ProviderStatus.ACTIVE


def test_one_client_moves_a_reputation_by_a_twentieth_of_the_window_in_an_era(
    world: ComputeMarket,
) -> None:
    standing, window = world.providers.standing, 100 * UNIT
    for _ in range(10):
        standing.praise(CAROL, ALICE, window)
    assert standing.reputation(CAROL) == BILLION // 2 + BILLION // 2 // 20
    standing.praise(CAROL, BOB, window)
    assert standing.reputation(CAROL) == 525_000_000 + 475_000_000 // 20
    world.context.number += ERA
    before = standing.reputation(CAROL)
    standing.praise(CAROL, ALICE, window)
    assert standing.reputation(CAROL) > before


def test_a_reputation_fades_to_the_prior_by_half_in_30_eras() -> None:
    assert conduct.faded(BILLION, 30) == 750_000_000
    assert conduct.faded(0, 30) == 250_000_000
    assert conduct.faded(BILLION, 3000) == BILLION // 2
    assert abs(conduct.faded(BILLION, 29) - 755_845_000) < 10_000


@given(st.integers(0, BILLION), st.integers(0, 10**6), st.integers(0, 10**15))
def test_conduct_stays_within_0_and_1(start: int, eras: int, weight: int) -> None:
    values = (
        conduct.faded(start, eras),
        conduct.raised(start, weight, 10**14),
        conduct.lowered(start, conduct.FAILURE_LOSS),
        conduct.uptime_after(start, eras),
    )
    assert all(0 <= value <= BILLION for value in values)


@given(st.lists(st.integers(1, 10**20), max_size=8), st.integers(0, 10**21))
def test_chunks_lose_exactly_what_is_taken(amounts: list[int], taken: int) -> None:
    chunks = tuple(Chunk(era, amount) for era, amount in enumerate(amounts))
    assert total(without(chunks, taken)) == max(sum(amounts) - taken, 0)


def test_canonical_work_is_recorded_by_epoch_and_old_epochs_go(world: ComputeMarket) -> None:
    for epoch, work in ((1, 5), (1, 6), (87, 7)):
        world.providers.record_work(CAROL, epoch, work)
    capacity = world.providers.epoch_capacity
    assert [capacity[epoch, CAROL] for epoch in (1, 87)] == [0, 7]
    assert world.providers.total_capacity[87] == 7
