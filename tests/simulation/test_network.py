"""Whole consensus nodes agree, whatever the network does to them; each seed is another story."""

import pytest

from tests.simulation.run import main
from tests.simulation.scenario import Scenario
from tests.simulation.world import simulate

SEEDS = range(8)

CALM = Scenario(storm_seconds=30, loss=0.0, max_delay_seconds=0.1, partitions=0, restarts=0)


def test_four_nodes_finalize_one_chain_through_loss_partition_and_restart(seed: int) -> None:
    assert len(simulate(seed).heights) == 4


@pytest.mark.parametrize("story", range(2))
def test_the_same_seed_tells_the_same_story(story: int) -> None:
    one, other = simulate(story), simulate(story)
    assert (one.trace, one.final) == (other.trace, other.final)


def test_in_good_weather_every_block_becomes_final() -> None:
    assert len(simulate(300, CALM).final) >= 28


def test_a_seed_can_be_replayed_from_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--seed", "3", "--runtime", "toy"]) == 0
    assert capsys.readouterr().out.startswith("seed 3: finalized [")
