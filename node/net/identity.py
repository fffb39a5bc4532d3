"""The key that names a node to its peers: 32 bytes in a file that only its owner can read."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

SEED_BYTES = 32


class BadNodeKey(ValueError):
    """The file holds something else than a node key."""


def ensure_node_key(path: Path) -> bytes:
    """Return the node key in a file, made if there is none.

    Raises: BadNodeKey, which names the file.
    """
    if path.exists():
        return _read(path)
    seed = secrets.token_bytes(SEED_BYTES)
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(seed.hex() + "\n")
    return seed


def _read(path: Path) -> bytes:
    try:
        seed = bytes.fromhex(path.read_text(encoding="utf-8").strip())
    except ValueError as error:
        raise BadNodeKey(f"{path}: wanted {2 * SEED_BYTES} hex digits") from error
    if len(seed) != SEED_BYTES:
        raise BadNodeKey(f"{path}: wanted a key of {SEED_BYTES} bytes, got {len(seed)}")
    return seed
