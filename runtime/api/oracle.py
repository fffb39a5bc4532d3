"""What clients ask of the oracle, and of the claims that oracles attest."""

from __future__ import annotations

from runtime.api.base import Api
from runtime.pallets.oracle import Health
from runtime.primitives.types import U128, AccountId


class OracleApi(Api):
    """What the chain knows from outside, and what providers improved."""

    api_version = 1

    def health(self) -> Health:
        """Return who reports, and how each feed stands."""
        return self._question.runtime.oracle.health()

    def points_of(self, provider: AccountId) -> U128:
        """Return the points of a provider's accepted claims now, in micro-CU per epoch."""
        return self._question.runtime.upgrades.points_of(provider)
