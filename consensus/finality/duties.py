"""Timers of the voter: things to send later unless someone else does, and votes to send again."""

from __future__ import annotations

from typing import Generic, TypeVar

T = TypeVar("T")

NEVER = float("inf")

FIRST_REPEAT = 4
"""In units of T: a round that goes well is over by then."""

LAST_REPEAT = 16
"""In units of T: rare enough to cost nothing, often enough to end a healed partition soon."""


class Duty(Generic[T]):
    """At most one thing to do at a time that others may do before."""

    def __init__(self) -> None:
        self.at = NEVER
        self.value: T | None = None

    def schedule(self, at: float, value: T) -> None:
        """Plan it; a newer plan replaces an older one."""
        self.at, self.value = at, value

    def cancel(self) -> None:
        """Drop the plan: someone else did it."""
        self.at, self.value = NEVER, None

    def is_due(self, now: float) -> bool:
        """Return whether its time has come."""
        return self.at <= now

    def take(self, now: float) -> T | None:
        """Return what is due, once."""
        if not self.is_due(now):
            return None
        value = self.value
        self.cancel()
        return value


class Repeater:
    """Says when to send our votes again: gossip loses messages; gaps double up to a limit."""

    def __init__(self, unit_seconds: float) -> None:
        self._unit = unit_seconds
        self._gap = FIRST_REPEAT * unit_seconds
        self.at = 0.0

    def restart(self, now: float) -> None:
        """Start over: a new round has begun."""
        self._gap = FIRST_REPEAT * self._unit
        self.at = now + self._gap

    def is_due(self, now: float, is_needed: bool) -> bool:
        """Return whether it is time and someone may need it, and plan the next time."""
        if now < self.at:
            return False
        if is_needed:
            self._gap = min(2 * self._gap, LAST_REPEAT * self._unit)
        self.at = now + self._gap
        return is_needed
