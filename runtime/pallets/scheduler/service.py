"""What a block does of itself: the tasks that are due, within the weight that is kept for them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from runtime.frame import Weight
from runtime.frame.calls import Call
from runtime.frame.dispatch import DispatchError
from runtime.frame.origins import origin_of
from runtime.frame.outcome import Exhausted, Unavailable, Unclassified
from runtime.frame.results import Err, Ok
from runtime.frame.schedule import TaskAddress
from runtime.pallets.scheduler.types import (
    MAX_SCHEDULED_PER_BLOCK,
    RETRY,
    AgendaIncomplete,
    CallUnavailable,
    Dispatched,
    Outcome,
    PeriodicFailed,
    PermanentlyOverweight,
    RetryConfig,
    RetryFailed,
    Task,
)
from runtime.primitives.types import U32_MAX, BlockNumber

if TYPE_CHECKING:
    from runtime.pallets.scheduler.pallet import Scheduler

AGENDAS = Weight(reads=1, writes=1)
"""Where the last block stopped."""

AGENDA = Weight(reads=1, writes=1, compute=2_000 * MAX_SCHEDULED_PER_BLOCK)
"""The agenda of a block, sorted by priority."""


class Service:
    """Carries out what is due in one block.

    Invariant: `used` is at most the weight for tasks of a block.
    """

    def __init__(self, pallet: Scheduler, now: BlockNumber, limit: int) -> None:
        """`limit` is in picoseconds: what a block has for tasks, or the part that is left of it."""
        self._pallet, self._now, self._limit = pallet, now, limit
        self.used = Weight()

    def run(self) -> Weight:
        """Go through the agendas from the oldest that is not complete; return what it cost."""
        pallet, now = self._pallet, self._now
        if not self._take(AGENDAS):
            return self.used
        since = pallet.incomplete_since
        when = now if since is None else since
        waiting = now + 1
        while when <= now and self._has(AGENDA):
            if not self._serve_agenda(when):
                waiting = min(waiting, when)
            when += 1
        waiting = min(waiting, when)
        stopped = waiting if waiting <= now else None
        if stopped != since:
            pallet.incomplete_since = stopped
        if stopped is not None:
            pallet.deposit(AgendaIncomplete(stopped))
        return self.used

    def _serve_agenda(self, when: BlockNumber) -> bool:
        """Carry out the tasks of a block; return whether none waits any more.

        A task leaves the agenda before it is carried out: what it does may take out others.
        """
        self._take(AGENDA)
        listed = enumerate(self._pallet.agenda[when])
        waits = False
        for _, index in sorted((task.priority, n) for n, task in listed if task is not None):
            task = self._replace((when, index), None)
            if task is None:
                continue
            has_weight = self._take(task.weight)
            if not has_weight or not self._serve((when, index), task):
                self._replace((when, index), task)
                waits = True
            if not has_weight:
                break
        if not waits and self._pallet.agenda[when]:
            del self._pallet.agenda[when]
        return not waits

    def _replace(self, address: TaskAddress, task: Task | None) -> Task | None:
        """Put `task` into a place of an agenda; return what stood there."""
        when, index = address
        tasks = self._pallet.agenda[when]
        padded = (*tasks, *(None,) * (index + 1 - len(tasks)))
        self._pallet.agenda[when] = (*padded[:index], task, *padded[index + 1 :])
        return padded[index]

    def _serve(self, address: TaskAddress, task: Task) -> bool:
        """Carry out a task, or drop it for good; return False if it waits for another block."""
        pallet = self._pallet
        raw = pallet.preimages.peek(task.call)
        one = None if raw is None else pallet.dispatcher.read(raw)
        if one is None:
            pallet.deposit(CallUnavailable(address, task.maybe_id))
            self._drop(address, task, Err(Unavailable()))
            return True
        if not self._take(one.declared):
            alone = AGENDAS + AGENDA + task.weight + one.declared
            if alone.ref_time <= pallet.config.max_picoseconds:
                return False
            pallet.deposit(PermanentlyOverweight(address, task.maybe_id))
            self._drop(address, task, Err(Exhausted()))
            return True
        self._carry_out(address, task, one)
        return True

    def _carry_out(self, address: TaskAddress, task: Task, one: Call) -> None:
        pallet = self._pallet
        config = pallet.retries.get(address)
        if config is not None:
            del pallet.retries[address]
        if task.maybe_id is not None:
            del pallet.lookup[task.maybe_id]
        result = self._dispatch(task, one)
        pallet.deposit(Dispatched(address, task.maybe_id, result))
        self._note(task, result)
        if isinstance(result, Err) and config is not None:
            self._retry(address, task, config)
        if task.maybe_periodic is None:
            pallet.preimages.release(task.call)
        else:
            self._repeat(address, task, config)

    def _dispatch(self, task: Task, one: Call) -> Ok | Err:
        """Make a call whole or not at all, whatever happens: nobody could leave the task out."""
        dispatcher = self._pallet.dispatcher
        try:
            dispatcher.make(one, origin_of(task.origin))
        except DispatchError as error:
            return Err(dispatcher.failure(error))
        except Exception:  # a bug in a call: in a transaction it costs its author the block
            return Err(Unclassified())
        return Ok(())

    def _retry(self, address: TaskAddress, task: Task, config: RetryConfig) -> None:
        """Put a task that failed into a later agenda, without its name and its repetitions."""
        if not config.remaining:
            return
        pallet, wake = self._pallet, self._now + config.period
        again = replace(task, maybe_id=None, maybe_periodic=None)
        placed = None
        if wake <= U32_MAX and wake > self._now and self._take(RETRY):
            placed = pallet.place(wake, again)
        if placed is None:
            pallet.deposit(RetryFailed(address, task.maybe_id))
            return
        pallet.preimages.request(task.call)
        pallet.retries[placed] = replace(config, remaining=config.remaining - 1)

    def _repeat(self, address: TaskAddress, task: Task, config: RetryConfig | None) -> None:
        """Put a periodic task into the agenda of its next block."""
        assert task.maybe_periodic is not None
        period, count = task.maybe_periodic
        pallet, wake = self._pallet, self._now + period
        left = (period, count - 1) if count > 1 else None
        again = replace(task, maybe_periodic=left)
        placed = pallet.place(wake, again) if wake <= U32_MAX else None
        if placed is None:
            pallet.preimages.release(task.call)
            pallet.deposit(PeriodicFailed(address, task.maybe_id))
        elif config is not None:
            pallet.retries[placed] = config

    def _note(self, task: Task, result: Ok | Err) -> None:
        """Keep how a task ended, if it can be asked for."""
        if task.maybe_id is not None:
            self._pallet.outcomes[task.maybe_id] = Outcome(self._now, result)

    def _drop(self, address: TaskAddress, task: Task, why: Err) -> None:
        pallet = self._pallet
        if task.maybe_id is not None:
            del pallet.lookup[task.maybe_id]
        del pallet.retries[address]
        pallet.preimages.release(task.call)
        self._note(task, why)

    def _has(self, weight: Weight) -> bool:
        return (self.used + weight).ref_time <= self._limit

    def _take(self, weight: Weight) -> bool:
        if not self._has(weight):
            return False
        self.used += weight
        return True
