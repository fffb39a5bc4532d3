"""The chain read again from its first block: every balance and payment from events alone.

A node is asked for the events of each block and for what its state then says; nothing is taken
from one that the other does not confirm. Blocks are fetched some at a time, and read in order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from cli.errors import CommandError
from cli.sdk.causes import together
from cli.sdk.client import Client, enhex
from cli.sdk.ledgers import (
    all_holdings,
    holdings,
    place,
    sum_places,
    sums_of,
    values,
)
from runtime.books.books import AGPU, AMAX, Books, terms_of
from runtime.books.flows import Snapshot
from runtime.books.ledger import Difference, Holding, Ledger
from runtime.config import CODE_KEY
from runtime.events import decode_records
from runtime.frame import Context
from runtime.frame.pallet import Pallet, Record
from runtime.genesis_state import empty_state
from runtime.primitives.types import AccountId
from runtime.state.overlay import Overlay
from runtime.versions import chosen_by

BLOCKS_AT_ONCE = 32
"""Questions under way: a node nearby answers them together in some milliseconds."""

Told = Callable[[int, int], None]
"""Hears of the block that was read, and of the last one."""


class Differs(CommandError):
    """Events and state do not agree, or events contradict themselves."""

    def __init__(self, number: int, block_hash: bytes, what: str) -> None:
        super().__init__(f"block {number} ({enhex(block_hash)}): {what}")
        self.number, self.block_hash, self.what = number, block_hash, what


@dataclass(frozen=True, slots=True)
class Read:
    """A block, as the node tells of it."""

    number: int
    hash: bytes
    raw_events: bytes
    code: bytes | None
    sums: Snapshot


@dataclass(slots=True)
class Tally:
    """What was found, so far."""

    blocks: int = 0
    events: int = 0
    payments: dict[str, int] = field(default_factory=dict)
    """Events of the ledgers, by name."""
    accounts: int = 0

    def count(self, records: Sequence[Record]) -> None:
        """Add a block."""
        self.blocks += 1
        self.events += len(records)
        for record in records:
            if record.pallet.name in (AGPU, AMAX):
                name = f"{record.pallet.name}.{type(record.event).__name__}"
                self.payments[name] = self.payments.get(name, 0) + 1


@dataclass(frozen=True, slots=True)
class Expected:
    """What an account must have after a block."""

    block: Read
    who: AccountId
    holding: Holding


class Replay:
    """Reads one chain. Invariant: the books are those of the blocks that were read."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._sums = sum_places(client)
        self._events = place(client, "System", "Events")
        self._pallets: dict[bytes | None, tuple[Pallet, ...]] = {}
        self.found = Tally()

    async def run(self, last: int, told: Told) -> Books:
        """Read all blocks up to `last`; return the books.

        Raises:
            Differs: naming the first block in which something is not as it must be.
        """
        client, first = self._client, await self._client.block_hash("0")
        agpu = await all_holdings(client, AGPU, first)
        books = Books(terms_of(client.config), agpu, await all_holdings(client, AMAX, first))
        code = await client.raw_storage(CODE_KEY, first)
        block = Read(0, first, b"", code, await self._sums_at(first))
        self._compare(books, block)
        for start in range(1, last + 1, BLOCKS_AT_ONCE):
            expected: list[Expected] = []
            for following in await self._fetch(start, min(start + BLOCKS_AT_ONCE, last + 1)):
                expected += self._read(books, following, code)
                code = following.code
                block = following
            await self._confirm(expected)
            told(block.number, last)
        await self._compare_all(books, block)
        self.found.accounts = len(books.agpu.accounts()) + len(books.amax.accounts())
        return books

    def _read(self, books: Books, block: Read, code: bytes | None) -> list[Expected]:
        """Account for a block by the rules of the state before it."""
        records = decode_records(block.raw_events, self._rules(code))
        try:
            touched = books.read(block.number, records)
        except Difference as difference:
            raise Differs(block.number, block.hash, str(difference)) from difference
        self._compare(books, block)
        self.found.count(records)
        return [Expected(block, who, _copy(books.agpu.holding(who))) for who in touched]

    def _compare(self, books: Books, block: Read) -> None:
        try:
            if block.number:
                books.must_add_up_to(block.sums)
            elif books.agpu.issuance != block.sums.issuance:
                raise Difference(
                    f"the accounts have {books.agpu.issuance} planck, and "
                    f"{block.sums.issuance} are issued"
                )
        except Difference as difference:
            raise Differs(block.number, block.hash, str(difference)) from difference

    async def _confirm(self, expected: list[Expected]) -> None:
        """Compare what accounts must have with the state of their block."""
        by_block: dict[int, list[Expected]] = {}
        for one in expected:
            by_block.setdefault(one.block.number, []).append(one)
        found: dict[int, dict[AccountId, Holding]] = {}

        async def fetch(number: int, block_hash: bytes, people: list[AccountId]) -> None:
            found[number] = await holdings(self._client, AGPU, people, block_hash)

        await together(
            partial(fetch, number, group[0].block.hash, [one.who for one in group])
            for number, group in by_block.items()
        )
        for one in expected:
            block = one.block
            try:
                Ledger(AGPU, {one.who: one.holding}).must_be(one.who, found[block.number][one.who])
            except Difference as difference:
                raise Differs(block.number, block.hash, str(difference)) from difference

    async def _compare_all(self, books: Books, block: Read) -> None:
        """Compare every account of both tokens with the state of the last block."""
        for ledger in (books.agpu, books.amax):
            state = await all_holdings(self._client, ledger.name, block.hash)
            for who in dict.fromkeys((*state, *ledger.accounts())):
                try:
                    ledger.must_be(who, state.get(who, Holding()))
                except Difference as difference:
                    raise Differs(block.number, block.hash, str(difference)) from difference

    async def _fetch(self, start: int, end: int) -> list[Read]:
        """Fetch the blocks from one to another, all at once."""
        found: dict[int, Read] = {}

        async def one(number: int) -> None:
            block_hash = await self._client.block_hash(str(number))
            places = [self._events.key, CODE_KEY, *(place.key for place in self._sums)]
            raw = await values(self._client, places, block_hash)
            events = raw.get(self._events.key)
            assert events is not None, "every block after the first has events"
            code, sums = raw.get(CODE_KEY), sums_of(self._sums, raw)
            found[number] = Read(number, block_hash, self._events.read(events), code, sums)

        await together(partial(one, number) for number in range(start, end))
        return [found[number] for number in range(start, end)]

    async def _sums_at(self, at: bytes) -> Snapshot:
        return sums_of(self._sums, await values(self._client, [one.key for one in self._sums], at))

    def _rules(self, code: bytes | None) -> tuple[Pallet, ...]:
        """Return the pallets of the version that a state asks for."""
        known = self._pallets.get(code)
        if known is None:
            config, version = chosen_by(code)
            runtime = version.make(Context(Overlay(empty_state()), number=0), config)
            known = self._pallets[code] = runtime.pallets
        return known


def _copy(one: Holding) -> Holding:
    return Holding(one.free, one.frozen, dict(one.holds))
