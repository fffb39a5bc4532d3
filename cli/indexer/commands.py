"""`starminer indexer run|status|reindex`: the chain in SQL, written by a process of its own."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from contextlib import ExitStack
from typing import Annotated

import trio
from cyclopts import Parameter

from cli.bars import count
from cli.chain import agreed
from cli.errors import CommandError, UsageError
from cli.indexer.sink import Place, Sink, sink_at
from cli.indexer.tables import TABLES, VERSION
from cli.options import Output, Remote
from cli.printing import progress, show
from cli.sdk.client import FINAL, Client
from cli.sdk.session import ask, run_within

LOCAL = Remote()
PLAIN = Output()

SinkUrl = Annotated[str, Parameter(name="--sink", env_var="STARMINER_SINK")]
First = Annotated[int, Parameter(name="--from")]
Yes = Annotated[bool, Parameter(name=["--yes", "-y"], negative="")]

TOLD_EVERY_SECONDS = 10.0
"""Between two lines where standard error is no terminal: a log of a day stays readable."""


def run(
    *, sink: SinkUrl, first: First = 0, until: str | None = None, remote: Remote = LOCAL
) -> None:
    """Write the final blocks of a node's chain to a database, and follow the chain.

    It goes on where it was interrupted. The node must have the states of the blocks to read.

    Parameters
    ----------
    sink
        The database: sqlite:PATH, or postgresql://HOST/DATABASE.
    first
        The first block of a new index; below what a node has pruned nothing can be read.
    until
        The last block, or `final` for what is final now; without it, Ctrl-C ends the command.
    """
    with sink_at(sink, makes=True) as opened:
        _index(opened, first, until, remote)


def reindex(
    *,
    sink: SinkUrl,
    first: First = 0,
    until: str | None = None,
    yes: Yes = False,
    remote: Remote = LOCAL,
) -> None:
    """Delete the index in a database and make it anew.

    Parameters
    ----------
    sink
        The database: sqlite:PATH, or postgresql://HOST/DATABASE.
    first
        The first block of the new index.
    until
        The last block, or `final` for what is final now; without it, Ctrl-C ends the command.
    yes
        Do not ask.
    """
    last = _last(until)
    if first < 0 or (isinstance(last, int) and last < first):
        raise UsageError(f"wanted blocks from 0 on in order, got {first} to {last}")
    with sink_at(sink) as opened:
        if opened.version() is None:
            raise CommandError("there is no index in this database: `starminer indexer run`")
        if not (yes or agreed("Delete the index and make it anew? [y/N] ")):
            raise UsageError("say --yes to delete the index")
        ask(remote, _final_number)  # a node that is not there would leave nothing of the index
        opened.drop()
        _index(opened, first, until, remote)


def status(*, sink: SinkUrl, rpc: str | None = None, output: Output = PLAIN) -> None:
    """Show how far the index in a database has come.

    Parameters
    ----------
    sink
        The database: sqlite:PATH, or postgresql://HOST/DATABASE.
    rpc
        Also say how far behind this node it is: a URL of ws:// or http://.
    """
    with sink_at(sink) as opened:
        found = opened.version()
        if found is None:
            raise CommandError("there is no index in this database: `starminer indexer run`")
        record = status_record(found, opened.place() if found == VERSION else None)
    if rpc is not None:
        final = ask(Remote(rpc=rpc, timeout=60.0), _final_number)
        last = record["last_block"]
        behind = None if not isinstance(last, int) else max(final - last, 0)
        record |= {"final_block": final, "behind": behind}
    show(record, output.output)


def status_record(version: int, place: Place | None) -> dict[str, object]:
    """Return what is known of an index, as it is printed."""
    return {
        "schema_version": version,
        "needs_reindex": version != VERSION,
        "genesis_hash": None if place is None else place.genesis_hash,
        "first_block": None if place is None else place.first,
        "last_block": None if place is None else place.number,
        "last_hash": None if place is None else place.hash,
        "epoch": None if place is None else place.epoch,
        "tables": [table.name for table in TABLES],
    }


def _index(sink: Sink, first: int, until: str | None, remote: Remote) -> None:
    # Imported here: no help needs what decodes blocks, which knows the node's database.
    from cli.indexer.running import Work, index

    if first < 0:
        raise UsageError(f"--from: wanted a block from 0 on, got {first}")
    work = Work(first, _last(until))

    async def task() -> Place | None:
        with ExitStack() as stack:
            return await index(remote.rpc, sink, work, Teller(stack).tell)

    place = run_within(math.inf if until is None else remote.timeout, task)
    show(status_record(VERSION, place), remote.output)


def _last(until: str | None) -> int | str | None:
    if until is None or until == FINAL:
        return until
    if not (until.isascii() and until.isdecimal()):
        raise UsageError(f"--until: wanted the number of a block or final, got {until!r}")
    return int(until)


class Teller:
    """Tells how far an index is: a bar on a terminal, and a line now and then elsewhere."""

    def __init__(self, stack: ExitStack, clock: Callable[[], float] = trio.current_time) -> None:
        """Show a bar, where there is one, until `stack` is closed; `clock` tells seconds."""
        self._stack = stack
        self._clock = clock
        self._bar: Callable[[int], object] | None = None
        self._next_line = -math.inf

    def tell(self, number: int, final: int) -> None:
        """Hear of the last block that is written, and of the last that is final."""
        if sys.stderr.isatty():
            if self._bar is None:
                self._bar = self._stack.enter_context(count("blocks", final))
            self._bar(number)
        elif self._clock() >= self._next_line:
            self._next_line = self._clock() + TOLD_EVERY_SECONDS
            progress(f"block {number:,} of {final:,}")


async def _final_number(client: Client) -> int:
    return await client.number(await client.block_hash(FINAL))
