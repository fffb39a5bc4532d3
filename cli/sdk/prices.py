"""What compute costs now, as a client sees it."""

from __future__ import annotations

from typing import Any

from cli.sdk.client import Client
from cli.sdk.names import find_pallet
from runtime.compute.job import PERBILL, LatencyClass, Market
from runtime.pallets.pricing import Factor, Pricing
from runtime.pallets.pricing.formulas import rate_of
from runtime.pallets.pricing.records import REGION_LIMITS
from runtime.terms import Rules


async def price_now(client: Client, market: Market) -> int:
    """Return the price of a market on the best block, in planck per CU."""
    return await price_at(client, market, None)


async def price_at(client: Client, market: Market, at: bytes | None) -> int:
    """Return the price of a market in a block, or on the best one, in planck per CU."""
    base: int | None = await client.storage("Pricing", "Base", market, at=at)
    factor: Factor | None = await client.storage("Pricing", "RegionFactors", market.region, at=at)
    known = pricing_of(client).config.start_price if base is None else base
    return known * (REGION_LIMITS.start if factor is None else factor.value) // PERBILL


async def highest_share(client: Client, latency: LatencyClass, tip: int) -> int:
    """Return the most that a job of a class and a tip can cost of its limit, in ppb."""
    rules: Rules = await client.storage("Parameters", "Pricing")
    return max(rate_of(latency, rules), PERBILL) + tip


async def takers_now(client: Client, market: Market, latency: LatencyClass) -> int:
    """Return how many providers of a market have room for a job of a class now."""
    asked = (market.tier, market.region, 1, latency.name.lower(), 0)
    quote: dict[str, Any] = await client.rpc.call("starminer_quote", *asked)
    return int(quote["takers"])


def pricing_of(client: Client) -> Pricing:
    """Return the pricing pallet of the chain's runtime: its configuration is the chain's."""
    pallet = find_pallet(client.pallets, "Pricing")
    assert isinstance(pallet, Pricing), "the runtime of this chain has prices"
    return pallet
