"""A token as its events tell it: what every account holds, what exists, what was burned and why.

The pallet Balances announces each change of a balance, so that its events add up to its state. A
fee leaves its payer with `Withdraw`; what of it nobody received by the end of the block is burned.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from runtime.frame.accounts import AccountData
from runtime.frame.fungible import BurnReason, HoldReason, burn_reason_of
from runtime.pallets.balances import (
    Balances,
    Burned,
    BurnedFor,
    BurnedHeld,
    Deposit,
    DustLost,
    Frozen,
    Held,
    Minted,
    Released,
    Thawed,
    Transfer,
    TransferOnHold,
    Withdraw,
)
from runtime.pallets.balances.types import Holds
from runtime.primitives.types import AccountId, Balance


class Difference(Exception):
    """What the events say is not what must be, or not what the state has."""


@dataclass(slots=True)
class Holding:
    """What an account has of a token, in planck."""

    free: Balance = 0
    frozen: Balance = 0
    holds: dict[HoldReason, Balance] = field(default_factory=dict)

    @property
    def reserved(self) -> Balance:
        """What is on hold, for all reasons."""
        return sum(self.holds.values())

    @property
    def total(self) -> Balance:
        """All that the account owns."""
        return self.free + self.reserved

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing left to keep an entry for."""
        return not (self.free or self.frozen or self.holds)


class Ledger:
    """Follows one token. Invariant: `issuance` is the sum of all holdings and of `fees`."""

    def __init__(self, name: str, holdings: Mapping[AccountId, Holding]) -> None:
        """Begin with what accounts have; `name` is of the pallet whose events are read."""
        self.name = name
        self._holdings = {
            who: Holding(one.free, one.frozen, dict(one.holds))
            for who, one in holdings.items()
            if not one.is_empty
        }
        self.issuance: Balance = sum(one.total for one in self._holdings.values())
        self.minted: Balance = 0
        """All that came into being since."""
        self.burned: dict[BurnReason, Balance] = dict.fromkeys(BurnReason, 0)
        """What was destroyed since, by cause."""
        self.fees: Balance = 0
        """Taken in the block under way and not yet paid out."""
        self._touched: dict[AccountId, None] = {}

    def holding(self, who: AccountId) -> Holding:
        """Return what `who` has now; not to be changed."""
        return self._holdings.get(who, Holding())

    def must_be(self, who: AccountId, found: Holding) -> None:
        """Compare what `who` has with what the state says.

        Raises: Difference.
        """
        wanted = self.holding(who)
        if wanted != found:
            raise Difference(
                f"{self.name}: the account 0x{who.hex()} has {_shown(found)} in the state, and by "
                f"the events {_shown(wanted)}"
            )

    def accounts(self) -> tuple[AccountId, ...]:
        """Return everybody who has something."""
        return tuple(self._holdings)

    def apply(self, event: object) -> None:
        """Do what an event says.

        Raises:
            Difference: an account does not have what it says was taken.
        """
        match event:
            case Transfer(source, dest, amount):
                self._free(source, -amount)
                self._free(dest, amount)
            case Held(reason, who, amount):
                self._free(who, -amount)
                self._hold(reason, who, amount)
            case Released(reason, who, amount):
                self._hold(reason, who, -amount)
                self._free(who, amount)
            case TransferOnHold(reason, source, dest, amount):
                self._hold(reason, source, -amount)
                self._free(dest, amount)
            case BurnedHeld(reason, who, amount):
                self._hold(reason, who, -amount)
                self._burn(burn_reason_of(reason), amount)
            case Burned(who, amount):
                self._free(who, -amount)
                self._burn(BurnReason.CALL, amount)
            case BurnedFor(reason, who, amount):
                self._free(who, -amount)
                self._burn(reason, amount)
            case DustLost(who, amount):
                self._free(who, -amount)
                self._burn(BurnReason.DUST, amount)
            case Minted(who, amount):
                self._free(who, amount)
                self.issuance += amount
                self.minted += amount
            case Withdraw(who, amount):
                self._free(who, -amount)
                self.fees += amount
            case Deposit(who, amount):
                self.fees -= amount
                self._free(who, amount)
            case Frozen(who, amount):
                self._freeze(who, amount)
            case Thawed(who, amount):
                self._freeze(who, -amount)

    def end_block(self) -> tuple[AccountId, ...]:
        """Burn what is left of the fees; return whose holdings changed in the block.

        Raises:
            Difference: more of the fees was paid out than was taken.
        """
        if self.fees < 0:
            raise Difference(f"{self.name}: {-self.fees} planck more of fees were paid than taken")
        self._burn(BurnReason.TRANSACTION_FEE, self.fees)
        self.fees = 0
        touched = tuple(self._touched)
        self._touched = {}
        for who in touched:
            if self.holding(who).is_empty:
                self._holdings.pop(who, None)
        return touched

    def _of(self, who: AccountId) -> Holding:
        self._touched[who] = None
        return self._holdings.setdefault(who, Holding())

    def _free(self, who: AccountId, change: int) -> None:
        one = self._of(who)
        one.free += change
        self._must_be_there(who, "free balance", one.free)

    def _freeze(self, who: AccountId, change: int) -> None:
        one = self._of(who)
        one.frozen += change
        self._must_be_there(who, "frozen balance", one.frozen)

    def _hold(self, reason: HoldReason, who: AccountId, change: int) -> None:
        one = self._of(who)
        left = one.holds.pop(reason, 0) + change
        self._must_be_there(who, f"hold {reason.name.lower()}", left)
        if left:
            one.holds[reason] = left

    def _must_be_there(self, who: AccountId, what: str, left: int) -> None:
        if left < 0:
            raise Difference(
                f"{self.name}: the events take {-left} planck more than there is of the {what} "
                f"of 0x{who.hex()}"
            )

    def _burn(self, reason: BurnReason, amount: Balance) -> None:
        self.burned[reason] += amount
        self.issuance -= amount


def _shown(one: Holding) -> str:
    holds = "".join(f", {amount} for {reason.name.lower()}" for reason, amount in one.holds.items())
    return f"{one.free} free, {one.frozen} frozen, on hold {one.reserved}{holds}"


def holding_of(data: AccountData, holds: Holds) -> Holding:
    """Return what the state says that an account has."""
    return Holding(data.free, data.frozen, {one.id: one.amount for one in holds})


def holdings_of(ledger: Balances) -> dict[AccountId, Holding]:
    """Return what the state says that everybody has; the cost grows with the accounts."""
    return {who: holding_of(data, ledger.holds[who]) for who, data in ledger.accounts()}
