"""Tokenised assets valued by the real oracle, in the real ledger, staked in real vaults."""

import pytest

from runtime.frame import GovernanceOrigin, Governed, Signed, ensure_root_or, ensure_signed
from runtime.pallets import assets, rwa, vaults
from runtime.pallets.assets import Assets
from runtime.pallets.rwa import AssetKind, Meta, RwaPallet
from runtime.pallets.vaults import Insurance
from runtime.primitives.types import UNIT
from runtime.real_assets import Prices, RealAssets
from runtime.tracks import BRAKE, PARAMETERS
from tests.pallets.oracle_world import (
    CONFIG,
    EPOCH,
    ERA,
    ONE,
    REGISTRIES,
    REGISTRY,
    ROUND,
    STRANGER,
    TREASURY,
    OracleWorld,
)
from tests.pallets.vault_world import Clock, Markets
from tests.pallets.vaults_on import vaults_on
from tests.support.bench import account
from tests.support.free_terms import free_terms

AGPU_FEED, PRICE_FEED, RESERVE_FEED = range(3)
ASSET = 41
TOKEN = 10**6
FEES, COMMISSIONS, INSURANCE, STAKED, CARE = (account(seed) for seed in range(81, 86))
META = Meta(ASSET, AssetKind.TREASURY_BILL, 6, PRICE_FEED, RESERVE_FEED, bytes(32))
WORTH = UNIT // 2 * 9 // 10
"""Of a token of half an AGPU, less ten percent."""


class RealWorld(OracleWorld):
    """Three feeds; the stranger issues treasury bills and stakes them in the insurance vault."""

    def __init__(self) -> None:
        super().__init__(feeds=3)
        self.assets = self.add(
            Assets(
                self.context,
                self.token,
                ensure_signed,
                ensure_root_or(GovernanceOrigin.REGISTRY),
                assets.Config(UNIT, UNIT, UNIT, UNIT, UNIT),
                index=73,
            )
        )
        self.terms = free_terms(self.context)
        self.vaults = self.add(
            vaults_on(
                self.context,
                self.token,
                (FEES, COMMISSIONS, INSURANCE, TREASURY, STAKED),
                ERA,
                terms=self.terms,
                power=PARAMETERS,
                clock=Clock(),
                markets=Markets(),
                real=RealAssets(lambda: self.rwa),
            )
        )
        self.rwa = self.add(
            RwaPallet(
                self.context,
                self.token,
                self.assets.ledger,
                rwa.Powers(REGISTRIES, BRAKE),
                rwa.Config(CARE, TREASURY, ERA, ROUND, agpu_feed=b"feed 0"),
                feeds=Prices(self.oracle),
                collateral=self.vaults.parts,
                terms=self.terms,
                index=77,
            )
        )
        self.approve()

    def approve(self) -> None:
        """Let the pots live, and the asset count."""
        for pot in (FEES, COMMISSIONS):
            self.token.mint_into(pot, 10**9)
        self.tell(2 * ONE, ONE, 1_000 * ONE)
        self.call(self.rwa.register_rwa, Signed(STRANGER), META, 1_000 * UNIT)
        self.call(self.rwa.approve_rwa, REGISTRY, ASSET, None, 900 * TOKEN)

    def tell(self, *values: int) -> None:
        """Let all members report all feeds, and the next values of assets be reckoned by them."""
        for feed, value in enumerate(values):
            for who in self.people:
                self.commit(who, self.report(value), feed)
        sealed = [self.report(value) for value in values]
        self.next_round()
        for feed, report in enumerate(sealed):
            for who in self.people:
                self.reveal(who, report, feed)
        self.next_round()
        self.blocks(4)

    def value(self) -> int:
        return self.rwa.value_of(ASSET, TOKEN)


@pytest.fixture(scope="module")
def told() -> RealWorld:
    """Do not change it."""
    return RealWorld()


def test_req_36_a_token_is_worth_what_the_oracle_says_less_a_haircut(told: RealWorld) -> None:
    assert told.value() == WORTH


def test_req_36_a_token_counts_with_the_lower_price_and_agpu_with_the_higher() -> None:
    world = RealWorld()
    world.tell(2 * ONE, ONE * 104 // 100, 1_000 * ONE)
    assert WORTH <= world.value() < WORTH * 101 // 100
    world.tell(2 * ONE * 104 // 100, ONE * 104 // 100, 1_000 * ONE)
    assert world.value() < WORTH


def test_req_36_a_token_counts_for_nothing_six_epochs_after_the_last_report() -> None:
    world = RealWorld()
    updated = min(world.oracle.prices[feed].updated_at for feed in range(3))
    last = updated + 6 * EPOCH
    assert world.oracle.stale_blocks() == 6 * EPOCH == 6 * CONFIG.epoch_blocks
    world.skip(last - world.context.number)
    assert world.value() == WORTH
    world.skip(1)
    assert world.value() == 0


def test_an_asset_goes_through_the_real_ledger_and_a_vault_and_back() -> None:
    world = RealWorld()
    world.call(world.vaults.create, Signed(STRANGER), Insurance(), None)
    world.call(world.vaults.join, Signed(STRANGER), 0, vaults.AGPU, 100 * UNIT, 28)
    world.call(world.rwa.mint_rwa, Signed(STRANGER), ASSET, STRANGER, 900 * TOKEN)
    with world.refuses(rwa.Error.CAP_EXCEEDED):
        world.call(world.rwa.mint_rwa, Signed(STRANGER), ASSET, STRANGER, 1)
    world.call(world.vaults.join, Signed(STRANGER), 0, vaults.OfRwa(ASSET), 90 * TOKEN, 28)
    ledger = world.assets.ledger
    assert ledger.balance(ASSET, STAKED) == 90 * TOKEN
    world.skip(28 * ERA)
    world.call(world.vaults.unbond_asset, Signed(STRANGER), 0, ASSET, 90 * TOKEN)
    world.skip(28 * ERA)
    world.call(world.vaults.withdraw_asset, Signed(STRANGER), 0, ASSET)
    assert (ledger.balance(ASSET, STAKED), ledger.balance(ASSET, STRANGER)) == (0, 900 * TOKEN)
    world.call(world.rwa.burn_rwa, Signed(STRANGER), ASSET, 900 * TOKEN)
    world.call(world.rwa.close_rwa, Signed(STRANGER), ASSET)
    assert list(world.rwa.assets.items()) == []


def test_a_frozen_asset_does_not_move_in_the_real_ledger() -> None:
    world = RealWorld()
    world.call(world.rwa.mint_rwa, Signed(STRANGER), ASSET, STRANGER, TOKEN)
    world.call(world.rwa.freeze_rwa, Governed(GovernanceOrigin.EMERGENCY), ASSET)
    with world.refuses(assets.Error.ASSET_NOT_LIVE):
        world.call(world.rwa.burn_rwa, Signed(STRANGER), ASSET, TOKEN)
    assert world.value() == 0
    world.call(world.rwa.thaw_rwa, Governed(GovernanceOrigin.EMERGENCY), ASSET)
    assert world.value() == WORTH
