"""Pricing: markets by tier and region, their prices, and what work costs in them."""

from runtime.pallets.pricing.pallet import Pricing
from runtime.pallets.pricing.records import (
    BasePriceUpdated,
    Config,
    Error,
    Factor,
    MarketClosed,
    MarketOpened,
    MarketPrice,
    PricePoint,
    Quote,
    RegionFactorSet,
    TierInfo,
    TierSet,
    Waiting,
)

__all__ = [
    "BasePriceUpdated",
    "Config",
    "Error",
    "Factor",
    "MarketClosed",
    "MarketOpened",
    "MarketPrice",
    "PricePoint",
    "Pricing",
    "Quote",
    "RegionFactorSet",
    "TierInfo",
    "TierSet",
    "Waiting",
]
