"""What one faulty validator, or very bad links, can and cannot do."""

from consensus.equivocation import BlockEquivocation, VoteEquivocation
from tests.simulation.world import Scenario, check, simulate

SEEDS = range(100, 103)


def test_a_twin_with_a_validators_key_is_caught_and_changes_nothing(seed: int) -> None:
    outcome = simulate(seed, Scenario(twins=1))
    check(outcome, nodes=3)
    caught = {type(proof) for proof in outcome.equivocations}
    assert caught == {BlockEquivocation, VoteEquivocation}


def test_heavy_loss_slows_finality_and_an_observer_follows(seed: int) -> None:
    check(simulate(seed, Scenario(loss=0.35, observers=1)), nodes=5)
