"""The sizes above which a block is refused unread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from consensus.errors import TooLarge
from consensus.protocols import ImportRequest

MAX_DIGEST_ITEMS = 64
"""A claim, a seal, changes of epoch and voters, compute totals, and two logs for each of the 21
authorities of 64 that a block may disable at most."""

MAX_DIGEST_BYTES = 32 * 1024
"""An epoch change names up to a few hundred authorities of 40 bytes."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The sizes above which a block is refused unread."""

    body_bytes: int = 2 * 1024 * 1024
    """With the proofs it fits the 4 MiB of one network response."""
    proofs_bytes: int = 3 * 512 * 1024
    proofs: int = 4096
    extrinsics: int = 16_384
    """Far above what two megabytes of signed extrinsics hold."""


def check_size(request: ImportRequest[Any], limits: Limits) -> None:
    """Raise TooLarge if the block or what comes with it is over a limit."""
    header, extrinsics = request.block.header, request.block.extrinsics
    payloads = [getattr(item, "payload", b"") for item in header.digest]
    sizes = (
        ("digest items", len(header.digest), MAX_DIGEST_ITEMS),
        ("bytes of digest", sum(map(len, payloads)), MAX_DIGEST_BYTES),
        ("extrinsics", len(extrinsics), limits.extrinsics),
        ("bytes of extrinsics", sum(map(len, extrinsics)), limits.body_bytes),
        ("proofs", len(request.proofs), limits.proofs),
        ("bytes of proofs", sum(map(len, request.proofs)), limits.proofs_bytes),
    )
    for what, size, limit in sizes:
        if size > limit:
            raise TooLarge(f"wanted at most {limit} {what}, got {size}")
