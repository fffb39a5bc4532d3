"""Nodes on the real runtime that sync over real hosts: over changes of voters, and past liars."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import trio

from node.assembly import Ground
from node.net.intake import AT_ONCE
from node.store.db import LevelDatabase
from node.store.pruning import PruningChoice
from p2p import download
from p2p.light import HeaderData
from p2p.messages import BlockData, BlocksRequest
from p2p.peers import Offence
from runtime.primitives.finality import scheduled_change
from tests.node.pruning_support import assert_exact
from tests.node.sync_support import Disguised, DyingDatabase, Killed, node_on
from tests.p2p.support import until
from tests.support.grown import GrownChain

BLOCKS = 150
KEPT_STATES = 24


@pytest.fixture(scope="module")
def world() -> GrownChain:
    """A chain of 150 blocks whose voters changed twice; the last five are not final."""
    chain = GrownChain()
    for number in range(1, BLOCKS + 1):
        extrinsics = chain.transfers(2) if number % 3 == 0 else []
        if number in (5, 55):
            extrinsics.append(chain.rotation(number % 3, number))
        chain.grow(*extrinsics, finalize=number % 4 == 0 and number <= BLOCKS - 5)
    changes = [block for block in chain.blocks() if scheduled_change(block.header)]
    assert len(changes) == 2
    return chain


def has_all_of(ground: Ground, world: GrownChain) -> bool:
    return ground.chain.best == world.head and ground.chain.finalized == world.chain.finalized


class Forger(Disguised):
    """Sends proofs whose first signature is wrong."""

    async def headers(self, first: int, max_count: int) -> tuple[HeaderData, ...]:
        found = await self.honest.headers(first, max_count)
        return tuple(
            replace(data, justification=data.justification and forged(data.justification))
            for data in found
        )


class BodySwapper(Disguised):
    """Sends bodies without their last extrinsic."""

    async def blocks(self, query: BlocksRequest) -> tuple[BlockData, ...]:
        self.asked += 1
        found = await self.honest.blocks(query)
        return tuple(replace(block, extrinsics=block.extrinsics[:-1]) for block in found)


class Staller(Disguised):
    """Answers headers, but no blocks."""

    async def blocks(self, query: BlocksRequest) -> tuple[BlockData, ...]:
        self.asked += 1
        await trio.sleep_forever()
        raise AssertionError


def forged(justification: bytes) -> bytes:
    """Change a byte of the first signature: after round, target, count and the first vote."""
    at = 8 + 36 + 1 + 36 + 10
    return justification[:at] + bytes((justification[at] ^ 1,)) + justification[at + 1 :]


async def test_a_new_node_has_everything_that_the_others_have(
    world: GrownChain, tmp_path: Path
) -> None:
    newcomer = world.join()
    async with (
        node_on(world.ground, 1, tmp_path) as one,
        node_on(world.ground, 2, tmp_path) as two,
        node_on(newcomer, 3, tmp_path, one, two) as network,
    ):
        assert not network.is_syncing
        await until(lambda: has_all_of(newcomer, world), 40)
        assert network.reports == []
        await until(lambda: network.sync.progress is None)
        assert not network.is_syncing
    for number in range(1, BLOCKS + 1):
        block_hash = world.chain.hash_at(number)
        assert block_hash is not None
        assert newcomer.chain.blocks.block(block_hash) == world.chain.blocks.block(block_hash)
        header = newcomer.chain.blocks.known_header(block_hash)
        assert newcomer.chain.state_at(block_hash).root == header.state_root
        weights = [each.chain.blocks.weight(block_hash) for each in (newcomer, world.ground)]
        assert weights[0] == weights[1]
        assert weights[0] is not None
    final = world.chain.finalized
    assert newcomer.chain.blocks.justification(final.hash) is not None


@pytest.mark.parametrize(
    ("lie", "offence"), [(Forger, Offence.BAD_PROOF), (BodySwapper, Offence.BAD_BLOCK)]
)
async def test_a_liar_is_reported_and_replaced(
    world: GrownChain, tmp_path: Path, lie: type[Disguised], offence: Offence
) -> None:
    newcomer = world.join()
    async with (
        node_on(world.ground, 1, tmp_path, disguise=lie) as liar,
        node_on(newcomer, 3, tmp_path, liar) as network,
    ):
        await until(lambda: (liar.network.peer_id, offence) in network.reports, 40)
        assert newcomer.chain.finalized.number == 0
        async with node_on(world.ground, 2, tmp_path, network):
            await until(lambda: has_all_of(newcomer, world), 40)
        assert {peer for peer, _ in network.reports} == {liar.network.peer_id}


async def test_a_staller_is_replaced(
    world: GrownChain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "RANGE_TIMEOUT_SECONDS", 0.5)
    newcomer = world.join()
    async with (
        node_on(world.ground, 1, tmp_path, disguise=Staller) as staller,
        node_on(newcomer, 3, tmp_path, staller) as network,
    ):
        await until(lambda: network.is_syncing)
        await until(lambda: network.sync.progress is not None)
        await until(lambda: (staller.network.peer_id, Offence.TIMEOUT) in network.reports, 40)
        # who does not give what it claims does not keep us from authoring
        await until(lambda: not network.is_syncing)
        async with node_on(world.ground, 2, tmp_path, network) as good:
            await until(lambda: network.is_syncing or has_all_of(newcomer, world))
            await until(lambda: has_all_of(newcomer, world), 40)
            await until(lambda: not network.is_syncing)
            assert good.reports == []


async def test_a_node_killed_on_the_way_keeps_what_is_final_and_loses_few_blocks(
    world: GrownChain, tmp_path: Path
) -> None:
    reached = final = killed = 0
    while reached < BLOCKS:
        database = DyingDatabase(LevelDatabase(tmp_path / "db"), writes=3)
        newcomer = world.join(database, PruningChoice(KEPT_STATES))
        began = newcomer.chain.best.number
        assert began >= reached - AT_ONCE
        assert newcomer.chain.finalized.number >= final
        try:
            await live(newcomer, world, tmp_path)
        except* Killed:
            killed += 1
        database.close()
        reached, final = newcomer.chain.best.number, newcomer.chain.finalized.number
        assert reached > began
    assert killed >= 3
    whole = LevelDatabase(tmp_path / "db")
    newcomer = world.join(whole)
    assert has_all_of(newcomer, world)
    while newcomer.chain.blocks.prune_states():
        pass
    assert_exact(whole, newcomer.chain.blocks)
    whole.close()


async def live(ground: Ground, world: GrownChain, directory: Path) -> None:
    """Sync from one honest node, until done or killed."""
    async with node_on(world.ground, 1, directory) as one, node_on(ground, 3, directory, one):
        await until(lambda: has_all_of(ground, world), 40)
