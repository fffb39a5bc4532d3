"""VoterList: who votes for validators, nearly sorted by stake, at a bounded cost for each change.

Accounts lie in bags by their stake; a bag is a list linked both ways, so that to enter, to leave or
to move costs a few accesses however many there are. The election walks the bags from the highest
down and stops at its bound: who has more at stake is heard first. Within a bag the order is that
of arrival, and whoever has more at stake may go in front of one that has less.
Source: FRAME, pallet_bags_list.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated, Protocol

from runtime.frame import (
    Context,
    Map,
    Origin,
    Pallet,
    PalletError,
    Value,
    Weight,
    call,
    constant,
    ensure,
    ensure_signed,
    event,
    invariant,
    require,
)
from runtime.frame.accounts import account_of
from runtime.primitives.extrinsic import MultiAddress
from runtime.primitives.hashing import TWOX_64_CONCAT
from runtime.primitives.schema import Bounded
from runtime.primitives.types import U32, U64, U64_MAX, AccountId


def thresholds() -> tuple[int, ...]:
    """Return the upper bounds of the bags, ascending; each is a quarter above the one before."""
    found = [1]
    while found[-1] < U64_MAX:
        found.append(min(max(found[-1] * 5 // 4, found[-1] + 1), U64_MAX))
    return tuple(found)


THRESHOLDS = thresholds()

MOVE = Weight(reads=9, writes=9)
"""A node, its neighbours, both bags and their ends, and the count."""

WALK = Weight(reads=len(THRESHOLDS))
"""To look for the bags that hold somebody."""


@dataclass(frozen=True, slots=True)
class Node:
    """An account on the list, and its neighbours in its bag."""

    id: AccountId
    prev: AccountId | None
    next: AccountId | None
    bag_upper: U64
    score: U64


@dataclass(frozen=True, slots=True)
class Bag:
    """The ends of the list of those whose scores lie between two thresholds."""

    head: AccountId | None
    tail: AccountId | None


EMPTY = Bag(None, None)


class Scores(Protocol):
    """What voters have at stake."""

    def vote_weight(self, who: AccountId) -> U64:
        """Return what an account has at stake, in units of stake; 0 for one that has nothing."""
        ...


@event
class Rebagged:
    """An account moved to the bag of its stake."""

    who: AccountId
    from_: U64
    to: U64


@event
class ScoreUpdated:
    """An account's stake is known anew."""

    who: AccountId
    new_score: U64


class Error(PalletError):
    """Why the pallet refused a call."""

    DUPLICATE = 0, "The account is on the list."
    NOT_HEAVIER = 1, "The account does not have more at stake than the other."
    NOT_IN_SAME_BAG = 2, "The accounts are not in the same bag."
    NODE_NOT_FOUND = 3, "The account is not on the list."


class VoterList(Pallet):
    """Who votes for validators, nearly sorted by stake."""

    events = (Rebagged, ScoreUpdated)
    errors = Error

    list_nodes: Map[AccountId, Node] = Map(hasher=TWOX_64_CONCAT)
    """Those who vote."""
    counter_for_list_nodes: Value[U32] = Value(default=0)
    """How many vote."""
    list_bags: Map[U64, Bag] = Map(hasher=TWOX_64_CONCAT)
    """The bags that hold somebody, by the most that one of it has at stake."""

    def __init__(
        self, context: Context, scores: Scores, *, index: int, name: str = "VoterList"
    ) -> None:
        super().__init__(context, index=index, name=name)
        self.scores = scores

    @call(0, weight=MOVE + Weight(reads=1))
    def rebag(self, origin: Origin, dislocated: MultiAddress) -> None:
        """Move an account to the bag of what it has at stake now. Anyone may."""
        ensure_signed(origin)
        who = account_of(dislocated)
        node = require(self.list_nodes.get(who), Error.NODE_NOT_FOUND)
        self._rescore(node, self.scores.vote_weight(who))

    @call(1, weight=MOVE + Weight(reads=2))
    def put_in_front_of(self, origin: Origin, lighter: MultiAddress) -> None:
        """Go in front of an account of your bag that has less at stake."""
        self._put_in_front(account_of(lighter), ensure_signed(origin))

    @call(2, weight=MOVE + Weight(reads=2))
    def put_in_front_of_other(
        self, origin: Origin, heavier: MultiAddress, lighter: MultiAddress
    ) -> None:
        """Let an account go in front of one of its bag that has less at stake. Anyone may."""
        ensure_signed(origin)
        self._put_in_front(account_of(lighter), account_of(heavier))

    @constant
    def bag_thresholds(self) -> Annotated[tuple[U64, ...], Bounded(256)]:
        """Return the most at stake in each bag, in units of stake, ascending."""
        return THRESHOLDS

    # -------------------------------------------------------------------------- what staking does

    def insert(self, who: AccountId, score: U64) -> None:
        """Add an account that is not on the list, at the end of its bag."""
        assert who not in self.list_nodes, "an account is added once"
        self.counter_for_list_nodes += 1
        self._append(Node(who, None, None, bag_of(score), score))

    def update(self, who: AccountId, score: U64) -> None:
        """Note what an account has at stake now, if it is on the list."""
        node = self.list_nodes.get(who)
        if node is not None and node.score != score:
            self._rescore(node, score)

    def remove(self, who: AccountId) -> None:
        """Remove an account, if it is on the list."""
        node = self.list_nodes.get(who)
        if node is not None:
            self._unlink(node)
            del self.list_nodes[who]
            self.counter_for_list_nodes -= 1

    def heaviest(self) -> Iterator[AccountId]:
        """Yield who votes, the highest bag first; each costs a read, and the bags `WALK`."""
        for upper in reversed(THRESHOLDS):
            bag = self.list_bags.get(upper)
            who = None if bag is None else bag.head
            while who is not None:
                yield who
                who = self.list_nodes[who].next

    # -------------------------------------------------------------------------------------- links

    def _rescore(self, node: Node, score: int) -> None:
        """Note a score, and move the account where its bag is another one."""
        upper = bag_of(score)
        if upper == node.bag_upper:
            self.list_nodes[node.id] = replace(node, score=score)
        else:
            self._unlink(node)
            self._append(Node(node.id, None, None, upper, score))
            self.deposit(Rebagged(node.id, node.bag_upper, upper))
        self.deposit(ScoreUpdated(node.id, score))

    def _put_in_front(self, lighter: AccountId, heavier: AccountId) -> None:
        front = require(self.list_nodes.get(lighter), Error.NODE_NOT_FOUND)
        node = require(self.list_nodes.get(heavier), Error.NODE_NOT_FOUND)
        ensure(front.bag_upper == node.bag_upper, Error.NOT_IN_SAME_BAG)
        is_heavier = self.scores.vote_weight(heavier) > self.scores.vote_weight(lighter)
        ensure(is_heavier, Error.NOT_HEAVIER)
        self._unlink(node)
        front = self.list_nodes[lighter]
        self.list_nodes[heavier] = replace(node, prev=front.prev, next=lighter)
        self.list_nodes[lighter] = replace(front, prev=heavier)
        self._point_on(node.bag_upper, front.prev, heavier)

    def _append(self, node: Node) -> None:
        """Put an account at the end of its bag."""
        last = self._bag(node.bag_upper).tail
        self.list_nodes[node.id] = replace(node, prev=last, next=None)
        self._point_on(node.bag_upper, last, node.id)
        self._point_back(node.bag_upper, None, node.id)

    def _unlink(self, node: Node) -> None:
        """Let the neighbours of an account point to each other."""
        self._point_on(node.bag_upper, node.prev, node.next)
        self._point_back(node.bag_upper, node.next, node.prev)

    def _point_on(self, upper: int, who: AccountId | None, then: AccountId | None) -> None:
        """Let `then` follow an account, or begin the bag."""
        if who is None:
            self._keep(upper, replace(self._bag(upper), head=then))
        else:
            self.list_nodes[who] = replace(self.list_nodes[who], next=then)

    def _point_back(self, upper: int, who: AccountId | None, before: AccountId | None) -> None:
        """Let `before` precede an account, or end the bag."""
        if who is None:
            self._keep(upper, replace(self._bag(upper), tail=before))
        else:
            self.list_nodes[who] = replace(self.list_nodes[who], prev=before)

    def _bag(self, upper: int) -> Bag:
        return self.list_bags.get(upper) or EMPTY

    def _keep(self, upper: int, bag: Bag) -> None:
        if bag == EMPTY:
            del self.list_bags[upper]
        else:
            self.list_bags[upper] = bag

    # --------------------------------------------------------------------------------- invariants

    @invariant
    def each_voter_is_linked_once(self) -> bool:
        """Bags, walked along, hold every account once, and as many as are counted."""
        walked = list(self.heaviest())
        listed = sorted(who for who, _ in self.list_nodes.items())
        return sorted(walked) == listed and len(listed) == self.counter_for_list_nodes

    @invariant
    def links_agree(self) -> bool:
        """Each account lies in the bag of its score, and its neighbours know it."""
        nodes = dict(self.list_nodes.items())
        for who, node in nodes.items():
            before = None if node.prev is None else nodes[node.prev].next
            after = None if node.next is None else nodes[node.next].prev
            bag = self.list_bags[node.bag_upper]
            begins = node.prev is not None or bag.head == who
            ends = node.next is not None or bag.tail == who
            is_known = (node.prev is None or before == who) and (node.next is None or after == who)
            if not (begins and ends and is_known and node.bag_upper == bag_of(node.score)):
                return False
        return True

    @invariant
    def no_bag_is_empty(self) -> bool:
        """Each bag that is stored holds somebody."""
        return all(None not in (bag.head, bag.tail) for _, bag in self.list_bags.items())


def bag_of(score: int) -> int:
    """Return the upper bound of the bag of a score."""
    return next(upper for upper in THRESHOLDS if score <= upper)
