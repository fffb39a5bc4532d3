"""Emission: what the chain creates of AGPU, for verified work and for proven capacity."""

from runtime.pallets.emission.pallet import Emission
from runtime.pallets.emission.ports import Clock, Contributors, Load, Mint
from runtime.pallets.emission.records import (
    AvailabilityPaid,
    BreakerTripped,
    Config,
    DeferredPaid,
    EpochBegan,
    EpochClosed,
    EpochInfo,
    Error,
    MintDeferred,
    Recipients,
    WorkMinted,
)

__all__ = [
    "AvailabilityPaid",
    "BreakerTripped",
    "Clock",
    "Config",
    "Contributors",
    "DeferredPaid",
    "Emission",
    "EpochBegan",
    "EpochClosed",
    "EpochInfo",
    "Error",
    "Load",
    "Mint",
    "MintDeferred",
    "Recipients",
    "WorkMinted",
]
