"""What clients ask of the token as a whole."""

from __future__ import annotations

from runtime.api.base import Api
from runtime.books.supply import Supply, supply_of


class EconomyApi(Api):
    """What exists of AGPU, and why."""

    api_version = 1

    def supply(self) -> Supply:
        """Return the terms of the issuance: genesis, what was minted and burned, by reason."""
        return supply_of(self._question.runtime)
