import pytest
import trio
from trio.testing import MockClock

from consensus.slots import SlotClock, epoch_index


def test_the_slot_is_unix_time_over_the_slot_length() -> None:
    clock = SlotClock(6000, lambda: 60_000_005_999)
    assert clock.current() == 10_000_000
    assert clock.start_ms(10_000_000) == 60_000_000_000


def test_a_slot_may_be_used_half_a_second_early() -> None:
    assert SlotClock(6000, lambda: 5_500).has_begun(1)
    assert not SlotClock(6000, lambda: 5_499).has_begun(1)


def test_empty_slots_count_in_an_epoch() -> None:
    assert [epoch_index(slot, 100, 10) for slot in (100, 109, 110, 135)] == [0, 0, 1, 3]


def test_a_slot_before_genesis_has_no_epoch() -> None:
    with pytest.raises(ValueError, match="wanted a slot from 100 on, got 99"):
        epoch_index(99, 100, 10)


async def test_the_next_slot_starts_on_its_boundary(autojump_clock: MockClock) -> None:
    def now_ms() -> int:
        return round(trio.current_time() * 1000)

    clock = SlotClock(6000, now_ms)
    start = clock.current()
    slots = [await clock.next_slot(start), await clock.next_slot(start + 1)]
    assert slots == [start + 1, start + 2]
    assert now_ms() == clock.start_ms(start + 2)
