"""`starminer query watch`: the chain as it goes on, a line for each block or event."""

from __future__ import annotations

import math
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from cli.errors import UsageError
from cli.events import event_rows
from cli.options import Format, Remote
from cli.printing import Row, show
from cli.sdk.client import BlockView, Client, NoSuchBlock, enhex, open_client
from cli.sdk.heads import heads, numbers_final
from cli.sdk.session import run_within

LOCAL = Remote()
Rows = AsyncGenerator[dict[str, object], None]


def watch_heads(*, count: int | None = None, remote: Remote = LOCAL) -> None:
    """Print each new best block, until Ctrl-C.

    Parameters
    ----------
    count
        Stop after so many.
    """
    follow(best_rows, count, remote)


def watch_finalized(*, count: int | None = None, remote: Remote = LOCAL) -> None:
    """Print each block that becomes final, none left out, until Ctrl-C.

    Parameters
    ----------
    count
        Stop after so many.
    """
    follow(final_rows, count, remote)


def watch_events(
    pallet: str | None = None, /, *, count: int | None = None, remote: Remote = LOCAL
) -> None:
    """Print what happens in each block that becomes final, until Ctrl-C.

    Parameters
    ----------
    pallet
        Only what this pallet says, such as Jobs.
    count
        Stop after so many events.
    """
    follow(lambda client: final_events(client, pallet), count, remote)


def follow(rows: Callable[[Client], Rows], count: int | None, remote: Remote) -> None:
    """Print rows as they come, up to so many."""
    if count is not None and count < 1:
        raise UsageError(f"--count: wanted at least 1, got {count}")

    async def dialogue() -> None:
        async with open_client(remote.rpc) as client, aclosing(rows(client)) as found:
            left = math.inf if count is None else count
            async for row in found:
                show_line(row, remote.output)
                left -= 1
                if not left:
                    return

    run_within(math.inf if count is None else remote.timeout, dialogue)


def show_line(row: Row, form: Format) -> None:
    """Print a row at once: a reader at the other end of a pipe waits for it."""
    if form == "table":
        print("  ".join(str(value) for value in row.values() if value is not None))
    else:
        show(row, "jsonl")
    sys.stdout.flush()


async def best_rows(client: Client) -> Rows:
    """Yield a row for each best block that is announced, and not given up before it is read."""
    async with heads(client, final=False) as found:
        async for header in found:
            try:
                row = await row_of(client, int(header["number"], 16))
            except NoSuchBlock:
                continue
            yield row


async def final_rows(client: Client) -> Rows:
    """Yield a row for each block that becomes final."""
    async with aclosing(numbers_final(client)) as numbers:
        async for number in numbers:
            yield await row_of(client, number)


async def final_events(client: Client, pallet: str | None) -> Rows:
    """Yield the events of each block that becomes final."""
    async with aclosing(numbers_final(client)) as numbers:
        async for number in numbers:
            records = await client.events(await client.block_hash(str(number)))
            for row in event_rows(client, records):
                if pallet is None or str(row["event"]).lower().startswith(f"{pallet.lower()}."):
                    yield {"number": number, **row}


async def row_of(client: Client, number: int) -> dict[str, object]:
    """Return a block of the best chain in one line."""
    block: BlockView = await client.block(await client.block_hash(str(number)))
    return {"number": number, "hash": enhex(block.hash), "extrinsics": len(block.extrinsics)}
