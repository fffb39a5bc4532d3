"""The assets of the chain beside AGPU and AMAX, and the pools in which they are traded."""

from __future__ import annotations

import msgspec

from node.explorer.decoding import Decoder
from node.explorer.numbered import PAGE, numbers_behind
from node.rpc.addresses import Addresses
from node.rpc.jobs import checked_limit
from node.rpc.liquidity import PoolJson, pool_json
from node.rpc.registry import method
from runtime.frame.fungibles import WithId
from runtime.pallets.asset_conversion import AssetConversion
from runtime.pallets.assets import Assets


class AssetRowJson(msgspec.Struct, frozen=True, rename="camel"):
    """An asset; amounts are decimal strings in its least unit, `decimals` below the whole one."""

    id: int
    name: str
    symbol: str
    decimals: int
    supply: str
    accounts: int
    min_balance: str
    owner: str
    issuer: str
    status: str


class AssetsJson(msgspec.Struct, frozen=True):
    """A page of the assets; `next` asks for the one after it."""

    count: int
    rows: list[AssetRowJson]
    next: int | None


class PoolRowJson(msgspec.Struct, frozen=True):
    """A pool, and how its asset is called and divided."""

    pool: PoolJson
    symbol: str
    decimals: int


class PoolsJson(msgspec.Struct, frozen=True, rename="camel"):
    """A page of the pools; amounts, of all pools together, are planck."""

    count: int
    agpu: str
    to_treasury: str
    rows: list[PoolRowJson]
    next: int | None


class AssetsNamespace:
    """What is asked about assets and their pools."""

    def __init__(self, decoder: Decoder, addresses: Addresses) -> None:
        self._decoder, self._addresses = decoder, addresses

    @method("explorer_assets")
    def assets(self, after: int | None = None, limit: int = PAGE) -> AssetsJson:
        """Return the assets behind an id, or from the lowest on."""
        best = self._decoder.best()
        pallet = best.runtime.assets
        known = list(self._decoder.keys(best, pallet, Assets.asset))
        page, following = numbers_behind(known, after, checked_limit(limit))
        return AssetsJson(len(known), [self._asset(pallet, one) for one in page], following)

    @method("explorer_pools")
    def pools(self, after: int | None = None, limit: int = PAGE) -> PoolsJson:
        """Return the pools behind the id of an asset, or from the lowest on, with sums of all."""
        best = self._decoder.best()
        pallet, assets = best.runtime.asset_conversion, best.runtime.assets
        kinds = (other for _, other in self._decoder.keys(best, pallet, AssetConversion.pools))
        known = [kind.id for kind in kinds if isinstance(kind, WithId)]
        page, following = numbers_behind(known, after, checked_limit(limit))
        return PoolsJson(
            count=len(known),
            agpu=str(sum(pallet.reserves(one)[0] for one in known)),
            to_treasury=str(sum(pallet.to_treasury(one) for one in known)),
            rows=[
                PoolRowJson(
                    pool=pool_json(pallet.quotes.pool(one), self._addresses),
                    symbol=assets.metadata[one].symbol.decode(errors="replace"),
                    decimals=assets.metadata[one].decimals,
                )
                for one in page
            ],
            next=following,
        )

    def _asset(self, pallet: Assets, number: int) -> AssetRowJson:
        details, described = pallet.asset[number], pallet.metadata[number]
        return AssetRowJson(
            id=number,
            name=described.name.decode(errors="replace"),
            symbol=described.symbol.decode(errors="replace"),
            decimals=described.decimals,
            supply=str(details.supply),
            accounts=details.accounts,
            min_balance=str(details.min_balance),
            owner=self._addresses.encode(details.owner),
            issuer=self._addresses.encode(details.issuer),
            status=details.status.name.lower(),
        )
