"""What became of a task can be asked for long after its event: who approved it is told."""

import pytest

from runtime.frame.outcome import Unclassified
from runtime.frame.results import Err, Ok
from runtime.pallets.scheduler import Outcome
from tests.pallets.governance_world import BUG_NUMBER, UNWANTED_NUMBER
from tests.pallets.test_scheduler import DONE, NAME, REFUSED, World


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize(
    ("number", "result"), [(5, DONE), (UNWANTED_NUMBER, REFUSED), (BUG_NUMBER, Err(Unclassified()))]
)
def test_what_a_named_task_led_to_can_be_asked_for_later(
    world: World, number: int, result: Ok | Err
) -> None:
    world.named(2, world.write(number))
    assert NAME not in world.scheduler.outcomes
    world.until(9)
    assert world.scheduler.outcomes.get(NAME) == Outcome(2, result)


def test_what_became_of_tasks_without_a_name_is_not_kept(world: World) -> None:
    world.at(2, world.write(UNWANTED_NUMBER))
    world.until(3)
    assert dict(world.scheduler.outcomes.items()) == {}
