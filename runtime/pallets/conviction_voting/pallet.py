"""Conviction voting: votes of AMAX, which count more the longer the voter is bound to them.

Each vote binds what it is cast with until its referendum is over, and if it wins, for as long as
its conviction says. On each track an account votes itself or lets another vote for it. Only AMAX
that was set aside well before a referendum was submitted votes in it. Names, indices and layouts
are those of FRAME's `pallet_conviction_voting`. Source: design page "Economy", 5.15.
"""

from __future__ import annotations

from dataclasses import replace

from runtime.frame import (
    Context,
    DispatchError,
    DoubleMap,
    Map,
    Origin,
    Pallet,
    Weight,
    call,
    constant,
    ensure,
    ensure_signed,
    invariant,
)
from runtime.frame.accounts import account_of
from runtime.frame.fungible import FreezeReason
from runtime.frame.polls import (
    ACCESS,
    UNHEARD,
    OngoingPoll,
    PollIndex,
    Tally,
    TrackId,
    Turnout,
)
from runtime.pallets.conviction_voting import seasoning
from runtime.pallets.conviction_voting.ports import Config, Error, Ledger, Polls
from runtime.pallets.conviction_voting.seasoning import Ages, Chunks
from runtime.pallets.conviction_voting.types import (
    EVENTS,
    MAX_VOTES,
    AccountVote,
    Casting,
    ClassLocks,
    Conviction,
    Delegated,
    Delegating,
    Delegations,
    Seasoning,
    Standard,
    Undelegated,
    Unseasoned,
    Voted,
    VoteRemoved,
    VoteUnlocked,
    Voting,
    changed,
    longer_lock,
)
from runtime.primitives.extrinsic import MultiAddress
from runtime.primitives.hashing import TWOX_64_CONCAT
from runtime.primitives.types import U32, AccountId, Balance, BlockNumber, CompactU32

LOCK = Weight(reads=3, writes=3, compute=20_000)
"""What is bound on each track, the freeze that follows, and the account."""

VOTE = ACCESS + LOCK + Weight(reads=10, writes=7, compute=60_000)
"""The votes of an account, what it has set aside, the ages of its delegations, its turnout."""

DELEGATE = ACCESS * MAX_VOTES + LOCK + Weight(reads=6, writes=5, compute=100_000)
"""Every vote of the delegate may have to change."""

SEASON = Weight(reads=4, writes=4, compute=20_000)


class ConvictionVoting(Pallet):
    """Votes of AMAX."""

    events = EVENTS
    errors = Error

    voting_for: DoubleMap[AccountId, TrackId, Voting] = DoubleMap(
        default=Casting(), hashers=(TWOX_64_CONCAT, TWOX_64_CONCAT)
    )
    """The votes of each account on each track, or who votes for it."""
    class_locks_for: Map[AccountId, ClassLocks] = Map(default=(), hasher=TWOX_64_CONCAT)
    """What each account has bound on each track."""
    set_aside: Map[AccountId, Chunks] = Map(default=())
    """What each account has set aside for voting, and since when."""
    delegation_ages: DoubleMap[AccountId, TrackId, Ages] = DoubleMap(
        default=(), hashers=(TWOX_64_CONCAT, TWOX_64_CONCAT)
    )
    """From which era on the delegations in an account's hands count."""
    delegates_from: DoubleMap[AccountId, TrackId, U32] = DoubleMap(
        hashers=(TWOX_64_CONCAT, TWOX_64_CONCAT)
    )
    """From which era on the delegation of an account counts."""

    def __init__(
        self,
        context: Context,
        ledger: Ledger,
        polls: Polls,
        config: Config,
        *,
        turnout: Turnout = UNHEARD,
        index: int,
        name: str = "ConvictionVoting",
    ) -> None:
        super().__init__(context, index=index, name=name)
        self.ledger, self.polls, self.config = ledger, polls, config
        self.turnout = turnout

    @call(0, weight=VOTE)
    def vote(self, origin: Origin, poll_index: CompactU32, vote: AccountVote) -> None:
        """Vote in a referendum, or change your vote; what it is cast with is bound."""
        who, poll = ensure_signed(origin), self._ongoing(poll_index)
        ensure(vote.amount <= self.ledger.total(who), Error.INSUFFICIENT_FUNDS)
        seasoned = self.set_aside_by(who, poll.submitted - self.config.season)
        ensure(vote.amount <= seasoned, Error.NOT_SEASONED)
        casting = self._casting(who, poll.track, Error.ALREADY_DELEGATING)
        votes = dict(casting.votes)
        tally = self._without(poll, votes.get(poll_index), who)
        votes[poll_index] = vote
        ensure(len(votes) <= MAX_VOTES, Error.MAX_VOTES_REACHED)
        tally = changed(tally, self._counts(poll, vote, who))
        ordered = tuple(sorted(votes.items(), key=lambda one: one[0]))
        self.voting_for[who, poll.track] = replace(casting, votes=ordered)
        self._extend_lock(who, poll.track, vote.amount)
        self.polls.set_tally(poll_index, tally)
        self.turnout.voted(who, poll_index, vote.amount)
        self.deposit(Voted(who, vote))

    @call(1, weight=DELEGATE)
    def delegate(
        self,
        origin: Origin,
        class_: TrackId,
        to: MultiAddress,
        conviction: Conviction,
        balance: Balance,
    ) -> None:
        """Let another account vote for you on a track, with so much of your AMAX."""
        who, target = ensure_signed(origin), account_of(to)
        ensure(who != target, Error.NONSENSE)
        ensure(self.polls.has_track(class_), Error.BAD_CLASS)
        ensure(balance > 0, Error.NOTHING_TO_DELEGATE)
        ensure(balance <= self.ledger.total(who), Error.INSUFFICIENT_FUNDS)
        since = seasoning.since(self.set_aside[who], balance)
        if since is None:
            raise DispatchError(Error.NOT_SEASONED)
        casting = self._casting(who, class_, Error.ALREADY_DELEGATING)
        ensure(not casting.votes, Error.ALREADY_VOTING)
        era = -(-(since + self.config.season) // self.config.era_blocks)
        delegating = Delegating(balance, target, conviction, casting.delegations, casting.prior)
        self.voting_for[who, class_] = delegating
        self.delegates_from[who, class_] = era
        self._give(target, class_, era, delegating.given)
        self._extend_lock(who, class_, balance)
        self.deposit(Delegated(who, target))

    @call(2, weight=DELEGATE)
    def undelegate(self, origin: Origin, class_: TrackId) -> None:
        """Vote for yourself again on a track; what you delegated stays bound by its conviction."""
        who, now = ensure_signed(origin), self.context.number
        voting = self.voting_for[who, class_]
        if not isinstance(voting, Delegating):
            raise DispatchError(Error.NOT_DELEGATING)
        self._take_back(voting.target, class_, self.delegates_from[who, class_], voting.given)
        until = now + self.config.lock_period * voting.conviction.lock_periods
        prior = longer_lock(voting.prior, until, voting.balance)
        self.voting_for[who, class_] = Casting((), voting.delegations, prior)
        del self.delegates_from[who, class_]
        self.deposit(Undelegated(who))

    @call(3, weight=LOCK + Weight(reads=1, writes=1))
    def unlock(self, origin: Origin, class_: TrackId, target: MultiAddress) -> None:
        """Free what votes of an account on a track do not bind any more; anyone may call."""
        ensure_signed(origin)
        who = account_of(target)
        voting = self.voting_for[who, class_]
        if voting.prior[0] <= self.context.number:
            voting = self.voting_for[who, class_] = replace(voting, prior=(0, 0))
        self._set_lock(who, class_, voting.locked)
        self.deposit(VoteUnlocked(who, class_))

    @call(4, weight=VOTE)
    def remove_vote(self, origin: Origin, class_: TrackId | None, index: PollIndex) -> None:
        """Take your vote back; if it won, what it was cast with stays bound by its conviction."""
        who = ensure_signed(origin)
        if class_ is None:
            poll = self.polls.poll(index)
            if not isinstance(poll, OngoingPoll):
                raise DispatchError(Error.CLASS_NEEDED)
            class_ = poll.track
        self._remove_vote(who, class_, index, is_own=True)

    @call(5, weight=VOTE)
    def remove_other_vote(
        self, origin: Origin, target: MultiAddress, class_: TrackId, index: PollIndex
    ) -> None:
        """Remove a vote of another account that does not bind it any more."""
        who, owner = ensure_signed(origin), account_of(target)
        self._remove_vote(owner, class_, index, is_own=who == owner)

    @call(50, weight=SEASON)
    def season(self, origin: Origin, amount: Balance) -> None:
        """Set AMAX aside for voting; it votes in referenda submitted long enough afterwards."""
        who, now = ensure_signed(origin), self.context.number
        chunks = self.set_aside[who]
        whole = seasoning.total(chunks) + amount
        ensure(whole <= self.ledger.free(who), Error.INSUFFICIENT_FUNDS)
        self.set_aside[who] = seasoning.added(chunks, now, amount) if amount else chunks
        self.ledger.set_freeze(FreezeReason.GOVERNANCE_LOCK, who, whole)
        self.deposit(Seasoning(who, amount, now))

    @call(51, weight=SEASON)
    def unseason(self, origin: Origin, amount: Balance) -> None:
        """Take AMAX back that you set aside for voting, the youngest first."""
        who = ensure_signed(origin)
        chunks = self.set_aside[who]
        whole = seasoning.total(chunks) - amount
        ensure(whole >= 0, Error.NOT_SET_ASIDE)
        self.set_aside[who] = seasoning.taken(chunks, amount)
        self.ledger.set_freeze(FreezeReason.GOVERNANCE_LOCK, who, whole)
        self.deposit(Unseasoned(who, amount))

    @constant
    def max_votes(self) -> U32:
        """Return how many votes an account may have on a track."""
        return MAX_VOTES

    @constant
    def vote_locking_period(self) -> BlockNumber:
        """Return for how long the winners are bound at the least conviction that binds."""
        return self.config.lock_period

    @constant
    def seasoning_period(self) -> BlockNumber:
        """Return how long AMAX must have been set aside when a referendum is submitted."""
        return self.config.season

    def set_aside_by(self, who: AccountId, number: BlockNumber) -> Balance:
        """Return what an account has set aside for voting since a block or longer."""
        return seasoning.set_aside_by(self.set_aside[who], number)

    def _ongoing(self, index: PollIndex) -> OngoingPoll:
        poll = self.polls.poll(index)
        if isinstance(poll, OngoingPoll):
            return poll
        raise DispatchError(Error.NOT_ONGOING)

    def _casting(self, who: AccountId, track: TrackId, error: Error) -> Casting:
        voting = self.voting_for[who, track]
        if isinstance(voting, Casting):
            return voting
        raise DispatchError(error)

    def _counts(self, poll: OngoingPoll, vote: AccountVote, who: AccountId) -> tuple[int, int, int]:
        """Return what a vote adds to a tally, with the delegations that are old enough for it."""
        if not isinstance(vote, Standard):
            return vote.counts
        ages = self.delegation_ages[who, poll.track]
        more = seasoning.counted(ages, poll.submitted, self.config.era_blocks).of(vote.vote)
        own = vote.counts
        return own[0] + more[0], own[1] + more[1], own[2] + more[2]

    def _without(self, poll: OngoingPoll, vote: AccountVote | None, who: AccountId) -> Tally:
        """Return the tally of a poll without a vote that is in it."""
        if vote is None:
            return poll.tally
        return changed(poll.tally, self._counts(poll, vote, who), -1)

    def _remove_vote(
        self, who: AccountId, track: TrackId, index: PollIndex, *, is_own: bool
    ) -> None:
        casting = self._casting(who, track, Error.NOT_VOTER)
        votes = dict(casting.votes)
        vote = votes.pop(index, None)
        if vote is None:
            raise DispatchError(Error.NOT_VOTER)
        prior, poll = casting.prior, self.polls.poll(index)
        if isinstance(poll, OngoingPoll):
            ensure(is_own, Error.NO_PERMISSION)
            self.polls.set_tally(index, self._without(poll, vote, who))
            self.turnout.withdrew(who, index)
            self.deposit(VoteRemoved(who, vote))
        elif poll is not None and (bound := vote.locked_if(poll.is_approved)) is not None:
            until = poll.end + self.config.lock_period * bound[0]
            if self.context.number < until:
                ensure(is_own, Error.NO_PERMISSION_YET)
                prior = longer_lock(prior, until, bound[1])
        self.voting_for[who, track] = replace(casting, votes=tuple(votes.items()), prior=prior)

    def _give(self, who: AccountId, track: TrackId, era: int, given: Delegations) -> None:
        """Put delegations into the hands of an account; its votes count for more."""
        now_era = self.context.number // self.config.era_blocks
        ages = self.delegation_ages[who, track]
        self.delegation_ages[who, track] = seasoning.with_more(ages, era, given, now_era)
        self._change_hands(who, track, era, given, 1)

    def _take_back(self, who: AccountId, track: TrackId, era: int, given: Delegations) -> None:
        ages = self.delegation_ages[who, track]
        self.delegation_ages[who, track] = seasoning.with_less(ages, era, given)
        self._change_hands(who, track, era, given, -1)

    def _change_hands(
        self, who: AccountId, track: TrackId, era: int, given: Delegations, sign: int
    ) -> None:
        """Add delegations that count from an era on to all votes of a delegate, or take them."""
        voting = self.voting_for[who, track]
        held = voting.delegations
        after = held + given if sign > 0 else held - given
        self.voting_for[who, track] = replace(voting, delegations=after)
        if isinstance(voting, Delegating):
            return
        for index, vote in voting.votes:
            poll = self.polls.poll(index)
            if not isinstance(vote, Standard) or not isinstance(poll, OngoingPoll):
                continue
            if seasoning.counts(era, poll.submitted, self.config.era_blocks):
                self.polls.set_tally(index, changed(poll.tally, given.of(vote.vote), sign))

    def _extend_lock(self, who: AccountId, track: TrackId, amount: Balance) -> None:
        locked = dict(self.class_locks_for[who]).get(track, 0)
        self._set_lock(who, track, max(locked, amount))

    def _set_lock(self, who: AccountId, track: TrackId, amount: Balance) -> None:
        """Bind `amount` on a track; of all tracks the most counts."""
        others = tuple(one for one in self.class_locks_for[who] if one[0] != track)
        locks = (*others, (track, amount)) if amount else others
        self.class_locks_for[who] = locks
        frozen = max((locked for _, locked in locks), default=0)
        self.ledger.set_freeze(FreezeReason.CONVICTION_VOTING, who, frozen)

    @invariant
    def locks_cover_votes(self) -> bool:
        """No vote is cast with more than is bound on its track."""
        return all(
            voting.locked <= dict(self.class_locks_for[who]).get(track, 0)
            for (who, track), voting in self.voting_for.items()
        )

    @invariant
    def delegations_are_those_given(self) -> bool:
        """Equal: what accounts have in hand by age, in sum, and what others gave them."""
        given: dict[tuple[AccountId, TrackId], Delegations] = {}
        for (_, track), voting in self.voting_for.items():
            if isinstance(voting, Delegating):
                place = (voting.target, track)
                given[place] = given.get(place, Delegations()) + voting.given
        held = {place: one.delegations for place, one in self.voting_for.items()}
        aged = {
            place: sum((one.delegations for one in ages), Delegations())
            for place, ages in self.delegation_ages.items()
        }
        nonzero = {place: one for place, one in held.items() if one != Delegations()}
        return nonzero == given == aged

    @invariant
    def tallies_are_the_sums_of_votes(self) -> bool:
        """Equal for each ongoing poll: its tally, and its votes with their delegations."""
        sums: dict[PollIndex, Tally] = {}
        for (who, _), voting in self.voting_for.items():
            for index, vote in voting.votes if isinstance(voting, Casting) else ():
                poll = self.polls.poll(index)
                if isinstance(poll, OngoingPoll):
                    counts = self._counts(poll, vote, who)
                    sums[index] = changed(sums.get(index, Tally()), counts)
        polls = {index: self.polls.poll(index) for index in sums}
        return all(
            isinstance(poll, OngoingPoll) and poll.tally == sums[index]
            for index, poll in polls.items()
        )
