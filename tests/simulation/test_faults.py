"""What one faulty validator, or very bad links, can and cannot do."""

from consensus.equivocation import BlockEquivocation, VoteEquivocation
from tests.simulation.world import Scenario, check, simulate

SEEDS = range(100, 103)


def test_a_twin_with_a_validators_key_is_caught_and_changes_nothing(seed: int) -> None:
    outcome = simulate(seed, Scenario(twins=1))
    check(outcome, nodes=3)
    caught = {type(proof) for proof in outcome.equivocations}
    assert caught == {BlockEquivocation, VoteEquivocation}


def test_after_a_split_in_halves_finality_resumes_within_two_rounds(seed: int) -> None:
    outcome = simulate(seed, Scenario(partitions=0, restarts=0, halves_seconds=60))
    check(outcome, nodes=4)
    before = [number for when, number, _ in outcome.steps if when < outcome.calm_since - 58]
    during = [number for when, number, _ in outcome.steps if when < outcome.calm_since]
    after = [number for when, number, _ in outcome.steps if when >= outcome.calm_since]
    assert max(during) <= max(before) + 1, "only votes from before the split finalize in it"
    assert after[0] <= max(during) + 2


def test_heavy_loss_slows_finality_and_an_observer_follows(seed: int) -> None:
    check(simulate(seed, Scenario(loss=0.35, observers=1)), nodes=5)
