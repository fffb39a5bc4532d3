"""GHOST and estimates against a model that follows the paper's words over sets of names."""

from collections.abc import Iterable
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from consensus.finality.ghost import RoundState, evaluate
from consensus.finality.tally import Ballots, VoterSet
from consensus.finality.vote import Precommit, Prevote, SignedMessage
from consensus.fork_tree import Node
from tests.consensus.support import tree_of

SIGNATURE = bytes(64)
Votes = list[tuple[int, str]]
"""(voter, block name): a name's prefixes are its ancestors."""


@dataclass(frozen=True)
class Model:
    """The paper's definitions, word by word."""

    votes: Votes
    count: int

    @property
    def tolerated(self) -> int:
        return (self.count - 1) // 3

    def blocks_of(self, voter: int) -> list[str]:
        return list(dict.fromkeys(block for each, block in self.votes if each == voter))[:2]

    def seen(self) -> set[int]:
        return {voter for voter, _ in self.votes}

    def equivocators(self) -> set[int]:
        return {voter for voter in self.seen() if len(self.blocks_of(voter)) > 1}

    def supporters(self, block: str) -> set[int]:
        honest = {v for v in self.seen() if self.blocks_of(v)[0].startswith(block)}
        return honest | self.equivocators()

    def has_supermajority(self, block: str) -> bool:
        return len(self.supporters(block)) >= self.count - self.tolerated

    def is_possible(self, block: str) -> bool:
        against = self.seen() - self.supporters(block)
        return len(against) + len(self.equivocators()) <= 2 * self.tolerated


def model_state(names: Iterable[str], prevotes: Model, precommits: Model):
    candidates = [name for name in names if prevotes.has_supermajority(name)]
    if not candidates:
        return None, None, None, False
    ghost = max(candidates, key=len)
    chain = [ghost[:length] for length in range(len(ghost), -1, -1)]
    finalized = next((name for name in chain if precommits.has_supermajority(name)), None)
    if len(precommits.seen()) < precommits.count - precommits.tolerated:
        return ghost, finalized, ghost, False
    estimate = next((name for name in chain if precommits.is_possible(name)), "")
    above = [name for name in names if name.startswith(ghost) and name != ghost]
    completable = estimate != ghost or not any(precommits.is_possible(name) for name in above)
    return ghost, finalized, estimate, completable


def ballots(votes: Votes, kind: type[Prevote] | type[Precommit], nodes: dict[str, Node]) -> Ballots:
    box = Ballots()
    for voter, name in votes:
        node = nodes[name]
        box.add(SignedMessage(kind(node.hash, node.number), SIGNATURE, bytes([voter]) * 32))
    return box


def names_of(state: RoundState, nodes: dict[str, Node]):
    by_hash = {node.hash: name for name, node in nodes.items()}
    blocks = (state.ghost, state.finalized, state.estimate)
    return (
        *(None if each is None else by_hash[each.hash] for each in blocks),
        state.is_completable,
    )


def state_of(branches: list[str], prevotes: Votes, precommits: Votes, count: int):
    tree, nodes = tree_of(*branches)
    state = evaluate(
        ballots(prevotes, Prevote, nodes),
        ballots(precommits, Precommit, nodes),
        VoterSet(0, tuple((bytes([voter]) * 32, 1) for voter in range(count))),
        tree,
    )
    return names_of(state, nodes)


@st.composite
def rounds(draw: st.DrawFn):
    """Draw a tree and votes in which no more equivocate than are tolerated."""
    count = draw(st.integers(1, 8))
    branches = draw(st.lists(st.text("ab", min_size=1, max_size=5), min_size=1, max_size=5))
    names = sorted({branch[:n] for branch in branches for n in range(len(branch) + 1)})
    faulty = draw(st.integers(0, (count - 1) // 3))

    def votes() -> Votes:
        cast: Votes = []
        for voter in draw(st.permutations(range(count)))[: draw(st.integers(0, count))]:
            for _ in range(2 if voter < faulty else 1):
                cast.append((voter, draw(st.sampled_from(names))))
        return cast

    return branches, names, votes(), votes(), count


@given(rounds())
def test_a_round_state_is_what_the_paper_defines(drawn) -> None:
    branches, names, prevotes, precommits, count = drawn
    expected = model_state(names, Model(prevotes, count), Model(precommits, count))
    assert state_of(branches, prevotes, precommits, count) == expected


@given(rounds(), st.data())
def test_what_is_finalized_is_at_or_below_every_earlier_estimate(drawn, data) -> None:
    branches, _, prevotes, precommits, count = drawn
    known = data.draw(st.integers(0, len(precommits)))
    ghost, _, estimate, _ = state_of(branches, prevotes, precommits[:known], count)
    later_ghost, finalized, _, _ = state_of(branches, prevotes, precommits, count)
    if ghost is not None and finalized is not None:
        assert later_ghost == ghost
        assert estimate.startswith(finalized)


def test_a_round_without_a_supermajority_has_no_ghost() -> None:
    assert state_of(["ab"], [(0, "a"), (1, "ab")], [], 4)[0] is None


def test_three_of_four_finalize_what_they_share() -> None:
    prevotes = [(0, "abc"), (1, "abd"), (2, "ab"), (3, "x")]
    precommits = [(0, "ab"), (1, "ab"), (2, "ab")]
    assert state_of(["abc", "abd", "x"], prevotes, precommits, 4) == ("ab", "ab", "ab", True)


def test_an_equivocator_counts_for_both_its_blocks() -> None:
    prevotes = [(0, "a"), (1, "a"), (3, "b"), (3, "a")]
    assert state_of(["a", "b"], prevotes, [], 4)[0] == "a"


def test_a_missing_vote_that_could_still_finalize_keeps_the_round_open() -> None:
    prevotes = [(voter, "ab") for voter in range(4)]
    precommits = [(0, "ab"), (1, "ab"), (2, "a")]
    assert state_of(["ab"], prevotes, precommits, 4) == ("ab", "a", "ab", True)
    assert state_of(["abc"], prevotes, precommits[:2], 4) == ("ab", None, "ab", False)


def test_a_vote_for_an_unknown_block_counts_as_not_seen() -> None:
    tree, nodes = tree_of("a")
    box = ballots([(0, "a"), (1, "a")], Prevote, nodes)
    box.add(SignedMessage(Prevote(b"?" * 32, 2), SIGNATURE, bytes([2]) * 32))
    four = VoterSet(0, tuple((bytes([voter]) * 32, 1) for voter in range(4)))
    assert evaluate(box, Ballots(), four, tree) == RoundState(None, None, None, False)


def test_a_vote_with_a_wrong_number_counts_for_no_block() -> None:
    tree, nodes = tree_of("ab")
    box = Ballots()
    box.add(SignedMessage(Prevote(nodes["ab"].hash, 1), SIGNATURE, bytes(32)))
    one = VoterSet(0, ((bytes(32), 1),))
    assert evaluate(box, Ballots(), one, tree).ghost is None
