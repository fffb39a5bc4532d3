"""What votes say about blocks: GHOST, what is final, what may still become final.

g(S): the highest block that a supermajority of the votes S is for, at it or above it.
E_r:  the estimate, the highest block on the chain of g(prevotes) that the round's precommits may
      still finalize. A round is completable once E_r cannot be above g: then the next may start.
All blocks are relative to the last finalized one, the root: it counts as decided. A vote for an
unknown block above the root counts as not seen; one that is elsewhere, or whose number is wrong,
counts for no block.
Source: arXiv 2007.01560, sections 2.3 and 3.1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from consensus.finality.tally import Ballots, VoterSet


class Block(Protocol):
    """A block in the tree."""

    @property
    def hash(self) -> bytes:
        """Return its hash."""
        ...

    @property
    def number(self) -> int:
        """Return its height."""
        ...

    @property
    def parent_hash(self) -> bytes:
        """Return its parent's hash."""
        ...

    @property
    def is_first(self) -> bool:
        """Whether the chain begins with it."""
        ...


class Tree(Protocol):
    """The blocks above the last finalized one."""

    @property
    def root(self) -> Block:
        """Return the last finalized block."""
        ...

    def get(self, block_hash: bytes) -> Block | None:
        """Return a block of the tree."""
        ...

    def children(self, block_hash: bytes) -> tuple[bytes, ...]:
        """Return the hashes of a block's children."""
        ...


@dataclass(frozen=True, slots=True)
class BlockRef:
    """A block by hash and height."""

    hash: bytes
    number: int


@dataclass(frozen=True, slots=True)
class RoundState:
    """What a round's votes say now."""

    ghost: BlockRef | None
    """g(prevotes), if a supermajority of prevotes is for the root or above it."""
    finalized: BlockRef | None
    """The highest block on the chain of `ghost` that a supermajority precommitted."""
    estimate: BlockRef | None
    is_completable: bool


@dataclass(frozen=True, slots=True)
class Weights:
    """The weight of one stage's votes over the tree."""

    above: dict[bytes, int]
    """For each block, of those who voted once, for it or above it."""
    seen: int
    """Of all who voted, as far as the votes can be placed."""
    equivocators: int

    def total_for(self, block_hash: bytes) -> int:
        """Return the weight of those who voted for the block, equivocators included."""
        return self.above.get(block_hash, 0) + self.equivocators

    def may_reach(self, block_hash: bytes, voters: VoterSet) -> bool:
        """Return whether the block can still get a supermajority in someone's eyes.

        Those against may hold as many hidden equivocators as are tolerated and not yet seen.
        """
        against = self.seen - self.total_for(block_hash)
        return against + self.equivocators <= 2 * voters.tolerated


def evaluate(prevotes: Ballots, precommits: Ballots, voters: VoterSet, tree: Tree) -> RoundState:
    """Return the state of a round with these votes. O(voters + targets * blocks above the root)."""
    prevoted = weigh(prevotes, voters, tree)
    ghost = highest(tree, lambda block: prevoted.total_for(block) >= voters.threshold)
    if ghost is None:
        return RoundState(None, None, None, False)
    committed = weigh(precommits, voters, tree)
    chain = _chain_down(tree, ghost)
    finalized = next(
        (block for block in chain if committed.total_for(block.hash) >= voters.threshold), None
    )
    if committed.seen < voters.threshold:
        return RoundState(ghost, finalized, ghost, False)
    still_open = (block for block in chain if committed.may_reach(block.hash, voters))
    estimate = next(still_open, chain[-1])
    is_completable = estimate != ghost or not any(
        committed.may_reach(child, voters) for child in tree.children(ghost.hash)
    )
    return RoundState(ghost, finalized, estimate, is_completable)


def weigh(ballots: Ballots, voters: VoterSet, tree: Tree) -> Weights:
    """Sum the weight of the votes for each block and its ancestors down to the root."""
    above: dict[bytes, int] = {}
    root = tree.root
    equivocators = sum(voters.weight_of(voter) for voter in ballots.equivocators())
    seen = equivocators
    for (target_hash, target_number), weight in _by_target(ballots, voters).items():
        block = tree.get(target_hash)
        if block is None and target_number > root.number:
            continue
        seen += weight
        if block is not None and block.number != target_number:
            continue
        while block is not None:
            above[block.hash] = above.get(block.hash, 0) + weight
            block = tree.get(block.parent_hash)
    return Weights(above, seen, equivocators)


def _by_target(ballots: Ballots, voters: VoterSet) -> dict[tuple[bytes, int], int]:
    """Sum the weight for each block that was voted for: most voters mean one of a few."""
    weights: dict[tuple[bytes, int], int] = {}
    for vote in ballots.single():
        target = (vote.message.target_hash, vote.message.target_number)
        weights[target] = weights.get(target, 0) + voters.weight_of(vote.id)
    return weights


def highest(tree: Tree, has_enough: Callable[[bytes], bool]) -> BlockRef | None:
    """Climb from the root while a child has enough; None if the root has not."""
    current = tree.root.hash
    if not has_enough(current):
        return None
    while children := sorted(each for each in tree.children(current) if has_enough(each)):
        current = children[0]
    return _ref(tree, current)


def _chain_down(tree: Tree, top: BlockRef) -> list[BlockRef]:
    chain = [top]
    while chain[-1].hash != tree.root.hash:
        block = tree.get(chain[-1].hash)
        assert block is not None, "every block above the root has its parent in the tree"
        chain.append(_ref(tree, block.parent_hash))
    return chain


def _ref(tree: Tree, block_hash: bytes) -> BlockRef:
    block = tree.get(block_hash)
    assert block is not None, "the tree names only blocks it has"
    return BlockRef(block.hash, block.number)
