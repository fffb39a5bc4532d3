"""What moved and no event has accounted for yet: between a payment and the event that names it."""

from __future__ import annotations

from dataclasses import dataclass, field

from runtime.frame.fungible import HoldReason
from runtime.pallets.balances import BurnedHeld, Minted, Released, Transfer, TransferOnHold
from runtime.primitives.types import AccountId, Balance

WATCHED = {
    "Jobs": HoldReason.JOB_ESCROW,
    "Providers": HoldReason.PROVIDER_BOND,
    "Staking": HoldReason.VALIDATOR_BOND,
}
"""Pallets whose events say for what money left its hold, and the hold."""


@dataclass(slots=True)
class Outflow:
    """What left the holds of one reason."""

    sources: dict[AccountId, None] = field(default_factory=dict)
    paid: dict[AccountId, Balance] = field(default_factory=dict)
    """By receiver; one that pays itself has its own money released."""
    burned: Balance = 0

    @property
    def is_nothing(self) -> bool:
        """Whether nothing left."""
        return not self.burned and not any(self.paid.values())


class Movements:
    """Collects until somebody takes; what nobody takes in a block is a payment without a cause."""

    def __init__(self) -> None:
        self.minted: list[tuple[AccountId, Balance]] = []
        self.transfers: list[Transfer] = []
        self._left: dict[HoldReason, Outflow] = {}

    def note(self, event: object) -> None:
        """Remember what an event of the ledger moved."""
        match event:
            case Released(reason, who, amount):
                self._pay(reason, who, who, amount)
            case TransferOnHold(reason, source, dest, amount):
                self._pay(reason, source, dest, amount)
            case BurnedHeld(reason, who, amount):
                left = self._left.setdefault(reason, Outflow())
                left.sources[who] = None
                left.burned += amount
            case Minted(who, amount):
                self.minted.append((who, amount))
            case Transfer():
                self.transfers.append(event)

    def take(self, reason: HoldReason) -> Outflow:
        """Return what left the holds of a reason since it was last asked for."""
        return self._left.pop(reason, Outflow())

    def take_minted(self) -> list[tuple[AccountId, Balance]]:
        """Return what was minted since this was last asked for."""
        minted, self.minted = self.minted, []
        return minted

    def end_block(self) -> list[str]:
        """Forget the block; return what of it no event has accounted for."""
        odd = [f"{amount} planck minted for 0x{who.hex()}" for who, amount in self.minted]
        for reason in WATCHED.values():
            left = self.take(reason)
            if not left.is_nothing:
                sources = ", ".join(f"0x{who.hex()}" for who in left.sources)
                total = sum(left.paid.values()) + left.burned
                odd.append(f"{total} planck out of the hold {reason.name.lower()} of {sources}")
        self.minted, self.transfers, self._left = [], [], {}
        return odd

    def _pay(self, reason: HoldReason, source: AccountId, dest: AccountId, amount: Balance) -> None:
        left = self._left.setdefault(reason, Outflow())
        left.sources[source] = None
        left.paid[dest] = left.paid.get(dest, 0) + amount
