"""What members do: their stake comes in, leaves, and is paid.

A member's stake stays on hold on its own account. What the chain takes of it in a slash is known to
the vault at once, and taken of a member's hold when its position is next looked at, which anybody
may cause: so a slash costs the same with one member as with a million.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from runtime.frame import ensure, require
from runtime.frame.fungible import HoldReason
from runtime.pallets.vaults.chunks import Chunk
from runtime.pallets.vaults.events import Error, PayoutClaimed, SlashApplied, VaultSlashed
from runtime.pallets.vaults.leavers import is_due
from runtime.pallets.vaults.pools import EMPTY, Pool
from runtime.pallets.vaults.records import (
    DEAD_POINTS,
    MAX_POSITIONS,
    Insurance,
    Position,
    Vault,
    new_position,
)
from runtime.primitives.types import U128_MAX, AccountId, Balance, BlockNumber

if TYPE_CHECKING:
    from runtime.pallets.vaults.pallet import Vaults

HOLD = HoldReason.VAULT


class Members:
    """Moves stakes. Invariant: on hold for a position is what it is worth, or more."""

    def __init__(self, pallet: Vaults) -> None:
        self._pallet = pallet

    def newcomer(
        self, number: int, who: AccountId, amount: Balance, lock: int
    ) -> tuple[Vault, Position]:
        """Return a vault and an empty position in it, of an account that has none.

        Raises:
            DispatchError: there is no such vault, the account can have no position in it, or the
                amount is below what one is worth at least.
        """
        pallet = self._pallet
        ensure(amount >= pallet.config.least_join, Error.AMOUNT_TOO_LOW)
        vault = require(pallet.vaults.get(number), Error.UNKNOWN_VAULT)
        ensure((number, who) not in pallet.positions, Error.ALREADY_JOINED)
        joined = pallet.memberships[who]
        ensure(len(joined) < MAX_POSITIONS, Error.TOO_MANY_POSITIONS)
        pallet.memberships[who] = (*joined, number)
        vault = pallet.yields.rolled(number, vault)
        position = replace(new_position(lock), paid=vault.earned)
        return replace(vault, members=vault.members + 1), position

    def find(self, number: int, who: AccountId) -> tuple[Vault, Position]:
        """Return a vault and a position in it, with all earnings and all slashes so far.

        Raises:
            DispatchError: there is no such vault, or the account has nothing in it.
        """
        pallet = self._pallet
        vault = require(pallet.vaults.get(number), Error.UNKNOWN_VAULT)
        position = require(pallet.positions.get((number, who)), Error.NOT_MEMBER)
        vault = pallet.yields.rolled(number, vault)
        position = pallet.yields.settled(number, vault, position)
        position = pallet.parts.settled(vault, position)
        lost = position.held - vault.stake.value(position.points)
        assert lost >= 0, f"{position.held} on hold of {who.hex()} are too little"
        self._bear(number, who, lost)
        return vault, replace(position, held=position.held - lost)

    def put(self, number: int, who: AccountId, vault: Vault, position: Position) -> None:
        """Record a vault and a position; one in which nothing is left ends."""
        pallet = self._pallet
        vault, position = pallet.yields.reweighed(number, vault, position)
        vault, position = pallet.parts.reweighed(vault, position)
        if position.is_over:
            vault = replace(vault, members=vault.members - 1)
            del pallet.positions[number, who]
            joined = pallet.memberships[who]
            pallet.memberships[who] = tuple(one for one in joined if one != number)
        else:
            pallet.positions[number, who] = position
        pallet.vaults[number] = vault

    def add(
        self, who: AccountId, vault: Vault, position: Position, amount: Balance
    ) -> tuple[Vault, Position, int]:
        """Turn what is on hold into points; return how many. The lock begins again.

        Who joins an empty vault pays for the points that nobody owns.

        Raises:
            DispatchError: the vault sells no points, or the amount buys none.
        """
        pallet, stake = self._pallet, vault.stake
        ensure(not stake.is_wiped_out, Error.WIPED_OUT)
        is_first = not stake.points
        ensure(amount >= pallet.config.first_join or not is_first, Error.AMOUNT_TOO_LOW)
        bought = stake.points_for(amount)
        ensure(bought > 0, Error.ZERO_POINTS)
        ensure(2 * (stake.points + bought) <= U128_MAX, Error.VAULT_FULL)
        dead = DEAD_POINTS if is_first else 0
        if dead:
            pallet.currency.burn_held(HOLD, who, dead)
        vault = replace(vault, stake=stake.joined(bought))
        position = replace(
            position,
            points=position.points + bought - dead,
            held=position.held + amount - dead,
            locked_until=pallet.era() + position.lock,
        )
        return vault, position, bought - dead

    def leave(
        self, number: int, vault: Vault, position: Position, points: int
    ) -> tuple[Vault, Position, Balance]:
        """Let points of a position leave; return what they are worth.

        Raises:
            DispatchError: it has fewer, or they are locked, or what is left would be too little,
                or too many parts of it leave already.
        """
        pallet, amount = self._pallet, vault.stake.value(points)
        ensure(points > 0, Error.ZERO_POINTS)
        ensure(points <= position.points, Error.NOT_ENOUGH_POINTS)
        is_free = pallet.era() >= position.locked_until or vault.stake.is_wiped_out
        ensure(is_free, Error.STILL_LOCKED)
        rest = position.points - points
        is_enough = vault.stake.value(rest) >= pallet.config.least_join
        ensure(rest == 0 or is_enough, Error.LEFT_TOO_LITTLE)
        position = replace(position, points=position.points - points, held=position.held - amount)
        if amount:
            chunks = pallet.leavers.add(number, position.chunks, amount)
            position = replace(position, chunks=chunks)
        return replace(vault, stake=reopened(vault.stake.left(points))), position, amount

    def withdraw(self, number: int, who: AccountId, position: Position) -> tuple[Position, Balance]:
        """Release what has left long enough ago; return how much that is."""
        era = self._pallet.era()
        due = [chunk for chunk in position.chunks if is_due(chunk.era, era)]
        kept = tuple(chunk for chunk in position.chunks if not is_due(chunk.era, era))
        amount = sum(self.take(number, who, chunk) for chunk in due)
        self._pallet.currency.release(HOLD, who, amount)
        return replace(position, chunks=kept), amount

    def take(self, number: int, who: AccountId, chunk: Chunk) -> Balance:
        """Take a chunk out of its pool and burn what slashes took; return the rest, on hold."""
        amount = self._pallet.leavers.take(number, chunk)
        self._bear(number, who, chunk.held - amount)
        return amount

    def pay(
        self, number: int, who: AccountId, vault: Vault, position: Position
    ) -> tuple[Vault, Position]:
        """Pay a member what it earned.

        Raises:
            DispatchError: its account cannot take it.
        """
        pallet, amount = self._pallet, position.owed
        pot = pallet.yields.pot_of(vault)
        pallet.currency.transfer(pot, who, amount)
        pallet.owed[pot] -= amount
        pallet.deposit(PayoutClaimed(number, who, amount))
        return replace(vault, owed=vault.owed - amount), replace(position, owed=0)

    def at_stake(self, number: int, since: BlockNumber) -> Balance:
        """Return all that can be lost in a vault for what was done in a block."""
        era = self._pallet.leavers.reached(since)
        balance = self._pallet.vaults[number].stake.balance
        return balance + self._pallet.leavers.at_stake(number, era)

    def strike(self, number: int, part: Balance, whole: Balance, since: BlockNumber) -> None:
        """Take `part / whole` of a vault for what was done in a block. O(1): only ratios change."""
        pallet = self._pallet
        vault, era = pallet.vaults[number], pallet.leavers.reached(since)
        vault = pallet.parts.slashed(number, vault, era, part, whole)
        struck = vault.stake.slashed(part, whole)
        loss = vault.stake.balance - struck.balance + pallet.leavers.slash(number, era, part, whole)
        pallet.vaults[number] = replace(vault, stake=struck)
        if loss:
            points, rest = vault.stake.points, struck.balance
            pallet.deposit(VaultSlashed(number, points, rest, loss, offence_era=era))

    def _bear(self, number: int, who: AccountId, amount: Balance) -> None:
        """Take a part of a hold that a slash took: for claims on insurance, else to be burned."""
        pallet = self._pallet
        if not amount:
            return
        if isinstance(pallet.vaults[number].kind, Insurance):
            pallet.cover.collect(who, amount)
        else:
            pallet.currency.burn_held(HOLD, who, amount)
        pallet.deposit(SlashApplied(number, who, amount))


def reopened(stake: Pool) -> Pool:
    """Return a stake as it is, or an empty one when only the points are left that nobody owns."""
    return EMPTY if stake.points == DEAD_POINTS else stake
