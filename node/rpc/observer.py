"""Who hears what the server does: metrics and log."""

import typing
from typing import Literal

from runtime.primitives.record import record

Protocol = Literal["http", "ws"]
"""How a client talks to us."""


@record
class Outcome:
    """How a call ended."""

    seconds: float
    ok: bool
    is_rate_limited: bool = False


class Observer(typing.Protocol):
    """Hears of calls and sessions."""

    def call_started(self, protocol: Protocol, method: str) -> None:
        """Count a call of a method that exists."""
        ...

    def call_finished(self, protocol: Protocol, method: str, outcome: Outcome) -> None:
        """Count an answer."""
        ...

    def session_opened(self, protocol: Protocol) -> None:
        """Count a connection."""
        ...

    def session_closed(self, protocol: Protocol, reason: str, seconds: float) -> None:
        """Count the end of a connection."""
        ...

    def bug(self, where: str, error: Exception) -> None:
        """Report an exception that no client can be blamed for."""
        ...
