"""AssetRewards: rewards for shares of pools, out of their fees."""

from runtime.pallets.asset_rewards.pallet import AssetRewards
from runtime.pallets.asset_rewards.types import (
    EVENTS,
    Config,
    Error,
    PoolCreated,
    PoolFunded,
    Ports,
    Rewards,
    RewardsHarvested,
    Staked,
    Unstaked,
)

__all__ = [
    "EVENTS",
    "AssetRewards",
    "Config",
    "Error",
    "PoolCreated",
    "PoolFunded",
    "Ports",
    "Rewards",
    "RewardsHarvested",
    "Staked",
    "Unstaked",
]
