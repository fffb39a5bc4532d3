"""Opening the store of a chain: an empty database gets block 0, another chain's is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from node.store.blocks import BlockStore
from node.store.bodies import open_bodies, stage_first_bodies
from node.store.columns import (
    BEST_KEY,
    CANONICAL,
    FINALIZED_KEY,
    GENESIS_KEY,
    RESTORING_KEY,
    number_key,
)
from node.store.db import ADVICE, Batch, Database, DatabaseCorrupt, DatabaseError
from node.store.pruning import PruningChoice, open_keeper, stage_first_state
from node.store.records import stage_body, stage_header
from runtime.primitives.block import Block

AS_IT_IS = PruningChoice()


class ForeignChain(DatabaseError):
    """The database belongs to another chain."""


def open_block_store(
    db: Database,
    genesis: Block,
    genesis_nodes: Callable[[], Mapping[bytes, bytes]],
    pruning: PruningChoice = AS_IT_IS,
) -> BlockStore:
    """Return the store of the chain of `genesis`; write block 0 into an empty database.

    Raises ForeignChain, PruningMismatch, DatabaseCorrupt.
    """
    if db.get(RESTORING_KEY) is not None:
        raise DatabaseCorrupt(f"the database is a snapshot that was restored by half; {ADVICE}")
    found = db.get(GENESIS_KEY)
    wanted = genesis.header.hash
    if found is None:
        _write_genesis(db, genesis, genesis_nodes(), pruning)
    elif found != wanted:
        raise ForeignChain(
            f"the database belongs to another chain: wanted genesis 0x{wanted.hex()}, "
            f"got 0x{found.hex()}; use another --base-path or `starminer chain purge`"
        )
    bodies = open_bodies(db, pruning, genesis.header.number)
    return BlockStore(db, open_keeper(db, pruning), bodies)


def _write_genesis(
    db: Database, genesis: Block, nodes: Mapping[bytes, bytes], pruning: PruningChoice
) -> None:
    """Write the first block, which is best and final from the start."""
    block_hash = genesis.header.hash
    batch = Batch()
    stage_header(batch, genesis.header)
    stage_body(batch, genesis, ())
    stage_first_state(batch, db, pruning, genesis.header, nodes)
    stage_first_bodies(batch, pruning)
    batch.put(CANONICAL + number_key(genesis.header.number), block_hash)
    for marker in (GENESIS_KEY, BEST_KEY, FINALIZED_KEY):
        batch.put(marker, block_hash)
    db.write(batch, sync=True)
