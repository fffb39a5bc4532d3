"""Prices and fees of compute: the parts that a price has, and what a number of units costs.

A price is in planck per CU, a number of units in micro-CU, both by parts: each part is divided
among others. Source: design page "Economy", sections 4 and 5.3.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from runtime.compute.job import LatencyClass
from runtime.primitives.types import Balance

MICRO = 10**6
"""Micro-CU in a CU."""


@dataclass(frozen=True, slots=True)
class Price:
    """A price in planck per CU, by its parts."""

    base: Balance
    scarcity: Balance
    """What a market asks above its usual price while others do not: most of it is burned."""
    surge: Balance
    """What a fast latency class and the tip add."""


@dataclass(frozen=True, slots=True)
class Fee:
    """What a number of units costs, by the parts of the price."""

    base: Balance
    scarcity: Balance
    surge: Balance

    @property
    def total(self) -> Balance:
        """The whole fee."""
        return self.base + self.scarcity + self.surge


class Service(Enum):
    """The names that clients know. Indices are append-only."""

    ECONOMY = 0
    """Whenever a device is free: the latency class Batch, below the market's price."""
    STANDARD = 1
    """The market's price."""
    PREMIUM = 2
    """Before others: the latency classes Fast and Realtime, above the market's price."""


def service_of(latency: LatencyClass) -> Service:
    """Return the name under which a latency class is sold, on hardware of any tier."""
    match latency:
        case LatencyClass.BATCH:
            return Service.ECONOMY
        case LatencyClass.STANDARD:
            return Service.STANDARD
        case LatencyClass.FAST | LatencyClass.REALTIME:
            return Service.PREMIUM


def fee_of(units: int, price: Price, minimum: Balance) -> Fee:
    """Return the fee of `units` micro-CU; what the minimum adds, it adds to the base."""
    base, scarcity, surge = (
        units * part // MICRO for part in (price.base, price.scarcity, price.surge)
    )
    return Fee(max(base, minimum - scarcity - surge), scarcity, surge)
