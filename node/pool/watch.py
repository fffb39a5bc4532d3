"""What happens to an extrinsic after it was submitted, told to whoever watches it.

The words are those of Substrate's `TransactionStatus`, which RPC clients know.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import trio

from runtime.validity import Invalid as Invalidity

T = TypeVar("T")

EVENTS_PER_WATCHER = 32
"""An extrinsic rarely sees ten; of a reader that is further behind the oldest are dropped."""

MAX_WATCHERS = 8192
"""As many as the pool holds extrinsics; the RPC server limits each connection far below this."""


@dataclass(frozen=True, slots=True)
class Future:
    """It waits for another extrinsic."""


@dataclass(frozen=True, slots=True)
class Ready:
    """It can go into a block."""


@dataclass(frozen=True, slots=True)
class Broadcast:
    """It was sent to other nodes."""

    peers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InBlock:
    """It is in a block of the best chain."""

    block_hash: bytes
    index: int


@dataclass(frozen=True, slots=True)
class Retracted:
    """Its block is no longer on the best chain."""

    block_hash: bytes


@dataclass(frozen=True, slots=True)
class FinalityTimeout:
    """Its block was not finalized for too long; nobody watches any more."""

    block_hash: bytes


@dataclass(frozen=True, slots=True)
class Finalized:
    """Its block is final."""

    block_hash: bytes
    index: int


@dataclass(frozen=True, slots=True)
class Usurped:
    """Another extrinsic took its place."""

    by: bytes


@dataclass(frozen=True, slots=True)
class Dropped:
    """The pool was full of better ones, or its time is over."""


@dataclass(frozen=True, slots=True)
class Invalid:
    """It can no longer be applied."""

    kind: Invalidity


Status = (
    Future | Ready | Broadcast | InBlock | Retracted | FinalityTimeout | Finalized | Usurped
    | Dropped | Invalid
)  # fmt: skip

LAST_WORDS = (FinalityTimeout, Finalized, Usurped, Dropped, Invalid)
"""After one of these nothing follows."""


class TooManyWatchers(Exception):
    """The node watches as many extrinsics as it can."""


class Watcher(Generic[T]):
    """The stream of one extrinsic's statuses, in the reader's shape; it ends after a last word.

    A reader that is no longer interested closes `statuses`.
    """

    def __init__(self, extrinsic_hash: bytes, shape: Callable[[Status], T]) -> None:
        """Start with nothing to tell."""
        self.extrinsic_hash = extrinsic_hash
        self._shape = shape
        self._send, self.statuses = trio.open_memory_channel[T](EVENTS_PER_WATCHER)

    def tell(self, status: Status) -> bool:
        """Queue a status in place of the oldest if need be; say whether somebody still reads."""
        shaped = self._shape(status)
        try:
            try:
                self._send.send_nowait(shaped)
            except trio.WouldBlock:
                self.statuses.receive_nowait()
                self._send.send_nowait(shaped)
        except trio.BrokenResourceError:
            return False
        if isinstance(status, LAST_WORDS):
            self._send.close()
        return True

    def __aiter__(self) -> AsyncIterator[T]:
        """Iterate over the statuses."""
        return self.statuses.__aiter__()


class Listener(Protocol):
    """A watcher of any shape."""

    @property
    def extrinsic_hash(self) -> bytes:
        """What it watches."""

    def tell(self, status: Status) -> bool:
        """Pass a status on; say whether somebody still reads."""


class Watchers:
    """Who watches which extrinsic."""

    def __init__(self) -> None:
        """Start with nobody."""
        self._by_hash: dict[bytes, list[Listener]] = {}
        self._count = 0

    def __contains__(self, extrinsic_hash: bytes) -> bool:
        return extrinsic_hash in self._by_hash

    def __len__(self) -> int:
        return self._count

    def watch(self, extrinsic_hash: bytes, shape: Callable[[Status], T]) -> Watcher[T]:
        """Return a new stream of the extrinsic's statuses; raises TooManyWatchers."""
        if self._count >= MAX_WATCHERS:
            raise TooManyWatchers(f"wanted at most {MAX_WATCHERS} watched extrinsics, got one more")
        watcher = Watcher(extrinsic_hash, shape)
        self._by_hash.setdefault(extrinsic_hash, []).append(watcher)
        self._count += 1
        return watcher

    def leave(self, watcher: Listener) -> None:
        """Forget a watcher; a second time does nothing."""
        watching = self._by_hash.get(watcher.extrinsic_hash, [])
        if watcher in watching:
            watching.remove(watcher)
            self._count -= 1
        if not watching:
            self._by_hash.pop(watcher.extrinsic_hash, None)

    def tell(self, extrinsic_hash: bytes, status: Status) -> None:
        """Tell everybody who watches the extrinsic; forget those who have gone."""
        for watcher in tuple(self._by_hash.get(extrinsic_hash, ())):
            if not watcher.tell(status) or isinstance(status, LAST_WORDS):
                self.leave(watcher)


def as_it_is(status: Status) -> Status:
    """Return the status: the shape for readers inside the node."""
    return status
