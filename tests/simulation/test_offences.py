"""Node 3 says two things: every honest node sees it slashed and disabled, whoever reported it.

That all nodes have one final chain, and that executing it again gives the same states with every
invariant, `simulate` checks itself.
"""

from collections import Counter
from dataclasses import replace

import pytest

from consensus.errors import DisabledAuthor
from tests.simulation.ledger import Lie
from tests.simulation.real import RealLedger
from tests.simulation.scenario import Scenario
from tests.simulation.world import simulate

SEEDS = range(500, 501)
HONEST, LIAR = [0, 1, 2], 3

TWO_BLOCKS = Scenario(
    lies=(Lie.TWO_BLOCKS,), storm_seconds=40, calm_seconds=50, loss=0.05, partitions=0, restarts=1
)
SHORT_ERAS = replace(TWO_BLOCKS, calm_seconds=110, epoch_slots=4, era_blocks=2)
"""An era with every session, so that what is deferred by seven eras is taken in two minutes."""


def test_an_author_of_two_blocks_is_disabled_and_its_blocks_are_refused_by_all(seed: int) -> None:
    outcome = simulate(seed, TWO_BLOCKS, RealLedger)
    told = Counter(outcome.told)
    assert told["ValidatorDisabled"] == told["SlashReported"] == 1
    refused = {(one.node, one.source) for one in outcome.refusals if one.error is DisabledAuthor}
    assert sorted(refused) == [(node, LIAR) for node in HONEST]


def test_an_author_of_two_blocks_ends_slashed(seed: int) -> None:
    told = Counter(simulate(seed, SHORT_ERAS, RealLedger).told)
    assert told["Slashed"] >= 1
    assert told["Slashed"] == told["SlashDivided"] <= told["SlashReported"]
    assert told["ValidatorReenabled"] >= 1


def test_a_voter_for_everything_is_slashed_and_weighs_less(seed: int) -> None:
    votes = replace(TWO_BLOCKS, lies=(Lie.TWO_VOTES,), calm_seconds=40, restarts=0)
    told = Counter(simulate(seed, votes, RealLedger).told)
    assert told["Offence"] >= 1
    assert told["NewAuthorities"] >= 1
    assert 1 <= told["SlashReported"] <= 1 + told["NewAuthorities"], "once in each set it lied to"


@pytest.mark.slow
@pytest.mark.parametrize("lie", [Lie.TWO_BLOCKS, Lie.TWO_VOTES, Lie.TWIN])
@pytest.mark.parametrize("more", range(501, 505))
def test_whatever_the_weather_who_says_two_things_is_disabled(more: int, lie: Lie) -> None:
    stormy = replace(TWO_BLOCKS, lies=(lie,), loss=0.2, restarts=3, partitions=1)
    assert "ValidatorDisabled" in simulate(more, stormy, RealLedger).told
