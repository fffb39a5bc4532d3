"""How the parts of a block stand in the database."""

from __future__ import annotations

from typing import cast

import msgpack

from node.store.columns import BODY, HEADER, PROOFS, WEIGHT
from node.store.db import Batch
from node.store.index import stage_index
from runtime.primitives.block import Block, Header
from runtime.primitives.scale import encode


def stage_header(batch: Batch, header: Header) -> None:
    """Add a header to a batch."""
    batch.put(HEADER + header.hash, encode(header, Header))


def stage_body(batch: Batch, block: Block, proofs: tuple[bytes, ...]) -> None:
    """Add the extrinsics of a block, where to find them, and the proofs beside it to a batch."""
    block_hash = block.header.hash
    batch.put(BODY + block_hash, packed(block.extrinsics))
    if proofs:
        batch.put(PROOFS + block_hash, packed(proofs))
    stage_index(batch, block.header.number, block.extrinsics)


def stage_pruned(batch: Batch, block_hash: bytes, *, keeps_body: bool) -> None:
    """Remove all of an abandoned block but its header and, where it is kept, its body."""
    for column in (WEIGHT,) if keeps_body else (BODY, PROOFS, WEIGHT):
        batch.delete(column + block_hash)


def packed(items: tuple[bytes, ...]) -> bytes:
    """Return a list of bytes as it is kept."""
    return cast(bytes, msgpack.packb(items))


def list_of_bytes(raw: bytes | None) -> tuple[bytes, ...] | None:
    """Read a list of bytes, if there is one."""
    return None if raw is None else cast(tuple[bytes, ...], msgpack.unpackb(raw, use_list=False))
