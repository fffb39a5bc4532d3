"""Tokenised assets that were seized are sold; and what attacks by them cost and gain."""

import pytest

from runtime.frame import BadOrigin, Signed, TokenError
from runtime.frame.fungible import HoldReason
from runtime.pallets import rwa, vaults
from runtime.pallets.rwa import Error
from runtime.pallets.vaults.records import DEAD_POINTS
from runtime.primitives.types import UNIT
from tests.pallets.rwa_world import (
    ALICE,
    BOB,
    CAP,
    CAROL,
    DAVE,
    ERA,
    GOLD,
    ISSUER,
    ONE,
    PRICE_FEED,
    REGISTRY,
    RESERVE_FEED,
    RICH,
    STALE,
    STRANGER,
    TREASURY,
    RwaWorld,
)

WORTH = 4 * UNIT
"""Of a whole token, before the haircut: 2 by 0.5."""


@pytest.fixture
def world() -> RwaWorld:
    return RwaWorld()


@pytest.fixture
def seized(world: RwaWorld) -> RwaWorld:
    """A slash took 10 of Alice's 40 tokens in the vault behind Dave."""
    world.issue()
    world.stake(1, ALICE, 1_000 * UNIT, 40 * ONE)
    world.slash(1, 4)
    return world


def test_what_a_slash_took_is_sold_ever_cheaper_for_the_treasury(seized: RwaWorld) -> None:
    before = seized.token.free(TREASURY)
    with seized.refuses(Error.PRICE_TOO_HIGH):
        seized.liquidate(CAROL, ONE, WORTH * 6 // 5 - 1)
    assert seized.liquidate(CAROL, ONE, WORTH * 6 // 5) == WORTH * 6 // 5
    assert seized.happened()[-1] == rwa.Liquidated(GOLD, 1, CAROL, ONE, WORTH * 6 // 5)
    seized.pass_blocks(7 * ERA // 2)
    assert seized.liquidate(CAROL, 2 * ONE) == 2 * WORTH * 6 // 10
    seized.pass_blocks(7 * ERA // 2)
    assert seized.liquidate(CAROL, 7 * ONE) == 0
    assert seized.tokens.balance(GOLD, CAROL) == 10 * ONE
    paid = WORTH * 6 // 5 + 2 * WORTH * 6 // 10
    assert seized.token.free(TREASURY) - before == paid
    assert seized.vaults.parts.lot(GOLD, 1) is None


def test_an_auction_goes_on_with_the_last_price_when_feeds_are_stale(seized: RwaWorld) -> None:
    seized.feeds.known.clear()
    seized.revalue()
    seized.pass_blocks(1_000 * ERA)
    seized.slash(1, 3)
    assert seized.liquidate(CAROL, ONE) == WORTH * 6 // 5


def test_an_auction_begins_anew_after_a_freeze(seized: RwaWorld) -> None:
    seized.freeze()
    with seized.refuses(Error.NOT_APPROVED):
        seized.liquidate(CAROL, ONE)
    seized.pass_blocks(7 * ERA)
    seized.call(seized.rwa.thaw_rwa, Signed(BOB), GOLD)
    assert seized.liquidate(CAROL, ONE) == WORTH * 6 // 5


def test_purchases_that_cannot_be_are_refused(seized: RwaWorld) -> None:
    with seized.refuses(Error.ZERO_AMOUNT):
        seized.liquidate(CAROL, 0)
    with seized.refuses(Error.NOTHING_SEIZED):
        seized.liquidate(CAROL, 10 * ONE + 1)
    for vault in (0, 7):
        with seized.refuses(Error.NOTHING_SEIZED):
            seized.liquidate(CAROL, 1, vault=vault)
    with seized.refuses(Error.UNKNOWN_RWA):
        seized.call(seized.rwa.liquidate, Signed(CAROL), 3, 1, 1, RICH)
    with seized.refuses(BadOrigin.BAD_ORIGIN):
        seized.call(seized.rwa.liquidate, REGISTRY, GOLD, 1, 1, RICH)


# ----------------------------------------------------------------------------------------- attacks


def test_attack_of_an_over_valued_asset_buys_no_priority_beyond_its_caps(world: RwaWorld) -> None:
    world.issue(CAP)
    world.stake(0, BOB, 1_000 * UNIT + DEAD_POINTS)
    world.stake(0, ALICE, 100 * UNIT)
    # a spike that feeds and average agree on: whatever it is worth, it is no more than the AGPU
    world.feeds.set(PRICE_FEED, 2_000_000)
    world.revalue()
    with world.refuses(vaults.Error.RWA_CAP_EXCEEDED):
        world.call(world.vaults.join, Signed(ALICE), 0, vaults.OfRwa(GOLD), ONE, 28)
    world.feeds.set(PRICE_FEED, 2_000)
    world.revalue()
    world.call(world.vaults.join, Signed(ALICE), 0, vaults.OfRwa(GOLD), 40 * ONE, 28)
    world.clock.epoch += 1
    weight = world.vaults.standing.weight
    plain, before = weight(0, BOB), weight(0, ALICE)
    world.feeds.change(PRICE_FEED, spot=2_000_000)
    world.revalue()
    assert weight(0, ALICE) == before
    world.feeds.set(PRICE_FEED, 2_000_000)
    world.revalue()
    assert weight(0, ALICE) == 2 * (plain // 10)
    assert weight(0, BOB) == plain


def test_attack_of_an_issuer_that_runs_away_costs_its_bond_and_no_stake(world: RwaWorld) -> None:
    world.issue(CAP)
    world.stake(0, BOB, 1_000 * UNIT + DEAD_POINTS)
    world.stake(0, ALICE, 100 * UNIT, 20 * ONE)
    world.clock.epoch += 1
    plain = world.vaults.standing.weight(0, BOB) // 10
    # the custodian is empty: what is left counts for nothing, and no more is minted
    world.feeds.set(RESERVE_FEED, 0)
    world.revalue()
    assert world.vaults.standing.weight(0, ALICE) <= plain
    with world.refuses(Error.CAP_EXCEEDED):
        world.mint(1)
    world.freeze()
    with world.refuses(TokenError.FROZEN):
        world.tokens.transfer(GOLD, ALICE, STRANGER, 1, keep_alive=False)
    world.call(world.rwa.retire_rwa, REGISTRY, GOLD, 10**9)
    assert (world.held(ISSUER), world.token.held(HoldReason.VAULT, ALICE)) == (0, 100 * UNIT)
    with world.refuses(Error.STILL_ISSUED):
        world.call(world.rwa.close_rwa, Signed(ISSUER), GOLD)


def test_attack_of_a_feed_that_goes_stale_in_the_middle_freezes_weight_and_no_principal(
    world: RwaWorld,
) -> None:
    world.issue()
    world.stake(0, BOB, 1_000 * UNIT + DEAD_POINTS)
    world.stake(0, ALICE, 100 * UNIT, 20 * ONE)
    world.clock.epoch += 1
    weight = world.vaults.standing.weight
    whole = weight(0, ALICE)
    world.feeds.change(PRICE_FEED, until=world.context.number + STALE)
    world.revalue()
    world.pass_blocks(STALE)
    assert weight(0, ALICE) < whole
    assert weight(0, ALICE) == weight(0, BOB) // 10
    with world.refuses(vaults.Error.STALE_VALUATION):
        world.call(world.vaults.join, Signed(BOB), 0, vaults.OfRwa(GOLD), ONE, 28)
    world.pass_blocks(28 * ERA)
    world.call(world.vaults.unbond_asset, Signed(ALICE), 0, GOLD, 20 * ONE)
    world.pass_blocks(28 * ERA)
    world.call(world.vaults.withdraw_asset, Signed(ALICE), 0, GOLD)
    assert world.tokens.balance(GOLD, ALICE) == 1_000 * ONE


def test_assets_are_no_part_of_a_bond(world: RwaWorld) -> None:
    world.issue()
    world.stake(1, ALICE, 1_000 * UNIT, 40 * ONE)
    assert world.token.held(HoldReason.VAULT, DAVE) == UNIT
    world.slash(1, 4)
    assert world.vaults.vaults[1].stake.balance == 750 * UNIT
    assert world.vaults.parts.lot(GOLD, 1) == (10 * ONE, world.context.number)
