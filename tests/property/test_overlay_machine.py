"""An overlay reads like a dict, whatever transactions were opened, kept and dropped."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from runtime.state.overlay import Overlay
from tests.support.bench import MemoryState

KEYS = st.sampled_from([b"a", b"ab", b"abc", b"b", b"bc"])
VALUES = st.none() | st.integers(0, 5)


def as_bytes(value: int) -> bytes:
    return bytes((value,))


def as_int(raw: bytes) -> int:
    return raw[0]


class OverlayMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        state = MemoryState()
        state.entries = {b"a": b"\x01", b"bc": b"\x02"}
        self.before = {b"a": 1, b"bc": 2}
        self.overlay = Overlay(state)
        self.models: list[dict[bytes, int]] = [dict(self.before)]
        self.marks: list[int] = []

    @rule(key=KEYS, value=VALUES)
    def put(self, key: bytes, value: int | None) -> None:
        self.overlay.put(key, value, as_bytes)
        self.models[-1].pop(key, None)
        if value is not None:
            self.models[-1][key] = value

    @rule(key=KEYS)
    def get(self, key: bytes) -> None:
        assert self.overlay.get(key, as_int) == self.models[-1].get(key)

    @rule(prefix=st.sampled_from([b"", b"a", b"ab", b"c"]))
    def keys(self, prefix: bytes) -> None:
        wanted = sorted(key for key in self.models[-1] if key.startswith(prefix))
        assert self.overlay.keys(prefix) == wanted
        for most in range(4):
            assert self.overlay.first_keys(prefix, most) == wanted[:most]

    @rule()
    def begin(self) -> None:
        self.marks.append(self.overlay.begin())
        self.models.append(dict(self.models[-1]))

    @precondition(lambda self: self.marks)
    @rule()
    def commit(self) -> None:
        self.marks.pop()
        self.overlay.commit()
        self.models[-2:] = [self.models[-1]]

    @precondition(lambda self: self.marks)
    @rule()
    def roll_back(self) -> None:
        self.overlay.roll_back(self.marks.pop())
        self.models.pop()

    @precondition(lambda self: not self.marks)
    @rule()
    def rebase(self) -> None:
        self.before = dict(self.models[-1])
        state = MemoryState()
        state.entries = {key: as_bytes(value) for key, value in self.before.items()}
        self.overlay.rebase(state)

    @precondition(lambda self: not self.marks)
    @invariant()
    def changes_lead_from_the_state_to_the_model(self) -> None:
        found = dict(self.before)
        for key, raw in self.overlay.changes().items():
            found.pop(key, None)
            if raw is not None:
                found[key] = as_int(raw)
        assert found == self.models[-1]


TestOverlay = OverlayMachine.TestCase
TestOverlay.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
