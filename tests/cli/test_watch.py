"""`starminer query watch`: no final block is left out, each line is written when it is there."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import pytest
import trio

from cli import watch
from cli.errors import CommandError
from cli.main import run
from cli.sdk import heads
from cli.sdk.client import Client
from cli.watch import best_rows, final_events, final_rows, show_line
from tests.cli.chain_rpc import ChainRpc, client_of
from tests.support.chain import MemoryChain


@pytest.fixture
def final(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the numbers of the final heads that the node will announce."""
    numbers: list[int] = []

    @asynccontextmanager
    async def announced(
        client: Client, *, final: bool
    ) -> AsyncIterator[trio.MemoryReceiveChannel[Any]]:
        assert final
        send, receive = trio.open_memory_channel[Any](len(numbers))
        for number in numbers:
            send.send_nowait({"number": hex(number)})
        send.close()
        yield receive

    monkeypatch.setattr(heads, "heads", announced)
    return numbers


def grown(blocks: int) -> Client:
    """Return a client of a chain with so many blocks."""
    rpc = ChainRpc(MemoryChain())
    for _ in range(blocks):
        rpc.seal()
    return client_of(rpc)


async def test_blocks_that_became_final_at_once_are_shown_one_by_one(final: list[int]) -> None:
    final += [2, 3, 6]
    async with aclosing(final_rows(grown(6))) as rows:
        assert [row["number"] async for row in rows] == [2, 3, 4, 5, 6]


async def test_only_the_events_of_one_pallet_are_shown_when_it_is_named(final: list[int]) -> None:
    final += [1, 2]
    client = grown(2)
    async with aclosing(final_events(client, None)) as rows:
        every = [row async for row in rows]
    async with aclosing(final_events(client, "system")) as rows:
        some = [row async for row in rows]
    assert {row["number"] for row in every} == {1, 2}
    assert some == [row for row in every if str(row["event"]).startswith("System.")]
    assert some


class ForgetfulRpc(ChainRpc):
    """A node that gave a fork up between its announcement and the question for its block."""

    gone = 2

    def chain_getBlock(self, block_hash: str) -> dict[str, Any] | None:  # noqa: N802
        found = super().chain_getBlock(block_hash)
        return None if found and int(found["block"]["header"]["number"], 16) == self.gone else found


async def test_a_best_block_that_was_given_up_meanwhile_is_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rpc = ForgetfulRpc(MemoryChain())
    for _ in range(3):
        rpc.seal()

    @asynccontextmanager
    async def announced(
        client: Client, *, final: bool
    ) -> AsyncIterator[trio.MemoryReceiveChannel[Any]]:
        send, receive = trio.open_memory_channel[Any](3)
        for number in (1, 2, 3):
            send.send_nowait({"number": hex(number)})
        send.close()
        yield receive

    monkeypatch.setattr(watch, "heads", announced)
    async with aclosing(best_rows(client_of(rpc))) as rows:
        assert [row["number"] async for row in rows] == [1, 3]


async def test_a_connection_that_cannot_subscribe_is_told() -> None:
    with pytest.raises(CommandError, match="following the chain needs a URL of ws://"):
        async with heads.heads(grown(0), final=True):
            pass


def test_a_line_is_for_people_or_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    row = {"number": 7, "hash": "0xab", "extrinsics": 2}
    for form in ("table", "json", "jsonl"):
        show_line(row, form)
    people, *programs = capsys.readouterr().out.splitlines()
    assert people == "7  0xab  2"
    assert programs == ['{"number":7,"hash":"0xab","extrinsics":2}'] * 2


def test_a_count_of_nothing_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["query", "watch", "heads", "--count", "0"]) == 2
    assert "--count: wanted at least 1, got 0" in capsys.readouterr().err
