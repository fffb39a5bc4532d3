"""Changes of voters: where the old ones stop, who follows, and what a proof is worth then."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consensus.finality.farewell import GAP, MAX_FAREWELLS, Farewells
from consensus.finality.ghost import BlockRef
from consensus.finality.round import Round, at_root, prevote_of
from consensus.finality.tally import Handovers, VoterSet
from consensus.finality.vote import CommitMessage, CompactCommit, Prevote
from consensus.fork_choice import Record
from consensus.fork_tree import ForkTree, Node
from runtime.primitives.block import GRANDPA_ENGINE, Consensus, Header, Other
from runtime.primitives.finality import ScheduledChange, change_payload, scheduled_change
from runtime.primitives.scale import DecodeError
from tests.consensus.support import KEYS, ZERO, genesis_node, voters

NEW = tuple((key.public, 2) for key in KEYS[:3])


def block(parent: Node, name: int, change: tuple[tuple[bytes, int], ...] | None = None) -> Node:
    logs = [Other(name.to_bytes(4, "big"))]
    if change is not None:
        logs.append(Consensus(GRANDPA_ENGINE, change_payload(ScheduledChange(change, 0))))
    header = Header(parent.hash, parent.number + 1, ZERO, ZERO, tuple(logs))
    return Node(header, Record(0, 0, header.number, header.hash), parent.slot + 1)


def test_a_change_has_the_layout_of_substrate() -> None:
    node = block(genesis_node(), 1, ((b"\x07" * 32, 9),))
    raw = b"\x01" + b"\x04" + b"\x07" * 32 + (9).to_bytes(8, "little") + bytes(4)
    assert node.header.digest[1] == Consensus(GRANDPA_ENGINE, raw)
    assert scheduled_change(node.header) == ScheduledChange(((b"\x07" * 32, 9),), 0)


@pytest.mark.parametrize(
    "payloads",
    [
        (b"",),
        (b"\x02" + change_payload(ScheduledChange(NEW, 0))[1:],),
        (change_payload(ScheduledChange(NEW, 0)),) * 2,
        (change_payload(ScheduledChange(NEW, 1)),),
        (change_payload(ScheduledChange(NEW, 0)) + b"\x00",),
    ],
)
def test_a_log_that_no_runtime_makes_is_refused(payloads: tuple[bytes, ...]) -> None:
    logs = tuple(Consensus(GRANDPA_ENGINE, payload) for payload in payloads)
    with pytest.raises(DecodeError):
        scheduled_change(Header(ZERO, 1, ZERO, ZERO, logs))


def test_voters_stop_at_the_first_change_that_is_not_final() -> None:
    tree = ForkTree(genesis_node())
    one = block(tree.root, 1)
    two = block(one, 2, NEW)
    three = block(two, 3)
    four = block(three, 4, NEW)
    other = block(one, 5)
    for node in (one, two, three, four, other):
        tree.insert(node)
    found = [tree.until_change(node.hash) for node in (one, two, three, four, other)]
    assert found == [one, two, two, two, other]
    tree.finalize(two.hash)
    assert [tree.until_change(node.hash) for node in (two, three, four)] == [two, three, four]
    assert tree.handovers == Handovers(1, NEW)
    assert voters().succeeded(tree.handovers) == VoterSet(1, NEW)


def test_a_prevote_never_goes_beyond_a_change() -> None:
    tree = ForkTree(genesis_node())
    one = block(tree.root, 1, NEW)
    two = block(one, 2)
    tree.insert(one)
    tree.insert(two)
    round_ = Round(1, BlockRef(tree.root.hash, 0))
    assert prevote_of(round_, at_root(tree), voters(), tree) == Prevote(one.hash, 1)


@given(st.integers(0, 2**32))
def test_handovers_are_what_the_finalized_headers_say(seed: int) -> None:
    draw = random.Random(seed)
    tree = ForkTree(genesis_node())
    nodes, known = [tree.root], {tree.root.hash: tree.root}
    changes: list[tuple[tuple[bytes, int], ...]] = []
    for name in range(40):
        alive = [node for node in nodes if node.hash in tree]
        change = ((bytes((name,)) * 32, 1),) if draw.random() < 0.25 else None
        node = block(draw.choice(alive), name, change)
        tree.insert(node)
        nodes.append(node)
        known[node.hash] = node
        if draw.random() < 0.2:
            target = tree.until_change(draw.choice([n for n in nodes if n.hash in tree]).hash)
            route, current = [], target
            while current.hash != tree.root.hash:
                route.append(current)
                current = known[current.parent_hash]
            announced = [scheduled_change(node.header) for node in reversed(route)]
            made = [each.next_authorities for each in announced if each is not None]
            assert len(made) <= 1, "a step of finality crosses one change at most"
            changes += made
            tree.finalize(target.hash)
        assert tree.handovers == Handovers(len(changes), changes[-1] if changes else None)


def farewell(set_id: int) -> CommitMessage:
    return CommitMessage(1, set_id, CompactCommit(ZERO, 1, (), ()))


def test_a_farewell_is_said_again_to_who_missed_it_but_rarely() -> None:
    farewells = Farewells(1.0)
    farewells.keep(farewell(3))
    assert farewells.hear(3, 4)
    assert farewells.due(0.0) == [farewell(3)]
    assert (farewells.hear(3, 4), farewells.due(GAP - 1.0)) == (True, [])
    assert (farewells.hear(3, 4), farewells.due(float(GAP))) == (True, [farewell(3)])
    assert (farewells.hear(2, 4), farewells.due(100.0)) == (False, [])


def test_who_hears_of_a_later_set_asks_but_rarely() -> None:
    farewells = Farewells(1.0)
    assert not farewells.may_ask(0.0)
    assert farewells.hear(5, 4)
    assert [farewells.may_ask(0.0), farewells.may_ask(100.0)] == [True, False]
    assert farewells.hear(5, 4)
    assert farewells.may_ask(100.0)


def test_a_few_farewells_are_kept() -> None:
    farewells = Farewells(1.0)
    for set_id in range(MAX_FAREWELLS + 1):
        farewells.keep(farewell(set_id))
    assert [farewells.hear(set_id, 99) for set_id in (0, 1, MAX_FAREWELLS)] == [False, True, True]
