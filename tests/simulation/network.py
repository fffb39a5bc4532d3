"""A network with seeded delay, loss, duplication, partitions and dead nodes."""

from __future__ import annotations

import heapq
import itertools
import math
import random
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import trio

Delivery = tuple[float, int, int, str, int]
"""When, from whom, to whom, what kind of message, and a checksum of what it said."""


class Receiver(Protocol):
    """A node as the network knows it."""

    def receive(self, source: int, kind: str, payload: object) -> None:
        """Take a message; what takes time goes on in a task of the node."""


class SimNetwork:
    """Every node hears every other, if the weather allows."""

    def __init__(self, rng: random.Random, sometimes: Callable[[str], bool]) -> None:
        self._rng, self._sometimes = rng, sometimes
        self._receivers: dict[int, Receiver] = {}
        self._groups: Sequence[frozenset[int]] = ()
        self._underway: list[tuple[float, int, int, int, str, object]] = []
        self._counter = itertools.count()
        self._is_sooner = trio.Event()
        self.loss = 0.0
        self.delay_seconds = (0.01, 0.3)
        self.trace: list[Delivery] = []

    @property
    def nodes(self) -> list[int]:
        return sorted(self._receivers)

    def peers_of(self, node: int) -> list[int]:
        """Return the nodes that are up and can be reached."""
        return [each for each in self.nodes if each != node and not self._is_cut(node, each)]

    def join(self, node: int, receiver: Receiver) -> None:
        self._receivers[node] = receiver

    def leave(self, node: int) -> None:
        self._receivers.pop(node, None)

    def split(self, *groups: frozenset[int]) -> None:
        self._groups = groups

    def heal(self) -> None:
        self._groups = ()

    def some_of(self, nodes: list[int], count: int) -> list[int]:
        """Draw some of these nodes, or take all if they are few."""
        return self._rng.sample(nodes, count) if len(nodes) > count else nodes

    def send(
        self, source: int, target: int, kind: str, payload: object, held_seconds: float = 0.0
    ) -> None:
        """Put a message on its way, `held_seconds` later than its sender could."""
        for _ in range(2 if self._sometimes("a message comes twice") else 1):
            if self._rng.random() >= self.loss:
                delay = held_seconds + self._rng.uniform(*self.delay_seconds)
                self._schedule(trio.current_time() + delay, source, target, kind, payload)

    async def run(self) -> None:
        """Deliver messages, each in its time, until cancelled."""
        while True:
            while self._underway and self._underway[0][0] <= trio.current_time():
                _, _, source, target, kind, payload = heapq.heappop(self._underway)
                self._deliver(source, target, kind, payload)
            self._is_sooner = trio.Event()
            with trio.move_on_at(self._underway[0][0] if self._underway else math.inf):
                await self._is_sooner.wait()

    def _schedule(self, at: float, source: int, target: int, kind: str, payload: object) -> None:
        if not self._underway or at < self._underway[0][0]:
            self._is_sooner.set()
        entry = (at, next(self._counter), source, target, kind, payload)
        heapq.heappush(self._underway, entry)

    def _is_cut(self, one: int, other: int) -> bool:
        return any((one in group) != (other in group) for group in self._groups)

    def _deliver(self, source: int, target: int, kind: str, payload: object) -> None:
        receiver = self._receivers.get(target)
        if receiver is not None and not self._is_cut(source, target):
            said = zlib.crc32(payload if isinstance(payload, bytes) else repr(payload).encode())
            self.trace.append((trio.current_time(), source, target, kind, said))
            receiver.receive(source, kind, payload)


def say_at_once() -> float:
    """Hold no message back."""
    return 0.0


def ignore(kind: str, payload: object) -> None:
    """Keep nothing of what is heard."""


PASSED_TO = 4
"""Nodes that get what everybody passes on: with fifteen others it reaches all in two steps."""


@dataclass
class Wire:
    """A node's own way to the network. That of a liar may hold things back, or listen in."""

    index: int
    network: SimNetwork
    hold: Callable[[], float | None] = say_at_once
    """For how many seconds to hold the next message back; None: forever."""
    overhear: Callable[[str, object], None] = ignore
    """Gets every message before the node does."""

    @property
    def others(self) -> list[int]:
        return [node for node in self.network.nodes if node != self.index]

    def join(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self.network.join(self.index, self)

    def leave(self) -> None:
        self.network.leave(self.index)

    def publish(self, kind: str, payload: object) -> None:
        for node in self.others:
            self.send(node, kind, payload)

    def pass_on(self, kind: str, payload: object) -> None:
        """Tell a few nodes, which tell others."""
        for node in self.network.some_of(self.others, PASSED_TO):
            self.send(node, kind, payload)

    def send(self, target: int, kind: str, payload: object) -> None:
        held_seconds = self.hold()
        if held_seconds is not None:
            self.network.send(self.index, target, kind, payload, held_seconds)

    def receive(self, source: int, kind: str, payload: object) -> None:
        self.overhear(kind, payload)
        self._receiver.receive(source, kind, payload)
