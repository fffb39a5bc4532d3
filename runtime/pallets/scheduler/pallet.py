"""Scheduler: calls that the chain makes by itself, at a block.

The tasks of a block are carried out when it begins, by priority, as far as the weight for tasks
reaches; the rest waits for the next block. A task that fails, or whose call is a bug, changes
nothing and stops nobody. Names, indices and layouts are those of FRAME's `pallet_scheduler`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from runtime.frame import (
    BadOrigin,
    Context,
    EnsureOrigin,
    Map,
    Origin,
    Pallet,
    PalletError,
    Root,
    Value,
    Weight,
    call,
    constant,
    ensure,
    invariant,
    require,
)
from runtime.frame.calls import RuntimeCall
from runtime.frame.dispatch import RefTime
from runtime.frame.inner import Dispatcher
from runtime.frame.origins import OriginCaller, caller_of
from runtime.frame.preimages import BoundedCall, Preimages
from runtime.frame.schedule import After, At, DispatchTime, Period, TaskAddress, TaskName
from runtime.pallets.scheduler.service import Service
from runtime.pallets.scheduler.types import (
    EVENTS,
    MAX_SCHEDULED_PER_BLOCK,
    PLACE,
    Agenda,
    Canceled,
    Outcome,
    RetryCancelled,
    RetryConfig,
    RetrySet,
    Scheduled,
    Task,
)
from runtime.primitives.hashing import TWOX_64_CONCAT
from runtime.primitives.types import U8, U32, U32_MAX, BlockNumber

SPILL_BLOCKS = 16
"""Agendas that are tried for a task of another pallet before it is told that there is no room."""

SPILL = PLACE + Weight(reads=SPILL_BLOCKS - 1)
"""Putting a task into the first agenda that has room."""

CANCEL = Weight(reads=3, writes=5, compute=50_000)
"""Taking a task out: its agenda, its name, its rule for retries, the status of its preimage."""

SET_RETRY = Weight(reads=2, writes=1, compute=20_000)


class Error(PalletError):
    """Why Scheduler refused a call."""

    FAILED_TO_SCHEDULE = 0, "The agenda of that block is full, or the name is taken."
    NOT_FOUND = 1, "There is no such task."
    TARGET_BLOCK_NUMBER_IN_PAST = 2, "That block is not in the future."
    RESCHEDULE_NO_CHANGE = 3, "The task is due at that block already."
    NAMED = 4, "The task has a name, and is found by it."


@dataclass(frozen=True, slots=True)
class Config:
    """What tasks may cost."""

    max_picoseconds: int
    """The most weight that the tasks of a block may use together."""


def schedule_weight(*arguments: Any) -> Weight:
    """Return what scheduling the call behind all other arguments costs."""
    size = len(arguments[-1].encode())
    return PLACE + Weight(reads=3, writes=2, compute=4 * size)


class Scheduler(Pallet):
    """Calls that the chain makes by itself, at a block."""

    events = EVENTS
    errors = Error

    incomplete_since: Value[BlockNumber | None] = Value(default=None)
    """The first block whose tasks were not all carried out, if there is one."""
    agenda: Map[BlockNumber, Agenda] = Map(default=(), hasher=TWOX_64_CONCAT)
    """The tasks of each block."""
    retries: Map[TaskAddress, RetryConfig] = Map()
    """How often a task is tried again if it fails, by its address."""
    lookup: Map[TaskName, TaskAddress] = Map(hasher=TWOX_64_CONCAT)
    """Where the task of a name stands."""
    outcomes: Map[TaskName, Outcome] = Map(hasher=TWOX_64_CONCAT)
    """How the last task of a name ended: one for each referendum that passed, and what root named.
    Tries after the first bear no name."""

    def __init__(
        self,
        context: Context,
        dispatcher: Dispatcher,
        preimages: Preimages,
        schedule_origin: EnsureOrigin[None],
        config: Config,
        *,
        index: int,
        name: str = "Scheduler",
    ) -> None:
        """Make calls through `dispatcher`; who passes `schedule_origin` may schedule them."""
        super().__init__(context, index=index, name=name)
        self.dispatcher, self.preimages = dispatcher, preimages
        self.schedule_origin, self.config = schedule_origin, config

    @call(0, weight=schedule_weight)
    def schedule(
        self,
        origin: Origin,
        when: BlockNumber,
        maybe_periodic: Period | None,
        priority: U8,
        call: RuntimeCall,
    ) -> None:
        """Make a call at a block, as yourself; repeat it if a period is given."""
        self._schedule(origin, None, At(when), (maybe_periodic, priority, call))

    @call(1, weight=CANCEL)
    def cancel(self, origin: Origin, when: BlockNumber, index: U32) -> None:
        """Take a task out of the agenda of a block."""
        self.schedule_origin(origin)
        self.cancel_task((when, index), origin)

    @call(2, weight=schedule_weight)
    def schedule_named(
        self,
        origin: Origin,
        id_: TaskName,
        when: BlockNumber,
        maybe_periodic: Period | None,
        priority: U8,
        call: RuntimeCall,
    ) -> None:
        """Make a call at a block, under a name."""
        self._schedule(origin, id_, At(when), (maybe_periodic, priority, call))

    @call(3, weight=CANCEL)
    def cancel_named(self, origin: Origin, id_: TaskName) -> None:
        """Take the task of a name out of its agenda."""
        self.schedule_origin(origin)
        self.cancel_task(require(self.lookup.get(id_), Error.NOT_FOUND), origin)

    @call(4, weight=schedule_weight)
    def schedule_after(
        self,
        origin: Origin,
        after: BlockNumber,
        maybe_periodic: Period | None,
        priority: U8,
        call: RuntimeCall,
    ) -> None:
        """Make a call when so many blocks have passed."""
        self._schedule(origin, None, After(after), (maybe_periodic, priority, call))

    @call(5, weight=schedule_weight)
    def schedule_named_after(
        self,
        origin: Origin,
        id_: TaskName,
        after: BlockNumber,
        maybe_periodic: Period | None,
        priority: U8,
        call: RuntimeCall,
    ) -> None:
        """Make a call when so many blocks have passed, under a name."""
        self._schedule(origin, id_, After(after), (maybe_periodic, priority, call))

    @call(6, weight=SET_RETRY)
    def set_retry(
        self, origin: Origin, task: TaskAddress, retries: U8, period: BlockNumber
    ) -> None:
        """Try a task again if it fails, up to so many times, so many blocks apart."""
        self.schedule_origin(origin)
        self._set_retry(origin, task, None, RetryConfig(retries, retries, period))

    @call(7, weight=SET_RETRY)
    def set_retry_named(
        self, origin: Origin, id_: TaskName, retries: U8, period: BlockNumber
    ) -> None:
        """Try the task of a name again if it fails, up to so many times, so many blocks apart."""
        self.schedule_origin(origin)
        address = require(self.lookup.get(id_), Error.NOT_FOUND)
        self._set_retry(origin, address, id_, RetryConfig(retries, retries, period))

    @call(8, weight=SET_RETRY)
    def cancel_retry(self, origin: Origin, task: TaskAddress) -> None:
        """Do not try a task again if it fails."""
        self.schedule_origin(origin)
        self._cancel_retry(origin, task, None)

    @call(9, weight=SET_RETRY)
    def cancel_retry_named(self, origin: Origin, id_: TaskName) -> None:
        """Do not try the task of a name again if it fails."""
        self.schedule_origin(origin)
        self._cancel_retry(origin, require(self.lookup.get(id_), Error.NOT_FOUND), id_)

    @constant
    def maximum_weight(self) -> RefTime:
        """Return the most weight that the tasks of a block may use together."""
        return RefTime(self.config.max_picoseconds, 0)

    @constant
    def max_scheduled_per_block(self) -> U32:
        """Return how many tasks a block may have."""
        return MAX_SCHEDULED_PER_BLOCK

    def on_poll(self, number: BlockNumber, left: int) -> Weight:
        """Carry out the tasks that are due, as far as the weight for them reaches."""
        return Service(self, number, min(left, self.config.max_picoseconds)).run()

    def place_call(
        self,
        when: BlockNumber,
        priority: int,
        origin: OriginCaller,
        call: BoundedCall,
        name: TaskName | None = None,
    ) -> TaskAddress | None:
        """Put a call of another pallet into the first agenda from block `when` on that has room.

        Its preimage is requested. Return where it stands, or None: the name is taken, the block
        is not in the future, or none of `SPILL_BLOCKS` agendas has room.
        """
        if when <= self.context.number or self._is_taken(name):
            return None
        task = Task(name, priority, call, None, origin)
        for number in range(when, min(when + SPILL_BLOCKS, U32_MAX)):
            address = self.place(number, task)
            if address is not None:
                self.preimages.request(task.call)
                return address
        return None

    def place(self, when: BlockNumber, task: Task) -> TaskAddress | None:
        """Put a task into the agenda of a block; return where it stands, None for no room."""
        tasks = self.agenda[when]
        if len(tasks) < MAX_SCHEDULED_PER_BLOCK:
            index = len(tasks)
            self.agenda[when] = (*tasks, task)
        elif None in tasks:
            index = tasks.index(None)
            self.agenda[when] = (*tasks[:index], task, *tasks[index + 1 :])
        else:
            return None
        if task.maybe_id is not None:
            self.lookup[task.maybe_id] = (when, index)
        self.deposit(Scheduled(when, index))
        return when, index

    def cancel_task(self, address: TaskAddress, origin: Origin) -> None:
        """Take a task out, if `origin` may do so; raises DispatchError."""
        task = self._task_for(address, origin)
        self._take_out(address, task)
        self.preimages.release(task.call)

    def postpone(self, name: TaskName, blocks: BlockNumber) -> TaskAddress | None:
        """Let the task of a name, which there must be, wait for so many blocks more.

        Return where it stands then, or None, with nothing changed: no agenda has room. How often
        it is tried again goes with it.
        """
        address = self.lookup[name]
        task = self.agenda[address[0]][address[1]]
        assert task is not None, "the lookup leads to a task"
        first = max(address[0], self.context.number) + blocks
        for number in range(first, min(first + SPILL_BLOCKS, U32_MAX)):
            placed = self.place(number, task)
            if placed is None:
                continue
            retry = self.retries.get(address)
            self._take_out(address, replace(task, maybe_id=None))
            if retry is not None:
                self.retries[placed] = retry
            return placed
        return None

    def _take_out(self, address: TaskAddress, task: Task) -> None:
        """Leave the place of a task empty; its name and its rule for retries go, too."""
        when, index = address
        tasks = (*self.agenda[when][:index], None, *self.agenda[when][index + 1 :])
        self.agenda[when] = without_gaps_at_the_end(tasks)
        if task.maybe_id is not None:
            del self.lookup[task.maybe_id]
        del self.retries[address]
        self.deposit(Canceled(when, index))

    def _schedule(
        self,
        origin: Origin,
        name: TaskName | None,
        time: DispatchTime,
        what: tuple[Period | None, int, RuntimeCall],
    ) -> None:
        self.schedule_origin(origin)
        now = self.context.number
        when = time.evaluate(now) + isinstance(time, After)
        ensure(now < when <= U32_MAX, Error.TARGET_BLOCK_NUMBER_IN_PAST)
        ensure(not self._is_taken(name), Error.FAILED_TO_SCHEDULE)
        periodic, priority, one = what
        bounded = self.preimages.bound(one.encode())
        task = Task(name, priority, bounded, left_after_first(periodic), caller_of(origin))
        ensure(self.place(when, task) is not None, Error.FAILED_TO_SCHEDULE)

    def _is_taken(self, name: TaskName | None) -> bool:
        return name is not None and name in self.lookup

    def _task_for(self, address: TaskAddress, origin: Origin) -> Task:
        """Return the task of an address, if `origin` may change it: the chain, or who set it."""
        tasks, index = self.agenda[address[0]], address[1]
        task = require(tasks[index] if index < len(tasks) else None, Error.NOT_FOUND)
        is_equal = task.origin == caller_of(origin)
        ensure(isinstance(origin, Root) or is_equal, BadOrigin.BAD_ORIGIN)
        return task

    def _set_retry(
        self, origin: Origin, address: TaskAddress, name: TaskName | None, config: RetryConfig
    ) -> None:
        self._task_for(address, origin)
        self.retries[address] = config
        self.deposit(RetrySet(address, name, config.period, config.total_retries))

    def _cancel_retry(self, origin: Origin, address: TaskAddress, name: TaskName | None) -> None:
        self._task_for(address, origin)
        del self.retries[address]
        self.deposit(RetryCancelled(address, name))

    @invariant
    def names_lead_to_their_tasks(self) -> bool:
        """Equal sets: the tasks that bear names, and where the lookup says they stand."""
        named = {task.maybe_id: (when, n) for when, n, task in self._tasks() if task.maybe_id}
        return named == dict(self.lookup.items())

    @invariant
    def no_task_of_the_past_is_left(self) -> bool:
        """No agenda lies before the first block that is not complete."""
        first = self.incomplete_since
        oldest = self.context.number if first is None else first
        return all(when >= oldest for when, _ in self.agenda.items())

    @invariant
    def retries_belong_to_tasks(self) -> bool:
        """No rule for retries stands without its task."""
        places = [(when, index) for when, index, _ in self._tasks()]
        return all(address in places for address, _ in self.retries.items())

    def _tasks(self) -> list[tuple[BlockNumber, int, Task]]:
        return [
            (when, index, task)
            for when, tasks in self.agenda.items()
            for index, task in enumerate(tasks)
            if task is not None
        ]


def left_after_first(periodic: Period | None) -> Period | None:
    """Return how often a task is repeated after its first time; None if it is not."""
    if periodic is None or not periodic[0] or periodic[1] <= 1:
        return None
    return periodic[0], periodic[1] - 1


def without_gaps_at_the_end(tasks: Agenda) -> Agenda:
    """Return an agenda without the places behind its last task."""
    end = len(tasks)
    while end and tasks[end - 1] is None:
        end -= 1
    return tasks[:end]
