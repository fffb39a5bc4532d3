"""How much of the state one answer reads; lists of what the chain numbers, the lowest first."""

from collections.abc import Iterable

PAGE = 50
"""Entries of a page: some milliseconds to read."""

LOOKED = 1_000
"""Entries of a map that one answer looks through for those that it is about."""

LOOKED_PER_STEP = 50
"""Entries between two pauses of the event loop: some milliseconds."""


def numbers_behind(
    numbers: Iterable[int], after: int | None, limit: int
) -> tuple[list[int], int | None]:
    """Return a page of numbers above one, or from the lowest on, and what asks for the next."""
    behind = sorted(number for number in numbers if after is None or number > after)
    page = behind[:limit]
    return page, page[-1] if len(behind) > limit else None
