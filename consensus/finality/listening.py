"""When a voter that remembers no vote may cast one: it may have voted before it lost its disk.

Invariant: in the set at hand our key has voted in no round from the one that is given here on.

Blocks carry the slot they were made in, and no honest voter takes one before its slot begins. So
who votes for a block of a later slot than the one we started in voted after we started, whatever
happened to the message on its way. Three things tell, and decision 48 has the argument:

- the set itself began with such a block: nobody voted in it before;
- a supermajority voted for such blocks in round R. To vote in R + 2 or later we would have had to
  see a supermajority vote in R + 1 or later; honest voters only go up, so we never did;
- the set is the chain's first: a supermajority knows us since we began on this disk. Nobody votes
  in that set, by whichever of these ways, before a supermajority knows it.
"""

from __future__ import annotations

from collections.abc import Callable

from consensus.finality.acquaintance import Acquaintances
from consensus.finality.record import Memory
from consensus.finality.round import Round, VotingTree
from consensus.finality.rounds import Rounds
from consensus.finality.tally import VoterSet
from consensus.finality.vote import Acquaintance, CatchUp, CommitMessage, GossipMessage, VoteMessage

LISTEN = 4
"""In units of T: time for a question and its answers, twice."""


class Listener:
    """What a voter without memory hears, and what follows from it."""

    def __init__(
        self,
        memory: Memory,
        tree: VotingTree,
        peers_final: Callable[[], tuple[int, ...]],
        unit_seconds: float,
    ) -> None:
        """Begin to listen; `peers_final` tells the height that each of our peers says is final."""
        self._memory, self._tree, self._peers_final = memory, tree, peers_final
        self._unit = unit_seconds
        self._has_begun = False
        self._met_at: float | None = None
        self._greeted_at = -float("inf")
        self._greeted: tuple[Acquaintance, ...] = ()

    def hear(self, message: GossipMessage, rounds: Rounds) -> None:
        """Take a checked message as a sign that the chain is not young, or that we have voted."""
        if rounds.key is None or not rounds.is_listening:
            return
        if isinstance(message, VoteMessage):
            self._has_begun |= message.message.id == rounds.key.public
        else:
            self._has_begun |= isinstance(message, CommitMessage | CatchUp)

    def look(self, rounds: Rounds, now: float) -> bool:
        """Let us vote as soon as we can know where; return whether to greet meanwhile."""
        if rounds.key is None or not rounds.is_listening:
            return False
        acquaintances, voters = rounds.acquaintances, rounds.voters
        both = (rounds.previous, rounds.current)
        fresh = [each.number for each in both if self._is_fresh(each, voters)]
        if is_enough({rounds.key.public}, voters):
            if rounds.is_first and self._is_taken_back(now):
                rounds.vote_from(1)
            return False
        if fresh and (acquaintances is None or is_enough(acquaintances.who_know_us(), voters)):
            rounds.vote_from(max(fresh) + 2)
        elif acquaintances is not None and self._is_new_here(rounds, acquaintances):
            rounds.vote_from(1)
        return rounds.is_listening and self.may_greet(rounds, now)

    def may_greet(self, rounds: Rounds, now: float) -> bool:
        """Return whether to greet: we can, and have news, or our last greeting is some time ago."""
        if rounds.acquaintances is None or not self._peers_final():
            return False
        has_news = rounds.acquaintances.known != self._greeted
        gap = LISTEN / 2 if has_news else LISTEN
        if now - self._greeted_at < gap * self._unit:
            return False
        self._greeted_at, self._greeted = now, rounds.acquaintances.known
        return True

    def next_look(self, now: float) -> float:
        """Return when to look at the peers again: nothing tells when they come."""
        return now + self._unit

    def _is_fresh(self, round_: Round, voters: VoterSet) -> bool:
        """Return whether a supermajority voted in the round after we started."""
        since = set()
        for signed in (*round_.prevotes.all(), *round_.precommits.all()):
            block = self._tree.get(signed.message.target_hash)
            if block is not None and self._memory.has(block):
                since.add(signed.id)
        return is_enough(since, voters)

    def _is_new_here(self, rounds: Rounds, acquaintances: Acquaintances) -> bool:
        """Return whether enough know us since we began on this disk: we had no other before.

        Once something is final, only those count who may vote themselves: where all lost their
        disks, nobody remembers whom they knew. The slot we began in must be over, so that who
        loses its disk after its first vote begins in another.
        """
        best = self._tree.get(self._tree.best.hash)
        assert best is not None, "the best block is in the tree"
        is_over = best.slot > acquaintances.since_slot
        witnesses = acquaintances.who_know_us_from_here(only_begun=not self._is_young(rounds))
        return is_over and is_enough(witnesses, rounds.voters)

    def _is_young(self, rounds: Rounds) -> bool:
        """Return whether nothing that we know of was decided here or anywhere."""
        root = self._tree.root
        is_beginning = rounds.is_first and root.is_first and not self._has_begun
        return is_beginning and max(self._peers_final(), default=0) <= root.number

    def _is_taken_back(self, now: float) -> bool:
        """Return whether we, who need nobody, have what our peers have of what we decided."""
        finals = self._peers_final()
        if not finals:
            return self._tree.best != self._tree.root
        if self._met_at is None:
            self._met_at = now
        is_over = now >= self._met_at + LISTEN * self._unit
        return is_over and max(finals) <= self._tree.root.number


def is_enough(who: set[bytes], voters: VoterSet) -> bool:
    """Return whether these are a supermajority."""
    return sum(voters.weight_of(voter) for voter in who) >= voters.threshold
