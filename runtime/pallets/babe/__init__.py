"""Babe: slots, epochs, randomness, and the weights by which authors are drawn."""

from runtime.pallets.babe.pallet import (
    MAX_AUTHORITIES,
    RANDOMNESS_KEPT,
    Authority,
    Babe,
    BadAuthor,
    Config,
    Error,
    NextEpochData,
    Reports,
)
from runtime.pallets.babe.weights import WEIGHT_TOTAL, authority_weights

__all__ = [
    "MAX_AUTHORITIES",
    "RANDOMNESS_KEPT",
    "WEIGHT_TOTAL",
    "Authority",
    "Babe",
    "BadAuthor",
    "Config",
    "Error",
    "NextEpochData",
    "Reports",
    "authority_weights",
]
