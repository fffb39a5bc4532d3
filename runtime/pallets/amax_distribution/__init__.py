"""AmaxDistribution: what the chain creates of AMAX, for what volume cannot buy."""

from runtime.pallets.amax_distribution.pallet import AmaxDistribution
from runtime.pallets.amax_distribution.ports import Behaviour, Capacity, Epochs, Grants, Mint
from runtime.pallets.amax_distribution.records import (
    Claimed,
    Config,
    EpochBudget,
    EpochBudgeted,
    Error,
    Outlook,
    Parts,
)

__all__ = [
    "AmaxDistribution",
    "Behaviour",
    "Capacity",
    "Claimed",
    "Config",
    "EpochBudget",
    "EpochBudgeted",
    "Epochs",
    "Error",
    "Grants",
    "Mint",
    "Outlook",
    "Parts",
]
