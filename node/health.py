"""Whether the node does its work: how late its event loop is, and whether it keeps up."""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import trio

SAMPLE_SECONDS = 0.25
"""Four samples a second cost nothing and see every block."""

SAMPLES_KEPT = 240
"""The last minute."""

DEAD_SECONDS = 10.0
"""An event loop that was not seen for this long is stuck: no block takes as long."""


def settle_heap() -> None:
    """Take what start-up made out of the garbage collector's sight.

    A full collection over half a million objects that live as long as the node stops the event
    loop for 90 ms; what is made from now on is still collected.
    """
    gc.collect()
    gc.freeze()


class LoopLag:
    """A service that asks to be woken and looks how late it is."""

    def __init__(self, observe: Callable[[float], None]) -> None:
        """Pass each sample to `observe`, in seconds."""
        self._observe = observe
        self._samples: deque[float] = deque(maxlen=SAMPLES_KEPT)
        self._seen: float | None = None

    async def run(self) -> None:
        """Sample until cancelled."""
        self._seen = trio.current_time()
        while True:
            due = trio.current_time() + SAMPLE_SECONDS
            await trio.sleep_until(due)
            self._seen = trio.current_time()
            lag = max(0.0, self._seen - due)
            self._samples.append(lag)
            self._observe(lag)

    @property
    def worst_seconds(self) -> float:
        """The largest lag of the last minute."""
        return max(self._samples, default=0.0)

    @property
    def is_alive(self) -> bool:
        """Whether the loop was seen lately."""
        return self._seen is not None and trio.current_time() - self._seen < DEAD_SECONDS


class Network(Protocol):
    """What health asks of the network."""

    @property
    def peer_count(self) -> int:
        """Nodes connected now."""

    @property
    def is_syncing(self) -> bool:
        """Whether the node is far behind its peers."""


@dataclass(frozen=True, slots=True)
class HealthReport:
    """The answer to `system_health`, and to the readiness probe."""

    peers: int
    is_syncing: bool
    should_have_peers: bool

    @property
    def is_ready(self) -> bool:
        """Whether clients should be sent here: a development chain has no peers to wait for."""
        return not self.is_syncing and (self.peers > 0 or not self.should_have_peers)


class Health:
    """Judges the node as a whole."""

    def __init__(self, network: Network, *, should_have_peers: bool) -> None:
        """Expect peers, or not where the chain has one node."""
        self._network = network
        self._should_have_peers = should_have_peers

    def report(self) -> HealthReport:
        """Return how the node is now."""
        network = self._network
        return HealthReport(network.peer_count, network.is_syncing, self._should_have_peers)
