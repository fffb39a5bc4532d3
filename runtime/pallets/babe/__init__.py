"""Babe: slots, epochs, randomness, and the weights by which authors are drawn."""

from runtime.pallets.babe.pallet import (
    MAX_AUTHORITIES,
    RANDOMNESS_KEPT,
    Authority,
    Babe,
    Config,
    NextEpochData,
    slot_claim,
)
from runtime.pallets.babe.weights import WEIGHT_TOTAL, authority_weights

__all__ = [
    "MAX_AUTHORITIES",
    "RANDOMNESS_KEPT",
    "WEIGHT_TOTAL",
    "Authority",
    "Babe",
    "Config",
    "NextEpochData",
    "authority_weights",
    "slot_claim",
]
