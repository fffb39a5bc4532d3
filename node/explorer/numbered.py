"""Lists of what the chain numbers: page by page, the lowest number first."""

from collections.abc import Iterable

PAGE = 50
"""Entries of a page: some milliseconds to read."""


def numbers_behind(
    numbers: Iterable[int], after: int | None, limit: int
) -> tuple[list[int], int | None]:
    """Return a page of numbers above one, or from the lowest on, and what asks for the next."""
    behind = sorted(number for number in numbers if after is None or number > after)
    page = behind[:limit]
    return page, page[-1] if len(behind) > limit else None
