"""Prices of pools: an average of a day that no single block and no gift moves."""

import pytest

from runtime.primitives.types import UNIT
from tests.pallets.pools import AGPU_COIN, CARA, COIN, COIN_AGPU, DAY, NOTHING, PoolWorld

POOLED = 100_000
"""AGPU."""


@pytest.fixture
def world() -> PoolWorld:
    return PoolWorld()


def test_the_price_is_planck_for_a_unit(world: PoolWorld) -> None:
    assert world.pools.spot(COIN) == 10**6 * 10**18
    assert world.pools.spot(NOTHING) == 0
    assert world.pools.reserves(NOTHING) == (0, 0)


def test_the_average_is_of_a_day_and_no_single_block_moves_it(world: PoolWorld) -> None:
    assert world.pools.twap(COIN) is None
    world.context.number += DAY
    even = world.pools.spot(COIN)
    assert world.pools.twap(COIN) == even
    out = world.swap(AGPU_COIN, 50_000 * UNIT)
    assert world.pools.twap(COIN) == even
    world.swap(COIN_AGPU, out)
    world.next_block()
    assert abs((world.pools.twap(COIN) or 0) - even) <= 2 * even // 1_000 // DAY


def test_each_block_counts_the_close_of_the_one_before(world: PoolWorld) -> None:
    world.context.number += DAY - 1
    prices = [world.pools.spot(COIN)] * DAY
    for amount in (1_000, 3_000, 9_000, 2_000, 7_000) * 12:
        world.swap(AGPU_COIN, amount * UNIT)
        prices.append(world.pools.spot(COIN))
        world.next_block()
        average = sum(prices[-DAY:]) // DAY
        found = world.pools.twap(COIN)
        assert found is not None
        assert abs(found - average) * 1_000 < average * 20


def test_a_gift_to_a_pool_moves_no_average_of_the_past(world: PoolWorld) -> None:
    world.context.number += 2 * DAY
    before = world.pools.twap(COIN)
    world.agpu.transfer(CARA, world.pools.pot(COIN), POOLED * UNIT)
    world.swap(AGPU_COIN, UNIT)
    assert world.pools.twap(COIN) == before


def test_the_points_of_the_past_are_few(world: PoolWorld) -> None:
    for _ in range(3 * DAY):
        world.context.number += 1
        world.swap(AGPU_COIN, UNIT)
    assert len(world.pools.samples[COIN]) <= 26
    assert world.pools.twap(COIN) is not None
