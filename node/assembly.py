"""What a node stands on: its database, its chain, the runtime, and the pools above them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import trio

from genesis.build import GenesisBlock
from node.chain import Chain
from node.directories import Directories
from node.metrics import Metrics
from node.pool.limits import PoolLimits
from node.pool.pool import TransactionPool
from node.pool.runtime_adapter import RuntimeValidator
from node.pool.verified import VerifiedCache
from node.receipts.check import Checked as ReceiptsChecked
from node.receipts.check import ReceiptChecker, unheard
from node.receipts.pool import ReceiptPool
from node.store.aux import AuxStore
from node.store.db import BLOCK_CACHE_BYTES, Database, LevelDatabase
from node.store.gathered import GatheredDatabase
from node.store.opening import AS_IT_IS, open_block_store
from node.store.pruning import PruningChoice
from node.store.states import StateStore
from runtime.api import RuntimeApi
from runtime.executive import Executive
from runtime.primitives.block import Block
from runtime.validity import Checked
from runtime.versions import VERSIONS, Versions

READY_LIMIT = PoolLimits().ready_count
"""Transactions that may wait where nobody says how many."""


@dataclass(frozen=True, slots=True)
class Ground:
    """The parts that everything else in the node is built on."""

    database: GatheredDatabase
    chain: Chain
    states: StateStore
    records: AuxStore
    executive: Executive
    api: RuntimeApi
    known: VerifiedCache[Checked]
    pool: TransactionPool
    checker: ReceiptChecker
    receipts: ReceiptPool


def open_ground(
    directories: Directories,
    genesis: GenesisBlock,
    pool_limit: int,
    metrics: Metrics,
    *,
    pruning: PruningChoice = AS_IT_IS,
    versions: Versions = VERSIONS,
    cache_bytes: int = BLOCK_CACHE_BYTES,
) -> Ground:
    """Open or create the database of the chain of `genesis`, and build what stands on it.

    Raises:
        DatabaseError: it is locked, damaged, or of another chain; the message says what to do.
        UnknownRuntime: this release does not carry the chain's runtime.
    """
    directories.root.mkdir(parents=True, exist_ok=True)
    return ground_on(
        LevelDatabase(directories.database, cache_bytes=cache_bytes),
        Block(genesis.header, ()),
        genesis.state.take_nodes,
        pool_limit=pool_limit,
        checked=metrics.receipts_checked,
        pruning=pruning,
        versions=versions,
    )


def ground_on(
    database: Database,
    first: Block,
    nodes: Callable[[], Mapping[bytes, bytes]],
    *,
    pool_limit: int = READY_LIMIT,
    checked: ReceiptsChecked = unheard,
    pruning: PruningChoice = AS_IT_IS,
    versions: Versions = VERSIONS,
) -> Ground:
    """Build what stands on a database, new or old, of the chain of block 0, whose state is `nodes`.

    Raises: as `open_ground`.
    """
    gathered = GatheredDatabase(database)
    states = StateStore(gathered)
    chain = Chain(open_block_store(gathered, first, nodes, pruning), states)
    state = chain.state_at(chain.best.hash)
    executive = Executive.of_state(state, chain.genesis_hash, versions)
    known: VerifiedCache[Checked] = VerifiedCache()
    validator = RuntimeValidator(executive, chain, known)
    checker = ReceiptChecker(executive, chain, trio.to_thread.run_sync, checked)
    return Ground(
        database=gathered,
        chain=chain,
        states=states,
        records=AuxStore(gathered),
        executive=executive,
        api=RuntimeApi(executive),
        known=known,
        pool=TransactionPool(validator, limits=PoolLimits(ready_count=pool_limit)),
        checker=checker,
        receipts=ReceiptPool(checker),
    )
