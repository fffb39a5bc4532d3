"""How the node and its device process speak: a msgpack manifest, then raw contents.

One request, one reply, in turn, over a pair of pipes. A frame is the manifest's length (u32,
little-endian), the manifest, and the contents whose sizes it lists, back to back. Both ends are
the same release of this program; the limits guard against a broken child, not against an enemy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from typing import Any

import msgpack

from runtime.compute.job import MAX_CONTENT_BYTES

HEAD_BYTES = 4
MAX_MANIFEST_BYTES = 256 * 1024
"""Shares of the longest search, at twelve bytes each, several times over."""
MAX_CONTENTS = 2
"""A job sends its input, and receives its output and its auxiliary content."""


class BadFrame(Exception):
    """The other end sent what is no message."""


@dataclass(frozen=True, slots=True)
class Message:
    """A request (kind is the verb) or a reply (kind is `done` or an error's name)."""

    kind: str
    values: Mapping[str, Any] = field(default_factory=dict)
    contents: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Manifest:
    """A message whose contents have not arrived."""

    kind: str
    values: Mapping[str, Any]
    sizes: tuple[int, ...]

    @property
    def content_bytes(self) -> int:
        """How many bytes follow the manifest."""
        return sum(self.sizes)

    def message(self, payload: bytes) -> Message:
        """Put the message together once its contents are here."""
        assert len(payload) == self.content_bytes, f"{len(payload)} bytes of contents"
        ends = list(accumulate(self.sizes, initial=0))
        contents = tuple(payload[start:end] for start, end in pairwise(ends))
        return Message(self.kind, self.values, contents)


def encode_frame(message: Message) -> bytes:
    """Encode a message as one frame."""
    sizes = [len(content) for content in message.contents]
    manifest = msgpack.packb((message.kind, dict(message.values), sizes))
    assert len(manifest) <= MAX_MANIFEST_BYTES, f"a manifest of {len(manifest)} bytes"
    head = len(manifest).to_bytes(HEAD_BYTES, "little")
    return b"".join((head, manifest, *message.contents))


def manifest_bytes(head: bytes) -> int:
    """Read how long the manifest is.

    Raises:
        BadFrame: longer than any.
    """
    size = int.from_bytes(head, "little")
    if size > MAX_MANIFEST_BYTES:
        raise BadFrame(f"wanted a manifest of at most {MAX_MANIFEST_BYTES} bytes, got {size}")
    return size


def decode_manifest(raw: bytes) -> Manifest:
    """Read a manifest.

    Raises:
        BadFrame: it is none, or lists more contents than there are.
    """
    try:
        kind, values, listed = msgpack.unpackb(raw)
        sizes = tuple(int(size) for size in listed)
    except (ValueError, TypeError) as error:
        raise BadFrame(f"wanted a manifest, got {raw[:32]!r}: {error}") from error
    if len(sizes) > MAX_CONTENTS or any(not 0 <= size <= MAX_CONTENT_BYTES for size in sizes):
        raise BadFrame(
            f"wanted at most {MAX_CONTENTS} contents of 0 to {MAX_CONTENT_BYTES} bytes, got {sizes}"
        )
    return Manifest(kind, values, sizes)
