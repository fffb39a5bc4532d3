"""Every door, with inputs that were valid once: a value, or the refusal that is documented."""

import tracemalloc

import pytest
from hypothesis import given, settings

from tests.fuzz.targets import targets
from tests.fuzz.values import BOMBS, damaged

EXAMPLES = 120
"""For each door, in a second or so; `atheris_decoders.py` goes on for as long as one likes."""

MEMORY_BYTES = 1 << 20
"""More than any of these small inputs may take."""


@pytest.mark.parametrize("name", targets())
def test_a_door_gives_a_value_or_its_own_refusal(name: str) -> None:
    target = targets()[name]

    @given(damaged(target.seeds))
    @settings(max_examples=EXAMPLES)
    def holds(raw: bytes) -> None:
        target.check(raw)

    holds()


@pytest.mark.parametrize("name", targets())
def test_a_door_takes_no_more_memory_than_comes_in(name: str) -> None:
    target = targets()[name]
    target.check(b"")
    for bomb in BOMBS:
        for raw in (bomb, b"\x84" + bomb, b"\x93\x01\x01" + bomb, bomb * 400):
            target.check(raw)
            tracemalloc.start()
            target.check(raw)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            assert peak < MEMORY_BYTES, (raw[:20], peak)
