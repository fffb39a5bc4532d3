"""BLAKE3 on a GPU: the hashes of many leaves of one size, as `merkle.leaf_hash` makes them."""

from __future__ import annotations

from contextlib import ExitStack

import numpy as np
from numpy.typing import NDArray

from consensus.compute.cuda_gpu import THREADS, Gpu, Kernel, Memory
from runtime.compute.classes import Cells
from runtime.compute.merkle import HASH_BYTES

HASH_CHUNKS = Kernel("hash_chunks", "PIIPIP")
JOIN_HASHES = Kernel("join_hashes", "PIIPIP")
CHUNK_BYTES = 1024
"""What BLAKE3 hashes apart."""
KEYED = 16
"""The flag of a hash with a key (BLAKE3, section 2.2)."""
BLOCKS = 4096
"""Enough to fill a large GPU; the kernels stride over what is left."""


def leaf_hashes(gpu: Gpu, key: bytes, content: Cells, leaf_bytes: int) -> NDArray[np.uint8]:
    """Hash each `leaf_bytes` of a content under a key; return (leaves, 32) bytes."""
    leaves = content.nbytes // leaf_bytes
    assert leaves * leaf_bytes == content.nbytes, f"{content.nbytes} bytes in leaves: {leaf_bytes}"
    hashes = np.empty((leaves, HASH_BYTES), np.uint8)
    with ExitStack() as stack:
        (memory,) = stack.enter_context(gpu.memory(content.nbytes))
        gpu.upload(memory, content)
        gpu.download(hashes, hash_leaves(gpu, stack, key, memory, (leaves, leaf_bytes)))
    return hashes


def hash_leaves(
    gpu: Gpu, stack: ExitStack, key: bytes, content: Memory, shape: tuple[int, int]
) -> Memory:
    """Queue the hashes of (leaves, leaf_bytes) that are on the GPU; return where they will be."""
    leaves, leaf_bytes = shape
    width = max(1, -(-leaf_bytes // CHUNK_BYTES))
    sizes = (HASH_BYTES, leaves * width * HASH_BYTES, leaves * -(-width // 2) * HASH_BYTES)
    words, now, spare = stack.enter_context(gpu.memory(*sizes))
    gpu.upload(words, np.frombuffer(key, np.uint8))
    grid = _grid(leaves * width)
    gpu.launch(HASH_CHUNKS, grid, content, leaf_bytes, leaves, words, KEYED, now)
    while width > 1:
        pairs = -(-width // 2)
        gpu.launch(JOIN_HASHES, _grid(leaves * pairs), now, width, leaves, words, KEYED, spare)
        now, spare, width = spare, now, pairs
    return now


def _grid(threads: int) -> tuple[int, int]:
    return min(BLOCKS, -(-threads // THREADS)), 1
