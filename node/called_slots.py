"""Slots that are called: the clock of a chain that stands still between two blocks.

Who calls says how far the chain's time goes on. What bounds it is the caller's: a node that others
check by the wall clock (`development.Miner`) may not pass that; a chain that is its own clock may.
"""

from __future__ import annotations

from collections.abc import Callable

import trio

from consensus.slots import SlotClock


class CalledSlots:
    """A source of slots that are called. Invariant: each lies behind the one before."""

    def __init__(
        self, clock: SlotClock, first: int, head_slot: Callable[[], int] = lambda: 0
    ) -> None:
        """Call slots from `first` on, and behind that of the best block.

        `clock` is what the author's deadlines are in.
        """
        self._clock, self._head_slot = clock, head_slot
        self._last = first - 1
        self._send, self._receive = trio.open_memory_channel[tuple[int, trio.Event]](0)
        self._served: trio.Event | None = None
        self._has_started = False

    @property
    def latest(self) -> int:
        """The last slot that was called, or has a block; calls go on from it."""
        return max(self._last, self._head_slot())

    async def next_slot(self, after: int) -> int:
        """Wait until a slot is called; the one that was called before has been served.

        The first answer is the slot that an author was started in, which it leaves alone.
        """
        if self._served is not None:
            self._served.set()
        if not self._has_started:
            self._has_started = True
            return max(after, self._head_slot())
        slot, self._served = await self._receive.receive()
        return slot

    def deadline_ms(self, slot: int) -> int:  # noqa: ARG002
        """Return the time by which a block must be built: as long as others take for one."""
        return self._clock.now_ms() + self._clock.slot_ms * 2 // 3

    async def call(self, ahead: int = 1) -> int:
        """Have the author use the slot that lies so far ahead of the latest; return it."""
        slot = self._last = self.latest + ahead
        served = trio.Event()
        await self._send.send((slot, served))
        await served.wait()
        return slot
