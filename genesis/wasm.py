"""Which trie layout a Substrate runtime asks for, read from its Wasm without executing it.

The runtime's version stands SCALE-encoded in the custom section `runtime_version`, and the
versions of its APIs in `runtime_apis`; without the latter the former is read as a legacy one. A
runtime without these sections that does not import the storage root of the second kind cannot ask
for layout V1. Source: polkadot-sdk, sc-executor `read_embedded_version`, sp-version
`decode_with_version_hint`, sp-maybe-compressed-blob; WebAssembly core specification 2.0, section 5.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import Annotated

from backports import zstd

from runtime.primitives.scale import DecodeError, decode_at
from runtime.primitives.schema import Fixed
from runtime.primitives.types import U8, U32

ZSTD_MAGIC = bytes.fromhex("52bc537646db8e05")
"""Marks code that is compressed."""

MAX_CODE_BYTES = 50 << 20
"""Uncompressed: Substrate's own limit against code that explodes."""

WASM_HEADER = b"\0asm\x01\0\0\0"
CUSTOM_SECTION, IMPORT_SECTION = 0, 2

API_BYTES = 12
"""An API in `runtime_apis`: 8 bytes of its name's hash and a u32."""

CORE_API = blake2b(b"Core", digest_size=8).digest()
TRANSACTION_VERSION_SINCE = 3
"""The version of Core from which a runtime version has a transaction version."""
STATE_VERSION_SINCE = 4
"""The version of Core from which it has a state version."""

V1_IMPORT = b"ext_storage_root_version_2"
"""The host function that takes a state version; the first one means V0."""


class BadCode(ValueError):
    """Code from which no version can be read; the message says why."""


@dataclass(frozen=True, slots=True)
class _LegacyVersion:
    """What the version of every Substrate runtime begins with."""

    spec_name: str
    impl_name: str
    authoring_version: U32
    spec_version: U32
    impl_version: U32
    apis: tuple[tuple[Annotated[bytes, Fixed(8)], U32], ...]


@dataclass(frozen=True, slots=True)
class RuntimeVersion:
    """What a Substrate runtime says of itself."""

    spec_name: str
    spec_version: int
    impl_version: int
    transaction_version: int
    state_version: int
    """As encoded; above 1 it means 1."""


def embedded_version(code: bytes) -> RuntimeVersion | None:
    """Return the version embedded in a Wasm blob, or None if it has none; raises BadCode."""
    sections = custom_sections(decompressed(code))
    raw = sections.get(b"runtime_version")
    if raw is None:
        return None
    core = _core_version(sections.get(b"runtime_apis"))
    try:
        return _decode_version(raw, core)
    except DecodeError as error:
        raise BadCode(f"section runtime_version of :code is damaged: {error}") from error


def can_ask_for_v1(code: bytes) -> bool:
    """Say whether the blob imports the host function that takes a state version; raises BadCode."""
    wasm = decompressed(code)
    return any(kind == IMPORT_SECTION and V1_IMPORT in body for kind, body in _sections(wasm))


def decompressed(code: bytes) -> bytes:
    """Return the Wasm of `:code`, which may be compressed; raises BadCode."""
    if not code.startswith(ZSTD_MAGIC):
        return code
    reader = zstd.ZstdDecompressor()
    try:
        wasm: bytes = reader.decompress(code[len(ZSTD_MAGIC) :], max_length=MAX_CODE_BYTES)
    except zstd.ZstdError as error:
        raise BadCode(f":code is marked as compressed, but zstd says: {error}") from error
    if not reader.eof:
        least = "it ends too early" if reader.needs_input else f"above {MAX_CODE_BYTES} bytes"
        raise BadCode(f":code cannot be decompressed: {least}")
    return wasm


def custom_sections(wasm: bytes) -> dict[bytes, bytes]:
    """Return the custom sections of a Wasm module by name; raises BadCode."""
    found: dict[bytes, bytes] = {}
    for kind, body in _sections(wasm):
        if kind == CUSTOM_SECTION:
            size, start = _leb128(body, 0)
            found.setdefault(body[start : start + size], body[start + size :])
    return found


def _sections(wasm: bytes) -> Iterator[tuple[int, bytes]]:
    if not wasm.startswith(WASM_HEADER):
        raise BadCode(
            f":code is not a Wasm module: wanted it to start with {WASM_HEADER.hex()}, "
            f"got {wasm[: len(WASM_HEADER)].hex() or 'nothing'}"
        )
    offset = len(WASM_HEADER)
    while offset < len(wasm):
        kind = wasm[offset]
        size, start = _leb128(wasm, offset + 1)
        offset = start + size
        if offset > len(wasm):
            raise BadCode(f":code ends inside a section: wanted {offset} bytes, got {len(wasm)}")
        yield kind, wasm[start:offset]


def _leb128(raw: bytes, offset: int) -> tuple[int, int]:
    """Return the unsigned u32 at `offset` and where it ends."""
    value = 0
    for i, byte in enumerate(raw[offset : offset + 5]):
        value |= (byte & 0x7F) << (7 * i)
        if byte < 0x80:
            return value, offset + i + 1
    raise BadCode(f":code is damaged: no size at byte {offset}")


def _core_version(apis: bytes | None) -> int:
    """Return the version of the API `Core`, 0 where the section does not tell."""
    if apis is None:
        return 0
    if len(apis) % API_BYTES:
        raise BadCode(f"section runtime_apis: wanted whole {API_BYTES} bytes, got {len(apis)}")
    for at in range(0, len(apis), API_BYTES):
        if apis[at : at + 8] == CORE_API:
            return int.from_bytes(apis[at + 8 : at + API_BYTES], "little")
    return 0


def _decode_version(raw: bytes, core: int) -> RuntimeVersion:
    legacy, offset = decode_at(raw, 0, _LegacyVersion)
    core = core or dict(legacy.apis).get(CORE_API, 0)
    transaction_version, state_version = 1, 0
    if core >= TRANSACTION_VERSION_SINCE:
        transaction_version, offset = decode_at(raw, offset, U32)
    if core >= STATE_VERSION_SINCE:
        state_version, offset = decode_at(raw, offset, U8)
    return RuntimeVersion(
        legacy.spec_name,
        legacy.spec_version,
        legacy.impl_version,
        transaction_version,
        state_version,
    )
