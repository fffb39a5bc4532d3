"""Tokenised assets over RPC: what each is, how much there is of it, and what it counts for."""

import msgspec

from node.rpc.addresses import Addresses
from node.rpc.backend import HeaderReader
from node.rpc.blocks import block_hash_or_best
from node.rpc.registry import method
from node.rpc.runtime_api import TypedRuntime
from node.rpc.values import Hash
from runtime.pallets.rwa import RwaView


class RwaJson(msgspec.Struct, frozen=True, rename="camel"):
    """A tokenised asset; amounts are decimal strings, those of it in its least units.

    The haircut is in parts per billion, the bond and the values of a whole token in planck. Its
    price is the last known one, before the haircut; its value is 0 while it counts for nothing.
    """

    asset: int
    issuer: str
    bond: str
    kind: str
    decimals: int
    feed: int
    reserve_feed: int
    haircut: int
    cap: str
    issued: str
    reserve: str | None
    status: str
    frozen_until: int
    legal_hash: str
    token_price: str
    token_value: str


class RwaNamespace:
    """What those ask who issue tokenised assets, or stake them."""

    def __init__(self, chain: HeaderReader, runtime: TypedRuntime, addresses: Addresses) -> None:
        self._chain, self._runtime, self._addresses = chain, runtime, addresses

    @method("rwa_list")
    def list_all(self, at: Hash | None = None) -> list[RwaJson]:
        """Return every tokenised asset, by number."""
        found = self._runtime.rwa_assets(block_hash_or_best(self._chain, at))
        return [self._asset(one) for one in found]

    def _asset(self, one: RwaView) -> RwaJson:
        return RwaJson(
            asset=one.asset,
            issuer=self._addresses.encode(one.issuer),
            bond=str(one.bond),
            kind=one.kind.name.lower(),
            decimals=one.decimals,
            feed=one.feed,
            reserve_feed=one.reserve_feed,
            haircut=one.haircut,
            cap=str(one.cap),
            issued=str(one.issued),
            reserve=None if one.reserve is None else str(one.reserve),
            status=one.status.name.lower(),
            frozen_until=one.frozen_until,
            legal_hash="0x" + one.legal_hash.hex(),
            token_price=str(one.token_price),
            token_value=str(one.token_value),
        )
