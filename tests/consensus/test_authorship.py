"""Statistics of authorship: who writes the chain, by stake and by proven work."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from consensus.lottery import primary_threshold, secondary_author, wins_primary
from consensus.slots import Authority, Epoch
from runtime.pallets.babe import authority_weights
from runtime.primitives.hashing import blake2_256

EPOCHS, SLOTS = 40, 600
CHI_SQUARE = {3: 16.27, 4: 18.47, 8: 26.12}
"""Exceeded by chance once in a thousand, by degrees of freedom; the seeds are fixed."""


def simulated(lot: int, weights_by_epoch: Sequence[Sequence[int]]) -> tuple[list[int], list[int]]:
    """Return how many primary slots and how many secondary ones each authority had.

    A hash stands for each VRF output: both are uniform, which is all that the lottery uses.
    """
    count = len(weights_by_epoch[0])
    primaries, secondaries = [0] * count, [0] * count
    for index, weights in enumerate(weights_by_epoch):
        randomness = blake2_256(b"%d %d" % (lot, index))
        keys = tuple(bytes((place,)) * 32 for place in range(count))
        epoch = Epoch(index, 0, randomness, tuple(map(Authority, keys, weights)))
        for slot in range(SLOTS):
            outputs = [blake2_256(key + randomness + slot.to_bytes(8, "little")) for key in keys]
            total = epoch.total_weight
            won = [wins_primary(*each, total) for each in zip(outputs, weights, strict=True)]
            if any(won):
                primaries = [n + is_won for n, is_won in zip(primaries, won, strict=True)]
            else:
                secondaries[secondary_author(epoch, slot)] += 1
    return primaries, secondaries


def chance(weights: Sequence[int], place: int) -> float:
    return primary_threshold(weights[place], sum(weights)) / 2**128


def distance(seen: Sequence[int], slots: Sequence[Sequence[float]]) -> float:
    """Return the chi-square distance of independent counts from their chances, epoch by epoch."""
    total = 0.0
    for count, chances in zip(seen, slots, strict=True):
        mean = sum(SLOTS * p for p in chances)
        variance = sum(SLOTS * p * (1 - p) for p in chances)
        total += (count - mean) ** 2 / variance
    return total


@pytest.mark.parametrize("lot", [1, 2, 3])
@pytest.mark.parametrize(
    ("stakes", "work"),
    [
        ((1, 1, 1, 1), (0, 0, 0, 0)),
        ((1, 1, 1, 1), (9, 3, 1, 0)),
        ((1, 2, 4, 8), (8, 4, 2, 1)),
        ((5, 5, 5, 5, 5, 5, 5, 500), (100, 0, 1, 2, 3, 4, 5, 6)),
    ],
)
def test_primary_slots_follow_stake_and_work(
    lot: int, stakes: tuple[int, ...], work: tuple[int, ...]
) -> None:
    weights = [authority_weights(stakes, work)] * EPOCHS
    primaries, _ = simulated(lot, weights)
    chances = [[chance(each, i) for each in weights] for i in range(len(stakes))]
    assert distance(primaries, chances) < CHI_SQUARE[len(stakes) if len(stakes) == 8 else 4]


def test_primary_slots_follow_work_that_moves_from_one_to_another() -> None:
    draw = random.Random(11)
    weights, work = [], [1, 1, 1, 1]
    for _ in range(EPOCHS):
        work[draw.randrange(4)] += draw.randrange(1_000)
        weights.append(authority_weights((3, 1, 1, 1), tuple(work)))
    primaries, _ = simulated(5, weights)
    chances = [[chance(each, i) for each in weights] for i in range(4)]
    assert distance(primaries, chances) < CHI_SQUARE[4]


def test_the_test_sees_a_lottery_that_ignores_work() -> None:
    ignored = [authority_weights((1, 1, 1, 1), (0, 0, 0, 0))] * EPOCHS
    heeded = authority_weights((1, 1, 1, 1), (9, 3, 1, 0))
    primaries, _ = simulated(1, ignored)
    assert distance(primaries, [[chance(heeded, i)] * EPOCHS for i in range(4)]) > 10 * 18.47


def test_slots_without_a_winner_go_to_all_alike() -> None:
    weights = [authority_weights((1, 2, 4, 8), (8, 4, 2, 1))] * EPOCHS
    _, secondaries = simulated(1, weights)
    mean = sum(secondaries) / 4
    assert sum((count - mean) ** 2 / mean for count in secondaries) < CHI_SQUARE[3]
    assert abs(sum(secondaries) / (EPOCHS * SLOTS) - 0.75) < 0.01
