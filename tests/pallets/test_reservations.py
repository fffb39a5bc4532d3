"""Reservations: compute paid for ahead, passed on, redeemed, never overdrawn (requirement 68)."""

from dataclasses import replace
from typing import Any

import pytest

from runtime.compute.job import LatencyClass, Market
from runtime.frame import Signed, TokenError
from runtime.frame.fungible import HoldReason
from runtime.pallets import jobs, reservations
from runtime.pallets.jobs import Conditions, JobState
from runtime.pallets.reservations import (
    MAX_EPOCHS,
    MAX_RESERVATIONS,
    RESERVATIONS_PER_ACCOUNT,
    STEEPNESS,
    Error,
    place_price,
)
from runtime.primitives.types import UNIT
from runtime.terms import DEFAULTS
from tests.pallets.compute_market import (
    ALICE,
    BOB,
    CAROL,
    ELSEWHERE,
    EPOCH,
    FEE,
    MARKET,
    PRICE,
    RICH,
    ComputeMarket,
)
from tests.support.bench import account

RESERVATION, ESCROW = HoldReason.RESERVATION, HoldReason.JOB_ESCROW
EPOCHS = 3
HELD = EPOCHS * FEE
DEPOSIT = DEFAULTS.queue.deposit
PREMIUM = HELD // 50 + EPOCHS * place_price(DEPOSIT, 0)
UNITS = 20
"""Micro-CU per epoch: two jobs."""


@pytest.fixture
def world() -> ComputeMarket:
    return ComputeMarket()


def reserve(world: ComputeMarket, who: bytes = ALICE, **terms: Any) -> int:
    """Pay for two jobs in each of three epochs ahead; return the reservation's number."""
    chosen = {"market": MARKET, "units": UNITS, "epochs": EPOCHS, "max_price": PRICE, **terms}
    world.call(world.reservations.reserve, Signed(who), *chosen.values())
    return world.reservations.next_id - 1


def held(world: ComputeMarket, who: bytes = ALICE) -> tuple[int, int]:
    """Return what is on hold of an account: for reservations, and for jobs."""
    return world.token.held(RESERVATION, who), world.token.held(ESCROW, who)


def test_a_reservation_sets_its_price_aside_and_burns_a_premium(world: ComputeMarket) -> None:
    issued = world.token.total_issuance
    number = reserve(world)
    assert held(world) == (HELD, 0)
    assert world.token.free(ALICE) == RICH - HELD - PREMIUM
    assert issued - world.token.total_issuance == PREMIUM
    assert world.own_events(world.reservations) == [
        reservations.Reserved(number, ALICE, MARKET, HELD, PREMIUM)
    ]


def test_a_reservation_pays_for_jobs_as_far_as_it_reaches(world: ComputeMarket) -> None:
    number = reserve(world, units=100)
    for left in (2, 1, 0):
        world.order(conditions=Conditions(reservation=number), max_price=PRICE)
        assert held(world) == (left * FEE, (3 - left) * FEE)
    free = world.token.free(ALICE)
    world.order(conditions=Conditions(reservation=number), max_price=PRICE)
    assert held(world) == (0, 4 * FEE)
    assert free - world.token.free(ALICE) > FEE


def test_all_of_a_clients_money_may_lie_in_its_reservation(world: ComputeMarket) -> None:
    rich = account(700)
    world.token.mint_into(rich, HELD + PREMIUM + 2 * FEE)
    number = reserve(world, rich)
    world.token.transfer(rich, BOB, 2 * FEE - 6 * 10**10)
    with world.refuses(TokenError.FUNDS_UNAVAILABLE):
        world.order(rich, max_price=PRICE)
    world.order(rich, conditions=Conditions(reservation=number), max_price=PRICE)
    assert held(world, rich) == (HELD - FEE, FEE)


def test_a_job_that_waits_can_be_paid_from_a_reservation_and_waits_in_front(
    world: ComputeMarket,
) -> None:
    number = reserve(world)
    first = world.submit(latency=LatencyClass.REALTIME)
    job = world.submit(max_price=PRICE)
    free = world.token.free(ALICE)
    world.call(world.jobs.redeem, Signed(ALICE), number, job)
    assert world.token.free(ALICE) == free + FEE
    assert held(world) == (HELD - FEE, 2 * FEE)
    assert [item.job for item in world.jobs.lanes[MARKET].items] == [job, first]
    assert world.jobs.jobs[job].key == world.jobs.jobs[job].submitted_at
    assert world.happened()[-2:] == [
        reservations.Drawn(number, 10, FEE),
        jobs.JobRedeemed(job, number),
    ]
    with world.refuses(jobs.Error.BAD_CONDITIONS):
        world.call(world.jobs.redeem, Signed(ALICE), number, job)


def test_an_epoch_has_only_its_units_and_a_withdrawn_job_does_not_return_them(
    world: ComputeMarket,
) -> None:
    number, paid = reserve(world), Conditions(reservation=0)
    job = world.order(conditions=paid)
    world.call(world.jobs.cancel_job, Signed(ALICE), job)
    world.order(conditions=paid)
    with world.refuses(Error.USED_UP):
        world.order(conditions=paid)
    world.pass_blocks(EPOCH)
    world.order(conditions=paid)
    record = world.reservations.reservations[number]
    assert (record.epoch, record.used) == (1, 10)


def test_req_68_a_reservation_passes_on_with_all_that_is_left_of_it(world: ComputeMarket) -> None:
    number = reserve(world)
    bob = world.token.free(BOB)
    world.call(world.reservations.transfer_reservation, Signed(ALICE), number, BOB)
    assert (held(world), held(world, BOB)) == ((0, 0), (HELD, 0))
    assert world.token.free(BOB) == bob
    with world.refuses(Error.NOT_OWNER):
        world.order(conditions=Conditions(reservation=number))
    world.order(BOB, conditions=Conditions(reservation=number), max_price=PRICE)
    assert held(world, BOB) == (HELD - FEE, FEE)


def test_a_reservation_given_to_its_owner_stays(world: ComputeMarket) -> None:
    number = reserve(world)
    world.call(world.reservations.transfer_reservation, Signed(ALICE), number, ALICE)
    assert held(world) == (HELD, 0)


def test_what_is_not_used_comes_back_when_time_is_up(world: ComputeMarket) -> None:
    number = reserve(world)
    world.order(conditions=Conditions(reservation=number), max_price=PRICE, deadline=5)
    world.pass_blocks(EPOCHS * EPOCH)
    assert number not in world.reservations.reservations
    assert world.token.free(ALICE) == RICH - PREMIUM
    assert world.token.held(RESERVATION, ALICE) == 0


def test_an_owner_ends_a_reservation_early_and_anyone_one_that_is_over(
    world: ComputeMarket,
) -> None:
    close = world.reservations.close_reservation
    first, second = reserve(world), reserve(world)
    with world.refuses(Error.NOT_OWNER):
        world.call(close, Signed(BOB), first)
    world.call(close, Signed(ALICE), first)
    world.context.number += EPOCHS * EPOCH
    with world.refuses(Error.ENDED):
        world.call(world.reservations.transfer_reservation, Signed(ALICE), second, BOB)
    with world.refuses(Error.ENDED):
        world.order(conditions=Conditions(reservation=second))
    world.call(close, Signed(BOB), second)
    with world.refuses(Error.UNKNOWN_RESERVATION):
        world.call(close, Signed(ALICE), second)
    second_premium = HELD // 50 + EPOCHS * place_price(DEPOSIT, 1)
    assert world.token.free(ALICE) == RICH - PREMIUM - second_premium


@pytest.mark.parametrize(
    ("terms", "error"),
    [
        ({"market": Market(4, 0)}, Error.UNKNOWN_MARKET),
        ({"units": 0}, Error.NOTHING_RESERVED),
        ({"epochs": 0}, Error.NOTHING_RESERVED),
        ({"epochs": 721}, Error.TOO_LONG),
        ({"max_price": PRICE - 1}, Error.MAX_PRICE_TOO_LOW),
        ({"units": 2**64 - 1, "max_price": 2**128 - 1}, Error.AMOUNT_TOO_LARGE),
        ({"units": 2**60}, TokenError.FUNDS_UNAVAILABLE),
    ],
)
def test_a_reservation_that_cannot_be_kept_is_refused(
    world: ComputeMarket, terms: dict[str, Any], error: Error | TokenError
) -> None:
    with world.refuses(error):
        reserve(world, **terms)


def test_a_reservation_is_for_one_market(world: ComputeMarket) -> None:
    number = reserve(world)
    with world.refuses(Error.WRONG_MARKET):
        world.order(market=ELSEWHERE, conditions=Conditions(reservation=number))
    with world.refuses(Error.UNKNOWN_RESERVATION):
        world.order(conditions=Conditions(reservation=number + 1))


def test_only_a_job_that_waits_is_redeemed_by_its_client(world: ComputeMarket) -> None:
    world.join(CAROL)
    number, job = reserve(world), world.assigned()
    with world.refuses(jobs.Error.NOT_CLIENT):
        world.call(world.jobs.redeem, Signed(BOB), number, job)
    assert world.state(job) is JobState.ASSIGNED
    with world.refuses(jobs.Error.WRONG_STATE):
        world.call(world.jobs.redeem, Signed(ALICE), number, job)


def test_reservations_are_bounded_by_account_and_in_all(world: ComputeMarket) -> None:
    for _ in range(RESERVATIONS_PER_ACCOUNT):
        reserve(world)
    with world.refuses(Error.TOO_MANY):
        reserve(world)
    given = reserve(world, BOB)
    with world.refuses(Error.TOO_MANY):
        world.call(world.reservations.transfer_reservation, Signed(BOB), given, ALICE)
    world.reservations.open = tuple(range(MAX_RESERVATIONS))
    with world.refuses(Error.TOO_MANY):
        world.reservations.reserve(Signed(BOB), MARKET, UNITS, EPOCHS, PRICE)


def test_every_reservation_ends_although_one_is_looked_at_in_a_block(
    world: ComputeMarket,
) -> None:
    world.reservations.config = replace(world.reservations.config, epoch_blocks=1)
    for i in range(40):
        world.token.mint_into(account(800 + i % 4), RICH)
        reserve(world, account(800 + i % 4))
    world.pass_blocks(EPOCHS + 40 * 2)
    assert world.reservations.open == ()


def premium_of(world: ComputeMarket, taken: int, **terms: Any) -> int:
    """Return what a reservation burns while so many places are taken."""
    world.pallets = []
    world.reservations.open = tuple(range(taken))
    issued = world.token.total_issuance
    world.reservations.next_id = taken
    reserve(world, **terms)
    return issued - world.token.total_issuance


def test_a_place_costs_with_the_square_of_how_many_are_taken(world: ComputeMarket) -> None:
    """The average of 15 d fill² over the place that is taken: 0.75 AGPU per epoch for the last."""
    prices = [place_price(UNIT // 20, taken) for taken in range(MAX_RESERVATIONS)]
    whole = STEEPNESS * UNIT // 20
    assert prices == sorted(set(prices))
    assert whole * 0.99 < prices[-1] < whole == 75 * UNIT // 100
    assert abs(prices[MAX_RESERVATIONS // 2] * 4 / whole - 1) < 0.01
    assert 0 <= sum(prices) - whole * MAX_RESERVATIONS // 3 <= MAX_RESERVATIONS, "rounded up"
    assert [premium_of(world, n) for n in (0, 51, 511)] == [
        HELD // 50 + EPOCHS * prices[n] for n in (0, 51, 511)
    ]


def test_a_place_costs_something_whatever_its_deposit() -> None:
    assert place_price(1, 0) == 1


def test_a_first_reservation_costs_what_it_did_and_the_price_follows_a_parameter(
    world: ComputeMarket,
) -> None:
    assert HELD // 50 < PREMIUM < HELD // 50 * 1001 // 1000
    world.terms.queue = replace(world.terms.queue, deposit=2 * DEPOSIT)
    assert premium_of(world, 100) == HELD // 50 + EPOCHS * place_price(2 * DEPOSIT, 100)


def test_who_fills_places_does_not_multiply_what_a_large_reservation_burns(
    world: ComputeMarket,
) -> None:
    """A place is priced and not the money: the last one adds 540 AGPU in a month, never more."""
    world.token.mint_into(ALICE, 10**7 * UNIT)
    terms = {"epochs": MAX_EPOCHS, "units": 3600 * 10**6}
    quiet = premium_of(world, 0, **terms)
    full = premium_of(world, MAX_RESERVATIONS - 1, **terms)
    assert quiet > 50_000 * UNIT
    assert 535 * UNIT < full - quiet < 540 * UNIT
