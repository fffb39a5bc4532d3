"""What a voter may do next, decided from votes alone."""

from dataclasses import replace
from functools import partial

import pytest

from consensus.finality import record as records
from consensus.finality.ghost import BlockRef, RoundState, evaluate
from consensus.finality.record import Voice
from consensus.finality.round import (
    Round,
    at_root,
    may_end,
    precommit_of,
    previous_state,
    prevote_of,
    proposed,
)
from consensus.finality.vote import Message, Precommit, Prevote, PrimaryPropose, SignedMessage
from consensus.fork_tree import ForkTree, Node
from tests.consensus.support import KEYS, child, signed, tree_of, voters


def ref(node: Node) -> BlockRef:
    return BlockRef(node.hash, node.number)


def state(ghost: Node | None, estimate: Node, finalized: Node | None = None) -> RoundState:
    blocks = (None if each is None else ref(each) for each in (ghost, finalized))
    return RoundState(*blocks, estimate=ref(estimate), is_completable=True)


def round_with(tree: ForkTree, number: int, *votes: tuple[int, type[Message], Node]) -> Round:
    made = Round(number, ref(tree.root))
    for voter, kind, node in votes:
        made.add(signed(KEYS[voter], kind(node.hash, node.number), number))
    return made


@pytest.mark.parametrize(
    ("hint", "expected"),
    [(None, "wxyz"), ("ab", "abc"), ("a", "abc"), ("wx", "wxyz"), ("abc", "wxyz")],
)
def test_a_primary_may_choose_between_the_estimate_and_the_ghost(hint, expected: str) -> None:
    tree, nodes = tree_of("abc", "wxyz")
    proposals = [] if hint is None else [(1, PrimaryPropose, nodes[hint])]
    previous = state(ghost=nodes["ab"], estimate=tree.root)
    vote = prevote_of(round_with(tree, 1, *proposals), previous, voters(), tree)
    assert vote.target_hash == nodes[expected].hash


def test_the_word_of_another_voter_than_the_primary_is_no_hint() -> None:
    tree, nodes = tree_of("ab", "xyz")
    round_ = round_with(tree, 1, (2, PrimaryPropose, nodes["a"]))
    previous = state(ghost=nodes["a"], estimate=tree.root)
    assert prevote_of(round_, previous, voters(), tree).target_hash == nodes["xyz"].hash


def test_a_prevote_stays_above_the_last_estimate() -> None:
    tree, nodes = tree_of("ab", "xyz")
    previous = state(ghost=nodes["a"], estimate=nodes["a"])
    vote = prevote_of(Round(1, ref(tree.root)), previous, voters(), tree)
    assert vote == Prevote(nodes["ab"].hash, 2)


def test_a_precommit_waits_for_a_ghost_above_the_last_estimate() -> None:
    tree, nodes = tree_of("ab", "xyz")
    previous = state(ghost=nodes["a"], estimate=nodes["a"])
    assert precommit_of(state(None, tree.root), previous, tree) is None
    assert precommit_of(state(nodes["xy"], nodes["xy"]), previous, tree) is None
    ghost = state(nodes["ab"], nodes["ab"])
    assert precommit_of(ghost, previous, tree) == Precommit(nodes["ab"].hash, 2)


def test_a_round_ends_only_when_the_last_estimate_is_final() -> None:
    _, nodes = tree_of("ab")
    previous = state(nodes["ab"], nodes["ab"])
    assert not may_end(state(nodes["ab"], nodes["ab"]), previous, decided=1)
    assert may_end(state(nodes["ab"], nodes["ab"]), previous, decided=2)
    assert may_end(state(nodes["ab"], nodes["ab"], finalized=nodes["ab"]), previous, decided=0)
    open_round = RoundState(ref(nodes["ab"]), None, ref(nodes["ab"]), is_completable=False)
    assert not may_end(open_round, previous, decided=2)


def everyone_for(tree: ForkTree, node: Node) -> Round:
    votes = [(voter, kind, node) for voter in range(3) for kind in (Prevote, Precommit)]
    made = round_with(tree, 1, *votes)
    assert made.state(voters(), tree).is_completable
    return made


def test_a_round_is_counted_again_after_every_vote_and_every_change_of_the_tree() -> None:
    """Each step is compared with a fresh count: the remembered one must never be an old one."""
    tree, nodes = tree_of("a")
    late = child(nodes["a"], "late")
    round_ = Round(1, ref(tree.root))
    votes = [
        (0, Prevote, nodes["a"]),
        (1, Prevote, late),
        (2, Prevote, late),
        (3, Prevote, late),
        (3, Prevote, nodes["a"]),
        (1, Precommit, late),
        (2, Precommit, late),
        (0, Precommit, late),
    ]
    steps = [
        *(partial(round_.add, vote_of(*vote)) for vote in votes),
        partial(tree.insert, late),
        partial(tree.finalize, nodes["a"].hash),
        partial(round_.add, vote_of(3, Precommit, late)),
    ]
    seen = []
    for step in steps:
        step()
        fresh = evaluate(round_.prevotes, round_.precommits, voters(), tree)
        assert round_.state(voters(), tree) == fresh
        assert round_.state(voters(), tree) is round_.state(voters(), tree)
        seen.append(fresh)
    assert [state.finalized for state in (seen[7], seen[8])] == [None, ref(late)]


def vote_of(voter: int, kind: type[Message], node: Node) -> SignedMessage:
    return signed(KEYS[voter], kind(node.hash, node.number))


def test_a_decided_round_stays_decided_when_finality_overtakes_it() -> None:
    tree, nodes = tree_of("abc")
    previous = everyone_for(tree, nodes["a"])
    assert previous_state(previous, voters(), tree) == state(nodes["a"], nodes["a"], nodes["a"])
    tree.finalize(nodes["abc"].hash)
    assert previous_state(previous, voters(), tree) == at_root(tree)
    assert proposed(at_root(tree)) == PrimaryPropose(nodes["abc"].hash, 3)


def test_a_round_read_back_from_its_record_says_the_same() -> None:
    tree, nodes = tree_of("abc")
    previous = everyone_for(tree, nodes["ab"])
    own = [signed(KEYS[0], Prevote(nodes["abc"].hash, 3), 2)]
    heard = signed(KEYS[1], Prevote(nodes["ab"].hash, 2), 2)
    current = Round(2, ref(tree.root))
    for vote in (*own, heard):
        current.add(vote)
    voice = Voice(KEYS[0].public, own, votes_from=1)
    record = records.read_record(records.record_of(0, current, previous, voice))
    assert (record.round, record.votes_from, record.own) == (2, 1, tuple(own))
    assert (record.voter, record.heard) == (KEYS[0].public, (heard,))
    again = records.previous_round(record)
    assert previous_state(again, voters(), tree) == previous_state(previous, voters(), tree)
    assert sorted(map(repr, again.votes())) == sorted(map(repr, previous.votes()))


def test_a_recorded_estimate_that_is_not_there_stops_the_voter() -> None:
    tree, nodes = tree_of("ab")
    voice = Voice(KEYS[0].public, [], votes_from=1)
    previous = everyone_for(tree, nodes["ab"])
    raw = records.record_of(0, Round(2, ref(tree.root)), previous, voice)
    bare, _ = tree_of("")
    assert previous_state(records.previous_round(records.read_record(raw)), voters(), bare) is None


def test_a_record_of_before_it_said_whose_it_is_can_still_be_read() -> None:
    tree, nodes = tree_of("ab")
    own = [signed(KEYS[0], Prevote(nodes["ab"].hash, 2), 2)]
    voice = Voice(KEYS[0].public, own, votes_from=1)
    rounds = Round(2, ref(tree.root)), everyone_for(tree, nodes["ab"])
    raw = records.record_of(0, *rounds, voice)
    added_since = 1 + len(KEYS[0].public) + 2  # some key, no vote, nobody known
    record = records.read_record(raw[:-added_since])
    assert replace(record, voter=KEYS[0].public) == records.read_record(raw)
    assert record.is_of(KEYS[0].public)
    assert not record.is_of(KEYS[1].public)
