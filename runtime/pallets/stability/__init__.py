"""Stability: what the chain does about its own supply, out of what the treasury has."""

from runtime.pallets.stability.pallet import Stability
from runtime.pallets.stability.ports import (
    Clock,
    Exchange,
    Feeds,
    Holdings,
    Load,
    Ports,
    Reserve,
    Supply,
)
from runtime.pallets.stability.records import (
    Absorbed,
    Absorption,
    BudgetSet,
    CeilingPassed,
    CeilingSet,
    Config,
    Error,
    HoldChanged,
    Outlook,
    ReserveBurned,
    Stable,
    StableSet,
)

__all__ = [
    "Absorbed",
    "Absorption",
    "BudgetSet",
    "CeilingPassed",
    "CeilingSet",
    "Clock",
    "Config",
    "Error",
    "Exchange",
    "Feeds",
    "HoldChanged",
    "Holdings",
    "Load",
    "Outlook",
    "Ports",
    "Reserve",
    "ReserveBurned",
    "Stability",
    "Stable",
    "StableSet",
    "Supply",
]
