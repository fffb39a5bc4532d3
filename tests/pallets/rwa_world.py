"""A bench with tokenised assets in vaults: feeds and tokens are plain, everything else is real."""

from dataclasses import replace

from runtime.frame import GovernanceOrigin, Governed, Signed
from runtime.frame.fungible import HoldReason
from runtime.pallets import rwa, vaults
from runtime.pallets.balances import Balances
from runtime.pallets.rwa import AssetKind, Meta, Reading, Rwa, RwaPallet
from runtime.pallets.vaults import Insurance, OfProvider
from runtime.primitives.types import UNIT
from runtime.real_assets import RealAssets
from runtime.tracks import BRAKE, PARAMETERS, REGISTRIES
from tests.pallets.vault_world import Clock, Markets
from tests.pallets.vaults_on import vaults_on
from tests.support.bench import Bench, account
from tests.support.free_terms import free_terms
from tests.support.fungibles import PlainAssets

ALICE, BOB, CAROL, DAVE, ISSUER, STRANGER = PEOPLE = tuple(account(seed) for seed in range(1, 7))
FEES, COMMISSIONS, TREASURY, PAYER, STAKED, CARE = (account(seed) for seed in range(91, 97))
INSURANCE = account(97)
REGISTRY, GUARDIAN = Governed(GovernanceOrigin.REGISTRY), Governed(GovernanceOrigin.EMERGENCY)
DEPOSIT, RICH, BOND = 10**9, 100_000 * UNIT, 1_000 * UNIT
ERA, EPOCH, ROUND = 240, 40, 20
STALE = 6 * EPOCH
"""Blocks."""
AGPU_FEED, PRICE_FEED, RESERVE_FEED = 0, 1, 2
GOLD = 700
"""An asset of two decimals."""
ONE = 100
"""Least units of a whole token."""
HASH = bytes([9]) * 32
META = Meta(GOLD, AssetKind.OTHER, 2, PRICE_FEED, RESERVE_FEED, HASH)
CAP = 10_000 * ONE


class Feeds:
    """Three feeds that a test sets: AGPU is worth a half, gold two, and there are ten thousand."""

    def __init__(self) -> None:
        self.known: dict[int, Reading] = {}
        self.set(AGPU_FEED, 500_000, 6)
        self.set(PRICE_FEED, 2_000, 3)
        self.set(RESERVE_FEED, 10_000, 0)

    def set(self, feed: int, spot: int, decimals: int | None = None, until: int = 10**6) -> None:
        """Let a feed say the same now and on average."""
        decimals = self.known[feed].decimals if decimals is None else decimals
        self.known[feed] = Reading(spot, spot, decimals, until)

    def change(self, feed: int, **changes: int) -> None:
        self.known[feed] = replace(self.known[feed], **changes)

    def reading(self, feed: int) -> Reading | None:
        return self.known.get(feed)

    def named(self, name: bytes) -> int | None:
        return AGPU_FEED if name == b"agpu/usd" and AGPU_FEED in self.known else None


class RwaWorld(Bench):
    """Rich people, an insurance vault and one behind Dave; nobody has registered an asset."""

    def __init__(self) -> None:
        super().__init__()
        self.clock, self.feeds = Clock(), Feeds()
        self.token = self.add(Balances(self.context, DEPOSIT, index=6, name="Balances"))
        self.tokens = self.add(PlainAssets(self.context))
        self.terms = free_terms(self.context)
        self.vaults = self.add(
            vaults_on(
                self.context,
                self.token,
                (FEES, COMMISSIONS, INSURANCE, TREASURY, STAKED),
                ERA,
                terms=self.terms,
                power=PARAMETERS,
                clock=self.clock,
                markets=Markets(),
                real=RealAssets(lambda: self.rwa),
            )
        )
        self.rwa = self.add(
            RwaPallet(
                self.context,
                self.token,
                self.tokens,
                rwa.Powers(REGISTRIES, BRAKE),
                rwa.Config(CARE, TREASURY, ERA, ROUND),
                feeds=self.feeds,
                collateral=self.vaults.parts,
                terms=self.terms,
                index=77,
            )
        )
        pots = ((pot, DEPOSIT) for pot in (FEES, COMMISSIONS, TREASURY))
        self.token.build((*((who, RICH) for who in (*PEOPLE, PAYER)), *pots))
        self.call(self.vaults.create, Signed(BOB), Insurance(), None)
        self.call(self.vaults.create, Signed(DAVE), OfProvider(DAVE), 10**8)

    # an asset's life

    def register(self, meta: Meta = META, bond: int = BOND) -> None:
        self.call(self.rwa.register_rwa, Signed(ISSUER), meta, bond)

    def approve(self, haircut: int | None = None, cap: int = CAP, asset: int = GOLD) -> None:
        self.call(self.rwa.approve_rwa, REGISTRY, asset, haircut, cap)

    def mint(self, units: int, to: bytes = ALICE, asset: int = GOLD) -> None:
        self.call(self.rwa.mint_rwa, Signed(ISSUER), asset, to, units)

    def issue(self, units: int = 1_000 * ONE, to: bytes = ALICE) -> None:
        """Let there be an approved asset, and so much of it."""
        self.register()
        self.approve()
        self.mint(units, to)

    def freeze(self, asset: int = GOLD) -> None:
        self.call(self.rwa.freeze_rwa, GUARDIAN, asset)

    def record(self, asset: int = GOLD) -> Rwa:
        return self.rwa.assets[asset]

    def revalue(self) -> None:
        """Go to the block in which quotes are renewed next."""
        while True:
            self.next_block()
            if self.context.number % ROUND == self.rwa.config.valuing_block:
                return

    # stakes

    def stake(self, vault: int, who: bytes, agpu: int, units: int = 0, lock: int = 28) -> None:
        """Join with AGPU, and with gold if any."""
        self.call(self.vaults.join, Signed(who), vault, vaults.AGPU, agpu, lock)
        if units:
            self.call(self.vaults.join, Signed(who), vault, vaults.OfRwa(GOLD), units, lock)

    def slash(self, part: int, whole: int) -> None:
        self.vaults.backing.slashed(DAVE, part, whole, self.context.number)
        self.check()

    def liquidate(self, who: bytes, units: int, most: int = RICH, vault: int = 1) -> int:
        """Buy what a slash took; return what was paid."""
        before = self.token.free(who)
        self.call(self.rwa.liquidate, Signed(who), GOLD, vault, units, most)
        return before - self.token.free(who)

    def pass_blocks(self, count: int) -> None:
        """Let time pass in which nothing is renewed."""
        self.context.number += count
        self.check()

    def check(self) -> None:
        for pallet in self.pallets:
            pallet.try_state()

    def held(self, who: bytes) -> int:
        return self.token.held(HoldReason.RWA_ISSUER, who)
