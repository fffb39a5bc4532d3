"""Vaults page by page, and what all of them hold together."""

from __future__ import annotations

import msgspec

from node.explorer.decoding import Decoder
from node.explorer.numbered import PAGE, numbers_behind
from node.rpc.addresses import Addresses
from node.rpc.jobs import checked_limit
from node.rpc.registry import method
from node.rpc.vaults import VaultJson, vault_json


class VaultsJson(msgspec.Struct, frozen=True):
    """A page of the vaults; amounts, of all vaults together, are planck."""

    count: int
    members: int
    stake: str
    unclaimed: str
    rows: list[VaultJson]
    next: int | None


class VaultListNamespace:
    """What is asked about all vaults."""

    def __init__(self, decoder: Decoder, addresses: Addresses) -> None:
        self._decoder, self._addresses = decoder, addresses

    @method("explorer_vaults")
    def vaults(self, after: int | None = None, limit: int = PAGE) -> VaultsJson:
        """Return the vaults behind a number, or from the first on, with the sums of all."""
        pallet = self._decoder.best().runtime.vaults
        held = dict(pallet.vaults.items())
        page, following = numbers_behind(held, after, checked_limit(limit))
        return VaultsJson(
            count=len(held),
            members=sum(one.members for one in held.values()),
            stake=str(sum(one.stake.balance for one in held.values())),
            unclaimed=str(sum(one.owed for one in held.values())),
            rows=[vault_json(pallet.standing.vault(one), self._addresses) for one in page],
            next=following,
        )
