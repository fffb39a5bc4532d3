"""Further worlds, each with validators, weather and faults of its own; a failure names its seed."""

import pytest

from tests.simulation.real import RealLedger
from tests.simulation.scenario import drawn
from tests.simulation.world import simulate

SEEDS = range(1000, 1060)


@pytest.mark.slow
def test_honest_nodes_agree_and_go_on(seed: int) -> None:
    outcome = simulate(seed, drawn(seed), RealLedger)
    assert sorted(set(outcome.scenario.honest) - set(outcome.heights)) == []
