"""Referenda: what holders of the governance token decide, on tracks of different weight.

Anyone may propose a call and what it shall be made as, which names the track: how much it needs to
pass, for how long, and how long it then waits before it is made. Names, indices and layouts are
those of FRAME's `pallet_referenda`. Source: design page "Economy", 5.15.
"""

from __future__ import annotations

from dataclasses import replace

from runtime.frame import (
    Context,
    DispatchError,
    Map,
    Origin,
    Pallet,
    Root,
    Value,
    Weight,
    call,
    constant,
    ensure,
    ensure_root,
    ensure_signed,
    ensure_signed_or_root,
    invariant,
    require,
)
from runtime.frame.fungible import HoldReason, are_held
from runtime.frame.origins import ROOT_CALLER, OriginCaller
from runtime.frame.polls import ACCESS, FinishedPoll, OngoingPoll, Poll, PollIndex, Tally, TrackId
from runtime.frame.preimages import BoundedCall, Inline, Lookup
from runtime.frame.schedule import DispatchTime, TaskName
from runtime.pallets.referenda.deciding import Deciding
from runtime.pallets.referenda.ports import Config, Error, Ports, Powers
from runtime.pallets.referenda.tracks import TrackDetails, Tracks
from runtime.pallets.referenda.types import (
    EVENTS,
    MAX_QUEUED,
    Approved,
    Cancelled,
    DecisionDepositPlaced,
    DecisionDepositRefunded,
    Deposit,
    DepositSlashed,
    Killed,
    MetadataCleared,
    MetadataSet,
    Ongoing,
    Queue,
    ReferendumCancelled,
    ReferendumInfo,
    ReferendumKilled,
    ReferendumStatus,
    Rejected,
    SubmissionDepositRefunded,
    Submitted,
    TimedOut,
)
from runtime.primitives.hashing import TWOX_64_CONCAT, blake2_256
from runtime.primitives.scale import encode
from runtime.primitives.types import H256, U32, AccountId, Balance, BlockNumber

ALARM_PRIORITY, ENACTMENT_PRIORITY = 128, 63
"""Of the tasks of a block, calls of referenda come before looking at referenda."""

DEPOSIT = Weight(reads=2, writes=2, compute=10_000)
"""Setting a deposit aside, giving it back or burning it: the account and its holds."""

LOCKS = Weight(reads=17)
"""An account's stakes in vaults: the list of them, and each of sixteen."""

NEXT = ACCESS + Weight(reads=4, writes=4)
"""Beginning the decision of the next referendum of a track."""

SERVE = ACCESS + ACCESS + NEXT + Weight(reads=8, writes=8, compute=100_000)
"""Looking at a referendum: its alarm, its track, its call's place in an agenda, its turnout."""

NUDGE_CALL = 5


class Referenda(Pallet):
    """What holders of the governance token decide."""

    events = EVENTS
    errors = Error

    referendum_count: Value[PollIndex] = Value(default=0)
    """How many referenda were submitted so far."""
    referendum_info_for: Map[PollIndex, ReferendumInfo] = Map()
    """Every referendum, ongoing or ended."""
    track_queue: Map[TrackId, Queue] = Map(default=(), hasher=TWOX_64_CONCAT)
    """The referenda of each track that wait for their decision."""
    deciding_count: Map[TrackId, U32] = Map(default=0, hasher=TWOX_64_CONCAT)
    """How many referenda of each track are being decided."""
    metadata_of: Map[PollIndex, H256] = Map()
    """The description of a referendum, by its hash."""
    decision_end: Map[PollIndex, BlockNumber] = Map(hasher=TWOX_64_CONCAT)
    """When the decision of a referendum ends that turned late."""

    def __init__(
        self,
        context: Context,
        ports: Ports,
        powers: Powers,
        config: Config,
        *,
        index: int,
        name: str = "Referenda",
    ) -> None:
        super().__init__(context, index=index, name=name)
        self.electorate, self.agenda, self.library = ports.ledger, ports.agenda, ports.library
        self.turnout, self.lockers = ports.turnout, ports.lockers
        self.powers, self.config = powers, config
        self.deciding = Deciding(self)
        self._tracks = dict(config.tracks)
        self._track_of = dict(config.origins)

    @call(0, weight=DEPOSIT + ACCESS + LOCKS + Weight(reads=3, writes=3))
    def submit(
        self,
        origin: Origin,
        proposal_origin: OriginCaller,
        proposal: BoundedCall,
        enactment_moment: DispatchTime,
    ) -> None:
        """Propose a call, what it shall be made as, and when; a deposit is held for it.

        Half of the deposit does for who has a locked stake in a vault.
        """
        who = ensure_signed(origin)
        deposit = self.config.submission_deposit // (2 if self.lockers.is_locker(who) else 1)
        if isinstance(proposal, Lookup):
            stored = self.library.length(proposal.hash)
            is_same = stored in (None, proposal.len_)
            ensure(is_same, Error.PREIMAGE_STORED_WITH_DIFFERENT_LENGTH)
        track = require(self._track_of.get(proposal_origin), Error.NO_TRACK)
        index, now = self.referendum_count, self.context.number
        self.referendum_count = index + 1
        status = ReferendumStatus(
            track=track,
            origin=proposal_origin,
            proposal=proposal,
            enactment=enactment_moment,
            submitted=now,
            submission_deposit=self._take_deposit(who, deposit),
            decision_deposit=None,
            deciding=None,
            tally=Tally(),
            in_queue=False,
            alarm=None,
        )
        status = self.with_alarm(index, status, now + self.config.undeciding_timeout)
        # without an alarm nobody would ever end it
        ensure(status.alarm is not None, Error.FULL)
        self.referendum_info_for[index] = Ongoing(status)
        self.deposit(Submitted(index, track, proposal))

    @call(1, weight=DEPOSIT + SERVE)
    def place_decision_deposit(self, origin: Origin, index: PollIndex) -> None:
        """Hold the deposit without which a referendum is not decided."""
        who, status = ensure_signed(origin), self.ongoing(index)
        ensure(status.decision_deposit is None, Error.HAS_DEPOSIT)
        amount = self.rules(status.track).decision_deposit
        placed = self._take_deposit(who, amount)
        self.deciding.serve(index, replace(status, decision_deposit=placed))
        self.deposit(DecisionDepositPlaced(index, who, amount))

    @call(2, weight=DEPOSIT + Weight(reads=1, writes=1))
    def refund_decision_deposit(self, origin: Origin, index: PollIndex) -> None:
        """Give the decision deposit of a referendum that has ended back; anyone may call."""
        ensure_signed_or_root(origin)
        match self.referendum_info_for.get(index):
            case None:
                raise DispatchError(Error.BAD_REFERENDUM)
            case Ongoing(status):
                ensure(status.decision_deposit is None, Error.UNFINISHED)
                raise DispatchError(Error.NO_DEPOSIT)
            case Killed():
                raise DispatchError(Error.NO_DEPOSIT)
            case Approved() | Rejected() | Cancelled() | TimedOut() as ended:
                found = require(ended.decision_deposit, Error.NO_DEPOSIT)
                self.electorate.release(HoldReason.REFERENDUM, found.who, found.amount)
                self.referendum_info_for[index] = replace(ended, decision_deposit=None)
                self.deposit(DecisionDepositRefunded(index, found.who, found.amount))

    @call(3, weight=SERVE)
    def cancel(self, origin: Origin, index: PollIndex) -> None:
        """Call a referendum off; deposits can be had back."""
        self.powers.cancel(origin)
        status = self.ongoing(index)
        self.deciding.leave(index, status)
        self.deposit(ReferendumCancelled(index, status.tally))
        self.referendum_info_for[index] = Cancelled(
            self.context.number, status.submission_deposit, status.decision_deposit
        )

    @call(4, weight=SERVE + DEPOSIT + DEPOSIT)
    def kill(self, origin: Origin, index: PollIndex) -> None:
        """Call a referendum off and burn its deposits."""
        self.powers.kill(origin)
        status = self.ongoing(index)
        self.deciding.leave(index, status)
        self.deposit(ReferendumKilled(index, status.tally))
        for one in (status.submission_deposit, status.decision_deposit):
            if one is not None:
                self.electorate.burn_held(HoldReason.REFERENDUM, one.who, one.amount)
                self.deposit(DepositSlashed(one.who, one.amount))
        self._clear_metadata(index)
        self.referendum_info_for[index] = Killed(self.context.number)

    @call(NUDGE_CALL, weight=SERVE)
    def nudge_referendum(self, origin: Origin, index: PollIndex) -> None:
        """Look at a referendum; its alarm does so."""
        ensure_root(origin)
        self.deciding.serve(index, replace(self.ongoing(index), alarm=None))

    @call(6, weight=NEXT)
    def one_fewer_deciding(self, origin: Origin, track: TrackId) -> None:
        """Begin decisions for which a track has room; they begin by themselves, too."""
        ensure_root(origin)
        ensure(track in self._tracks, Error.BAD_TRACK)
        self.deciding.start_next(track)

    @call(7, weight=DEPOSIT + Weight(reads=1, writes=1))
    def refund_submission_deposit(self, origin: Origin, index: PollIndex) -> None:
        """Give the submission deposit of a referendum back that was approved or called off."""
        ensure_signed_or_root(origin)
        ended = require(self.referendum_info_for.get(index), Error.BAD_REFERENDUM)
        if not isinstance(ended, Approved | Cancelled):
            raise DispatchError(Error.BAD_STATUS)
        found = require(ended.submission_deposit, Error.NO_DEPOSIT)
        self.electorate.release(HoldReason.REFERENDUM, found.who, found.amount)
        self.referendum_info_for[index] = replace(ended, submission_deposit=None)
        self.deposit(SubmissionDepositRefunded(index, found.who, found.amount))

    @call(8, weight=Weight(reads=3, writes=1))
    def set_metadata(self, origin: Origin, index: PollIndex, maybe_hash: H256 | None) -> None:
        """Say under which hash a referendum is described, or not any more."""
        who, info = ensure_signed(origin), self.referendum_info_for.get(index)
        if isinstance(info, Ongoing):
            ensure(info.status.submission_deposit.who == who, Error.NO_PERMISSION)
        if maybe_hash is None:
            self._clear_metadata(index)
            return
        ensure(isinstance(info, Ongoing), Error.NOT_ONGOING)
        ensure(self.library.length(maybe_hash) is not None, Error.PREIMAGE_NOT_EXIST)
        self.metadata_of[index] = maybe_hash
        self.deposit(MetadataSet(index, maybe_hash))

    @constant
    def submission_deposit(self) -> Balance:
        """Return what is held of who submits a referendum."""
        return self.config.submission_deposit

    @constant
    def max_queued(self) -> U32:
        """Return how many referenda of a track may wait for their decision."""
        return MAX_QUEUED

    @constant
    def undeciding_timeout(self) -> BlockNumber:
        """Return after how many blocks a referendum lapses that is not being decided."""
        return self.config.undeciding_timeout

    @constant
    def alarm_interval(self) -> BlockNumber:
        """Return the multiples of blocks at which referenda are looked at."""
        return 1

    @constant
    def tracks(self) -> Tracks:
        """Return every track and its rules."""
        return self.config.tracks

    def poll(self, index: PollIndex) -> Poll | None:
        """Return how a referendum stands; None if it is unknown or ended without a decision."""
        match self.referendum_info_for.get(index):
            case Ongoing(status):
                return OngoingPoll(status.tally, status.track, status.submitted)
            case Approved(since=end):
                return FinishedPoll(end, is_approved=True)
            case Rejected(since=end):
                return FinishedPoll(end, is_approved=False)
            case _:
                return None

    def set_tally(self, index: PollIndex, tally: Tally) -> None:
        """Record how an ongoing referendum stands, and look at it in the next block."""
        status = replace(self.ongoing(index), tally=tally)
        alarmed = self.with_alarm(index, status, self.context.number + 1)
        self.referendum_info_for[index] = Ongoing(alarmed)

    def has_track(self, track: TrackId) -> bool:
        """Say whether there is a track of this id."""
        return track in self._tracks

    def rules(self, track: TrackId) -> TrackDetails:
        """Return the rules of a track that exists."""
        return self._tracks[track]

    def ongoing(self, index: PollIndex) -> ReferendumStatus:
        """Return a referendum that takes votes, or refuse the call."""
        info = self.referendum_info_for.get(index)
        if isinstance(info, Ongoing):
            return info.status
        raise DispatchError(Error.NOT_ONGOING)

    def with_alarm(
        self, index: PollIndex, status: ReferendumStatus, when: BlockNumber
    ) -> ReferendumStatus:
        """Return a referendum with its alarm at a block; the old one stays while none has room."""
        if status.alarm is not None and status.alarm[0] == when:
            return status
        nudge = Inline(bytes((self.index, NUDGE_CALL)) + encode(index, PollIndex))
        address = self.agenda.place_call(when, ALARM_PRIORITY, ROOT_CALLER, nudge)
        if address is None:
            return status
        self.silence(status)
        return replace(status, alarm=(address[0], address))

    def silence(self, status: ReferendumStatus) -> None:
        """Take the alarm of a referendum out of its agenda."""
        if status.alarm is not None:
            self.attempt(self.agenda.cancel_task, status.alarm[1], Root())

    def schedule_enactment(self, index: PollIndex, status: ReferendumStatus) -> bool:
        """Put the call of a referendum that passed into an agenda; return whether one has room."""
        now = self.context.number
        earliest = now + self.rules(status.track).min_enactment_period
        when = max(status.enactment.evaluate(now), earliest, now + 1)
        name = enactment_name(index)
        return (
            self.agenda.place_call(when, ENACTMENT_PRIORITY, status.origin, status.proposal, name)
            is not None
        )

    def _take_deposit(self, who: AccountId, amount: Balance) -> Deposit:
        self.electorate.hold(HoldReason.REFERENDUM, who, amount)
        return Deposit(who, amount)

    def _clear_metadata(self, index: PollIndex) -> None:
        hash_ = self.metadata_of.get(index)
        if hash_ is not None:
            del self.metadata_of[index]
            self.deposit(MetadataCleared(index, hash_))

    @invariant
    def as_many_are_decided_as_are_counted(self) -> bool:
        """Equal for each track: the referenda being decided, and their count, within its limit."""
        counts: dict[TrackId, int] = {}
        for status in self._all_ongoing().values():
            if status.deciding is not None:
                counts[status.track] = counts.get(status.track, 0) + 1
        within = all(count <= self.rules(track).max_deciding for track, count in counts.items())
        return within and counts == dict(self.deciding_count.items())

    @invariant
    def queues_are_sorted_and_true(self) -> bool:
        """Who waits in a queue is ongoing, of its track, once, in order of ayes."""
        ongoing = self._all_ongoing()
        for track, queue in self.track_queue.items():
            members = [ongoing.get(index) for index, _ in queue]
            if any(one is None or not one.in_queue or one.track != track for one in members):
                return False
            if sorted(queue, key=lambda one: one[1]) != list(queue) or len(dict(queue)) < len(
                queue
            ):
                return False
        return True

    @invariant
    def deposits_are_on_hold(self) -> bool:
        """Equal sums: what an account has on hold for referenda, and its deposits."""
        infos = [info for _, info in self.referendum_info_for.items()]
        sources = [one.status if isinstance(one, Ongoing) else one for one in infos]
        deposits = [
            one
            for source in sources
            if not isinstance(source, Killed)
            for one in (source.submission_deposit, source.decision_deposit)
        ]
        parts = [(one.who, one.amount) for one in deposits if one is not None]
        return are_held(self.electorate, HoldReason.REFERENDUM, parts)

    def _all_ongoing(self) -> dict[PollIndex, ReferendumStatus]:
        found = self.referendum_info_for.items()
        return {index: info.status for index, info in found if isinstance(info, Ongoing)}


def enactment_name(index: PollIndex) -> TaskName:
    """Return the name under which the call of a referendum waits, as in FRAME."""
    return blake2_256(b"assembly" + encode("enactment", str) + encode(index, PollIndex))
