"""What the RPC server counts for Prometheus, under the names and labels of polkadot-sdk.

Source: polkadot-sdk `substrate/client/rpc-servers/src/middleware/metrics.rs`.
"""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Gauge, Histogram

from node.rpc.observer import Outcome, Protocol

CALL_BUCKETS = (5, 25, 100, 500, 1_000, 2_500, 10_000, 25_000, 100_000, 1_000_000, 10_000_000)
"""Microseconds, as Substrate's dashboards expect them."""

SESSION_BUCKETS = (1, 10, 60, 600, 3_600, 36_000, 360_000)
"""Seconds: from a single call to a page that stays open for days."""

MICROSECONDS = 1_000_000

AnswerKey = tuple[Protocol, str, bool, bool]
"""How a call came, its method, whether it succeeded, whether it was above the rate."""


class RpcMetrics:
    """Counters of calls and sessions.

    They are gauges that only grow, since this library puts `_total` behind the names of counters
    and Substrate's have none.
    """

    def __init__(self, registry: CollectorRegistry, chain: str) -> None:
        """Label everything with the name of the chain."""
        self._chain = chain
        call = ("chain", "protocol", "method")
        self._started = Gauge(
            "substrate_rpc_calls_started", "Calls received.", call, registry=registry
        )
        self._finished = Gauge(
            "substrate_rpc_calls_finished",
            "Calls answered.",
            (*call, "is_error", "is_rate_limited"),
            registry=registry,
        )
        self._time = Histogram(
            "substrate_rpc_calls_time",
            "Microseconds from a call to its answer.",
            (*call, "is_rate_limited"),
            buckets=CALL_BUCKETS,
            registry=registry,
        )
        self._calls: dict[tuple[Protocol, str], Gauge] = {}
        self._answers: dict[AnswerKey, tuple[Gauge, Histogram]] = {}
        """What the library would find by labels at each call; at most some for each method."""
        session = ("chain", "protocol")
        self._opened = Gauge(
            "substrate_rpc_sessions_opened", "Connections opened.", session, registry=registry
        )
        self._closed = Gauge(
            "substrate_rpc_sessions_closed", "Connections closed.", session, registry=registry
        )
        self._session_time = Histogram(
            "substrate_rpc_sessions_time",
            "Seconds that connections lasted.",
            session,
            buckets=SESSION_BUCKETS,
            registry=registry,
        )

    def call_started(self, protocol: Protocol, method: str) -> None:
        """Count a call."""
        counter = self._calls.get((protocol, method))
        if counter is None:
            counter = self._started.labels(self._chain, protocol, method)
            self._calls[protocol, method] = counter
        counter.inc()

    def call_finished(self, protocol: Protocol, method: str, outcome: Outcome) -> None:
        """Count an answer and the time it took."""
        key = (protocol, method, outcome.ok, outcome.is_rate_limited)
        counter, timer = self._answers.get(key) or self._answer(key)
        counter.inc()
        timer.observe(outcome.seconds * MICROSECONDS)

    def _answer(self, key: AnswerKey) -> tuple[Gauge, Histogram]:
        """Find what counts and times answers of a kind, and remember it."""
        protocol, method, ok, is_limited = key
        call, limited = (self._chain, protocol, method), _flag(is_limited)
        counter = self._finished.labels(*call, _flag(not ok), limited)
        answer = self._answers[key] = (counter, self._time.labels(*call, limited))
        return answer

    def session_opened(self, protocol: Protocol) -> None:
        """Count a connection."""
        self._opened.labels(self._chain, protocol).inc()

    def session_closed(self, protocol: Protocol, seconds: float) -> None:
        """Count the end of a connection and how long it lasted."""
        self._closed.labels(self._chain, protocol).inc()
        self._session_time.labels(self._chain, protocol).observe(seconds)


def _flag(value: bool) -> str:
    return "true" if value else "false"
