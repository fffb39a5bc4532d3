"""Treasury: the chain's own funds, spent by referendum."""

from runtime.pallets.treasury.pallet import Treasury
from runtime.pallets.treasury.ports import Allowance, Config, Error
from runtime.pallets.treasury.types import (
    EVENTS,
    AssetKind,
    AssetSpendApproved,
    AssetSpendVoided,
    Awarded,
    Native,
    Paid,
    Rollover,
    SpendApproved,
    Spending,
    SpendProcessed,
    SpendStatus,
    UpdatedInactive,
    WithId,
)

__all__ = [
    "EVENTS",
    "Allowance",
    "AssetKind",
    "AssetSpendApproved",
    "AssetSpendVoided",
    "Awarded",
    "Config",
    "Error",
    "Native",
    "Paid",
    "Rollover",
    "SpendApproved",
    "SpendProcessed",
    "SpendStatus",
    "Spending",
    "Treasury",
    "UpdatedInactive",
    "WithId",
]
