"""From a chain spec to block 0: its storage, its header, and back to a raw spec."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from msgspec import structs

from genesis.notation import BadNotation, is_secret, parse_account, parse_amount, parse_key
from genesis.pools import pools_of
from genesis.spec import BadSpec, ChainSpec, Config, Genesis, Raw
from genesis.vesting import AGPU, AMAX, schedules_of
from runtime.compute.attestation import Vendor
from runtime.compute.shares import ShareParameters
from runtime.config import ChainConfig
from runtime.constants import EXISTENTIAL_DEPOSIT
from runtime.genesis_state import Endowment, GenesisConfig, build_genesis, genesis_state
from runtime.pallets.oracle import Feed
from runtime.pallets.runtime_upgrades import Upgrade
from runtime.pallets.staking import STAKE_UNIT
from runtime.primitives.block import Header
from runtime.primitives.hashing import blake2_256
from runtime.primitives.types import AccountId
from runtime.state.trie import Trie
from runtime.versions import VERSIONS, Versions

T = TypeVar("T")

MAX_STAKE = 2**48
"""Units of stake behind one validator: 64 of them still fit the sums of clients, 64 bits."""


FIRST_UPGRADE = 2
"""The block before an upgrade writes the new code, and block 0 executes nothing."""


@dataclass(frozen=True, slots=True)
class GenesisBlock:
    """The first block of a chain: number 0, but in forks of other chains."""

    header: Header
    storage: dict[bytes, bytes]
    state: Trie

    @property
    def hash(self) -> bytes:
        """The hash that names the chain."""
        return self.header.hash


def build_block(spec: ChainSpec, versions: Versions = VERSIONS) -> GenesisBlock:
    """Return the first block of a spec's chain: block 0, or that of a fork.

    Raises: BadSpec, naming the field; UnknownRuntime, where it begins with none of `versions`.
    """
    storage, fork = build_storage(spec, versions), spec.fork
    if fork is None:
        header, state = genesis_state(storage)
    else:
        header, state = genesis_state(storage, fork.number, _bytes(fork.parent_hash))
    return GenesisBlock(header, storage, state)


def build_storage(spec: ChainSpec, versions: Versions = VERSIONS) -> dict[bytes, bytes]:
    """Return the storage of block 0, key by key.

    Raises: BadSpec, naming the field; UnknownRuntime, where it begins with none of `versions`.
    """
    if spec.genesis.raw is not None:
        return {_bytes(key): _bytes(value) for key, value in spec.genesis.raw.top.items()}
    assert spec.genesis.config is not None
    return build_genesis(genesis_config(spec, spec.genesis.config), versions)


def to_raw(spec: ChainSpec) -> ChainSpec:
    """Return the same chain with its storage spelt out, so that a later release reads it alike."""
    storage = build_storage(spec)
    top = {"0x" + key.hex(): "0x" + storage[key].hex() for key in sorted(storage)}
    return structs.replace(spec, genesis=Genesis(raw=Raw(top=top)))


def genesis_config(spec: ChainSpec, config: Config) -> GenesisConfig:
    """Read the people's notation of a plain spec into what the runtime builds from."""
    if spec.chain_type == "Live":
        refuse_public_keys(config)
    prefix = spec.properties.ss58_format
    validators = config.validators
    accounts = [
        read(f"validators[{i}].account", parse_account, one.account, prefix)
        for i, one in enumerate(validators)
    ]
    babe = [read(f"validators[{i}].babe", parse_key, one.babe) for i, one in enumerate(validators)]
    grandpa = [
        read(f"validators[{i}].grandpa", parse_key, one.grandpa) for i, one in enumerate(validators)
    ]
    for what, keys in (("account", accounts), ("babe", babe), ("grandpa", grandpa)):
        refuse_doubles(f"validators.{what}", keys)
    stakes = [stake(f"validators[{i}].bond", one.bond) for i, one in enumerate(validators)]
    agpu = endowment("balances", config.balances, AGPU, prefix)
    amax = endowment("amax", config.amax, AMAX, prefix)
    vesting = schedules_of(config.vesting, {AGPU: agpu, AMAX: amax}, prefix)
    return GenesisConfig(
        chain=chain_config(spec, config),
        agpu=agpu,
        amax=amax,
        agpu_vesting=vesting[AGPU],
        amax_vesting=vesting[AMAX],
        validators=tuple(accounts),
        babe_authorities=tuple(zip(babe, stakes, strict=True)),
        grandpa_authorities=tuple(zip(grandpa, stakes, strict=True)),
        randomness=_randomness(spec.id, config),
        upgrade=first_upgrade(config),
        oracles=distinct("oracle.members", config.oracle.members, prefix),
        pools=pools_of(config.pools, prefix),
        feeds=tuple(Feed(name.encode(), digits) for name, digits in config.oracle.feeds.items()),
        guardians=distinct("guardians", config.guardians, prefix),
    )


def first_upgrade(config: Config) -> Upgrade | None:
    """Return the upgrade that a spec schedules.

    Raises: BadSpec, where it is none, or comes before the first block.
    """
    part = config.upgrade
    if part is None:
        return None
    before, field = config.code.spec_version, "genesis.config.upgrade"
    if part.spec_version <= before:
        raise BadSpec(f"{field}.specVersion: wanted one above {before}, got {part.spec_version}")
    if part.height < FIRST_UPGRADE:
        raise BadSpec(f"{field}.height: wanted at least {FIRST_UPGRADE}, got {part.height}")
    return Upgrade(part.spec_version, part.height)


def chain_config(spec: ChainSpec, config: Config) -> ChainConfig:
    """Return the constants that lie in state as the chain's code."""
    compute = config.compute
    target = int(compute.share_target, 16) if len(compute.share_target) > 2 else 0
    try:
        shares = ShareParameters(compute.share_size, target)
    except AssertionError as error:
        raise BadSpec(f"genesis.config.compute: {error}") from error
    return ChainConfig(
        spec_name=config.code.spec_name,
        spec_version=config.code.spec_version,
        slot_milliseconds=config.consensus.slot_milliseconds,
        epoch_slots=config.consensus.epoch_slots,
        ss58_prefix=spec.properties.ss58_format,
        share_size=shares.size,
        share_target=shares.target,
        era_blocks=compute.era_blocks,
        base_price_per_cu=read("compute.basePricePerCu", parse_amount, compute.base_price_per_cu),
        minimum_job_fee=read("compute.minimumJobFee", parse_amount, compute.minimum_job_fee),
        job_start_blocks=compute.job_start_blocks,
        job_run_blocks=compute.job_run_blocks,
        minimum_provider_bond=read(
            "compute.minimumProviderBond", parse_amount, compute.minimum_provider_bond
        ),
        vendors=tuple(
            Vendor(
                read(f"compute.vendors[{i}].key", parse_key, one.key),
                _bytes(one.measurement),
                one.expires,
            )
            for i, one in enumerate(compute.vendors)
        ),
    )


def stake(field: str, text: str) -> int:
    """Read a bond as what it weighs.

    Raises: BadSpec, where it is not a whole number of units, or more than there can be.
    """
    planck = read(field, parse_amount, text, "AGPU")
    weight, rest = divmod(planck, STAKE_UNIT)
    if rest or not 0 < weight <= MAX_STAKE:
        wanted = f"wanted a multiple of {STAKE_UNIT} planck from 1 to {MAX_STAKE} times as much"
        raise BadSpec(f"genesis.config.{field}: {wanted}, got {planck}")
    return weight


def endowment(field: str, entries: dict[str, str], symbol: str, prefix: int) -> Endowment:
    """Read a table of accounts and amounts, in order of account."""
    found: dict[bytes, int] = {}
    for name, amount in entries.items():
        account = read(f"{field}.{name}", parse_account, name, prefix)
        planck = read(f"{field}.{name}", parse_amount, amount, symbol)
        if account in found:
            raise BadSpec(f"genesis.config.{field}.{name}: the account stands there twice")
        if planck < EXISTENTIAL_DEPOSIT:
            least = f"wanted at least the existential deposit, {EXISTENTIAL_DEPOSIT} planck"
            raise BadSpec(f"genesis.config.{field}.{name}: {least}, got {planck}")
        found[account] = planck
    return tuple(sorted(found.items()))


def distinct(field: str, names: tuple[str, ...], prefix: int) -> tuple[AccountId, ...]:
    """Read a list of accounts.

    Raises: BadSpec, naming the one that cannot be read, or the list where one stands twice.
    """
    found = [read(f"{field}[{i}]", parse_account, name, prefix) for i, name in enumerate(names)]
    refuse_doubles(field, found)
    return tuple(found)


def read(field: str, parse: Callable[..., T], *arguments: object) -> T:
    """Return what `parse` reads; a refusal bears the field's name."""
    try:
        return parse(*arguments)
    except BadNotation as error:
        raise BadSpec(f"genesis.config.{field}: {error}") from error


def refuse_public_keys(config: Config) -> None:
    """Refuse development names: everybody can sign for them.

    Raises: BadSpec.
    """
    named = [*config.balances, *config.amax, *config.oracle.members, *config.guardians]
    for one in config.validators:
        named += [one.account, one.babe, one.grandpa]
    named += [one.account for one in config.vesting]
    named += [one.issuer for one in config.pools]
    named += [vendor.key for vendor in config.compute.vendors]
    for name in named:
        if is_secret(name):
            public = "everybody has the key of a development name"
            raise BadSpec(f"genesis.config: {name!r} on a Live chain: {public}")


def refuse_doubles(field: str, keys: list[bytes]) -> None:
    """Refuse two entries of one key.

    Raises: BadSpec.
    """
    if len(dict.fromkeys(keys)) != len(keys):
        raise BadSpec(f"genesis.config.{field}: two of them are the same")


def _randomness(chain_id: str, config: Config) -> bytes:
    if config.consensus.randomness is not None:
        return _bytes(config.consensus.randomness)
    return blake2_256(b"starminer genesis " + chain_id.encode())


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text[2:])
