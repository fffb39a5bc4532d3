"""What tokenised assets need from the rest of the runtime."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from runtime.frame import EnsureOrigin
from runtime.primitives.types import AccountId, Balance, BlockNumber
from runtime.terms import Haircuts


@dataclass(frozen=True, slots=True)
class Reading:
    """What a feed of the oracle says, while it is not stale."""

    spot: int
    """The accepted value, in units of its last decimal."""
    average: int
    """Over 24 hours, weighted by time."""
    decimals: int
    until: BlockNumber
    """The last block in which it is not stale, if nothing renews it."""


class Feeds(Protocol):
    """The oracle, as those see it who value things by it."""

    def reading(self, feed: int) -> Reading | None:
        """Return what a feed says; None of one that is stale, or that nobody is asked for."""
        ...

    def named(self, name: bytes) -> int | None:
        """Return the feed of a name; None if there is none. O(feeds)."""
        ...


class Collateral(Protocol):
    """The vaults, as those see them who sell what slashes took."""

    def lot(self, asset: int, vault: int) -> tuple[Balance, BlockNumber] | None:
        """Return what slashes took of an asset in a vault, and the block of the last of them.

        None if there is nothing that nobody has bought yet.
        """
        ...

    def sell(self, asset: int, vault: int, units: Balance, to: AccountId) -> None:
        """Hand units of a lot over.

        Raises:
            DispatchError: the asset does not move.
        """


@dataclass(frozen=True, slots=True)
class Powers:
    """Who decides on assets besides their issuers."""

    lists: EnsureOrigin[None]
    """Approves assets and ends them."""
    freezes: EnsureOrigin[None]
    """Stops an asset for a while."""


class Terms(Protocol):
    """The parameters that governance moves."""

    @property
    def rwa(self) -> Haircuts:
        """What is taken off the value of an asset, by its kind."""
        ...
