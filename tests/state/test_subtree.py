"""Parts of a state: whole in any cut, and no lie passes."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.state.proof import BadProof
from runtime.state.subtree import IncompletePart, check_part, walk
from runtime.state.trie import Trie, fetch_nothing


def state_of(pairs: dict[bytes, bytes]) -> tuple[Trie, dict[bytes, bytes]]:
    state = Trie(None, fetch_nothing).updated(pairs)
    return state, state.take_nodes()


def large(seed: int, size: int = 300) -> dict[bytes, bytes]:
    rng = random.Random(seed)
    return {
        rng.randbytes(rng.choice((2, 4, 8))): rng.choice((b"same" * 20, rng.randbytes(50), b"x"))
        for _ in range(size)
    }


STATE, NODES = state_of(large(1))
WHOLE = [item for unit in walk(NODES.get, [STATE.root]) for item in unit]


pairs = st.dictionaries(
    st.binary(min_size=1, max_size=4), st.binary(min_size=1, max_size=40), min_size=1, max_size=60
)


@given(pairs, st.integers(1, 9), st.randoms(use_true_random=False))
def test_a_state_is_rebuilt_from_parts_of_any_size(
    made: dict[bytes, bytes], size: int, rng: random.Random
) -> None:
    state, nodes = state_of(made)
    frontier, rebuilt = [state.root], dict[bytes, bytes]()
    counts: dict[bytes, int] = {}
    while frontier:
        rng.shuffle(frontier)
        roots = [frontier.pop() for _ in range(min(len(frontier), rng.randint(1, 4)))]
        items: list[bytes] = []
        for unit in walk(nodes.get, roots):
            items.extend(unit)
            if len(items) >= size:
                break
        part = check_part(roots, items)
        for digest, raw in part.nodes:
            rebuilt[digest] = raw
            counts[digest] = counts.get(digest, 0) + 1
        frontier.extend(part.rest)
    copy = Trie(state.root, rebuilt.get)
    assert {key: copy.get(key) for key in copy.keys(b"")} == made
    assert counts == state.occurrences_since(Trie(None, fetch_nothing))


def test_what_was_not_sent_is_still_to_be_asked_for() -> None:
    part = check_part([STATE.root], WHOLE[:10])
    again = check_part(part.rest, [x for unit in walk(NODES.get, part.rest) for x in unit])
    assert [raw for _, raw in (*part.nodes, *again.nodes)] == WHOLE
    assert again.rest == ()
    assert check_part([STATE.root], []).rest == (STATE.root,)


@given(st.integers(0, len(WHOLE) - 1), st.data())
def test_no_changed_node_passes(at: int, data: st.DataObject) -> None:
    raw = WHOLE[at]
    place = data.draw(st.integers(0, len(raw) - 1))
    changed = raw[:place] + bytes((raw[place] ^ 1,)) + raw[place + 1 :]
    with pytest.raises(BadProof, match=f"as item {at}, got"):
        check_part([STATE.root], [*WHOLE[:at], changed, *WHOLE[at + 1 :]])


def test_nodes_too_many_or_left_out_are_refused() -> None:
    with pytest.raises(BadProof, match=f"wanted {len(WHOLE)} nodes below these roots"):
        check_part([STATE.root], [*WHOLE, b"more"])
    with pytest.raises(BadProof, match="as item 5, got"):
        check_part([STATE.root], WHOLE[:5] + WHOLE[6:])


def test_a_node_without_its_value_is_refused() -> None:
    values = [unit for unit in walk(NODES.get, [STATE.root]) if len(unit) == 2]
    at = WHOLE.index(values[0][0])
    with pytest.raises(IncompletePart, match="after its node"):
        check_part([STATE.root], WHOLE[: at + 1])


def test_bytes_that_are_no_node_are_refused_though_their_hash_is_right() -> None:
    _, nodes = state_of({b"key": b"v" * 40})
    with pytest.raises(BadProof, match="wanted a trie node"):
        check_part([next(d for d, raw in nodes.items() if raw == b"v" * 40)], [b"v" * 40])


def test_a_walk_ends_at_what_is_not_there() -> None:
    missing = dict(NODES)
    del missing[check_part([STATE.root], WHOLE[:20]).rest[0]]
    assert [x for unit in walk(missing.get, [STATE.root]) for x in unit] == WHOLE[:20]
