"""What a node in memory stands on, for tests of a single service of it."""

from __future__ import annotations

from node.assembly import Ground
from node.pool.pool import TransactionPool
from node.pool.runtime_adapter import RuntimeValidator
from node.pool.verified import VerifiedCache
from node.receipts.check import ReceiptChecker
from node.receipts.pool import ReceiptPool
from node.store.aux import AuxStore
from node.store.states import StateStore
from runtime.api import RuntimeApi
from runtime.validity import Checked
from tests.node.backend_support import MemoryNode
from tests.simulation.actors import inline


def ground_of(node: MemoryNode) -> Ground:
    """Return the chain, the stores and new pools of a node; what is checked is checked inline."""
    known: VerifiedCache[Checked] = VerifiedCache()
    checker = ReceiptChecker(node.executive, node.chain, inline)
    return Ground(
        database=node.db,
        chain=node.chain,
        states=StateStore(node.db),
        records=AuxStore(node.db),
        executive=node.executive,
        api=RuntimeApi(node.executive),
        known=known,
        pool=TransactionPool(RuntimeValidator(node.executive, node.chain, known)),
        checker=checker,
        receipts=ReceiptPool(checker),
    )
