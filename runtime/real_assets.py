"""Tokenised assets and the oracle, as those see them who value the ones by the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from runtime.pallets.oracle import Oracle
from runtime.pallets.rwa import Reading, RwaPallet
from runtime.primitives.types import AccountId, Balance


@dataclass(frozen=True, slots=True)
class Prices:
    """The oracle, as those see it who value things by it."""

    oracle: Oracle

    def reading(self, feed: int) -> Reading | None:
        """Return what a feed says; None of one that is stale, or that nobody is asked for."""
        value, average = self.oracle.value(feed), self.oracle.twap(feed)
        if value is None or average is None:
            return None
        until = value[1] + self.oracle.stale_blocks()
        return Reading(value[0], average, self.oracle.feeds[feed].decimals, until)

    def named(self, name: bytes) -> int | None:
        """Return the feed of a name; None if there is none."""
        known = self.oracle.feeds
        return next((one for one in self.oracle.feed_ids if known[one].name == name), None)


@dataclass(frozen=True, slots=True)
class RealAssets:
    """Tokenised assets, as vaults see them."""

    rwa: Callable[[], RwaPallet]
    """The pallet, which is built after those that ask."""

    def value_of(self, asset: int, units: Balance) -> Balance:
        """Return what units count for in planck, after a haircut; 0 where nobody vouches for it."""
        return self.rwa().value_of(asset, units)

    def balance(self, asset: int, who: AccountId) -> Balance:
        """Return what an account has of an asset."""
        return self.rwa().balance(asset, who)

    def transfer(self, asset: int, source: AccountId, dest: AccountId, units: Balance) -> None:
        """Move units of an asset."""
        self.rwa().transfer(asset, source, dest, units)
