"""The nodes of the state trie and their bytes.

A node is a leaf or a branch of 16 children. Its partial key is the run of nibbles between its
parent and itself, held here as hex digits, because `str` slices and compares fastest. A branch
holds for each child a reference exactly as it is encoded: empty, the length-prefixed hash of the
child, or the length-prefixed child itself when that is shorter than a hash.
Source: Polkadot protocol specification, section 2.4 "State storage", state versions 0 and 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from runtime.primitives.compact import DecodeError, decode_compact, encode_compact

HASH_BYTES = 32
"""BLAKE2b-256 everywhere."""

WIDTH = 16
"""Children of a branch: one per nibble."""

MAX_PARTIAL = 0xFFFF
"""Nibbles of a partial key: the bound of Substrate's codec."""

HASH_REF = b"\x80"
"""The compact length 32: what a reference by hash starts with."""

HEX_DIGITS = "0123456789abcdef"
NIBBLES = {digit: value for value, digit in enumerate(HEX_DIGITS)}

SHORT_PARTIAL = 192
"""Partial lengths whose headers are tabulated; no common storage key is longer than 96 bytes."""


class CorruptNode(ValueError):
    """Bytes that are not the canonical encoding of the trie node asked for."""


@dataclass(frozen=True, slots=True)
class ValueHash:
    """Stands for a value that is kept apart, under its hash."""

    hash: bytes


Value: TypeAlias = bytes | ValueHash
"""A value in a node, or its hash where layout V1 keeps the value apart."""


@dataclass(slots=True, eq=False)
class Leaf:
    """The end of a path. Never changed once made."""

    partial: str
    value: Value


@dataclass(slots=True, eq=False)
class Branch:
    """A fork of paths, which may itself be the end of one.

    Invariant: never changed once made, except that `kids` fills as children are read: `kids[i]`
    is None or the node that `refs[i]` refers to. So two versions of a trie may share a branch.
    """

    partial: str
    value: Value | None
    kids: list[Node | None]
    refs: list[bytes]
    bitmap: int
    """Bit i is set where there is a child i."""


Node: TypeAlias = Leaf | Branch


def decode_node(raw: bytes) -> Node:
    """Return the node that `raw` encodes.

    Raises: CorruptNode, also for encodings that Substrate never writes.
    """
    try:
        return _decode(raw)
    except DecodeError as error:
        raise CorruptNode(f"wanted a trie node, got {_shown(raw)}: {error}") from error
    except IndexError as error:
        raise CorruptNode(f"wanted a trie node, got {_shown(raw)}: it ends too early") from error


def encode_leaf(partial: str, value: bytes, hashed: bool) -> bytes:
    """Return the bytes of a leaf; `value` is its hash where `hashed`."""
    length = len(partial)
    digits = "0" + partial if length & 1 else partial
    if hashed:
        return _header(_LEAF_HASHED, length) + bytes.fromhex(digits) + value
    size = len(value)
    prefix = _COMPACT[size] if size < 64 else encode_compact(size)
    return _header(_LEAF, length) + bytes.fromhex(digits) + prefix + value


def encode_branch(branch: Branch, value: bytes | None, hashed: bool) -> bytes:
    """Return the bytes of `branch` with `value`, which is its hash where `hashed`."""
    partial = branch.partial
    length = len(partial)
    key = bytes.fromhex("0" + partial if length & 1 else partial) if length else b""
    bitmap = branch.bitmap.to_bytes(2, "little")
    if value is None:
        head = _header(_BRANCH, length) + key + bitmap
    elif hashed:
        head = _header(_BRANCH_HASHED, length) + key + bitmap + value
    else:
        head = _header(_BRANCH_VALUE, length) + key + bitmap + encode_compact(len(value)) + value
    return head + b"".join(branch.refs)


def is_hash_ref(ref: bytes) -> bool:
    """Return whether a child reference names its child by hash."""
    return len(ref) == HASH_BYTES + 1


@dataclass(frozen=True, slots=True, eq=False)
class _Kind:
    """What the first bits of a node's first byte say."""

    bits: int
    """The byte's high bits, the rest zero."""
    most: int
    """The largest length the low bits hold; a length of that or above goes on in more bytes."""
    headers: list[bytes]
    """The header of each short partial length."""


def _kind(bits: int, most: int) -> _Kind:
    headers = [_long_header(bits, most, length) for length in range(SHORT_PARTIAL)]
    return _Kind(bits, most, headers)


def _header(kind: _Kind, length: int) -> bytes:
    if length < SHORT_PARTIAL:
        return kind.headers[length]
    if length > MAX_PARTIAL:
        raise ValueError(f"wanted a partial key of at most {MAX_PARTIAL} nibbles, got {length}")
    return _long_header(kind.bits, kind.most, length)


def _long_header(bits: int, most: int, length: int) -> bytes:
    if length < most:
        return bytes((bits | length,))
    full, rest = divmod(length - most, 255)
    return bytes((bits | most,)) + b"\xff" * full + bytes((rest,))


_LEAF = _kind(0x40, 63)
_BRANCH = _kind(0x80, 63)
_BRANCH_VALUE = _kind(0xC0, 63)
_LEAF_HASHED = _kind(0x20, 31)
_BRANCH_HASHED = _kind(0x10, 15)
_KINDS = (_BRANCH_VALUE, _BRANCH, _LEAF, _LEAF_HASHED, _BRANCH_HASHED)
"""Most bits first, so that the first that matches is the right one."""

_COMPACT = [encode_compact(size) for size in range(64)]


def _decode(raw: bytes) -> Node:
    kind = _kind_of(raw[0])
    length, offset = _decode_length(raw, kind)
    partial, offset = _decode_partial(raw, offset, length)
    if kind is _LEAF or kind is _LEAF_HASHED:
        value, offset = _decode_value(raw, offset, kind is _LEAF_HASHED)
        _expect_end(raw, offset)
        return Leaf(partial, value)
    bitmap = int.from_bytes(_take(raw, offset, 2), "little")
    if not bitmap:
        raise DecodeError("a branch without children")
    offset += 2
    own: Value | None = None
    if kind is not _BRANCH:
        own, offset = _decode_value(raw, offset, kind is _BRANCH_HASHED)
    refs, offset = _decode_refs(raw, offset, bitmap)
    _expect_end(raw, offset)
    return Branch(partial, own, [None] * WIDTH, refs, bitmap)


def _kind_of(first: int) -> _Kind:
    for kind in _KINDS:
        if first & ~kind.most == kind.bits:
            return kind
    raise DecodeError(f"no node starts with byte {first:#04x}")


def _decode_length(raw: bytes, kind: _Kind) -> tuple[int, int]:
    length, offset = raw[0] & kind.most, 1
    if length < kind.most:
        return length, offset
    more = 255
    while more == 255:
        more = raw[offset]
        length += more
        offset += 1
        if length > MAX_PARTIAL:
            raise DecodeError(f"a partial key above {MAX_PARTIAL} nibbles")
    return length, offset


def _decode_partial(raw: bytes, offset: int, length: int) -> tuple[str, int]:
    size = (length + 1) >> 1
    digits = _take(raw, offset, size).hex()
    if not length & 1:
        return digits, offset + size
    if digits[0] != "0":
        raise DecodeError("an odd partial key that is not padded with zero")
    return digits[1:], offset + size


def _decode_value(raw: bytes, offset: int, hashed: bool) -> tuple[Value, int]:
    if hashed:
        return ValueHash(_take(raw, offset, HASH_BYTES)), offset + HASH_BYTES
    size, offset = decode_compact(raw, offset)
    return _take(raw, offset, size), offset + size


def _decode_refs(raw: bytes, offset: int, bitmap: int) -> tuple[list[bytes], int]:
    refs = [b""] * WIDTH
    for i in range(WIDTH):
        if bitmap >> i & 1:
            size = raw[offset]
            if size & 3 or not 0 < size >> 2 <= HASH_BYTES:
                raise DecodeError(f"wanted a child of 1 to {HASH_BYTES} bytes, got {size:#04x}")
            end = offset + 1 + (size >> 2)
            refs[i] = _take(raw, offset, end - offset)
            offset = end
    return refs, offset


def _take(raw: bytes, offset: int, size: int) -> bytes:
    end = offset + size
    if end > len(raw):
        raise DecodeError(f"wanted {size} bytes at {offset}, got {len(raw) - offset}")
    return raw[offset:end]


def _expect_end(raw: bytes, offset: int) -> None:
    if offset != len(raw):
        raise DecodeError(f"{len(raw) - offset} bytes after the node")


def _shown(raw: bytes) -> str:
    return raw.hex() if len(raw) <= HASH_BYTES else f"{raw[:HASH_BYTES].hex()}… ({len(raw)} bytes)"
