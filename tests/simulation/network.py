"""A network with seeded delay, loss, partitions and dead nodes."""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable, Sequence
from typing import Protocol

import trio

Delivery = tuple[float, int, int, str, int]
"""When, from whom, to whom, what kind of message, and a checksum of what it said."""


class Receiver(Protocol):
    async def receive(self, source: int, kind: str, payload: object) -> None: ...


class SimNetwork:
    """Every node hears every other, if the weather allows."""

    def __init__(
        self, rng: random.Random, nursery: trio.Nursery, sometimes: Callable[[str], bool]
    ) -> None:
        self._rng, self._nursery, self._sometimes = rng, nursery, sometimes
        self._receivers: dict[int, Receiver] = {}
        self._groups: Sequence[frozenset[int]] = ()
        self.loss = 0.0
        self.delay_seconds = (0.01, 0.3)
        self.trace: list[Delivery] = []

    @property
    def nodes(self) -> list[int]:
        return sorted(self._receivers)

    def join(self, node: int, receiver: Receiver) -> None:
        self._receivers[node] = receiver

    def leave(self, node: int) -> None:
        self._receivers.pop(node, None)

    def split(self, *groups: frozenset[int]) -> None:
        self._groups = groups

    def heal(self) -> None:
        self._groups = ()

    def publish(self, source: int, kind: str, payload: object) -> None:
        for node in self.nodes:
            if node != source:
                self.send(source, node, kind, payload)

    def send(self, source: int, target: int, kind: str, payload: object) -> None:
        for _ in range(2 if self._sometimes("a message comes twice") else 1):
            if self._rng.random() >= self.loss:
                delay = self._rng.uniform(*self.delay_seconds)
                self._nursery.start_soon(self._deliver, source, target, kind, payload, delay)

    def _is_cut(self, one: int, other: int) -> bool:
        return any((one in group) != (other in group) for group in self._groups)

    async def _deliver(
        self, source: int, target: int, kind: str, payload: object, delay: float
    ) -> None:
        await trio.sleep(delay)
        receiver = self._receivers.get(target)
        if receiver is not None and not self._is_cut(source, target):
            said = zlib.crc32(payload if isinstance(payload, bytes) else repr(payload).encode())
            self.trace.append((trio.current_time(), source, target, kind, said))
            await receiver.receive(source, kind, payload)
