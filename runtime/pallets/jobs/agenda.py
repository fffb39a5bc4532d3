"""The agenda: which open jobs need attention in which block.

Every open job is listed exactly once, under the block in which its present state runs out. A full
block passes new entries on to the next one; a block that is not worked off in time is worked off
in the blocks after it, so the work of one block has a bound and no entry is lost.
"""

from __future__ import annotations

from runtime.frame.storage import BoundMap
from runtime.primitives.types import BlockNumber

AGENDA_SLOTS = 128
"""Jobs listed under one block: one stored value of 1 KB."""
MAX_OPEN_JOBS = 4096
"""Open jobs of the whole chain."""
MAX_PROBES = MAX_OPEN_JOBS // AGENDA_SLOTS + 1
"""Blocks looked at, at most, to find one with room: so many hold all open jobs."""


class Agenda:
    """Jobs by the block in which they need attention.

    Invariant: no list is longer than `AGENDA_SLOTS`, and none below the cursor is not empty.
    """

    def __init__(self, lists: BoundMap[BlockNumber, tuple[int, ...]]) -> None:
        self._lists = lists

    def put(self, job: int, due: BlockNumber) -> BlockNumber:
        """List a job under the first block from `due` on that has room; return that block."""
        for block in range(due, due + MAX_PROBES):
            listed = self._lists[block]
            if len(listed) < AGENDA_SLOTS:
                self._lists[block] = (*listed, job)
                return block
        raise AssertionError(f"wanted room for a job among {MAX_OPEN_JOBS}, got none from {due}")

    def drop(self, job: int, block: BlockNumber) -> None:
        """Take a job off the list of a block."""
        listed = self._lists[block]
        assert job in listed, f"wanted job {job} under block {block}, got {listed}"
        self._lists[block] = tuple(one for one in listed if one != job)

    def first(self, block: BlockNumber) -> int | None:
        """Return the job listed first under a block."""
        listed = self._lists[block]
        return listed[0] if listed else None
