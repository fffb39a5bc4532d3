"""Rwa: tokens that stand for things outside, and what they count for in vaults."""

from runtime.pallets.rwa.pallet import RwaPallet
from runtime.pallets.rwa.ports import Collateral, Feeds, Powers, Reading
from runtime.pallets.rwa.records import (
    AssetKind,
    Config,
    Error,
    Liquidated,
    Meta,
    Quote,
    Rwa,
    RwaApproved,
    RwaBurned,
    RwaClosed,
    RwaFrozen,
    RwaMinted,
    RwaRegistered,
    RwaRetired,
    RwaThawed,
    RwaView,
    Status,
)

__all__ = [
    "AssetKind",
    "Collateral",
    "Config",
    "Error",
    "Feeds",
    "Liquidated",
    "Meta",
    "Powers",
    "Quote",
    "Reading",
    "Rwa",
    "RwaApproved",
    "RwaBurned",
    "RwaClosed",
    "RwaFrozen",
    "RwaMinted",
    "RwaPallet",
    "RwaRegistered",
    "RwaRetired",
    "RwaThawed",
    "RwaView",
    "Status",
]
