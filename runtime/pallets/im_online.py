"""ImOnline: a validator shows in each session that it is there, or is reported.

Who authors a block has shown it. Chance may give none to a small stake, so from the middle of the
session on a validator's node may send a heartbeat instead, signed by its audit key, once. When the
session ends those of whom nothing was heard are reported, a few in each block: one that is away
alone costs nothing, more than a tenth of all at once could stop finality and lose a hundredth of
their stake. They may author again as soon as they are back.
Source: FRAME, `pallet_im_online`; design page "Economy", section 5.10.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, Protocol

from runtime.frame import (
    Context,
    DoubleMap,
    Origin,
    Pallet,
    PalletError,
    Value,
    Weight,
    call,
    constant,
    ensure,
    ensure_none,
    event,
    invariant,
)
from runtime.frame.dispatch import DispatchClass
from runtime.frame.offence import MAX_OFFENDERS, Identification, Kind, ProvenOffence, divided
from runtime.frame.sessions import Member
from runtime.frame.unsigned import Admission, Why, admitted
from runtime.primitives.crypto import verify_ed25519
from runtime.primitives.fixed import Perbill
from runtime.primitives.hashing import TWOX_64_CONCAT
from runtime.primitives.membership import AUDIT_KEY
from runtime.primitives.scale import encode
from runtime.primitives.schema import Bounded, Fixed
from runtime.primitives.types import H256, U32, U64, U64_MAX, AccountId, BlockNumber, PublicKey

KIND: Kind = b"im-online:offlin"

HEARTBEAT_DOMAIN = b"starminer/heartbeat"
"""Before what the key signs, so that the signature serves nothing else."""

TOLERATED_PERCENT = 10
"""Of the validators may be away at the same time before it costs."""

OFFLINE = Perbill.from_percent(1)
"""Of the stake: more than an hour's income, little enough to survive a power cut."""

HEARTBEAT = Weight(reads=7, writes=1, compute=200_000)
"""The validators, the beacon, what is known of this one; a signature."""

BLOCK = Weight(reads=7, writes=2)
"""The session, its middle, and what its author did."""

END = Weight(reads=2 * MAX_OFFENDERS + 5, writes=2 * MAX_OFFENDERS + 2)
"""What was heard of each validator; it is forgotten."""

REPORTED = 4
"""Silent validators reported in a block: all of 64 within a few minutes."""

SILENT = Weight(reads=22, writes=18)
"""A report, and what the stake behind a validator then owes and weighs."""

REPORT = Weight(reads=MAX_OFFENDERS + 4, writes=1) + SILENT * REPORTED + divided(REPORTED)

Signature64 = Annotated[bytes, Fixed(64)]


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A sign of life."""

    type_path: ClassVar[str] = "pallet_im_online::Heartbeat"
    type_params: ClassVar[tuple[tuple[str, Any], ...]] = (("BlockNumber", BlockNumber),)
    block_number: BlockNumber
    """The best block of who sent it."""
    session_index: U32
    authority_index: U32
    """Its place among the validators."""
    validators_len: U32
    """How many there are."""


@dataclass(frozen=True, slots=True)
class Unresponsiveness:
    """Nothing was heard of a validator in a session."""

    disables: ClassVar[bool] = False
    """To be refused blocks would keep it away."""
    session_index: U32
    validators: int
    """How many there were."""
    silent: int
    """Of how many of them nothing was heard."""
    offender: Identification

    @property
    def kind(self) -> Kind:
        """Name the rule."""
        return KIND

    @property
    def time_slot(self) -> bytes:
        """Name the session."""
        return encode(self.session_index, U32)

    def slash_fraction(self, offenders: int) -> Perbill:  # noqa: ARG002
        """Return nothing for a tenth of the validators, or for one, and a hundredth for more.

        All are known before the first of them is reported.
        """
        return Perbill(0) if self.silent <= tolerated(self.validators) else OFFLINE


@dataclass(frozen=True, slots=True)
class Unreported:
    """Validators of whom nothing was heard in a session, and who are to be reported still."""

    session_index: U32
    validators: U32
    silent: U32
    """How many they were at first."""
    offline: Annotated[tuple[Identification, ...], Bounded(MAX_OFFENDERS)]


def tolerated(validators: int) -> int:
    """Return how many of the validators may be away at once: a tenth, and always one."""
    return max(validators * TOLERATED_PERCENT // 100, 1)


@dataclass(frozen=True, slots=True)
class Awaited:
    """A heartbeat that has not come, and how its validator signs it."""

    heartbeat: Heartbeat
    key: PublicKey
    message: bytes


class Owners(Protocol):
    """The validators of the session under way."""

    def session(self) -> U32:
        """Return its number."""
        ...

    def owners_of(self, kind: bytes) -> tuple[tuple[Identification, bytes], ...]:
        """Return the validators in order of authority, each with its key of a kind."""
        ...


class Clock(Protocol):
    """How far the session is."""

    def slots_into_epoch(self) -> int:
        """Return how many of its slots are over."""
        ...

    def beacon(self) -> H256:
        """Return its randomness: it tells it from sessions of other chains."""
        ...


class Reports(Protocol):
    """Where offences are reported."""

    def report_together(
        self, reporter: AccountId | None, offences: tuple[ProvenOffence, ...]
    ) -> bool:
        """Take a report of what several did in one time slot; return whether any of it is new."""
        ...


@dataclass(frozen=True, slots=True)
class Config:
    """Constants of the chain."""

    epoch_slots: int

    @property
    def middle(self) -> int:
        """The slots of a session after which heartbeats are accepted."""
        return self.epoch_slots // 2

    @property
    def least_blocks(self) -> int:
        """The blocks that must have had room for a heartbeat, or its absence means nothing.

        Half of what a chain without gaps makes from the middle on: of one that stood still nobody
        can say who was away.
        """
        return max(self.epoch_slots // 4, 1)


@event
class HeartbeatReceived:
    """A validator that had authored no block showed that it is there."""

    authority_id: PublicKey


@event
class AllGood:
    """In the session that ended, something was heard of every validator."""


@event
class SomeOffline:
    """In the session that ended, nothing was heard of these validators."""

    offline: Annotated[tuple[Identification, ...], Bounded(MAX_OFFENDERS)]


class Error(PalletError):
    """Why the pallet refused a call."""

    INVALID_KEY = 0, "The signature is not by the audit key of the validator at this place."
    DUPLICATED_HEARTBEAT = 1, "The validator has shown that it is there in this session."
    OTHER_SESSION = 2, "The heartbeat is of another session than this one."
    TOO_EARLY = 3, "Heartbeats are accepted from the middle of the session on."


WHY_NOT: dict[PalletError, Why] = {
    Error.INVALID_KEY: Why.BAD_PROOF,
    Error.DUPLICATED_HEARTBEAT: Why.STALE,
    Error.OTHER_SESSION: Why.STALE,
    Error.TOO_EARLY: Why.STALE,
}
"""A peer whose chain is a block ahead or behind did nothing wrong."""


class ImOnline(Pallet):
    """Which validators are there."""

    events = (HeartbeatReceived, AllGood, SomeOffline)
    errors = Error
    gossiped_unsigned = ("heartbeat",)

    heartbeat_after: Value[BlockNumber] = Value(default=0)
    """The block from whose state on heartbeats are accepted in this session; 0 before it."""
    received_heartbeats: DoubleMap[U32, U32, bool] = DoubleMap(
        hashers=(TWOX_64_CONCAT, TWOX_64_CONCAT)
    )
    """Heartbeats of this session, by its number and the place of the validator."""
    authored_blocks: DoubleMap[U32, AccountId, U32] = DoubleMap(
        default=0, hashers=(TWOX_64_CONCAT, TWOX_64_CONCAT)
    )
    """How many blocks each validator authored in this session, by its number."""

    unreported: Value[Unreported | None] = Value(default=None)
    """The silent of the last session, as far as they were not reported."""

    def __init__(
        self,
        context: Context,
        owners: Owners,
        reports: Reports,
        clock: Clock,
        config: Config,
        *,
        index: int,
        name: str = "ImOnline",
    ) -> None:
        super().__init__(context, index=index, name=name)
        self.owners, self.reports, self.clock, self.config = owners, reports, clock, config

    @call(0, weight=HEARTBEAT, kind=DispatchClass.OPERATIONAL, pays_fee=False)
    def heartbeat(self, origin: Origin, heartbeat: Heartbeat, signature: Signature64) -> None:
        """Show that a validator is there which authored no block. Its node does, by itself."""
        ensure_none(origin)
        key = self._checked(heartbeat, signature)
        self.received_heartbeats[heartbeat.session_index, heartbeat.authority_index] = True
        self.deposit(HeartbeatReceived(key))

    @constant
    def unsigned_priority(self) -> U64:
        """Return how heartbeats stand among transactions: before all others."""
        return U64_MAX

    def on_initialize(self, number: BlockNumber) -> Weight:
        """Count the block for its author, and notice the middle of the session."""
        author = self.context.author
        if author is not None:
            self.authored_blocks[self.owners.session(), author] += 1
        if not self.heartbeat_after and self.clock.slots_into_epoch() >= self.config.middle:
            self.heartbeat_after = number
        return BLOCK

    def on_poll(self, number: BlockNumber, left: int) -> Weight:  # noqa: ARG002
        """Report a few of those who were silent in the session before."""
        if left < REPORT.ref_time:
            return Weight()
        if (found := self.unreported) is None:
            return Weight(reads=1)
        now, later = found.offline[:REPORTED], found.offline[REPORTED:]
        self.unreported = replace(found, offline=later) if later else None
        of = (found.session_index, found.validators, found.silent)
        self.reports.report_together(None, tuple(Unresponsiveness(*of, one) for one in now))
        return REPORT

    def on_new_session(self, index: U32, members: tuple[Member, ...]) -> Weight:  # noqa: ARG002
        """Note of whom nothing was heard in the session that ended; blocks report them.

        Who is silent again before all of the session before are reported is punished for that one.
        It must hear of a session before those who know the validators and stakes of the last one
        only. The first one begins where none has ended.
        """
        if not index:
            return Weight()
        ended, validators = self.owners.session(), self.owners.owners_of(AUDIT_KEY)
        silent = tuple(
            owner
            for place, (owner, _) in enumerate(validators)
            if not self._is_heard(ended, place, owner[0])
        )
        was_audible = self._blocks_since_middle() >= self.config.least_blocks
        for place, ((account, _), _) in enumerate(validators):
            del self.received_heartbeats[ended, place]
            del self.authored_blocks[ended, account]
        self.heartbeat_after = 0
        if not silent:
            self.deposit(AllGood())
        elif was_audible:
            self.deposit(SomeOffline(silent))
            if self.unreported is None:
                self.unreported = Unreported(ended, len(validators), len(silent), silent)
        return END

    def validate_unsigned(self, name: str, arguments: tuple[Any, ...]) -> Admission:
        """Let the first heartbeat of a validator of whom nothing was heard in."""
        if name != "heartbeat":
            return super().validate_unsigned(name, arguments)
        heartbeat: Heartbeat
        heartbeat, signature = arguments
        with admitted(WHY_NOT):
            self._checked(heartbeat, signature)
        place = (heartbeat.session_index, heartbeat.authority_index)
        left = max(self.config.epoch_slots - self.clock.slots_into_epoch(), 1)
        return Admission(encode((self.name, place), tuple[str, tuple[U32, U32]]), left)

    # ------------------------------------------------------------------------- what nodes may ask

    def awaited(self) -> tuple[Awaited, ...]:
        """Return the heartbeats that would be accepted now."""
        if not self.heartbeat_after:
            return ()
        session, validators = self.owners.session(), self.owners.owners_of(AUDIT_KEY)
        silent = (
            (Heartbeat(self.context.number, session, place, len(validators)), key)
            for place, ((account, _), key) in enumerate(validators)
            if not self._is_heard(session, place, account)
        )
        return tuple(Awaited(one, key, self._message(one)) for one, key in silent)

    # ------------------------------------------------------------------------------------ helpers

    def _checked(self, heartbeat: Heartbeat, signature: bytes) -> PublicKey:
        """Return the key that signed a heartbeat which may enter, cheap checks first."""
        session, place = self.owners.session(), heartbeat.authority_index
        ensure(heartbeat.session_index == session, Error.OTHER_SESSION)
        ensure(self.heartbeat_after > 0, Error.TOO_EARLY)
        validators = self.owners.owners_of(AUDIT_KEY)
        is_place = heartbeat.validators_len == len(validators) and place < len(validators)
        ensure(is_place, Error.INVALID_KEY)
        (account, _), key = validators[place]
        ensure(not self._is_heard(session, place, account), Error.DUPLICATED_HEARTBEAT)
        is_signed = verify_ed25519(signature, self._message(heartbeat), key)
        ensure(is_signed, Error.INVALID_KEY)
        return key

    def _message(self, heartbeat: Heartbeat) -> bytes:
        """Return what is signed: the heartbeat, of this session of this chain."""
        return HEARTBEAT_DOMAIN + self.clock.beacon() + encode(heartbeat, Heartbeat)

    def _is_heard(self, session: int, place: int, account: AccountId) -> bool:
        has_authored = self.authored_blocks[session, account] > 0
        return has_authored or self.received_heartbeats.get((session, place)) is not None

    def _blocks_since_middle(self) -> int:
        """Return how many blocks of the session that ended could hold a heartbeat."""
        return self.context.number - 1 - self.heartbeat_after if self.heartbeat_after else 0

    # --------------------------------------------------------------------------------- invariants

    @invariant
    def what_is_known_is_of_this_session(self) -> bool:
        """Of sessions before nothing is kept, and nothing of who does not validate."""
        session = self.owners.session()
        accounts = [account for (account, _), _ in self.owners.owners_of(AUDIT_KEY)]
        places = [place for place, _ in self.received_heartbeats.items()]
        authors = [author for author, _ in self.authored_blocks.items()]
        return all(of == session and place < len(accounts) for of, place in places) and all(
            of == session and author in accounts for of, author in authors
        )
