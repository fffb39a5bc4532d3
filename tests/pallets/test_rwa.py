"""Tokenised assets: from registration to the end, what they are worth, and auctions."""

import pytest

from runtime.constants import BLOCK_PICOSECONDS
from runtime.frame import BadOrigin, NoOrigin, Signed, TokenError
from runtime.pallets import rwa
from runtime.pallets.rwa import AssetKind, Error, Meta, Status, weights
from runtime.pallets.rwa.records import haircut_of
from runtime.primitives.types import UNIT
from runtime.terms import DEFAULTS
from tests.pallets.rwa_world import (
    AGPU_FEED,
    ALICE,
    BOB,
    BOND,
    CAP,
    CARE,
    ERA,
    GOLD,
    GUARDIAN,
    HASH,
    ISSUER,
    META,
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


# ------------------------------------------------------------------------------------ registration


def test_an_issuer_registers_with_a_bond_and_alone_mints_and_burns(world: RwaWorld) -> None:
    treasury = world.token.free(TREASURY)
    world.register()
    assert world.held(ISSUER) == BOND
    assert world.token.free(TREASURY) - treasury == 10 * UNIT
    assert (world.tokens.exists(GOLD), world.tokens.known[GOLD]) == (True, CARE)
    assert world.happened()[-1] == rwa.RwaRegistered(GOLD, ISSUER, BOND, HASH)
    world.approve()
    world.mint(500 * ONE)
    assert world.tokens.balance(GOLD, ALICE) == 500 * ONE
    world.mint(ONE, ISSUER)
    world.call(world.rwa.burn_rwa, Signed(ISSUER), GOLD, ONE)
    assert world.tokens.total_issuance(GOLD) == 500 * ONE
    with world.refuses(TokenError.FUNDS_UNAVAILABLE):
        world.call(world.rwa.burn_rwa, Signed(ISSUER), GOLD, ONE)
    for who in (ALICE, STRANGER):
        with world.refuses(Error.NOT_ISSUER):
            world.call(world.rwa.mint_rwa, Signed(who), GOLD, who, 1)
        with world.refuses(Error.NOT_ISSUER):
            world.call(world.rwa.burn_rwa, Signed(who), GOLD, 1)


def test_haircuts_are_those_of_the_kind_unless_a_referendum_says_otherwise(
    world: RwaWorld,
) -> None:
    haircuts = {kind: haircut_of(kind, DEFAULTS.rwa) for kind in AssetKind}
    assert {kind: parts // 10**7 for kind, parts in haircuts.items()} == {
        AssetKind.OTHER: 40,
        AssetKind.TREASURY_BILL: 10,
        AssetKind.ENERGY_CREDIT: 50,
    }
    for asset, kind in enumerate(AssetKind, GOLD):
        world.register(Meta(asset, kind, 2, PRICE_FEED, RESERVE_FEED, HASH))
        world.approve(asset=asset)
        left = 10**9 - haircuts[kind]
        assert world.rwa.value_of(asset, ONE) == WORTH * left // 10**9
    world.approve(0)
    assert world.rwa.value_of(GOLD, ONE) == WORTH


def test_only_a_referendum_on_registries_approves_and_ends(world: RwaWorld) -> None:
    world.register()
    for origin in (Signed(ISSUER), GUARDIAN, NoOrigin()):
        with world.refuses(BadOrigin.BAD_ORIGIN):
            world.call(world.rwa.approve_rwa, origin, GOLD, None, CAP)
        with world.refuses(BadOrigin.BAD_ORIGIN):
            world.call(world.rwa.retire_rwa, origin, GOLD, 0)


def test_registrations_that_cannot_be_are_refused(world: RwaWorld) -> None:
    register = world.rwa.register_rwa
    with world.refuses(Error.BOND_TOO_LOW):
        world.call(register, Signed(ISSUER), META, BOND - 1)
    with world.refuses(Error.INVALID_META):
        world.call(register, Signed(ISSUER), Meta(1, AssetKind.OTHER, 19, 1, 2, HASH), BOND)
    with world.refuses(TokenError.FUNDS_UNAVAILABLE):
        world.call(register, Signed(ISSUER), META, RICH)
    with world.refuses(BadOrigin.BAD_ORIGIN):
        world.call(register, REGISTRY, META, BOND)
    world.tokens.create(5, ALICE, 1)
    with world.refuses(Error.ASSET_EXISTS):
        world.call(register, Signed(ISSUER), Meta(5, AssetKind.OTHER, 2, 1, 2, HASH), BOND)
    world.register()
    with world.refuses(Error.ASSET_EXISTS):
        world.call(register, Signed(STRANGER), META, BOND)


def test_approvals_that_cannot_be_are_refused(world: RwaWorld) -> None:
    approve = world.rwa.approve_rwa
    with world.refuses(Error.UNKNOWN_RWA):
        world.approve()
    world.register()
    with world.refuses(Error.HAIRCUT_OUT_OF_RANGE):
        world.call(approve, REGISTRY, GOLD, 10**9, CAP)
    for feed in (AGPU_FEED, PRICE_FEED, RESERVE_FEED):
        reading = world.feeds.known.pop(feed)
        with world.refuses(Error.STALE_FEED):
            world.approve()
        world.feeds.known[feed] = reading
    world.approve()
    world.mint(100)
    with world.refuses(Error.CAP_BELOW_ISSUED):
        world.approve(cap=99)
    world.approve(cap=100)


def test_sixteen_assets_count_at_most(world: RwaWorld) -> None:
    for asset in range(17):
        world.register(Meta(asset, AssetKind.OTHER, 2, PRICE_FEED, RESERVE_FEED, HASH))
    for asset in range(16):
        world.approve(asset=asset)
    with world.refuses(Error.TOO_MANY_LISTED):
        world.approve(asset=16)
    world.approve(asset=3)
    world.call(world.rwa.retire_rwa, REGISTRY, 3, 0)
    world.approve(asset=16)
    assert [quote.asset for quote in world.rwa.quotes] == [*range(3), *range(4, 17)]
    world.revalue()
    assert all(world.rwa.value_of(quote.asset, ONE) for quote in world.rwa.quotes)


def test_valuing_all_assets_costs_less_than_a_tenth_of_a_block() -> None:
    assert weights.MOST.ref_time < BLOCK_PICOSECONDS // 10


# ------------------------------------------------------------------------------------------ supply


def test_no_more_is_issued_than_the_cap_and_the_attested_reserve(world: RwaWorld) -> None:
    world.register()
    with world.refuses(Error.NOT_APPROVED):
        world.mint(1)
    world.approve(cap=20_000 * ONE)
    with world.refuses(Error.ZERO_AMOUNT):
        world.mint(0)
    with world.refuses(Error.CAP_EXCEEDED):
        world.mint(20_000 * ONE + 1)
    with world.refuses(Error.RESERVE_EXCEEDED):
        world.mint(10_000 * ONE + 1)
    world.mint(10_000 * ONE)
    with world.refuses(Error.RESERVE_EXCEEDED):
        world.mint(1)
    world.feeds.set(RESERVE_FEED, 11_000)
    world.mint(1)
    del world.feeds.known[RESERVE_FEED]
    with world.refuses(Error.STALE_FEED):
        world.mint(1)
    with world.refuses(Error.ZERO_AMOUNT):
        world.call(world.rwa.burn_rwa, Signed(ISSUER), GOLD, 0)


def test_an_asset_is_closed_when_nothing_is_left_of_it(world: RwaWorld) -> None:
    world.issue(ONE, ISSUER)
    with world.refuses(Error.STILL_ISSUED):
        world.call(world.rwa.close_rwa, Signed(ISSUER), GOLD)
    world.call(world.rwa.burn_rwa, Signed(ISSUER), GOLD, ONE)
    with world.refuses(Error.NOT_ISSUER):
        world.call(world.rwa.close_rwa, Signed(ALICE), GOLD)
    world.call(world.rwa.close_rwa, Signed(ISSUER), GOLD)
    assert (world.held(ISSUER), world.rwa.quotes, GOLD in world.rwa.assets) == (0, (), False)


def test_the_id_of_an_asset_that_was_closed_is_nobodys_again(world: RwaWorld) -> None:
    """Pools, receipts and wallets know a token by its id: it must not become another's promise."""
    world.register()
    world.call(world.rwa.close_rwa, Signed(ISSUER), GOLD)
    assert world.tokens.exists(GOLD)
    for who in (ISSUER, STRANGER):
        with world.refuses(Error.ASSET_EXISTS):
            world.call(world.rwa.register_rwa, Signed(who), META, BOND)
    words = "There is an asset of this number, or was: numbers are not used again."
    assert Error.ASSET_EXISTS.__doc__ == words


def test_a_retired_asset_counts_for_nothing_and_is_given_back(world: RwaWorld) -> None:
    world.issue(ONE, ISSUER)
    before = world.token.free(TREASURY)
    with world.refuses(Error.HAIRCUT_OUT_OF_RANGE):
        world.call(world.rwa.retire_rwa, REGISTRY, GOLD, 10**9 + 1)
    world.call(world.rwa.retire_rwa, REGISTRY, GOLD, 250_000_000)
    assert world.token.free(TREASURY) - before == BOND // 4
    assert (world.record().status, world.rwa.value_of(GOLD, ONE)) == (Status.RETIRED, 0)
    with world.refuses(Error.RETIRED):
        world.call(world.rwa.retire_rwa, REGISTRY, GOLD, 0)
    with world.refuses(Error.NOT_APPROVED):
        world.mint(1)
    with world.refuses(Error.NOT_APPROVED):
        world.approve()
    world.call(world.rwa.burn_rwa, Signed(ISSUER), GOLD, ONE)
    world.call(world.rwa.close_rwa, Signed(ISSUER), GOLD)
    assert world.held(ISSUER) == 0


# ------------------------------------------------------------------------------------------- value


def test_req_36_an_asset_is_worth_the_lower_price_and_agpu_the_higher(world: RwaWorld) -> None:
    world.issue()
    assert world.rwa.value_of(GOLD, ONE) == WORTH * 6 // 10
    world.feeds.change(PRICE_FEED, spot=4_000)
    world.revalue()
    assert world.rwa.value_of(GOLD, ONE) == WORTH * 6 // 10
    world.feeds.change(PRICE_FEED, average=4_000, spot=1_000)
    world.revalue()
    assert world.rwa.value_of(GOLD, ONE) == WORTH * 6 // 10 // 2
    world.feeds.set(PRICE_FEED, 2_000)
    world.feeds.change(AGPU_FEED, average=1_000_000)
    world.revalue()
    assert world.rwa.value_of(GOLD, ONE) == WORTH * 6 // 10 // 2


def test_an_asset_is_worth_no_more_than_its_reserve_covers(world: RwaWorld) -> None:
    world.issue()
    world.feeds.set(RESERVE_FEED, 750)
    world.revalue()
    assert world.rwa.value_of(GOLD, ONE) == WORTH * 6 // 10 * 3 // 4


@pytest.mark.parametrize("feed", [AGPU_FEED, PRICE_FEED, RESERVE_FEED])
def test_req_36_a_stale_feed_makes_an_asset_worth_nothing_in_the_very_block(
    world: RwaWorld, feed: int
) -> None:
    world.issue()
    world.feeds.change(feed, until=world.context.number + STALE)
    world.revalue()
    until = world.rwa.quotes[0].until
    world.pass_blocks(until - world.context.number)
    assert world.rwa.value_of(GOLD, ONE) == WORTH * 6 // 10
    world.pass_blocks(1)
    assert world.rwa.value_of(GOLD, ONE) == 0
    del world.feeds.known[feed]
    world.revalue()
    assert world.rwa.value_of(GOLD, ONE) == 0
    assert world.tokens.balance(GOLD, ALICE) == 1_000 * ONE


def test_what_is_unknown_is_worth_nothing(world: RwaWorld) -> None:
    assert world.rwa.value_of(GOLD, ONE) == 0
    world.register()
    assert world.rwa.value_of(GOLD, ONE) == 0


def test_assets_are_listed_as_they_stand(world: RwaWorld) -> None:
    world.issue()
    (view,) = world.rwa.listing()
    assert (view.asset, view.issued, view.reserve) == (GOLD, 1_000 * ONE, 10_000 * ONE)
    assert (view.token_price, view.token_value) == (WORTH, WORTH * 6 // 10)
    del world.feeds.known[RESERVE_FEED]
    assert world.rwa.listing()[0].reserve is None


# ----------------------------------------------------------------------------------------- freezes


def test_guardians_freeze_an_asset_for_seven_eras_at_most(world: RwaWorld) -> None:
    world.issue()
    for origin in (Signed(ISSUER), REGISTRY):
        with world.refuses(BadOrigin.BAD_ORIGIN):
            world.call(world.rwa.freeze_rwa, origin, GOLD)
    world.freeze()
    until = world.context.number + 7 * ERA
    assert world.happened()[-1] == rwa.RwaFrozen(GOLD, until)
    assert world.rwa.value_of(GOLD, ONE) == 0
    with world.refuses(TokenError.FROZEN):
        world.tokens.transfer(GOLD, ALICE, BOB, 1, keep_alive=False)
    with world.refuses(Error.NOT_APPROVED):
        world.mint(1)
    with world.refuses(Error.NOT_APPROVED):
        world.freeze()
    with world.refuses(BadOrigin.BAD_ORIGIN):
        world.call(world.rwa.thaw_rwa, Signed(ALICE), GOLD)
    world.pass_blocks(7 * ERA)
    world.call(world.rwa.thaw_rwa, Signed(ALICE), GOLD)
    assert world.rwa.value_of(GOLD, ONE) == WORTH * 6 // 10
    with world.refuses(Error.NOT_FROZEN):
        world.call(world.rwa.thaw_rwa, Signed(ALICE), GOLD)


def test_a_frozen_asset_stays_worthless_when_values_are_renewed(world: RwaWorld) -> None:
    world.issue()
    world.freeze()
    world.revalue()
    assert world.rwa.value_of(GOLD, ONE) == 0


def test_an_asset_is_not_frozen_without_end(world: RwaWorld) -> None:
    world.issue()
    world.freeze()
    world.call(world.rwa.thaw_rwa, GUARDIAN, GOLD)
    with world.refuses(Error.THAWED_LATELY):
        world.freeze()
    world.pass_blocks(7 * ERA - 1)
    with world.refuses(Error.THAWED_LATELY):
        world.freeze()
    world.pass_blocks(1)
    world.freeze()


def test_a_frozen_asset_can_be_retired_and_moves_again(world: RwaWorld) -> None:
    world.issue()
    world.freeze()
    with world.refuses(Error.NOT_APPROVED):
        world.call(world.rwa.close_rwa, Signed(ISSUER), GOLD)
    world.call(world.rwa.retire_rwa, REGISTRY, GOLD, 10**9)
    assert world.held(ISSUER) == 0
    world.tokens.transfer(GOLD, ALICE, BOB, 1, keep_alive=False)
