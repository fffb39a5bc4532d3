"""The runtime APIs of assets and pools; names and signatures of the first two are FRAME's."""

from __future__ import annotations

from runtime.api.base import Api
from runtime.frame.fungibles import NativeOrWithId
from runtime.pallets.asset_conversion import PoolView
from runtime.pallets.asset_rewards import Rewards
from runtime.primitives.types import U32, AccountId, Balance


class AssetsApi(Api):
    """What accounts have of assets."""

    api_version = 1

    def account_balances(self, account: AccountId) -> tuple[tuple[U32, Balance], ...]:
        """Return what an account has of each asset, by id."""
        assets = self._question.runtime.assets
        found = (
            (asset, assets.ledger.balance(asset, account)) for asset, _ in assets.asset.items()
        )
        return tuple(sorted((asset, amount) for asset, amount in found if amount))


class AssetConversionApi(Api):
    """What swaps give and want now."""

    api_version = 1

    def quote_price_tokens_for_exact_tokens(
        self, asset1: NativeOrWithId, asset2: NativeOrWithId, amount: Balance, include_fee: bool
    ) -> Balance | None:
        """Return how much of the first asset buys `amount` of the second; None if none does."""
        quotes = self._question.runtime.asset_conversion.quotes
        if include_fee:
            return quotes.input((asset1, asset2), amount)
        return quotes.without_fee(asset2, asset1, amount)

    def quote_price_exact_tokens_for_tokens(
        self, asset1: NativeOrWithId, asset2: NativeOrWithId, amount: Balance, include_fee: bool
    ) -> Balance | None:
        """Return how much of the second asset `amount` of the first buys; None if nothing."""
        quotes = self._question.runtime.asset_conversion.quotes
        if include_fee:
            return quotes.output((asset1, asset2), amount)
        return quotes.without_fee(asset1, asset2, amount)

    def get_reserves(
        self, asset1: NativeOrWithId, asset2: NativeOrWithId
    ) -> tuple[Balance, Balance] | None:
        """Return what the pool of two assets has of each; None without a pool."""
        return self._question.runtime.asset_conversion.quotes.reserves(asset1, asset2)


class LiquidityApi(Api):
    """What pools there are, beyond what FRAME's API says."""

    api_version = 1

    def pools(self) -> tuple[PoolView, ...]:
        """Return every pool, by the asset that is traded."""
        return self._question.runtime.asset_conversion.quotes.pools()

    def quote_path(
        self, path: tuple[NativeOrWithId, ...], amount: Balance, is_exact_out: bool
    ) -> Balance | None:
        """Return what `amount` buys along a path, or what buys it; None if it cannot be."""
        quotes = self._question.runtime.asset_conversion.quotes
        return quotes.input(path, amount) if is_exact_out else quotes.output(path, amount)

    def rewards(self, account: AccountId) -> tuple[Rewards, ...]:
        """Return what an account has staked of each pool, and could harvest now."""
        return self._question.runtime.asset_rewards.rewards_of(account)
