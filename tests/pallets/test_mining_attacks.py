"""Attacks on rewards, in the words of the design's register: volume and own referees pay nobody.

A farmer owns the client, the provider and the referrer of both; what the three have together, free
and on hold, before and after settled jobs, is what the ring returns.
"""

import pytest

from runtime.compute.job import PERBILL
from runtime.frame import Signed
from runtime.primitives.types import UNIT
from runtime.terms import DEFAULTS
from tests.pallets.compute_market import (
    ALICE,
    BOB,
    CAROL,
    DAVE,
    MARKET,
    ComputeMarket,
)

CURVE = DEFAULTS.emission

RING = (ALICE, BOB, CAROL)
"""Client, referrer and provider of one farmer."""


def ring(*, referred: tuple[bytes, ...], kappa: int = CURVE.kappa_min) -> ComputeMarket:
    """Let Bob refer some, and Carol alone provide; the entry fee is spent before."""
    world = ComputeMarket(mints=True)
    world.emission.util_ema = 0
    world.referral.burned(BOB, 50 * UNIT)
    for who in referred:
        world.call(world.referral.set_referrer, Signed(who), BOB)
    world.join(CAROL)
    world.next_block()
    world.emission.kappa = kappa
    return world


def wealth(world: ComputeMarket, people: tuple[bytes, ...]) -> int:
    """Return all that some accounts own, free and on hold."""
    return sum(world.token.total(who) for who in people)


def change(world: ComputeMarket, people: tuple[bytes, ...], jobs: int, price: int = UNIT) -> float:
    """Return what people gain of each planck of fees, when Alice buys so many jobs."""
    world.reprice(price, MARKET)
    before, spent = wealth(world, people), 0
    for _ in range(jobs):
        world.verified(max_price=price)
        world.next_block()
        (paid,) = [e for e in world.happened() if type(e).__name__ == "SegmentSettled"]
        world.context.events.clear()
        spent += paid.fee
    return (wealth(world, people) - before) / spent


SCALES = ((1, UNIT), (2, 10**5 * UNIT), (1, 10**6 * UNIT))
"""Jobs and their price per CU: fees of 0.1 AGPU, twice 1 AGPU, and 10 AGPU."""


@pytest.mark.parametrize(("jobs", "price"), SCALES)
def test_a_ring_of_own_referees_loses_at_every_scale_req_18_req_64(jobs: int, price: int) -> None:
    """With the discount of a new referee, 0.0025 more than after its first thirty eras."""
    both = (ALICE, CAROL)
    found = [
        change(ring(referred=both), RING, jobs, price),
        change(ring(referred=both, kappa=CURVE.kappa_max), RING, jobs, price),
        change(ring(referred=()), both, jobs, price),
    ]
    assert [round(each, 3) for each in found] == [-0.242, -0.219, -0.248]


@pytest.mark.parametrize("kappa", [CURVE.kappa_min, CURVE.kappa_max])
def test_a_client_that_refers_itself_has_back_less_than_one_percent(kappa: int) -> None:
    """Work that is worth nothing to who bought it, done by a stranger, costs what it costs."""
    found = change(ring(referred=(ALICE,), kappa=kappa), (ALICE, BOB), 1)
    assert round(found, 4) == {CURVE.kappa_min: -0.9960, CURVE.kappa_max: -0.9938}[kappa]


def test_a_bounty_for_signing_up_would_pay_who_signs_up_and_there_is_none() -> None:
    """What a flat bounty of 10 AGPU for 1 to 10 AGPU spent would pay a ring that loses by ours."""
    loss = change(ring(referred=(ALICE, CAROL)), RING, 1)
    assert [round(10 + spent * loss, 1) for spent in (1, 10)] == [9.8, 7.6]
    world = ring(referred=())
    before = wealth(world, RING)
    world.call(world.referral.set_referrer, Signed(ALICE), BOB)
    assert wealth(world, RING) == before


def test_buying_volume_moves_no_shared_pool() -> None:
    """Every pool is divided the same whether an attacker buys a job, fifty, or none."""
    for bought in (0, 1, 50):
        world = ring(referred=(ALICE, CAROL))
        world.mining.was_right(DAVE, 5)
        for number in range(bought):
            world.emission.mint_work(number, CAROL, UNIT, client=ALICE, is_direct=False)
        pot = world.mining.config.pots.accuracy
        world.token.mint_into(pot, UNIT)
        world.context.number = 29
        world.next_block()
        ((_, closed),) = world.mining.pool_eras.items()
        assert (closed.shares, closed.inflow) == (5, UNIT + bought * UNIT // 5 // 10)
        assert world.mining.claimable(DAVE)[2].amount == closed.inflow
        gained = [one.amount for who in RING for one in world.mining.claimable(who)]
        assert gained == [0] * 9


def pot(emitted: int, multiplier: int) -> float:
    """Return what is back of a fake AGPU from a pot of 95 % of burns, so many times, by volume."""
    honest, fake = 10**9 * PERBILL, 10**6 * PERBILL
    whole = emitted * (honest + fake) * 95 // 100
    return whole * multiplier / (honest + fake * multiplier)


@pytest.mark.parametrize(
    ("emitted", "multiplier", "returned"),
    [(1, 1, 0.95), (1, 2, 1.9), (1, 4, 3.79), (5, 1, 4.75), (5, 4, 18.94)],
)
def test_a_pot_shared_by_volume_would_pay_for_fake_work(
    emitted: int, multiplier: int, returned: float
) -> None:
    """What others had, and lost by; ours returns 0.883 at most: see the grid of all coalitions."""
    assert round(pot(emitted, multiplier), 2) == returned
