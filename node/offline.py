"""A chain without a network: what its database holds is read, checked again and added to.

Blocks from a file go through the only door there is, the import queue, and are checked as if a peer
had sent them. Nothing else may have the database open meanwhile: LevelDB sees to that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import process_time, time_ns

import trio

from consensus.equivocation import BlockEquivocation
from consensus.errors import Refused, WrongStateRoot
from consensus.finality.tally import VoterSet
from consensus.import_queue import ImportQueue, QueueParts
from consensus.limits import Limits
from consensus.protocols import Finalized, Imported, ImportRequest, Origin
from consensus.slices import Slices
from consensus.slots import SlotClock
from node.assembly import Ground
from node.block_file import BadBlockFile
from node.importing import BodyChecks, ChainStore, Epochs, Executor
from node.receipts.pool import BLOCK_PROOF_BYTES
from p2p.messages import BlockData
from runtime.block_execution import extrinsics_root
from runtime.constants import LIMITS
from runtime.executive import Executed
from runtime.primitives.block import Block, Header
from runtime.primitives.scale import DecodeError, decode

Heard = Callable[[int], None]
"""Hears of every block by its number."""


class Quiet:
    """Hears what happens to a chain, and does nothing about it."""

    def on_imported(self, event: Imported) -> None:
        """Hear that a new block was written."""

    def on_finalized(self, event: Finalized) -> None:
        """Hear that finality moved."""

    def on_equivocation(self, proof: BlockEquivocation) -> None:
        """Hear that an author has two blocks in one slot: its own time to be reported is over."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A block that is here with all that executing it again needs."""

    block: Block
    parent: Header
    proofs: tuple[bytes, ...]

    @property
    def number(self) -> int:
        """The height of the block."""
        return self.block.header.number


@dataclass(frozen=True, slots=True)
class Rerun:
    """What it took to execute a block again, and what it declares to take at most."""

    extrinsics: int
    proofs: int
    check_seconds: float
    """For its receipts, of all cores: what other programs take of them does not count."""
    execute_seconds: float
    """For everything else: signatures, calls, hooks, roots."""
    gas_nanoseconds: int
    """What its receipts may take to check."""
    weight_picoseconds: int
    """What the rest may take: the weight that the block wrote into its own state."""

    @property
    def seconds(self) -> float:
        """All that it took."""
        return self.check_seconds + self.execute_seconds


@dataclass(frozen=True, slots=True)
class Added:
    """What came of the blocks of a file."""

    new: int
    known: int


def import_blocks(ground: Ground, blocks: Iterable[BlockData], heard: Heard) -> Added:
    """Add blocks to a chain, parents first; those that are there already are passed over.

    Raises:
        BadBlockFile: a block is refused, or is of another fork than what is final here. Those
            before it are kept.
    """
    return trio.run(_import_all, ground, blocks, heard)


def check_block(ground: Ground, header: Header) -> Rerun:
    """Check body, receipts and signatures of a block that is here, and execute it again.

    Raises:
        BadBlockFile: its body or the state before it is not here.
        Refused: this node would not import it today.
    """
    return rerun(ground, stored_block(ground, header))


def stored_block(ground: Ground, header: Header) -> Stored:
    """Return a block with what executing it again needs.

    Raises: BadBlockFile if its body or the state before it is not here.
    """
    chain = ground.chain
    block, parent = chain.blocks.block(header.hash), chain.header(header.parent_hash)
    if block is None:
        raise BadBlockFile(chain.blocks.bodies.why_missing(header.number))
    if parent is None:
        raise BadBlockFile(f"block {header.number} has no parent here")
    if not chain.has_state(parent.hash):
        raise BadBlockFile(
            f"the state before block {header.number} is not kept: see --state-pruning"
        )
    return Stored(block, parent, chain.blocks.proofs(header.hash))


def rerun(ground: Ground, stored: Stored) -> Rerun:
    """Check and execute a block again, as an importer that sees its extrinsics for the first time.

    Raises: Refused if this node would not import it today.
    """
    return trio.run(_rerun, ground, stored)


async def _rerun(ground: Ground, stored: Stored) -> Rerun:
    block, parent = stored.block, stored.parent
    began = process_time()
    await BodyChecks(ground.chain, ground.checker, None).check_receipts(
        block, parent, stored.proofs
    )
    checked = process_time()
    extrinsics_root.cache_clear()  # an importer has not asked for it either
    executor = Executor(ground.executive, ground.chain, ground.known)
    executed = await Slices().run(executor.execute(block, parent))
    done = process_time()
    if (root := executed.state.root) != block.header.state_root:
        raise WrongStateRoot(f"wanted {block.header.state_root.hex()}, got {root.hex()}")
    receipts = ground.checker.receipts_of(block, parent)
    return Rerun(
        extrinsics=len(block.extrinsics),
        proofs=len(stored.proofs),
        check_seconds=checked - began,
        execute_seconds=done - checked,
        gas_nanoseconds=ground.checker.gas(ground.checker.runtime_above(parent), receipts),
        weight_picoseconds=declared_weight(ground, executed),
    )


def declared_weight(ground: Ground, executed: Executed) -> int:
    """Return the weight that a block wrote into its own state, in picoseconds."""
    runtime = ground.executive.runtime_at(executed.state, executed.header.number)
    used = runtime.system.block_weight
    return sum(one.ref_time for one in (used.normal, used.operational, used.mandatory))


async def _import_all(ground: Ground, blocks: Iterable[BlockData], heard: Heard) -> Added:
    queue = _queue(ground)
    result: Added | BadBlockFile
    async with trio.open_nursery() as nursery:
        nursery.start_soon(queue.run)
        try:
            result = await _add(ground, queue, blocks, heard)
        except BadBlockFile as error:
            result = error  # raised below: a nursery would wrap it in a group
        nursery.cancel_scope.cancel()
    if isinstance(result, BadBlockFile):
        raise result
    return result


async def _add(
    ground: Ground, queue: ImportQueue[Executed], blocks: Iterable[BlockData], heard: Heard
) -> Added:
    new = known = 0
    for data in blocks:
        header = _header_of(data)
        is_new = not _is_final(ground, header) and await _submit(queue, header, data)
        new, known = new + is_new, known + (not is_new)
        heard(header.number)
    return Added(new, known)


def _header_of(data: BlockData) -> Header:
    try:
        header: Header = decode(data.header, Header)
    except DecodeError as error:
        raise BadBlockFile(f"wanted a header, got {len(data.header)} bytes: {error}") from error
    return header


async def _submit(queue: ImportQueue[Executed], header: Header, data: BlockData) -> bool:
    """Import a block; say whether it is new."""
    block = Block(header, data.extrinsics)
    request: ImportRequest[Executed] = ImportRequest(
        block, data.proofs, data.justification, Origin.REQUESTED
    )
    try:
        return (await queue.submit(request)).is_new
    except (Refused, DecodeError) as error:
        raise BadBlockFile(
            f"block {header.number} is refused: {type(error).__name__}: {error}"
        ) from error


def _is_final(ground: Ground, header: Header) -> bool:
    """Say whether a block is final here already.

    Raises: BadBlockFile if another one is.
    """
    chain = ground.chain
    if header.number > chain.finalized.number:
        return False
    if (here := chain.hash_at(header.number)) != header.hash:
        found = "nothing" if here is None else f"0x{here.hex()}"
        raise BadBlockFile(
            f"block {header.number} is of another fork: wanted {found}, got 0x{header.hash.hex()}"
        )
    return True


def _queue(ground: Ground) -> ImportQueue[Executed]:
    """Return the door of a chain that no network is behind."""
    chain, executive = ground.chain, ground.executive
    final = chain.finalized
    grandpa = executive.runtime_at(chain.state_at(final.hash), final.number).grandpa
    return ImportQueue(
        QueueParts(
            store=ChainStore(chain),
            executor=Executor(executive, chain, ground.known),
            bodies=BodyChecks(chain, ground.checker, None),
            epochs=Epochs(executive, chain),
            clock=SlotClock(executive.config.slot_milliseconds, lambda: time_ns() // 10**6),
            voters=VoterSet(grandpa.current_set_id, grandpa.authorities),
            listener=Quiet(),
            runner=Slices(),
            limits=Limits(body_bytes=LIMITS.max_bytes, proofs_bytes=BLOCK_PROOF_BYTES),
        )
    )
