"""The trie beside a dict and beside a trie built anew, over forks, restarts and collapses."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, rule

from runtime.state.trie import Trie, fetch_nothing

NIBBLES = [0x00, 0x01, 0x10, 0x11, 0xFF]
KEYS = st.lists(st.sampled_from(NIBBLES), max_size=5).map(bytes) | st.binary(max_size=3)
VALUES = st.none() | st.binary(max_size=3) | st.integers(28, 40).map(bytes)
CHANGES = st.dictionaries(KEYS, VALUES, max_size=12)


class TrieMachine(RuleBasedStateMachine):
    VERSION = 1

    tries = Bundle("tries")
    """Each trie with the dict of what it must hold."""

    def __init__(self) -> None:
        super().__init__()
        self.database: dict[bytes, bytes] = {}

    @rule(target=tries)
    def start_empty(self):
        return Trie(None, self.database.get, self.VERSION), {}

    @rule(target=tries, known=tries, changes=CHANGES)
    def update(self, known, changes):
        trie, model = known
        merged = {**model, **changes}
        left = {key: value for key, value in merged.items() if value is not None}
        new = trie.updated(changes)
        self.check(new, left)
        self.check(trie, model)
        return new, left

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

    def store(self, trie, model) -> None:
        """Write what the trie hands over; it is nothing else, and nothing less, than it needs."""
        needed = self.rebuilt(model).take_nodes()
        handed = trie.take_nodes()
        assert handed.items() <= needed.items()
        self.database |= handed
        assert needed.items() <= self.database.items()

    def check(self, trie, model) -> None:
        assert trie.root == self.rebuilt(model).root
        assert {key: trie.get(key) for key in trie.keys(b"")} == model

    def rebuilt(self, model) -> Trie:
        return Trie(None, fetch_nothing, self.VERSION).updated(model)


class OldLayoutMachine(TrieMachine):
    VERSION = 0


TestTrie = TrieMachine.TestCase
TestTrie.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
TestOldLayout = OldLayoutMachine.TestCase
TestOldLayout.settings = settings(max_examples=50, stateful_step_count=30, deadline=None)
