"""The work of `indexer run`: from the place that the index has to the last final block, and on."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial

import trio

from cli.errors import CommandError
from cli.indexer.holdings import Accounts
from cli.indexer.market_rows import reads_of
from cli.indexer.reading import BlockReader, Raw
from cli.indexer.rows import rows_of
from cli.indexer.sink import Place, Sink
from cli.sdk.causes import the_cause
from cli.sdk.client import FINAL, Client, client_over, enhex
from cli.sdk.heads import heads
from cli.sdk.reconnecting import reconnecting
from runtime.versions import VERSIONS, Versions

BLOCKS_AT_ONCE = 64
"""In one transaction: what a kill costs is at most as many, some tenths of a second."""

BATCHES_AHEAD = 0
"""That wait beside the one that is handed over: one is fetched while one is written, no more."""

Spans = AsyncGenerator[range, None]
Told = Callable[[int, int], None]
"""Hears of the last block that is written, and of the last one that is final."""


class AnotherHistory(CommandError):
    """The node's blocks do not continue those of the index."""


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be done."""

    first: int
    """Where an empty index begins."""
    until: int | str | None
    """The last block, `final` for what is final now, or None to go on for ever."""


async def index(
    url: str, sink: Sink, work: Work, told: Told, versions: Versions = VERSIONS
) -> Place | None:
    """Write the final blocks of a node's chain; return how far the index has come.

    Raises: AnotherHistory; NodeUnreachable if the node stays away; CommandError.
    """
    await trio.to_thread.run_sync(sink.make)
    try:
        async with reconnecting(url) as rpc:
            client = await client_over(rpc, versions)
            reader = BlockReader(client, versions)
            return await Indexing(client, reader, sink, work, told).run()
    except BaseExceptionGroup as group:
        raise the_cause(group) from group


class Indexing:
    """One run. Invariant: `_place` is what the database has; `_accounts` are as of that block."""

    def __init__(
        self, client: Client, reader: BlockReader, sink: Sink, work: Work, told: Told
    ) -> None:
        self._client, self._reader, self._sink = client, reader, sink
        self._work, self._told = work, told
        self._accounts = Accounts({})
        self._place: Place | None = None
        self._final = self._epoch = 0

    async def run(self) -> Place | None:
        """Follow the chain to the end that is wanted."""
        self._place = await trio.to_thread.run_sync(self._sink.place)
        await self._check_chain()
        first = self._work.first if self._place is None else self._place.number + 1
        until = await self._final_number() if self._work.until == FINAL else self._work.until
        assert not isinstance(until, str), "the only word is `final`"
        if until is not None and first > until:
            return self._place
        await self._open(first)
        send, receive = trio.open_memory_channel[list[Raw]](BATCHES_AHEAD)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._fetch, self._spans(first, until), send)
            async with receive:
                async for batch in receive:
                    await self._add(batch)
        return self._place

    async def _check_chain(self) -> None:
        """Compare the node's chain with that of the index: its genesis, and the last block.

        Raises: AnotherHistory, naming both hashes.
        """
        place, genesis = self._place, enhex(self._client.genesis_hash)
        if place is None:
            return
        if place.genesis_hash != genesis:
            raise AnotherHistory(
                f"the index is of the chain that begins with {place.genesis_hash}, "
                f"and the node's begins with {genesis}"
            )
        if await self._final_number() < place.number:
            return  # a node that is behind: the first block that it adds says whether it fits
        found = enhex(await self._client.block_hash(str(place.number)))
        if found != place.hash:
            raise AnotherHistory(
                f"block {place.number} of the index is {place.hash}, and that of the node is "
                f"{found}: another chain with the same genesis, such as a devnet that was reset "
                "(`starminer indexer reindex` begins anew)"
            )

    async def _open(self, first: int) -> None:
        """Know what everybody has before the first block that will be read."""
        if self._place is not None:
            rows = await trio.to_thread.run_sync(self._sink.balances)
            self._accounts = Accounts.of_rows(rows)
        else:
            before = await self._client.block_hash(str(max(first - 1, 0)))
            self._accounts = await Accounts.before(self._client, before)

    async def _fetch(self, spans: Spans, to: trio.MemorySendChannel[list[Raw]]) -> None:
        """Fetch batches in order; a full channel holds this up."""
        async with to, aclosing(spans):
            async for span in spans:
                await to.send(await self._reader.fetch(span))

    async def _spans(self, first: int, until: int | None) -> AsyncGenerator[range, None]:
        """Yield the numbers of final blocks, some at a time, as they come."""
        following = first
        async with heads(self._client, final=True) as found:
            async for header in found:
                self._final = max(self._final, int(header["number"], 16))
                while following <= (last := _least(self._final, until)):
                    end = min(following + BLOCKS_AT_ONCE, last + 1)
                    yield range(following, end)
                    following = end
                    if following <= last:  # a long way: the end of it has moved meanwhile
                        self._final = await self._final_number()
                if until is not None and following > until:
                    return

    async def _add(self, batch: list[Raw]) -> None:
        """Write some blocks in one transaction."""
        place, rows = self._place, list[tuple[object, ...]]()
        for raw in batch:
            rows += await self._rows(raw, place)
            place = self._after(place, raw)
        assert place is not None, "a batch has blocks"
        await trio.to_thread.run_sync(self._sink.write, rows, self._place, place)
        self._place = place
        self._told(place.number, self._final)

    async def _rows(self, raw: Raw, before: Place | None) -> list[tuple[object, ...]]:
        number, parent = raw.header.number, enhex(raw.header.parent_hash)
        if before is not None and parent != before.hash:
            raise AnotherHistory(
                f"block {before.number} of the index is {before.hash}, and block {number} of the "
                f"node follows {parent}"
            )
        block = self._reader.decode(raw)
        self._epoch = epoch = block.runtime.babe.current_epoch()
        is_first = before is None or before.epoch != epoch
        await self._reader.ask(raw, [*reads_of(block, epoch if is_first else None)])
        rows = await self._reader.complete(raw, partial(rows_of, block, is_first=is_first))
        if before is None:
            rows += self._accounts.opening(max(number - 1, 0), self._client.address)
        return [*rows, *self._accounts.read(block)]

    def _after(self, before: Place | None, raw: Raw) -> Place:
        header, genesis = raw.header, enhex(self._client.genesis_hash)
        first = header.number if before is None else before.first
        return Place(genesis, first, header.number, enhex(header.hash), self._epoch)

    async def _final_number(self) -> int:
        return await self._client.number(await self._client.block_hash(FINAL))


def _least(final: int, until: int | None) -> int:
    return final if until is None else min(final, until)
