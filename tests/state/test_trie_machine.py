"""The trie beside a dict and beside a trie built anew, over forks, restarts and collapses."""

from itertools import product
from random import Random

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, rule

from runtime.state.trie import Trie, fetch_nothing

BYTES = [0x00, 0x01, 0x10, 0x11, 0xFF]
POOL = [bytes(key) for size in range(4) for key in product(BYTES, repeat=size)]
"""Few keys that share many nibbles, so that changes meet at every kind of node."""

KEYS = st.sampled_from(POOL)
LIVE = st.binary(max_size=3) | st.integers(28, 40).map(bytes)
VALUES = st.none() | LIVE
Model = dict[bytes, bytes]
Changes = dict[bytes, bytes | None]

SEEDS = tuple(range(20))
CHANGES = st.dictionaries(KEYS, VALUES, max_size=12)


class TrieMachine(RuleBasedStateMachine):
    VERSION = 1

    tries = Bundle("tries")
    """Each trie with the dict of what it must hold."""

    def __init__(self) -> None:
        super().__init__()
        self.database: dict[bytes, bytes] = {}

    @initialize(target=tries, pairs=st.dictionaries(KEYS, LIVE, min_size=10, max_size=40))
    def start(self, pairs):
        return self.changed(Trie(None, self.database.get, self.VERSION), {}, pairs)

    @rule(target=tries, known=tries, changes=CHANGES)
    def update(self, known, changes):
        trie, model = known
        return self.changed(trie, model, changes)

    @rule(target=tries, known=tries, places=st.lists(st.integers(0, 99), max_size=6), value=VALUES)
    def delete_or_replace_some(self, known, places, value):
        trie, model = known
        present = sorted(model)
        changes = {present[place % len(present)]: value for place in places if present}
        return self.changed(trie, model, changes)

    @rule(target=tries, known=tries)
    def restart(self, known):
        trie, model = known
        self.store(trie, model)
        return Trie(trie.root, self.database.get, self.VERSION), model

    @rule(target=tries, known=tries, keep=st.integers(0, 8))
    def collapse(self, known, keep):
        trie, model = known
        self.store(trie, model)
        small = trie.collapsed(keep)
        assert small.loaded <= keep
        return small, model

    @rule(known=tries, prefix=KEYS, start=st.none() | KEYS)
    def list_keys(self, known, prefix, start):
        trie, model = known
        expected = [
            key
            for key in sorted(model)
            if key.startswith(prefix) and (start is None or key > start)
        ]
        assert list(trie.keys(prefix, start)) == expected

    @rule(known=tries, key=KEYS)
    def get(self, known, key):
        trie, model = known
        assert trie.get(key) == model.get(key)

    def changed(self, trie: Trie, model: Model, changes: Changes) -> tuple[Trie, Model]:
        left = {key: value for key, value in {**model, **changes}.items() if value is not None}
        new = trie.updated(changes)
        self.check(new, left)
        self.check(trie, model)
        return new, left

    def store(self, trie: Trie, model: Model) -> None:
        """Write what the trie hands over; it is nothing else, and nothing less, than it needs."""
        needed = self.rebuilt(model).take_nodes()
        handed = trie.take_nodes()
        assert handed.items() <= needed.items()
        self.database |= handed
        assert needed.items() <= self.database.items()

    def check(self, trie: Trie, model: Model) -> None:
        assert trie.root == self.rebuilt(model).root
        assert {key: trie.get(key) for key in trie.keys(b"")} == model

    def rebuilt(self, model: Model) -> Trie:
        return Trie(None, fetch_nothing, self.VERSION).updated(dict(model))


class OldLayoutMachine(TrieMachine):
    VERSION = 0


TestTrie = TrieMachine.TestCase
TestTrie.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)
TestOldLayout = OldLayoutMachine.TestCase
TestOldLayout.settings = settings(max_examples=30, stateful_step_count=20, deadline=None)


@pytest.mark.parametrize("version", [0, 1])
def test_a_long_history_leaves_what_a_dict_would_hold(seed: int, version: int) -> None:
    chance = Random(seed)
    trie = Trie(None, fetch_nothing, version)
    model: dict[bytes, bytes] = {}
    for _ in range(40):
        keys = chance.sample(POOL, chance.randrange(30))
        keys += [key for key in sorted(model) if chance.random() < 0.2]
        values = [None, b"", b"v", chance.randbytes(31), bytes(32), chance.randbytes(33)]
        changes = {key: chance.choice(values) for key in keys}
        trie = trie.updated(changes)
        model = {key: value for key, value in {**model, **changes}.items() if value is not None}
        rebuilt = Trie(None, fetch_nothing, version).updated(dict(model))
        assert trie.root == rebuilt.root
        assert {key: trie.get(key) for key in trie.keys(b"")} == model
    assert trie.take_nodes() == rebuilt.take_nodes()
