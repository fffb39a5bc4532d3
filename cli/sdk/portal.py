"""A thread that runs trio, for callers that do not: what is open in it is used from outside."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass
from typing import Concatenate, Generic, ParamSpec, TypeVar

import trio

from cli.errors import CommandError
from cli.sdk.causes import the_cause

P = ParamSpec("P")
T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Portal:
    """The way into a thread that runs trio; its functions are for other threads than that one."""

    token: trio.lowlevel.TrioToken

    def run(self, work: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do work in the thread, and wait for it.

        Raises: what the work raises; CommandError if the thread has ended.
        """

        async def task() -> T:
            return await work(*args, **kwargs)

        try:
            return trio.from_thread.run(task, trio_token=self.token)
        except trio.RunFinishedError as error:
            raise CommandError(
                "it is closed: what was open in a `with` block is used in it"
            ) from error


class Hosted(Generic[R]):
    """Something that is open in a thread that runs trio."""

    def __init__(self, resource: R, portal: Portal) -> None:
        self.resource, self.portal = resource, portal

    def do(
        self,
        work: Callable[Concatenate[R, P], Awaitable[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Do work on what is open, and wait for it."""
        return self.portal.run(work, self.resource, *args, **kwargs)


@contextmanager
def hosted(opening: Callable[[], AbstractAsyncContextManager[R]], name: str) -> Iterator[Hosted[R]]:
    """Open something in a thread of its own for the length of a `with` block.

    Raises: what opening it raises; what ended it before its time.
    """
    opened: list[Hosted[R]] = []
    failed: list[BaseException] = []
    ready, leave = threading.Event(), trio.Event()

    async def hold() -> None:
        async with opening() as resource:
            opened.append(Hosted(resource, Portal(trio.lowlevel.current_trio_token())))
            ready.set()
            await leave.wait()

    def thread() -> None:
        try:
            trio.run(hold)
        except BaseExceptionGroup as group:
            failed.append(the_cause(group))
        except BaseException as error:  # raised again below, in the thread that waits
            failed.append(error)
        ready.set()

    worker = threading.Thread(target=thread, name=name, daemon=True)
    worker.start()
    ready.wait()
    if not opened:
        worker.join()
        raise failed[0]
    try:
        yield opened[0]
    finally:
        try:
            opened[0].portal.token.run_sync_soon(leave.set)
        except trio.RunFinishedError:
            assert failed, "it ended before its time, and says why"
        worker.join()
    if failed:
        raise failed[0]
