"""What the chain keeps of tokenised assets in vaults, beside the AGPU that they join.

The tokens of all members lie in one account of the pallet. A slash takes a part of a vault's units
of each asset; what it took lies there as a lot, until somebody buys it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from runtime.pallets.vaults.chunks import Chunks
from runtime.pallets.vaults.pools import EMPTY, Pool
from runtime.primitives.schema import Bounded
from runtime.primitives.types import U32, U64, U128, Balance, BlockNumber

MAX_ASSETS = 4
"""Tokenised assets in a vault: whatever divides earnings or slashes looks at each."""


@dataclass(frozen=True, slots=True)
class Agpu:
    """The chain's own token."""

    index: ClassVar[int] = 0


@dataclass(frozen=True, slots=True)
class OfRwa:
    """A tokenised asset that governance approved."""

    index: ClassVar[int] = 1
    asset: U32


AssetKind = Agpu | OfRwa
"""What can be staked. Indices are append-only."""
AGPU = Agpu()


@dataclass(frozen=True, slots=True)
class Tranche:
    """The stakes of one tokenised asset in a vault."""

    asset: U32
    parts: U32
    """Positions that have something of it."""
    stake: Pool
    """The members' points, and the units that they stand for."""
    weight: U128
    """What shares the earnings: points times multipliers in ppb, as far as they count."""
    earned: U128
    """All that a part of weight has earned so far, in planck / 10**24."""
    remainder: U128
    """What of the earnings is too little for every part of weight to be given, in the same."""
    lot: U128
    """Units that slashes took and nobody has bought."""
    lot_since: BlockNumber
    """The block of the last of these slashes."""


def new_tranche(asset: int) -> Tranche:
    """Return a tranche of an asset that nobody has staked."""
    return Tranche(asset, 0, EMPTY, 0, 0, 0, 0, 0)


Tranches = Annotated[tuple[Tranche, ...], Bounded(MAX_ASSETS)]
"""In order of their assets."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a position has of a tokenised asset."""

    asset: U32
    points: U128
    weight: U128
    """What shares the earnings."""
    since: U64
    """The epoch in which something was added last: all of it counts from the next one on."""
    paid: U128
    """Until where its weight had its part of the tranche's earnings."""
    chunks: Chunks
    """What is on its way out."""

    @property
    def is_over(self) -> bool:
        """Whether nothing is left of it."""
        return not self.points and not self.chunks


Parts = Annotated[tuple[Part, ...], Bounded(MAX_ASSETS)]


@dataclass(frozen=True, slots=True)
class TrancheView:
    """A tokenised asset in a vault, for those who ask."""

    asset: U32
    units: U128
    value: Balance
    """What they are worth in planck after the haircut; 0 while a feed is stale."""
    lot: U128
    """Units that slashes took and that are for sale."""
    lot_since: BlockNumber


@dataclass(frozen=True, slots=True)
class PartView:
    """What a position has of a tokenised asset, for those who ask."""

    asset: U32
    points: U128
    units: U128
    value: Balance
    """What they are worth in planck after the haircut; 0 while a feed is stale."""
    unbonding: tuple[tuple[U32, U128], ...]
    """The era from which each part can be withdrawn, and its units."""
