"""What providers offer to the markets: the capacity that prices are measured against."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from runtime.compute.job import Market
from runtime.pallets.providers.records import Provider, ProviderInfo, ProviderStatus
from runtime.primitives.types import U32_MAX, U64_MAX, AccountId

if TYPE_CHECKING:
    from runtime.pallets.providers.pallet import Providers


class Supply:
    """Tells markets what providers offer. Invariant: a market knows the sum of the offers."""

    def __init__(self, pallet: Providers) -> None:
        self._pallet = pallet

    def admits(self, info: ProviderInfo, attestation: int) -> bool:
        """Say whether a provider has what its tier asks for."""
        tier, rating, memory = info.market.tier, info.rating, info.memory_mib
        return self._pallet.ports.markets.admits(tier, rating, memory, attestation)

    def is_trusted(self, tier: int, attestation: int) -> bool:
        """Say whether an attestation is what a tier asks for, whatever it asks of the hardware.

        Those that are registered stay when a tier comes to ask for better hardware.
        """
        return self._pallet.ports.markets.admits(tier, U64_MAX, U32_MAX, attestation)

    def put(self, who: AccountId, provider: Provider) -> None:
        """Hear what the record of a provider will be."""
        last = self._pallet.providers.get(who)
        before = 0 if last is None else self._offer(last)
        self._pallet.ports.markets.rate(provider.info.market, before, self._offer(provider))

    def end(self, provider: Provider) -> None:
        """Hear that the record of a provider ends."""
        self._pallet.ports.markets.rate(provider.info.market, self._offer(provider), 0)

    def is_told(self) -> bool:
        """Say whether the invariant of this class holds; the cost grows with the providers."""
        offers = Counter[Market]()
        for provider in (record for _, record in self._pallet.providers.items()):
            offers[provider.info.market] += self._offer(provider)
        rating = self._pallet.ports.markets.rating
        return all(rating(market) == offer for market, offer in offers.items())

    def _offer(self, provider: Provider) -> int:
        """Return what a provider can be given jobs for: nothing unless it is active."""
        return provider.info.rating if provider.status is ProviderStatus.ACTIVE else 0
