"""The voting rules, in every run of any number of rounds: no two conflicting blocks become final.

What is covered, and what is not: docs/MODEL_CHECK.md.
"""

import pytest

from tests.consensus.finality.model import Model

SMALL = ("aa", "b")
"""A fork at the root, one branch longer than the other."""


@pytest.mark.parametrize("branches", [("a", "b"), SMALL, ("aa", "ab", "b")])
def test_with_one_liar_in_four_no_conflicting_blocks_become_final(
    branches: tuple[str, ...],
) -> None:
    explored = Model(branches).explore()
    assert explored.is_complete
    assert explored.conflicts() == []
    highest = {max(final, key=len) for final in explored.finals}
    assert highest.issuperset(branches), "each branch can win"


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("branches", [("aaa", "bb"), ("aa", "ab", "bb"), ("a", "b", "c")])
def test_nor_on_larger_trees(branches: tuple[str, ...]) -> None:
    explored = Model(branches).explore()
    assert (explored.is_complete, explored.conflicts()) == (True, [])


def test_with_two_liars_in_four_they_do() -> None:
    assert Model(SMALL, liar_weight=2).explore(1).conflicts()


def test_they_do_when_voters_forget_what_the_last_round_may_have_finalized() -> None:
    assert Model(SMALL, is_heedless=True).explore(2).conflicts()
