"""What the record of a storm refuses, and what it counts."""

import pytest

from tests.cluster.cluster import Head
from tests.cluster.storm import Record, Sample


def sample(seconds: float, best: int, final: int, member: int = 0, **named: object) -> Sample:
    head = Head(best, final, str(named.get("final_hash", final)))
    return Sample(seconds, member, head, int(str(named.get("memory_bytes", 0))))


def test_two_hashes_of_one_final_block_are_refused() -> None:
    record = Record()
    record.add(sample(0, 5, 4))
    with pytest.raises(AssertionError, match="Bob has another final block 4"):
        record.add(sample(1, 5, 4, member=1, final_hash="other"))


def test_a_final_height_that_falls_is_refused_for_each_member_by_itself() -> None:
    record = Record()
    record.add(sample(0, 5, 4))
    record.add(sample(1, 5, 3, member=1))
    with pytest.raises(AssertionError, match="Alice lost final blocks"):
        record.add(sample(2, 5, 3))


def test_lag_stalls_and_growth_are_what_the_samples_say() -> None:
    record = Record()
    for second in range(12):
        record.add(sample(second, second + 2, second // 4, memory_bytes=100 * second))
    assert record.max_lag_blocks == 11
    assert record.longest_stall_seconds() == 4
    assert record.memory_growth_bytes(0) == 600
