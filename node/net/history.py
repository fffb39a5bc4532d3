"""Bodies of final blocks whose headers are here: checked by themselves, and written."""

from __future__ import annotations

import trio

from consensus.errors import BadProofs
from consensus.protocols import BodyChecker
from node.store.fast import FastStore
from p2p.backfill import BadBody
from p2p.messages import BlockData
from runtime.primitives.block import Block, Header
from runtime.primitives.scale import encode


class BodyHistory:
    """The old blocks of a chain that jumped: which bodies are missing."""

    def __init__(self, store: FastStore, bodies: BodyChecker) -> None:
        self._store, self._bodies = store, bodies

    @property
    def last_missing(self) -> int:
        """The highest number whose body may be missing; 0 when all are here."""
        return self._store.last_missing_body

    def has_down_to(self, number: int) -> None:
        """Note that no body is missing from this number up."""
        self._store.note_missing_bodies(number - 1)

    async def add(self, first: int, blocks: tuple[BlockData, ...]) -> None:
        """Check and write bodies of final blocks; proofs of finality came with the headers.

        Raises BadBody.
        """
        checked = []
        for number, block in enumerate(blocks, first):
            checked.append((self._checked(number, block), block.proofs))
            await trio.lowlevel.checkpoint()
        self._store.add_bodies(checked)

    def _checked(self, number: int, block: BlockData) -> Block:
        header = self._store.header_at(number)
        if block.header != encode(header, Header):
            raise BadBody(f"wanted block {number}, {header.hash.hex()}, got another header")
        root = self._bodies.extrinsics_root(block.extrinsics)
        if root != header.extrinsics_root:
            raise BadBody(
                f"block {number}: wanted {header.extrinsics_root.hex()}, got {root.hex()}"
            )
        whole = Block(header, block.extrinsics)
        try:
            self._bodies.check_proofs(whole, block.proofs)
        except BadProofs as error:
            raise BadBody(f"block {number}: {error}") from error
        return whole
