"""Puts the import queue on top of the real runtime and the real store."""

from __future__ import annotations

import logging
from collections.abc import Generator
from dataclasses import dataclass
from typing import Protocol

from consensus.errors import BadProofs, BadReceipts, ExecutionFailed, WrongStateRoot
from consensus.fork_choice import Record, genesis_record
from consensus.protocols import BlockWrite, FinalityWrite, Jump, Snapshot
from consensus.slots import Authority, Epoch, epoch_index
from node.chain import Chain
from node.pool.verified import VerifiedCache
from node.receipts.check import ReceiptChecker, WrongProofCount
from node.store.blocks import BlockImport
from runtime.block_execution import extrinsics_root
from runtime.compute.verify import BadReceipt, WrongProofHash
from runtime.config import UnknownRuntime
from runtime.executive import BadBlock, Executed, Executive, StateRootMismatch
from runtime.primitives.block import Block, Header
from runtime.primitives.scale import decode, encode
from runtime.validity import Checked

logger = logging.getLogger(__name__)


class ChainStore:
    """The chain, as the import queue writes to it."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain

    def load(self) -> Snapshot:
        """Return the last finalized block and every block above it, parents first."""
        blocks = self._chain.blocks
        above = tuple(
            (blocks.known_header(entry.hash), self._record(entry.hash))
            for entry in blocks.open_blocks()
        )
        final = self._chain.finalized
        return Snapshot((final, self._record(final.hash)), above)

    def import_block(self, write: BlockWrite[Executed]) -> None:
        """Write an executed block, with the trie nodes that it added."""
        state = write.executed.state
        self._chain.import_block(
            BlockImport(
                block=write.block,
                proofs=write.proofs,
                nodes=state.take_nodes(),
                weight=encode(write.record, Record),
                is_best=write.is_best,
            ),
            state,
        )

    def finalize(self, write: FinalityWrite) -> None:
        """Write a step of finality, and the head that fork choice then prefers."""
        final, best = write.finalized[-1].hash, write.best.hash
        self._chain.finalize(final, write.justification, best=best)

    def jump(self, jump: Jump) -> None:
        """Go on at a far final block."""
        self._chain.jump(jump.header, jump.justification)

    def _record(self, block_hash: bytes) -> Record:
        raw = self._chain.blocks.weight(block_hash)
        if raw is None:
            return genesis_record(self._chain.blocks.known_header(block_hash))
        record: Record = decode(raw, Record)
        return record


class Executor:
    """Executes blocks with the runtime, on the states that the chain keeps."""

    def __init__(self, executive: Executive, chain: Chain, known: VerifiedCache[Checked]) -> None:
        self._executive, self._chain, self._known = executive, chain, known

    def execute(self, block: Block, parent: Header) -> Generator[None, None, Executed]:
        """Execute a block on the state of its parent; every failure is the block's."""
        return self._run(block, parent, is_final=False)

    def replay(self, block: Block, parent: Header) -> Generator[None, None, Executed]:
        """Execute a block that is proven final: its signatures are good."""
        return self._run(block, parent, is_final=True)

    def _run(
        self, block: Block, parent: Header, *, is_final: bool
    ) -> Generator[None, None, Executed]:
        state = self._chain.state_at(parent.hash)
        try:
            return (
                yield from self._executive.execute(
                    block, parent, state, self._known, is_final=is_final
                )
            )
        except UnknownRuntime:
            raise  # not the block's failure but this release's: it must end the node
        except StateRootMismatch as error:
            raise WrongStateRoot(str(error)) from error
        except BadBlock as error:
            raise ExecutionFailed(str(error)) from error
        except Exception as error:
            # a bug of the runtime must cost the block, not the node: all nodes refuse it alike
            logger.exception("executing block %d failed", block.header.number)
            raise ExecutionFailed(f"the runtime failed: {error!r}") from error


class Signatures(Protocol):
    """Checks the signatures of many extrinsics at once, and remembers the good ones."""

    async def check(self, raws: tuple[bytes, ...]) -> object:
        """Check what is not known yet."""
        ...


@dataclass(frozen=True, slots=True)
class BodyChecks:
    """The costly checks of a body before it is executed."""

    chain: Chain
    receipts: ReceiptChecker
    signatures: Signatures | None
    """None where a single process does everything: execution then checks them one by one."""

    def extrinsics_root(self, extrinsics: tuple[bytes, ...]) -> bytes:
        """Return the root that a header with these extrinsics has."""
        return extrinsics_root(extrinsics)

    async def check_receipts(self, block: Block, parent: Header, proofs: tuple[bytes, ...]) -> None:
        """Check the work receipts against the proofs beside the block."""
        try:
            await self.receipts.check_block(block, parent, proofs)
        except (WrongProofHash, WrongProofCount) as error:
            raise BadProofs(f"{type(error).__name__}: {error}") from error
        except BadReceipt as error:
            raise BadReceipts(f"{type(error).__name__}: {error}") from error

    def check_proofs(self, block: Block, proofs: tuple[bytes, ...]) -> None:
        """Check that the proofs beside a final block are the ones that its openings name."""
        try:
            self.receipts.check_proofs(block, proofs)
        except BadReceipt as error:
            raise BadProofs(f"{type(error).__name__}: {error}") from error

    async def check_signatures(self, block: Block, parent: Header) -> None:  # noqa: ARG002
        """Let other processes check what is not known; execution decides, on the right branch."""
        if self.signatures is not None:
            await self.signatures.check(block.extrinsics)


class Epochs:
    """Reads epochs from the state of the chain."""

    def __init__(self, executive: Executive, chain: Chain) -> None:
        self._executive, self._chain = executive, chain

    def epoch_at(self, parent: Header, slot: int) -> Epoch:
        """Return the epoch of `slot` for a block on `parent`, as Babe will enter it."""
        state = self._chain.state_at(parent.hash)
        runtime = self._executive.reader_at(state, parent.number)
        babe = runtime.babe
        if parent.number == 0:
            return Epoch(0, slot, babe.randomness, authorities_of(babe.authorities))
        length = babe.config.epoch_slots
        index = epoch_index(slot, babe.genesis_slot, length)
        start = babe.genesis_slot + index * length
        is_new = index > babe.epoch_index
        disabled = runtime.disabled_next(is_new_epoch=is_new)
        randomness = babe.next_randomness if is_new else babe.randomness
        authorities = babe.next_authorities if is_new else babe.authorities
        return Epoch(index, start, randomness, authorities_of(authorities), disabled)


def authorities_of(listed: tuple[tuple[bytes, int], ...]) -> tuple[Authority, ...]:
    """Return authorities as consensus knows them."""
    return tuple(Authority(public, weight) for public, weight in listed)
