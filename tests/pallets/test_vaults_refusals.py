"""Vaults: every call that is refused, with its error, and that it changes nothing."""

import pytest

from runtime.compute.job import Market
from runtime.frame import BadOrigin, NoOrigin, Signed, TokenError
from runtime.pallets.vaults import AGPU, Error, Insurance, OfMarket, OfProvider
from runtime.primitives.types import UNIT
from tests.pallets.vault_world import (
    ALICE,
    BOB,
    CAROL,
    DAVE,
    ERA,
    EVE,
    MARKET,
    PARAMETERS,
    RICH,
    VaultWorld,
)
from tests.support.bench import account

HUNDRED = 100 * UNIT


@pytest.fixture
def world() -> VaultWorld:
    """Vault 0 is of the market, with Alice in it; vault 1 stands behind Dave and is empty."""
    world = VaultWorld()
    world.create()
    world.behind(DAVE)
    world.join(0, ALICE)
    return world


def test_vaults_that_cannot_be_are_refused(world: VaultWorld) -> None:
    create = world.vaults.create
    with world.refuses(Error.VAULT_EXISTS):
        world.call(create, Signed(BOB), OfMarket(MARKET), None)
    with world.refuses(Error.UNKNOWN_MARKET):
        world.call(create, Signed(BOB), OfMarket(Market(4, 0)), None)
    with world.refuses(Error.NOT_PROVIDER):
        world.call(create, Signed(BOB), OfProvider(CAROL), None)
    with world.refuses(Error.COMMISSION_TOO_HIGH):
        world.call(create, Signed(BOB), OfProvider(BOB), 200_000_001)
    with world.refuses(Error.NO_COMMISSION):
        world.call(create, Signed(BOB), Insurance(), 1)
    with world.refuses(TokenError.FUNDS_UNAVAILABLE):
        world.call(create, Signed(account(50)), Insurance(), None)
    with world.refuses(BadOrigin.BAD_ORIGIN):
        world.call(create, NoOrigin(), Insurance(), None)


def test_stakes_that_cannot_join_are_refused(world: VaultWorld) -> None:
    join, agpu = world.vaults.join, AGPU
    with world.refuses(Error.LOCK_TOO_SHORT):
        world.call(join, Signed(BOB), 0, agpu, HUNDRED, 27)
    with world.refuses(Error.LOCK_TOO_LONG):
        world.call(join, Signed(BOB), 0, agpu, HUNDRED, 365)
    with world.refuses(Error.UNKNOWN_VAULT):
        world.call(join, Signed(BOB), 7, agpu, HUNDRED, 28)
    with world.refuses(Error.ALREADY_JOINED):
        world.call(join, Signed(ALICE), 0, agpu, HUNDRED, 28)
    with world.refuses(Error.AMOUNT_TOO_LOW):
        world.call(join, Signed(BOB), 0, agpu, UNIT - 1, 28)
    with world.refuses(Error.AMOUNT_TOO_LOW):
        world.call(join, Signed(BOB), 1, agpu, 10 * UNIT - 1, 28)
    with world.refuses(TokenError.FUNDS_UNAVAILABLE):
        world.call(join, Signed(BOB), 0, agpu, RICH, 28)
    with world.refuses(BadOrigin.BAD_ORIGIN):
        world.call(join, NoOrigin(), 0, agpu, HUNDRED, 28)


def test_an_account_is_in_sixteen_vaults_at_most(world: VaultWorld) -> None:
    for region in range(1, 17):
        vault = world.create(OfMarket(Market(0, region % 16)) if region < 16 else Insurance())
        world.join(vault, BOB, 10 * UNIT)
    with world.refuses(Error.TOO_MANY_POSITIONS):
        world.join(0, BOB)


def test_a_vault_takes_no_more_than_a_balance_can_be(world: VaultWorld) -> None:
    world.token.mint_into(BOB, 2**127)
    with world.refuses(Error.VAULT_FULL):
        world.join(0, BOB, 2**127)


def test_additions_that_cannot_be_are_refused(world: VaultWorld) -> None:
    extra = world.vaults.bond_extra
    with world.refuses(Error.NOT_MEMBER):
        world.call(extra, Signed(BOB), 0, UNIT)
    with world.refuses(Error.UNKNOWN_VAULT):
        world.call(extra, Signed(ALICE), 7, UNIT)
    with world.refuses(Error.ZERO_POINTS):
        world.call(extra, Signed(ALICE), 0, 0)
    with world.refuses(TokenError.FUNDS_UNAVAILABLE):
        world.call(extra, Signed(ALICE), 0, RICH)
    with world.refuses(BadOrigin.BAD_ORIGIN):
        world.call(extra, NoOrigin(), 0, UNIT)


def test_stakes_that_cannot_leave_are_refused(world: VaultWorld) -> None:
    unbond, points = world.vaults.unbond, world.position(0, ALICE).points
    world.context.number = 28 * ERA - 1
    with world.refuses(Error.STILL_LOCKED):
        world.call(unbond, Signed(ALICE), 0, points)
    world.context.number += 1
    with world.refuses(Error.NOT_MEMBER):
        world.call(unbond, Signed(BOB), 0, points)
    with world.refuses(Error.ZERO_POINTS):
        world.call(unbond, Signed(ALICE), 0, 0)
    with world.refuses(Error.NOT_ENOUGH_POINTS):
        world.call(unbond, Signed(ALICE), 0, points + 1)
    with world.refuses(Error.LEFT_TOO_LITTLE):
        world.call(unbond, Signed(ALICE), 0, points - UNIT + 1)
    with world.refuses(BadOrigin.BAD_ORIGIN):
        world.call(unbond, NoOrigin(), 0, points)
    world.call(unbond, Signed(ALICE), 0, points)


def test_a_position_leaves_in_eight_parts_at_most(world: VaultWorld) -> None:
    world.pass_eras(28)
    for _ in range(8):
        world.unbond(0, ALICE, UNIT)
        world.pass_eras(1)
    with world.refuses(Error.TOO_MANY_CHUNKS):
        world.unbond(0, ALICE, UNIT)
    world.pass_eras(20)
    world.withdraw(0, ALICE)
    world.unbond(0, ALICE, UNIT)


def test_withdrawals_and_payments_that_are_not_due_are_refused(world: VaultWorld) -> None:
    with world.refuses(Error.NOT_MEMBER):
        world.withdraw(0, BOB)
    with world.refuses(Error.NOTHING_DUE):
        world.withdraw(0, ALICE)
    with world.refuses(Error.NO_SUCH_CHUNK):
        world.call(world.vaults.rebond, Signed(ALICE), 0, 0)
    with world.refuses(Error.NOTHING_TO_CLAIM):
        world.call(world.vaults.claim_payout, Signed(ALICE), 0)
    with world.refuses(Error.NOT_MEMBER):
        world.call(world.vaults.claim_payout, Signed(BOB), 0)
    with world.refuses(Error.NOTHING_TO_APPLY):
        world.call(world.vaults.apply_slash, Signed(BOB), 0, ALICE)
    for method in (world.vaults.withdraw_unbonded, world.vaults.claim_payout):
        with world.refuses(BadOrigin.BAD_ORIGIN):
            world.call(method, NoOrigin(), 0)
    with world.refuses(BadOrigin.BAD_ORIGIN):
        world.call(world.vaults.rebond, NoOrigin(), 0, 0)
    with world.refuses(BadOrigin.BAD_ORIGIN):
        world.call(world.vaults.apply_slash, NoOrigin(), 0, ALICE)


def test_what_stays_after_all_must_be_enough_for_an_empty_vault(world: VaultWorld) -> None:
    world.pass_eras(28)
    world.unbond(0, ALICE, 92 * UNIT)
    world.pass_eras(1)
    world.unbond(0, ALICE)
    with world.refuses(Error.AMOUNT_TOO_LOW):
        world.call(world.vaults.rebond, Signed(ALICE), 0, 1)
    world.call(world.vaults.rebond, Signed(ALICE), 0, 0)


def test_commissions_that_cannot_be_are_refused(world: VaultWorld) -> None:
    change = world.vaults.set_commission
    with world.refuses(Error.UNKNOWN_VAULT):
        world.call(change, Signed(DAVE), 7, 0)
    with world.refuses(Error.NO_COMMISSION):
        world.call(change, Signed(EVE), 0, 0)
    with world.refuses(Error.NOT_PROVIDER):
        world.call(change, Signed(EVE), 1, 10**8)
    with world.refuses(Error.COMMISSION_TOO_HIGH):
        world.call(change, Signed(DAVE), 1, 200_000_001)
    with world.refuses(Error.COMMISSION_CHANGE):
        world.call(change, Signed(DAVE), 1, 10**8)
    world.pass_eras(1)
    for moved in (110_000_001, 89_999_999):
        with world.refuses(Error.COMMISSION_CHANGE):
            world.call(change, Signed(DAVE), 1, moved)
    with world.refuses(BadOrigin.BAD_ORIGIN):
        world.call(change, NoOrigin(), 1, 10**8)


def test_vaults_that_cannot_be_closed_stay_open(world: VaultWorld) -> None:
    close = world.vaults.close
    with world.refuses(Error.UNKNOWN_VAULT):
        world.call(close, Signed(EVE), 7)
    with world.refuses(Error.NOT_FOUNDER):
        world.call(close, Signed(EVE), 1)
    with world.refuses(Error.NOT_EMPTY):
        world.call(close, Signed(EVE), 0)
    with world.refuses(BadOrigin.BAD_ORIGIN):
        world.call(close, NoOrigin(), 1)


def test_levels_are_decided_by_referenda_within_bounds(world: VaultWorld) -> None:
    decide = world.vaults.set_access_level
    with world.refuses(BadOrigin.BAD_ORIGIN):
        world.call(decide, Signed(ALICE), MARKET, 3)
    with world.refuses(Error.UNKNOWN_MARKET):
        world.call(decide, PARAMETERS, Market(4, 0), 3)
    with world.refuses(Error.LEVEL_TOO_HIGH):
        world.call(decide, PARAMETERS, MARKET, 9)
