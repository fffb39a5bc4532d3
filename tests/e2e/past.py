"""What happened on a devnet's chain, for tests that wait for it.

Waits are bounded by blocks, not by seconds: what must happen does so within some blocks, and on a
busy machine these take longer. Only a chain that stands still for minutes ends a wait.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from cli.sdk.chain import SyncClient
from cli.sdk.client import Client
from tests.e2e.commands import POLL_SECONDS
from tests.e2e.devnet import Devnet
from tests.support.patience import patient

T = TypeVar("T")

BLOCKS = 150
"""Final blocks in which what a test waits for has come: a deadline, and an audit after it."""
STANDSTILL_SECONDS = patient(60)
"""Without a final block for so long, the devnet is dead and not slow."""


class Past:
    """The events of final blocks, each block read once, over one connection.

    A command per block would fall behind the chain on a busy machine and never catch up.
    """

    def __init__(self, devnet: Devnet, session: SyncClient, first: int) -> None:
        self._devnet, self._session, self._next = devnet, session, first
        self._events: list[tuple[int, object]] = []

    def first(self, kind: type[T], since: int = 0, **fields: object) -> tuple[int, T]:
        """Wait for an event of a block from `since` on; return its block, and it."""

        def found() -> tuple[int, T] | None:
            return next((one for one in self.all(kind, since, **fields)), None)

        return self.until(f"{kind.__name__} {fields} is final", found)

    def until(self, what: str, found: Callable[[], T | None], blocks: int = BLOCKS) -> T:
        """Read final blocks until there is an answer; return it.

        Raises: AssertionError, if so many blocks went by without it, or none came for minutes.
        """
        end, moved = self._devnet.final() + blocks, time.monotonic()
        while True:
            before = self._next
            self._read()
            if (answer := found()) is not None:
                return answer
            moved = moved if self._next == before else time.monotonic()
            assert self._next <= end, f"waited {blocks} blocks in vain until {what}"
            standing = time.monotonic() - moved
            assert standing < STANDSTILL_SECONDS, f"no block in {standing:.0f} s; no {what}"
            time.sleep(POLL_SECONDS)

    def all(self, kind: type[T], since: int = 0, **fields: object) -> list[tuple[int, T]]:
        """Return the events of a kind in what was read, each with its block."""
        return [
            (block, event)
            for block, event in self._events
            if block >= since and isinstance(event, kind) and matches(event, fields)
        ]

    def _read(self) -> None:
        """Read what became final since the last time."""
        for number in range(self._next, self._devnet.final() + 1):
            self._events += [(number, event) for event in self._session.do(events_of, number)]
            self._next = number + 1


def matches(event: object, fields: dict[str, object]) -> bool:
    """Say whether an event has these values."""
    return all(getattr(event, name) == value for name, value in fields.items())


async def events_of(client: Client, number: int) -> list[object]:
    """Return the events of a block."""
    return [one.event for one in await client.events(await client.block_hash(str(number)))]
