"""What the operator asks of a provider's worker, beside what the chain knows of it.

It outlives a restart: a machine that was paused for repair does not begin to work by rebooting.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from consensus.compute.executor import Capacity, Running


class Mode(StrEnum):
    """How far a worker works."""

    WORKING = "working"
    """Does jobs, and mines when there are none."""
    DRAINING = "draining"
    """Finishes the jobs that it has, and mines nothing."""
    PAUSED = "paused"
    """Finishes what it has started, gives back what it has not, and mines nothing."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is kept between two starts."""

    mode: Mode = Mode.WORKING
    is_withdrawn: bool = False
    """Whether the worker itself chilled its provider, for a device at fault: it resumes it then."""


class Duty:
    """The operator's wish. Invariant: what is in force has been saved."""

    def __init__(self, wish: Wish, save: Callable[[Wish], None]) -> None:
        self._wish, self._save = wish, save

    @property
    def mode(self) -> Mode:
        """How far to work."""
        return self._wish.mode

    @property
    def is_withdrawn(self) -> bool:
        """Whether the worker has chilled its provider and is to resume it."""
        return self._wish.is_withdrawn

    def order(self, mode: Mode) -> None:
        """Take a wish of the operator, who from then on also decides when to resume."""
        self._keep(Wish(mode))

    def withdraw(self, *, is_withdrawn: bool) -> None:
        """Remember what the worker did to its provider on chain."""
        self._keep(replace(self._wish, is_withdrawn=is_withdrawn))

    def _keep(self, wish: Wish) -> None:
        if wish != self._wish:
            self._save(wish)
            self._wish = wish


def working() -> Duty:
    """Return the duty of a worker that nobody asks anything of."""
    return Duty(Wish(), lambda _: None)


@dataclass(frozen=True, slots=True)
class WorkerReport:
    """What a worker does at this moment, for its operator."""

    mode: Mode
    fault: str
    """Why the devices may not be used; empty if they may."""
    is_withdrawn: bool
    capacity: Capacity
    running: tuple[Running, ...]
    final_block: int | None
    """The last final block that the worker has acted on."""
    open_segments: int
    """Assigned and not committed to, or committed to and not opened."""
