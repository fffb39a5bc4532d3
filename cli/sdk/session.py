"""The client for those who do not run trio themselves: commands, notebooks, tests."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

import trio

from cli.errors import CommandError, TookTooLong
from cli.sdk.client import Client, open_client

if TYPE_CHECKING:
    from cli.options import Remote

P = ParamSpec("P")
T = TypeVar("T")


def ask(remote: Remote, question: Callable[[Client], Awaitable[T]]) -> T:
    """Connect to a node, ask it, and return the answer: one command's whole dialogue.

    Raises: CommandError, the one that ended the dialogue.
    """

    async def dialogue() -> T:
        async with open_client(remote.rpc) as client:
            return await question(client)

    return run_within(remote.timeout, dialogue)


def run_within(seconds: float, work: Callable[[], Awaitable[T]]) -> T:
    """Run trio until `work` is done.

    Raises: TookTooLong, or the CommandError that ended it.
    """

    async def bounded() -> T:
        with trio.fail_after(seconds):
            return await work()

    try:
        return trio.run(bounded)
    except trio.TooSlowError as error:
        raise TookTooLong(f"not done after {seconds:.0f} s (--timeout)") from error


class SyncClient:
    """A client that stays connected, in a thread of its own, for callers without trio."""

    def __init__(self, client: Client, token: trio.lowlevel.TrioToken) -> None:
        self._client, self._token = client, token

    def do(
        self,
        verb: Callable[Concatenate[Client, P], Awaitable[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Do one of the client's verbs and wait: `session.do(Client.account, alice)`."""

        async def task() -> T:
            return await verb(self._client, *args, **kwargs)

        return trio.from_thread.run(task, trio_token=self._token)


@contextmanager
def sync_client(url: str) -> Iterator[SyncClient]:
    """Stay connected to a node for the length of a `with` block.

    Raises: NodeUnreachable.
    """
    opened: list[SyncClient] = []
    failed: list[BaseException] = []
    ready, leave = threading.Event(), trio.Event()

    async def hold() -> None:
        async with open_client(url) as client:
            opened.append(SyncClient(client, trio.lowlevel.current_trio_token()))
            ready.set()
            await leave.wait()

    def thread() -> None:
        try:
            trio.run(hold)
        except CommandError as error:
            failed.append(error)
        ready.set()

    worker = threading.Thread(target=thread, name="starminer client", daemon=True)
    worker.start()
    ready.wait()
    if failed:
        raise failed[0]
    try:
        yield opened[0]
    finally:
        token = opened[0]._token
        token.run_sync_soon(leave.set)
        worker.join()
