"""Which leaves are drawn."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as some

from runtime.compute.challenge import OPENING_FIRST, OPENING_LAST, RANDOMNESS_DELAY, challenge


@given(some.binary(min_size=32, max_size=32), some.integers(33, 2**40))
def test_leaves_are_distinct_ascending_and_in_range(seed: bytes, leaves: int) -> None:
    drawn = challenge(seed, bytes(32), leaves)
    assert len(drawn) == 32
    assert list(drawn) == sorted(set(drawn))
    assert drawn[0] >= 0
    assert drawn[-1] < leaves


def test_all_leaves_are_opened_when_there_are_few() -> None:
    assert challenge(bytes(32), bytes(32), 5) == (0, 1, 2, 3, 4)
    assert challenge(bytes(32), bytes(32), 32) == tuple(range(32))


def test_every_leaf_is_drawn_about_as_often() -> None:
    count = Counter[int]()
    for number in range(2000):
        count.update(challenge(number.to_bytes(32, "little"), bytes(32), 40))
    assert sorted(count) == list(range(40))
    assert all(1500 < times < 1700 for times in count.values())


def test_draws_are_what_they_always_were() -> None:
    assert challenge(b"c" * 32, b"r" * 32, 2**18)[:4] == (8372, 13712, 24436, 28400)
    assert challenge(b"c" * 32, b"s" * 32, 2**18)[:4] == (2297, 16667, 24978, 29629)


def test_a_commitment_can_be_opened_once_its_randomness_is_known() -> None:
    assert RANDOMNESS_DELAY < OPENING_FIRST < OPENING_LAST
