"""How the node and its device process speak: a msgpack manifest, then raw tensors.

One request, one reply, in turn, over a pair of pipes. A frame is the manifest's length (u32,
little-endian), the manifest, and the tensors it lists, back to back. Both ends are the same
release of this program; the limits guard against a broken child, not against an enemy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any

import msgpack
import numpy as np
from numpy.typing import NDArray

HEAD_BYTES = 4
MAX_MANIFEST_BYTES = 256 * 1024
"""Shares of the longest search, at twelve bytes each, several times over."""
MAX_TENSOR_BYTES = 128 * 1024 * 1024
"""The largest product is 64 MiB."""
MAX_TENSORS = 4
"""A matmul sends two and receives one."""
DTYPES: dict[str, np.dtype[Any]] = {"int8": np.dtype(np.int8), "int32": np.dtype("<i4")}

Tensor = NDArray[Any]


class BadFrame(Exception):
    """The other end sent what is no message."""


@dataclass(frozen=True, slots=True)
class Message:
    """A request (kind is the verb) or a reply (kind is `done` or an error's name)."""

    kind: str
    values: Mapping[str, Any] = field(default_factory=dict)
    tensors: tuple[Tensor, ...] = ()


@dataclass(frozen=True, slots=True)
class Manifest:
    """A message whose tensors have not arrived."""

    kind: str
    values: Mapping[str, Any]
    tensors: tuple[tuple[str, tuple[int, ...]], ...]

    @property
    def tensor_bytes(self) -> int:
        """How many bytes follow the manifest."""
        return sum(DTYPES[name].itemsize * prod(shape) for name, shape in self.tensors)

    def message(self, payload: bytes) -> Message:
        """Put the message together once its tensors are here."""
        assert len(payload) == self.tensor_bytes, f"{len(payload)} bytes of tensors"
        tensors, offset = [], 0
        for name, shape in self.tensors:
            cells = np.frombuffer(payload, DTYPES[name], prod(shape), offset)
            tensors.append(cells.reshape(shape))
            offset += cells.nbytes
        return Message(self.kind, self.values, tuple(tensors))


def encode_frame(message: Message) -> bytes:
    """Encode a message as one frame."""
    listed = [(tensor.dtype.name, tensor.shape) for tensor in message.tensors]
    manifest = msgpack.packb((message.kind, dict(message.values), listed))
    assert len(manifest) <= MAX_MANIFEST_BYTES, f"a manifest of {len(manifest)} bytes"
    head = len(manifest).to_bytes(HEAD_BYTES, "little")
    return b"".join((head, manifest, *(tensor.tobytes() for tensor in message.tensors)))


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
        BadFrame: it is none, or lists more tensors than there are.
    """
    try:
        kind, values, listed = msgpack.unpackb(raw)
        manifest = Manifest(kind, values, tuple(_listed(entry) for entry in listed))
    except (ValueError, TypeError, KeyError) as error:
        raise BadFrame(f"wanted a manifest, got {raw[:32]!r}: {error}") from error
    if len(manifest.tensors) > MAX_TENSORS or manifest.tensor_bytes > MAX_TENSOR_BYTES:
        raise BadFrame(f"wanted at most {MAX_TENSOR_BYTES} bytes, got {manifest.tensor_bytes}")
    return manifest


def _listed(entry: Any) -> tuple[str, tuple[int, ...]]:
    name, shape = entry
    sides = tuple(int(side) for side in shape)
    if name not in DTYPES or min(sides, default=0) < 0:
        raise ValueError(f"wanted a tensor of {sorted(DTYPES)}, got {name} {sides}")
    return name, sides
