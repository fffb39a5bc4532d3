"""What those ask who stake, and those whom insurance owes."""

from __future__ import annotations

from runtime.api.base import Api
from runtime.pallets.vaults import ClaimsView, PositionView, VaultView
from runtime.primitives.types import AccountId


class VaultsApi(Api):
    """Stakes in vaults."""

    api_version = 1

    def vaults(self) -> tuple[VaultView, ...]:
        """Return every vault, by number."""
        return self._question.runtime.vaults.standing.vaults()

    def positions(self, who: AccountId) -> tuple[PositionView, ...]:
        """Return what an account has in vaults, in the order in which it joined them."""
        return self._question.runtime.vaults.standing.positions(who)

    def claims(self) -> ClaimsView:
        """Return what insurance owes, and whose parts of it are not collected yet."""
        return self._question.runtime.vaults.cover.view()
