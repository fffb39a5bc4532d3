"""A node meets an upgrade: it is warned in time, stops where it must, and empties its pool."""

import io

import pytest

from node.importing import Executor
from node.log import LogFormat, LogLevels, Logs
from node.pool.limits import PoolLimits
from node.pool.maintenance import PoolMaintenance
from node.pool.pool import TransactionPool
from node.pool.runtime_adapter import RuntimeValidator
from node.pool.verified import VerifiedCache
from node.refusals import refusal_in
from node.upgrades import UpgradeWatch
from runtime.config import UnknownRuntime
from runtime.executive import Executive
from runtime.pallets.runtime_upgrades import Upgrade
from runtime.primitives.block import Block
from runtime.primitives.extrinsic import Id
from runtime.primitives.types import UNIT
from runtime.validity import Checked
from runtime.versions import VERSIONS, Versions
from tests.node.backend_support import MemoryNode
from tests.support.chain import MemoryChain
from tests.support.next_release import NEXT_RELEASE, SECOND

HEIGHT = 4


class Node(MemoryNode):
    """A node of a chain that is upgraded at block 4; what it carries is its own."""

    def __init__(self, versions: Versions) -> None:
        super().__init__(MemoryChain(upgrade=Upgrade(SECOND, HEIGHT), versions=NEXT_RELEASE))
        self.said = io.StringIO()
        self.mine = Executive(self.executive.config, self.chain.genesis_hash, versions)
        logs = Logs(LogFormat.JSON, LogLevels.parse(()), node="test", stream=self.said)
        self.watch = UpgradeWatch(self.mine, self.chain, logs.logger("node"))

    def transfer(self) -> bytes:
        call = self.maker.call("Balances", "transfer_keep_alive", Id(self.author.public), UNIT)
        return self.maker.sign(self.client, call, 0)


def test_who_lacks_a_scheduled_version_is_told_its_number_and_height_once() -> None:
    node = Node(VERSIONS)
    node.watch.look()
    node.grow()
    node.watch.look()
    (line,) = node.said.getvalue().splitlines()
    for told in ('"version":2', '"height":4', "a release that carries starminer 2, before block 4"):
        assert told in line.replace('": ', '":')


def test_who_has_the_version_is_told_nothing_and_goes_on() -> None:
    node = Node(NEXT_RELEASE)
    for _ in range(HEIGHT + 1):
        node.watch.look()
        node.grow()
    node.watch.look()
    assert node.said.getvalue() == ""


async def test_who_lacks_the_version_ends_with_a_refusal_at_the_height() -> None:
    node = Node(VERSIONS)
    node.pass_blocks(HEIGHT - 2)
    node.watch.look()
    node.grow()
    with pytest.raises(UnknownRuntime, match="carries 1: install a release that carries starmin"):
        await node.watch.run()


def test_an_unknown_runtime_is_not_held_against_the_block() -> None:
    node = Node(VERSIONS)
    node.pass_blocks(HEIGHT - 1)
    parent = node.chain.best
    block, _ = node.maker.build()
    known: VerifiedCache[Checked] = VerifiedCache()
    with pytest.raises(UnknownRuntime) as caught:
        next(Executor(node.mine, node.chain, known).execute(block, parent))
    assert refusal_in(ExceptionGroup("tasks", [caught.value])) is caught.value


async def test_the_pool_looks_at_all_it_holds_again_when_the_version_changes() -> None:
    node = Node(NEXT_RELEASE)
    known: VerifiedCache[Checked] = VerifiedCache()
    limits = PoolLimits(revalidated_per_block=0)
    validator = RuntimeValidator(node.mine, node.chain, known)
    pool = TransactionPool(validator, limits=limits, now=lambda: 0.0)
    maintenance = PoolMaintenance(pool, node.chain)
    node.grow()
    await pool.submit(node.transfer())
    while node.number < HEIGHT - 1:
        await maintenance.follow_best()
        assert pool.ready_count == 1
        node.grow()
    await maintenance.follow_best()
    assert (node.number, pool.ready_count) == (HEIGHT - 1, 0)
    await pool.submit(node.transfer())
    block: Block = node.maker.build(entry.raw for entry in pool.ready())[0]
    assert len(block.extrinsics) == 2
