"""When a call is to be made, and where a task that waits for its block is found.

Source: `frame_support::traits::schedule`.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from runtime.primitives.record import record
from runtime.primitives.schema import Fixed
from runtime.primitives.types import U32, BlockNumber

TaskName = Annotated[bytes, Fixed(32)]
"""A task may have a name, by which it is found wherever it stands."""

TaskAddress = tuple[BlockNumber, U32]
"""The block in which a task is due, and its place among those of the block."""

Period = tuple[BlockNumber, U32]
"""The blocks between repetitions of a task, and how many of them are left."""


@record
class At:
    """At a block of a number."""

    index: ClassVar[int] = 0
    number: BlockNumber

    def evaluate(self, now: BlockNumber) -> BlockNumber:  # noqa: ARG002
        """Return the block that is meant."""
        return self.number


@record
class After:
    """After so many blocks have passed."""

    index: ClassVar[int] = 1
    blocks: BlockNumber

    def evaluate(self, now: BlockNumber) -> BlockNumber:
        """Return the block that is meant, seen from block `now`."""
        return now + self.blocks


DispatchTime = At | After
"""When a call is to be made."""
