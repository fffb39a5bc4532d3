"""How many calls a minute one connection may make: a token bucket."""

import trio

SECONDS_PER_MINUTE = 60.0

MAX_WAIT_SECONDS = 1.0
"""A call above the rate is held back for this long at most, and refused if that is not enough."""


class RateLimit:
    """The calls that one connection has left.

    A minute's worth may come at once; then each is earned again as time passes.
    Invariant: 0 ≤ `_left` ≤ the calls of a minute.
    """

    def __init__(self, calls_per_minute: int | None) -> None:
        self._limit = calls_per_minute
        self._left = float(calls_per_minute or 0)
        self._counted_at = trio.current_time()

    async def admit(self) -> bool:
        """Let a call pass, after a short wait if need be; False when it is one too many."""
        if self._limit is None:
            return True
        if not self._take(self._limit):
            wait = (1 - self._left) * SECONDS_PER_MINUTE / self._limit
            if wait > MAX_WAIT_SECONDS:
                return False
            await trio.sleep(wait)
            return self._take(self._limit)
        return True

    def _take(self, limit: int) -> bool:
        now = trio.current_time()
        earned = (now - self._counted_at) * limit / SECONDS_PER_MINUTE
        self._left = min(float(limit), self._left + earned)
        self._counted_at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
