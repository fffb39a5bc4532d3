"""The dialogue of one command: connect, ask, and be done in time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

import trio

from cli.errors import TookTooLong
from cli.sdk.client import Client, open_client

if TYPE_CHECKING:
    from cli.options import Remote

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
        advice = "give it longer by --timeout, or ask another node by --rpc"
        raise TookTooLong(f"not done after {seconds:g} s: {advice}") from error
