"""What providers offer to the markets: the capacity that prices are measured against."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Protocol

from runtime.compute.job import Market
from runtime.pallets.providers.records import Provider, ProviderInfo, ProviderStatus
from runtime.primitives.types import AccountId

if TYPE_CHECKING:
    from runtime.pallets.providers.pallet import Providers

NO_ATTESTATION = 0
"""The level of a provider that has just registered."""


class Markets(Protocol):
    """The markets that providers join. Ratings are in micro-CU per second."""

    def has_market(self, market: Market) -> bool:
        """Say whether there is such a tier and region."""
        ...

    def admits(self, tier: int, rating: int, memory_mib: int, attestation: int) -> bool:
        """Say whether hardware is what a tier asks for."""
        ...

    def rate(self, market: Market, before: int, after: int) -> None:
        """Hear that the capacity of a provider changed."""

    def rating(self, market: Market) -> int:
        """Return the capacity that a market was told of."""
        ...


class Supply:
    """Tells markets what providers offer. Invariant: a market knows the sum of the offers."""

    def __init__(self, pallet: Providers) -> None:
        self._pallet = pallet

    def admits(self, info: ProviderInfo) -> bool:
        """Say whether a provider that wants to register has what its tier asks for."""
        tier, rating, memory = info.market.tier, info.rating, info.memory_mib
        return self._pallet.markets.admits(tier, rating, memory, NO_ATTESTATION)

    def put(self, who: AccountId, provider: Provider) -> None:
        """Hear what the record of a provider will be."""
        last = self._pallet.providers.get(who)
        before = 0 if last is None else self._offer(last)
        self._pallet.markets.rate(provider.info.market, before, self._offer(provider))

    def end(self, provider: Provider) -> None:
        """Hear that the record of a provider ends."""
        self._pallet.markets.rate(provider.info.market, self._offer(provider), 0)

    def is_told(self) -> bool:
        """Say whether the invariant of this class holds; the cost grows with the providers."""
        offers = Counter[Market]()
        for provider in (record for _, record in self._pallet.providers.items()):
            offers[provider.info.market] += self._offer(provider)
        rating = self._pallet.markets.rating
        return all(rating(market) == offer for market, offer in offers.items())

    def _offer(self, provider: Provider) -> int:
        """Return what a provider can be given jobs for: nothing unless it is active and bonded."""
        is_there = provider.status is ProviderStatus.ACTIVE and self._pallet.is_bonded(provider)
        return provider.info.rating if is_there else 0
