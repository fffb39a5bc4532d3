"""What those ask who issue tokenised assets, or stake them."""

from __future__ import annotations

from runtime.api.base import Api
from runtime.pallets.rwa import RwaView
from runtime.primitives.types import U32, U128, Balance


class RwaApi(Api):
    """Tokens that stand for things outside."""

    api_version = 1

    def assets(self) -> tuple[RwaView, ...]:
        """Return every tokenised asset as it stands, by number."""
        return self._question.runtime.rwa.listing()

    def value_of(self, asset: U32, units: U128) -> Balance:
        """Return what units of an asset count for in vaults now, in planck."""
        return self._question.runtime.rwa.value_of(asset, units)
