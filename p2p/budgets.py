"""What one peer may send over one protocol: bytes and items a second, with a burst above each.

A peer over its budget is not read until it is within it again, so what it sends piles up at its
side; a peer that is over it for many seconds loses its reputation, and its connection with that.

Source: token buckets (Turner 1986). The level may fall below zero by one item, which is then
waited off.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import trio

from p2p.peers import Offence

MAX_ACCOUNTS: Final = 1024
"""Many times our peers: a stream that outlives its peer's connection opens an account again."""

COUNTED_SECONDS: Final = 1.0
"""Every second over the budget costs `Offence.FLOOD`: some twenty in a row ban."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A steady rate and a burst above it."""

    per_second: float
    burst: float


@dataclass(frozen=True, slots=True)
class Budget:
    """What one peer may send over one protocol."""

    bytes: Rate
    items: Rate


GOSSIP_BUDGET: Final = Budget(Rate(2 * 1024**2, 16 * 1024**2), Rate(1000.0, 8000.0))
"""Frames. Blocks of 256 KiB every second, and votes of a thousand voters, leave most of it."""

TRANSACTIONS_BUDGET: Final = Budget(Rate(4 * 1024**2, 16 * 1024**2), Rate(10_000.0, 40_000.0))
"""More than any node can check; the burst is a full pool."""

ANSWERS_RATE: Final = Rate(64 * 1024**2, 128 * 1024**2)
"""Bytes we send in answers: a whole blob at full speed, and no more for longer."""


ITEMS_RATE: Final = Rate(10_000.0, 40_000.0)
"""Blocks, headers and nodes we send in answers: reading one takes 20 to 40 µs."""


class TokenBucket:
    """Grants tokens at a rate, with a burst.

    Invariant: the level is at most the burst.
    """

    def __init__(self, rate: Rate, now: Callable[[], float] = trio.current_time) -> None:
        self._rate = rate
        self._now = now
        self._level = rate.burst
        self._at = now()

    def take(self) -> bool:
        """Take one token; False when there is none."""
        self._fill()
        if self._level < 1.0:
            return False
        self._level -= 1.0
        return True

    def spend(self, amount: float) -> float:
        """Take tokens, in debt if need be; return the seconds until the debt is paid."""
        self._fill()
        self._level -= amount
        return max(0.0, -self._level / self._rate.per_second)

    def _fill(self) -> None:
        now = self._now()
        self._level = min(self._rate.burst, self._level + (now - self._at) * self._rate.per_second)
        self._at = now


@dataclass(slots=True)
class _Account:
    bytes: TokenBucket
    items: TokenBucket
    waited_seconds: float = 0.0


class Meter:
    """Holds back the peers that send more over one protocol than its budget allows.

    Invariant: one account per peer that sent something, the newest `MAX_ACCOUNTS`.
    """

    def __init__(self, budget: Budget, report: Callable[[str, Offence], None]) -> None:
        self._budget = budget
        self._report = report
        self._accounts: dict[str, _Account] = {}

    async def spend(self, peer: str, size_bytes: int, items: int = 1) -> None:
        """Wait until a peer's budget has room for what it sent."""
        account = self._accounts.get(peer)
        if account is None:
            account = self._accounts[peer] = _Account(
                TokenBucket(self._budget.bytes), TokenBucket(self._budget.items)
            )
            while len(self._accounts) > MAX_ACCOUNTS:
                del self._accounts[next(iter(self._accounts))]
        seconds = max(account.bytes.spend(size_bytes), account.items.spend(items))
        if seconds > 0:
            account.waited_seconds += seconds
            while account.waited_seconds >= COUNTED_SECONDS:
                account.waited_seconds -= COUNTED_SECONDS
                self._report(peer, Offence.FLOOD)
            await trio.sleep(seconds)

    def forget(self, peer: str) -> None:
        """Drop the account of a peer that left."""
        self._accounts.pop(peer, None)
