"""The GRANDPA service: casts our votes, counts those of others, finalizes, helps who fell behind.

Timers serve liveness alone. T is the time a message needs to reach everyone. A voter prevotes
after 2T and precommits after 4T, and earlier whenever waiting can teach it nothing:
prevotes at once if the round before decided everything and a new block is there; precommits at
once if g(prevotes) is its own prevote or everyone has prevoted. A round with nothing to decide
sleeps until there is a block, or a vote of someone else. When a block that changes the voters is
final, the rounds start over at it with the new voters.
Source: arXiv 2007.01560, section 3.1.
"""

from __future__ import annotations

import trio

from consensus.equivocation import vote_equivocation
from consensus.errors import BadJustification
from consensus.finality import justification as proofs
from consensus.finality.duties import Duty, Repeater
from consensus.finality.farewell import Farewells
from consensus.finality.ghost import BlockRef, RoundState
from consensus.finality.gossip import Gate, Verdict, Window
from consensus.finality.listening import Listener
from consensus.finality.parts import Finalizer, VoterParts
from consensus.finality.record import Memory
from consensus.finality.relay import Relay
from consensus.finality.round import Round, may_end, precommit_of, prevote_of, proposed
from consensus.finality.rounds import Rounds
from consensus.finality.tally import Added, VoterSet
from consensus.finality.vote import (
    CatchUp,
    CatchUpRequest,
    CommitMessage,
    Envelope,
    GossipMessage,
    Greeting,
    Message,
    Precommit,
    Prevote,
    PrimaryPropose,
    VoteMessage,
)
from runtime.primitives.scale import encode

__all__ = ["Finalizer", "Voter", "VoterParts"]

MAX_INBOX = 2048
"""Messages that wait for the voter: two rounds of 512 voters; more are dropped, and repeated."""

MAX_ROUNDS_PER_STEP = 4
"""Rounds may complete at once when votes came early; the rest waits for the next step."""


class Voter:
    """Owns the rounds; one task runs it, others send it messages."""

    def __init__(self, parts: VoterParts) -> None:
        self._parts, self._tree = parts, parts.tree
        self._t = parts.gossip_seconds
        self._handovers = parts.tree.handovers
        voters = parts.voters.succeeded(self._handovers)
        memory = Memory(parts.started_in_slot)
        self._rounds = Rounds(voters, parts.key_in(voters), parts.tree, parts.store, memory)
        self._listener = Listener(memory, parts.tree, parts.peers_final, self._t)
        self._gate = self._gate_of(voters)
        self._farewells = Farewells(self._t)
        self._last_commit: CommitMessage | None = None
        self._send, self._inbox = trio.open_memory_channel[GossipMessage | None](MAX_INBOX)
        self._awake_since: float | None = None
        self._round_since = 0.0
        self._is_heard_late = False
        self._requested = 0
        self._decided_at_start = self._decided_before = parts.tree.root.number
        self._repeater, self._relay = Repeater(self._t), Relay()
        self._commit: Duty[CommitMessage] = Duty()
        self._answer: Duty[None] = Duty()
        self._asked_at = -float("inf")
        self._answered_at = -float("inf")
        self._waiting_commit: CommitMessage | None = None
        self._waiting_catch_up: CatchUp | None = None
        self._attempt = 0
        self._tell_of_stranger()

    @property
    def round(self) -> int:
        """Return the number of the current round."""
        return self._rounds.current.number

    @property
    def _voters(self) -> VoterSet:
        return self._rounds.voters

    @property
    def rounds(self) -> Rounds:
        """Return the rounds under way; only this voter changes them."""
        return self._rounds

    def on_message(self, payload: bytes, peer: object) -> Verdict:
        """Judge a gossiped payload and take it in if it is good; `peer` is for logs alone."""
        del peer
        verdict, message = self._gate.judge(payload, Window(self.round, self._decided))
        if message is not None:
            try:
                self._send.send_nowait(message)
            except trio.WouldBlock:
                return Verdict.IGNORE
        return verdict

    def on_chain_change(self) -> None:
        """Tell the voter that a block was imported or finalized."""
        if self._inbox.statistics().current_buffer_used < MAX_INBOX:
            self._send.send_nowait(None)

    async def run(self) -> None:
        """Vote until cancelled."""
        while True:
            self._step(trio.current_time())
            with trio.move_on_at(self._next_wake(trio.current_time())):
                self._take(await self._inbox.receive())
                self._take_waiting()

    def _take_waiting(self) -> None:
        for _ in range(self._inbox.statistics().current_buffer_used):
            self._take(self._inbox.receive_nowait())

    def _gate_of(self, voters: VoterSet) -> Gate:
        return Gate(voters, trio.current_time, self._t / 2, self._hear_other_set)

    def _hear_other_set(self, set_id: int) -> None:
        if self._farewells.hear(set_id, self._voters.set_id):
            self.on_chain_change()

    def _take(self, message: GossipMessage | None) -> None:
        now = trio.current_time()
        if message is None or message.set_id != self._voters.set_id:
            return
        self._listener.hear(message, self._rounds)
        match message:
            case VoteMessage():
                self._take_vote(message, now)
            case CommitMessage():
                self._take_commit(message, now)
            case CatchUpRequest():
                self._take_request(message, now)
            case CatchUp():
                self._take_catch_up(message)
            case Greeting():
                self._take_greeting(message, now)

    # Deciding

    @property
    def _decided(self) -> int:
        """Return the height up to which blocks are final or about to be."""
        return max(self._tree.root.number, self._requested)

    def _step(self, now: float) -> None:
        """Do everything that can be done now."""
        self._begin_set(now)
        self._retry_waiting()
        if self._listener.look(self._rounds, now):
            self._broadcast(self._rounds.greet())
        for _ in range(MAX_ROUNDS_PER_STEP):
            if not self._act(now):
                break
        self._do_duties(now)

    def _begin_set(self, now: float) -> None:
        """Start over if the voters changed: the block that changed them is final."""
        if self._handovers == self._tree.handovers:
            return
        self._handovers, root = self._tree.handovers, self._tree.root
        commit = self._last_commit
        if commit is not None and commit.message.target_hash == root.hash:
            self._farewells.keep(commit)
        voters = self._parts.voters.succeeded(self._handovers)
        self._rounds.begin_set(voters, self._parts.key_in(voters))
        self._tell_of_stranger()
        self._gate = self._gate_of(voters)
        self._waiting_commit = self._waiting_catch_up = None
        self._answer.cancel()
        self._requested = self._decided_at_start = root.number
        self._start_round(now)

    def _tell_of_stranger(self) -> None:
        """Say that we listen because the record on this disk is not ours."""
        if self._rounds.key is not None and self._rounds.stranger is not None:
            self._parts.tell_of_stranger(self._rounds.key.public, self._rounds.stranger)

    def _act(self, now: float) -> bool:
        """Vote and finalize in the current round; return whether it ended."""
        rounds = self._rounds
        previous = rounds.previous_state()
        if previous is None:
            return False
        self._wake(now, previous)
        if rounds.may_vote and self._awake_since is not None:
            self._vote(now - self._awake_since, previous)
        state = rounds.current.state(self._voters, self._tree)
        self._finalize(rounds.previous, previous, now)
        self._finalize(rounds.current, state, now)
        has_voted = not rounds.may_vote or rounds.has_cast(Precommit)
        if not has_voted or not may_end(state, previous, self._decided):
            return False
        self._rounds.begin_next()
        self._start_round(now)
        return True

    def _wake(self, now: float, previous: RoundState) -> None:
        current = self._rounds.current
        assert previous.estimate is not None, "a settled round has an estimate"
        highest = max(self._tree.best.number, previous.estimate.number)
        has_votes = len(current.prevotes) + len(current.precommits) > 0
        if self._awake_since is None and (highest > self._decided or has_votes):
            self._awake_since = now
            self._repeater.restart(now)

    def _vote(self, elapsed: float, previous: RoundState) -> None:
        """Cast what is due `elapsed` seconds into the round."""
        rounds, voters, tree = self._rounds, self._voters, self._tree
        assert rounds.key is not None, "only voters vote"
        assert previous.estimate is not None, "a settled round has an estimate"
        is_primary = rounds.key.public == voters.primary(rounds.current.number)
        is_open = previous.estimate.number > self._decided
        if is_primary and is_open and not rounds.has_cast(PrimaryPropose):
            self._cast(proposed(previous))
        state = rounds.current.state(voters, tree)
        if not rounds.has_cast(Prevote) and self._is_prevote_due(elapsed, previous, state):
            self._cast(prevote_of(rounds.current, previous, voters, tree))
            state = rounds.current.state(voters, tree)
        if rounds.has_cast(Prevote) and not rounds.has_cast(Precommit):
            precommit = precommit_of(state, previous, tree)
            if precommit is not None and self._is_precommit_due(elapsed, precommit, state):
                self._cast(precommit)

    def _is_prevote_due(self, elapsed: float, previous: RoundState, state: RoundState) -> bool:
        if elapsed >= 2 * self._t or state.is_completable:
            return True
        assert previous.estimate is not None, "a settled round has an estimate"
        has_progress = self._decided > self._decided_before or self.round == 1
        has_block = self._tree.best.number > self._decided
        return has_progress and has_block and previous.estimate.number <= self._decided

    def _is_precommit_due(self, elapsed: float, vote: Precommit, state: RoundState) -> bool:
        if elapsed >= 4 * self._t or state.is_completable:
            return True
        prevotes, key = self._rounds.current.prevotes, self._rounds.key
        assert key is not None, "only voters vote"
        ours = prevotes.first_of(key.public)
        assert ours is not None, "we prevote first"
        agrees = ours.message.target_hash == vote.target_hash
        return agrees or len(prevotes) == len(self._voters.voters)

    def _finalize(self, round_: Round, state: RoundState, now: float) -> None:
        """Finalize what the round's votes prove final."""
        if state.finalized is None or state.finalized.number <= self._decided:
            return
        limit = self._tree.until_change(state.finalized.hash)
        target = BlockRef(limit.hash, limit.number)
        if target.number <= self._decided:
            return
        proof = proofs.build(round_.number, target, round_.precommits, self._voters, self._tree)
        if not self._parts.chain.request_finality(proof):
            return
        self._requested = target.number
        commit = self._last_commit = proofs.compact(proof, self._voters.set_id)
        if self._rounds.key is not None:
            rank = self._voters.rank(self._rounds.key.public, round_.number)
            self._commit.schedule(now + rank * self._t, commit)

    # Sending

    def _cast(self, message: Message) -> None:
        self._broadcast(self._rounds.cast(message))

    def _broadcast(self, message: GossipMessage) -> None:
        self._attempt = (self._attempt + 1) % 2**32
        self._parts.network.broadcast(encode(Envelope(self._attempt, message), Envelope))

    def _do_duties(self, now: float) -> None:
        if (commit := self._commit.take(now)) is not None:
            self._broadcast(commit)
        for farewell in self._farewells.due(now):
            self._broadcast(farewell)
        if self._farewells.may_ask(now):
            self._broadcast(CatchUpRequest(self.round, self._voters.set_id))
        if self._answer.is_due(now):
            self._answer.cancel()
            self._answered_at = now
            self._broadcast(self._rounds.catch_up())
        if self._repeater.is_due(now, self._is_heard_late or self._awake_since is not None):
            self._is_heard_late = False
            unsaid = self._relay.due(self._rounds.heard_votes())
            for vote in self._rounds.own_votes() + unsaid:
                self._broadcast(vote)
            self._fetch_missing()
            if self._rounds.ahead.votes():
                self._ask(now)  # who is there has votes of our round that nobody may repeat

    def _fetch_missing(self) -> None:
        """Ask for the blocks without which votes do not count."""
        for target in self._rounds.missing(self._waiting_catch_up, self._waiting_commit):
            self._parts.want(*target)

    def _start_round(self, now: float) -> None:
        self._decided_before, self._decided_at_start = self._decided_at_start, self._decided
        self._awake_since, self._round_since, self._is_heard_late = None, now, False
        self._repeater.restart(now)
        self._relay.restart()

    def _next_wake(self, now: float) -> float:
        """Return when something may be due without a message."""
        times = [self._repeater.at, self._commit.at, self._answer.at]
        if self._rounds.is_listening:
            times.append(self._listener.next_look(now))
        if self._awake_since is not None:
            times += [self._awake_since + 2 * self._t, self._awake_since + 4 * self._t]
        return min((time for time in times if time > now), default=float("inf"))

    # Receiving

    def _take_vote(self, message: VoteMessage, now: float) -> None:
        self._relay.hear(message)
        round_ = self._rounds.round_of(message.round)
        if round_ is None:
            if message.round > self.round:
                self._ask(now)
            return
        if round_ is self._rounds.previous and now - self._round_since >= 2 * self._t:
            self._is_heard_late = True
        if round_.add(message.message) is Added.EQUIVOCATION:
            pair = round_.ballots(message.message.message).pair_of(message.message.id)
            assert pair is not None, "an equivocator has two votes"
            proof = vote_equivocation(pair, message.round, self._voters.set_id)
            if proof is not None:
                self._parts.report(proof)

    def _take_greeting(self, message: Greeting, now: float) -> None:
        """Get to know a voter of the chain's first set, and tell it so while it may not vote."""
        if self._rounds.acquaintances is None:
            return
        self._rounds.acquaintances.hear(message)
        if not message.has_begun and self._listener.may_greet(self._rounds, now):
            self._broadcast(self._rounds.greet())

    def _take_commit(self, message: CommitMessage, now: float) -> None:
        commit = self._commit.value
        if commit is not None and commit.message.target_number <= message.message.target_number:
            self._commit.cancel()
        if message.round > self.round + 1:
            self._ask(now)
        waiting = self._waiting_commit
        if waiting is None or waiting.message.target_number <= message.message.target_number:
            self._waiting_commit = message

    def _ask(self, now: float) -> None:
        """Ask for the votes that let us join the others' round."""
        if self._rounds.key is not None and now - self._asked_at >= 2 * self._t:
            self._asked_at = now
            self._broadcast(CatchUpRequest(self.round, self._voters.set_id))

    def _take_request(self, message: CatchUpRequest, now: float) -> None:
        key = self._rounds.key
        has_answer = self._rounds.previous.number >= max(message.round, 1)
        is_early = now - self._answered_at < 2 * self._t
        if key is not None and has_answer and not is_early and self._answer.at == float("inf"):
            self._answer.schedule(now + self._voters.rank(key.public, self.round) * self._t, None)

    def _take_catch_up(self, message: CatchUp) -> None:
        if message.round >= self._rounds.previous.number:
            self._answer.cancel()
        waiting = self._waiting_catch_up
        if waiting is None or waiting.round <= message.round:
            self._waiting_catch_up = message

    def _retry_waiting(self) -> None:
        """Use the commit and the catch-up that waited for blocks, if the blocks are there."""
        catch_up, commit = self._waiting_catch_up, self._waiting_commit
        if catch_up is not None:
            if self._rounds.adopt(catch_up):
                self._start_round(trio.current_time())
            if catch_up.round < self.round:
                self._waiting_catch_up = None
        if commit is None:
            return
        if commit.message.target_number <= self._decided:
            self._waiting_commit = None
        elif self._tree.get(commit.message.target_hash) is not None:
            self._finalize_commit(commit)

    def _finalize_commit(self, message: CommitMessage) -> None:
        try:
            proof = proofs.from_commit(message, self._voters, self._tree)
        except BadJustification:
            return
        if self._parts.chain.request_finality(proof):
            self._requested = proof.commit.target_number
            self._last_commit, self._waiting_commit = message, None
            if self._rounds.key is None:
                self._rounds.skip_to(message.round + 1)
