"""Metrics under the names that dashboards know; health and the lag of the event loop."""

from dataclasses import dataclass

import pytest
import trio.testing
from prometheus_client.parser import text_string_to_metric_families

from node.health import DEAD_SECONDS, Health, HealthReport, LoopLag
from node.metrics import CONTENT_TYPE, Metrics
from p2p.sync import Progress


@dataclass
class Head:
    number: int


@dataclass
class Chain:
    best: Head
    finalized: Head


@dataclass
class Pool:
    ready_count: int = 3
    future_count: int = 2
    size_bytes: int = 700


@dataclass
class Network:
    peer_count: int = 4
    is_syncing: bool = True


def samples(metrics: Metrics) -> dict[tuple[str, ...], float]:
    """All samples but those of the process, by name and labels other than the chain."""
    found = {}
    for family in text_string_to_metric_families(metrics.render().decode()):
        for sample in family.samples:
            if not sample.name.startswith("process_"):
                assert sample.labels.pop("chain") == "dev"
                found[(sample.name, *sample.labels.values())] = sample.value
    return found


@pytest.fixture
def metrics():
    return Metrics("dev", "0.1.0")


def test_heights_are_those_of_the_chain_at_the_time(metrics):
    chain = Chain(Head(7), Head(5))
    metrics.show_head(chain)
    chain.best = Head(8)
    shown = samples(metrics)
    assert shown["substrate_block_height", "best"] == 8
    assert shown["substrate_block_height", "finalized"] == 5


def test_pool_and_peers_are_shown_once_they_are_given(metrics):
    before = set(samples(metrics))
    metrics.show_pool(Pool())
    metrics.show_peers(Network())
    metrics.show("substrate_number_leaves", "Leaves of the block tree.", lambda: 2)
    shown = samples(metrics)
    assert {key: shown[key] for key in set(shown) - before} == {
        ("substrate_ready_transactions_number",): 3,
        ("starminer_future_transactions_number",): 2,
        ("starminer_pool_bytes",): 700,
        ("substrate_sub_libp2p_peers_count",): 4,
        ("substrate_sub_libp2p_is_major_syncing",): 1,
        ("substrate_number_leaves",): 2,
    }


def test_the_phase_of_sync_and_its_progress_are_shown(metrics):
    found = None
    metrics.show_sync(lambda: found)
    assert {value for (name, *_), value in samples(metrics).items() if "sync_" in name} == {0}
    found = Progress(0, 900, "state", 70)
    shown = samples(metrics)
    assert shown["starminer_sync_done",] == 70
    phases = {key[1]: value for key, value in shown.items() if key[0] == "starminer_sync_phase"}
    assert phases == {"waiting": 0, "headers": 0, "state": 1, "blocks": 0, "bodies": 0}


def test_events_are_counted(metrics):
    metrics.block_imported(0.2)
    metrics.block_imported(0.3)
    metrics.loop_lagged(0.004)
    metrics.receipts_checked(["valid", "valid", "invalid"], 0.5)
    shown = samples(metrics)
    assert shown["substrate_block_verification_and_import_time_count",] == 2
    assert shown["substrate_block_verification_and_import_time_sum",] == 0.5
    assert shown["starminer_event_loop_lag_seconds_bucket", "0.005"] == 1
    assert shown["starminer_receipts_total", "valid"] == 2
    assert shown["starminer_receipts_total", "invalid"] == 1
    assert shown["starminer_receipt_verify_seconds_count",] == 1


def test_two_nodes_in_one_process_do_not_share_their_metrics(metrics):
    other = Metrics("dev", "0.1.0")
    metrics.receipts_checked(["verified"], 0.1)
    assert ("starminer_receipts_total", "verified") not in samples(other)


def test_the_page_says_what_it_is(metrics):
    assert CONTENT_TYPE.startswith("text/plain; version=")
    assert b'substrate_build_info{chain="dev",version="0.1.0"} 1.0' in metrics.render()
    assert b"process_resident_memory_bytes" in metrics.render()


@pytest.mark.parametrize(
    ("network", "should_have_peers", "ready"),
    [
        (Network(0, False), True, False),
        (Network(0, False), False, True),
        (Network(1, False), True, True),
        (Network(1, True), True, False),
    ],
)
def test_a_node_is_ready_once_it_keeps_up_with_those_it_should_have(
    network, should_have_peers, ready
):
    report = Health(network, should_have_peers=should_have_peers).report()
    wanted = HealthReport(network.peer_count, network.is_syncing, should_have_peers)
    assert (report, report.is_ready) == (wanted, ready)


async def test_the_lag_of_the_event_loop_is_sampled(nursery, mock_clock):
    observed: list[float] = []
    lag = LoopLag(observed.append)
    assert (lag.is_alive, lag.worst_seconds) == (False, 0.0)
    nursery.start_soon(lag.run)
    await _settled()
    mock_clock.jump(0.25)
    await _settled()
    mock_clock.jump(0.35)
    await _settled()
    assert observed == pytest.approx([0.0, 0.1])
    assert lag.worst_seconds == pytest.approx(0.1)
    assert lag.is_alive


async def test_a_loop_that_was_not_seen_for_long_is_dead(nursery, mock_clock):
    lag = LoopLag(lambda seconds: None)
    nursery.start_soon(lag.run)
    await _settled()
    mock_clock.jump(DEAD_SECONDS)
    assert not lag.is_alive
    await _settled()
    assert lag.is_alive


async def _settled() -> None:
    await trio.testing.wait_all_tasks_blocked()
