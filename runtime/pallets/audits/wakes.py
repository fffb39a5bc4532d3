"""When audits must move on: lists by block, worked off in order and with a bound."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtime.primitives.types import BlockNumber

if TYPE_CHECKING:
    from runtime.pallets.audits.pallet import Audits

MAX_WAKES = 64
"""Audits listed under one block; what a full block cannot take goes to the next."""
MAX_PROBES = 64
"""Blocks looked at for room: they hold more than all audits that can be under way at once."""
MAX_LOOKED = 32
"""Lists looked at in one block."""


class Wakes:
    """The lists. An audit that moves on early stays listed, and is found to have nothing due."""

    def __init__(self, pallet: Audits) -> None:
        self._pallet = pallet

    def put(self, audit: int, due: BlockNumber) -> BlockNumber:
        """List an audit under the first block from `due` on that has room; return that block."""
        wakes = self._pallet.wakes
        for block in range(due, due + MAX_PROBES):
            listed = wakes[block]
            if len(listed) < MAX_WAKES:
                wakes[block] = (*listed, audit)
                return block
        raise AssertionError(f"wanted room for audit {audit}, got none from {due}")

    def soon(self, audit: int) -> BlockNumber:
        """List an audit under the next block; return that."""
        return self.put(audit, self._pallet.context.number + 1)

    def last(self, number: BlockNumber) -> BlockNumber:
        """Return the last block whose list a block looks at: its own, unless it is far behind."""
        return min(number, self._pallet.wake_cursor + MAX_LOOKED)

    def first(self, last: BlockNumber) -> int | None:
        """Return the audit that is listed first up to a block, if any is; the cursor is at it."""
        pallet = self._pallet
        for cursor in range(pallet.wake_cursor, last + 1):
            pallet.wake_cursor = cursor
            if listed := pallet.wakes[cursor]:
                return listed[0]
        return None

    def drop_first(self) -> None:
        """Take the audit at the cursor off its list."""
        wakes, cursor = self._pallet.wakes, self._pallet.wake_cursor
        wakes[cursor] = wakes[cursor][1:]
