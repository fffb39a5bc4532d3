"""The terms of the economy: every number that governance may move, by group.

`records` says what they are and what they begin with, `registry` within which bounds each of them
moves, and `relations` what must hold between them. Pallets read a group as one record, through the
pallet Parameters. Source: design page "Economy", sections 5.20 and 8.
"""

from runtime.terms.records import (
    DEFAULTS,
    Absorbing,
    Bonding,
    Checking,
    Curve,
    Distributing,
    FeeParts,
    Haircuts,
    Locking,
    Queueing,
    Referring,
    Reporting,
    Rules,
    Shares,
    SpendWindows,
    SplitRates,
    Terms,
    Trading,
    TransactionFees,
    Validating,
)

__all__ = [
    "DEFAULTS",
    "Absorbing",
    "Bonding",
    "Checking",
    "Curve",
    "Distributing",
    "FeeParts",
    "Haircuts",
    "Locking",
    "Queueing",
    "Referring",
    "Reporting",
    "Rules",
    "Shares",
    "SpendWindows",
    "SplitRates",
    "Terms",
    "Trading",
    "TransactionFees",
    "Validating",
]
