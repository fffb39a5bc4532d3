"""Writes docs/reference/metrics.md from what a node with every source answers to a scrape.

Run it: `python -m tests.tools.metrics_reference`.
"""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from node.metrics import SYNC_PHASES, Metrics
from node.rpc.observer import Outcome

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "metrics.md"

INTRODUCTION = """\
# Metrics

Generated from the registry by `python -m tests.tools.metrics_reference`; a test compares.

A node answers `http://127.0.0.1:9615/metrics` in the text format of Prometheus; `--prometheus-port`, `--prometheus-external` and
`--no-prometheus` [change that](configuration.md). Names that begin with `substrate_` mean what they mean on a Substrate node, so its
dashboards and alerts load unchanged. Every sample but those of the process has the label `chain`. A name appears only where something
is measured. [Monitoring](../howto/monitoring.md) says what to watch and brings rules for alerts.

| name | type | labels | meaning |
|---|---|---|---|
"""  # noqa: E501

SUFFIXES = {"histogram": "_bucket, _sum, _count", "counter": "_total"}
"""What Prometheus appends to the names of samples."""

OF_THE_PROCESS = "process_"


def page() -> str:
    """Return the whole page."""
    return INTRODUCTION + "\n".join(map(row, families())) + "\n"


def row(family: Metric) -> str:
    """Return the line of a metric."""
    labels = dict.fromkeys(label for sample in family.samples for label in sample.labels)
    shown = ", ".join(f"`{one}`" for one in labels if one not in ("chain", "le")) or "–"
    name, suffix = family.name, SUFFIXES.get(family.type)
    kind = family.type if suffix is None else f"{family.type} ({suffix})"
    return f"| `{name}` | {kind} | {shown} | {family.documentation} |"


def families() -> Iterator[Metric]:
    """Yield every metric of a node, in the order of names; those of the process last."""
    parsed = text_string_to_metric_families(scrape())
    # the time at which a counter began, which nobody asks for
    found = [one for one in parsed if not one.name.endswith("_created")]
    yield from sorted(found, key=lambda one: (one.name.startswith(OF_THE_PROCESS), one.name))


def sample_names() -> frozenset[str]:
    """Return the names that a rule or a dashboard may use."""
    return frozenset(sample.name for family in families() for sample in family.samples)


def scrape() -> str:
    """Return the answer of a node whose every source is there and that has seen everything once."""
    metrics = Metrics("dev", "0")
    block = SimpleNamespace(number=1)
    metrics.show_head(SimpleNamespace(best=block, finalized=block))
    metrics.show_pool(SimpleNamespace(ready_count=0, future_count=0, size_bytes=0))
    metrics.show_peers(SimpleNamespace(peer_count=0, is_syncing=False))
    metrics.show_sync(lambda: SimpleNamespace(phase=SYNC_PHASES[0], done=0))
    metrics.block_imported(0.1)
    metrics.loop_lagged(0.1)
    metrics.receipts_checked(["ok"], 0.1)
    metrics.rpc.session_opened("ws")
    metrics.rpc.call_started("ws", "system_name")
    metrics.rpc.call_finished("ws", "system_name", Outcome(seconds=0.1, ok=True))
    metrics.rpc.session_closed("ws", 0.1)
    return metrics.render().decode()


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
