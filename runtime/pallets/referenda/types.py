"""What referenda store and announce; the layouts are those of `pallet_referenda`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from runtime.frame import event
from runtime.frame.origins import OriginCaller
from runtime.frame.polls import PollIndex, Tally, TrackId
from runtime.frame.preimages import BoundedCall
from runtime.frame.schedule import DispatchTime, TaskAddress
from runtime.primitives.schema import Bounded
from runtime.primitives.types import H256, U32, U128, AccountId, Balance, BlockNumber

MAX_QUEUED = 100
"""Referenda of a track that may wait for their decision."""


@dataclass(frozen=True, slots=True)
class Deposit:
    """What somebody has on hold for a referendum."""

    type_path: ClassVar[str] = "pallet_referenda::types::Deposit"
    type_params: ClassVar[tuple[tuple[str, Any], ...]] = (
        ("AccountId", AccountId),
        ("Balance", Balance),
    )
    who: AccountId
    amount: Balance


@dataclass(frozen=True, slots=True)
class DecidingStatus:
    """A referendum is being decided."""

    type_path: ClassVar[str] = "pallet_referenda::types::DecidingStatus"
    type_params: ClassVar[tuple[tuple[str, Any], ...]] = (("BlockNumber", BlockNumber),)
    since: BlockNumber
    confirming: BlockNumber | None
    """The block at which it is approved, if it passes until then; None while it does not pass."""


@dataclass(frozen=True, slots=True)
class ReferendumStatus:
    """A referendum that takes votes."""

    type_path: ClassVar[str] = "pallet_referenda::types::ReferendumStatus"
    type_params: ClassVar[tuple[tuple[str, Any], ...]] = (
        ("TrackId", TrackId),
        ("RuntimeOrigin", OriginCaller),
        ("Moment", BlockNumber),
        ("Call", BoundedCall),
        ("Balance", Balance),
        ("Tally", Tally),
        ("AccountId", AccountId),
        ("ScheduleAddress", TaskAddress),
    )
    track: TrackId
    origin: OriginCaller
    """What the call is made as."""
    proposal: BoundedCall
    enactment: DispatchTime
    """When the call is to be made, but not before the track allows."""
    submitted: BlockNumber
    submission_deposit: Deposit
    decision_deposit: Deposit | None
    deciding: DecidingStatus | None
    tally: Tally
    in_queue: bool
    alarm: tuple[BlockNumber, TaskAddress] | None
    """The next block at which it is looked at, and the task that does so."""


@dataclass(frozen=True, slots=True)
class Ongoing:
    """The referendum takes votes."""

    index: ClassVar[int] = 0
    status: ReferendumStatus


@dataclass(frozen=True, slots=True)
class _End:
    """When the referendum ended, and the deposits that can be had back."""

    has_named_fields: ClassVar[bool] = False
    since: BlockNumber
    submission_deposit: Deposit | None
    decision_deposit: Deposit | None


@dataclass(frozen=True, slots=True)
class Approved(_End):
    """The referendum has passed, and its call is scheduled."""

    index: ClassVar[int] = 1


@dataclass(frozen=True, slots=True)
class Rejected(_End):
    """The referendum has failed."""

    index: ClassVar[int] = 2


@dataclass(frozen=True, slots=True)
class Cancelled(_End):
    """The referendum was called off."""

    index: ClassVar[int] = 3


@dataclass(frozen=True, slots=True)
class TimedOut(_End):
    """The referendum waited too long for its decision."""

    index: ClassVar[int] = 4


@dataclass(frozen=True, slots=True)
class Killed:
    """The referendum was called off and its deposits were burned."""

    index: ClassVar[int] = 5
    since: BlockNumber


Ended = Approved | Rejected | Cancelled | TimedOut
ReferendumInfo = Ongoing | Approved | Rejected | Cancelled | TimedOut | Killed

Queue = Annotated[tuple[tuple[PollIndex, U128], ...], Bounded(MAX_QUEUED)]
"""Referenda that wait for their decision and the ayes of each, the most at the end."""


@event
class Submitted:
    """A referendum was submitted."""

    index: PollIndex
    track: TrackId
    proposal: BoundedCall


@event
class DecisionDepositPlaced:
    """A referendum can be decided now."""

    index: PollIndex
    who: AccountId
    amount: Balance


@event
class DecisionDepositRefunded:
    """A decision deposit was given back."""

    index: PollIndex
    who: AccountId
    amount: Balance


@event
class DepositSlashed:
    """A deposit was burned."""

    who: AccountId
    amount: Balance


@event
class DecisionStarted:
    """A referendum is being decided."""

    index: PollIndex
    track: TrackId
    proposal: BoundedCall
    tally: Tally


@event
class ConfirmStarted:
    """A referendum passes; it is approved if it goes on doing so."""

    index: PollIndex


@event
class ConfirmAborted:
    """A referendum does not pass any more."""

    index: PollIndex


@event
class Confirmed:
    """A referendum has passed long enough."""

    index: PollIndex
    tally: Tally


@event
class ReferendumApproved:
    """The call of a referendum is scheduled."""

    name: ClassVar[str] = "Approved"
    index: PollIndex


@event
class ReferendumRejected:
    """A referendum has failed."""

    name: ClassVar[str] = "Rejected"
    index: PollIndex
    tally: Tally


@event
class ReferendumTimedOut:
    """A referendum waited too long for its decision."""

    name: ClassVar[str] = "TimedOut"
    index: PollIndex
    tally: Tally


@event
class ReferendumCancelled:
    """A referendum was called off."""

    name: ClassVar[str] = "Cancelled"
    index: PollIndex
    tally: Tally


@event
class ReferendumKilled:
    """A referendum was called off, and its deposits are burned."""

    name: ClassVar[str] = "Killed"
    index: PollIndex
    tally: Tally


@event
class SubmissionDepositRefunded:
    """A submission deposit was given back."""

    index: PollIndex
    who: AccountId
    amount: Balance


@event
class MetadataSet:
    """A referendum has a description, by its hash."""

    index: PollIndex
    hash: H256


@event
class MetadataCleared:
    """A referendum has no description any more."""

    index: PollIndex
    hash: H256


@event
class DecisionExtended:
    """A referendum turned late: its decision goes on, so that others can answer."""

    index: PollIndex
    until: U32


EVENTS = (
    Submitted,
    DecisionDepositPlaced,
    DecisionDepositRefunded,
    DepositSlashed,
    DecisionStarted,
    ConfirmStarted,
    ConfirmAborted,
    Confirmed,
    ReferendumApproved,
    ReferendumRejected,
    ReferendumTimedOut,
    ReferendumCancelled,
    ReferendumKilled,
    SubmissionDepositRefunded,
    MetadataSet,
    MetadataCleared,
    DecisionExtended,
)
