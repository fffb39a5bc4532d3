"""The vault namespace: stakes for access, behind providers and as insurance, as they stand."""

import msgspec

from node.rpc.addresses import Addresses
from node.rpc.backend import HeaderReader
from node.rpc.blocks import block_hash_or_best
from node.rpc.registry import method
from node.rpc.runtime_api import TypedRuntime
from node.rpc.values import Hash
from runtime.pallets.vaults import (
    OfMarket,
    OfProvider,
    OfTask,
    PositionView,
    VaultKind,
    VaultView,
)


class VaultKindJson(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a vault is tethered to: `of` is market, task, provider or insurance."""

    of: str
    tier: int | None = None
    region: int | None = None
    task: str | None = None
    provider: str | None = None


class VaultAssetJson(msgspec.Struct, frozen=True, rename="camel"):
    """A tokenised asset in a vault: units, what they are worth in planck, and what is for sale.

    The value is after the haircut, and 0 while nothing vouches for it; lotSince is the block of
    the slash that took what is for sale.
    """

    asset: int
    units: str
    value: str
    lot: str
    lot_since: int


class UnbondingJson(msgspec.Struct, frozen=True):
    """A part of a stake on its way out: what it is worth, and from which era it can be had."""

    era: int
    amount: str


class PositionAssetJson(msgspec.Struct, frozen=True):
    """A tokenised asset of a stake: points, units, and what they are worth in planck."""

    asset: int
    points: str
    units: str
    value: str
    unbonding: list[UnbondingJson]


class VaultJson(msgspec.Struct, frozen=True, rename="camel"):
    """A vault; amounts are decimal strings in planck, the commission is in parts per billion."""

    id: int
    kind: VaultKindJson
    commission: int
    members: int
    stake: str
    weight: str
    unclaimed: str
    assets: list[VaultAssetJson]


class PositionJson(msgspec.Struct, frozen=True, rename="camel"):
    """A stake in a vault; amounts and points are decimal strings, a point was bought for a planck.

    The level is that of its weight alone, for one open job; locks are in eras.
    """

    vault: int
    kind: VaultKindJson
    points: str
    stake: str
    weight: str
    weight_joining: str
    level: int
    lock: int
    locked_until: int
    claimable: str
    unbonding: list[UnbondingJson]
    assets: list[PositionAssetJson]


class ClaimJson(msgspec.Struct, frozen=True):
    """What insurance owes a client, in planck."""

    claim: int
    client: str
    amount: str


class UncollectedJson(msgspec.Struct, frozen=True):
    """What a member of the insurance vault has to bear of claims, and is not collected yet."""

    who: str
    amount: str


class ClaimsJson(msgspec.Struct, frozen=True):
    """Claims on insurance, what they can be paid with now, and what is still to be collected."""

    collected: str
    claims: list[ClaimJson]
    uncollected: list[UncollectedJson]


class VaultNamespace:
    """What those ask who stake, or might."""

    def __init__(self, chain: HeaderReader, runtime: TypedRuntime, addresses: Addresses) -> None:
        self._chain, self._runtime, self._addresses = chain, runtime, addresses

    @method("vault_list")
    def list_all(self, at: Hash | None = None) -> list[VaultJson]:
        """Return every vault, by number."""
        found = self._runtime.vaults(block_hash_or_best(self._chain, at))
        return [vault_json(vault, self._addresses) for vault in found]

    @method("vault_positions")
    def positions(self, who: str, at: Hash | None = None) -> list[PositionJson]:
        """Return what an account has in vaults: its stakes, their weight, what they have earned."""
        account = self._addresses.decode(who)
        found = self._runtime.vault_positions(account, block_hash_or_best(self._chain, at))
        return [self._position(position) for position in found]

    @method("vault_claims")
    def claims(self, at: Hash | None = None) -> ClaimsJson:
        """Return what insurance owes clients whose losses no bond paid."""
        found = self._runtime.insurance_claims(block_hash_or_best(self._chain, at))
        address = self._addresses.encode
        return ClaimsJson(
            collected=str(found.collected),
            claims=[
                ClaimJson(one.id, address(one.client), str(one.amount)) for one in found.claims
            ],
            uncollected=[
                UncollectedJson(address(who), str(amount)) for who, amount in found.uncollected
            ],
        )

    def _position(self, position: PositionView) -> PositionJson:
        return PositionJson(
            vault=position.vault,
            kind=kind_json(position.kind, self._addresses),
            points=str(position.points),
            stake=str(position.stake),
            weight=str(position.weight),
            weight_joining=str(position.weight_joining),
            level=position.level,
            lock=position.lock,
            locked_until=position.locked_until,
            claimable=str(position.claimable),
            unbonding=_unbonding(position.unbonding),
            assets=[
                PositionAssetJson(
                    asset=one.asset,
                    points=str(one.points),
                    units=str(one.units),
                    value=str(one.value),
                    unbonding=_unbonding(one.unbonding),
                )
                for one in position.assets
            ],
        )


def vault_json(vault: VaultView, addresses: Addresses) -> VaultJson:
    """Show a vault."""
    return VaultJson(
        id=vault.id,
        kind=kind_json(vault.kind, addresses),
        commission=vault.commission,
        members=vault.members,
        stake=str(vault.stake),
        weight=str(vault.weight),
        unclaimed=str(vault.owed),
        assets=[
            VaultAssetJson(one.asset, str(one.units), str(one.value), str(one.lot), one.lot_since)
            for one in vault.assets
        ],
    )


def kind_json(kind: VaultKind, addresses: Addresses) -> VaultKindJson:
    """Show what a vault is tethered to."""
    match kind:
        case OfMarket(market):
            return VaultKindJson("market", tier=market.tier, region=market.region)
        case OfTask(task):
            return VaultKindJson("task", task=task.name.lower())
        case OfProvider(provider):
            return VaultKindJson("provider", provider=addresses.encode(provider))
        case _:
            return VaultKindJson("insurance")


def _unbonding(parts: tuple[tuple[int, int], ...]) -> list[UnbondingJson]:
    return [UnbondingJson(era, str(amount)) for era, amount in parts]
