"""Tokenised assets in vaults: what they weigh, earn and lose.

They come on top of a stake of AGPU and count for as much as it at most, and for 30 % of a vault.
Nothing of it needs a loop over positions. What a vault earns is divided when it arrives, by prices
of that block; so a stale feed ends an asset's part at once, for everybody. What a position counts
with in that division was reckoned when it was looked at last, which anyone may cause; how far ahead
it puts a job is reckoned whenever it is asked for. Source: design page "Economy", 5.9 and 5.11.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from runtime.compute.job import PERBILL
from runtime.frame import accumulator, ensure, require
from runtime.pallets.vaults import formulas
from runtime.pallets.vaults.assets import (
    MAX_ASSETS,
    Part,
    PartView,
    Tranche,
    TrancheView,
    new_tranche,
)
from runtime.pallets.vaults.chunks import UNBONDING_ERAS
from runtime.pallets.vaults.events import AssetSeized, AssetSold, Error
from runtime.pallets.vaults.leavers import is_due
from runtime.pallets.vaults.records import Position, Vault
from runtime.primitives.types import U128_MAX, AccountId, Balance, BlockNumber

if TYPE_CHECKING:
    from runtime.pallets.vaults.pallet import Vaults


class Parts:
    """Keeps tokens. Invariant: the account has all that members, leavers and lots add up to."""

    def __init__(self, pallet: Vaults) -> None:
        self._pallet = pallet

    # ----------------------------------------------------------------------------------- members

    def join(
        self, number: int, who: AccountId, asset: int, units: Balance, lock: int
    ) -> tuple[Vault, Position, int]:
        """Add tokens to a stake of AGPU; return the vault, the stake and the points bought.

        Raises:
            DispatchError: there is no such stake, or the tokens cannot be added to it.
        """
        ensure((number, who) in self._pallet.positions, Error.NO_STAKE)
        vault, position = self._pallet.members.find(number, who)
        ensure(lock == position.lock, Error.OTHER_LOCK)
        return self._add(who, vault, position, asset, units)

    def _add(
        self, who: AccountId, vault: Vault, position: Position, asset: int, units: Balance
    ) -> tuple[Vault, Position, int]:
        """Turn tokens of a member into points; return how many. The lock begins again.

        Raises:
            DispatchError: nothing vouches for their value, or more would count than may.
        """
        pallet = self._pallet
        value = pallet.real.value_of(asset, units)
        ensure(value > 0, Error.STALE_VALUATION)
        ensure(value >= pallet.config.least_join, Error.AMOUNT_TOO_LOW)
        known = tranche_of(vault, asset)
        ensure(known is not None or len(vault.rwa) < MAX_ASSETS, Error.TOO_MANY_ASSETS)
        tranche = known or new_tranche(asset)
        ensure(not tranche.stake.is_wiped_out, Error.WIPED_OUT)
        bought = tranche.stake.points_for(units)
        ensure(bought > 0, Error.ZERO_POINTS)
        weight = formulas.part_weight(tranche.stake.points + bought, formulas.FULL_LOCK)
        ensure(weight <= U128_MAX, Error.VAULT_FULL)
        part = part_of(position, asset)
        is_new = part is None
        part = part or Part(asset, 0, 0, 0, tranche.earned, ())
        part = replace(part, points=part.points + bought, since=pallet.clock.current_epoch())
        tranche = replace(tranche, parts=tranche.parts + is_new, stake=tranche.stake.joined(bought))
        vault, position = with_tranche(vault, tranche), with_part(position, part)
        self._check_caps(vault, position)
        pallet.real.transfer(asset, who, pallet.config.assets, units)
        return vault, replace(position, locked_until=pallet.era() + position.lock), bought

    def leave(
        self, number: int, vault: Vault, position: Position, asset: int, points: int
    ) -> tuple[Vault, Position, Balance]:
        """Let points of a tokenised asset leave; return the units that they stand for.

        Raises:
            DispatchError: the position has fewer, its lock has not run out, or too many parts of
                it leave already.
        """
        part, tranche = self.find(position, asset), self.tranche(vault, asset)
        ensure(points > 0, Error.ZERO_POINTS)
        ensure(points <= part.points, Error.NOT_ENOUGH_POINTS)
        ensure(self._pallet.era() >= position.locked_until, Error.STILL_LOCKED)
        units = tranche.stake.value(points)
        chunks = part.chunks
        if units:
            chunks = self._pallet.part_leavers.add((number, part.asset), chunks, units)
        part = replace(part, points=part.points - points, chunks=chunks)
        tranche = replace(tranche, stake=tranche.stake.left(points))
        return with_tranche(vault, tranche), with_part(position, part), units

    def withdraw(
        self, number: int, who: AccountId, position: Position, asset: int
    ) -> tuple[Position, Balance]:
        """Hand over what left long enough ago; return how many units that is.

        Raises:
            DispatchError: nothing did.
        """
        pallet, era, key = self._pallet, self._pallet.era(), (number, asset)
        part = self.find(position, asset)
        due = [chunk for chunk in part.chunks if is_due(chunk.era, era)]
        ensure(bool(due), Error.NOTHING_DUE)
        units = sum(pallet.part_leavers.take(key, chunk) for chunk in due)
        kept = tuple(chunk for chunk in part.chunks if not is_due(chunk.era, era))
        if units:
            pallet.real.transfer(part.asset, pallet.config.assets, who, units)
        return with_part(position, replace(part, chunks=kept)), units

    def find(self, position: Position, asset: int) -> Part:
        """Return what a position has of an asset.

        Raises:
            DispatchError: it has nothing.
        """
        return require(part_of(position, asset), Error.NO_SUCH_ASSET)

    def tranche(self, vault: Vault, asset: int) -> Tranche:
        """Return the tranche of an asset of which the vault has something."""
        tranche = tranche_of(vault, asset)
        assert tranche is not None, f"vault without asset {asset} that a member has there"
        return tranche

    def _check_caps(self, vault: Vault, position: Position) -> None:
        """Refuse what would count for more than the AGPU beside it, or than its vault takes."""
        own = vault.stake.value(position.points)
        brought = sum(
            self._value(self.tranche(vault, one.asset), one.points) for one in position.rwa
        )
        ensure(brought <= own, Error.RWA_CAP_EXCEEDED)
        ensure(self._whole(vault) <= self._room(vault), Error.RWA_CAP_EXCEEDED)

    # ------------------------------------------------------------------------------------ yields

    def share(self, vault: Vault, amount: Balance) -> tuple[Vault, Balance]:
        """Give the tokenised assets their part of earnings; return the part of the AGPU.

        They have a bounded part of it, whatever they are worth.
        """
        agpu = vault.stake.value(vault.weight)
        values = [(one, self._weight(one, one.weight)) for one in vault.rwa]
        whole = sum(value for _, value in values)
        counted = min(whole, formulas.room(agpu, self._pallet.terms.vaults.rwa_share))
        if not counted:
            return vault, amount
        own = amount
        for tranche, value in values:
            part = amount * counted * value // ((agpu + counted) * whole)
            if part:
                earned, rest = accumulator.shared(part, tranche.remainder, tranche.weight)
                raised = replace(tranche, earned=tranche.earned + earned, remainder=rest)
                vault, own = with_tranche(vault, raised), own - part
        return vault, own

    def unpaid(self, vault: Vault, position: Position) -> Balance:
        """Return what the tokenised assets of a position earned since it was settled."""
        return sum(
            accumulator.due(one.weight, self.tranche(vault, one.asset).earned, one.paid)
            for one in position.rwa
        )

    def settled(self, vault: Vault, position: Position) -> Position:
        """Return a position with its part of what its tokenised assets earned so far."""
        if not position.rwa:
            return position
        owed = position.owed + self.unpaid(vault, position)
        parts = tuple(
            replace(one, paid=self.tranche(vault, one.asset).earned) for one in position.rwa
        )
        return replace(position, owed=owed, rwa=parts)

    def reweighed(self, vault: Vault, position: Position) -> tuple[Vault, Position]:
        """Return both with what the settled parts of a position count for now; drop empty ones.

        What was added in this epoch does not count yet; what is above the AGPU does not count.
        """
        if not position.rwa:
            return vault, position
        own = vault.stake.value(position.points)
        brought = sum(
            self._value(self.tranche(vault, one.asset), one.points) for one in position.rwa
        )
        epoch = self._pallet.clock.current_epoch()
        for part in position.rwa:
            points = part.points if brought <= own else part.points * own // brought
            weight = formulas.part_weight(points, position.lock)
            weight = weight if part.since < epoch else min(part.weight, weight)
            position = with_part(position, replace(part, weight=weight))
            tranche = self.tranche(vault, part.asset)
            changed = replace(
                tranche,
                weight=tranche.weight + weight - part.weight,
                parts=tranche.parts - part.is_over,
            )
            vault = with_tranche(vault, changed)
        return vault, without_ended(position)

    # ----------------------------------------------------------------------------------- weights

    def weight(
        self, vault: Vault, position: Position, agpu: Balance, epoch: int | None = None
    ) -> Balance:
        """Return by how much a position counts for more than its weight in AGPU, in planck.

        By the prices now: no more than its AGPU, and no more than its share of what its vault
        takes.
        """
        if not position.rwa:
            return 0
        epoch = self._pallet.clock.current_epoch() if epoch is None else epoch
        value = 0
        for part in position.rwa:
            weight = formulas.part_weight(part.points, position.lock)
            counted = weight if part.since < epoch else min(part.weight, weight)
            value += self._weight(self.tranche(vault, part.asset), counted)
        whole, room = self._whole(vault), self._room(vault)
        value = value if whole <= room else value * room // whole
        return formulas.secured(agpu, value) - agpu

    def _value(self, tranche: Tranche, points: int) -> Balance:
        """Return what points of a tranche are worth now, in planck."""
        return self._pallet.real.value_of(tranche.asset, tranche.stake.value(points))

    def _weight(self, tranche: Tranche, weight: int) -> Balance:
        """Return what a weight of a tranche is worth now, in planck."""
        return self._value(tranche, weight) // PERBILL

    def _whole(self, vault: Vault) -> Balance:
        """Return what all tokenised assets of a vault are worth now, in planck."""
        return sum(self._value(one, one.stake.points) for one in vault.rwa)

    def _room(self, vault: Vault) -> Balance:
        """Return how much of that counts at most."""
        return formulas.room(vault.stake.balance, self._pallet.terms.vaults.rwa_share)

    # ----------------------------------------------------------------------------------- slashes

    def slashed(self, number: int, vault: Vault, era: int, part: Balance, whole: Balance) -> Vault:
        """Take `part / whole` of each tokenised asset, and of what left in an era or later.

        The units lie in the vault's account until somebody buys them.
        """
        pallet = self._pallet
        for tranche in vault.rwa:
            struck = tranche.stake.slashed(part, whole)
            gone = pallet.part_leavers.slash((number, tranche.asset), era, part, whole)
            gone += tranche.stake.balance - struck.balance
            if gone:
                lot, now = tranche.lot + gone, pallet.context.number
                changed = replace(tranche, stake=struck, lot=lot, lot_since=now)
                vault = with_tranche(vault, changed)
                pallet.deposit(AssetSeized(number, tranche.asset, gone, era))
        return vault

    def lot(self, asset: int, number: int) -> tuple[Balance, BlockNumber] | None:
        """Return the units of an asset that slashes took in a vault, and when; None if none."""
        vault = self._pallet.vaults.get(number)
        tranche = None if vault is None else tranche_of(vault, asset)
        return None if tranche is None or not tranche.lot else (tranche.lot, tranche.lot_since)

    def sell(self, asset: int, number: int, units: Balance, to: AccountId) -> None:
        """Hand units over that a slash took; the lot has as many.

        Raises:
            DispatchError: the asset does not move.
        """
        pallet = self._pallet
        vault = pallet.vaults[number]
        tranche = self.tranche(vault, asset)
        assert units <= tranche.lot, f"wanted at most {tranche.lot} units, got {units}"
        pallet.vaults[number] = with_tranche(vault, replace(tranche, lot=tranche.lot - units))
        pallet.real.transfer(asset, pallet.config.assets, to, units)
        pallet.deposit(AssetSold(number, asset, to, units))

    # ------------------------------------------------------------------------------------- views

    def tranche_views(self, vault: Vault) -> tuple[TrancheView, ...]:
        """Return the tokenised assets of a vault as they stand."""
        return tuple(
            TrancheView(
                one.asset,
                one.stake.balance,
                self._value(one, one.stake.points),
                one.lot,
                one.lot_since,
            )
            for one in vault.rwa
        )

    def part_views(self, number: int, vault: Vault, position: Position) -> tuple[PartView, ...]:
        """Return the tokenised assets of a position as they stand."""
        return tuple(self._part_view(number, vault, one) for one in position.rwa)

    def _part_view(self, number: int, vault: Vault, part: Part) -> PartView:
        tranche, worth = self.tranche(vault, part.asset), self._pallet.part_leavers.worth
        return PartView(
            asset=part.asset,
            points=part.points,
            units=tranche.stake.value(part.points),
            value=self._value(tranche, part.points),
            unbonding=tuple(
                (one.era + UNBONDING_ERAS, worth((number, part.asset), one)) for one in part.chunks
            ),
        )


def tranche_of(vault: Vault, asset: int) -> Tranche | None:
    """Return the tranche of an asset in a vault."""
    return next((one for one in vault.rwa if one.asset == asset), None)


def part_of(position: Position, asset: int) -> Part | None:
    """Return what a position has of an asset."""
    return next((one for one in position.rwa if one.asset == asset), None)


def with_tranche(vault: Vault, tranche: Tranche) -> Vault:
    """Return a vault with a tranche as it is now; one of which nothing is left ends."""
    others = [one for one in vault.rwa if one.asset != tranche.asset]
    kept = [tranche] if tranche.parts or tranche.lot else []
    return replace(vault, rwa=tuple(sorted([*others, *kept], key=lambda one: one.asset)))


def with_part(position: Position, part: Part) -> Position:
    """Return a position with a part as it is now."""
    others = [one for one in position.rwa if one.asset != part.asset]
    return replace(position, rwa=tuple(sorted([*others, part], key=lambda one: one.asset)))


def without_ended(position: Position) -> Position:
    """Return a position without parts in which nothing is left."""
    return replace(position, rwa=tuple(one for one in position.rwa if not one.is_over))
