"""Block 0: the state that a chain spec describes, and the header over it."""

from __future__ import annotations

from dataclasses import dataclass

from runtime.block_execution import extrinsics_root
from runtime.config import CODE_KEY, SPEC_NAME, STATE_VERSION, ChainConfig
from runtime.constants import EXISTENTIAL_DEPOSIT, SHARED_POTS, TREASURY
from runtime.construct import Runtime
from runtime.frame import Context
from runtime.frame.migration import set_storage_version
from runtime.pallets.assets.types import AssetMetadata
from runtime.pallets.babe import Authority
from runtime.pallets.oracle import Feed
from runtime.pallets.runtime_upgrades import Upgrade
from runtime.pallets.session import SessionKeys, Stakes
from runtime.pallets.staking import STAKE_UNIT
from runtime.pallets.system import UpgradeInfo
from runtime.pallets.vesting import VestingInfo
from runtime.primitives.block import Header
from runtime.primitives.types import H256, U32, AccountId, Balance
from runtime.state.overlay import Overlay
from runtime.state.trie import Trie, fetch_nothing
from runtime.versions import VERSIONS, Versions, chosen_by

Endowment = tuple[tuple[AccountId, Balance], ...]
Schedules = tuple[tuple[AccountId, VestingInfo], ...]

NO_PARENT: H256 = bytes(32)
"""Of block 0."""


@dataclass(frozen=True, slots=True)
class GenesisPool:
    """An asset and the treasury's first liquidity of it: planck and units that make its price."""

    asset: U32
    issuer: AccountId
    shown: AssetMetadata
    least: Balance
    agpu: Balance
    """On top of what the endowments give the treasury."""
    units: Balance


@dataclass(frozen=True, slots=True)
class GenesisConfig:
    """What the state of block 0 is made from.

    The weight of an authority is its stake; the bond behind it comes on top of what `agpu` says.
    """

    chain: ChainConfig
    agpu: Endowment
    amax: Endowment
    validators: tuple[AccountId, ...]
    babe_authorities: tuple[Authority, ...]
    grandpa_authorities: tuple[Authority, ...]
    randomness: H256
    upgrade: Upgrade | None = None
    """An upgrade that is scheduled from the beginning: how devnets rehearse one."""
    oracles: tuple[AccountId, ...] = ()
    """Who may report feeds once it has put up its bond."""
    feeds: tuple[Feed, ...] = ()
    agpu_vesting: Schedules = ()
    """What of `agpu` is not free yet."""
    amax_vesting: Schedules = ()
    guardians: tuple[AccountId, ...] = ()
    """Who are guardians until the first election."""
    pools: tuple[GenesisPool, ...] = ()
    """Liquidity that is the treasury's from the beginning."""


def build_genesis(config: GenesisConfig, versions: Versions = VERSIONS) -> dict[bytes, bytes]:
    """Return the storage of block 0, key by key.

    Raises:
        UnknownRuntime: this release does not carry the version that the chain begins with.
    """
    overlay, code = Overlay(empty_state()), config.chain.encode()
    _, version = chosen_by(code, versions)
    runtime = version.make(Context(overlay, number=0), config.chain)
    stakes, keys = validating(config)
    bonds = tuple((account, stake * STAKE_UNIT) for account, stake in stakes)
    lent = tuple((TREASURY, one.agpu) for one in config.pools)
    pots = tuple((pot, 0) for pot in SHARED_POTS)
    runtime.balances.build(with_extras(config.agpu, (*bonds, *lent, *pots)))
    runtime.amax.build(config.amax)
    runtime.vesting.build(config.agpu_vesting)
    runtime.amax_vesting.build(config.amax_vesting)
    runtime.staking.build(bonds)
    runtime.sessions.build(stakes, keys)
    runtime.babe.build(config.randomness)
    runtime.runtime_upgrades.build(config.upgrade)
    runtime.oracle.build(config.oracles, config.feeds)
    runtime.guardian.build(config.guardians)
    build_pools(runtime, config.pools)
    for pallet in runtime.pallets:
        set_storage_version(pallet, pallet.storage_version)
    runtime.system.last_runtime_upgrade = UpgradeInfo(config.chain.spec_version, SPEC_NAME)
    runtime.try_state()
    overlay.put(CODE_KEY, code, bytes)
    return {key: value for key, value in overlay.changes().items() if value is not None}


def validating(config: GenesisConfig) -> tuple[Stakes, tuple[SessionKeys, ...]]:
    """Return the validators of block 0, their stakes and their keys.

    A validator audits with its block production key until it sets another.
    """
    babe, grandpa = config.babe_authorities, config.grandpa_authorities
    assert [weight for _, weight in babe] == [weight for _, weight in grandpa], "one stake for both"
    stakes = zip(config.validators, (weight for _, weight in babe), strict=True)
    pairs = zip(babe, grandpa, strict=True)
    return tuple(stakes), tuple(SessionKeys(one, other, one) for (one, _), (other, _) in pairs)


def with_extras(agpu: Endowment, extras: Endowment) -> Endowment:
    """Add what is set aside at once to what accounts have: bonds of validators, and liquidity.

    Who had nothing needs to exist besides.
    """
    amounts = dict(agpu)
    for account, extra in extras:
        amounts[account] = amounts.get(account, EXISTENTIAL_DEPOSIT) + extra
    return tuple(amounts.items())


def build_pools(runtime: Runtime, pools: tuple[GenesisPool, ...]) -> None:
    """Create the assets of pools, and let the treasury put the first of both sides in."""
    for one in pools:
        runtime.assets.ledger.create(one.asset, one.issuer, one.least)
        runtime.assets.metadata[one.asset] = one.shown
        runtime.assets.ledger.mint_into(one.asset, TREASURY, one.units)
        runtime.asset_conversion.build(one.asset, one.agpu, one.units)


def genesis_state(
    storage: dict[bytes, bytes], number: U32 = 0, parent_hash: H256 = NO_PARENT
) -> tuple[Header, Trie]:
    """Return the header of a chain's first block, and the state under it."""
    state = empty_state().updated(storage)
    return Header(parent_hash, number, state.root, extrinsics_root(()), ()), state


def empty_state() -> Trie:
    """Return a state without a key."""
    return Trie(None, fetch_nothing, STATE_VERSION)
