"""What travels between the node and a verifier process: batches of signatures, bitmaps of verdicts.

    request = length u32 ‖ count u16 ‖ count × (kind u8 ‖ signature length u8 ‖ message length u32 ‖
              public 32 ‖ signature ‖ message)
    answer  = length u32 ‖ ⌈count / 8⌉ bytes, bit i of byte i // 8 is set where signature i is good

Both ends are ours and on one machine, so a malformed frame is a bug and ends the process.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import NamedTuple

from runtime.primitives.crypto import PUBLIC_BYTES, KeyKind, verify_signature

MAX_BATCH = 256
"""Signatures in a frame: 20 ms of work, so that several processes share a block evenly."""

MAX_MESSAGE_BYTES = 16 << 10
"""Signed payloads of extrinsics are at most 256 bytes; whoever signs more signs its hash."""

MAX_FRAME_BYTES = 8 << 20
"""More than a batch of the longest messages; one of ordinary extrinsics takes 60 KB."""

LENGTH = struct.Struct("<I")
_COUNT = struct.Struct("<H")
_ITEM = struct.Struct("<BBI")


class Check(NamedTuple):
    """One signature to check; a tuple, as there are thousands a second."""

    kind: int
    signature: bytes
    message: bytes
    public: bytes
    """32 bytes: the key, or for ecdsa the hash of one."""


def is_good(check: Check) -> bool:
    """Check one signature; what cannot even travel is not a signature."""
    return _is_sendable(check) and verify_signature(
        KeyKind(check.kind), check.signature, check.message, check.public
    )


def encode_batch(checks: Sequence[Check]) -> bytes:
    """Return the frame of a batch, in which what cannot travel stands as an empty signature."""
    assert len(checks) <= MAX_BATCH, f"wanted at most {MAX_BATCH} signatures, got {len(checks)}"
    parts = [_COUNT.pack(len(checks))]
    for check in checks:
        kind, signature, message, public = check if _is_sendable(check) else _HOPELESS
        parts += (_ITEM.pack(kind, len(signature), len(message)), public, signature, message)
    body = b"".join(parts)
    return LENGTH.pack(len(body)) + body


def decode_batch(body: bytes) -> list[Check]:
    """Return the checks of a frame without its length."""
    (count,) = _COUNT.unpack_from(body)
    offset = _COUNT.size
    checks = []
    for _ in range(count):
        kind, signature_bytes, message_bytes = _ITEM.unpack_from(body, offset)
        start = offset + _ITEM.size
        middle = start + PUBLIC_BYTES
        end = middle + signature_bytes
        offset = end + message_bytes
        check = Check(kind, body[middle:end], body[end:offset], body[start:middle])
        checks.append(check)
    assert offset == len(body), f"wanted a frame of {offset} bytes, got {len(body)}"
    return checks


def encode_verdicts(verdicts: Sequence[bool]) -> bytes:
    """Return the answer's frame."""
    bits = sum(1 << i for i, good in enumerate(verdicts) if good)
    size = (len(verdicts) + 7) // 8
    return LENGTH.pack(size) + bits.to_bytes(size, "little")


def decode_verdicts(body: bytes, count: int) -> list[bool]:
    """Return the verdicts of an answer without its length."""
    assert len(body) == (count + 7) // 8, f"wanted {count} verdicts, got {len(body)} bytes"
    bits = int.from_bytes(body, "little")
    return [bool(bits >> i & 1) for i in range(count)]


def _is_sendable(check: Check) -> bool:
    return (
        0 <= check.kind <= max(KeyKind)
        and len(check.signature) < 1 << 8
        and len(check.message) <= MAX_MESSAGE_BYTES
        and len(check.public) == PUBLIC_BYTES
    )


_HOPELESS = Check(KeyKind.ED25519, b"", b"", bytes(PUBLIC_BYTES))
