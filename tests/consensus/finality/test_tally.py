import pytest

from consensus.finality.tally import Added, Ballots, VoterSet
from consensus.finality.vote import Prevote
from tests.consensus.support import KEYS, signed, voters

A, B, C = (Prevote(bytes([name]) * 32, 1) for name in (1, 2, 3))


@pytest.mark.parametrize(
    ("count", "tolerated", "threshold"), [(1, 0, 1), (2, 0, 2), (3, 0, 3), (4, 1, 3)]
)
def test_less_than_a_third_is_tolerated(count: int, tolerated: int, threshold: int) -> None:
    assert (voters(count).tolerated, voters(count).threshold) == (tolerated, threshold)


def test_a_voter_counts_by_weight_and_a_stranger_not_at_all() -> None:
    weighted = VoterSet(0, ((KEYS[0].public, 5), (KEYS[1].public, 2)))
    assert [weighted.weight_of(key.public) for key in KEYS[:3]] == [5, 2, 0]
    assert (weighted.total, weighted.threshold) == (7, 5)


def test_duties_rotate_with_the_round() -> None:
    four = voters()
    assert [four.primary(number) for number in (0, 1, 5)] == [
        KEYS[0].public,
        KEYS[1].public,
        KEYS[1].public,
    ]
    assert [four.rank(KEYS[0].public, number) for number in (0, 1, 2)] == [0, 3, 2]


@pytest.mark.parametrize("bad", [(), ((b"1", 0),), ((b"1", 1), (b"1", 2))])
def test_a_set_of_voters_has_distinct_voters_with_weight(bad: tuple[tuple[bytes, int], ...]):
    with pytest.raises(ValueError, match="wanted"):
        VoterSet(0, bad)


def test_the_second_of_two_different_votes_proves_an_equivocation() -> None:
    ballots = Ballots()
    votes = [signed(KEYS[0], vote) for vote in (A, A, B, C)]
    assert [ballots.add(vote) for vote in votes] == [
        Added.NEW,
        Added.DUPLICATE,
        Added.EQUIVOCATION,
        Added.DUPLICATE,
    ]
    assert ballots.pair_of(KEYS[0].public) == (votes[0], votes[2])
    assert (list(ballots.single()), list(ballots.equivocators())) == ([], [KEYS[0].public])
    assert list(ballots.all()) == [votes[0], votes[2]]
