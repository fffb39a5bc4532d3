"""Rows of the attack register whose numbers are nobody else's test."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from runtime.compute.job import PERBILL
from runtime.compute.price import Fee
from runtime.frame import DispatchError, Signed
from runtime.frame.fungible import HoldReason
from runtime.pallets import reservations
from runtime.pallets.emission import formulas
from runtime.pallets.jobs import JobState, money
from runtime.pallets.jobs.events import Error
from runtime.pallets.jobs.records import LANE_SLOTS
from runtime.pallets.treasury import windows
from runtime.primitives.fixed import Perbill
from runtime.primitives.types import UNIT
from runtime.terms import DEFAULTS, Shares, SplitRates
from tests.pallets.compute_market import ALICE, BOB, MARKET, PRICE, RICH, ComputeMarket
from tests.pallets.test_market_attacks import run
from tests.support.bench import account

FAKE = 1000 * UNIT
"""What an attacker pays for work that it gives itself."""
LEAST_FEE = UNIT // 1000
"""Of a job on public chains."""


@pytest.mark.parametrize(("multiplier", "returned"), [(1, 0.95), (2, 1.9), (4, 3.79)])
def test_a_shared_pool_would_return_more_than_it_costs_and_own_burn_does_not(
    multiplier: int, returned: float
) -> None:
    """A pot of all burns, divided by volume times a multiplier, against a slice of one's own."""
    others, burn, pot = 1000.0, 0.95, 1.0
    weight = multiplier * burn
    naive = pot * (others + burn) * weight / (others + weight)
    assert naive == pytest.approx(returned, rel=0.01)
    assert round(return_of_own_burn(), 3) == 0.846 < 1


def return_of_own_burn() -> float:
    """Return what a provider has back of an AGPU of base fee, where κ is marginal and highest."""
    parts = money.split(Fee(FAKE, 0, 0), PERBILL, SplitRates())
    most = 2 * DEFAULTS.emission.kappa_max - DEFAULTS.emission.kappa_min
    own = formulas.slices_of(parts.burn * most // PERBILL, Shares(), PERBILL, is_direct=False)
    return (parts.provider + own.provider) / FAKE


def test_whoever_holds_all_votes_drains_a_third_of_the_treasury_in_a_year_at_most() -> None:
    window: windows.Window = ()
    all_tracks = Perbill(DEFAULTS.treasury.all_tracks)
    pot = start = 10_000_000 * UNIT
    lowest = start
    for era in range(13 * windows.WINDOW_ERAS):
        amount = windows.room(window, era, all_tracks, pot)
        window = windows.extended(window, era, pot, amount)
        pot -= amount
        lowest = min(lowest, pot)
    assert round(1 - lowest / start, 3) == 0.327
    assert windows.room((), 0, all_tracks, start) == start * 3 // 100


def test_a_job_that_no_hook_can_serve_is_refunded_and_others_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = ComputeMarket()
    broken, sound = world.submit(ALICE, deadline=6), world.submit(BOB, deadline=6)
    attend = world.jobs.lifecycle.attend

    def failing(number: int, job: Any) -> None:
        if number == broken:
            raise DispatchError(Error.WRONG_STATE)
        attend(number, job)

    monkeypatch.setattr(world.jobs.lifecycle, "attend", failing)
    world.pass_blocks(8)
    assert world.state(sound) is JobState.EXPIRED
    assert not world.jobs.jobs[broken].state.is_open
    assert (world.jobs.open_jobs, list(world.jobs.agenda.items())) == (0, [])
    for client in (ALICE, BOB):
        assert world.token.free(client) == RICH, "everything is back"


def test_a_full_queue_costs_its_griefer_three_thousand_first_slots() -> None:
    least = 5 * 10**10
    deposits = [money.queue_deposit(least, waiting) for waiting in range(LANE_SLOTS)]
    assert deposits == sorted(deposits)
    assert (deposits[0], round(deposits[-1] / least, 2)) == (least, 15.94)
    assert round(sum(deposits) / least) == 3065
    burned = sum(deposits) * money.FLICKER_SHARE // PERBILL
    assert round(burned / UNIT, 1) == 15.3, "AGPU, each time the queue is filled and emptied"


def places_for_a_month() -> tuple[int, int, int]:
    """Return what all places lock, burn, and burned before, taken with the least reservations."""
    held = reservations.MAX_EPOCHS * LEAST_FEE
    prices = [
        reservations.place_price(DEFAULTS.queue.deposit, taken)
        for taken in range(reservations.MAX_RESERVATIONS)
    ]
    flat = len(prices) * (held * reservations.PREMIUM // PERBILL)
    return len(prices) * held, flat + reservations.MAX_EPOCHS * sum(prices), flat


def test_all_places_of_reservations_cost_ninety_thousand_agpu_for_a_month() -> None:
    """Next to nothing is set aside for each; the price was 7.4 AGPU while money alone had one."""
    locked, after, before = places_for_a_month()
    assert (round(locked / UNIT), round(before / UNIT, 1)) == (369, 7.4)
    assert round(after / UNIT) == 92_167

    world = ComputeMarket()
    world.pallets = []
    world.reservations.config = replace(world.reservations.config, minimum_fee=LEAST_FEE)
    accounts = -(-reservations.MAX_RESERVATIONS // reservations.RESERVATIONS_PER_ACCOUNT)
    griefers = [account(6000 + i) for i in range(accounts)]
    for who in griefers:
        world.token.mint_into(who, RICH)
    issued = world.token.total_issuance
    for i in range(reservations.MAX_RESERVATIONS):
        terms = (Signed(griefers[i % accounts]), MARKET, 1, reservations.MAX_EPOCHS, PRICE)
        world.call(world.reservations.reserve, *terms)
    assert issued - world.token.total_issuance == after
    assert sum(world.token.held(HoldReason.RESERVATION, who) for who in griefers) == locked


def test_a_fake_result_and_an_unread_verdict_cost_more_than_they_gain() -> None:
    """q · 8 > (1 − q) · 0.83, q the probability of an audit: the most that a fee can earn."""
    most = SplitRates().surge_provider
    for rate, loss, won in (
        (DEFAULTS.audits.least_rate, 1.0, 0.726),
        (DEFAULTS.audits.newcomer_rate, 4.0, 0.415),
    ):
        expected = rate * DEFAULTS.bonds.exposure_factor / PERBILL
        gained = (PERBILL - rate) * most / PERBILL**2
        assert (round(expected, 3), round(gained, 3)) == (loss, won)
        assert expected > gained


def test_half_of_a_market_gains_less_by_a_pump_the_more_it_buys() -> None:
    """Market power is disclosed, not removed: at two thirds of a market a small pump pays."""
    gains = {}
    for fake in (0.15, 0.5):
        quiet, _ = run(0.65, 0)
        revenue, spent = run(0.65, fake)
        gains[fake] = (revenue - quiet - spent) / spent
    assert gains[0.5] < gains[0.15]
    assert gains[0.15] > 0, "the one case of the design's table that pays"
