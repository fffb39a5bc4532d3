"""What the scheduler stores and announces; the layouts are those of `pallet_scheduler`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from runtime.frame import Weight, event
from runtime.frame.origins import OriginCaller
from runtime.frame.preimages import BoundedCall, stored_bytes
from runtime.frame.results import DispatchResult
from runtime.frame.schedule import Period, TaskAddress, TaskName
from runtime.primitives.schema import Bounded
from runtime.primitives.types import U8, U32, AccountId, BlockNumber

MAX_SCHEDULED_PER_BLOCK = 50
"""Tasks of one block."""

PLACE = Weight(reads=1, writes=2, compute=50_000)
"""Putting a task into an agenda, and its name into the lookup."""

TASK = Weight(reads=1, writes=1, compute=10_000)
"""What each task costs besides its call: its rule for retries, and its event."""

RETRY = PLACE + Weight(reads=1, writes=2, compute=10_000)
"""Putting a task that failed into a later agenda, and requesting its preimage again."""

DECODING = 50
"""Nanoseconds to read a byte of a call that lies in a preimage."""


@dataclass(frozen=True, slots=True)
class Task:
    """A call that waits for its block."""

    type_path: ClassVar[str] = "pallet_scheduler::Scheduled"
    type_params: ClassVar[tuple[tuple[str, Any], ...]] = (
        ("Name", TaskName),
        ("Call", BoundedCall),
        ("BlockNumber", BlockNumber),
        ("PalletsOrigin", OriginCaller),
        ("AccountId", AccountId),
    )
    maybe_id: TaskName | None
    priority: U8
    """Of the tasks of a block, those of a lower number come first."""
    call: BoundedCall
    maybe_periodic: Period | None
    origin: OriginCaller

    @property
    def weight(self) -> Weight:
        """What serving the task costs, without its call."""
        weight = TASK
        size = stored_bytes(self.call)
        if size is not None:
            weight += Weight(reads=2, writes=2, compute=DECODING * size)
        if self.maybe_id is not None:
            weight += Weight(writes=2)
        if self.maybe_periodic is not None:
            weight += PLACE + Weight(writes=1)
        return weight


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the task of a name, so that whoever asks later is told."""

    block: BlockNumber
    result: DispatchResult
    """`Exhausted` if its call was too heavy for any block, `Unavailable` if its bytes were gone."""


@dataclass(frozen=True, slots=True)
class RetryConfig:
    """How often a task that fails is tried again, and after how many blocks."""

    type_path: ClassVar[str] = "pallet_scheduler::RetryConfig"
    type_params: ClassVar[tuple[tuple[str, Any], ...]] = (("Period", BlockNumber),)
    total_retries: U8
    remaining: U8
    period: BlockNumber


Agenda = Annotated[tuple[Task | None, ...], Bounded(MAX_SCHEDULED_PER_BLOCK)]
"""The tasks of a block; a place whose task is gone stays, so that others keep their address."""


@event
class Scheduled:
    """A task was put into an agenda."""

    when: BlockNumber
    index: U32


@event
class Canceled:
    """A task was taken out of an agenda."""

    when: BlockNumber
    index: U32


@event
class Dispatched:
    """A task was carried out, with this result."""

    task: TaskAddress
    id: TaskName | None
    result: DispatchResult


@event
class RetrySet:
    """A task will be tried again if it fails."""

    task: TaskAddress
    id: TaskName | None
    period: BlockNumber
    retries: U8


@event
class RetryCancelled:
    """A task will not be tried again if it fails."""

    task: TaskAddress
    id: TaskName | None


@event
class CallUnavailable:
    """A task was dropped: the bytes of its call are not here, or are no call."""

    task: TaskAddress
    id: TaskName | None


@event
class PeriodicFailed:
    """A task could not be repeated: the agenda of the block is full."""

    task: TaskAddress
    id: TaskName | None


@event
class RetryFailed:
    """A task that failed could not be put into a later agenda."""

    task: TaskAddress
    id: TaskName | None


@event
class PermanentlyOverweight:
    """A task was dropped: its call weighs more than a block has for tasks."""

    task: TaskAddress
    id: TaskName | None


@event
class AgendaIncomplete:
    """Tasks of this block and later ones wait for the next block."""

    when: BlockNumber


EVENTS = (
    Scheduled,
    Canceled,
    Dispatched,
    RetrySet,
    RetryCancelled,
    CallUnavailable,
    PeriodicFailed,
    RetryFailed,
    PermanentlyOverweight,
    AgendaIncomplete,
)
