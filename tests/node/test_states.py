"""Trie nodes from the database, and the memory they may take."""

import pytest

from node.store.columns import NODE
from node.store.db import Batch, MemoryDatabase
from node.store.lru import Lru
from node.store.states import ENTRY_OVERHEAD_BYTES, StateStore
from runtime.state.trie import EMPTY_ROOT, MissingNode, Trie


def stored(entries: dict[bytes, bytes]) -> tuple[MemoryDatabase, bytes]:
    db = MemoryDatabase()
    trie = Trie(None, StateStore(db).fetch).updated(entries)
    batch = Batch()
    batch.put_all(NODE, trie.take_nodes())
    db.write(batch)
    return db, trie.root


def test_a_state_is_read_back_by_its_root():
    entries = {b"key%d" % i: b"value" * i for i in range(200)}
    db, root = stored(entries)
    state = StateStore(db).state_at(root)
    assert {key: state.get(key) for key in state.keys(b"")} == entries


def test_the_empty_state_is_always_there():
    states = StateStore(MemoryDatabase())
    assert states.has(EMPTY_ROOT)
    assert list(states.state_at(EMPTY_ROOT).keys(b"")) == []


def test_an_unknown_state_is_not_there():
    states = StateStore(MemoryDatabase())
    assert not states.has(bytes(32))
    with pytest.raises(MissingNode):
        states.state_at(bytes(32)).get(b"key")


def test_remembered_nodes_stay_within_their_bytes():
    db, root = stored({b"key%d" % i: b"value" * 20 for i in range(500)})
    states = StateStore(db, cache_bytes=20 * (300 + ENTRY_OVERHEAD_BYTES))
    state = states.state_at(root)
    for i in range(500):
        assert state.get(b"key%d" % i) == b"value" * 20
        assert states.cached_bytes <= 20 * (300 + ENTRY_OVERHEAD_BYTES)
    assert states.cached_bytes > 0


def test_a_remembered_node_is_not_read_again():
    db, root = stored({b"key": b"value" * 20})
    states = StateStore(db)
    first = states.fetch(root)
    batch = Batch()
    for key, _ in list(db.iterate(b"")):
        batch.delete(key)
    db.write(batch)
    assert states.fetch(root) == first


def test_the_least_recently_used_entry_is_forgotten_first():
    lru: Lru[str, int] = Lru(2)
    lru.put("a", 1)
    lru.put("b", 2)
    lru.get("a")
    lru.put("c", 3)
    assert [lru.get(key) for key in "abc"] == [1, None, 3]


def test_an_entry_larger_than_everything_is_not_kept():
    lru: Lru[str, int] = Lru(10)
    lru.put("small", 1, size=4)
    lru.put("large", 2, size=11)
    assert (lru.get("small"), lru.get("large"), lru.size) == (1, None, 4)
    lru.put("small", 3, size=6)
    assert (lru.get("small"), lru.size, len(lru)) == (3, 6, 1)
    lru.clear()
    assert (lru.get("small"), lru.size) == (None, 0)
