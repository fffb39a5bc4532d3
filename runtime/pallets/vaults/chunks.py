"""What is on its way out of a vault, by era: AGPU of a stake, or units of a tokenised asset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from runtime.pallets.vaults.pools import Pool
from runtime.primitives.schema import Bounded
from runtime.primitives.types import U32, U128, Balance

MAX_CHUNKS = 8
"""Withdrawals under way per position: each is a few bytes that its owner must come back for."""
UNBONDING_ERAS = 28
"""Eras between leaving a vault and being withdrawn: long enough for every dispute."""
MAX_LEAVING = UNBONDING_ERAS
"""Eras whose leavers are kept with their vault: all that a slash can reach. Whoever adds one moves
two out that it can reach no longer, so there never are more."""


@dataclass(frozen=True, slots=True)
class Leaving:
    """What leaves a vault since an era: liable for what was done until then."""

    era: U32
    pool: Pool


LeavingPools = Annotated[tuple[Leaving, ...], Bounded(MAX_LEAVING)]


@dataclass(frozen=True, slots=True)
class Chunk:
    """A part of a position on its way out."""

    era: U32
    """The era in which it left; it can be withdrawn 28 later."""
    points: U128
    """Of the pool of that era."""
    held: Balance
    """What left: of AGPU, what is on hold for it."""


Chunks = Annotated[tuple[Chunk, ...], Bounded(MAX_CHUNKS)]
