"""Forty further worlds, each with a scenario of its own, on the real runtime and on the toy."""

import pytest

from tests.simulation.ledger import Ledger
from tests.simulation.run import LEDGERS
from tests.simulation.scenario import drawn
from tests.simulation.world import simulate

SEEDS = range(1000, 1040)


@pytest.mark.slow
@pytest.mark.parametrize("ledger", LEDGERS.values(), ids=LEDGERS)
def test_honest_nodes_agree_and_go_on(seed: int, ledger: type[Ledger]) -> None:
    outcome = simulate(seed, drawn(seed), ledger)
    assert sorted(set(outcome.scenario.honest) - set(outcome.heights)) == []
