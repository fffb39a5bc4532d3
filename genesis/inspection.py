"""What a raw chain spec of any Substrate chain commits to: its state root and its genesis hash.

A raw spec lists the storage of block 0, key by key; child tries stand beside it and their roots
go into it. Which trie layout counts is said by the runtime under `:code`.
Source: polkadot-sdk, sc-chain-spec (`GenesisSource`, `RawGenesis`, `construct_genesis_block`),
sp-storage (`well_known_keys`).
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, TypeVar

from genesis.json_stream import BadJson, JsonStream
from genesis.spec import BadSpec
from genesis.wasm import BadCode, can_ask_for_v1, embedded_version
from runtime.config import CODE_KEY, STATE_VERSION, ChainConfig, UnknownRuntime
from runtime.primitives.block import Header
from runtime.primitives.scale import DecodeError
from runtime.state.trie import EMPTY_ROOT
from runtime.state.trie_build import TooDeep, root_of

MAX_STORAGE_BYTES = 1 << 30
"""Keys and values together; they are held in memory. The largest public specs have 100 MB."""

CHILD_PREFIX = b":child_storage:"
DEFAULT_CHILD_PREFIX = CHILD_PREFIX + b"default:"
"""Before the name of a child trie, where its root stands in the storage."""

Storage = dict[bytes, bytes]

_T = TypeVar("_T")


@dataclass(slots=True)
class RawSpec:
    """What of a chain spec decides its genesis."""

    name: str = ""
    id: str = ""
    top: Storage = field(default_factory=dict)
    children: dict[bytes, Storage] = field(default_factory=dict)
    """Child tries by their names."""
    state_root: bytes | None = None
    """Given instead of a storage."""
    first: tuple[int, bytes] = (0, bytes(32))
    """Number and parent of the first block: not 0 where one of our devnets forked a chain."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a chain spec commits to."""

    name: str
    id: str
    runtime: str | None
    """Name and version of the runtime, where it tells them."""
    state_version: int | None
    """The trie layout; None where the spec gives the root itself."""
    state_version_source: str
    """How that is known."""
    keys: int
    child_tries: int
    header: Header


def inspect_spec(path: Path, state_version: int | None = None) -> Inspection:
    """Read the raw chain spec in a file; `state_version` overrides what its runtime says.

    Takes memory in the size of its storage, not of its text. Raises: BadSpec.
    """
    try:
        with path.open("rb") as file:
            return inspection_of(read_raw_spec(file), state_version)
    except OSError as error:
        raise BadSpec(f"{path}: {error.strerror}") from error
    except (BadJson, BadCode, BadSpec, TooDeep) as error:
        raise BadSpec(f"{path}: {error}") from error


def inspection_of(spec: RawSpec, state_version: int | None = None) -> Inspection:
    """Return what a spec commits to; raises BadSpec, BadCode, TooDeep."""
    if spec.state_root is not None:
        root, version, source, runtime = spec.state_root, None, "the spec has the root", None
    else:
        version, source, runtime = layout_of(spec.top.get(CODE_KEY), state_version)
        root = state_root(spec, version)
    return Inspection(
        name=spec.name,
        id=spec.id,
        runtime=runtime,
        state_version=version,
        state_version_source=source,
        keys=len(spec.top),
        child_tries=len(spec.children),
        header=Header(spec.first[1], spec.first[0], root, EMPTY_ROOT, ()),
    )


def state_root(spec: RawSpec, version: int) -> bytes:
    """Return the root of the storage with the roots of its child tries."""
    roots = {
        DEFAULT_CHILD_PREFIX + name: root_of(storage, version)
        for name, storage in spec.children.items()
        if storage
    }
    return root_of({**spec.top, **roots}, version)


def layout_of(code: bytes | None, wanted: int | None) -> tuple[int, str, str | None]:
    """Return the state version, how it is known, and the runtime's name; raises BadSpec, BadCode.

    With `wanted` the code need not tell, nor be one that we can read.
    """
    if code is not None and (own := _own_runtime(code)) is not None:
        found: tuple[int, str, str | None] = (STATE_VERSION, "the runtime is StarMiner's", own)
    elif wanted is not None:
        found = wanted, "", None
    elif code is None:
        raise BadSpec("genesis.raw.top has no :code (0x3a636f6465): say --state-version 0 or 1")
    else:
        found = _wasm_layout(code)
    return found if wanted is None else (wanted, "given", found[2])


def _own_runtime(code: bytes) -> str | None:
    """Return the name of our runtime if the code is our descriptor."""
    try:
        config = ChainConfig.decode(code)
    except (DecodeError, UnknownRuntime):
        return None
    return f"{config.spec_name} {config.spec_version}"


def _wasm_layout(code: bytes) -> tuple[int, str, str | None]:
    version = embedded_version(code)
    if version is not None:
        runtime = f"{version.spec_name} {version.spec_version}"
        return min(version.state_version, 1), "runtime_version of :code", runtime
    if can_ask_for_v1(code):
        raise BadSpec(
            ":code has no section runtime_version, and no Wasm is executed here: "
            "say --state-version 0 or 1"
        )
    return 0, ":code cannot ask for another", None


def read_raw_spec(file: BinaryIO) -> RawSpec:
    """Read what decides the genesis; raises BadJson, BadSpec."""
    json, spec = JsonStream(file), RawSpec()
    found = False
    for name in json.members():
        if name == "name":
            spec.name = json.string()
        elif name == "id":
            spec.id = json.string()
        elif name == "genesis":
            found = True
            _read_genesis(json, spec)
        elif name == "fork" and json.peek() == b"{":
            spec.first = _read_fork(json)
        else:
            json.skip()
    json.end()
    if not found:
        raise BadSpec("it has no field genesis: wanted a raw chain spec")
    return spec


def _read_fork(json: JsonStream) -> tuple[int, bytes]:
    """Read number and parent of the block in whose place a chain of ours begins."""
    number, parent = 0, bytes(32)
    for name in json.members():
        if name == "number":
            number = json.number()
        elif name == "parentHash":
            parent = _bytes(json.string(), "fork.parentHash")
        else:
            json.skip()
    return number, parent


def _read_genesis(json: JsonStream, spec: RawSpec) -> None:
    for kind in json.members():
        if json.peek() == b"n":
            json.skip()  # null: the other way to give a genesis
        elif kind == "raw":
            _Storages(json, spec).read()
        elif kind == "stateRootHash":
            spec.state_root = _bytes(json.string(), "genesis.stateRootHash")
            if len(spec.state_root) != len(EMPTY_ROOT):
                raise BadSpec(f"genesis.stateRootHash: wanted 32 bytes, got {len(spec.state_root)}")
        else:
            raise BadSpec(
                f"genesis.{kind}: wanted a raw chain spec, with genesis.raw; "
                "its node makes one with `build-spec --raw`"
            )
    if spec.state_root is None and not spec.top:
        raise BadSpec("genesis.raw.top: wanted at least one key, got none")


class _Storages:
    """Reads the storage of block 0 and of its child tries, up to a size in all."""

    def __init__(self, json: JsonStream, spec: RawSpec) -> None:
        self._json = json
        self._spec = spec
        self._size_bytes = 0

    def read(self) -> None:
        """Read `{top, childrenDefault}`, or the pair of both that the oldest specs have."""
        if self._json.peek() == b"[":
            for i in self._json.items():
                self._part("top" if i == 0 else "childrenDefault" if i == 1 else str(i))
        else:
            for name in self._json.members():
                self._part(name)

    def _part(self, name: str) -> None:
        place = f"genesis.raw.{name}"
        if name == "top":
            self._spec.top = self._pairs(place)
            for key in self._spec.top:
                if key.startswith(CHILD_PREFIX):
                    raise BadSpec(
                        f"{place}.0x{key.hex()}: the root of a child trie follows from its "
                        "storage, which belongs into childrenDefault"
                    )
        elif name in ("childrenDefault", "children"):
            for child in self._json.members():
                storage = self._pairs(f"{place}.{child}")
                _put(self._spec.children, _bytes(child, place), storage, f"{place}.{child}")
        else:
            raise BadSpec(f"{place}: wanted top and childrenDefault")

    def _pairs(self, place: str) -> Storage:
        found: Storage = {}
        for key in self._json.members():
            where = f"{place}.{key[:80]}"
            value = _bytes(self._json.string(), where)
            _put(found, _bytes(key, where), value, where)
            self._size_bytes += len(key) // 2 + len(value)
            if self._size_bytes > MAX_STORAGE_BYTES:
                raise BadSpec(f"{where}: wanted at most {MAX_STORAGE_BYTES} bytes of storage")
        return found


def _put(found: dict[bytes, _T], key: bytes, value: _T, where: str) -> None:
    if key in found:
        raise BadSpec(f"{where}: the key stands there twice")
    found[key] = value


def _bytes(text: str, where: str) -> bytes:
    """Return what hex stands for; bytes.fromhex alone would pass over white space."""
    digits = text[2:]
    if text.startswith("0x") and (digits.isalnum() or not digits):
        with suppress(ValueError):
            return bytes.fromhex(digits)
    raise BadSpec(f"{where}: wanted 0x and an even number of hex digits, got {text[:20]!r}")
