"""Flags that cannot go together are refused in sentences that say what to do."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from node.config import BadConfig, NodeConfig

GOOD = NodeConfig()


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"validator": True, "dev_key": "Alice"},
        {"rpc_external": True},
        {"validator": True, "rpc_external": True, "rpc_methods": "unsafe"},
        {"tmp": True},
        {"port": 0, "rpc_port": 0, "prometheus_port": 0},
        {"rpc_port": 9615, "prometheus": False},
        {"log": ("debug", "p2p=warning")},
        {"state_pruning": "archive"},
        {"state_pruning": 1},
        {"blocks_pruning": 1},
        {"blocks_pruning": "archive"},
        {"blocks_pruning": "archive-canonical"},
    ],
)
def test_flags_that_go_together_are_accepted(changes: dict[str, Any]) -> None:
    config = replace(GOOD, **changes)
    assert config.check() is config


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"dev_key": "Zoe"}, "--dev-key wants one of Alice, Bob, Charlie"),
        ({"dev_key": "Alice", "chain": "testnet"}, "The development keys are public"),
        ({"validator": True, "rpc_external": True}, "run RPC on a full node"),
        ({"tmp": True, "base_path": Path("x")}, "--tmp and --base-path exclude each other."),
        ({"rpc_rate_limit": 0}, "--rpc-rate-limit wants 1 or more, got 0."),
        ({"rpc_max_request_size": 0}, "--rpc-max-request-size wants 1 or more, got 0."),
        ({"rpc_max_subscriptions_per_connection": -1}, "-connection wants 1 or more, got -1."),
        ({"db_cache": 0}, "--db-cache wants 1 or more, got 0."),
        ({"state_pruning": 0}, "--state-pruning wants archive or 1 to 4294967295, got 0."),
        (
            {"blocks_pruning": 0},
            "--blocks-pruning wants archive, archive-canonical or 1 to 4294967295, got 0.",
        ),
        ({"device_memory_mib": 63}, "--device-memory-mib wants 64 or more, got 63."),
        ({"port": 70000}, "--port wants 0 to 65535, got 70000."),
        ({"port": 9944}, "Each service wants a port of its own"),
        ({"log": ("p2p=loud",)}, "-l wants TARGET=LEVEL"),
    ],
)
def test_flags_that_exclude_each_other_are_refused(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BadConfig) as refusal:
        replace(GOOD, **changes).check()
    assert sentence in str(refusal.value)


def test_every_reason_is_given_at_once() -> None:
    with pytest.raises(BadConfig) as refusal:
        replace(GOOD, port=70000, dev_key="Zoe").check()
    assert str(refusal.value).count(" wants ") == 2


def test_a_node_without_a_name_is_called_after_its_key() -> None:
    names = [GOOD, replace(GOOD, dev_key="Bob"), replace(GOOD, name="n1", dev_key="Bob")]
    assert [config.node_name for config in names] == ["node", "bob", "n1"]
