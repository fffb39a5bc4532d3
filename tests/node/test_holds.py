"""Held states: they outlast the window and their fork, for as long as anybody wants them."""

import pytest

from node.chain import StatePruned
from node.store.columns import NODE
from node.store.db import MemoryDatabase
from node.store.pruning import PruningChoice
from node.store.states import StateStore
from tests.node.pruning_support import assert_exact, contents, grown
from tests.node.support import make_block, open_chain


def test_a_held_state_stays_with_those_above_it_until_all_let_go() -> None:
    db = MemoryDatabase()
    chain, made = grown(db, PruningChoice(2), 3)
    for _ in range(2):
        chain.hold_state(made[2].hash)
    for i in range(5):
        block = make_block(made[-1], changes={b"other": b"%d" % (3 + i)})
        chain.import_block(block.ready(), block.state)
        chain.finalize(block.hash)
        made.append(block)
    chain.release_state(made[2].hash)
    while chain.blocks.prune_states():
        pass
    assert chain.blocks.keeper.oldest == 2
    assert [chain.state_at(one.hash).get(b"other") for one in made[2:4]] == [b"1", b"2"]
    chain.release_state(made[2].hash)
    while chain.blocks.prune_states():
        pass
    assert chain.blocks.keeper.oldest == 7
    assert_exact(db, chain.blocks)


def test_a_held_state_of_an_abandoned_fork_stays_and_its_siblings_go() -> None:
    db = MemoryDatabase()
    chain, made = grown(db, PruningChoice(1), 2)
    forks = []
    for name in (b"held", b"not"):
        tip = made[-1]
        for i in range(2):
            tip = make_block(tip, fork=name, changes={name: b"%d" % i * 40, b"key": name})
            chain.import_block(tip.ready(is_best=False), tip.state)
            forks.append(tip)
    held, other = forks[1], forks[3]
    chain.hold_state(held.hash)
    for i in range(4):
        block = make_block(made[-1], changes={b"key": b"%d" % (9 + i) * 40})
        chain.import_block(block.ready(), block.state)
        chain.finalize(block.hash)
        made.append(block)
    while chain.blocks.prune_states():
        pass
    fresh = StateStore(db)
    assert contents(fresh.state_at(held.header.state_root)) == contents(held.state)
    assert chain.state_at(held.hash).get(b"key") == b"held"
    assert db.get(NODE + other.header.state_root) is None
    with pytest.raises(StatePruned):
        chain.state_at(other.hash)
    chain.release_state(held.hash)
    while chain.blocks.prune_states():
        pass
    with pytest.raises(StatePruned):
        chain.state_at(held.hash)
    assert_exact(db, chain.blocks)


def test_what_is_gone_cannot_be_held_and_holds_nothing_back() -> None:
    db = MemoryDatabase()
    chain, made = grown(db, PruningChoice(2), 6)
    chain.hold_state(made[1].hash)
    block = make_block(made[-1])
    chain.import_block(block.ready(), block.state)
    chain.finalize(block.hash)
    assert chain.blocks.keeper.oldest == 6
    chain.release_state(made[1].hash)
    assert not chain.has_state(made[1].hash)


def test_a_restart_lets_go_of_everything() -> None:
    db = MemoryDatabase()
    chain, made = grown(db, PruningChoice(1), 2)
    fork = make_block(made[2], fork=b"lost", changes={b"key": b"lost" * 10})
    chain.import_block(fork.ready(is_best=False), fork.state)
    chain.hold_state(fork.hash)
    final = make_block(made[2], changes={b"key": b"won"})
    chain.import_block(final.ready(), final.state)
    chain.finalize(final.hash)
    assert chain.has_state(fork.hash)
    chain, _ = open_chain(db, PruningChoice(1))
    while chain.blocks.prune_states():
        pass
    assert not chain.has_state(fork.hash)
    assert_exact(db, chain.blocks)
