"""Why a nursery ended: the one error that a caller can act on, out of a group."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator

import trio

from cli.errors import CommandError


def the_cause(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return what ended a nursery: a command's own error if there is one, else the first."""
    errors = list(_leaves(group))
    for wanted in (CommandError, trio.TooSlowError, KeyboardInterrupt):
        for error in errors:
            if isinstance(error, wanted):
                return error
    return errors[0]


def _leaves(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error


async def together(tasks: Iterable[Callable[[], Awaitable[None]]]) -> None:
    """Run tasks at once until all are done; what ends one ends all, and is raised as it is."""
    try:
        async with trio.open_nursery() as nursery:
            for task in tasks:
                nursery.start_soon(task)
    except BaseExceptionGroup as group:
        raise the_cause(group) from group
