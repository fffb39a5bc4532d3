"""Whole nodes on the real runtime: transfers, shares and jobs, whatever the network does.

`simulate` itself checks that there is one final chain that never reverts, that each node keeps
every final state, that executing the chain again gives the same roots with every invariant of the
runtime, that events account for the issuance, that products are exact, and that finality resumes.
"""

import pytest

from tests.simulation.real import RealLedger
from tests.simulation.run import fingerprint, main
from tests.simulation.scenario import Scenario
from tests.simulation.world import simulate

SEEDS = range(3)

CALM = Scenario(storm_seconds=30, loss=0.0, max_delay_seconds=0.1, partitions=0, restarts=0)
STORM = Scenario(storm_seconds=40, restarts=3, has_faults=True)


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
    one, other = (simulate(story, STORM, RealLedger) for _ in range(2))
    assert (one.trace, one.final, one.told) == (other.trace, other.final, other.told)


def test_a_seed_can_be_replayed_from_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--seed", "3"]) == 0
    history = fingerprint(simulate(3, Scenario(), RealLedger))
    assert capsys.readouterr().out.endswith(f"history {history}, ok\n")
