"""What the chain keeps of its care for the supply, what it announces, and why it refuses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from runtime.frame import PalletError, event
from runtime.primitives.schema import Bounded
from runtime.primitives.types import I64, U32, U64, AccountId, Balance, BlockNumber

WINDOW_ERAS = 30
"""Over so many eras the growth of the supply is looked at, and idleness counted."""

History = Annotated[tuple[Balance, ...], Bounded(WINDOW_ERAS + 1)]


@dataclass(frozen=True, slots=True)
class Config:
    """Constants of the pallet, fixed by the chain. Parts are in ppb."""

    era_blocks: BlockNumber
    ceiling: int = 150_000_000
    """Of the supply: what the treasury may have before its part of fees is burned."""


@dataclass(frozen=True, slots=True)
class Stable:
    """With what AGPU is bought, and by which feed that is known to be worth its value."""

    asset: U32
    feed: U32


@dataclass(frozen=True, slots=True)
class Absorption:
    """What may still be spent on AGPU that is burned, in units of the stable asset."""

    left: Balance
    until: BlockNumber
    """The last block that may."""


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums since block 0."""

    reserve_burned: Balance
    spent: Balance
    """Of the stable asset."""
    bought: Balance
    """AGPU, all of it burned."""


NOTHING = Totals(0, 0, 0)


@dataclass(frozen=True, slots=True)
class Outlook:
    """How the supply is cared for, for clients."""

    growth: I64 | None
    """Of the supply in the last 30 eras, in ppb of what it was; none before there were so many."""
    idle_eras: U32
    is_holding: bool
    ceiling: U32
    is_above_ceiling: bool
    absorption: Absorption | None
    stable: Stable | None
    totals: Totals


@event
class ReserveBurned:
    """AGPU of the treasury was burned: since the supply grew, or by referendum."""

    amount: Balance
    is_automatic: bool


@event
class StableSet:
    """A referendum said with what AGPU is bought."""

    stable: Stable


@event
class BudgetSet:
    """A referendum allowed so much to be spent on AGPU that is burned."""

    amount: Balance
    until: BlockNumber


@event
class Absorbed:
    """AGPU was bought and burned; whoever called only paid the fee."""

    by: AccountId
    epoch: U64
    spent: Balance
    bought: Balance


@event
class HoldChanged:
    """The treasury begins to spend on the small track alone, or spends as before."""

    is_holding: bool


@event
class CeilingSet:
    """A referendum said which part of the supply the treasury may have, in ppb."""

    part: U32


@event
class CeilingPassed:
    """The treasury has more of the supply than it may, so that its fees burn; or no more."""

    is_above: bool


EVENTS = (
    ReserveBurned,
    StableSet,
    BudgetSet,
    Absorbed,
    HoldChanged,
    CeilingSet,
    CeilingPassed,
)


class Error(PalletError):
    """Why the pallet refused a call."""

    ZERO_AMOUNT = 0, "The amount is zero."
    NO_STABLE = 1, "No referendum has said with what AGPU is bought."
    NO_BUDGET = 2, "There is no budget for buying AGPU, or none is left."
    BUDGET_EXPIRED = 3, "The budget has expired."
    ALREADY_ABSORBED = 4, "AGPU was bought in this epoch already."
    TOO_EARLY = 5, "The slot of this epoch that chance has drawn is yet to come."
    FEED_UNHEALTHY = 6, "The feed of the stable asset is not healthy."
    NO_AVERAGE = 7, "The pool has no average price of a day yet."
    PRICE_TOO_HIGH = 8, "AGPU costs more than 1.02 times its average of a day."
    NOTHING_TO_SPEND = 9, "The treasury has nothing of the stable asset, or the pool is too small."
    UNTIL_THE_PAST = 10, "The budget would have expired before it begins."
    CEILING_OUT_OF_BOUNDS = 11, "The ceiling is a part of the supply from 1 ppb to all of it."
