"""What a client may say of an order beyond the work: who pays, who must not do it, where it may go.

Conditions lie beside the record of a job, and only of jobs that have any: most need none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from runtime.primitives.schema import Bounded
from runtime.primitives.types import U8, U32, U64, AccountId, Balance, BlockNumber

MAX_DENIED = 16
"""Providers that one job may exclude: each match compares every drawn one with them."""
MAX_REGIONS = 12
"""Regions that one job may move to: with the twenty steps of its attempts its history holds all."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """What holds for one job alone."""

    sponsor: AccountId | None = None
    """Who pays instead of the client, by a budget that it gave the client before."""
    denied: Annotated[tuple[AccountId, ...], Bounded(MAX_DENIED)] = ()
    """Providers that must not have the job."""
    regions: Annotated[tuple[U8, ...], Bounded(MAX_REGIONS)] = ()
    """Where else the job may wait, in this order, when its own market is overloaded; each once.
    Without any it stays in its region, whatever happens."""
    reservation: U64 | None = None
    """What the job is paid from, as far as that reaches; it then waits in front."""


PLAIN = Conditions()
"""Those of most jobs."""


MAX_BUDGETS = 64
"""Budgets that one account may keep: as many as it may have jobs under way."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What one account lets a client commit to jobs in an era; of itself, or as its sponsor."""

    per_era: Balance
    until: BlockNumber
    """The last block in which the budget is good."""
    era: U32
    """The era of the last commitment."""
    spent: Balance
    """What was committed in that era, less what came back in it."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """When a market counts as overloaded, so that jobs that may move do."""

    queue: U32 = 64
    """Jobs that wait in it: an eighth of a lane."""
    wait: U32 = 50
    """Blocks that a job has waited there: five minutes of six seconds."""
    saturation: U32 = 10**9
    """Its load in the last pricing period, in ppb: more work than capacity."""
