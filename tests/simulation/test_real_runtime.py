"""Whole nodes on the real runtime: transfers, shares and jobs, whatever the network does.

`simulate` itself checks that there is one final chain that never reverts, that each node keeps
every final state, that executing the chain again gives the same roots with every invariant of the
runtime, that events account for the issuance, that products are exact, and that finality resumes.
"""

import os
import subprocess
import sys

import pytest

from tests.architecture.source import ROOT
from tests.simulation.real import RealLedger
from tests.simulation.run import main
from tests.simulation.scenario import Scenario
from tests.simulation.world import simulate

SEEDS = range(3)

CALM = Scenario(
    storm_seconds=20,
    calm_seconds=50,
    loss=0.0,
    max_delay_seconds=0.1,
    partitions=0,
    restarts=0,
)
SHORT = Scenario(storm_seconds=30, calm_seconds=30, restarts=3, has_faults=True)


def test_four_nodes_finalize_one_chain_through_loss_partition_and_restart(seed: int) -> None:
    outcome = simulate(seed, Scenario(), RealLedger)
    assert {"Transfer", "SharesCounted", "ReceiptsIncluded"} <= set(outcome.told)


def test_a_job_is_ordered_computed_proven_and_paid() -> None:
    told = list(simulate(300, CALM, RealLedger).told)
    steps = [
        "ProviderRegistered",
        "JobSubmitted",
        "JobAssigned",
        "JobStarted",
        "SegmentCommitted",
        "SegmentVerified",
        "SegmentSettled",
        "JobCompleted",
    ]
    assert sorted(steps, key=told.index) == steps


@pytest.mark.parametrize("story", range(2))
def test_the_same_seed_tells_the_same_story(story: int) -> None:
    one, other = (simulate(story, SHORT, RealLedger) for _ in range(2))
    assert (one.trace, one.final, one.told) == (other.trace, other.final, other.told)


def test_a_history_is_the_same_in_another_process(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--seed", "3", "--storm", "20", "--calm", "20"]
    command = [sys.executable, "-m", "tests.simulation.run", *words]
    environment = os.environ | {"PYTHONHASHSEED": "7"}
    there = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=ROOT, env=environment
    )
    assert main(words) == 0
    assert capsys.readouterr().out == there.stdout
