"""Balances: a ledger of one token."""

from runtime.pallets.balances.pallet import Balances, Error
from runtime.pallets.balances.types import (
    EVENTS,
    Burned,
    BurnedFor,
    BurnedHeld,
    Deposit,
    DustLost,
    Endowed,
    Frozen,
    Held,
    IdAmount,
    Minted,
    Released,
    Thawed,
    Transfer,
    TransferOnHold,
    Withdraw,
)

__all__ = [
    "EVENTS",
    "Balances",
    "Burned",
    "BurnedFor",
    "BurnedHeld",
    "Deposit",
    "DustLost",
    "Endowed",
    "Error",
    "Frozen",
    "Held",
    "IdAmount",
    "Minted",
    "Released",
    "Thawed",
    "Transfer",
    "TransferOnHold",
    "Withdraw",
]
