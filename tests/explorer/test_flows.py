"""Flows over RPC: an epoch reconciles, the treasury's ways have names, and odd questions fail."""

import pytest

from node.explorer.decoding import Decoder
from node.explorer.flows import FlowsNamespace
from node.explorer.index import Index
from node.explorer.indexer import Indexer
from node.rpc.errors import RpcError
from tests.support.economy import EconomyNode, told_all


@pytest.fixture(scope="module")
def economy() -> EconomyNode:
    return told_all()


async def flows(economy: EconomyNode) -> FlowsNamespace:
    index = Index(economy.db)
    await Indexer(Decoder(economy.executive, economy.chain), index).catch_up()
    return FlowsNamespace(index)


async def test_req_1_every_epoch_adds_up_and_begins_where_the_last_ended(
    economy: EconomyNode,
) -> None:
    namespace = await flows(economy)
    closing, first, segments = None, 1, 0
    for epoch in range(economy.runtime().babe.current_epoch() + 1):
        found = namespace.flows(epoch)
        assert (found.adds_up, [one.name for one in found.checks if not one.holds]) == (True, [])
        assert (found.first_block, found.opening) == (first, closing or found.opening)
        closing, first = found.closing, found.last_block + 1
        segments += found.jobs.segments
    assert segments == 2
    assert found.last_block == economy.number
    assert not found.is_complete


async def test_the_last_epoch_that_is_over_is_shown_by_default(economy: EconomyNode) -> None:
    namespace = await flows(economy)
    current = economy.runtime().babe.current_epoch()
    found = namespace.flows()
    assert (found.epoch, found.is_complete) == (current - 1, True)
    assert found == namespace.flows(current - 1)


async def test_req_10_agpu_flows_through_every_layer(economy: EconomyNode) -> None:
    namespace = await flows(economy)
    last = economy.runtime().babe.current_epoch()
    sums: dict[str, dict[str, int]] = {}
    for epoch in range(last + 1):
        for layer in namespace.flows(epoch).layers:
            found = sums.setdefault(layer.layer, {})
            for one in layer.flows:
                found[one.cause] = found.get(one.cause, 0) + int(one.amount)
    assert list(sums) == ["application", "compute", "chain"]
    wanted = {
        "application": ["job_escrow: held", "jobs: fees of settled segments"],
        "compute": ["queue_deposit: held", "minted for work"],
        "chain": ["provider_bond: held", "transactions: fees", "jobs: burned"],
    }
    assert [(name, one) for name in wanted for one in wanted[name] if not sums[name].get(one)] == []
    assert all(amount > 0 for layer in sums.values() for amount in layer.values())


async def test_req_69_the_treasury_s_flows_add_up_to_what_it_has(economy: EconomyNode) -> None:
    rows = (await flows(economy)).treasury(limit=100)
    assert [row.epoch for row in rows] == list(range(rows[0].epoch, -1, -1))
    for row in rows:
        inflow, outflow = (
            sum(int(one.amount) for one in side) for side in (row.inflows, row.outflows)
        )
        assert int(row.opening) + inflow - outflow == int(row.closing)
    named = [one.cause for row in rows for one in row.outflows]
    assert named == ["spend.0"]


@pytest.mark.parametrize(
    ("ask", "told"),
    [
        (lambda asked: asked.flows(10**6), "epoch 1000000 is not in the index"),
        (lambda asked: asked.flows(-1), "wanted the number of an epoch, got -1"),
        (lambda asked: asked.treasury(limit=0), "wanted a limit of 1 to 100, got 0"),
        (lambda asked: asked.treasury(epoch=2**64), "wanted the number of an epoch"),
    ],
)
async def test_odd_questions_are_refused(economy: EconomyNode, ask, told: str) -> None:
    namespace = await flows(economy)
    with pytest.raises(RpcError, match=told):
        ask(namespace)


async def test_flows_without_the_history_before_them_say_so(economy: EconomyNode) -> None:
    db, start = economy.db, 17
    economy.chain.blocks.keeper.oldest, before = start, economy.chain.blocks.keeper.oldest
    try:
        index = Index(db)
        for _ in index.clear():
            continue
        await Indexer(Decoder(economy.executive, economy.chain), index).catch_up()
        found = FlowsNamespace(index).flows(1)
        assert (found.first_block, found.is_complete, found.adds_up) == (start + 1, False, True)
        assert FlowsNamespace(index).flows(2).is_complete
        with pytest.raises(RpcError, match="epoch 0 is not in the index"):
            FlowsNamespace(index).flows(0)
    finally:
        economy.chain.blocks.keeper.oldest = before
        for _ in index.clear():
            continue
