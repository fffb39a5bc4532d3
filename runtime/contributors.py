"""Providers, as emission sees them."""

from __future__ import annotations

from dataclasses import dataclass

from runtime.pallets.providers import Providers
from runtime.primitives.types import AccountId, Balance


@dataclass(frozen=True, slots=True)
class Contributors:
    """Providers, as emission sees them: what they prove and how they stand is what they earn by."""

    providers: Providers

    def reliability(self, who: AccountId) -> int:
        """Return how reliable a provider is now, in ppb; 0 for one that is not there."""
        return self.providers.standing.reliability(who)

    def performance(self, who: AccountId) -> int:
        """Return by how much of its slice a provider's work earns, in ppb."""
        return self.providers.standing.performance(who)

    def proven(self, epoch: int, who: AccountId) -> int:
        """Return the canonical work that a provider proved in an epoch, in micro-CU."""
        return self.providers.epoch_capacity[epoch, who]

    def all_proven(self, epoch: int) -> int:
        """Return the canonical work of all providers in an epoch, in micro-CU."""
        return self.providers.total_capacity[epoch]

    def paid(self, who: AccountId, amount: Balance) -> None:
        """Send earnings of a provider where it wants them; others keep them where they are."""
        if who in self.providers.providers:
            self.providers.paid(who, amount)
