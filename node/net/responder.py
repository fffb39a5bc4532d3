"""Answers the requests of peers from the chain, the receipts and the blobs of this node."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Protocol

import trio

from node.chain import Chain
from node.receipts.pool import ReceiptPool
from p2p.light import (
    HEADERS_BYTES,
    MAX_HEADERS_PER_RESPONSE,
    MAX_STATE_ITEMS,
    STATE_BYTES,
    HeaderData,
)
from p2p.messages import BlockData, BlocksRequest, Direction
from runtime.primitives.block import Header
from runtime.primitives.scale import encode
from runtime.state.subtree import walk
from runtime.state.trie_node import CorruptNode

MAX_BLOCKS = 256
"""Blocks in one answer, however small they are."""

NODES_PER_STEP = 128
"""Nodes read between two checkpoints of the event loop: 3 ms."""


class BlobSource(Protocol):
    """The blobs of this node."""

    async def manifest(self, root: bytes) -> bytes | None:
        """Return a blob's manifest."""
        ...

    async def chunks(self, root: bytes, first: int, count: int) -> tuple[bytes, ...]:
        """Return consecutive chunks of a blob."""
        ...


class ChainResponder:
    """Answers peers."""

    def __init__(
        self,
        chain: Chain,
        receipts: ReceiptPool,
        blobs: BlobSource,
        payload: Callable[[bytes], bytes | None],
    ) -> None:
        self._chain, self._receipts, self._blobs = chain, receipts, blobs
        self._payload = payload

    async def blocks(self, query: BlocksRequest) -> tuple[BlockData, ...]:
        """Return blocks from `start` on, within the count and the byte budget, at least one."""
        found: list[BlockData] = []
        size = 0
        for block_hash in self._hashes(query):
            block = block_data(self._chain, block_hash)
            if block is None:
                break
            size += size_of(block)
            if found and size > query.max_bytes:
                break
            found.append(block)
        return tuple(found)

    async def block(self, block_hash: bytes) -> BlockData | None:
        """Return a block by hash."""
        return block_data(self._chain, block_hash)

    async def headers(self, first: int, max_count: int) -> tuple[HeaderData, ...]:
        """Return headers with their proofs within the count and the byte budget, at least one."""
        found: list[HeaderData] = []
        size = 0
        for number in range(first, first + min(max_count, MAX_HEADERS_PER_RESPONSE)):
            data = header_data(self._chain, number)
            if data is None:
                break
            size += len(data.header) + len(data.justification or b"")
            if found and size > HEADERS_BYTES:
                break
            found.append(data)
        return tuple(found)

    async def state(self, roots: tuple[bytes, ...]) -> tuple[bytes, ...]:
        """Return nodes of a state within the count and the byte budget, at least one if it is here.

        Nodes are read past the cache of those that blocks need.
        """
        found: list[bytes] = []
        size = 0
        # a hash that names a value, and no node, is a bad question
        with suppress(CorruptNode):
            for position, unit in enumerate(walk(self._chain.states.read, roots)):
                size += sum(map(len, unit))
                if found and (size > STATE_BYTES or len(found) + len(unit) > MAX_STATE_ITEMS):
                    break
                found.extend(unit)
                if position % NODES_PER_STEP == NODES_PER_STEP - 1:
                    await trio.lowlevel.checkpoint()
        return tuple(found)

    async def opening(self, proof_hash: bytes) -> bytes | None:
        """Return a waiting proof by its hash, or where the payload of a chain root lies."""
        return self._receipts.proof(proof_hash) or self._payload(proof_hash)

    async def manifest(self, root: bytes) -> bytes | None:
        """Return a blob's manifest."""
        return await self._blobs.manifest(root)

    async def chunks(self, root: bytes, first: int, count: int) -> tuple[bytes, ...]:
        """Return consecutive chunks of a blob."""
        return await self._blobs.chunks(root, first, count)

    def _hashes(self, query: BlocksRequest) -> Iterator[bytes]:
        """Yield the hashes asked for; a start by hash must be on the best chain to go up from."""
        start, count = query.start, min(query.max_count, MAX_BLOCKS)
        if query.direction is Direction.DESCENDING and isinstance(start, bytes):
            yield from self._ancestry(start, count)
            return
        number = self._number_of(start)
        step = 1 if query.direction is Direction.ASCENDING else -1
        for height in range(number, number + step * count, step) if number is not None else ():
            block_hash = self._chain.hash_at(height) if height >= 0 else None
            if block_hash is None:
                return
            yield block_hash

    def _ancestry(self, block_hash: bytes, count: int) -> Iterator[bytes]:
        header = self._chain.header(block_hash)
        for _ in range(count):
            if header is None:
                return
            yield header.hash
            header = self._chain.header(header.parent_hash)

    def _number_of(self, start: int | bytes) -> int | None:
        if isinstance(start, int):
            return start
        header = self._chain.header(start)
        if header is None or self._chain.hash_at(header.number) != start:
            return None
        return header.number


def block_data(chain: Chain, block_hash: bytes) -> BlockData | None:
    """Return a whole block as it travels, or None if its body is not here."""
    block = chain.blocks.block(block_hash)
    if block is None:
        return None
    return BlockData(
        encode(block.header, Header),
        block.extrinsics,
        chain.blocks.proofs(block_hash),
        chain.blocks.justification(block_hash),
    )


def header_data(chain: Chain, number: int) -> HeaderData | None:
    """Return a header of the best chain as it travels, with the proof that it is final."""
    block_hash = chain.hash_at(number)
    if block_hash is None:
        return None
    header = encode(chain.blocks.known_header(block_hash), Header)
    return HeaderData(header, chain.blocks.justification(block_hash))


def size_of(block: BlockData) -> int:
    """Return roughly what a block takes in a message."""
    return len(block.header) + sum(map(len, block.extrinsics)) + sum(map(len, block.proofs))
