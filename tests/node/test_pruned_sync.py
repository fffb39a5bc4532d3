"""Nodes that keep the last bodies alone, among others: nobody blames them or waits for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from node.assembly import Ground
from node.net import fast
from node.store.blocks import BlockImport
from node.store.db import LevelDatabase
from node.store.pruning import PruningChoice
from p2p import backfill, download, state, sync
from p2p.messages import BlockData, BlocksRequest, Roles
from tests.node.sync_support import Disguise, Disguised, TestedNetwork, node_on
from tests.p2p.support import until
from tests.support.chain import at_once
from tests.support.grown import GrownChain

BLOCKS, LAST_FINAL, KEPT = 300, 296, 24


@pytest.fixture(scope="module")
def world() -> GrownChain:
    chain = GrownChain()
    for number in range(1, BLOCKS + 1):
        extrinsics = chain.transfers(1) if number % 5 == 0 else []
        chain.grow(*extrinsics, finalize=number % 8 == 0 and number <= LAST_FINAL)
    assert chain.chain.finalized.number == LAST_FINAL
    return chain


@pytest.fixture(autouse=True)
def no_long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sync, "AVOID_SECONDS", 0.3)
    monkeypatch.setattr(fast, "AVOID_SECONDS", 0.3)
    monkeypatch.setattr(backfill, "AVOID_SECONDS", 0.3)
    monkeypatch.setattr(download, "RECRUIT_SECONDS", 0.1)
    monkeypatch.setattr(backfill, "RECRUIT_SECONDS", 0.05)
    monkeypatch.setattr(state, "RECRUIT_SECONDS", 0.05)
    monkeypatch.setattr(fast, "LOOK_SECONDS", 0.1)
    monkeypatch.setattr(fast, "SETTLE_SECONDS", 0.5)


def is_at_head(ground: Ground, world: GrownChain) -> bool:
    return ground.chain.best == world.head and ground.chain.finalized == world.chain.finalized


def with_body(ground: Ground) -> set[int]:
    chain = ground.chain
    hashes = {number: chain.hash_at(number) for number in range(chain.best.number + 1)}
    return {n for n, one in hashes.items() if one is not None and chain.body(one) is not None}


KEPT_NUMBERS = {0, *range(LAST_FINAL - KEPT + 1, BLOCKS + 1)}


async def pruned_copy(world: GrownChain, directory: Path) -> Ground:
    """Synchronise a node that keeps the last bodies, on a real database, from one that has all."""
    ground = world.join(LevelDatabase(directory / "pruned"), PruningChoice(bodies=KEPT))
    async with (
        node_on(world.ground, 1, directory) as one,
        node_on(ground, 2, directory, one) as network,
    ):
        await until(lambda: is_at_head(ground, world), 60)
        assert network.reports == one.reports == []
    while ground.chain.blocks.prune_bodies():
        pass
    return ground


def roles_of(network: TestedNetwork, other: TestedNetwork) -> Roles:
    views = network.network.peers.ready()
    return next(view.roles for view in views if view.id == other.network.peer_id)


async def test_who_needs_old_bodies_waits_for_a_node_that_has_them_and_blames_nobody(
    world: GrownChain, tmp_path: Path
) -> None:
    pruned = await pruned_copy(world, tmp_path)
    assert with_body(pruned) == KEPT_NUMBERS
    newcomer = world.join()
    async with (
        node_on(pruned, 2, tmp_path) as some,
        node_on(newcomer, 3, tmp_path, some) as network,
    ):
        await until(lambda: network.sync.is_avoided(some.network.peer_id), 20)
        assert Roles.PARTIAL in roles_of(network, some)
        assert newcomer.chain.best.number == 0
        async with node_on(world.ground, 1, tmp_path, network) as one:
            await until(lambda: is_at_head(newcomer, world), 60)
            assert Roles.PARTIAL not in roles_of(network, one)
            assert network.reports == some.reports == []
    assert with_body(newcomer) == set(range(BLOCKS + 1))
    pruned.database.close()


async def test_a_node_that_is_a_little_behind_is_served_by_one_that_pruned(
    world: GrownChain, tmp_path: Path
) -> None:
    pruned = await pruned_copy(world, tmp_path)
    behind = world.join()
    for number in range(1, LAST_FINAL - KEPT + 2):
        copy_block(world, behind, number)
    async with (
        node_on(pruned, 2, tmp_path) as some,
        node_on(behind, 3, tmp_path, some) as network,
    ):
        await until(lambda: behind.chain.best == world.head, 40)
        assert network.reports == []
    pruned.database.close()


def copy_block(world: GrownChain, to: Ground, number: int) -> None:
    """Write a block of the world, with its state and its proof of finality, where it follows."""
    source = world.chain
    block_hash = source.hash_at(number)
    assert block_hash is not None
    block, weight = source.blocks.block(block_hash), source.blocks.weight(block_hash)
    assert block is not None
    assert weight is not None
    parent = to.chain.state_at(block.header.parent_hash)
    executed = at_once(to.executive.execute(block, to.chain.best, parent, {}))
    nodes = executed.state.take_nodes()
    to.chain.import_block(BlockImport(block, (), nodes, weight, True), executed.state)
    if (proof := source.blocks.justification(block_hash)) is not None:
        to.chain.finalize(block_hash, proof)


class NoBodyOfTheTarget(Disguised):
    """Has the body of the last final block no more when it is asked for it by number."""

    async def blocks(self, query: BlocksRequest) -> tuple[BlockData, ...]:
        if query.start == LAST_FINAL:
            self.asked += 1
            return ()
        return await self.honest.blocks(query)


@pytest.mark.parametrize("disguise", [lambda honest: honest, NoBodyOfTheTarget])
async def test_fast_sync_needs_no_old_bodies(
    world: GrownChain, tmp_path: Path, disguise: Disguise
) -> None:
    """Not even that of the block that is jumped to, if nobody has it."""
    pruned = await pruned_copy(world, tmp_path)
    newcomer = world.join()
    async with (
        node_on(pruned, 2, tmp_path, disguise=disguise) as some,
        node_on(newcomer, 3, tmp_path, some, sync="fast") as network,
    ):
        await until(lambda: is_at_head(newcomer, world), 40)
        lacks_target = disguise is NoBodyOfTheTarget
        assert network.history.last_missing == (LAST_FINAL if lacks_target else LAST_FINAL - 1)
        async with node_on(world.ground, 1, tmp_path, network):
            await until(lambda: not network.history.last_missing, 40)
        assert network.reports == []
    assert with_body(newcomer) == set(range(BLOCKS + 1))
    pruned.database.close()


async def test_a_node_that_jumps_and_keeps_few_bodies_fetches_no_old_ones(
    world: GrownChain, tmp_path: Path
) -> None:
    newcomer = world.join(LevelDatabase(tmp_path / "db"), PruningChoice(bodies=KEPT))
    async with (
        node_on(world.ground, 1, tmp_path) as one,
        node_on(newcomer, 3, tmp_path, one, sync="fast") as network,
    ):
        await until(lambda: is_at_head(newcomer, world), 40)
        assert network.history.last_missing == 0
        await until(lambda: network.progress is None, 10)
        assert Roles.PARTIAL in roles_of(one, network)
    oldest = newcomer.chain.blocks.bodies.oldest
    assert oldest >= LAST_FINAL - fast.CLOSE_BLOCKS
    assert with_body(newcomer) == {0, *range(oldest, BLOCKS + 1)}
    newcomer.database.close()
