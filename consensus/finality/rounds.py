"""The rounds a voter is in, and its own votes in them.

Invariant: our key signs at most one message per stage of a round, over restarts too, because a
vote is saved before it leaves this file, and over a lost disk, because a voter that remembers
nothing is silent until it can know (`listening`).
"""

from __future__ import annotations

from consensus.finality import record as records
from consensus.finality.acquaintance import Acquaintances
from consensus.finality.ghost import BlockRef, RoundState, evaluate
from consensus.finality.record import Memory, Voice, VoterRecord, VoterStore
from consensus.finality.round import Round, VotingTree, at_root, previous_state
from consensus.finality.tally import VoterSet
from consensus.finality.vote import (
    Acquaintance,
    CatchUp,
    CommitMessage,
    Greeting,
    Message,
    Precommit,
    Prevote,
    SignedMessage,
    SignedPrecommit,
    SignedPrevote,
    Stage,
    VoteMessage,
    as_signed,
    signing_payload,
)
from consensus.finality.vote_key import VoteKey

BEGINNING = 0
"""The number of the round before the first: it decides nothing, and nobody votes in it."""

FIRST_SET = 0
"""The set that a chain begins with, unless it is a fork: its first block is known as such."""


class Rounds:
    """Three rounds: the one before, whose late votes still count; ours; and the next one."""

    def __init__(
        self,
        voters: VoterSet,
        key: VoteKey | None,
        tree: VotingTree,
        store: VoterStore,
        memory: Memory,
    ) -> None:
        self._tree, self._store, self._memory = tree, store, memory
        self.begin_set(voters, key)

    def begin_set(self, voters: VoterSet, key: VoteKey | None) -> None:
        """Start over with other voters, at the block that made them voters.

        `stranger` is then whose record our store holds of this set, if it is not ours.
        """
        is_voter = key is not None and voters.weight_of(key.public) > 0
        self._voters, self._key = voters, key if is_voter else None
        self._own: list[SignedMessage] = []
        self._votes_from: int | None = None
        self.stranger: bytes | None = None
        self.acquaintances: Acquaintances | None = None
        self.previous = Round(BEGINNING, self._root(), settled=at_root(self._tree))
        self.current = Round(1, self._root())
        self.ahead = Round(2, self._root())
        if self._key is not None:
            self._resume()

    @property
    def voters(self) -> VoterSet:
        """Return the voters of these rounds."""
        return self._voters

    @property
    def key(self) -> VoteKey | None:
        """Return our key if it is a voter's."""
        return self._key

    @property
    def may_vote(self) -> bool:
        """Return whether we are a voter who knows that it has not voted in this round before."""
        if self._key is None or self._votes_from is None:
            return False
        return self.current.number >= self._votes_from

    @property
    def is_listening(self) -> bool:
        """Return whether we are a voter who cannot know yet in which rounds it has voted."""
        return self._key is not None and self._votes_from is None

    def vote_from(self, number: int) -> None:
        """Vote from that round on, and remember it: we have voted in none of these."""
        assert self._key is not None, "only voters vote"
        self._votes_from = number
        self._save()

    def round_of(self, number: int) -> Round | None:
        """Return one of the three rounds."""
        each = (self.previous, self.current, self.ahead)
        return next((round_ for round_ in each if round_.number == number), None)

    def previous_state(self) -> RoundState | None:
        """Return the state of the round before; None while we lack its estimate."""
        return previous_state(self.previous, self._voters, self._tree)

    def has_cast(self, stage: Stage) -> bool:
        """Return whether we voted in that stage of the current round."""
        return any(isinstance(signed.message, stage) for signed in self._own)

    def cast(self, message: Message) -> VoteMessage:
        """Sign, save and count our vote; return it for sending."""
        assert self._key is not None, "only voters vote"
        assert self.may_vote, "a voter that may have voted already stays silent"
        assert not self.has_cast(type(message)), "one vote per stage"
        payload = signing_payload(message, self.current.number, self._voters.set_id)
        signed = SignedMessage(message, self._key.sign(payload), self._key.public)
        self._own.append(signed)
        self._save()
        self.current.add(signed)
        return VoteMessage(self.current.number, self._voters.set_id, signed)

    def own_votes(self) -> list[VoteMessage]:
        """Return our votes of this round and the one before, for sending again."""
        if self._key is None:
            return []
        public, set_id = self._key.public, self._voters.set_id
        previous = [] if self.is_first else self.previous.votes()
        before = [signed for signed in previous if signed.id == public]
        return [VoteMessage(self.previous.number, set_id, signed) for signed in before] + [
            VoteMessage(self.current.number, set_id, signed) for signed in self._own
        ]

    def heard_votes(self) -> list[VoteMessage]:
        """Return what a voter heard of others in these rounds: they may not send it any more."""
        if self._key is None:
            return []
        rounds = (self.current,) if self.is_first else (self.previous, self.current)
        return [
            VoteMessage(each.number, self._voters.set_id, signed)
            for each in rounds
            for signed in each.votes()
            if signed.id != self._key.public
        ]

    @property
    def is_first(self) -> bool:
        """Return whether we are in the first round of these voters."""
        return self.previous.number == BEGINNING

    def greet(self) -> Greeting:
        """Say whom we know in the chain's first set, and remember it."""
        assert self._key is not None, "only voters greet"
        assert self.acquaintances is not None, "voters of later sets need not greet"
        self._save()
        has_begun = self._votes_from is not None
        return self.acquaintances.greeting(self._key, self._voters.set_id, has_begun)

    def missing(
        self, waiting: CatchUp | None, commit: CommitMessage | None
    ) -> list[tuple[bytes, int]]:
        """Return hash and height of the blocks that we lack, without which votes do not count.

        Those are votes of our rounds, of a catch-up that waits to be adopted, and of a commit.
        """
        votes = self.current.votes()
        if self.previous_state() is None:
            votes += self.previous.votes()
        if waiting is not None:
            votes += [as_signed(vote) for vote in waiting.prevotes]
            votes += [as_signed(vote) for vote in waiting.precommits]
        targets = {(vote.message.target_hash, vote.message.target_number) for vote in votes}
        if commit is not None:
            targets.add((commit.message.target_hash, commit.message.target_number))
        root = self._tree.root.number
        return [each for each in sorted(targets) if each[1] > root and not self._tree.get(each[0])]

    def begin_next(self) -> None:
        """Move on by one round; the current one is completable."""
        self._move(self.current, self.ahead)

    def adopt(self, message: CatchUp) -> bool:
        """Move to the round after a checked catch-up's, if its votes complete that round for us."""
        if message.round < self.current.number:
            return False
        round_ = self.round_of(message.round) or Round(message.round, self._root())
        votes = [as_signed(vote) for vote in message.prevotes]
        for vote in votes + [as_signed(vote) for vote in message.precommits]:
            round_.add(vote)
        if not self._settles(round_):
            return False
        following = self.round_of(message.round + 1) or Round(message.round + 1, self._root())
        self._move(round_, following)
        return True

    def skip_to(self, number: int) -> None:
        """Follow finality without voting: what was decided before is below the root."""
        assert self._key is None, "a voter needs the votes of the round before"
        if number > self.current.number:
            root = self._root()
            self._move(Round(number - 1, root, settled=at_root(self._tree)), Round(number, root))

    def catch_up(self) -> CatchUp:
        """Return the votes of the round before, for voters who fell behind."""
        prevotes = [
            SignedPrevote(signed.message, signed.signature, signed.id)
            for signed in self.previous.prevotes.all()
            if isinstance(signed.message, Prevote)
        ]
        precommits = [
            SignedPrecommit(signed.message, signed.signature, signed.id)
            for signed in self.previous.precommits.all()
            if isinstance(signed.message, Precommit)
        ]
        base = self.previous.base
        return CatchUp(
            self._voters.set_id,
            self.previous.number,
            tuple(prevotes),
            tuple(precommits),
            base.hash,
            base.number,
        )

    def _settles(self, round_: Round) -> bool:
        """Return whether the round is completable, or decided nothing above the root."""
        state = evaluate(round_.prevotes, round_.precommits, self._voters, self._tree)
        root = self._tree.root.number
        if not state.is_completable and all(
            vote.message.target_number <= root for vote in round_.votes()
        ):
            state = at_root(self._tree)
        if state.is_completable:
            round_.settled = state
        return state.is_completable

    def _move(self, previous: Round, current: Round) -> None:
        assert previous.settled is not None, "a round is left only when it is completable"
        assert current.number == previous.number + 1 > self.current.number, "rounds only grow"
        self.previous, self.current = previous, current
        self.current.base = self._root()
        self.ahead = Round(current.number + 1, self._root())
        self._own = []
        if self._key is not None:
            self._save()

    def _resume(self) -> None:
        """Go on where the record says; without one that can help, listen first."""
        assert self._key is not None, "only voters have voted"
        raw, set_id = self._store.load(), self._voters.set_id
        record = None if raw is None else records.read_record(raw)
        if record is not None and record.set_id == set_id:
            if record.is_of(self._key.public):
                self._go_on(record)
                return
            self.stranger = record.voter or record.own[0].id
        if self._knows_of_no_vote(record):
            self.vote_from(1)
        elif set_id == FIRST_SET or self._tree.root.is_first:
            ourselves = Acquaintance(self._key.public, self._memory.since_slot)
            self.acquaintances = Acquaintances(self._key.public, (ourselves,))

    def _knows_of_no_vote(self, record: VoterRecord | None) -> bool:
        """Return whether we cannot have voted in this set: our disk is older, or it is younger."""
        if record is None or record.set_id >= self._voters.set_id or record.votes_from is None:
            return self._memory.has_set_of(self._tree.root)
        return True

    def _go_on(self, record: VoterRecord) -> None:
        assert self._key is not None, "only voters have a record"
        self.previous = records.previous_round(record)
        self.current = Round(record.round, self._root())
        self.ahead = Round(record.round + 1, self._root())
        self._votes_from = record.votes_from
        self._own = list(record.own)
        if record.known is not None:
            self.acquaintances = Acquaintances(self._key.public, record.known)
        for signed in (*record.own, *record.heard):
            self.current.add(signed)

    def _save(self) -> None:
        assert self._key is not None, "only voters have something to remember"
        known = None if self.acquaintances is None else self.acquaintances.known
        voice = Voice(self._key.public, self._own, self._votes_from, known)
        set_id = self._voters.set_id
        self._store.save(records.record_of(set_id, self.current, self.previous, voice))

    def _root(self) -> BlockRef:
        return BlockRef(self._tree.root.hash, self._tree.root.number)
