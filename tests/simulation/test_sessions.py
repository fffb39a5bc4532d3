"""Validators change their keys, leave and return while the network is bad; the chain goes on."""

import pytest

from tests.simulation.ledger import Lie
from tests.simulation.real import RealLedger
from tests.simulation.scenario import Scenario, drawn
from tests.simulation.world import simulate

SEEDS = range(402, 404)

CHANGING = Scenario(
    stakes=(1,) * 5,
    storm_seconds=90,
    calm_seconds=40,
    max_delay_seconds=0.4,
    epoch_slots=4,
    rotations=5,
    leavers=1,
)


def test_voters_hand_over_again_and_again_through_loss_partition_and_restart(seed: int) -> None:
    outcome = simulate(seed, CHANGING, RealLedger)
    assert outcome.told.count("NewAuthorities") >= 3
    assert sorted(outcome.heights) == [0, 1, 2, 3, 4]


def test_drawn_worlds_have_every_lie_and_from_four_to_sixteen_nodes_and_more() -> None:
    scenarios = [drawn(seed) for seed in range(1000, 1200)]
    assert {lie for scenario in scenarios for lie in scenario.lies} == set(Lie)
    sizes = {scenario.nodes for scenario in scenarios}
    assert (min(sizes), max(sizes) >= 16) == (4, True)
    assert sum(scenario.rotations + scenario.leavers > 0 for scenario in scenarios) > 100


def test_a_scenario_with_a_third_of_the_weight_lying_is_no_scenario() -> None:
    with pytest.raises(ValueError, match="wanted liars with less than a third of 4, got 2"):
        Scenario(stakes=(1, 1, 1, 2), lies=(Lie.TWIN,), leavers=1)
