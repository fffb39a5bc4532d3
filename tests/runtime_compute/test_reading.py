"""Readings: who had all the bytes shows any leaf that is asked for; who had not cannot."""

from __future__ import annotations

from dataclasses import replace

import pytest

from runtime.compute.classes import Result, Work
from runtime.compute.contents import commit
from runtime.compute.reading import (
    NOTHING_READ,
    SHOWN_BYTES,
    BadReading,
    Reading,
    Tag,
    check_reading,
    prove_reading,
    tag_of,
)
from tests.runtime_compute.networks import perceptron
from tests.runtime_compute.orders import JOB, PROVIDER, order
from tests.runtime_compute.trainings import training

ORDER = order(80, 72, 24)
OUTPUT, OTHER = b"o" * 64, b"p" * 64
DRAWS = [bytes([number]) * 32 for number in range(24)]


@pytest.mark.parametrize(
    ("work", "content"),
    [
        (ORDER.sizes, ORDER.content),
        perceptron(16, (32, 24, 8)),
        training((16, 8, 4), 16, 8, steps=6, segment=2),
    ],
    ids=["matmul", "inference", "training"],
)
def test_who_read_everything_shows_whatever_is_asked_for(work: Work, content: bytes) -> None:
    result = work.run(content)
    commitment = commit(work, JOB, 0, PROVIDER, result)
    tag = Tag(OUTPUT, tag_of(work, result, OUTPUT))
    for randomness in DRAWS[:6]:
        reading = prove_reading(work, commitment, result, OUTPUT, randomness)
        check_reading(work, commitment, tag, randomness, reading)
        assert 0 < len(reading.leaves) <= SHOWN_BYTES


def good() -> tuple[Tag, Reading]:
    result = ORDER.result()
    reading = prove_reading(ORDER.sizes, ORDER.commitment(), result, OUTPUT, DRAWS[0])
    return Tag(OUTPUT, tag_of(ORDER.sizes, result, OUTPUT)), reading


def refused(tag: Tag, reading: Reading, randomness: bytes = DRAWS[0]) -> str:
    with pytest.raises(BadReading) as caught:
        check_reading(ORDER.sizes, ORDER.commitment(), tag, randomness, reading)
    return str(caught.value)


def test_a_reading_is_of_one_auditor_one_tag_and_one_draw() -> None:
    tag, reading = good()
    assert "wanted root" in refused(replace(tag, output=OTHER), reading)
    assert refused(replace(tag, root=tag.root[::-1]), reading).startswith("wanted")
    assert refused(tag, reading, DRAWS[1])


@pytest.mark.parametrize("part", ["leaves", "tag_path", "output_path"])
def test_a_part_that_is_not_whole_is_refused(part: str) -> None:
    tag, reading = good()
    whole: bytes = getattr(reading, part)
    for wrong in (b"", whole[:-1], whole + bytes(32), bytes([whole[0] ^ 1]) + whole[1:]):
        assert refused(tag, replace(reading, **{part: wrong})).startswith("wanted")
    assert "beside no leaves" in refused(tag, replace(reading, auxiliary_path=bytes(32)))
    assert refused(tag, NOTHING_READ).startswith("wanted")


def test_who_read_half_passes_as_often_as_half_of_the_leaves_allow() -> None:
    result, work = ORDER.result(), ORDER.sizes
    half = result.output[: len(result.output) // 2]
    guessed = Result(half + bytes(len(result.output) - len(half)))
    tag = Tag(OUTPUT, tag_of(work, guessed, OUTPUT))
    passed = 0
    for randomness in DRAWS:
        # what it shows: its own leaves, in the tree of its tag, beside the provider's real path
        reading = prove_reading(work, ORDER.commitment(), guessed, OUTPUT, randomness)
        real = prove_reading(work, ORDER.commitment(), result, OUTPUT, randomness)
        try:
            shown = replace(reading, output_path=real.output_path)
            check_reading(work, ORDER.commitment(), tag, randomness, shown)
        except BadReading:
            continue
        passed += 1
    assert passed <= 6


def test_a_leaf_that_is_too_large_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runtime.compute.reading.SHOWN_BYTES", 100)
    tag, _ = good()
    check_reading(ORDER.sizes, ORDER.commitment(), tag, DRAWS[0], NOTHING_READ)
    assert prove_reading(ORDER.sizes, ORDER.commitment(), ORDER.result(), OUTPUT, DRAWS[0]) == (
        NOTHING_READ
    )
