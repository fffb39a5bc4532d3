"""Tokenised assets in vaults under random calls: every unit is somewhere, and everybody gets out.

Eight accounts stake AGPU and two assets in a vault that is slashed and in one that is not, while
feeds move, go stale, reserves shrink and guardians freeze. The bench checks every invariant and
every declared weight after each call and hook. Here it is checked besides that no weight is above
twice the AGPU, that assets have no more than 30 % of what is earned, and that in the end all leave.
"""

from collections import Counter
from random import Random
from typing import Any

import pytest

from runtime.frame import DispatchError, Signed
from runtime.frame.accumulator import SCALE
from runtime.pallets import rwa, vaults
from runtime.pallets.rwa import AssetKind, Meta, Status
from runtime.primitives.types import UNIT
from tests.pallets.rwa_world import (
    AGPU_FEED,
    COMMISSIONS,
    DAVE,
    ERA,
    FEES,
    GOLD,
    GUARDIAN,
    HASH,
    ISSUER,
    ONE,
    PAYER,
    PRICE_FEED,
    RESERVE_FEED,
    STAKED,
    RwaWorld,
)
from tests.support.bench import account

PEOPLE = tuple(account(100 + i) for i in range(8))
RICH = 10**6 * UNIT
SILVER = GOLD + 1
ASSETS = (GOLD, SILVER)
VAULTS = (0, 1)
"""That of insurance, and that behind Dave, which is slashed."""
WEIGHTS = {
    "join": 10,
    "add": 14,
    "unbond": 6,
    "unbond_asset": 10,
    "withdraw": 5,
    "withdraw_asset": 8,
    "revalue": 6,
    "claim": 6,
    "earn": 12,
    "slash": 3,
    "liquidate": 6,
    "mint": 5,
    "burn": 3,
    "freeze": 2,
    "thaw": 4,
    "move_feed": 10,
    "next_round": 8,
    "next_epoch": 8,
    "pass_eras": 5,
}


class Crowd:
    """Eight members, an issuer, and a die."""

    def __init__(self, seed: int) -> None:
        self.die = Random(seed)
        self.world = RwaWorld()
        self.seen: Counter[str] = Counter()
        for who in PEOPLE:
            self.world.token.mint_into(who, RICH)
        for asset in ASSETS:
            kind = self.die.choice(list(AssetKind))
            self.world.register(Meta(asset, kind, 2, PRICE_FEED, RESERVE_FEED, HASH))
            self.world.approve(asset=asset, cap=10**9)
            for who in PEOPLE:
                self.world.mint(self.die.choice((50, 100)) * ONE, who, asset)
        self.world.context.events.clear()

    def run(self, steps: int) -> None:
        for name in self.die.choices(list(WEIGHTS), list(WEIGHTS.values()), k=steps):
            getattr(self, name)()
            self.look()
        self.everybody_leaves()

    def look(self) -> None:
        """Count what happened, and compare what cannot be."""
        for event in self.world.happened():
            self.seen[type(event).__name__] += 1
        self.world.context.events.clear()
        for asset in ASSETS:
            holders = (*PEOPLE, ISSUER, STAKED, DAVE)
            spread = sum(self.world.tokens.balance(asset, who) for who in holders)
            assert spread == self.world.tokens.total_issuance(asset)
        for (number, who), position in self.world.vaults.positions.items():
            vault = self.world.vaults.vaults[number]
            agpu = vault.stake.value(position.weight + position.joining)
            assert self.world.vaults.standing.weight(number, who) <= 2 * agpu

    def call(self, method: Any, who: Any, *arguments: Any) -> bool:
        origin = Signed(who) if isinstance(who, bytes) else who
        try:
            self.world.call(method, origin, *arguments)
        except DispatchError as refusal:
            self.seen[refusal.error.name] += 1
            return False
        return True

    def listed(self) -> list[tuple[int, bytes]]:
        return [key for key, _ in self.world.vaults.positions.items()]

    def member(self) -> tuple[int, bytes]:
        listed = self.listed()
        if listed and self.die.random() < 0.95:
            return self.die.choice(listed)
        return self.die.choice(VAULTS), self.die.choice(PEOPLE)

    def owner(self) -> tuple[int, bytes, int]:
        """Return somebody with an asset in a vault and that asset, or anybody."""
        found = [
            (number, who, part.asset)
            for (number, who), position in self.world.vaults.positions.items()
            for part in position.rwa
        ]
        if found and self.die.random() < 0.95:
            return self.die.choice(found)
        return (*self.member(), self.die.choice(ASSETS))

    # what they do

    def join(self) -> None:
        who, amount = self.die.choice(PEOPLE), self.die.randrange(1, 500 * UNIT)
        self.call(
            self.world.vaults.join, who, self.die.choice(VAULTS), vaults.AGPU, amount, self.lock()
        )

    def lock(self) -> int:
        return self.die.choice((28, 28, 28, 60))

    def add(self) -> None:
        number, who = self.member()
        position = self.world.vaults.positions.get((number, who))
        lock = 28 if position is None else position.lock
        units, asset = self.die.randrange(3_000), self.die.choice(ASSETS)
        self.call(self.world.vaults.join, who, number, vaults.OfRwa(asset), units, lock)

    def unbond(self) -> None:
        number, who = self.member()
        position = self.world.vaults.positions.get((number, who))
        self.call(self.world.vaults.unbond, who, number, position.points if position else 1)

    def unbond_asset(self) -> None:
        number, who, asset = self.owner()
        self.call(
            self.world.vaults.unbond_asset, who, number, asset, self.points(number, who, asset)
        )

    def points(self, number: int, who: bytes, asset: int) -> int:
        """Return points of an asset in a position: all of them, some, or too many."""
        position = self.world.vaults.positions.get((number, who))
        parts = () if position is None else position.rwa
        whole = next((one.points for one in parts if one.asset == asset), 1)
        return whole if self.die.random() < 0.5 else self.die.randrange(whole + 2)

    def withdraw(self) -> None:
        number, who = self.member()
        self.call(self.world.vaults.withdraw_unbonded, who, number)

    def withdraw_asset(self) -> None:
        number, who, asset = self.owner()
        self.call(self.world.vaults.withdraw_asset, who, number, asset)

    def revalue(self) -> None:
        number, who, _ = self.owner()
        self.call(self.world.vaults.revalue, DAVE, number, who)

    def claim(self) -> None:
        number, who = self.member()
        self.call(self.world.vaults.claim_payout, who, number)

    def earn(self) -> None:
        """Let a vault earn, and look at how that was divided."""
        number = self.die.choice(VAULTS)
        pot = FEES if number == 0 else COMMISSIONS
        self.world.token.transfer(PAYER, pot, amount := self.die.randrange(1, UNIT))
        before = self.world.vaults.vaults[number]
        self.world.vaults.yields.earn(pot, number, amount)
        after = self.world.vaults.vaults[number]
        earned = sum(
            one.weight * (one.earned - old.earned) // SCALE
            for old, one in zip(before.rwa, after.rwa, strict=True)
        )
        assert earned * 10 <= (after.owed - before.owed) * 3
        self.world.check()

    def slash(self) -> None:
        part = self.die.choice((1, 3, 10, 40, 100))
        self.world.slash(part, 100)

    def liquidate(self) -> None:
        vault, asset = self.die.choice(VAULTS), self.die.choice(ASSETS)
        lot = self.world.vaults.parts.lot(asset, vault)
        units = self.die.randrange((lot or (3, 0))[0] + 2)
        who = self.die.choice(PEOPLE)
        self.call(self.world.rwa.liquidate, who, asset, vault, units, RICH)

    def mint(self) -> None:
        units, asset = self.die.randrange(20_000), self.die.choice(ASSETS)
        self.call(self.world.rwa.mint_rwa, ISSUER, asset, self.die.choice((*PEOPLE, ISSUER)), units)

    def burn(self) -> None:
        self.call(
            self.world.rwa.burn_rwa, ISSUER, self.die.choice(ASSETS), self.die.randrange(9_000)
        )

    def freeze(self) -> None:
        self.call(self.world.rwa.freeze_rwa, GUARDIAN, self.die.choice(ASSETS))

    def thaw(self) -> None:
        who = self.die.choice((GUARDIAN, PEOPLE[0]))
        self.call(self.world.rwa.thaw_rwa, who, self.die.choice(ASSETS))

    def move_feed(self) -> None:
        feed = self.die.choice((AGPU_FEED, PRICE_FEED, RESERVE_FEED))
        spot = self.world.feeds.known[feed].spot * self.die.choice((50, 95, 105, 120, 150)) // 100
        until = self.world.context.number + self.die.choice((10, 6 * ERA, 10**6))
        self.world.feeds.set(feed, max(spot, 1), until=until)

    def next_round(self) -> None:
        self.world.revalue()

    def next_epoch(self) -> None:
        self.world.clock.epoch += 1

    def pass_eras(self) -> None:
        self.world.pass_blocks(self.die.choice((1, 2, 7, 28)) * ERA)

    def everybody_leaves(self) -> None:
        """Let all time run out: whoever has something in a vault gets it, whatever it is worth."""
        world, book = self.world, self.world.vaults
        world.pass_blocks(70 * ERA)
        for asset in ASSETS:
            if world.record(asset).status is Status.FROZEN:
                assert self.call(world.rwa.thaw_rwa, PEOPLE[0], asset)
        for _ in range(2):
            for number, who in self.listed():
                self.leave(number, who)
            world.pass_blocks(28 * ERA)
        for number, who in self.listed():
            self.leave(number, who)
        assert self.listed() == []
        for number in VAULTS:
            for tranche in book.vaults[number].rwa:
                assert (tranche.parts, tranche.stake.points, tranche.weight) == (0, 0, 0)
                self.world.pass_blocks(8 * ERA)
                assert self.call(
                    world.rwa.liquidate, PEOPLE[0], tranche.asset, number, tranche.lot, 0
                )
            assert book.vaults[number].rwa == ()
        assert list(book.part_left.items()) == []
        assert all(pools == () for _, pools in book.part_leaving.items())
        dust = [world.tokens.balance(asset, STAKED) for asset in ASSETS]
        assert max(dust) <= self.seen["Joined"] + self.seen["AssetUnbonded"]

    def leave(self, number: int, who: bytes) -> None:
        book, era = self.world.vaults, self.world.vaults.era()
        for part in self.world.vaults.positions[number, who].rwa:
            if any(chunk.era + 28 <= era for chunk in part.chunks):
                assert self.call(book.withdraw_asset, who, number, part.asset)
        position = book.positions.get((number, who))
        for part in () if position is None else position.rwa:
            if part.points:
                assert self.call(book.unbond_asset, who, number, part.asset, part.points)
        position = book.positions.get((number, who))
        if position is not None and any(chunk.era + 28 <= era for chunk in position.chunks):
            assert self.call(book.withdraw_unbonded, who, number)
        position = book.positions.get((number, who))
        if position is not None and position.points:
            assert self.call(book.unbond, who, number, position.points)
        position = book.positions.get((number, who))
        if position is not None and not position.points and not position.chunks:
            self.call(book.claim_payout, who, number)


@pytest.mark.parametrize("chance", range(4))
def test_many_members_do_as_they_please_with_assets(chance: int) -> None:
    Crowd(chance).run(250)


@pytest.mark.slow
def test_a_long_run_with_assets_sees_everything_that_can_happen() -> None:
    crowd = Crowd(1000)
    crowd.run(2_000)
    names = {"AssetUnbonded", "AssetWithdrawn", "AssetSeized", "AssetSold", "Revalued"}
    kinds = {one.__name__ for one in rwa.RwaPallet.events} - {
        "RwaRegistered",
        "RwaApproved",
        "RwaRetired",
        "RwaClosed",
    }
    assert names | kinds <= set(crowd.seen)
    refusals = {"RWA_CAP_EXCEEDED", "STALE_VALUATION", "STILL_LOCKED"}
    assert refusals <= set(crowd.seen)
