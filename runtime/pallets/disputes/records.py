"""What the chain keeps of a case: who says what of which segment, and whose turn it is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Annotated

from runtime.compute.bisection import MAX_SHOWN, Node
from runtime.compute.classes import Tree
from runtime.primitives.schema import Bounded
from runtime.primitives.types import H256, U32, U64, AccountId, Balance, BlockNumber

Shown = Annotated[tuple[H256, ...], Bounded(MAX_SHOWN)]
"""Hashes that one step of a bisection shows."""


class Kind(Enum):
    """What is said against a provider. Indices are append-only."""

    DISPUTE = 0
    """Some leaf of its result is wrong."""
    AVAILABILITY = 1
    """It does not serve a leaf of its result."""


class Content(Enum):
    """Which of the two contents of a result a case is about. Indices are append-only."""

    OUTPUT = 0
    AUXILIARY = 1

    @property
    def tree(self) -> Tree:
        """The tree of this content."""
        return Tree.OUTPUT if self is Content.OUTPUT else Tree.AUXILIARY


class Turn(Enum):
    """What is to be done next, and by whom. Indices are append-only."""

    SHOW = 0
    """The provider shows the hashes below the disputed node."""
    PICK = 1
    """The challenger points at the one that differs from its own."""
    OPEN = 2
    """The provider opens the disputed leaf; every importer recomputes it."""


class Verdict(Enum):
    """How a case ended. Indices are append-only."""

    CONVICTED = 0
    """The provider did not answer in time, as nobody can for a wrong leaf."""
    ANSWERED = 1
    """The provider opened the leaf and it is exact."""
    WITHDRAWN = 2
    """The challenger did not take its turn."""
    MOOT = 3
    """The segment failed, or was forgotten, before the case was decided."""


@dataclass(frozen=True, slots=True)
class Case:
    """A dispute, or a challenge of availability, that is not decided yet."""

    kind: Kind
    challenger: AccountId
    provider: AccountId
    job: U64
    segment: U32
    committed_at: BlockNumber
    """Which commitment of the segment it is about: a job that is retried has others later."""
    bond: Balance
    holds_payment: bool
    content: Content
    node: Node
    """The node in dispute; a leaf when the turn is to open it."""
    hash: H256
    """The hash of the node, by the provider's word; zeros for a leaf that nobody bisected to."""
    shown: Shown
    """The hashes below the node while the challenger picks; otherwise none."""
    turn: Turn
    moves: U32
    """Turns taken so far."""
    deadline: BlockNumber
    """The last block in which this turn can be taken."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What is said when a case is opened: of which node, and what is at stake."""

    kind: Kind
    content: Content
    node: Node
    hash: H256
    bond: Balance


@dataclass(frozen=True, slots=True)
class Timer:
    """A turn that will have run out; of no meaning once the case has moved on."""

    case: U64
    moves: U32


@dataclass(frozen=True, slots=True)
class Window:
    """The ends of a queue that is kept in a map by position."""

    first: U64
    end: U64


EMPTY_WINDOW = Window(0, 0)
