"""Why there is as much AGPU as there is: the terms of the issuance."""

import msgspec

from node.rpc.backend import HeaderReader
from node.rpc.blocks import block_hash_or_best
from node.rpc.registry import method
from node.rpc.runtime_api import TypedRuntime
from node.rpc.values import Hash


class TermJson(msgspec.Struct, frozen=True):
    """An amount in planck since block 0, and its reason."""

    reason: str
    amount: str


class EconomySupplyJson(msgspec.Struct, frozen=True, rename="camel"):
    """The issuance and its terms; amounts are planck, as decimal strings."""

    issuance: str
    genesis: str
    minted: list[TermJson]
    burned: list[TermJson]
    difference: str
    """Of the issuance to genesis + minted - burned: nothing."""
    cap: str
    kappa: int
    """The part of a burn that work mints again in this epoch, in ppb."""
    burn_reemittable: str
    deferred: str
    room: str
    settled_at: int
    minted_in_block: str
    settled_in_block: int


class AbsorptionJson(msgspec.Struct, frozen=True):
    """What may still be spent on AGPU that is burned, in units of the stable asset."""

    left: str
    until: int
    """The last block that may."""


class StableJson(msgspec.Struct, frozen=True):
    """With which asset AGPU is bought, and which feed must be healthy for it."""

    asset: int
    feed: int


class StabilityJson(msgspec.Struct, frozen=True, rename="camel"):
    """How the supply is cared for; amounts are planck or units, as decimal strings."""

    growth: int | None
    """Of the supply in the last 30 eras, in ppb; none before there were so many."""
    idle_eras: int
    """Eras in a row that began with less than 30 % of the capacity used."""
    is_holding: bool
    """Whether only the small track spends."""
    ceiling: int
    """The part of the supply that the treasury may have, in ppb."""
    is_above_ceiling: bool
    """Whether its part of fees is burned."""
    stable: StableJson | None
    absorption: AbsorptionJson | None
    reserve_burned: str
    spent: str
    """Of the stable asset."""
    bought: str
    """AGPU, all of it burned."""


class EconomyNamespace:
    """What is asked about the token as a whole."""

    def __init__(self, chain: HeaderReader, runtime: TypedRuntime) -> None:
        self._chain, self._runtime = chain, runtime

    @method("economy_supply")
    def supply(self, at: Hash | None = None) -> EconomySupplyJson:
        """Return what exists of AGPU, by what was there first, what was minted and burned, why."""
        found = self._runtime.supply(block_hash_or_best(self._chain, at))
        minted = sum(term.amount for term in found.minted)
        burned = sum(term.amount for term in found.burned)
        return EconomySupplyJson(
            issuance=str(found.issuance),
            genesis=str(found.genesis),
            minted=[TermJson(one.reason.name.lower(), str(one.amount)) for one in found.minted],
            burned=[TermJson(one.reason.name.lower(), str(one.amount)) for one in found.burned],
            difference=str(found.issuance - found.genesis - minted + burned),
            cap=str(found.cap),
            kappa=found.kappa,
            burn_reemittable=str(found.burn_reemittable),
            deferred=str(found.deferred),
            room=str(found.room),
            settled_at=found.settled_at,
            minted_in_block=str(found.minted_in_block),
            settled_in_block=found.settled_in_block,
        )

    @method("economy_stability")
    def stability(self, at: Hash | None = None) -> StabilityJson:
        """Return what the chain does about its supply: what burned, was bought, is held back."""
        found = self._runtime.stability(block_hash_or_best(self._chain, at))
        stable, plan, sums = found.stable, found.absorption, found.totals
        return StabilityJson(
            growth=found.growth,
            idle_eras=found.idle_eras,
            is_holding=found.is_holding,
            ceiling=found.ceiling,
            is_above_ceiling=found.is_above_ceiling,
            stable=None if stable is None else StableJson(stable.asset, stable.feed),
            absorption=None if plan is None else AbsorptionJson(str(plan.left), plan.until),
            reserve_burned=str(sums.reserve_burned),
            spent=str(sums.spent),
            bought=str(sums.bought),
        )
