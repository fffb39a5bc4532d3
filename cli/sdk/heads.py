"""Following a chain: its heads as they come."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import trio

from cli.sdk.client import Client
from cli.sdk.transport import subscribing


@asynccontextmanager
async def heads(
    client: Client, *, final: bool
) -> AsyncIterator[trio.abc.ReceiveChannel[dict[str, Any]]]:
    """Subscribe to best or to final heads; yield the channel of their headers, as JSON.

    Raises: CommandError if the connection cannot subscribe.
    """
    kind = "Finalized" if final else "New"
    subscription = subscribing(client.rpc, "following the chain").subscribe(
        f"chain_subscribe{kind}Heads", end=f"chain_unsubscribe{kind}Heads"
    )
    async with subscription as found:
        yield found


async def numbers_final(client: Client) -> AsyncGenerator[int, None]:
    """Yield the number of every block that becomes final, none left out.

    Raises: CommandError if the connection cannot subscribe.
    """
    async with heads(client, final=True) as found:
        after: int | None = None
        async for header in found:
            number = int(header["number"], 16)
            for one in range(number if after is None else after + 1, number + 1):
                yield one
            after = number
