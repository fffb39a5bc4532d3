"""The block store: import, forks, finality, restarts and kills."""

import random
import subprocess
import sys
from dataclasses import replace

import pytest

from node.store.aux import AuxStore
from node.store.blocks import BlockStore, Finalization, OpenBlock, UnknownBlock
from node.store.columns import BEST_KEY, CANONICAL, number_key
from node.store.db import Batch, DatabaseCorrupt, LevelDatabase, MemoryDatabase
from node.store.index import ExtrinsicIndex, Location
from node.store.opening import ForeignChain, open_block_store
from node.store.states import StateStore
from runtime.primitives.hashing import blake2_256
from runtime.state.trie import Trie
from tests.node.support import ROOT, make_block, make_genesis, store_of


@pytest.fixture
def db():
    return MemoryDatabase()


def test_a_new_store_stands_at_its_genesis(db):
    store, genesis = store_of(db)
    assert store.genesis_hash == genesis.hash
    assert (store.best, store.finalized) == (genesis.header, genesis.header)
    assert (store.hash_at(0), store.hash_at(1)) == (genesis.hash, None)
    assert store.block(genesis.hash) == genesis.block
    assert (store.open_blocks(), store.leaves()) == ((), (genesis.hash,))


def test_an_imported_block_is_there_with_everything_beside_it(db):
    store, genesis = store_of(db)
    made = make_block(genesis, (b"first", b"second"))
    ready = made.ready(weight=b"w", proofs=(b"proof", b""), aux={b"round": b"7", b"gone": None})
    store.import_block(ready)
    assert store.block(made.hash) == made.block
    assert store.proofs(made.hash) == (b"proof", b"")
    assert (store.weight(made.hash), store.best) == (b"w", made.header)
    assert AuxStore(db).get(b"round") == b"7"
    assert StateStore(db).state_at(made.header.state_root).get(b"number") == b"1"


def test_what_is_unknown_is_none(db):
    store, _ = store_of(db)
    unknown = bytes(32)
    assert (store.header(unknown), store.body(unknown), store.block(unknown)) == (None, None, None)
    assert (store.proofs(unknown), store.weight(unknown), store.justification(unknown)) == (
        (),
        None,
        None,
    )
    assert not store.is_canonical(unknown)


def test_a_block_on_an_unknown_parent_is_refused(db):
    store, genesis = store_of(db)
    orphan = make_block(make_block(genesis))
    with pytest.raises(UnknownBlock, match="wanted a parent at or above the last finalized"):
        store.import_block(orphan.ready())
    assert store.header(orphan.hash) is None


def test_a_block_below_the_finalized_one_is_refused(db):
    store, genesis = store_of(db)
    one = make_block(genesis)
    store.import_block(one.ready())
    store.finalize(one.hash)
    with pytest.raises(UnknownBlock):
        store.import_block(make_block(genesis, fork=b"late").ready())


def test_a_fork_that_is_not_best_leaves_the_canonical_chain_alone(db):
    store, genesis = store_of(db)
    one, fork = make_block(genesis), make_block(genesis, fork=b"fork")
    store.import_block(one.ready())
    store.import_block(fork.ready(is_best=False))
    assert (store.best, store.hash_at(1)) == (one.header, one.hash)
    assert sorted(store.children(genesis.hash)) == sorted([one.hash, fork.hash])
    assert (store.is_canonical(one.hash), store.is_canonical(fork.hash)) == (True, False)


def test_a_reorganisation_rewrites_the_canonical_numbers(db):
    store, genesis = store_of(db)
    one = make_block(genesis)
    two = make_block(one)
    three = make_block(two)
    fork_one = make_block(genesis, fork=b"f")
    fork_two = make_block(fork_one, fork=b"f")
    for made in (one, two, three):
        store.import_block(made.ready())
    store.import_block(fork_one.ready(is_best=False))
    store.import_block(fork_two.ready())
    wanted = [genesis.hash, fork_one.hash, fork_two.hash, None]
    assert [store.hash_at(number) for number in range(4)] == wanted
    store.set_best(three.hash)
    wanted = [genesis.hash, one.hash, two.hash, three.hash]
    assert [store.hash_at(number) for number in range(4)] == wanted


def test_what_is_reverted_is_gone_on_every_branch_and_what_is_final_stays(db):
    store, genesis = store_of(db)
    one = make_block(genesis)
    two, fork = make_block(one), make_block(one, fork=b"fork")
    three = make_block(two)
    for made in (one, two, three):
        store.import_block(made.ready())
    store.import_block(fork.ready(is_best=False))
    store.finalize(one.hash)
    assert store.revert(1) == two.header
    assert (store.hash_at(2), store.hash_at(3), store.block(three.hash)) == (two.hash, None, None)
    assert set(store.leaves()) == {two.hash, fork.hash}
    assert store.revert(9) == one.header
    assert (store.open_blocks(), store.hash_at(2)) == ((), None)
    again, _ = store_of(db)
    assert (again.best, again.open_blocks()) == (one.header, ())
    again.import_block(two.ready())
    assert again.best == two.header


def test_only_open_blocks_can_become_best(db):
    store, genesis = store_of(db)
    one = make_block(genesis)
    store.import_block(one.ready())
    store.set_best(genesis.hash)
    store.set_best(one.hash)
    store.finalize(one.hash)
    with pytest.raises(UnknownBlock, match="wanted an open block as best"):
        store.set_best(genesis.hash)


def test_finalizing_prunes_the_forks_that_lost(db):
    store, genesis = store_of(db)
    one = make_block(genesis)
    two = make_block(one)
    three = make_block(two)
    lost = make_block(genesis, (b"lost",), fork=b"a")
    lost_child = make_block(lost, (b"too",), fork=b"a")
    for made in (one, two, three, lost, lost_child):
        store.import_block(made.ready(is_best=made in (one, two, three), proofs=(b"proof",)))
    change = store.finalize(two.hash, b"proof of finality", aux={b"set": b"1"})
    assert change == Finalization((one.hash, two.hash), (lost.hash, lost_child.hash), three.hash)
    assert store.open_blocks() == (OpenBlock(3, three.hash, two.hash),)
    assert (store.body(lost.hash), store.weight(lost.hash), store.proofs(lost.hash)) == (
        None,
        None,
        (),
    )
    assert store.header(lost.hash) == lost.header
    assert store.justification(two.hash) == b"proof of finality"
    assert (store.finalized, store.best) == (two.header, three.header)
    assert AuxStore(db).get(b"set") == b"1"


def test_finalizing_another_fork_than_the_best_moves_the_best_block(db):
    store, genesis = store_of(db)
    one = make_block(genesis)
    two = make_block(one)
    fork = make_block(genesis, fork=b"f")
    store.import_block(one.ready())
    store.import_block(two.ready())
    store.import_block(fork.ready(is_best=False))
    change = store.finalize(fork.hash)
    assert change == Finalization((fork.hash,), (one.hash, two.hash), fork.hash)
    assert (store.best, store.finalized) == (fork.header, fork.header)
    assert [store.hash_at(number) for number in range(3)] == [genesis.hash, fork.hash, None]


def test_fork_choice_may_name_the_best_block_on_the_final_chain(db):
    store, genesis = store_of(db)
    one, fork = make_block(genesis), make_block(genesis, fork=b"f")
    fork_two = make_block(fork, fork=b"f")
    store.import_block(one.ready())
    store.import_block(fork.ready(is_best=False))
    store.import_block(fork_two.ready(is_best=False))
    with pytest.raises(UnknownBlock, match="wanted a best block on the final chain"):
        store.finalize(fork.hash, best=one.hash)
    change = store.finalize(fork.hash, best=fork_two.hash)
    assert change == Finalization((fork.hash,), (one.hash,), fork_two.hash)
    assert (store.best, store.hash_at(2)) == (fork_two.header, fork_two.hash)


def test_what_is_final_or_unknown_cannot_be_finalized(db):
    store, genesis = store_of(db)
    with pytest.raises(UnknownBlock, match="is already final"):
        store.finalize(genesis.hash)
    with pytest.raises(UnknownBlock, match="wanted an open block to finalize"):
        store.finalize(bytes(32))


def test_a_restart_finds_everything_again(db):
    store, genesis = store_of(db)
    one = make_block(genesis)
    two, fork = make_block(one), make_block(one, fork=b"f")
    for made in (one, two, fork):
        store.import_block(made.ready(is_best=made is not fork))
    store.finalize(one.hash)
    again = BlockStore(db)
    assert (again.best, again.finalized) == (two.header, one.header)
    assert again.open_blocks() == store.open_blocks()
    assert sorted(again.leaves()) == sorted([two.hash, fork.hash])
    again.import_block(make_block(fork).ready())


def test_a_database_of_another_chain_is_refused(db):
    store_of(db)
    other = make_genesis()
    header = replace(other.header, parent_hash=bytes([1]) * 32)
    foreign = replace(other.block, header=header)
    with pytest.raises(ForeignChain, match=r"wanted genesis 0x\w{64}, got 0x\w{64}; use another"):
        open_block_store(db, foreign, dict)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        (BEST_KEY, None, "the database has no best block"),
        (BEST_KEY, bytes(32), "the best block 0x0000"),
        (CANONICAL + number_key(0), None, "the finalized block"),
    ],
)
def test_markers_that_contradict_each_other_are_refused(db, key, value, message):
    store, genesis = store_of(db)
    store.import_block(make_block(genesis).ready())
    batch = Batch()
    batch.changes[key] = value
    db.write(batch)
    with pytest.raises(DatabaseCorrupt, match=message):
        BlockStore(db)


def test_the_index_finds_extrinsics_on_the_canonical_chain_only(db):
    store, genesis = store_of(db)
    index = ExtrinsicIndex(db, store)
    one = make_block(genesis, (b"a", b"b"))
    fork = make_block(genesis, (b"b", b"c"), fork=b"f")
    store.import_block(one.ready())
    store.import_block(fork.ready(is_best=False))
    assert index.locate(blake2_256(b"b")) == Location(one.hash, 1, 1)
    assert index.locate(blake2_256(b"c")) is None
    store.set_best(fork.hash)
    assert index.locate(blake2_256(b"b")) == Location(fork.hash, 1, 0)
    assert index.locate(blake2_256(b"never sent")) is None


IMPORTER = """
import random, sys
from pathlib import Path
from node.store.db import LevelDatabase
from tests.node.support import Made, make_block, open_chain
chain, genesis = open_chain(LevelDatabase(Path(sys.argv[1])))
rng = random.Random(sys.argv[2])
best = Made(chain.blocks.block(chain.best.hash), chain.state_at(chain.best.hash))
while True:
    size = rng.randrange(1, 60)
    changes = {rng.randbytes(4): rng.randbytes(40) for _ in range(size * 4)}
    body = tuple(rng.randbytes(120) for _ in range(size))
    made = make_block(best, body, fork=rng.randbytes(1), changes=changes)
    is_best = rng.random() < 0.8
    chain.import_block(made.ready(is_best=is_best), made.state)
    best = made if is_best else best
    if rng.random() < 0.2 and chain.best.number > chain.finalized.number:
        chain.finalize(chain.best.hash, b"justification")
    print(chain.best.number, chain.finalized.number, flush=True)
"""


@pytest.mark.parametrize("life_story", range(6))
def test_a_kill_at_any_moment_leaves_whole_blocks_only(tmp_path, life_story):
    path, rng = tmp_path / "db", random.Random(life_story)
    for life in range(3):
        said_best, said_finalized = _run_and_kill(
            path, f"{life_story}.{life}", rng.randrange(2, 60)
        )
        db = LevelDatabase(path)
        best, finalized = _assert_consistent(db)
        db.close()
        assert best >= said_best
        assert finalized >= said_finalized


def _run_and_kill(path, seed, lines):
    """Import in another process, kill it after `lines` blocks or more; return its last word."""
    command = [sys.executable, "-c", IMPORTER, str(path), seed]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None
        for _ in range(lines):
            line = process.stdout.readline()
        process.kill()
    best, finalized = line.split()
    return int(best), int(finalized)


def _assert_consistent(db):
    """Walk the whole canonical chain and the whole state of the best block."""
    store = BlockStore(db)
    state = StateStore(db).state_at(store.best.state_root)
    for key in state.keys(b""):
        assert state.get(key) is not None
    cursor = store.best
    while cursor.number:
        assert store.hash_at(cursor.number) == cursor.hash
        assert store.body(cursor.hash)
        assert Trie(cursor.state_root, StateStore(db).fetch).get(b"genesis") == b"state" * 10
        cursor = store.known_header(cursor.parent_hash)
    assert cursor.hash == store.genesis_hash
    for entry in store.open_blocks():
        assert store.block(entry.hash)
        assert store.weight(entry.hash) == b"weight"
    return store.best.number, store.finalized.number
