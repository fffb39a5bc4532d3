"""Validators that lose their disks begin again with their keys: none says two things."""

from dataclasses import replace

import pytest

from tests.simulation.node import SLOT_MS
from tests.simulation.outcome import Outcome, check_words
from tests.simulation.scenario import Scenario
from tests.simulation.sessions import genesis_pair
from tests.simulation.world import simulate

SEEDS = range(200, 201)

ONE_OF_FOUR = Scenario(lost_disks=1, lost_at=(0.05, 0.6))
TWO_OF_SEVEN = Scenario(
    stakes=(1,) * 7, lost_disks=2, lost_at=(0.2, 0.6), storm_seconds=60, calm_seconds=40
)
TOO_MANY = Scenario(lost_disks=2, lost_at=(0.5, 0.6), storm_seconds=60, calm_seconds=30)
ALL = Scenario(lost_disks=4, observers=1, lost_at=(0.5, 0.6), storm_seconds=60, restarts=0)


def last_votes(outcome: Outcome) -> list[float]:
    """Return when the nodes that lost their disks last cast a vote."""
    keys = [genesis_pair(node).public for node in outcome.lost_at]
    return [outcome.voted_at.get(key, 0.0) for key in keys]


@pytest.mark.parametrize("scenario", [ONE_OF_FOUR, TWO_OF_SEVEN], ids=["1 of 4", "2 of 7"])
def test_who_loses_its_disk_votes_again_but_never_twice(seed: int, scenario: Scenario) -> None:
    outcome = simulate(seed, scenario)
    assert len(outcome.lost_at) == scenario.lost_disks
    assert min(last_votes(outcome)) > outcome.calm_since


@pytest.mark.parametrize(
    ("number", "restarts"),
    [(8, 4), (12, 1), (16, 3)],
    ids=[
        "the one that heard its first vote restarts",
        "another was cut off since the chain began",
        "another was down while the chain began",
    ],
)
def test_who_loses_its_disk_while_the_chain_is_young_neither_lies_nor_stops_it(
    number: int, restarts: int
) -> None:
    young = replace(ONE_OF_FOUR, storm_seconds=60, calm_seconds=40, restarts=restarts)
    assert simulate(number, young).lost_at


@pytest.mark.parametrize("scenario", [TOO_MANY, ALL], ids=["2 of 4", "all, an observer has it"])
def test_when_too_many_lose_theirs_blocks_go_on_and_finality_waits_rather_than_lie(
    scenario: Scenario,
) -> None:
    outcome = simulate(1, scenario, judge=check_words)
    (lost_at,) = set(outcome.lost_at.values())
    assert outcome.final, "there was finality before"
    assert max(last_votes(outcome)) <= lost_at
    assert outcome.authored_at[-1] > outcome.calm_since + scenario.calm_seconds - 12


def test_a_fresh_network_finalizes_its_first_block_within_a_slot_of_its_making() -> None:
    calm = Scenario(loss=0.0, partitions=0, restarts=0, storm_seconds=20, calm_seconds=20)
    outcome = simulate(1, calm)
    assert outcome.steps[0][0] < outcome.authored_at[0] + SLOT_MS / 1000
