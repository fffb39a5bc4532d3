"""Prices of compute over RPC: what each market asks, what a job would cost, how prices moved."""

from typing import Literal

import msgspec

from node.rpc.backend import HeaderReader
from node.rpc.blocks import block_hash_or_best
from node.rpc.errors import invalid_params
from node.rpc.registry import method
from node.rpc.runtime_api import TypedRuntime
from node.rpc.values import Hash
from runtime.compute.job import LatencyClass, Market
from runtime.compute.price import Price
from runtime.pallets.pricing import MarketPrice, PricePoint, Quote
from runtime.primitives.types import U32_MAX, U64_MAX

DEFAULT_PERIODS = 96
"""Points of a price history when the caller does not say: enough for a chart."""

Latency = Literal["batch", "standard", "fast", "realtime"]


class PriceJson(msgspec.Struct, frozen=True):
    """A price by its parts, in planck per CU, as decimal strings."""

    base: str
    scarcity: str
    surge: str
    total: str


class MarketPriceJson(msgspec.Struct, frozen=True, rename="camel"):
    """A market: its price for the class standard; rating in micro-CU per second, work in micro-CU.

    Ratios are in parts per billion, amounts decimal strings in planck per CU.
    """

    tier: int
    region: int
    is_open: bool
    price: PriceJson
    base_price: str
    average: str
    region_factor: int
    rating: str
    used: str
    backlog: str


class QuoteJson(msgspec.Struct, frozen=True, rename="camel"):
    """What work costs: per CU and in all, and the last block in which it is given out so.

    `takers` are the providers that have room for it now and may be given its latency class.
    """

    service: str
    price: PriceJson
    fee: str
    valid_until: int
    takers: int
    block: int


class PricePointJson(msgspec.Struct, frozen=True, rename="camel"):
    """How a pricing period ended; amounts in planck per CU, work in micro-CU, pressure in ppb."""

    period: int
    block: int
    before: str
    base: str
    average: str
    used: str
    backlog: str
    capacity: str
    pressure: int


class PricingNamespace:
    """What buyers and sellers of work ask about its price."""

    def __init__(self, chain: HeaderReader, runtime: TypedRuntime) -> None:
        self._chain, self._runtime = chain, runtime

    @method("starminer_prices")
    def prices(self, at: Hash | None = None) -> list[MarketPriceJson]:
        """Return the price of every market that is open or ever was, by tier and region."""
        found = self._runtime.prices(block_hash_or_best(self._chain, at))
        return [_market_json(market) for market in found]

    @method("starminer_quote")
    def quote(
        self,
        tier: int,
        region: int,
        units: int,
        latency: Latency = "standard",
        tip: int = 0,
    ) -> QuoteJson:
        """Return what `units` micro-CU would cost now; the tip is in parts per billion."""
        market = market_of(tier, region)
        _check("units", units, U64_MAX)
        _check("tip", tip, U32_MAX)
        best = self._chain.best
        wanted = LatencyClass[latency.upper()]
        found = self._runtime.compute_quote(market, wanted, tip, units, best.hash)
        if found is None:
            raise invalid_params(
                f"wanted a market of this chain and a tip of at most 10**9, got tier {tier}, "
                f"region {region}, tip {tip}"
            )
        takers = self._runtime.takers(market, best.hash)[wanted.value]
        return _quote_json(found, takers, best.number)

    @method("starminer_priceHistory")
    def history(
        self, tier: int, region: int, periods: int = DEFAULT_PERIODS
    ) -> list[PricePointJson]:
        """Return the last pricing periods of a market, at most 256, the oldest first."""
        if periods < 1:
            raise invalid_params(f"wanted at least one period, got {periods}")
        points = self._runtime.price_history(market_of(tier, region), self._chain.best.hash)
        return [_point_json(point) for point in points[-periods:]]


def market_of(tier: int, region: int) -> Market:
    """Read a market.

    Raises RpcError.
    """
    _check("tier", tier, 255)
    _check("region", region, 255)
    return Market(tier, region)


def _check(name: str, value: int, most: int) -> None:
    if not 0 <= value <= most:
        raise invalid_params(f"wanted a {name} from 0 to {most}, got {value}")


def price_json(price: Price) -> PriceJson:
    """Show a price."""
    return PriceJson(
        base=str(price.base),
        scarcity=str(price.scarcity),
        surge=str(price.surge),
        total=str(price.base + price.scarcity + price.surge),
    )


def _market_json(found: MarketPrice) -> MarketPriceJson:
    return MarketPriceJson(
        tier=found.market.tier,
        region=found.market.region,
        is_open=found.is_open,
        price=price_json(found.price),
        base_price=str(found.base),
        average=str(found.average),
        region_factor=found.region_factor,
        rating=str(found.rating),
        used=str(found.used),
        backlog=str(found.backlog),
    )


def _quote_json(found: Quote, takers: int, block: int) -> QuoteJson:
    return QuoteJson(
        service=found.service.name.lower(),
        price=price_json(found.price),
        fee=str(found.fee),
        valid_until=found.valid_until,
        takers=takers,
        block=block,
    )


def _point_json(point: PricePoint) -> PricePointJson:
    return PricePointJson(
        period=point.period,
        block=point.block,
        before=str(point.before),
        base=str(point.base),
        average=str(point.average),
        used=str(point.used),
        backlog=str(point.backlog),
        capacity=str(point.capacity),
        pressure=point.pressure,
    )
