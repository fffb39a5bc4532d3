"""Pruned states: what is kept is whole, what is not kept is gone, whatever forks and kills."""

import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genesis.spec import load_spec
from node.chain import Chain, StatePruned
from node.config import NodeConfig
from node.home import pruning_choice
from node.store import pruning
from node.store.blocks import UnknownBlock
from node.store.columns import NODE, PRUNING_KEY
from node.store.db import Batch, DatabaseCorrupt, LevelDatabase, MemoryDatabase
from node.store.opening import open_block_store
from node.store.pruning import (
    ARCHIVE,
    FINAL_ONLY,
    Archive,
    Pruned,
    PruningChoice,
    PruningMismatch,
)
from node.store.states import StateStore
from tests.node.pruning_support import assert_exact, contents, grown, kept_blocks, occurrences
from tests.node.support import ROOT, Made, make_block, make_genesis, open_chain

KEYS = st.lists(st.sampled_from(b"\x00\x01\x10\x11"), min_size=1, max_size=3).map(bytes)
VALUES = st.sampled_from([b"short", b"thirty-two bytes are not apart..", b"long" * 9, b"L" * 99])
CHANGES = st.dictionaries(KEYS, VALUES | st.none(), max_size=5)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["import", "import", "import", "finalize", "reopen", "revert", "hold", "release"]
        ),
        st.integers(0, 7),
        CHANGES,
    ),
    max_size=40,
)


class History:
    """A chain that imports, finalizes and restarts at random, and what its states should hold."""

    def __init__(self, window: int, db: Any) -> None:
        self.window, self.db = window, db
        self.chain, genesis = self._open()
        self.made = {genesis.hash: genesis}
        self.held: dict[bytes, dict[bytes, bytes]] = {genesis.hash: contents(genesis.state)}
        self.pins: list[bytes] = []

    def _open(self) -> tuple[Chain, Made]:
        return open_chain(self.db, PruningChoice(self.window))

    def step(self, action: str, pick: int, changes: dict[bytes, bytes | None]) -> None:
        blocks = self.chain.blocks
        choices = [blocks.finalized.hash, *(entry.hash for entry in blocks.open_blocks())]
        chosen = choices[pick % len(choices)]
        if action == "import":
            parent = Made(blocks.block(chosen), self.chain.state_at(chosen))  # type: ignore[arg-type]
            fork = len(self.made).to_bytes(2, "big")
            made = make_block(parent, fork=fork, changes=changes)
            self.chain.import_block(made.ready(is_best=pick % 3 == 0), made.state)
            self.made[made.hash] = made
            kept = {**self.held[chosen], **changes}
            self.held[made.hash] = {k: v for k, v in kept.items() if v is not None}
        elif action == "finalize" and chosen != blocks.finalized.hash:
            self.chain.finalize(chosen)
        elif action in ("reopen", "revert"):
            if action == "revert":
                blocks.revert(pick % 4)
            self.chain, _ = self._open()
            self.pins.clear()
        elif action == "hold":
            self.pins.append(chosen)
            self.chain.hold_state(chosen)
        elif action == "release" and self.pins:
            self.chain.release_state(self.pins.pop(pick % len(self.pins)))

    def check(self) -> None:
        """Compare every state with the model: whole, or refused by name."""
        blocks = self.chain.blocks
        kept = {*kept_blocks(blocks), *self.pins}
        fresh = StateStore(self.db)
        for block_hash, held in self.held.items():
            if block_hash in kept:
                root = blocks.known_header(block_hash).state_root
                assert contents(fresh.state_at(root)) == held
                assert contents(self.chain.state_at(block_hash)) == held
            else:
                with pytest.raises(StatePruned, match=f"discarded for 0x{block_hash.hex()}$"):
                    self.chain.state_at(block_hash)

    def let_go(self) -> None:
        while self.pins:
            self.chain.release_state(self.pins.pop())

    def drain(self) -> None:
        blocks = self.chain.blocks
        while blocks.prune_states():
            pass
        if not self.pins:
            assert blocks.finalized.number - blocks.keeper.oldest < self.window


@given(STEPS, st.integers(1, 4), st.booleans())
@settings(max_examples=200, deadline=None)
def test_what_is_kept_is_whole_and_nothing_else_remains(steps, window, is_slow) -> None:
    with pytest.MonkeyPatch.context() as patch:
        if is_slow:
            patch.setattr(pruning, "STEP_HASHES", 1)
            patch.setattr(pruning, "STEP_PER_ADDED", 0)
            patch.setattr(pruning, "PART_HASHES", 2)
        history = History(window, MemoryDatabase())
        for step in steps:
            history.step(*step)
        history.check()
        history.drain()
        history.check()
        history.let_go()
        history.drain()
        history.check()
        assert_exact(history.db, history.chain.blocks)


class Recorder(MemoryDatabase):
    """Remembers what stood in the database after each batch."""

    def __init__(self) -> None:
        super().__init__()
        self.moments: list[dict[bytes, bytes]] = []

    def write(self, batch: Batch, *, sync: bool = False) -> None:
        super().write(batch)
        self.moments.append(dict(self._entries))


@given(STEPS, st.integers(1, 3))
@settings(max_examples=30, deadline=None)
def test_after_any_batch_the_database_goes_on_as_if_nothing_were(steps, window) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pruning, "STEP_HASHES", 3)
        patch.setattr(pruning, "STEP_PER_ADDED", 0)
        patch.setattr(pruning, "PART_HASHES", 2)
        history = History(window, Recorder())
        for step in steps[:20]:
            history.step(*step)
    for moment in history.db.moments:
        db = MemoryDatabase()
        db._entries = dict(moment)
        chain, _ = open_chain(db, PruningChoice(window))
        for block_hash in kept_blocks(chain.blocks):
            assert contents(chain.state_at(block_hash)) == history.held[block_hash]
        while chain.blocks.prune_states():
            pass
        assert_exact(db, chain.blocks)


def test_the_states_of_the_last_final_blocks_are_kept() -> None:
    chain, made = grown(MemoryDatabase(), PruningChoice(4), 10)
    readable = []
    for block in made:
        try:
            readable.append(chain.state_at(block.hash).get(b"other"))
        except StatePruned as error:
            assert str(error) == f"State already discarded for 0x{block.hash.hex()}"  # noqa: PT017
    assert readable == [b"6", b"7", b"8", b"9"]
    with pytest.raises(UnknownBlock, match="wanted a stored block"):
        chain.state_at(bytes(32))


def test_a_block_that_comes_twice_counts_once() -> None:
    db = MemoryDatabase()
    chain, made = grown(db, PruningChoice(2), 3)
    block = make_block(made[-1])
    imported = block.ready()
    for _ in range(2):
        chain.import_block(imported, block.state)
    chain.finalize(block.hash)
    while chain.blocks.prune_states():
        pass
    assert_exact(db, chain.blocks)


def test_an_archive_keeps_every_state() -> None:
    chain, made = grown(MemoryDatabase(), PruningChoice(ARCHIVE), 10)
    assert [chain.state_at(block.hash).get(b"other") for block in made[1:]] == [
        b"%d" % i for i in range(10)
    ]


def test_what_is_not_asked_is_as_the_database_was_made() -> None:
    db = MemoryDatabase()
    grown(db, PruningChoice(None, otherwise=3), 5)
    for choice in (PruningChoice(), PruningChoice(None, otherwise=ARCHIVE)):
        keeper = open_chain(db, choice)[0].blocks.keeper
        assert isinstance(keeper, Pruned)
        assert keeper.oldest == 3
    assert isinstance(open_chain()[0].blocks.keeper, Archive)


def test_another_number_may_be_asked_later() -> None:
    db = MemoryDatabase()
    _, made = grown(db, PruningChoice(6), 10)
    chain, _ = open_chain(db, PruningChoice(2))
    while chain.blocks.prune_states():
        pass
    assert chain.blocks.keeper.oldest == 9
    assert_exact(db, chain.blocks)
    chain, _ = open_chain(db, PruningChoice(5))
    chain.blocks.prune_states()
    assert chain.blocks.keeper.oldest == 9
    assert open_chain(db)[0].state_at(made[-1].hash).get(b"other") == b"9"


def test_an_archive_is_not_pruned_and_the_reverse() -> None:
    archive, pruned = MemoryDatabase(), MemoryDatabase()
    open_chain(archive, PruningChoice(ARCHIVE))
    open_chain(pruned, PruningChoice(256))
    with pytest.raises(PruningMismatch) as raised:
        open_chain(archive, PruningChoice(256))
    assert str(raised.value) == (
        "the database keeps every state: wanted --state-pruning archive, got 256; run with the "
        "former, or remove the database with `starminer chain purge` and synchronise again"
    )
    with pytest.raises(PruningMismatch, match="keeps the states of the last 256 final blocks"):
        open_chain(pruned, PruningChoice(ARCHIVE))


def test_a_database_from_before_pruning_is_an_archive() -> None:
    db = MemoryDatabase()
    open_chain(db)
    batch = Batch()
    batch.delete(PRUNING_KEY)
    db.write(batch)
    assert isinstance(open_chain(db)[0].blocks.keeper, Archive)
    with pytest.raises(PruningMismatch):
        open_chain(db, PruningChoice(256))


@pytest.mark.parametrize("kept", [b"", b"-1", b"0", b"everything"])
def test_a_damaged_record_of_what_is_kept_is_refused(kept: bytes) -> None:
    db = MemoryDatabase()
    open_chain(db, PruningChoice(256))
    batch = Batch()
    batch.put(PRUNING_KEY, kept)
    db.write(batch)
    with pytest.raises(DatabaseCorrupt, match="wanted the kept states as a number or `archive`"):
        open_chain(db)


def test_after_a_long_pause_of_finality_no_step_is_long(monkeypatch) -> None:
    monkeypatch.setattr(pruning, "STEP_BLOCKS", 5)
    monkeypatch.setattr(pruning, "STEP_HASHES", 10)
    monkeypatch.setattr(pruning, "STEP_PER_ADDED", 0)
    db = Recorder()
    chain, genesis = open_chain(db, PruningChoice(1))
    tip = genesis
    for i in range(50):
        tip = make_block(tip, changes={bytes([i, j]): b"%d" % i * 40 for j in range(3)})
        chain.import_block(tip.ready(), tip.state)
    db.moments.clear()
    chain.finalize(tip.hash)
    steps = 1
    while chain.blocks.prune_states():
        steps += 1
    assert steps > 8
    nodes = [sum(key.startswith(NODE) for key in moment) for moment in db.moments]
    assert max(before - after for before, after in pairwise(nodes)) < 30
    assert_exact(db, chain.blocks)


@pytest.mark.parametrize(
    ("preset", "kept", "bodies"),
    [
        ("dev", ARCHIVE, ARCHIVE),
        ("local", ARCHIVE, ARCHIVE),
        ("testnet", 256, FINAL_ONLY),
    ],
)
def test_a_new_development_chain_is_an_archive_and_a_public_one_is_not(
    preset, kept, bodies
) -> None:
    spec = load_spec(preset)
    assert pruning_choice(NodeConfig(), spec) == PruningChoice(None, kept, None, bodies)
    asked = NodeConfig(state_pruning=9, blocks_pruning=7)
    assert pruning_choice(asked, spec) == PruningChoice(9, kept, 7, bodies)


PRUNER = """
import random, sys
from pathlib import Path
from node.store.db import LevelDatabase
from node.store.pruning import PruningChoice
from tests.node.support import Made, make_block, open_chain
chain, genesis = open_chain(LevelDatabase(Path(sys.argv[1])), PruningChoice(3))
rng = random.Random(sys.argv[2])
while True:
    open_hashes = [entry.hash for entry in chain.blocks.open_blocks()]
    parent = rng.choice([chain.best.hash, *open_hashes[-2:]])
    parent = Made(chain.blocks.block(parent), chain.state_at(parent))
    changes = {rng.randbytes(1): rng.choice([None, b"a" * 40, b"b", rng.randbytes(40)])
               for _ in range(rng.randrange(1, 200))}
    made = make_block(parent, fork=rng.randbytes(8), changes=changes)
    chain.import_block(made.ready(is_best=made.header.number > chain.best.number), made.state)
    if chain.best.number > chain.finalized.number + 2:
        chain.finalize(chain.blocks.known_header(chain.best.hash).parent_hash, b"justification")
    print(chain.finalized.number, flush=True)
"""


@pytest.mark.parametrize("life_story", range(3))
def test_a_kill_at_any_moment_leaves_the_kept_states_whole(tmp_path: Path, life_story) -> None:
    path, rng = tmp_path / "db", Random(life_story)
    for life in range(3):
        command = [sys.executable, "-c", PRUNER, str(path), f"{life_story}.{life}"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as process:
            assert process.stdout is not None
            for _ in range(rng.randrange(5, 80)):
                line = process.stdout.readline()
            process.kill()
        db = LevelDatabase(path)
        genesis = make_genesis()
        blocks = open_block_store(db, genesis.block, dict)
        assert blocks.finalized.number >= int(line)
        for block_hash in kept_blocks(blocks):
            occurrences(db, blocks.known_header(block_hash).state_root)
        while blocks.prune_states():
            pass
        assert_exact(db, blocks)
        db.close()
