"""Following a chain without gaps: heads, final blocks, events and values, over lost connections.

A notification only says that there is something new. What happened since the last one is asked
for, so that nothing is missing where a connection was lost, or notifications were.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from cli.sdk.client import Client, enhex, unhex
from cli.sdk.heads import heads as headers
from cli.sdk.transport import subscribing
from cli.sdk.typed import Entry, key_of, value_of
from runtime.frame.pallet import Record
from runtime.primitives.block import DigestItem, Header
from runtime.primitives.scale import decode

T = TypeVar("T")
E = TypeVar("E")


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a chain, or a final block of it."""

    number: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Happened(Generic[E]):
    """An event in a final block."""

    block: Head
    index: int | None
    """The extrinsic that it is of; None for what the block itself did."""
    event: E


@dataclass(frozen=True, slots=True)
class Changed(Generic[T]):
    """A value as it is from a best block on."""

    block_hash: bytes
    value: T


@asynccontextmanager
async def best_heads(client: Client) -> AsyncIterator[AsyncIterator[Head]]:
    """Follow the best block: the present one first, then each that takes its place."""

    async def follow() -> AsyncGenerator[Head, None]:
        last: Head | None = None
        async for header in found:
            head = head_of(header)
            if head != last:
                yield head
            last = head

    async with headers(client, final=False) as found, aclosing(follow()) as heads:
        yield heads


@asynccontextmanager
async def final_heads(
    client: Client, first: int | None = None
) -> AsyncIterator[AsyncIterator[Head]]:
    """Follow finality: every final block in order, none left out and none twice.

    It begins with the block of a number, or with the last one that is final.
    """

    async def follow() -> AsyncGenerator[Head, None]:
        following = first
        async for header in found:
            number = int(header["number"], 16)
            for one in range(number if following is None else following, number + 1):
                yield Head(one, await client.block_hash(str(one)))
            following = number + 1 if following is None else max(following, number + 1)

    async with headers(client, final=True) as found, aclosing(follow()) as heads:
        yield heads


@asynccontextmanager
async def final_events(
    client: Client, kind: type[E], first: int | None = None
) -> AsyncIterator[AsyncIterator[Happened[E]]]:
    """Follow the events of a class, in order, block by final block."""

    async def follow() -> AsyncGenerator[Happened[E], None]:
        async for head in heads:
            for record in await client.events(head.hash):
                if isinstance(record.event, kind):
                    yield Happened(head, _place(record), record.event)

    async with final_heads(client, first) as heads, aclosing(follow()) as events:
        yield events


@asynccontextmanager
async def values(client: Client, place: Entry[T]) -> AsyncIterator[AsyncIterator[Changed[T]]]:
    """Follow a place of the state on the best chain: its value now, then each that differs."""
    key = enhex(key_of(client, place))

    async def follow() -> AsyncGenerator[Changed[T], None]:
        last: list[str | None] = []
        async for news in found:
            ((_, raw),) = news["changes"]
            if last != [raw]:
                value = value_of(place, None if raw is None else unhex(raw))
                yield Changed(unhex(news["block"]), value)
            last = [raw]

    subscription = subscribing(client.rpc, "following a value").subscribe(
        "state_subscribeStorage", [key], end="state_unsubscribeStorage"
    )
    async with subscription as found, aclosing(follow()) as changes:
        yield changes


def head_of(header: dict[str, Any]) -> Head:
    """Return the block that a header in JSON is of."""
    found = header_of(header)
    return Head(found.number, found.hash)


def header_of(header: dict[str, Any]) -> Header:
    """Read a header in JSON."""
    logs = tuple(decode(unhex(log), DigestItem) for log in header["digest"]["logs"])
    roots = (unhex(header["stateRoot"]), unhex(header["extrinsicsRoot"]))
    return Header(unhex(header["parentHash"]), int(header["number"], 16), *roots, logs)


def _place(record: Record) -> int | None:
    return record.phase if record.phase >= 0 else None
