"""Chain specs: the one document that makes two nodes members of the same chain.

A plain spec says who holds and validates what; a raw spec holds the storage of block 0, key by
key, in Substrate's layout. Files are TOML or JSON, with Substrate's names for their fields.
"""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from runtime.config import SPEC_NAME, SPEC_VERSION
from runtime.pallets.guardian.records import SEATS
from runtime.pallets.oracle.records import MAX_DECIMALS, MAX_FEEDS, MAX_MEMBERS, MAX_NAME_BYTES

PRESETS = ("dev", "local", "testnet")

MAX_SPEC_BYTES = 64 << 20
"""A raw spec of a million accounts; what is larger is not a spec."""

DEFAULT_BOND = "10000AGPU"
"""The stake of a validator whose spec names none: a mistake costs, and a preset stays short."""

MAX_POOLS = 64
"""Of the chain's own."""
MAX_VESTING = 10_000
"""Schedules of a spec: each is an object of its own, and a launch has hundreds."""

Name = Annotated[str, Meta(min_length=1, max_length=64)]
Hex = Annotated[str, Meta(pattern=r"^0x([0-9a-fA-F]{2})*$")]
Hash = Annotated[str, Meta(pattern=r"^0x[0-9a-fA-F]{64}$")]
Positive = Annotated[int, Meta(gt=0, lt=2**32)]
FeedKey = Annotated[str, Meta(pattern=r"^[\x21-\x7e]+$", max_length=MAX_NAME_BYTES)]


class BadSpec(ValueError):
    """A chain spec that no chain can start from; the message names the file and the field."""


class Part(Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """A table of a spec: unknown fields are refused, since they are misspelt known ones."""


class Properties(Part, frozen=True, kw_only=True):
    """What wallets show."""

    ss58_format: Annotated[int, Meta(ge=0, le=16383)] = 42
    token_decimals: Literal[12] = 12
    token_symbol: Literal["AGPU"] = "AGPU"


class Code(Part, frozen=True, kw_only=True):
    """The runtime that executes this chain: a name and a version, not Wasm."""

    spec_name: str = SPEC_NAME
    spec_version: Positive = SPEC_VERSION


class ConsensusPart(Part, frozen=True, kw_only=True):
    """Times of the chain, and the randomness of its first two epochs."""

    slot_milliseconds: Positive
    epoch_slots: Positive
    randomness: Hash | None = None
    """Without one it is derived from the chain's id, so nobody chose it."""


class VendorPart(Part, frozen=True, kw_only=True):
    """A vendor of confidential hardware whose attestations prove work."""

    key: str
    """ed25519, or a development name of a vendor for tests, whose key everybody has."""
    measurement: Hash
    """Of the software that its hardware must have started."""
    expires: Positive = 2**32 - 1
    """The last block that may carry such an attestation."""


class ComputePart(Part, frozen=True, kw_only=True):
    """What canonical work is, and what work costs before markets set prices."""

    share_size: Positive
    share_target: Hex
    """A tile digest below this number is a share."""
    era_blocks: Positive
    base_price_per_cu: str
    minimum_job_fee: str
    job_start_blocks: Positive
    """Blocks that a provider has to start an assigned job."""
    job_run_blocks: Positive
    """Blocks that it then has to commit its result."""
    minimum_provider_bond: str
    vendors: Annotated[tuple[VendorPart, ...], Meta(max_length=16)] = ()


class ValidatorPart(Part, frozen=True, kw_only=True):
    """Who authors blocks and votes on finality from block 1 on."""

    account: str
    babe: str
    grandpa: str
    bond: str = DEFAULT_BOND
    """What it has at stake, on hold from block 0 on, beside its balance; offences cost of it."""


class VestingPart(Part, frozen=True, kw_only=True):
    """A part of what an account has in block 0 that becomes free block by block."""

    account: str
    amount: str
    """With its unit, which says of which token."""
    blocks: Positive
    """After so many all of it is free."""
    start_block: Annotated[int, Meta(ge=0, lt=2**32)] = 0
    """Until this one nothing is."""


class UpgradePart(Part, frozen=True, kw_only=True):
    """An upgrade of the runtime that is scheduled from the beginning: a rehearsal."""

    spec_version: Positive
    height: Positive
    """The first block of that version."""


class OraclePart(Part, frozen=True, kw_only=True):
    """Who may report what: members join with a bond, and referenda change both lists."""

    members: Annotated[tuple[str, ...], Meta(max_length=MAX_MEMBERS)] = ()
    feeds: Annotated[
        dict[FeedKey, Annotated[int, Meta(ge=0, le=MAX_DECIMALS)]], Meta(max_length=MAX_FEEDS)
    ] = {}
    """Name to digits behind the point."""


class PoolPart(Part, frozen=True, kw_only=True):
    """A pool of the treasury's AGPU and of an asset, which begins with it."""

    asset: Annotated[int, Meta(ge=0, lt=2**32)]
    """The number that the asset gets."""
    name: str
    symbol: str
    decimals: Annotated[int, Meta(ge=0, le=MAX_DECIMALS)]
    issuer: str
    """Who mints and looks after the asset: whoever that is can mint the pool empty."""
    least_units: Positive = 1
    """The least that an account may have of it."""
    agpu: str
    """What the treasury puts in, on top of what the table of balances gives it."""
    amount: str
    """What is put in beside it, in whole tokens: both together are the first price."""


class Config(Part, frozen=True, kw_only=True):
    """What the storage of block 0 is made from."""

    consensus: ConsensusPart
    compute: ComputePart
    validators: Annotated[tuple[ValidatorPart, ...], Meta(min_length=1, max_length=64)]
    balances: dict[str, str]
    """Account to amount of AGPU."""
    amax: dict[str, str] = {}
    vesting: Annotated[tuple[VestingPart, ...], Meta(max_length=MAX_VESTING)] = ()
    """What of both is not free yet."""
    code: Code = Code()
    upgrade: UpgradePart | None = None
    oracle: OraclePart = OraclePart()
    guardians: Annotated[tuple[str, ...], Meta(max_length=SEATS)] = ()
    """Who may slow the chain down until the first election."""
    pools: Annotated[tuple[PoolPart, ...], Meta(max_length=MAX_POOLS)] = ()
    """Liquidity of the chain's own."""


class Raw(Part, frozen=True, kw_only=True):
    """The storage of block 0, key by key."""

    top: Annotated[dict[Hex, Hex], Meta(min_length=1)]
    children_default: Annotated[dict[str, Any], Meta(max_length=0)] = {}
    """Child tries; this runtime has none."""


class Genesis(Part, frozen=True, kw_only=True):
    """Block 0, either way."""

    config: Config | None = None
    raw: Raw | None = None


class ForkPart(Part, frozen=True, kw_only=True):
    """The block of another chain in whose place this chain begins: same number, same parent."""

    number: Annotated[int, Meta(ge=0, lt=2**32)]
    hash: Hash
    """Of the other chain's block."""
    parent_hash: Hash
    genesis_hash: Hash
    """What names the other chain."""


class ChainSpec(Part, frozen=True, kw_only=True):
    """A chain."""

    name: Name
    id: Annotated[str, Meta(pattern=r"^[a-z0-9_]{1,64}$")]
    chain_type: Literal["Development", "Local", "Live"]
    protocol_id: Annotated[str, Meta(pattern=r"^[a-z0-9_-]{1,32}$")]
    boot_nodes: Annotated[tuple[str, ...], Meta(max_length=64)] = ()
    properties: Properties = Properties()
    genesis: Genesis
    fork: ForkPart | None = None
    """Where the raw storage was taken from another chain's state: its first block has a number."""


def load_spec(chain: str) -> ChainSpec:
    """Return the preset of that name, or the spec in that file.

    Raises: BadSpec.
    """
    if chain in PRESETS:
        text = (files("genesis") / "presets" / f"{chain}.toml").read_text(encoding="utf-8")
        return parse_spec(text, f"preset {chain}", is_toml=True)
    path = Path(chain)
    try:
        if path.stat().st_size > MAX_SPEC_BYTES:
            raise BadSpec(f"{chain}: wanted at most {MAX_SPEC_BYTES} bytes")
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        wanted = f"wanted one of {', '.join(PRESETS)} or the path of a chain spec"
        raise BadSpec(f"{wanted}, got {chain!r}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BadSpec(f"{chain}: wanted UTF-8 text: {error.reason}") from error
    return parse_spec(text, chain, is_toml=path.suffix == ".toml")


def parse_spec(text: str, source: str, *, is_toml: bool) -> ChainSpec:
    """Read a spec; `source` is what messages call it.

    Raises: BadSpec, naming the source and the field.
    """
    try:
        parsed = tomllib.loads(text) if is_toml else msgspec.json.decode(text)
        spec = msgspec.convert(parsed, ChainSpec)
    except RecursionError as error:
        raise BadSpec(f"{source}: tables within tables without end") from error
    except (ValueError, msgspec.DecodeError) as error:
        raise BadSpec(f"{source}: {_in_our_words(str(error))}") from error
    given = [part for part in (spec.genesis.config, spec.genesis.raw) if part is not None]
    if len(given) != 1:
        raise BadSpec(f"{source}: genesis: wanted either config or raw, got {len(given)} of them")
    if spec.fork is not None and spec.genesis.raw is None:
        raise BadSpec(f"{source}: fork: wanted genesis.raw, the state that was taken, got config")
    return spec


def to_json(spec: ChainSpec) -> str:
    """Return a spec as JSON that `parse_spec` reads back."""
    table = msgspec.to_builtins(spec, order="deterministic")
    if spec.fork is None:
        del table["fork"]  # which releases before forks do not know
    return msgspec.json.format(msgspec.json.encode(table), indent=2).decode() + "\n"


def _in_our_words(message: str) -> str:
    """Turn msgspec's "reason - at `$.a.b`" into "a.b: reason"."""
    reason, _, path = message.partition(" - at `$.")
    place = path.rstrip("`")
    missing = _MISSING.fullmatch(reason)
    if missing is not None:
        return f"{place}.{missing[1]} is missing".lstrip(".")
    return f"{place}: {reason}" if place else reason


_MISSING = re.compile("Object missing required field `(.*)`")
