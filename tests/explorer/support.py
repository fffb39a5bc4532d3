"""A node on the real runtime with an explorer, and traffic of every kind that its pages show."""

from dataclasses import replace

import trio

from node.explorer.decoding import Decoder
from node.explorer.index import Index
from node.explorer.indexer import Indexer
from node.explorer.service import Explorer
from node.rpc.api import Backend
from runtime.compute.classes import Work
from runtime.compute.contents import commit, input_root
from runtime.compute.job import Market, Terms
from runtime.compute.registry import job_spec
from runtime.frame import GovernanceOrigin
from runtime.frame.fungibles import NATIVE, WithId
from runtime.frame.origins import CustomOrigin
from runtime.frame.preimages import Inline
from runtime.frame.schedule import After
from runtime.pallets.jobs import JobState, Output
from runtime.pallets.staking import ToStash
from runtime.pallets.treasury import Native
from runtime.pallets.vaults import AGPU, Insurance, OfMarket
from runtime.primitives.extrinsic import Id
from runtime.primitives.ss58 import encode_ss58
from runtime.primitives.types import UNIT
from tests.node.backend_support import MemoryNode
from tests.rpc.clients import Served
from tests.rpc.real_node import RealNode
from tests.support.chain import MemoryChain
from tests.support.patience import patient


class ExplorerNode(RealNode):
    """A node whose index is kept by whoever runs its explorer, or by `index` at once."""

    def __init__(self, maker: MemoryChain | None = None) -> None:
        super().__init__()
        self.real = MemoryNode(maker or MemoryChain(6, amax=1000 * UNIT, treasury=1_000 * UNIT))
        self.chain = self.real.chain
        self.explorer = Explorer(self.real.executive, self.chain, self.real.db, self.blobs)

    def backend(self) -> Backend:
        return replace(super().backend(), work=self.real.work, explorer=self.explorer)

    async def index(self) -> Index:
        """Bring a fresh index of the node's database to the best block."""
        index = Index(self.real.db)
        await Indexer(Decoder(self.real.executive, self.chain), index).catch_up()
        return index

    def pay(self, amount: int = UNIT, sender: int = 1, to: int = 0, pallet: str = "Balances"):
        """Transfer between two of the accounts, in a block of its own."""
        pairs = self.real.maker.pairs
        dest = Id(pairs[to].public)
        call = self.real.maker.call(pallet, "transfer_keep_alive", dest, amount)
        nonce = self.real.runtime().system.nonce(pairs[sender].public)
        return self.real.grow(self.real.maker.sign(pairs[sender], call, nonce)).header


def busy_node(*made: tuple[Work, bytes]) -> ExplorerNode:
    """Return a node with jobs that are done, under way and waiting, transfers and a referendum.

    The first jobs are works and their inputs that the provider really does.
    """
    node = ExplorerNode()
    real = node.real
    node.pay()
    node.pay(10**9 * UNIT)  # refused: nobody has so much
    real.register()
    for work, payload in made:
        make(node, work, payload)
    real.completed()
    real.include(batches=(real.batch(12),))
    real.committed()
    real.submitted()
    propose(node)
    node.chain.finalize(node.chain.best.hash)
    real.pass_blocks(2)
    return node


def make(node: ExplorerNode, work: Work, payload: bytes, **terms: object) -> int:
    """Have work done by the provider: ordered, committed to, opened, paid; peers serve it all."""
    real, root = node.real, input_root(work, payload)
    chosen = {"max_price": 2 * UNIT, "deadline": real.number + 100, **terms}
    spec = job_spec(work, root, Terms(**chosen))
    real.act(real.client, "Jobs", "submit_job", spec, None, 0)
    job: int = real.runtime().jobs.next_job_id - 1
    while real.runtime().jobs.jobs[job].state is JobState.QUEUED:
        real.grow()
    result = work.run(payload)
    done = commit(work, job, 0, real.provider.public, result)
    real.act(real.provider, "Jobs", "start_job", job)
    output = Output(done.out_root, done.aux_root, done.out_bytes)
    real.act(real.provider, "Jobs", "commit_segment", job, 0, output)
    served = {root: payload, done.out_root: result.output, done.aux_root: result.auxiliary}
    node.blobs.stored |= served
    real.open(job)
    while real.runtime().jobs.jobs[job].state is not JobState.COMPLETED:
        real.pass_blocks(1)
    return job


def stake(node: ExplorerNode) -> None:
    """Open a vault for a market and that of insurance, with a stake in each."""
    staker = node.real.maker.pairs[1]
    for number, kind in enumerate((OfMarket(Market(0, 0)), Insurance())):
        node.real.act(staker, "Vaults", "create", kind, None)
        node.real.act(staker, "Vaults", "join", number, AGPU, 20 * UNIT, 28)


def trade(node: ExplorerNode, asset: int = 7) -> None:
    """Issue an asset, and open a pool of it and AGPU."""
    issuer = node.real.maker.pairs[1]
    me, pair = Id(issuer.public), (NATIVE, WithId(asset))
    node.real.act(issuer, "Assets", "create", asset, me, 1)
    node.real.act(issuer, "Assets", "set_metadata", asset, b"Gold coin", b"GLD", 6)
    node.real.act(issuer, "Assets", "mint", asset, me, 10**12)
    node.real.act(issuer, "AssetConversion", "create_pool", *pair)
    node.real.act(
        issuer, "AssetConversion", "add_liquidity", *pair, 20 * UNIT, 10**8, 1, 1, issuer.public
    )


def nominate(node: ExplorerNode) -> None:
    """Put stake behind the one validator."""
    nominator, validator = node.real.maker.pairs[4], node.real.author
    node.real.act(nominator, "Staking", "bond", 50 * UNIT, ToStash())
    node.real.act(nominator, "Staking", "nominate", (Id(validator.public),))


def propose(node: ExplorerNode) -> None:
    """Submit a small spend of the treasury, with its deposit and a vote."""
    real = node.real
    proposer = real.maker.pairs[3]
    real.act(proposer, "Referenda", "submit", *small_spend(node))
    real.act(proposer, "Referenda", "place_decision_deposit", 0)


def small_spend(node: ExplorerNode) -> tuple[object, ...]:
    """Return origin, call and moment of a small spend for the client."""
    beneficiary = Id(node.real.client.public)
    spend = node.real.maker.call("Treasury", "spend", Native(), UNIT, beneficiary, None)
    return CustomOrigin(GovernanceOrigin.SMALL_SPENDER), Inline(spend), After(1)


async def indexed(server: Served) -> None:
    """Wait until the index is at the best block."""
    node = server.node
    assert isinstance(node, ExplorerNode)
    with trio.fail_after(patient(20)):
        while not node.explorer.indexer.is_there:
            await trio.sleep(0.01)


def address(server: Served, account: int) -> str:
    return encode_ss58(server.node.real.maker.pairs[account].public, 42)  # type: ignore[attr-defined]
