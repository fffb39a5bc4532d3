"""The bench checks every invariant after whatever may have broken it, and only then."""

import pytest

from runtime.frame import InvariantError, Pallet, Value, Weight, invariant
from runtime.primitives.types import U32
from tests.support.bench import Bench, undone


class Even(Pallet):
    """Counts, and says that the count is even; its hook adds what a test says."""

    count: Value[U32] = Value(default=0)
    step, checks = 0, 0

    def on_poll(self, number: int, left: int) -> Weight:
        if self.step:
            self.count += self.step
        return Weight(reads=1, writes=1)

    @invariant
    def the_count_is_even(self) -> bool:
        """Whatever happened."""
        self.checks += 1
        return self.count % 2 == 0


@pytest.fixture
def even() -> tuple[Bench, Even]:
    bench = Bench()
    return bench, bench.add(Even(bench.context, index=1, name="Even"))


def test_a_hook_that_breaks_an_invariant_is_found(even: tuple[Bench, Even]) -> None:
    bench, pallet = even
    bench.next_block()
    pallet.step = 1
    with pytest.raises(InvariantError, match=r"Even\.the_count_is_even"):
        bench.poll(pallet)


def test_what_was_broken_between_two_hooks_is_found_by_the_next(even: tuple[Bench, Even]) -> None:
    bench, pallet = even
    bench.next_block()
    pallet.count = 1
    with pytest.raises(InvariantError):
        bench.poll(pallet)


def test_it_is_checked_in_each_block_and_after_each_write(even: tuple[Bench, Even]) -> None:
    bench, pallet = even
    seen = []
    for step in (0, 2, 0, 0):
        pallet.step = step
        bench.next_block()
        seen.append(pallet.checks)
    assert seen == [1, 3, 4, 5]


def test_what_was_undone_is_looked_at_again(even: tuple[Bench, Even]) -> None:
    bench, pallet = even
    bench.next_block()
    with undone(bench.context):
        pallet.count = 2
        bench.poll(pallet)
    checks = pallet.checks
    bench.poll(pallet)
    assert pallet.checks == checks + 1
