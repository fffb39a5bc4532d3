"""A node on the real runtime, in memory: its chain, its pool, and what follows both."""

from dataclasses import replace

from node.backend.ledger import StateLedger
from node.backend.runtime import StateRuntime
from node.pool.maintenance import PoolMaintenance
from node.pool.pool import TransactionPool
from node.pool.rpc_adapter import RpcPool
from node.pool.runtime_adapter import RuntimeValidator
from node.pool.verified import VerifiedCache
from node.rpc.api import Backend
from runtime.api import RuntimeApi
from runtime.pallets.oracle import Feed
from runtime.primitives.block import Header
from runtime.primitives.extrinsic import Id
from runtime.primitives.types import UNIT
from runtime.validity import Checked
from tests.node.backend_support import MemoryNode
from tests.rpc.support import FakeNode
from tests.support.chain import MemoryChain


class RealNode(FakeNode):
    """What tests do to it: `build` puts ready extrinsics into a block, `settle` finalizes it."""

    def __init__(self, accounts: int = 4, feeds: tuple[Feed, ...] = ()) -> None:
        super().__init__()
        self.real = MemoryNode(MemoryChain(accounts, feeds=feeds))
        self.chain = self.real.chain
        known: VerifiedCache[Checked] = VerifiedCache()
        validator = RuntimeValidator(self.real.executive, self.chain, known)
        self.transactions = TransactionPool(validator, now=lambda: 0.0)
        self.maintenance = PoolMaintenance(self.transactions, self.chain)

    def backend(self) -> Backend:
        real = self.real
        return replace(
            super().backend(),
            runtime=StateRuntime(RuntimeApi(real.executive), self.chain),
            pool=RpcPool(self.transactions, lambda account: real.runtime().system.nonce(account)),
            ledger=StateLedger(real.executive, self.chain),
        )

    def transfer(self, amount: int = UNIT, nonce: int = 0) -> bytes:
        """Return a transfer by the second account to the first, signed."""
        to, sender, *_ = self.real.maker.pairs
        call = self.real.maker.call("Balances", "transfer_keep_alive", Id(to.public), amount)
        return self.real.maker.sign(sender, call, nonce)

    async def build(self) -> Header:
        """Author a block of what is ready."""
        header = self.real.grow(*(entry.raw for entry in self.transactions.ready())).header
        await self.maintenance.follow_best()
        return header

    def settle(self) -> None:
        """Make the best block final."""
        self.chain.finalize(self.chain.best.hash)
        self.maintenance.follow_finalized()
