"""Numbers for Prometheus, under Substrate's names where Substrate counts the same.

Existing dashboards and alerts load unchanged. Each node has a registry of its own, and every sample
bears the chain's name. Only what is measured is shown: a gauge appears when its source is given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Protocol

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from node.rpc_metrics import RpcMetrics

CONTENT_TYPE = CONTENT_TYPE_LATEST
"""What the HTTP server says of `Metrics.render`."""

IMPORT_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 6.0)
"""Seconds: from an empty block to a whole slot."""

LAG_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)
"""Seconds: the budget is 50 ms at p99."""

VERIFY_BUCKETS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0)
"""Seconds: the receipts of one block may take one."""


SYNC_PHASES = ("waiting", "headers", "state", "blocks", "bodies")


class Progress(Protocol):
    """What a running sync does."""

    @property
    def phase(self) -> str:
        """One of `SYNC_PHASES`."""

    @property
    def done(self) -> int:
        """How far the phase is."""


class HeadSource(Protocol):
    """Whose heights are shown."""

    @property
    def best(self) -> Numbered:
        """The best block."""

    @property
    def finalized(self) -> Numbered:
        """The last finalized block."""


class Numbered(Protocol):
    """A block header."""

    @property
    def number(self) -> int:
        """Its height."""


class PoolSource(Protocol):
    """Whose queues are shown."""

    @property
    def ready_count(self) -> int:
        """Extrinsics that can go into a block."""

    @property
    def future_count(self) -> int:
        """Extrinsics that wait for another one."""

    @property
    def size_bytes(self) -> int:
        """Their raw bytes."""


class PeerSource(Protocol):
    """Whose connections are shown."""

    @property
    def peer_count(self) -> int:
        """Nodes connected now."""

    @property
    def is_syncing(self) -> bool:
        """Whether the node is far behind its peers."""


class Metrics:
    """The metrics of one node."""

    def __init__(self, chain: str, version: str) -> None:
        """Label everything with the name of the chain."""
        self._chain = chain
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        build = self._gauge(
            "substrate_build_info", "Always 1; the labels say what runs.", "version"
        )
        build.labels(chain, version).set(1)
        self._import_seconds = self._histogram(
            "substrate_block_verification_and_import_time",
            "Seconds from a block's arrival to its being written.",
            IMPORT_BUCKETS,
        ).labels(chain)
        self._lag_seconds = self._histogram(
            "starminer_event_loop_lag_seconds",
            "How much later than asked the event loop came back.",
            LAG_BUCKETS,
        ).labels(chain)
        self._receipts = self._counter(
            "starminer_receipts", "Compute receipts checked, by result.", "result"
        )
        self._receipt_seconds = self._histogram(
            "starminer_receipt_verify_seconds",
            "Seconds to check the receipts of a block.",
            VERIFY_BUCKETS,
        ).labels(chain)
        self.rpc = RpcMetrics(self._registry, chain)
        """What the RPC server counts."""

    # sources, read when somebody scrapes

    def show_head(self, head: HeadSource) -> None:
        """Show the heights of the best and the finalized block."""
        height = self._gauge("substrate_block_height", "Height of the chain.", "status")
        height.labels(self._chain, "best").set_function(lambda: head.best.number)
        height.labels(self._chain, "finalized").set_function(lambda: head.finalized.number)

    def show_pool(self, pool: PoolSource) -> None:
        """Show how many extrinsics wait."""
        self.show(
            "substrate_ready_transactions_number", "Ready extrinsics.", lambda: pool.ready_count
        )
        self.show(
            "starminer_future_transactions_number", "Waiting ones.", lambda: pool.future_count
        )
        self.show("starminer_pool_bytes", "Raw bytes in the pool.", lambda: pool.size_bytes)

    def show_peers(self, peers: PeerSource) -> None:
        """Show the connections, and whether the node is behind."""
        self.show("substrate_sub_libp2p_peers_count", "Connected peers.", lambda: peers.peer_count)
        self.show(
            "substrate_sub_libp2p_is_major_syncing",
            "1 while far behind the peers.",
            lambda: int(peers.is_syncing),
        )

    def show_sync(self, progress: Callable[[], Progress | None]) -> None:
        """Show which phase of sync runs, and how far it is."""
        phase = self._gauge("starminer_sync_phase", "1 for the phase that runs.", "phase")
        for name in SYNC_PHASES:
            phase.labels(self._chain, name).set_function(partial(_is_phase, progress, name))
        self.show(
            "starminer_sync_done",
            "Headers, nodes or bodies that the phase has fetched.",
            lambda: 0 if (found := progress()) is None else found.done,
        )

    def show(self, name: str, help_text: str, value: Callable[[], float]) -> None:
        """Show a number that is read at each scrape."""
        self._gauge(name, help_text).labels(self._chain).set_function(value)

    # events

    def block_imported(self, seconds: float) -> None:
        """Count an imported block and the time it took."""
        self._import_seconds.observe(seconds)

    def loop_lagged(self, seconds: float) -> None:
        """Count how late the event loop was."""
        self._lag_seconds.observe(seconds)

    def receipts_checked(self, results: Iterable[str], seconds: float) -> None:
        """Count the receipts of a block by their result, and the time it took to check them."""
        for result in results:
            self._receipts.labels(self._chain, result).inc()
        self._receipt_seconds.observe(seconds)

    # the page

    def render(self) -> bytes:
        """Return all metrics in Prometheus' text format, of type `CONTENT_TYPE`."""
        return generate_latest(self._registry)

    def _gauge(self, name: str, help_text: str, *labels: str) -> Gauge:
        return Gauge(name, help_text, ("chain", *labels), registry=self._registry)

    def _counter(self, name: str, help_text: str, *labels: str) -> Counter:
        return Counter(name, help_text, ("chain", *labels), registry=self._registry)

    def _histogram(self, name: str, help_text: str, buckets: Sequence[float]) -> Histogram:
        return Histogram(name, help_text, ("chain",), buckets=buckets, registry=self._registry)


def _is_phase(progress: Callable[[], Progress | None], name: str) -> float:
    found = progress()
    return float(found is not None and found.phase == name)
