"""When a voter that remembers no vote may cast one: it may have voted before it lost its disk.

Invariant: in the set at hand our key has voted in no round from the one that is given here on.

Blocks carry the slot they were made in, and no honest voter takes one before its slot begins. So
who votes for a block of a later slot than the one we started in voted after we started, whatever
happened to the message on its way. Three things tell, and decision 48 has the argument:

- the set itself began with such a block: nobody voted in it before;
- a supermajority voted for such blocks in round R. To vote in R + 2 or later we would have had to
  see a supermajority vote in R + 1 or later; honest voters only go up, so we never did;
- the chain is young: a supermajority says that it knows of no vote either, in a greeting; nothing
  is final here or at a peer; and nobody answered our greeting with a vote of ours.
"""

from __future__ import annotations

from collections.abc import Callable

from consensus.finality.record import Memory
from consensus.finality.round import Round, VotingTree
from consensus.finality.rounds import GREETING, Rounds
from consensus.finality.tally import VoterSet
from consensus.finality.vote import CatchUp, CommitMessage, GossipMessage, VoteMessage

LISTEN = 4
"""In units of T: time for a greeting and its answers, twice."""


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

    def hear(self, message: GossipMessage, rounds: Rounds) -> None:
        """Take a checked message as a sign that the chain is not young, or that we have voted."""
        if rounds.key is None or not rounds.is_listening:
            return
        if isinstance(message, VoteMessage):
            is_ours = message.message.id == rounds.key.public
            self._has_begun |= is_ours and message.round > GREETING
        else:
            self._has_begun |= isinstance(message, CommitMessage | CatchUp)

    def look(self, rounds: Rounds, now: float) -> bool:
        """Let us vote as soon as we can know where; return whether to greet meanwhile."""
        if rounds.key is None or not rounds.is_listening:
            return False
        both = (rounds.previous, rounds.current)
        fresh = [each.number for each in both if self._is_fresh(each, rounds.voters)]
        if fresh:
            rounds.vote_from(max(fresh) + 2)
        elif self._is_young(rounds, rounds.key.public):
            if self._is_heard(rounds, rounds.key.public, now):
                rounds.vote_from(1)
            else:
                return self._met_at is not None and self._may_greet(now)
        return False

    def may_say(self, answer: VoteMessage, now: float) -> bool:
        """Return whether to say it: greetings that answer greetings would never end."""
        return answer.round > GREETING or self._may_greet(now)

    def _may_greet(self, now: float) -> bool:
        """Return whether our last greeting is some time ago, and note this one."""
        if now - self._greeted_at < LISTEN / 2 * self._unit:
            return False
        self._greeted_at = now
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

    def _is_young(self, rounds: Rounds, key: bytes) -> bool:
        """Return whether nothing that we know of was decided here or anywhere.

        Who needs nobody to decide has nobody to contradict it: it takes back what its peers have,
        and goes on.
        """
        root = self._tree.root
        if not rounds.is_first or max(self._peers_final(), default=0) > root.number:
            return False
        return is_enough({key}, rounds.voters) or (root.is_first and not self._has_begun)

    def _is_heard(self, rounds: Rounds, key: bytes, now: float) -> bool:
        """Return whether those who are there had the time to speak, and enough know no more."""
        if not self._peers_final():
            return is_enough({key}, rounds.voters) and self._tree.best != self._tree.root
        if self._met_at is None:
            self._met_at = now
        is_over = now >= self._met_at + LISTEN * self._unit
        return is_over and is_enough({key} | rounds.greeters, rounds.voters)


def is_enough(who: set[bytes], voters: VoterSet) -> bool:
    """Return whether these are a supermajority."""
    return sum(voters.weight_of(voter) for voter in who) >= voters.threshold
