"""Providers, as emission and the registry of upgrades see them."""

from __future__ import annotations

from dataclasses import dataclass

from runtime.pallets.emission import Clock
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


BASELINE_EPOCHS = 24
"""Closed epochs that a baseline is the average of: an era of the public chain."""
OPEN_EPOCHS = 2
"""Epochs in which shares still count: that under way and the one before."""


@dataclass(frozen=True, slots=True)
class Improvers:
    """Providers, as claims of better infrastructure see them."""

    providers: Providers
    clock: Clock

    def is_provider(self, who: AccountId) -> bool:
        """Say whether `who` is a registered provider."""
        return who in self.providers.providers

    def eras_known(self, who: AccountId) -> int:
        """Return for how many whole eras a provider has been registered."""
        since = self.providers.providers[who].registered_at
        return (self.providers.context.number - since) // self.providers.config.era_blocks

    def baseline(self, who: AccountId) -> int:
        """Return the average of the canonical work of a provider's last closed epochs, micro-CU."""
        first = self.clock.current_epoch() - OPEN_EPOCHS
        epochs = range(first, max(first - BASELINE_EPOCHS, -1), -1)
        return sum(self.providers.epoch_capacity[one, who] for one in epochs) // BASELINE_EPOCHS

    def group(self, who: AccountId) -> AccountId | None:
        """Return the operator group of a provider; none of one that left."""
        provider = self.providers.providers.get(who)
        return None if provider is None else provider.operator_group

    def discredit(self, who: AccountId) -> None:
        """Halve the reputation of a provider that claimed what is false, if it is still there."""
        if who in self.providers.providers:
            self.providers.standing.discredit(who)
