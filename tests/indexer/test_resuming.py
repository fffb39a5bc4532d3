"""Wherever it is interrupted, an index goes on to what an uninterrupted one says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio
import trio.testing

from cli.errors import CommandError
from cli.indexer import running
from cli.indexer.reading import QUESTIONS_AT_ONCE, BlockReader, Raw, lacking, patiently
from cli.indexer.running import AnotherHistory, Indexing, Work, index
from cli.indexer.sink import Place, Sink, sink_at
from cli.indexer.states import AskedState
from cli.indexer.tables import Amount, Flow
from cli.sdk import Devnet, Keypair, SdkOlderThanChain, agpu, connect, devnet
from cli.sdk.transport import RpcRefusal
from node.rpc.errors import Code
from node.rpc.limits import Limits
from tests.indexer.conftest import Lived
from tests.indexer.support import asked, dump, indexed, unheard
from tests.node.support import ROOT
from tests.support.next_release import NEXT_RELEASE, SECOND

BLOCKS = 24


@pytest.fixture(scope="module")
def chain() -> Iterator[Devnet]:
    """A chain on which money moves in every fourth block."""
    alice = Keypair.from_uri("//Alice")
    with devnet() as running, connect(running.url) as client:
        while running.number < BLOCKS:
            client.balances.transfer(alice, "//Bob", agpu(1))
            running.mine(3)
        yield running


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches of five blocks: there are some of them, and the last is not full."""
    monkeypatch.setattr(running, "BLOCKS_AT_ONCE", 5)


class Killed(BaseException):
    """What a kill is to the process: nothing is done after it."""


class DyingConnection:
    """A connection whose process is killed before its n-th statement."""

    def __init__(self, inner: Any, statements: int) -> None:
        self._inner, self._left = inner, statements

    def execute(self, *words: Any) -> Any:
        self._count(words[0])
        return self._inner.execute(*words)

    def cursor(self) -> Any:
        self._count("rows")
        return self._inner.cursor()

    def close(self) -> None:
        self._inner.close()

    def _count(self, statement: str) -> None:
        self._left -= statement != "ROLLBACK"
        if self._left < 0:
            raise Killed


def killed_at(chain: Devnet, path: Path, statements: int) -> bool:
    """Index until the process is killed before a statement; say whether it was."""
    with sink_at(f"sqlite:{path}", makes=True) as sink:
        dying = Sink(DyingConnection(sink._connection, statements), sink._dialect)
        try:
            trio.run(index, chain.url, dying, Work(0, "final"), unheard)
        except Killed:
            return True
        return False


def test_a_kill_before_any_statement_leaves_whole_batches_and_the_rest_follows(
    chain: Devnet, tmp_path: Path
) -> None:
    whole = tmp_path / "whole.db"
    indexed(chain.url, whole)
    wanted, path = dump(whole), tmp_path / "killed.db"
    kills, statements = 0, 1
    while killed_at(chain, path, statements):
        kills += 1
        statements += 3
        with sink_at(f"sqlite:{path}") as sink:
            place = sink.place() if sink.version() is not None else None
        if place is not None:
            numbers = [number for (number,) in asked(path, "SELECT number FROM blocks")]
            assert sorted(numbers) == list(range(place.number + 1))
            assert place.number % 5 == 4 or place.number == chain.number
    assert kills > 10
    assert dump(path) == wanted


def test_what_is_written_twice_is_there_once(chain: Devnet, tmp_path: Path) -> None:
    path = tmp_path / "twice.db"
    place = indexed(chain.url, path)
    assert place is not None
    before = dump(path)
    flow = next(Flow(row[0], row[1], row[2], Amount(int(row[3]))) for row in before["flows"])
    with sink_at(f"sqlite:{path}") as sink:
        sink.write([flow, flow], place, place)
    assert dump(path) == before


def test_an_index_that_is_at_the_end_asks_for_no_block(chain: Devnet, tmp_path: Path) -> None:
    path = tmp_path / "done.db"
    place, before = indexed(chain.url, path), dump(path)
    assert indexed(chain.url, path) == place
    assert indexed(chain.url, path, until=3) == place
    assert dump(path) == before


def test_an_index_may_begin_in_the_middle_with_what_everybody_had(
    chain: Devnet, tmp_path: Path
) -> None:
    whole, part = tmp_path / "whole.db", tmp_path / "part.db"
    indexed(chain.url, whole)
    place = indexed(chain.url, part, first=11, until=20)
    assert place is not None
    assert (place.first, place.number) == (11, 20)
    numbers = [number for (number,) in asked(part, "SELECT number FROM blocks ORDER BY 1")]
    assert numbers == list(range(11, 21))
    indexed(chain.url, part)
    query = "SELECT token, account, free, held, frozen FROM balances ORDER BY token, account"
    assert asked(part, query) == asked(whole, query)


async def test_it_follows_the_chain_to_the_block_that_is_wanted(
    chain: Devnet, tmp_path: Path
) -> None:
    place, heard = await followed(chain, tmp_path / "on.db", chain.mine)
    assert place.number == heard[-1] == chain.number


async def test_blocks_that_were_made_while_the_node_was_away_are_not_missed(
    chain: Devnet, tmp_path: Path
) -> None:
    def mine_unseen(blocks: int) -> None:
        with chain.down():
            chain.mine(blocks)

    path = tmp_path / "away.db"
    place, _ = await followed(chain, path, mine_unseen)
    numbers = [number for (number,) in asked(path, "SELECT number FROM blocks ORDER BY 1")]
    assert numbers == list(range(place.number + 1)) == list(range(chain.number + 1))


async def followed(
    chain: Devnet, path: Path, mine: Callable[[int], object]
) -> tuple[Place, list[int]]:
    """Index a chain that has three blocks more once all of it is there; return what was heard."""
    now = chain.number
    heard: list[int] = []
    with sink_at(f"sqlite:{path}", makes=True) as sink:
        async with trio.open_nursery() as nursery:

            def tell(number: int, _final: int) -> None:
                heard.append(number)
                if number == now:
                    nursery.start_soon(trio.to_thread.run_sync, mine, 3)

            place = await index(chain.url, sink, Work(0, now + 3), tell)
    assert place is not None
    return place, heard


def test_another_chain_is_refused_with_both_genesis_hashes(chain: Devnet, tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    ours = indexed(chain.url, path)
    assert ours is not None
    with devnet(chain="local") as other, connect(other.url) as client:
        with pytest.raises(AnotherHistory) as refusal:
            indexed(other.url, path)
        theirs = "0x" + client.core.genesis_hash.hex()
    assert str(refusal.value) == (
        f"the index is of the chain that begins with {ours.genesis_hash}, "
        f"and the node's begins with {theirs}"
    )


def test_another_history_from_the_same_genesis_is_refused_with_both_hashes(
    chain: Devnet, tmp_path: Path
) -> None:
    path = tmp_path / "history.db"
    indexed(chain.url, path, until=4)
    ((ours,),) = asked(path, "SELECT hash FROM blocks WHERE number = 4")
    with devnet(blocks="manual") as other, connect(other.url) as client:
        other.mine(4)
        with pytest.raises(AnotherHistory) as refusal:
            indexed(other.url, path)
        theirs = "0x" + client.block("4").hash.hex()
    assert f"block 4 of the index is {ours}, and that of the node is {theirs}" in str(refusal.value)


def test_a_node_that_is_behind_is_waited_for_and_must_continue_the_last_block(
    chain: Devnet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "behind.db"
    indexed(chain.url, path, until=4)
    ((ours,),) = asked(path, "SELECT hash FROM blocks WHERE number = 4")
    before_reading = Indexing._open
    with devnet(blocks="manual") as other:
        other.mine(3)

        async def have_more(self: Indexing, first: int) -> None:
            """Make the next blocks once the chains have been compared."""
            await before_reading(self, first)
            await trio.to_thread.run_sync(other.mine, 3)

        monkeypatch.setattr(Indexing, "_open", have_more)
        with pytest.raises(AnotherHistory) as refusal:
            indexed(other.url, path, until=6)
    wanted = f"block 4 of the index is {ours}, and block 5 of the node follows 0x"
    assert str(refusal.value).startswith(wanted)


def test_two_processes_do_not_both_write(chain: Devnet, tmp_path: Path) -> None:
    path = tmp_path / "shared.db"
    first = indexed(chain.url, path, until=4)
    assert first is not None
    indexed(chain.url, path, until=9)
    after = Place(first.genesis_hash, 0, 9, "0x" + "00" * 32, first.epoch)
    with (
        sink_at(f"sqlite:{path}") as sink,
        pytest.raises(CommandError, match="another process writes this database"),
    ):
        sink.write([], first, after)
    ((number,),) = asked(path, "SELECT last_block FROM index_state")
    assert number == 9


def test_blocks_are_decoded_by_the_rules_of_their_own_height(tmp_path: Path) -> None:
    spec = (ROOT / "genesis/presets/dev.toml").read_text()
    upgrading, path = tmp_path / "upgrading.toml", tmp_path / "upgraded.db"
    upgrading.write_text(f"{spec}\n[genesis.config.upgrade]\nspecVersion = {SECOND}\nheight = 5\n")
    with devnet(chain=str(upgrading), versions=NEXT_RELEASE) as chain:
        chain.mine(3)
        indexed(chain.url, path)
        chain.mine(7)
        with pytest.raises(SdkOlderThanChain, match=f"starminer {SECOND}, this release carries 1"):
            indexed(chain.url, path)
        indexed(chain.url, path, versions=NEXT_RELEASE)
    rows = asked(path, "SELECT spec_version, time_ms FROM blocks ORDER BY number")
    assert [version for version, _ in rows] == [1] * 5 + [SECOND] * 6
    times = [time for _, time in rows[1:]]
    assert times == sorted(set(times))


async def test_a_node_that_is_asked_too_often_is_asked_again_after_a_pause(
    autojump_clock: trio.testing.MockClock,
) -> None:
    answers = [Code.TOO_MANY_CALLS, Code.TOO_MANY_CALLS, None]

    async def ask() -> str:
        code = answers.pop(0)
        if code is not None:
            raise RpcRefusal("chain_getBlock", code, "RPC rate limit exceeded", None)
        return "block"

    assert await patiently(ask) == "block"
    assert answers == []
    answers.append(Code.CLIENT)
    with pytest.raises(RpcRefusal):
        await patiently(ask)


def test_no_more_questions_are_under_way_than_half_of_what_a_node_answers() -> None:
    assert Limits().calls_in_flight == 2 * QUESTIONS_AT_ONCE


def test_what_a_block_reads_of_the_state_is_asked_for_together(
    lived: Lived, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A question for each key would make a block of a busy market wait for hundreds of answers."""
    foreseen: list[int] = []
    unforeseen: list[int] = []
    complete, ask = BlockReader.complete, BlockReader.ask

    async def counted(self: BlockReader, raw: Raw, made: Callable[[], Any]) -> Any:
        before = len(raw.state)
        found = await complete(self, raw, made)
        unforeseen.append(len(raw.state) - before)
        return found

    async def asked_together(self: BlockReader, raw: Raw, reads: Any) -> None:
        before = len(raw.state)
        await ask(self, raw, reads)
        foreseen.append(len(raw.state) - before)

    monkeypatch.setattr(BlockReader, "complete", counted)
    monkeypatch.setattr(BlockReader, "ask", asked_together)
    indexed(lived.chain.url, tmp_path / "counted.db")
    assert max(foreseen) >= 3, "a job, its specification and its segment"
    assert sum(unforeseen) <= 1, unforeseen


def test_reads_that_lack_the_same_key_ask_for_it_once() -> None:
    state = AskedState({b"there": b"1"})
    reads = [partial(state.get, key) for key in (b"a", b"there", b"b", b"a")]
    assert lacking(reads) == [b"a", b"b"]
    with pytest.raises(AssertionError, match="rows walk no map"):
        state.keys(b"")
