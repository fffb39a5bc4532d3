"""The explorer's index: what it says is what the blocks say, whatever way it came there."""

from collections.abc import Iterator
from threading import get_ident

import msgspec
import pytest

from node.explorer import indexer, records
from node.explorer.decoding import DecodedBlock, Decoder
from node.explorer.entries import Gathered
from node.explorer.index import Index
from node.explorer.indexer import Indexer
from node.explorer.records import Entry, HourRow, Tip
from node.store.columns import BODY, EXPLORER
from node.store.db import Batch
from runtime.pallets.providers.events import ProviderSlashed
from runtime.primitives.types import UNIT
from tests.explorer.support import ExplorerNode, busy_node
from tests.node.sync_support import DyingDatabase, Killed


def entries(node: ExplorerNode) -> dict[bytes, bytes]:
    """Everything in the index but the ways back, which depend on what was final when."""
    found = node.real.db.iterate(EXPLORER)
    return {key: value for key, value in found if not key.startswith(records.UNDO)}


def lines(index: Index, account: bytes, limit: int = 100) -> list[Entry]:
    rows, _ = index.account(account, b"", limit)
    return [msgspec.json.decode(row, type=Entry) for row in rows]


def fork_at(node: ExplorerNode):
    """Remember where the chain is, and return what makes it go on from there once more."""
    maker = node.real.maker
    head, state = maker.head, maker.state

    def back() -> None:
        maker.head, maker.state = head, state

    return back


async def rebuilt(node: ExplorerNode) -> dict[bytes, bytes]:
    """Return what a new index of the same chain holds."""
    for _ in Index(node.real.db).clear():
        continue
    await node.index()
    return entries(node)


async def test_an_account_s_history_has_what_it_signed_and_what_happened_to_it_newest_first():
    node = ExplorerNode()
    node.pay(3 * UNIT)
    node.pay(10**9 * UNIT)
    index = await node.index()
    sender, receiver = (node.real.maker.pairs[i].public for i in (1, 0))
    assert [(line.block, line.name, line.ok) for line in lines(index, sender)] == [
        (2, "Balances.transfer_keep_alive", False),
        (1, "Balances.transfer_keep_alive", True),
        (1, "Balances.Transfer", True),
    ]
    assert [(line.block, line.name) for line in lines(index, receiver)] == [
        (1, "Balances.Transfer")
    ]
    amount = {"$": "amount", "value": str(3 * UNIT), "symbol": "AGPU"}
    assert lines(index, receiver)[0].fields["amount"] == amount


async def test_a_history_goes_on_from_its_cursor_without_gap_or_repetition():
    node = ExplorerNode()
    for _ in range(5):
        node.pay()
    index = await node.index()
    sender = node.real.maker.pairs[1].public
    whole, seen, cursor = lines(index, sender), [], b""
    while True:
        rows, cursor = index.account(sender, cursor, 3)
        seen += [msgspec.json.decode(row, type=Entry) for row in rows]
        if not cursor:
            break
    assert (seen, len(whole)) == (whole, 10)


async def test_jobs_receipts_and_hours_are_found_by_whom_they_concern():
    node = busy_node()
    index = await node.index()
    client, provider = node.real.client.public, node.real.provider.public
    assert index.jobs_of(records.BOUGHT, client, 9) == [2, 1, 0]
    assert index.jobs_of(records.SOLD, provider, 9) == [2, 1, 0]
    assert [order.job for order in index.orders(2, 9)] == [1, 0]
    assert [event.name for event in index.job(0, 99)] == [
        "Jobs.JobSubmitted",
        "Jobs.JobAssigned",
        "Jobs.JobStarted",
        "Jobs.SegmentCommitted",
        "Jobs.SegmentVerified",
        "Emission.WorkMinted",
        "Jobs.SegmentSettled",
        "Jobs.JobCompleted",
        "Jobs.JobRefunded",
    ]
    rows, _ = index.receipts(b"", 9)
    assert [msgspec.json.decode(row)["kind"] for row in rows] == ["shares", "opening"]
    settled = index.job(0, 99)[6].fields["provider_paid"]["value"]
    (hour,) = index.hours(provider, 0, 9)
    assert hour == (0, HourRow(units=22, shares=12, blocks=2, earned=int(settled), settled=1))


async def test_failed_segments_and_what_they_cost_are_counted_by_the_hour():
    node = busy_node()
    provider = node.real.provider.public
    node.real.pass_blocks(30)  # the committed job is not opened in its window
    index = await node.index()
    (_, hour), *_ = index.hours(provider, 0, 9)
    slashed = 0
    for number in range(node.chain.best.number + 1):
        block = Decoder(node.real.executive, node.chain).block(node.chain.hash_at(number))
        slashed += sum(
            one.event.amount for one in block.events if isinstance(one.event, ProviderSlashed)
        )
    assert (hour.settled, hour.failed, hour.slashed) == (1, 1, slashed)
    assert slashed > 0


async def test_a_block_is_written_beside_the_loop(monkeypatch):
    node, seen, add = ExplorerNode(), set[int](), Index.add

    def noting(*arguments, **options):
        seen.add(get_ident())
        return add(*arguments, **options)

    monkeypatch.setattr(Index, "add", noting)
    node.pay()
    await node.index()
    assert seen
    assert get_ident() not in seen


async def test_the_series_counts_what_the_blocks_hold():
    node = busy_node()
    index, chain = await node.index(), node.chain
    point = index.point(chain.best.number)
    assert point is not None
    bodies = [chain.body(chain.hash_at(number)) for number in range(chain.best.number + 1)]
    runtime = node.real.runtime()
    assert point.extrinsics == sum(map(len, bodies))
    assert (point.agpu, point.amax) == (
        runtime.balances.total_issuance,
        runtime.amax.total_issuance,
    )
    first = index.point(0)
    assert first is not None
    assert first.agpu + point.minted - point.burned == point.agpu
    assert (point.ordered, point.completed, point.receipts, point.units) == (3, 1, 2, 22)


async def test_a_reorganisation_leaves_nothing_of_the_abandoned_blocks():
    node = busy_node()
    node.chain.finalize(node.chain.best.hash)
    back = fork_at(node)
    index = await node.index()
    node.pay(7 * UNIT)
    node.real.submitted()
    node.real.include(batches=(node.real.batch(5, first=50),))
    follower = Indexer(Decoder(node.real.executive, node.chain), index)
    await follower.catch_up()
    abandoned = index.tip
    back()
    node.pay(9 * UNIT, sender=2)
    await follower.catch_up()
    assert abandoned is not None
    assert index.tip is not None
    assert (index.tip.number, index.tip.hash) == (abandoned.number - 2, node.chain.best.hash)
    assert index.order(3) is None
    assert entries(node) == await rebuilt(node)


@pytest.mark.parametrize("writes", range(0, 24, 5))
async def test_an_index_that_was_interrupted_goes_on_to_the_same_entries(writes):
    node = busy_node()
    whole = await rebuilt(node)
    for _ in Index(node.real.db).clear():
        continue
    dying = DyingDatabase(node.real.db, writes)
    decoder = Decoder(node.real.executive, node.chain)
    with pytest.raises(Killed):
        await Indexer(decoder, Index(dying)).catch_up()
    assert entries(node) != whole
    await node.index()
    assert entries(node) == whole


@pytest.mark.parametrize(
    "tip", [Tip(b"0", b"", 0, 3, b""), Tip(records.VERSION, bytes(32), 0, 3, bytes(32))]
)
async def test_an_index_of_another_version_or_chain_is_made_anew(tip):
    node = busy_node()
    whole = await rebuilt(node)
    batch = Batch()
    batch.put(records.HEAD, msgspec.msgpack.encode(tip))
    batch.put(records.ORDERED + bytes(8), b"{}")
    node.real.db.write(batch)
    await node.index()
    assert entries(node) == whole


async def test_a_way_back_that_is_gone_means_to_begin_again():
    node = busy_node()
    node.chain.finalize(node.chain.best.hash)
    back = fork_at(node)
    node.pay()
    index = await node.index()
    batch = Batch()
    batch.delete(records.undo_key(node.chain.best.number))
    node.real.db.write(batch)
    back()
    node.pay(2 * UNIT)
    await Indexer(Decoder(node.real.executive, node.chain), index).catch_up()
    assert entries(node) == await rebuilt(node)


async def test_a_block_that_is_abandoned_while_it_is_read_is_not_written(monkeypatch):
    """Its number may be final by then, of another block: there would be no way back from it."""
    node = busy_node()
    node.chain.finalize(node.chain.best.hash)
    back = fork_at(node)
    index = await node.index()
    node.pay(7 * UNIT)
    reading, cleared = indexer.gather, list[bool]()

    def overtaken(block: DecodedBlock, into: Gathered) -> Iterator[None]:
        yield from reading(block, into)
        monkeypatch.setattr(indexer, "gather", reading)
        back()
        node.pay(9 * UNIT, sender=2)
        node.pay(8 * UNIT, sender=2)
        node.chain.finalize(node.chain.best.hash)

    monkeypatch.setattr(indexer, "gather", overtaken)
    monkeypatch.setattr(index, "clear", lambda: cleared.append(True) or iter(()))
    await Indexer(Decoder(node.real.executive, node.chain), index).catch_up()
    assert index.tip is not None
    assert (index.tip.hash, cleared) == (node.chain.best.hash, [])
    monkeypatch.undo()
    assert entries(node) == await rebuilt(node)


async def test_an_index_begins_at_the_first_block_whose_body_is_here():
    node = busy_node()
    batch = Batch()
    for number in range(3):
        batch.delete(BODY + node.chain.hash_at(number))
    node.real.db.write(batch)
    index = await node.index()
    assert index.tip is not None
    assert (index.tip.first, index.tip.number) == (3, node.chain.best.number)


async def test_ways_back_are_kept_above_the_last_final_block_alone():
    node = busy_node()
    index = await node.index()
    final = node.chain.finalized.number

    def kept() -> list[int]:
        noted = node.real.db.iterate(records.UNDO)
        return [int.from_bytes(key[len(records.UNDO) :], "big") for key, _ in noted]

    assert kept() == [final + 1, final + 2]
    node.chain.finalize(node.chain.best.hash)
    node.pay()
    await Indexer(Decoder(node.real.executive, node.chain), index).catch_up()
    assert kept() == [node.chain.best.number]


async def test_points_are_thinned_out_evenly_and_end_with_the_last():
    node = ExplorerNode()
    node.real.pass_blocks(20)
    index = await node.index()
    assert [point.number for point in index.points(0, 20, 6)] == [0, 4, 8, 12, 16, 20]
    assert [point.number for point in index.points(5, 9, 100)] == [5, 6, 7, 8, 9]
    assert index.points(30, 40, 5) == []
