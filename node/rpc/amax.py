"""AMAX over RPC: how it comes into being, and what an account can claim."""

import msgspec

from node.rpc.addresses import Addresses
from node.rpc.backend import HeaderReader
from node.rpc.blocks import block_hash_or_best
from node.rpc.registry import method
from node.rpc.runtime_api import TypedRuntime
from node.rpc.values import Hash
from runtime.pallets.amax_distribution import Outlook, Parts
from runtime.primitives.scale import decode, encode
from runtime.primitives.types import AccountId


class AmaxStatusJson(msgspec.Struct, frozen=True, rename="camel"):
    """How the distribution stands; amounts are planck of AMAX, as decimal strings."""

    cap: str
    issuance: str
    minted: str
    """Since block 0."""
    last_epoch: int | None
    """The last one that was closed."""
    last_budget: str
    """What it may create, if all of it is claimed."""
    claimable_epochs: int


class AmaxClaimableJson(msgspec.Struct, frozen=True):
    """What an account can claim by dimension, in planck of AMAX, as decimal strings."""

    capacity: str
    accuracy: str
    participation: str
    infra: str
    total: str


class AmaxNamespace:
    """What is asked about the token that decides."""

    def __init__(self, chain: HeaderReader, runtime: TypedRuntime, addresses: Addresses) -> None:
        self._chain, self._runtime, self._addresses = chain, runtime, addresses

    @method("amax_status")
    def status(self, at: Hash | None = None) -> AmaxStatusJson:
        """Return how much AMAX there is and may be, and what the last closed epoch may create."""
        answer = self._runtime.call("AmaxApi_outlook", b"", block_hash_or_best(self._chain, at))
        found: Outlook = decode(answer, Outlook)
        return AmaxStatusJson(
            cap=str(found.cap),
            issuance=str(found.issuance),
            minted=str(found.minted),
            last_epoch=found.last_epoch,
            last_budget=str(found.last_budget),
            claimable_epochs=found.claimable_epochs,
        )

    @method("amax_claimable")
    def claimable(self, account: str, at: Hash | None = None) -> AmaxClaimableJson:
        """Return the AMAX that an account can claim now, for closed epochs of the last 84."""
        who, block = self._addresses.decode(account), block_hash_or_best(self._chain, at)
        answer = self._runtime.call("AmaxApi_claimable", encode(who, AccountId), block)
        found: Parts = decode(answer, Parts)
        return AmaxClaimableJson(
            capacity=str(found.capacity),
            accuracy=str(found.accuracy),
            participation=str(found.participation),
            infra=str(found.infra),
            total=str(found.total),
        )
