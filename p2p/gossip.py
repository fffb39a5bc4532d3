"""Gossip as the node sees it: topics, verdicts on what arrives, and queues to those who use it.

A validator is synchronous and costs microseconds; heavy checks belong to the consumer, which runs
in a task of its own behind a bounded queue. A topic is dead the moment its validator raises, so
none may: what it raises is logged and the message ignored.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

import trio

from p2p.messages import MAX_GOSSIP_BYTES
from p2p.peers import Offence
from p2p.queues import QueueLimits, SharedQueue

TOPIC_QUEUE: Final = QueueLimits(messages=1024, size_bytes=16 * 1024 * 1024)
"""Waiting for one consumer; what has no room is ignored, and gossip offers it again."""

SEEN_SECONDS: Final = 120.0
"""Longer than any message travels."""

SEEN_MESSAGES: Final = 65_536
"""Some 500 messages a second for the whole of that time."""

logger = logging.getLogger(__name__)


class Verdict(Enum):
    """What becomes of a message: forwarded, dropped, or dropped and held against the peer."""

    ACCEPT = "accept"
    IGNORE = "ignore"
    REJECT = "reject"


class UnknownTopic(ValueError):
    """A topic nobody registered."""


class MessageTooLarge(ValueError):
    """A payload above the gossip limit."""


@dataclass(frozen=True, slots=True)
class Topic:
    """Who judges and who uses the messages of a topic."""

    validate: Callable[[str, bytes], Verdict]
    consume: Callable[[str, bytes], Awaitable[None]]


class SeenCache:
    """Remembers keys for a while: a dict in order of insertion, so the oldest are first.

    Invariant: at most `SEEN_MESSAGES` keys, none older than `SEEN_SECONDS` at the last `add`.
    """

    def __init__(self, now: Callable[[], float] = trio.current_time) -> None:
        self._now = now
        self._expiry: dict[bytes, float] = {}

    def has(self, key: bytes) -> bool:
        """Say whether the key is remembered."""
        expiry = self._expiry.get(key)
        return expiry is not None and expiry > self._now()

    def add(self, key: bytes) -> bool:
        """Remember the key; True when it was not remembered."""
        is_new = not self.has(key)
        if is_new:
            self._forget_old()
            self._expiry.pop(key, None)
            self._expiry[key] = self._now() + SEEN_SECONDS
        return is_new

    def _forget_old(self) -> None:
        now = self._now()
        while self._expiry:
            oldest = next(iter(self._expiry))
            if self._expiry[oldest] > now and len(self._expiry) < SEEN_MESSAGES:
                return
            del self._expiry[oldest]


class Gossip:
    """Names topics, judges arrivals and feeds the consumers.

    `send` publishes on a full topic name; `report` holds an offence against a peer.
    """

    def __init__(
        self,
        prefix: str,
        topics: Mapping[str, Topic],
        send: Callable[[str, bytes], Awaitable[None]],
        report: Callable[[str, Offence], None],
    ) -> None:
        self._topics = {topic_name(prefix, name): topic for name, topic in topics.items()}
        self._full_names = {name: topic_name(prefix, name) for name in topics}
        self._send = send
        self._report = report
        self._queues = {name: SharedQueue(TOPIC_QUEUE) for name in self._topics}
        self.overflows = 0
        """Messages ignored because their consumer was behind, for the metrics."""

    @property
    def names(self) -> tuple[str, ...]:
        """The full topic names to subscribe to."""
        return tuple(self._topics)

    async def publish(self, topic: str, payload: bytes) -> None:
        """Send to the mesh of a short topic name, again if it was sent before.

        Peers that saw the same payload in the last two minutes drop it.
        Raises UnknownTopic, MessageTooLarge.
        """
        name = self._full_names.get(topic)
        if name is None:
            raise UnknownTopic(f"wanted one of {', '.join(self._full_names)}, got {topic!r}")
        if len(payload) > MAX_GOSSIP_BYTES:
            raise MessageTooLarge(f"wanted at most {MAX_GOSSIP_BYTES} bytes, got {len(payload)}")
        await self._send(name, payload)

    def deliver(self, peer: str, name: str, payload: bytes) -> bool:
        """Judge an arrival and queue it; True when it is to be forwarded."""
        topic = self._topics.get(name)
        if topic is None:
            return False
        verdict = self._judge(topic, peer, payload)
        if verdict is Verdict.REJECT:
            self._report(peer, Offence.BAD_GOSSIP)
        if verdict is not Verdict.ACCEPT:
            return False
        has_room = self._queues[name].put(peer, payload)
        self.overflows += not has_room
        return has_room

    async def run(self) -> None:
        """Feed each consumer in a task of its own; what a consumer raises ends the service."""
        async with trio.open_nursery() as nursery:
            for name, topic in self._topics.items():
                nursery.start_soon(_consume, self._queues[name], topic)

    def _judge(self, topic: Topic, peer: str, payload: bytes) -> Verdict:
        if len(payload) > MAX_GOSSIP_BYTES:
            return Verdict.REJECT
        try:
            return topic.validate(peer, payload)
        except Exception:  # the door between libp2p's read loop and our code
            logger.exception("gossip validator failed on %d bytes from %s", len(payload), peer)
            return Verdict.IGNORE


async def _consume(queue: SharedQueue, topic: Topic) -> None:
    while True:
        peer, payload = await queue.take()
        await topic.consume(peer, payload)


def topic_name(prefix: str, name: str) -> str:
    """Name a topic on the wire: `/<genesis8>/blocks/1`."""
    return f"/{prefix}/{name}/1"
