"""Treasury: the chain's own funds, spent by referendum."""

from runtime.frame.fungibles import Native, WithId
from runtime.pallets.treasury.pallet import Treasury
from runtime.pallets.treasury.ports import Allowance, Config, Error
from runtime.pallets.treasury.types import (
    EVENTS,
    AssetSpendApproved,
    AssetSpendVoided,
    Awarded,
    Paid,
    Rollover,
    SpendApproved,
    Spending,
    SpendProcessed,
    SpendStatus,
    UpdatedInactive,
)

__all__ = [
    "EVENTS",
    "Allowance",
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
