"""AssetConversion: pools of AGPU and one other asset."""

from runtime.pallets.asset_conversion.pallet import POTS, AssetConversion
from runtime.pallets.asset_conversion.ports import Config, Ports
from runtime.pallets.asset_conversion.types import (
    EVENTS,
    LOCKED_SHARES,
    Activity,
    Error,
    FeesTaken,
    LiquidityAdded,
    LiquidityRemoved,
    PoolCreated,
    PoolInfo,
    PoolView,
    SwapExecuted,
)

__all__ = [
    "EVENTS",
    "LOCKED_SHARES",
    "POTS",
    "Activity",
    "AssetConversion",
    "Config",
    "Error",
    "FeesTaken",
    "LiquidityAdded",
    "LiquidityRemoved",
    "PoolCreated",
    "PoolInfo",
    "PoolView",
    "Ports",
    "SwapExecuted",
]
