"""Nodes that jump to a recent state: past liars and stallers, through kills, pruned or not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import trio

from node.assembly import Ground
from node.chain import Resync, StatePruned
from node.config import SyncMode
from node.keys import VoterKeys
from node.keystore.keystore import Keystore, KeyType
from node.net import fast, responder
from node.store.aux import VOTER_RECORD
from node.store.db import LevelDatabase
from node.store.pruning import PruningChoice
from p2p import backfill, state
from p2p.messages import BlockData, BlocksRequest
from p2p.peers import Offence
from p2p.requests import Responder
from p2p.sync import Progress
from tests.node.sync_support import Disguised, DyingDatabase, Killed, consensus_on, node_on
from tests.p2p.support import until
from tests.support.grown import GrownChain

BLOCKS, LAST_FINAL = 330, 324
ACCOUNTS = 400


@pytest.fixture(scope="module")
def world() -> GrownChain:
    """A chain of 330 blocks whose voters changed three times, and a state of some 900 nodes."""
    chain = GrownChain(accounts=ACCOUNTS)
    for number in range(1, BLOCKS + 1):
        extrinsics = chain.transfers(2) if number % 10 == 0 else []
        if number in (5, 105, 205):
            extrinsics.append(chain.rotation(number % 3, number))
        chain.grow(*extrinsics, finalize=number % 4 == 0 and number <= LAST_FINAL)
    assert (chain.voters().set_id, chain.chain.finalized.number) == (3, LAST_FINAL)
    return chain


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the state come in some forty parts, and let nobody be waited for."""
    monkeypatch.setattr(responder, "MAX_STATE_ITEMS", 24)
    monkeypatch.setattr(state, "RECRUIT_SECONDS", 0.05)
    monkeypatch.setattr(state, "IDLE_SECONDS", 0.3)
    monkeypatch.setattr(fast, "LOOK_SECONDS", 0.1)
    monkeypatch.setattr(backfill, "RECRUIT_SECONDS", 0.05)
    monkeypatch.setattr(fast, "SETTLE_SECONDS", 1.0)


class NodeChanger(Disguised):
    """Changes a byte of the last node it sends, but for the first times."""

    async def state(self, roots: tuple[bytes, ...]) -> tuple[bytes, ...]:
        self.asked += 1
        *items, last = await self.honest.state(roots)
        return (*items, last if self.asked < 3 else bytes((last[0] ^ 1,)) + last[1:])


class StateStaller(Disguised):
    """Answers everything but questions for state."""

    async def state(self, roots: tuple[bytes, ...]) -> tuple[bytes, ...]:
        self.asked += 1
        await trio.sleep_forever()
        raise AssertionError


class Stateless(Disguised):
    """Has pruned every state."""

    async def state(self, roots: tuple[bytes, ...]) -> tuple[bytes, ...]:
        self.asked += 1
        return ()


class Forgetful(Disguised):
    """Lacks the bodies of old blocks, as a node does that jumped."""

    async def blocks(self, query: BlocksRequest) -> tuple[BlockData, ...]:
        is_old = isinstance(query.start, int) and query.start < LAST_FINAL - fast.CLOSE_BLOCKS
        return () if is_old else await self.honest.blocks(query)


class Truncator(Disguised):
    """Leaves out the last extrinsic of each body."""

    async def blocks(self, query: BlocksRequest) -> tuple[BlockData, ...]:
        found = await self.honest.blocks(query)
        return tuple(replace(block, extrinsics=block.extrinsics[:-1]) for block in found)


def has_jumped(ground: Ground) -> bool:
    return ground.chain.finalized.number >= LAST_FINAL - fast.CLOSE_BLOCKS


def is_at_head(ground: Ground, world: GrownChain) -> bool:
    return ground.chain.best == world.head and ground.chain.finalized == world.chain.finalized


def has_bodies(ground: Ground, world: GrownChain) -> bool:
    blocks = ground.chain.blocks
    for number in range(1, BLOCKS + 1):
        block_hash = blocks.hash_at(number)
        if block_hash is None or blocks.body(block_hash) is None:
            return False
    return all(ground.chain.blocks.block(block.header.hash) == block for block in world.blocks())


def check_history(ground: Ground, world: GrownChain) -> None:
    """Check that the node has what a node has that executed every block, but for old states."""
    chain = ground.chain
    assert has_bodies(ground, world)
    for block in world.blocks():
        assert chain.hash_at(block.header.number) == block.header.hash
        assert chain.is_final(block.header.hash) == (block.header.number <= LAST_FINAL)
    for number in (11, 111, 211, LAST_FINAL):
        block_hash = world.chain.hash_at(number)
        assert block_hash is not None
        proof = world.chain.blocks.justification(block_hash)
        assert chain.blocks.justification(block_hash) == proof
    ours, theirs = chain.state_at(chain.best.hash), world.chain.state_at(world.head.hash)
    assert list(ours.keys(b"")) == list(theirs.keys(b""))
    assert all(ours.get(key) == theirs.get(key) for key in ours.keys(b""))
    ground.executive.runtime_at(ours, chain.best.number).try_state()
    with pytest.raises(StatePruned):
        chain.state_at(world.blocks()[5].header.hash)


@pytest.mark.parametrize(("keep", "mode"), [("archive", "fast"), (256, "fast"), (8, "warp")])
async def test_a_new_node_jumps_and_then_is_like_the_others(
    world: GrownChain, tmp_path: Path, keep, mode: SyncMode
) -> None:
    newcomer = world.join(pruning=PruningChoice(keep))
    consensus = consensus_on(newcomer)
    async with (
        node_on(world.ground, 1, tmp_path) as one,
        node_on(world.ground, 2, tmp_path) as two,
        node_on(newcomer, 3, tmp_path, one, two, sync=mode, consensus=consensus) as network,
    ):
        assert network.is_syncing
        with newcomer.chain.subscribe() as news:
            await until(lambda: is_at_head(newcomer, world), 40)
            resync = await news.receive()
            assert has_jumped(newcomer)
            assert isinstance(resync, Resync)
            assert resync.finalized.number >= LAST_FINAL - fast.CLOSE_BLOCKS
        await until(lambda: has_bodies(newcomer, world), 40)
        await until(lambda: network.progress is None)
        assert not network.is_syncing
        assert network.reports == []
        assert consensus.voters == world.voters()
        assert consensus.voter.rounds.voters == world.voters()
    check_history(newcomer, world)
    root = newcomer.chain.blocks.known_header(newcomer.chain.genesis_hash).state_root
    assert newcomer.chain.blocks.has_state(newcomer.chain.genesis_hash) == (keep == "archive")
    if keep != "archive":
        check_counts(newcomer)
    assert root == world.genesis.state_root


def check_counts(ground: Ground) -> None:
    """Check that a pruned database holds exactly the nodes of the states that it keeps."""
    blocks = ground.chain.blocks
    while blocks.prune_states():
        pass
    first = blocks.hash_at(blocks.keeper.oldest)
    assert first is not None
    kept = [
        first,
        *(
            ground.chain.hash_at(n)
            for n in range(blocks.keeper.oldest + 1, ground.chain.best.number + 1)
        ),
    ]
    wanted: set[bytes] = set()
    for block_hash in kept:
        assert block_hash is not None
        trie = ground.chain.state_at(block_hash)
        wanted |= trie.occurrences_since(type(trie)(None, ground.states.read)).keys()
    assert {key[1:] for key, _ in ground.database.iterate(b"n")} == wanted


@pytest.mark.parametrize(
    ("lie", "offence"),
    [(NodeChanger, Offence.BAD_PROOF), (StateStaller, Offence.TIMEOUT), (Stateless, None)],
)
async def test_who_gives_no_true_state_is_replaced(
    world: GrownChain,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    lie: type[Disguised],
    offence: Offence | None,
) -> None:
    monkeypatch.setattr(state, "STATE_TIMEOUT_SECONDS", 0.5)
    newcomer = world.join()
    disguises: list[Disguised] = []

    def disguise(honest: Responder) -> Disguised:
        disguises.append(lie(honest))
        return disguises[-1]

    async with (
        node_on(world.ground, 1, tmp_path, disguise=disguise) as liar,
        node_on(newcomer, 3, tmp_path, liar, sync="fast") as network,
    ):
        await until(lambda: disguises[0].asked >= (3 if lie is NodeChanger else 1), 40)
        async with node_on(world.ground, 2, tmp_path, network):
            await until(lambda: is_at_head(newcomer, world), 40)
            await until(lambda: has_bodies(newcomer, world), 40)
        found = {each for peer, each in network.reports if peer == liar.network.peer_id}
        assert found == ({offence} if offence else set())
        assert {peer for peer, _ in network.reports} <= {liar.network.peer_id}
    check_history(newcomer, world)


async def test_false_bodies_of_old_blocks_are_refused_and_fetched_elsewhere(
    world: GrownChain, tmp_path: Path
) -> None:
    newcomer = world.join()
    async with (
        node_on(world.ground, 1, tmp_path, disguise=Forgetful) as one,
        node_on(newcomer, 3, tmp_path, one, sync="fast") as network,
    ):
        await until(lambda: is_at_head(newcomer, world), 40)
        missing = network.history.last_missing
        assert missing >= LAST_FINAL - fast.CLOSE_BLOCKS - 1
        await until(lambda: network.progress == Progress(0, missing + 1, "bodies", 1))
        assert not network.is_syncing
        async with node_on(world.ground, 2, tmp_path, network, disguise=Truncator) as liar:
            await until(lambda: (liar.network.peer_id, Offence.BAD_BLOCK) in network.reports, 40)
            assert network.history.last_missing == missing
        async with node_on(world.ground, 4, tmp_path, network):
            await until(lambda: has_bodies(newcomer, world), 40)
        assert {peer for peer, _ in network.reports} == {liar.network.peer_id}
    check_history(newcomer, world)


@pytest.mark.parametrize("keep", ["archive", pytest.param(256, marks=pytest.mark.slow)])
async def test_a_node_killed_at_any_batch_goes_on_where_it_was(
    world: GrownChain, tmp_path: Path, keep
) -> None:
    killed = 0
    phases: set[str | None] = set()
    for life in range(60):
        database = DyingDatabase(LevelDatabase(tmp_path / "db"), writes=5 + life)
        newcomer = world.join(database, PruningChoice(keep))
        assert newcomer.chain.best.number in (0, *range(LAST_FINAL - 16, BLOCKS + 1))
        try:
            await live(newcomer, world, tmp_path, phases)
        except* Killed:
            killed += 1
        database.close()
        if killed == life:
            break
    assert killed >= 4
    assert {"state", "bodies"} <= phases
    survivor = world.join(LevelDatabase(tmp_path / "db"), PruningChoice(keep))
    check_history(survivor, world)
    if keep != "archive":
        check_counts(survivor)


async def live(ground: Ground, world: GrownChain, directory: Path, phases: set[str | None]) -> None:
    """Sync from one honest node until all is there, or until killed."""
    async with (
        node_on(world.ground, 1, directory) as one,
        node_on(ground, 3, directory, one, sync="fast") as network,
    ):

        def is_done() -> bool:
            phases.add(network.progress.phase if network.progress else None)
            return is_at_head(ground, world) and has_bodies(ground, world)

        await until(is_done, 40)


async def killed_in_the_state(
    world: GrownChain, directory: Path, pruning: PruningChoice
) -> list[bytes]:
    """Let a node be killed when half of a state is there; return what it has of it."""
    database = DyingDatabase(LevelDatabase(directory / "db"), writes=12)
    newcomer = world.join(database, pruning)
    with pytest.raises(BaseExceptionGroup):
        await live(newcomer, world, directory, set())
    nodes = [key for key, _ in newcomer.database.iterate(b"n")]
    database.close()
    return nodes


@pytest.fixture
def young(monkeypatch: pytest.MonkeyPatch) -> GrownChain:
    """A chain that is just long enough to jump."""
    chain = GrownChain(accounts=200)
    chain.pass_blocks(fast.LEAST_BLOCKS, finalize_every=4)
    return chain


@pytest.mark.parametrize("keep", ["archive", 8])
async def test_a_state_that_is_gone_gives_way_to_a_newer_one(
    young: GrownChain, tmp_path: Path, keep
) -> None:
    pruning = PruningChoice(keep)
    before = await killed_in_the_state(young, tmp_path, pruning)
    for number in range(fast.STALE_BLOCKS + 20):
        young.grow(*young.transfers(3, to=number), finalize=number % 4 == 3)
    newcomer = young.join(LevelDatabase(tmp_path / "db"), pruning)
    async with (
        node_on(young.ground, 1, tmp_path) as one,
        node_on(newcomer, 3, tmp_path, one, sync="fast"),
    ):
        await until(lambda: newcomer.chain.best == young.head, 40)
    ours = newcomer.chain.state_at(young.head.hash)
    newcomer.executive.runtime_at(ours, young.head.number).try_state()
    if keep != "archive":
        check_counts(newcomer)
    else:
        kept = {key for key, _ in newcomer.database.iterate(b"n")}
        assert not kept.issuperset(before)


async def test_who_changes_to_full_sync_halfway_keeps_nothing_of_the_state(
    young: GrownChain, tmp_path: Path
) -> None:
    pruning = PruningChoice(8)
    before = await killed_in_the_state(young, tmp_path, pruning)
    newcomer = young.join(LevelDatabase(tmp_path / "db"), pruning)
    assert newcomer.chain.best.number == 0
    async with (
        node_on(young.ground, 1, tmp_path) as one,
        node_on(newcomer, 3, tmp_path, one, sync="full"),
    ):
        await until(lambda: newcomer.chain.best == young.head, 40)
    check_counts(newcomer)
    assert before


async def test_a_young_chain_is_executed_from_genesis(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain = GrownChain()
    chain.pass_blocks(100, finalize_every=4)
    newcomer = chain.join()
    async with (
        node_on(chain.ground, 1, tmp_path) as one,
        node_on(newcomer, 3, tmp_path, one, sync="fast") as network,
    ):
        assert network.progress == Progress(0, 0, "waiting", 0)
        await until(lambda: newcomer.chain.best == chain.head, 40)
    assert newcomer.chain.blocks.has_state(chain.blocks()[0].header.hash)


async def test_who_is_alone_waits_for_peers_and_then_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fast, "GREETING_SECONDS", 0.3)
    async with node_on(GrownChain().ground, 1, tmp_path, sync="fast") as network:
        assert network.is_syncing
        await until(lambda: not network.is_syncing)


async def test_a_validator_that_jumps_does_not_vote_before_it_knows_that_it_may(
    young: GrownChain, tmp_path: Path
) -> None:
    keystore = Keystore()
    keystore.insert(KeyType.GRANDPA, young.validators[0].pair)
    newcomer = young.join()
    consensus = consensus_on(newcomer, VoterKeys(keystore))
    assert consensus.voter.rounds.is_listening
    async with (
        node_on(young.ground, 1, tmp_path) as one,
        node_on(newcomer, 3, tmp_path, one, sync="fast", consensus=consensus),
    ):
        await until(lambda: newcomer.chain.finalized == young.head, 40)
        await until(lambda: consensus.voter.rounds.voters == young.voters())
    assert consensus.voter.rounds.is_listening
    assert consensus.voters == young.voters()
    assert newcomer.records.get(VOTER_RECORD) is None
