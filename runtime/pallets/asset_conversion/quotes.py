"""What swaps would give or want now, for those who ask before they sign."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtime.frame import DispatchError
from runtime.frame.fungibles import AssetId, Native, NativeOrWithId, WithId
from runtime.pallets.asset_conversion.types import Path, PoolView
from runtime.primitives.types import U128_MAX, Balance

if TYPE_CHECKING:
    from runtime.pallets.asset_conversion.pallet import AssetConversion


class Quotes:
    """Answers of pools; changes nothing."""

    def __init__(self, pallet: AssetConversion) -> None:
        self._pallet = pallet

    def output(self, path: Path, amount: Balance) -> Balance | None:
        """Return what `amount` would buy along a path; None if nothing."""
        try:
            return self._pallet.market.hops_for_input(path, amount)[-1].swap.amount_out
        except DispatchError:
            return None

    def input(self, path: Path, amount: Balance) -> Balance | None:
        """Return what would buy `amount` along a path; None if nothing could."""
        try:
            needed = self._pallet.market.hops_for_output(path, amount)[0].swap.amount_in
        except DispatchError:
            return None
        return needed if needed <= U128_MAX else None

    def reserves(
        self, asset1: NativeOrWithId, asset2: NativeOrWithId
    ) -> tuple[Balance, Balance] | None:
        """Return what the pool of two assets has of each; None without a pool."""
        match asset1, asset2:
            case Native(), WithId(asset):
                sides = self._pallet.reserves(asset)
            case WithId(asset), Native():
                sides = self._pallet.reserves(asset)[::-1]
            case _:
                return None
        return sides if self._pallet.shares_of(asset) is not None else None

    def without_fee(
        self, asset1: NativeOrWithId, asset2: NativeOrWithId, amount: Balance
    ) -> Balance | None:
        """Return what `amount` of one asset is worth in the other at the price now."""
        sides = self.reserves(asset1, asset2)
        if sides is None or not min(sides):
            return None
        worth = amount * sides[1] // sides[0]
        return worth if worth <= U128_MAX else None

    def pools(self) -> tuple[PoolView, ...]:
        """Return every pool, by the asset that is traded; the cost grows with their number."""
        kinds = [other for (_, other), _ in self._pallet.pools.items()]
        assets = sorted(kind.id for kind in kinds if isinstance(kind, WithId))
        return tuple(self.pool(asset) for asset in assets)

    def pool(self, asset: AssetId) -> PoolView:
        """Return the pool of an asset as it stands; there is one."""
        pallet = self._pallet
        token, (agpu, other) = pallet.liquidity.token(asset), pallet.reserves(asset)
        return PoolView(
            asset=asset,
            lp_token=token,
            account=pallet.pot(asset),
            agpu=agpu,
            other=other,
            shares=pallet.shares.total_issuance(token),
            price=pallet.spot(asset),
            average=pallet.twap(asset),
            to_treasury=pallet.to_treasury(asset),
        )
