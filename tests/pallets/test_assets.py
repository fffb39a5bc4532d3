"""Assets: anybody issues them, those who look after each have their say, deposits come back."""

import pytest

from runtime.frame import BadOrigin, TokenError
from runtime.pallets.assets import (
    AccountsDestroyed,
    AssetStatus,
    Burned,
    DepositFrom,
    DepositHeld,
    Error,
    Issued,
    Sufficient,
    Transferred,
)
from runtime.pallets.assets.types import REMOVE_ITEMS_LIMIT
from runtime.primitives.types import U128_MAX
from tests.pallets.asset_world import (
    ANNA,
    BERT,
    CARA,
    COIN,
    CONFIG,
    DORA,
    LEAST,
    OTHER,
    PEOPLE,
    AssetWorld,
)
from tests.support.bench import account


@pytest.fixture
def world() -> AssetWorld:
    return AssetWorld()


def test_an_asset_is_created_for_a_deposit_and_issued_by_its_issuer(world: AssetWorld) -> None:
    world.begin()
    assert world.happened()[-1] == Issued(COIN, ANNA, 1_000)
    assert world.held(ANNA) == CONFIG.asset_deposit + CONFIG.account_deposit
    assert world.assets.account[COIN, ANNA].reason == DepositHeld(CONFIG.account_deposit)
    with world.refuses(Error.IN_USE):
        world.act("create", BERT, COIN, BERT, LEAST)
    with world.refuses(Error.MIN_BALANCE_ZERO):
        world.act("create", BERT, OTHER, BERT, 0)
    with world.refuses(Error.NO_PERMISSION):
        world.act("mint", BERT, COIN, BERT, 100)
    with world.refuses(Error.UNKNOWN):
        world.act("mint", ANNA, OTHER, BERT, 100)
    with world.refuses(Error.OVERFLOW):
        world.act("mint", ANNA, COIN, ANNA, U128_MAX)
    with world.refuses(TokenError.BELOW_MINIMUM):
        world.act("mint", ANNA, COIN, CARA, LEAST - 1)


def test_who_makes_an_entry_pays_for_it_and_gets_that_back_when_it_ends(world: AssetWorld) -> None:
    world.begin()
    before = world.held(ANNA)
    world.act("transfer", ANNA, COIN, CARA, 500)
    assert world.assets.account[COIN, CARA].reason == DepositFrom(ANNA, CONFIG.account_deposit)
    assert (world.held(ANNA) - before, world.held(CARA)) == (CONFIG.account_deposit, 0)
    world.act("transfer", CARA, COIN, ANNA, 500)
    assert (world.held(ANNA), (COIN, CARA) in world.assets.account) == (before, False)


def test_what_would_be_dust_goes_along(world: AssetWorld) -> None:
    world.begin()
    with world.refuses(Error.WOULD_DIE):
        world.act("transfer_keep_alive", ANNA, COIN, CARA, 995)
    world.act("transfer", ANNA, COIN, CARA, 995)
    assert world.happened()[-1] == Transferred(COIN, ANNA, CARA, 1_000)
    assert (world.has(ANNA), world.has(CARA)) == (0, 1_000)


def test_a_transfer_is_refused_that_cannot_be(world: AssetWorld) -> None:
    world.begin()
    with world.refuses(Error.NO_ACCOUNT):
        world.act("transfer", CARA, COIN, ANNA, 1)
    with world.refuses(Error.BALANCE_LOW):
        world.act("transfer", ANNA, COIN, CARA, 1_001)
    with world.refuses(TokenError.BELOW_MINIMUM):
        world.act("transfer", ANNA, COIN, CARA, LEAST - 1)
    with world.refuses(Error.BALANCE_LOW):
        world.act("transfer", ANNA, COIN, ANNA, 1_001)
    world.act("transfer", ANNA, COIN, ANNA, 1_000)
    assert world.has(ANNA) == 1_000


def test_all_of_an_asset_moves_at_once(world: AssetWorld) -> None:
    world.begin()
    world.act("transfer_all", ANNA, COIN, CARA, True)
    assert (world.has(ANNA), world.has(CARA)) == (LEAST, 1_000 - LEAST)
    world.act("transfer_all", ANNA, COIN, CARA, False)
    assert (world.has(ANNA), world.has(CARA)) == (0, 1_000)


def test_the_admin_moves_and_burns_by_force(world: AssetWorld) -> None:
    world.begin()
    world.act("force_transfer", BERT, COIN, ANNA, CARA, 300)
    assert world.assets.account[COIN, CARA].reason == DepositFrom(BERT, CONFIG.account_deposit)
    world.act("burn", BERT, COIN, CARA, 9_999)
    assert world.happened()[-1] == Burned(COIN, CARA, 300)
    assert world.assets.ledger.total_issuance(COIN) == 700
    for name, arguments in (
        ("force_transfer", (ANNA, CARA, 1)),
        ("burn", (ANNA, 1)),
        ("thaw", (ANNA,)),
        ("thaw_asset", ()),
    ):
        with world.refuses(Error.NO_PERMISSION):
            world.act(name, ANNA, COIN, *arguments)


def test_the_freezer_stops_an_account_or_all(world: AssetWorld) -> None:
    world.begin()
    world.act("transfer", ANNA, COIN, CARA, 300)
    world.act("freeze", BERT, COIN, CARA)
    with world.refuses(Error.FROZEN):
        world.act("transfer", CARA, COIN, ANNA, 100)
    world.act("transfer", ANNA, COIN, CARA, 100)
    world.act("block", BERT, COIN, CARA)
    with world.refuses(TokenError.BLOCKED):
        world.act("transfer", ANNA, COIN, CARA, 100)
    world.act("thaw", BERT, COIN, CARA)
    world.act("transfer", CARA, COIN, ANNA, 100)
    world.act("freeze_asset", BERT, COIN)
    with world.refuses(Error.ASSET_NOT_LIVE):
        world.act("transfer", CARA, COIN, ANNA, 100)
    world.act("thaw_asset", BERT, COIN)
    with world.refuses(Error.NOT_FROZEN):
        world.act("thaw_asset", BERT, COIN)
    for name in ("freeze", "block"):
        with world.refuses(Error.NO_PERMISSION):
            world.act(name, ANNA, COIN, CARA)
        with world.refuses(Error.NO_ACCOUNT):
            world.act(name, BERT, COIN, DORA)
    with world.refuses(Error.NO_PERMISSION):
        world.act("freeze_asset", ANNA, COIN)


def test_what_a_pallet_keeps_frozen_does_not_go_out(world: AssetWorld) -> None:
    world.begin()
    world.assets.ledger.set_frozen(COIN, ANNA, 900)
    with world.refuses(TokenError.FROZEN):
        world.act("transfer", ANNA, COIN, CARA, 101)
    world.act("transfer", ANNA, COIN, CARA, 100)
    with world.refuses(Error.WOULD_BURN):
        world.act("refund", ANNA, COIN, False)
    with world.refuses(Error.CONTAINS_FREEZES):
        world.act("refund", ANNA, COIN, True)
    with world.refuses(Error.BALANCE_LOW):
        world.assets.ledger.set_frozen(COIN, CARA, 101)


def test_ownership_goes_with_the_deposits(world: AssetWorld) -> None:
    world.begin()
    world.act("set_metadata", ANNA, COIN, b"Coin", b"C", 6)
    shown = CONFIG.metadata_base + 5 * CONFIG.metadata_per_byte
    assert world.assets.metadata[COIN].deposit == shown
    world.act("transfer_ownership", ANNA, COIN, CARA)
    assert world.held(CARA) == CONFIG.asset_deposit + shown
    assert world.held(ANNA) == CONFIG.account_deposit
    for name, arguments in (
        ("transfer_ownership", (ANNA,)),
        ("set_team", (ANNA, ANNA, ANNA)),
        ("set_metadata", (b"", b"", 0)),
        ("clear_metadata", ()),
        ("set_min_balance", (1,)),
    ):
        with world.refuses(Error.NO_PERMISSION):
            world.act(name, ANNA, COIN, *arguments)
    world.act("set_metadata", CARA, COIN, b"C", b"C", 6)
    assert world.held(CARA) == CONFIG.asset_deposit + shown - 3 * CONFIG.metadata_per_byte
    world.act("clear_metadata", CARA, COIN)
    assert world.held(CARA) == CONFIG.asset_deposit
    with world.refuses(Error.BAD_METADATA):
        world.act("clear_metadata", CARA, COIN)
    with world.refuses(Error.BAD_METADATA):
        world.act("set_metadata", CARA, COIN, b"x" * 51, b"", 0)


def test_governance_alone_forces(world: AssetWorld) -> None:
    world.force("force_create", OTHER, CARA, True, LEAST)
    world.act("mint", CARA, OTHER, DORA, 100)
    assert world.assets.account[OTHER, DORA].reason == Sufficient()
    assert world.held(CARA) == world.held(DORA) == 0
    world.begin()
    world.act("set_metadata", ANNA, COIN, b"Coin", b"C", 6)
    world.force("force_set_metadata", COIN, b"Bad coin", b"B", 6, True)
    with world.refuses(Error.BAD_METADATA):
        world.act("set_metadata", ANNA, COIN, b"Coin", b"C", 6)
    with world.refuses(Error.IN_USE):
        world.force("force_asset_status", COIN, *(DORA,) * 4, LEAST + 1, False, True)
    world.force("force_asset_status", COIN, *(DORA,) * 4, LEAST, False, True)
    assert world.held(ANNA) == CONFIG.account_deposit
    assert world.assets.asset[COIN].status is AssetStatus.FROZEN
    world.force("force_clear_metadata", COIN)
    forced: tuple[tuple[str, tuple[object, ...]], ...] = (
        ("force_create", (3, ANNA, True, 1)),
        ("force_set_metadata", (COIN, b"", b"", 0, True)),
        ("force_clear_metadata", (COIN,)),
        ("force_asset_status", (COIN, *(ANNA,) * 4, 1, True, False)),
    )
    for name, arguments in forced:
        with world.refuses(BadOrigin.BAD_ORIGIN):
            world.act(name, ANNA, *arguments)
    with world.refuses(Error.IN_USE):
        world.force("force_create", COIN, ANNA, True, 1)


def test_a_delegate_moves_what_was_approved_and_no_more(world: AssetWorld) -> None:
    world.begin()
    before = world.held(ANNA)
    world.act("approve_transfer", ANNA, COIN, DORA, 200)
    world.act("approve_transfer", ANNA, COIN, DORA, 100)
    assert world.held(ANNA) - before == CONFIG.approval_deposit
    world.act("transfer_approved", DORA, COIN, ANNA, CARA, 250)
    assert world.assets.account[COIN, CARA].reason == DepositFrom(DORA, CONFIG.account_deposit)
    with world.refuses(Error.UNAPPROVED):
        world.act("transfer_approved", DORA, COIN, ANNA, CARA, 51)
    world.act("transfer_approved", DORA, COIN, ANNA, CARA, 50)
    assert (world.held(ANNA), world.has(CARA)) == (before, 300)
    with world.refuses(Error.UNAPPROVED):
        world.act("cancel_approval", ANNA, COIN, DORA)
    world.act("approve_transfer", ANNA, COIN, DORA, 1)
    world.act("cancel_approval", ANNA, COIN, DORA)
    for cancel in (world.force, lambda *rest: world.act(rest[0], BERT, *rest[1:])):
        world.act("approve_transfer", ANNA, COIN, DORA, 1)
        cancel("force_cancel_approval", COIN, ANNA, DORA)
    with world.refuses(Error.NO_PERMISSION):
        world.act("force_cancel_approval", CARA, COIN, ANNA, DORA)
    assert world.assets.asset[COIN].approvals == 0


def test_an_entry_can_be_made_ahead_and_given_back(world: AssetWorld) -> None:
    world.begin(0)
    world.act("touch", CARA, COIN)
    with world.refuses(Error.ALREADY_EXISTS):
        world.act("touch", CARA, COIN)
    world.act("mint", ANNA, COIN, CARA, 100)
    with world.refuses(Error.WOULD_BURN):
        world.act("refund", CARA, COIN, False)
    world.act("refund", CARA, COIN, True)
    assert (world.held(CARA), world.assets.asset[COIN].supply) == (0, 0)
    with world.refuses(Error.NO_DEPOSIT):
        world.act("refund", CARA, COIN, False)
    with world.refuses(Error.NO_PERMISSION):
        world.act("touch_other", ANNA, COIN, DORA)
    world.act("touch_other", BERT, COIN, DORA)
    assert world.held(BERT) == CONFIG.account_deposit
    with world.refuses(Error.NO_PERMISSION):
        world.act("refund_other", CARA, COIN, DORA)
    world.act("refund_other", BERT, COIN, DORA)
    assert world.held(BERT) == 0


def test_the_least_balance_is_set_while_nobody_has_the_asset(world: AssetWorld) -> None:
    world.begin(0)
    with world.refuses(Error.MIN_BALANCE_ZERO):
        world.act("set_min_balance", ANNA, COIN, 0)
    world.act("set_min_balance", ANNA, COIN, 50)
    world.act("mint", ANNA, COIN, CARA, 50)
    with world.refuses(Error.NO_PERMISSION):
        world.act("set_min_balance", ANNA, COIN, 10)


def test_an_asset_ends_little_by_little_and_all_deposits_come_back(world: AssetWorld) -> None:
    world.force("force_create", COIN, ANNA, True, 1)
    for seed in range(REMOVE_ITEMS_LIMIT + 6):
        world.assets.ledger.mint_into(COIN, account(100 + seed), 1)
    world.act("approve_transfer", ANNA, COIN, BERT, 1)
    world.act("set_metadata", ANNA, COIN, b"Coin", b"C", 6)
    with world.refuses(Error.INCORRECT_STATUS):
        world.act("destroy_accounts", BERT, COIN)
    with world.refuses(Error.NO_PERMISSION):
        world.act("start_destroy", BERT, COIN)
    world.act("start_destroy", ANNA, COIN)
    with world.refuses(Error.ASSET_NOT_LIVE):
        world.act("mint", ANNA, COIN, CARA, 100)
    world.act("destroy_accounts", BERT, COIN)
    assert world.happened()[-1] == AccountsDestroyed(COIN, REMOVE_ITEMS_LIMIT, 6)
    with world.refuses(Error.IN_USE):
        world.act("finish_destroy", BERT, COIN)
    world.act("destroy_accounts", BERT, COIN)
    world.act("destroy_approvals", BERT, COIN)
    world.act("finish_destroy", BERT, COIN)
    assert (world.held(ANNA), COIN in world.assets.asset) == (0, False)


def test_deposits_of_entries_come_back_when_the_asset_ends(world: AssetWorld) -> None:
    world.begin()
    world.act("transfer", ANNA, COIN, CARA, 500)
    world.act("approve_transfer", CARA, COIN, BERT, 1)
    world.force("start_destroy", COIN)
    for name in ("destroy_accounts", "destroy_approvals", "finish_destroy"):
        world.act(name, DORA, COIN)
    assert [world.held(who) for who in PEOPLE] == [0, 0, 0, 0]


def test_an_asset_of_another_pallet_is_sufficient(world: AssetWorld) -> None:
    ledger = world.assets.ledger
    ledger.create(7, BERT, 5)
    ledger.mint_into(7, DORA, 20)
    ledger.transfer(7, DORA, CARA, 10, keep_alive=True)
    ledger.burn_from(7, CARA, 6)
    assert (ledger.balance(7, CARA), ledger.total_issuance(7), world.held(DORA)) == (0, 10, 0)
    with world.refuses(Error.IN_USE):
        ledger.create(7, BERT, 5)
    assert (ledger.exists(7), ledger.exists(8), ledger.total_issuance(8)) == (True, False, 0)
