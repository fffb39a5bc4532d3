"""One GRANDPA round: its votes, and what a voter may do next. Decisions only, no time and no I/O.

Source: arXiv 2007.01560, section 3.1; timing is the service's concern and never affects safety.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from consensus.finality.ghost import Block, BlockRef, RoundState, Tree, evaluate
from consensus.finality.tally import Added, Ballots, VoterSet
from consensus.finality.vote import Precommit, Prevote, PrimaryPropose, SignedMessage
from runtime.primitives.block import Header


class VotingBlock(Block, Protocol):
    """A block in the tree, and when it was made."""

    @property
    def header(self) -> Header:
        """Return its header."""
        ...

    @property
    def slot(self) -> int:
        """Return the slot of its author; 0 for genesis, which has none."""
        ...


class VotingTree(Tree, Protocol):
    """What a voter asks of the fork tree."""

    @property
    def root(self) -> VotingBlock:
        """Return the last finalized block."""
        ...

    def get(self, block_hash: bytes) -> VotingBlock | None:
        """Return a block of the tree."""
        ...

    @property
    def revision(self) -> int:
        """Return a number that grows with every change of the tree."""
        ...

    @property
    def best(self) -> Block:
        """Return the head of the best chain."""
        ...

    def best_above(self, block_hash: bytes) -> Block:
        """Return the head of the best chain that contains the block."""
        ...

    def until_change(self, block_hash: bytes) -> Block:
        """Return the first block up to this one that changes the voters, or this one."""
        ...

    def is_at_or_above(self, block_hash: bytes, ancestor: bytes) -> bool:
        """Return whether the block is the ancestor or descends from it."""
        ...


@dataclass(slots=True)
class Round:
    """The votes of a round; each voter counts once per stage, or as an equivocator."""

    number: int
    base: BlockRef
    """The last finalized block when the round began."""
    prevotes: Ballots = field(default_factory=Ballots)
    precommits: Ballots = field(default_factory=Ballots)
    proposals: Ballots = field(default_factory=Ballots)
    settled: RoundState | None = None
    """The last state in which the round was completable."""
    _counted: tuple[tuple[int, int, int], RoundState] | None = None
    """The last count, and after how many votes and changes of the tree it was made."""

    def ballots(self, message: Prevote | Precommit | PrimaryPropose) -> Ballots:
        """Return the ballots of the message's stage."""
        if isinstance(message, Prevote):
            return self.prevotes
        return self.precommits if isinstance(message, Precommit) else self.proposals

    def add(self, signed: SignedMessage) -> Added:
        """Keep a checked vote."""
        return self.ballots(signed.message).add(signed)

    def votes(self) -> list[SignedMessage]:
        """Return every vote kept, proposals included."""
        return [*self.proposals.all(), *self.prevotes.all(), *self.precommits.all()]

    def state(self, voters: VoterSet, tree: VotingTree) -> RoundState:
        """Return what the votes say, and remember the last completable state.

        A round has one set of voters and one tree: they are counted again when either changed.
        """
        basis = (self.prevotes.kept, self.precommits.kept, tree.revision)
        if self._counted is not None and self._counted[0] == basis:
            return self._counted[1]
        state = evaluate(self.prevotes, self.precommits, voters, tree)
        self._counted = (basis, state)
        if state.is_completable:
            self.settled = state
        return state


def at_root(tree: Tree) -> RoundState:
    """Return the state of a round that decided nothing beyond the last finalized block."""
    root = BlockRef(tree.root.hash, tree.root.number)
    return RoundState(ghost=root, finalized=root, estimate=root, is_completable=True)


def previous_state(previous: Round, voters: VoterSet, tree: VotingTree) -> RoundState | None:
    """Return the state of the round before, or None while its estimate is a block we lack.

    Votes for blocks that finality has dropped no longer count, so the state the round was left
    with stays valid when a fresh count says less.
    """
    state = previous.state(voters, tree)
    if state.is_completable:
        return state
    settled = previous.settled
    assert settled is not None, "a round is left only when it is completable"
    assert settled.estimate is not None, "a completable round has an estimate"
    if settled.estimate.number <= tree.root.number:
        return at_root(tree)
    return None if tree.get(settled.estimate.hash) is None else settled


def proposed(previous: RoundState) -> PrimaryPropose:
    """Return the primary's message: what the round before may have finalized."""
    assert previous.estimate is not None, "a settled round has an estimate"
    return PrimaryPropose(previous.estimate.hash, previous.estimate.number)


def prevote_of(round_: Round, previous: RoundState, voters: VoterSet, tree: VotingTree) -> Prevote:
    """Return the best block above the last estimate, or above the primary's if that is allowed.

    It is never beyond a block that changes the voters: what follows is for the next set.
    """
    assert previous.estimate is not None, "a settled round has an estimate"
    base = previous.estimate.hash
    proposal = round_.proposals.first_of(voters.primary(round_.number))
    if proposal is not None and previous.ghost is not None:
        hint, ghost = proposal.message.target_hash, previous.ghost.hash
        if (
            tree.get(hint) is not None
            and tree.get(ghost) is not None
            and tree.is_at_or_above(ghost, hint)
            and tree.is_at_or_above(hint, base)
        ):
            base = hint
    best = tree.until_change(tree.best_above(base).hash)
    return Prevote(best.hash, best.number)


def precommit_of(state: RoundState, previous: RoundState, tree: VotingTree) -> Precommit | None:
    """Return g(prevotes), or None until it is at the last estimate or above it."""
    ghost, estimate = state.ghost, previous.estimate
    assert estimate is not None, "a settled round has an estimate"
    if ghost is None or not tree.is_at_or_above(ghost.hash, estimate.hash):
        return None
    return Precommit(ghost.hash, ghost.number)


def may_end(state: RoundState, previous: RoundState, decided: int) -> bool:
    """Return whether the next round may begin: completable, and the last estimate is final."""
    assert previous.estimate is not None, "a settled round has an estimate"
    final = [decided]
    final += [each.number for each in (state.finalized, previous.finalized) if each is not None]
    return state.is_completable and previous.estimate.number <= max(final)
