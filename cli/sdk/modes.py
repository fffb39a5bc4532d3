"""One definition of each verb for two kinds of callers: those on trio, and those that block.

A verb is written once, as an async method of a `Group`. On a group of an `AsyncClient` it is that
method; on one of a `Client` it does the same in the client's thread, and waits. The types say
which: `Group[Native]` gives an awaitable, `Group[Blocking]` the result.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, contextmanager
from functools import partial, update_wrapper
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, TypeVar, overload

import trio

if TYPE_CHECKING:
    from cli.sdk.portal import Portal
    from cli.sdk.sessions import Session

P = ParamSpec("P")
T = TypeVar("T")


class Native:
    """Verbs are awaited, on trio."""


class Blocking:
    """Verbs wait, in any thread without trio."""


Mode = TypeVar("Mode", Native, Blocking)


class Group(Generic[Mode]):
    """The verbs of one domain, for one kind of callers."""

    def __init__(self, session: Session, portal: Portal | None) -> None:
        """Without a portal the callers are on trio."""
        self._session, self._portal = session, portal


class verb(Generic[P, T]):  # noqa: N801
    """Marks an async method of a group as one of its verbs."""

    def __init__(self, work: Callable[Concatenate[Any, P], Awaitable[T]]) -> None:
        self._work = work
        update_wrapper(self, work)  # type: ignore[arg-type]  # help and docs show the method

    @overload
    def __get__(self, group: None, owner: object) -> verb[P, T]: ...
    @overload
    def __get__(self, group: Group[Native], owner: object) -> Callable[P, Awaitable[T]]: ...
    @overload
    def __get__(self, group: Group[Blocking], owner: object) -> Callable[P, T]: ...
    def __get__(self, group: Any, owner: object) -> Any:
        if group is None:
            return self
        if group._portal is None:
            return partial(self._work, group)
        return partial(group._portal.run, self._work, group)


class stream(Generic[P, T]):  # noqa: N801
    """Marks a method of a group that opens a stream: an async context manager of an iterator."""

    def __init__(
        self,
        opening: Callable[Concatenate[Any, P], AbstractAsyncContextManager[AsyncIterator[T]]],
    ) -> None:
        self._opening = opening
        update_wrapper(self, opening)  # type: ignore[arg-type]  # help and docs show the method

    @overload
    def __get__(self, group: None, owner: object) -> stream[P, T]: ...
    @overload
    def __get__(
        self, group: Group[Native], owner: object
    ) -> Callable[P, AbstractAsyncContextManager[AsyncIterator[T]]]: ...
    @overload
    def __get__(
        self, group: Group[Blocking], owner: object
    ) -> Callable[P, AbstractContextManager[Iterator[T]]]: ...
    def __get__(self, group: Any, owner: object) -> Any:
        if group is None:
            return self
        opening = partial(self._opening, group)
        return opening if group._portal is None else partial(_blocking, group._portal, opening)


@contextmanager
def _blocking(
    portal: Portal,
    opening: Callable[P, AbstractAsyncContextManager[AsyncIterator[T]]],
    *args: P.args,
    **kwargs: P.kwargs,
) -> Iterator[Iterator[T]]:
    """Open a stream in the portal's thread for the length of a `with` block."""
    reader = _Reader(opening(*args, **kwargs))
    portal.run(reader.open)
    try:
        yield _waiting(portal, reader)
    finally:
        portal.run(reader.close)


def _waiting(portal: Portal, reader: _Reader[T]) -> Iterator[T]:
    while True:
        try:
            item = portal.run(reader.next)
        except StopAsyncIteration:
            return
        yield item


class _Reader(Generic[T]):
    """Reads a stream on behalf of another thread, which may leave while an item is waited for."""

    def __init__(self, stream: AbstractAsyncContextManager[AsyncIterator[T]]) -> None:
        self._stream = stream
        self._reading, self._scope = trio.Lock(), trio.CancelScope()

    async def open(self) -> None:
        """Open the stream."""
        self._items = await self._stream.__aenter__()

    async def next(self) -> T:
        """Return the next item; raises StopAsyncIteration after the last."""
        async with self._reading:
            with trio.CancelScope() as self._scope:
                return await anext(self._items)
            raise StopAsyncIteration

    async def close(self) -> None:
        """Close the stream; who waits for an item waits no longer."""
        self._scope.cancel()
        async with self._reading:
            await self._stream.__aexit__(None, None, None)
