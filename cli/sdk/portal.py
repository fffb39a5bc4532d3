"""A thread that runs trio, for callers that do not: what is open in it is used from outside."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass, field
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
    fate: Fate

    def run(self, work: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do work in the thread, and wait for it.

        Raises: what the work raises; what ended the thread; CommandError if it was closed.
        """

        async def task() -> T:
            return await work(*args, **kwargs)

        try:
            return trio.from_thread.run(task, trio_token=self.token)
        except (trio.RunFinishedError, trio.Cancelled) as error:
            self.fate.over.wait()
            if self.fate.error is not None:
                raise self.fate.error from error
            raise CommandError("it is closed: it lasts as long as its `with` block") from error


@dataclass(slots=True)
class Fate:
    """How a thread ended, once it is over."""

    over: threading.Event = field(default_factory=threading.Event)
    error: BaseException | None = None


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
    fate, ready, leave = Fate(), threading.Event(), trio.Event()

    async def hold() -> None:
        async with opening() as resource:
            portal = Portal(trio.lowlevel.current_trio_token(), fate)
            opened.append(Hosted(resource, portal))
            ready.set()
            await leave.wait()

    def thread() -> None:
        try:
            trio.run(hold)
        except BaseExceptionGroup as group:
            fate.error = the_cause(group)
        except BaseException as error:  # raised again in the threads that wait
            fate.error = error
        fate.over.set()
        ready.set()

    worker = threading.Thread(target=thread, name=name, daemon=True)
    worker.start()
    ready.wait()
    if opened:
        try:
            yield opened[0]
        finally:
            if not fate.over.is_set():
                opened[0].portal.token.run_sync_soon(leave.set)
            worker.join()
    if fate.error is not None:
        raise fate.error
