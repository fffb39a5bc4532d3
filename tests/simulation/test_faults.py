"""What one faulty validator, or very bad links, can and cannot do."""

from consensus.equivocation import BlockEquivocation, VoteEquivocation
from tests.simulation.ledger import Lie
from tests.simulation.node import GOSSIP_SECONDS
from tests.simulation.scenario import Scenario
from tests.simulation.world import simulate

SEEDS = range(100, 103)

TWO_HALVES = Scenario(
    partitions=0, restarts=0, halves_seconds=60, loss=0.0, max_delay_seconds=GOSSIP_SECONDS / 2
)
"""Apart from the split, messages arrive within the time that the voters' timers allow."""


def test_a_twin_with_a_validators_key_is_caught_and_changes_nothing(seed: int) -> None:
    outcome = simulate(seed, Scenario(lies=(Lie.TWIN,)))
    caught = {type(proof) for proof in outcome.equivocations}
    assert caught == {BlockEquivocation, VoteEquivocation}


def test_after_a_split_finality_resumes_two_rounds_after_the_stuck_one_at_the_latest(
    seed: int,
) -> None:
    outcome = simulate(seed, TWO_HALVES)
    resumed_in = next(number for when, number, _ in outcome.steps if when > outcome.calm_since)
    assert resumed_in <= outcome.round_at_calm + 2


def test_heavy_loss_slows_finality_and_an_observer_follows(seed: int) -> None:
    outcome = simulate(seed, Scenario(loss=0.35, observers=1))
    assert sorted(outcome.heights) == [0, 1, 2, 3, 4]


def test_who_votes_for_everything_is_caught_and_stops_nobody(seed: int) -> None:
    outcome = simulate(seed, Scenario(lies=(Lie.TWO_VOTES,), loss=0.05))
    assert {type(proof) for proof in outcome.equivocations} == {VoteEquivocation}
    assert len(outcome.final) > 30


def test_who_withholds_or_floods_delays_seven_validators_and_stops_none() -> None:
    lies = (Lie.WITHHOLD, Lie.FLOOD)
    outcome = simulate(100, Scenario(stakes=(1,) * 7, lies=lies, loss=0.05, partitions=0))
    refused = {complaint.what for complaint in outcome.complaints}
    assert {"vote", "block: garbage"} <= refused
    assert len(outcome.final) > 30
