"""What the treasury has besides AGPU: spent by the same tracks, out of pots of its own."""

from contextlib import suppress
from dataclasses import replace

import pytest

from runtime.constants import EXISTENTIAL_DEPOSIT
from runtime.frame import DispatchError, Root, Signed
from runtime.frame.fungible import HoldReason
from runtime.frame.fungibles import AMAX, NATIVE, WithId
from runtime.pallets.assets import Error as AssetsError
from runtime.pallets.treasury import AssetSpendApproved, AssetSpendVoided, Error, Paid
from runtime.primitives.extrinsic import Id
from runtime.primitives.types import UNIT
from tests.pallets.treasury_world import (
    ANNA,
    BERT,
    BIG,
    CANCELLER,
    ERA,
    MEDIUM,
    POT,
    SMALL,
    World,
)

COIN = 7
HOARD = 25_000_000 * UNIT
"""AMAX of the treasury, as on the test network."""


@pytest.fixture
def world() -> World:
    world = World()
    world.amax.mint_into(world.treasury.account, HOARD + EXISTENTIAL_DEPOSIT)
    world.assets.ledger.create(COIN, ANNA, 10)
    world.assets.ledger.mint_into(COIN, world.treasury.account, 1_000_010)
    world.next_block()
    world.context.events.clear()
    return world


def test_amax_is_spent_by_the_small_track_at_once(world: World) -> None:
    amount, now = HOARD * 5 // 10_000, world.context.number
    with world.refuses(Error.INSUFFICIENT_PERMISSION):
        world.spend(SMALL, amount + 1, of=AMAX)
    world.spend(SMALL, amount, of=AMAX)
    expiry = now + 30 * ERA
    assert world.happened() == [AssetSpendApproved(0, AMAX, amount, BERT, now, expiry)]
    world.payout()
    assert world.happened()[-1] == Paid(0, ())
    assert (world.amax.free(BERT), world.agpu.free(BERT)) == (amount, 0)
    assert world.treasury.promises.pot(AMAX) == HOARD - amount
    assert world.treasury.promises.committed(AMAX) == 0
    world.call(world.treasury.check_status, Signed(ANNA), 0)


def test_amax_that_was_paid_counts_in_the_electorate_again(world: World) -> None:
    before = world.amax.active_issuance()
    world.spend(SMALL, UNIT, of=AMAX)
    world.payout()
    world.next_block()
    assert world.amax.active_issuance() == before + UNIT


def test_amax_of_a_larger_track_streams_and_can_be_called_off(world: World) -> None:
    amount, start = HOARD * 5 // 1_000, world.context.number
    world.spend(MEDIUM, amount, of=AMAX)
    world.at(start + 15 * ERA)
    world.payout()
    assert world.amax.free(BERT) == amount // 2
    assert world.treasury.promises.committed(AMAX) == amount - amount // 2
    world.call(world.treasury.void_spend, CANCELLER, 0)
    assert world.happened()[-1] == AssetSpendVoided(0)
    assert world.treasury.promises.committed(AMAX) == 0
    with world.refuses(Error.INVALID_INDEX):
        world.payout()


def test_attack_of_all_votes_a_third_of_the_amax_in_a_year_and_three_percent_in_28_eras(
    world: World,
) -> None:
    """Whoever holds all votes cannot make the treasury's AMAX its own at once, to hold them."""
    first, promises = world.context.number, world.treasury.promises
    for month in range(13):
        world.at(first + 28 * month * ERA)
        for index, _ in list(world.treasury.spends.items()):
            with suppress(DispatchError):
                world.payout(index)
        pot = promises.pot(AMAX)
        for _ in range(10):
            world.spend(SMALL, pot * 5 // 10_000, of=AMAX)
        world.spend(MEDIUM, pot * 5 // 1_000, of=AMAX)
        world.spend(BIG, pot * 2 // 100, of=AMAX)
        for track in (SMALL, MEDIUM, BIG):
            with world.refuses(Error.WINDOW_EXHAUSTED):
                world.spend(track, UNIT, of=AMAX)
    kept = promises.pot(AMAX) - promises.committed(AMAX)
    assert round(1 - kept / HOARD, 2) == 0.33


def test_what_is_spent_of_one_asset_leaves_the_windows_of_others(world: World) -> None:
    for _ in range(10):
        world.spend(SMALL, HOARD * 5 // 10_000, of=AMAX)
    with world.refuses(Error.WINDOW_EXHAUSTED):
        world.spend(SMALL, UNIT, of=AMAX)
    assert world.treasury.track_window[SMALL.origin] == ()
    assert world.treasury.global_window == ()
    world.spend(SMALL, POT * 5 // 10_000)
    world.spend(SMALL, 500, of=WithId(COIN))
    assert world.treasury.committed == POT * 5 // 10_000


def test_another_asset_is_paid_and_who_is_paid_bears_the_deposit_of_its_entry(world: World) -> None:
    coin = world.assets.ledger
    world.assets.asset[COIN] = replace(world.assets.asset[COIN], is_sufficient=False)
    before = world.agpu.total(world.treasury.account)
    world.spend(SMALL, 500, of=WithId(COIN))
    with world.refuses(Error.PAYOUT_ERROR):
        world.payout()
    world.agpu.mint_into(BERT, UNIT)
    world.payout()
    assert coin.balance(COIN, BERT) == 500
    assert world.agpu.held(HoldReason.ASSET_DEPOSIT, BERT) > 0
    assert world.agpu.total(world.treasury.account) == before


def test_what_an_asset_needs_to_stay_in_the_pot_is_not_spent(world: World) -> None:
    assert world.treasury.promises.pot(WithId(COIN)) == 1_000_000
    with world.refuses(Error.INSUFFICIENT_PERMISSION):
        world.spend(SMALL, 501, of=WithId(COIN))
    world.assets.ledger.burn_from(COIN, world.treasury.account, 1_000_000)
    with world.refuses(Error.INSUFFICIENT_PERMISSION):
        world.spend(SMALL, 1, of=WithId(COIN))


def test_a_frozen_asset_stays_due_until_it_moves_again(world: World) -> None:
    world.spend(SMALL, 500, of=WithId(COIN))
    world.assets.ledger.freeze_asset(COIN)
    with world.refuses(Error.PAYOUT_ERROR):
        world.payout()
    world.assets.ledger.thaw_asset(COIN)
    world.payout()


def test_an_asset_that_its_issuer_takes_back_binds_no_agpu(world: World) -> None:
    world.spend(SMALL, 500, of=WithId(COIN))
    world.assets.ledger.burn_from(COIN, world.treasury.account, 1_000_010)
    with world.refuses(Error.PAYOUT_ERROR):
        world.payout()
    world.spend(SMALL, UNIT, of=NATIVE)
    world.payout(1)
    world.call(world.treasury.void_spend, Root(), 0)


def test_nobody_makes_an_asset_with_the_id_that_means_amax(world: World) -> None:
    with world.refuses(AssetsError.IN_USE):
        world.call(world.assets.create, Signed(ANNA), AMAX.id, Id(ANNA), 1)
    with world.refuses(AssetsError.IN_USE):
        world.call(world.assets.force_create, Root(), AMAX.id, Id(ANNA), True, 1)
    assert not world.assets.ledger.is_unused(AMAX.id)
