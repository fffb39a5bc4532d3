"""The oracle from the command line: the journal, and members who report a real chain."""

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cli.errors import CommandError
from cli.oracle.commands import feed_row, member_record, wanted_feeds
from cli.oracle.journal import Sealed, open_journal, read_entries
from cli.oracle.reporter import Plan, Reporter, feeds_of, plans_of
from cli.oracle.sources import (
    parse_source,
)
from cli.sdk.transactions import prepare, send
from runtime.pallets.oracle import Feed, FeedUpdated, Jailed, MemberStatus, Revealed, Slashed
from runtime.primitives.types import UNIT
from tests.cli.chain_rpc import ChainRpc, client_of
from tests.support.chain import MemoryChain, pair

FEED = Feed(b"agpu/usd", 6)
ROUND, BOND, RICH = 5, 1_000 * UNIT, 5_000 * UNIT
PRICE = "0.250000"
SHOWN = {"feed": "agpu/usd", "round": 0, "value": PRICE}


class World:
    """A chain in memory whose seven accounts have a seat, and what they report with."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.rpc = ChainRpc(MemoryChain(7, RICH, feeds=(FEED,)))
        self.client = client_of(self.rpc)
        self.price = directory / "price.txt"
        self.price.write_text(PRICE)
        self.told: list[str] = []
        self.happened: list[Any] = []

    @property
    def runtime(self) -> Any:
        return self.rpc.chain.runtime()

    @property
    def number(self) -> int:
        return self.rpc.chain.head.number

    async def join(self, count: int = 7) -> None:
        call = self.client.calls.encode("Oracle", "join", BOND)
        for one in self.rpc.chain.pairs[:count]:
            await send(self.client, await prepare(self.client, call, one))
        await self.seal()

    async def seal(self) -> None:
        """Make the next block; remember what happened in it."""
        block = self.rpc.seal()
        self.happened += [record.event for record in await self.client.events(block)]

    def reporter(self, place: int, journal: Any) -> Reporter:
        plan = Plan(0, FEED, parse_source(f"file:{self.price}"))
        signer = self.rpc.chain.pairs[place]
        return Reporter(self.client, signer, (plan,), journal, ROUND, self.told.append)

    def journal(self, place: int) -> Any:
        account = self.rpc.chain.pairs[place].account
        return open_journal(self.directory, self.client.genesis_hash, account)

    async def run(self, *reporters: Reporter, until: int) -> None:
        """Let members act on each block, up to a number."""
        while self.number < until:
            for one in reporters:
                await one.step()
            await self.seal()

    def of(self, kind: type) -> list[Any]:
        return [event for event in self.happened if isinstance(event, kind)]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


async def test_seven_members_report_a_feed_until_it_has_a_value_and_pay_nothing(world: World):
    await world.join()
    members = world.rpc.chain.pairs[1:]  # the first is the author and earns fees
    before = [world.runtime.balances.free(one.public) for one in members]
    with ExitStack() as opened:
        journals = [opened.enter_context(world.journal(place)) for place in range(7)]
        reporters = [world.reporter(place, one) for place, one in enumerate(journals)]
        await world.run(*reporters, until=2 * ROUND)
        assert world.of(FeedUpdated) == [FeedUpdated(0, 0, 250_000, 250_000, 7)]
        assert [one.shown for one in reporters[1:]] == [[SHOWN]] * 6
    assert world.runtime.oracle.value(0) == (250_000, 2 * ROUND)
    assert world.told == [f"round 0: agpu/usd = {PRICE}"] * 7
    after = [world.runtime.balances.free(one.public) for one in members]
    assert after == before, "accepted reports are free"


async def test_a_restart_between_seal_and_show_loses_no_salt(world: World):
    await world.join(1)
    with world.journal(0) as journal:
        await world.run(world.reporter(0, journal), until=ROUND - 2)
        (sealed,) = journal.entries
    world.price.write_text("0.5")
    with world.journal(0) as journal:
        await world.run(world.reporter(0, journal), until=ROUND + 3)
    (shown,) = world.of(Revealed)
    assert (shown.round, shown.report) == (0, sealed.report)
    await world.run(until=3 * ROUND)
    assert world.of(Slashed)[1:] == [], "only the second round, which nobody showed"


async def test_a_crash_before_the_seal_was_sent_does_not_make_a_second_salt(world: World):
    await world.join(1)
    with world.journal(0) as journal:
        await world.reporter(0, journal).step()
        world.rpc.pending.clear()
        (first,) = journal.entries
    with world.journal(0) as journal:
        reporter = world.reporter(0, journal)
        await world.run(reporter, until=ROUND + 3)
        assert journal.of_round(0) == (first,)
    assert [event.report for event in world.of(Revealed)] == [first.report]


async def test_what_does_not_arrive_is_sent_again(world: World):
    await world.join(1)
    with world.journal(0) as journal:
        reporter = world.reporter(0, journal)
        await world.run(reporter, until=ROUND)
        reporter.plans = ()
        await reporter.step()
        assert len(world.rpc.pending) == 1
        world.rpc.pending.clear()
        sent = []
        for _ in range(3):
            await world.seal()
            await reporter.step()
            sent.append(len(world.rpc.pending))
        assert sent == [0, 0, 1]
        await world.seal()
    assert len(world.of(Revealed)) == 1


async def test_nothing_is_sealed_at_the_end_of_a_round(world: World):
    await world.join(1)
    await world.run(until=ROUND - 2)
    with world.journal(0) as journal:
        await world.reporter(0, journal).step()
        assert (journal.entries, world.rpc.pending) == ((), [])


async def test_a_source_without_a_number_is_told_and_reports_nothing(world: World):
    await world.join(1)
    world.price.write_text("soon")
    with world.journal(0) as journal:
        await world.reporter(0, journal).step()
        assert (journal.entries, world.rpc.pending) == ((), [])
    assert world.told == [f"agpu/usd: {world.price}: wanted a number above zero, got 'soon'"]


async def test_who_cannot_report_is_told_what_helps(world: World):
    outsider = pair(99)
    for signer, what in (
        (outsider, "has no seat"),
        (world.rpc.chain.pairs[0], "starminer oracle join"),
    ):
        with open_journal(world.directory, bytes(32), signer.account) as journal:
            reporter = Reporter(world.client, signer, (), journal, ROUND, world.told.append)
            with pytest.raises(CommandError, match=what):
                await reporter.step()


async def test_who_is_jailed_is_told_until_when(world: World):
    await world.join(1)
    await world.run(until=14 * ROUND + 1)
    (jailed,) = world.of(Jailed)
    with world.journal(0) as journal, pytest.raises(CommandError, match=f"block {jailed.until}"):
        await world.reporter(0, journal).step()


async def test_members_and_feeds_are_shown(world: World):
    await world.join(1)
    found = await member_record(world.client, world.rpc.chain.pairs[0].account)
    assert (found["status"], found["bond"]) == (MemberStatus.ACTIVE, "1,000 AGPU")
    with pytest.raises(CommandError, match="has no seat"):
        await member_record(world.client, pair(99).account)
    feeds = await feeds_of(world.client)
    assert feeds == {0: FEED}
    assert plans_of(feeds, wanted_feeds(["agpu/usd=file:x"]))[0].number == 0
    with pytest.raises(CommandError, match=r"no feed 'gold': it asks for agpu/usd"):
        plans_of(feeds, wanted_feeds(["gold=file:x"]))


def test_a_feed_is_shown_in_one_line() -> None:
    names = ("name", "value", "average", "isHealthy", "reports", "updatedAt", "round")
    values = ("agpu/usd", PRICE, PRICE, True, 7, 40, 2)
    found = dict(zip(names, values, strict=True)) | {"committed": 3, "revealed": 4}
    assert feed_row(found, 20) == {
        "feed": "agpu/usd",
        "value": PRICE,
        "average": PRICE,
        "healthy": True,
        "reports": 7,
        "updated_at_block": 40,
        "round": 2,
        "round_ends_at_block": 60,
        "sealed": 3,
        "shown_of_last_round": 4,
    }


# ---------------------------------------------------------------------------------------- journal


SEALED = Sealed(0, 5, str(10**27), 1_700_000_000_000, b"file:x", bytes(range(32)))


def test_a_journal_is_on_disk_when_it_returns(tmp_path: Path) -> None:
    with open_journal(tmp_path, bytes(32), bytes(32)) as journal:
        journal.add(SEALED)
        (path,) = tmp_path.glob("*.json")
        assert read_entries(path) == (SEALED,)
        journal.forget_before(5)
        assert journal.of_round(5) == (SEALED,)
        journal.forget_before(6)
    with open_journal(tmp_path, bytes(32), bytes(32)) as journal:
        assert journal.entries == ()


def test_two_processes_do_not_report_for_one_account(tmp_path: Path) -> None:
    name = (tmp_path, bytes(32), bytes(32))
    with open_journal(*name), pytest.raises(CommandError, match="another"), open_journal(*name):
        pytest.fail("the second was let in")
    with open_journal(*name), open_journal(tmp_path, bytes(32), bytes([1]) * 32):
        pass


def test_a_damaged_journal_is_named_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("[{}]")
    with pytest.raises(CommandError, match=r"a\.json is no journal"):
        read_entries(path)
    assert path.read_text() == "[{}]"
    assert read_entries(tmp_path / "none.json") == ()


def test_an_entry_reads_back_whatever_it_holds() -> None:
    raw = msgspec.json.encode((SEALED,))
    assert msgspec.json.decode(raw, type=tuple[Sealed, ...]) == (SEALED,)
    assert SEALED.report.value == 10**27
