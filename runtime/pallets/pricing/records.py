"""What the chain keeps of a market and its prices, what it announces, and why it refuses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Protocol

from runtime.compute.job import PERBILL, Market
from runtime.compute.price import Price, Service
from runtime.frame import PalletError, event
from runtime.primitives.schema import Bounded
from runtime.primitives.types import U8, U32, U64, U128, Balance, BlockNumber
from runtime.terms import Rules

MAX_MARKETS = 64
"""Markets that can be open: the hook of a period looks at each."""
MAX_WAITING = 512
"""Different limits of jobs that wait in one market: as many as its lane has places."""
HISTORY = 256
"""Periods that the price history remembers: almost two days of ten minutes each."""


@dataclass(frozen=True, slots=True)
class TierInfo:
    """What a tier asks of the hardware in it."""

    min_rating: U64
    """Micro-CU per second."""
    min_memory_mib: U32
    min_attestation: U8
    """From 0, none, to 4."""


@dataclass(frozen=True, slots=True)
class Factor:
    """What a region does to the price, in ppb, and when that was decided."""

    value: U32
    era: U32


@dataclass(frozen=True, slots=True)
class Waiting:
    """Work that waits and may cost up to a limit."""

    limit: Balance
    """The most that its clients pay, in planck per CU."""
    units: U128
    """Micro-CU."""


Queue = Annotated[tuple[Waiting, ...], Bounded(MAX_WAITING)]
"""What waits in a market, by limit; each limit once."""


@dataclass(frozen=True, slots=True)
class Peak:
    """The highest rating of a market in an epoch, and in the one before it."""

    epoch: U32
    highest: U128
    """Micro-CU per second."""
    before: U128


NO_PEAK = Peak(0, 0, 0)


@dataclass(frozen=True, slots=True)
class Load:
    """Use and capacity of all markets over some periods, in planck at the price of each."""

    used: U128
    capacity: U128


NO_LOAD = Load(0, 0)


@dataclass(frozen=True, slots=True)
class PricePoint:
    """How a period ended in a market; work is in micro-CU, prices are in planck per CU."""

    period: U32
    block: BlockNumber
    before: Balance
    """The base price of the period."""
    base: Balance
    """The base price from then on."""
    average: Balance
    """What the base price is compared with to tell scarcity."""
    used: U128
    """Work paid for in the period."""
    backlog: U128
    """Work that waited at its end, of clients that would have paid the price."""
    capacity: U128
    pressure: U32
    """Used and waiting work to capacity, in ppb, at most twice the target."""


@dataclass(frozen=True, slots=True)
class MarketPrice:
    """A market as it stands, for those who ask; planck per CU."""

    market: Market
    base: Balance
    average: Balance
    region_factor: U32
    """Parts per billion."""
    price: Price
    """For the latency class Standard without a tip."""
    rating: U128
    """Of all schedulable providers, in micro-CU per second."""
    used: U128
    """Micro-CU paid for since the period began."""
    backlog: U128
    """Micro-CU that wait and could pay the price."""
    is_open: bool


@dataclass(frozen=True, slots=True)
class Quote:
    """What work costs, and until when that holds if the factors stay."""

    service: Service
    price: Price
    """Planck per CU."""
    fee: Balance
    """For all the units, the least fee of a segment included."""
    valid_until: BlockNumber
    """The last block in which a job can still be given out at this price."""


class Terms(Protocol):
    """The parameters that governance moves."""

    @property
    def pricing(self) -> Rules:
        """The rules of prices."""
        ...


@dataclass(frozen=True, slots=True)
class Limits:
    """What a referendum may make of a factor, in ppb."""

    start: int
    least: int
    most: int


REGION_LIMITS = Limits(PERBILL, PERBILL // 4, 4 * PERBILL)
"""Power and rent differ by that much between regions, not by more."""

MAX_CHANGE = PERBILL // 10
"""A factor moves by a tenth at most in one change, and once in an era."""

OPEN_TO_ALL = TierInfo(0, 0, 0)
TIERS = (OPEN_TO_ALL, OPEN_TO_ALL, OPEN_TO_ALL, TierInfo(0, 0, 1))
"""Consumer, Pro, Frontier, Confidential: only the last asks for something until a referendum does,
since the first measured networks decide what hardware a tier stands for."""


@dataclass(frozen=True, slots=True)
class Config:
    """Constants of the pallet, fixed by the chain."""

    start_price: Balance
    """Planck per CU in a market that has not had a period yet."""
    minimum_fee: Balance
    """The least fee of a segment."""
    period_blocks: BlockNumber
    epoch_blocks: BlockNumber
    era_blocks: BlockNumber
    block_milliseconds: int
    tiers: tuple[TierInfo, ...] = TIERS
    regions: int = 16

    def __post_init__(self) -> None:
        markets = len(self.tiers) * self.regions
        assert markets <= MAX_MARKETS, f"{markets} markets, at most {MAX_MARKETS}"


@event
class BasePriceUpdated:
    """A period ended and moved the base price of a market, by its pressure in ppb."""

    market: Market
    old: Balance
    new: Balance
    pressure: U32


@event
class MarketOpened:
    """The first provider of a market offers compute."""

    market: Market


@event
class MarketClosed:
    """The last provider of a market left, and its capacity counts no more."""

    market: Market


@event
class TierSet:
    """A referendum decided what a tier asks of hardware."""

    tier: U8
    info: TierInfo


@event
class RegionFactorSet:
    """A referendum decided what a region does to the price, in ppb."""

    region: U8
    factor: U32


EVENTS = (
    BasePriceUpdated,
    MarketOpened,
    MarketClosed,
    TierSet,
    RegionFactorSet,
)


class Error(PalletError):
    """Why the pallet refused a call."""

    UNKNOWN_MARKET = 0, "There is no market of this tier and region."
    FACTOR_OUT_OF_BOUNDS = 1, "The factor is outside of what it may be."
    FACTOR_CHANGE_TOO_LARGE = 2, "A factor moves by a tenth at most in one change."
    FACTOR_CHANGE_TOO_SOON = 3, "A factor changes at most once in an era."
    TOO_MANY_MARKETS = 4, "With this tier there would be more than 64 markets."
    ATTESTATION_UNKNOWN = 5, "Attestation has levels from 0 to 4."
