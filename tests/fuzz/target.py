"""What a fuzzer is told of a decoder."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st


@dataclass(frozen=True, slots=True)
class Target:
    """A decoder as a fuzzer sees it."""

    read: Callable[[bytes], object]
    errors: tuple[type[Exception], ...]
    """The refusals that its documentation names; nothing else may come out."""
    seeds: st.SearchStrategy[bytes]
    write: Callable[[Any], bytes] | None = None
    """Where a value has one encoding only: back to exactly the bytes that were read."""

    def check(self, raw: bytes) -> None:
        """Read bytes, and write what was read; an AssertionError or anything unnamed is a bug."""
        try:
            value = self.read(raw)
        except self.errors as error:
            assert str(error), "a refusal says what is wrong"  # noqa: PT017 - not a test
            return
        if self.write is not None:
            assert self.write(value) == raw, "two encodings of one value"


def seeds_of(*raws: bytes) -> st.SearchStrategy[bytes]:
    """Return valid inputs to damage, and any bytes."""
    return st.sampled_from(raws) | st.binary(max_size=60)
