"""What Mining needs from the rest of the runtime, and the constants of the chain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from runtime.primitives.types import UNIT, AccountId, Balance, BlockNumber


class Clock(Protocol):
    """Which epoch it is."""

    def current_epoch(self) -> int:
        """Return the epoch under way; epochs may be skipped."""
        ...


class Behaviour(Protocol):
    """What accounts do, as others have measured it; none of it can be bought by ordering jobs."""

    def proven(self, epoch: int, who: AccountId) -> int:
        """Return the canonical work that an account proved in an epoch, in micro-CU."""
        ...

    def reliability(self, who: AccountId) -> int:
        """Return how reliable a provider is now, in ppb; 0 for one that is not there."""
        ...

    def stake(self, who: AccountId, epoch: int) -> Balance:
        """Return the weight of what an account has in vaults, in planck."""
        ...

    def points(self, who: AccountId) -> int:
        """Return the points of an account's attested upgrades now; they decay."""
        ...

    def qualified_burn(self, who: AccountId, epoch: int) -> Balance:
        """Return what the referees of an account burned in an epoch, in planck."""
        ...


@dataclass(frozen=True, slots=True)
class Scale:
    """What a full sub-score stands for."""

    compute: int
    """Micro-CU of an epoch: what the reference device does in one."""
    infra: int
    """Points: what the upgrade of all that the reference device does in an epoch would be worth."""
    stake: Balance = 25_500 * UNIT
    """The weight of the highest access level: 100 AGPU times 2**8 - 1."""
    referral: Balance = 50 * UNIT
    """Burned by referees in an epoch: as much as makes an account a referrer."""


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each sub-score counts, in percent."""

    compute: int = 50
    stake: int = 15
    governance: int = 10
    infra: int = 15
    referral: int = 10

    def __post_init__(self) -> None:
        parts = (self.compute, self.stake, self.governance, self.infra, self.referral)
        assert sum(parts) == 100, f"wanted weights that add up to 100, got {parts}"


@dataclass(frozen=True, slots=True)
class Pots:
    """The accounts of the pools, and where what nobody earns goes."""

    infra: AccountId
    governance: AccountId
    accuracy: AccountId
    treasury: AccountId


@dataclass(frozen=True, slots=True)
class Config:
    """Constants of the pallet, fixed by the chain."""

    pots: Pots
    era_blocks: BlockNumber
    existential_deposit: Balance
    """What stays in a pot, so that its account does not end."""
    scale: Scale
    weights: Weights = Weights()
    governance_cap: int = 20_000_000
    """Of the governance pool of an era, the most that one account has, in ppb."""
    author_points: int = 20
    """For a block; a right verdict of an audit gives 2, a cheat that was found 10."""
