"""What clients ask of the token as a whole."""

from __future__ import annotations

from runtime.api.base import Api
from runtime.books.supply import Supply, supply_of
from runtime.pallets.stability import Outlook


class EconomyApi(Api):
    """What exists of AGPU, and why."""

    api_version = 1

    def supply(self) -> Supply:
        """Return the terms of the issuance: genesis, what was minted and burned, by reason."""
        return supply_of(self._question.runtime)

    def stability(self) -> Outlook:
        """Return how the supply is cared for: its growth, use, the treasury's ceiling, budgets."""
        return self._question.runtime.stability.outlook()
