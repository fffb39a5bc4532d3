"""The assets of the chain beside AGPU and AMAX: who issues them, and how many there are."""

from __future__ import annotations

from itertools import islice

import msgspec

from node.explorer.decoding import Decoder
from node.rpc.addresses import Addresses
from node.rpc.registry import method

ASSETS_LISTED = 200
"""In the order of the state: a screen that scrolls, and a millisecond to read."""


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


class AssetsNamespace:
    """What is asked about assets."""

    def __init__(self, decoder: Decoder, addresses: Addresses) -> None:
        self._decoder, self._addresses = decoder, addresses

    @method("explorer_assets")
    def assets(self) -> list[AssetRowJson]:
        """Return the assets, by their ids."""
        pallet = self._decoder.best().runtime.assets
        found = sorted(islice(pallet.asset.items(), ASSETS_LISTED))
        return [
            AssetRowJson(
                id=number,
                name=pallet.metadata[number].name.decode(errors="replace"),
                symbol=pallet.metadata[number].symbol.decode(errors="replace"),
                decimals=pallet.metadata[number].decimals,
                supply=str(details.supply),
                accounts=details.accounts,
                min_balance=str(details.min_balance),
                owner=self._addresses.encode(details.owner),
                issuer=self._addresses.encode(details.issuer),
                status=details.status.name.lower(),
            )
            for number, details in found
        ]
