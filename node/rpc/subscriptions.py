"""Subscriptions: what a client may follow, and how one event reaches all who follow it.

Two kinds of feed. A `Topic` is the same for everybody: its notification is encoded once and the
very same frame goes into every queue. For that everybody needs the same subscription id, which is
allowed, since an id has a meaning only inside its connection. A `Stream` is one subscription's own.
"""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import msgspec
import trio

from node.rpc.errors import Code, RpcError
from node.rpc.frames import text_frame

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Skip:
    """What a stream's renderer returns when an item is no news to the client."""


SKIP = Skip()
"""The one skip."""


class FrameQueue(Protocol):
    """Where the frames of one connection go; never blocks, and closes a connection that is slow."""

    def push(self, frame: bytes) -> None:
        """Queue one WebSocket frame."""
        ...

    async def drained(self) -> None:
        """Wait until less than half of what may be unsent is unsent."""
        ...


class ClosableSource(Protocol[T_co]):
    """A source of items that can be told that nobody listens any more."""

    def __aiter__(self) -> AsyncIterator[T_co]:
        """Iterate over the items."""
        ...

    def close(self) -> None:
        """Give the source up; a second time is harmless."""
        ...


@dataclass(frozen=True, slots=True)
class Stream(Generic[T]):
    """Items for one subscription; it ends when the source does."""

    source: ClosableSource[T]
    render: Callable[[T], object]
    is_paced: bool = False
    """Take the next item only when the client has read enough; the source bounds what waits."""


class Topic:
    """One event stream shared by all its subscribers.

    Invariant: the k-th subscription of a connection to a topic has the topic's k-th id.
    """

    def __init__(self, notification: str, current: Callable[[], object] | None = None) -> None:
        self._notification = notification
        self._current = current
        self._slots: list[_Slot] = []

    def publish(self, result: object) -> None:
        """Send one result to all subscribers: encoded once, queued everywhere."""
        if not any(slot.queues for slot in self._slots):
            return
        encoded = msgspec.Raw(msgspec.json.encode(result))
        for slot in self._slots:
            if slot.queues:
                frame = notification_frame(self._notification, slot.id, encoded)
                for queue in slot.queues:
                    queue.push(frame)

    def reserve(self, queue: FrameQueue) -> str:
        """Choose the id under which this connection will hear the topic."""
        for slot in self._slots:
            if queue not in slot.reserved:
                break
        else:
            slot = _Slot(new_id(), {}, {})
            self._slots.append(slot)
        slot.reserved[queue] = None
        return slot.id

    def open(self, subscription_id: str, queue: FrameQueue) -> None:
        """Send what holds now, if anything does, and from now on every event."""
        slot = self._slot(subscription_id)
        if self._current is not None:
            queue.push(notification_frame(self._notification, slot.id, self._current()))
        slot.queues[queue] = None

    def close(self, subscription_id: str, queue: FrameQueue) -> None:
        """Forget one subscription."""
        slot = self._slot(subscription_id)
        slot.queues.pop(queue, None)
        slot.reserved.pop(queue, None)

    @property
    def subscriber_count(self) -> int:
        """How many subscriptions are open."""
        return sum(len(slot.queues) for slot in self._slots)

    def _slot(self, subscription_id: str) -> "_Slot":
        return next(slot for slot in self._slots if slot.id == subscription_id)


@dataclass(frozen=True, slots=True, eq=False)
class _Slot:
    id: str
    reserved: dict[FrameQueue, None]
    queues: dict[FrameQueue, None]


Feed = Topic | Stream[Any]


class Subscriptions:
    """The subscriptions of one connection.

    Invariant: every id in the table is reserved in its topic or has its own stream, and none else.
    """

    def __init__(self, queue: FrameQueue, nursery: trio.Nursery, maximum: int) -> None:
        self._queue = queue
        self._nursery = nursery
        self._maximum = maximum
        self._feeds: dict[str, Topic | _RunningStream] = {}

    def require_room(self) -> None:
        """Refuse one subscription too many, before it costs anything."""
        if len(self._feeds) >= self._maximum:
            raise RpcError(
                Code.TOO_MANY_SUBSCRIPTIONS,
                "Too many subscriptions on the connection",
                f"Exceeded max limit of {self._maximum}",
            )

    def add(self, feed: Feed, notification: str) -> str:
        """Enter a feed and return its id; nothing is sent before `start`."""
        if isinstance(feed, Topic):
            subscription_id = feed.reserve(self._queue)
            self._feeds[subscription_id] = feed
        else:
            subscription_id = new_id()
            self._feeds[subscription_id] = _RunningStream(feed, notification, trio.CancelScope())
        return subscription_id

    def source(self, subscription_id: str) -> object:
        """Return where the items of a subscription come from; None when it has no own source."""
        feed = self._feeds.get(subscription_id)
        return feed.stream.source if isinstance(feed, _RunningStream) else None

    def sources(self) -> Iterator[object]:
        """Iterate over the sources of all subscriptions that have their own."""
        for feed in self._feeds.values():
            if isinstance(feed, _RunningStream):
                yield feed.stream.source

    def run(self, work: Callable[[], Awaitable[None]]) -> trio.CancelScope:
        """Do some work for this connection, at most until its end."""
        scope = trio.CancelScope()

        async def cancellable() -> None:
            with scope:
                await work()

        self._nursery.start_soon(cancellable)
        return scope

    def start(self, subscription_id: str) -> None:
        """Let a feed speak, now that the client knows its id."""
        feed = self._feeds.get(subscription_id)
        if isinstance(feed, Topic):
            feed.open(subscription_id, self._queue)
        elif feed is not None:
            feed.is_started = True
            self._nursery.start_soon(self._pump, subscription_id, feed)

    def remove(self, subscription_id: str) -> bool:
        """End a subscription; False when there is none of this id."""
        feed = self._feeds.pop(subscription_id, None)
        if isinstance(feed, Topic):
            feed.close(subscription_id, self._queue)
        elif feed is not None:
            feed.scope.cancel()
            if not feed.is_started:
                feed.stream.source.close()
        return feed is not None

    def remove_all(self) -> None:
        """End them all: the connection is gone."""
        for subscription_id in list(self._feeds):
            self.remove(subscription_id)

    async def _pump(self, subscription_id: str, running: "_RunningStream") -> None:
        stream = running.stream
        with running.scope, closing(stream.source):
            async for item in stream.source:
                result = stream.render(item)
                if result is not SKIP:
                    if stream.is_paced:
                        await self._queue.drained()
                    frame = notification_frame(running.notification, subscription_id, result)
                    self._queue.push(frame)
        self._feeds.pop(subscription_id, None)


@dataclass(slots=True, eq=False)
class _RunningStream:
    stream: Stream[Any]
    notification: str
    scope: trio.CancelScope
    is_started: bool = False


def new_id() -> str:
    """Make a subscription id that no client guesses or mistakes for a number."""
    return secrets.token_urlsafe(12)


def notification_frame(notification: str, subscription_id: str, result: object) -> bytes:
    """Encode one notification as a whole WebSocket frame."""
    params = _Params(subscription_id, result)
    return text_frame(msgspec.json.encode(_Notification(notification, params)))


class _Params(msgspec.Struct):
    subscription: str
    result: object


class _Notification(msgspec.Struct):
    method: str
    params: _Params
    jsonrpc: str = "2.0"
