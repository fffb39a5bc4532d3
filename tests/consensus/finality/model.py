"""Every run of GRANDPA rounds over a small tree, with the product's own voting rules.

Four voters of weight one, of whom some lie. A network that delays, drops and reorders at will is
one in which each honest voter acts on *any* subset of the votes cast so far, and the liars show
each voter whatever they like. So a round is explored as sets: what honest voters may prevote,
what any view of those prevotes may make them precommit, and in which states any view of both may
leave the round. A voter may also be absent from a stage. All views are taken as independent of
each other and of the voter's own past votes: that allows more than can happen, never less.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations_with_replacement, product

from consensus.finality.ghost import BlockRef, RoundState, evaluate
from consensus.finality.round import Round, at_root, may_end, precommit_of, prevote_of
from consensus.finality.tally import Ballots, VoterSet
from consensus.finality.vote import Message, Precommit, Prevote, PrimaryPropose, SignedMessage
from consensus.fork_tree import ForkTree, Node
from tests.consensus.support import KEYS, tree_of

Votes = tuple[str, ...]
"""Names of blocks that honest voters voted for, in order: who is who does not matter."""

Lie = tuple[str, ...]
"""What a liar shows: nothing, a vote, or two votes, which count for every block."""

LIAR = KEYS[-1].public


@dataclass(frozen=True)
class Situation:
    """What the rounds so far leave behind, for the whole network."""

    final: frozenset[str]
    """Blocks for which a proof can be made."""
    states: frozenset[RoundState]
    """The states in which an honest voter can have left the last round."""


@dataclass(frozen=True)
class Explored:
    """What can become of the tree."""

    finals: set[frozenset[str]]
    """Each set of blocks for which proofs can exist together."""
    situations: int
    is_complete: bool
    """Whether more rounds can lead to nothing new: then any number of rounds is covered."""

    def conflicts(self) -> list[frozenset[str]]:
        """Return the sets in which two blocks are on different branches."""
        return [final for final in self.finals if conflict(final)]


@dataclass(frozen=True)
class BestIs:
    """The tree of a voter to whom the network has shown blocks so that this one is the best."""

    tree: ForkTree
    best: Node

    def best_above(self, block_hash: bytes) -> Node:
        assert self.tree.is_at_or_above(self.best.hash, block_hash)
        return self.best

    def __getattr__(self, name: str) -> object:
        return getattr(self.tree, name)


@dataclass
class Model:
    """A tree, the weight of the liar among four, and whether honest voters heed the estimate."""

    branches: tuple[str, ...]
    liar_weight: int = 1
    is_heedless: bool = False
    outcomes_of: dict[tuple[Votes, Votes], frozenset[RoundState]] = field(default_factory=dict)
    evaluated: dict[tuple[Votes, Lie, Votes, Lie], RoundState] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.tree, self.nodes = tree_of(*self.branches)
        self.names = {node.hash: name for name, node in self.nodes.items()}
        self.honest = [key.public for key in KEYS[: 4 - self.liar_weight]]
        weights = (*((one, 1) for one in self.honest), (LIAR, self.liar_weight))
        self.voters = VoterSet(0, weights)
        blocks = sorted(self.nodes)
        pairs = (blocks[0], blocks[-1])
        self.lies: tuple[Lie, ...] = ((), *((block,) for block in blocks), pairs)

    def explore(self, max_rounds: int = 10) -> Explored:
        """Play rounds until they lead to no situation that was not met before."""
        start = Situation(frozenset(("",)), frozenset((at_root(self.tree),)))
        level, seen, rounds = {start}, {start}, 0
        while level and rounds < max_rounds:
            level = {after for situation in level for after in self.after(situation)} - seen
            seen |= level
            rounds += 1
        finals = {situation.final for situation in seen}
        return Explored(finals, situations=len(seen), is_complete=not level)

    def after(self, before: Situation) -> Iterator[Situation]:
        """Yield every situation that one more round can lead to."""
        if not before.states:
            return
        decided = max(self.nodes[name].number for name in before.final)
        heeded = frozenset((at_root(self.tree),)) if self.is_heedless else before.states
        for prevotes in self._casts(self._prevotes(heeded)):
            for precommits in self._casts(self._precommits(heeded, prevotes)):
                final = before.final | self._finalizable(precommits)
                height = max([decided, *(self.nodes[name].number for name in final)])
                ends = frozenset(
                    state
                    for state in self._outcomes(prevotes, precommits)
                    if any(may_end(state, previous, height) for previous in before.states)
                )
                yield Situation(final, ends)

    @cached_property
    def _hints(self) -> tuple[PrimaryPropose | None, ...]:
        named = (PrimaryPropose(node.hash, node.number) for node in self.nodes.values())
        return (None, *named)

    def _casts(self, options: Iterable[str]) -> Iterator[Votes]:
        """Yield what the honest voters can cast together; some may be absent."""
        options = sorted(options)
        for count in range(len(self.honest) + 1):
            yield from combinations_with_replacement(options, count)

    def _prevotes(self, states: frozenset[RoundState]) -> set[str]:
        """Return what a voter may prevote: any best block and any proposal, from any state."""
        found = set()
        for state, hint, best in product(states, self._hints, self.nodes.values()):
            round_ = Round(0, BlockRef(self.tree.root.hash, 0))
            if hint is not None:
                primary = self.voters.primary(0)
                round_.proposals.add(SignedMessage(hint, bytes(64), primary))
            try:
                vote = prevote_of(round_, state, self.voters, BestIs(self.tree, best))  # type: ignore[arg-type]
            except AssertionError:
                continue
            found.add(self.names[vote.target_hash])
        return found

    def _precommits(self, states: frozenset[RoundState], prevotes: Votes) -> set[str]:
        """Return what a voter may precommit on any view of the prevotes."""
        found = set()
        for view, lie, previous in product(subsets(prevotes), self.lies, states):
            state = self._evaluate(view, lie, (), ())
            vote = precommit_of(state, previous, self.tree)
            if vote is not None:
                found.add(self.names[vote.target_hash])
        return found

    def _outcomes(self, prevotes: Votes, precommits: Votes) -> frozenset[RoundState]:
        """Return the states in which any view of the votes is completable."""
        known = self.outcomes_of.get((prevotes, precommits))
        if known is None:
            views = product(subsets(prevotes), self.lies, subsets(precommits), self.lies)
            states = (self._evaluate(*view) for view in views)
            known = frozenset(state for state in states if state.is_completable)
            self.outcomes_of[prevotes, precommits] = known
        return known

    def _finalizable(self, precommits: Votes) -> frozenset[str]:
        """Return the blocks that these precommits and the liars can prove final to someone."""
        weight = {
            name: sum(vote.startswith(name) for vote in precommits) + self.liar_weight
            for name in self.nodes
        }
        return frozenset(name for name in weight if weight[name] >= self.voters.threshold)

    def _evaluate(self, prevotes: Votes, one: Lie, precommits: Votes, two: Lie) -> RoundState:
        key = (prevotes, one, precommits, two)
        state = self.evaluated.get(key)
        if state is None:
            boxes = (
                self._ballots(Prevote, prevotes, one),
                self._ballots(Precommit, precommits, two),
            )
            state = self.evaluated[key] = evaluate(*boxes, self.voters, self.tree)
        return state

    def _ballots(self, stage: type[Message], votes: Votes, lie: Lie) -> Ballots:
        box = Ballots()
        cast = [*zip(self.honest, votes, strict=False), *((LIAR, name) for name in lie)]
        for voter, name in cast:
            node = self.nodes[name]
            box.add(SignedMessage(stage(node.hash, node.number), bytes(64), voter))
        return box


def subsets(votes: Votes) -> list[Votes]:
    """Return every part of the votes, once."""
    parts = {
        tuple(vote for vote, is_in in zip(votes, chosen, strict=True) if is_in)
        for chosen in product((False, True), repeat=len(votes))
    }
    return sorted(parts)


def conflict(final: frozenset[str]) -> bool:
    """Return whether two blocks are on different branches: names are paths from the root."""
    return any(
        not one.startswith(other) and not other.startswith(one)
        for one, other in product(final, repeat=2)
    )
