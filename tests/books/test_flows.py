"""What flowed adds up: each block, each epoch, and to the last planck."""

from dataclasses import replace

from runtime.books.flows import Flows, added, checks_of, flows_of, group
from tests.support.economy import EconomyNode


def whole(economy: EconomyNode) -> Flows:
    """Return the sum of all blocks."""
    found: Flows = {}
    for told in economy.story:
        found = added(found, flows_of(told.records))
    return found


def test_req_1_every_block_reconciles_to_the_last_planck(economy: EconomyNode) -> None:
    before = economy.genesis.sums
    for told in economy.story:
        checks = checks_of(before, told.sums, flows_of(told.records))
        assert [one for one in checks if not one.holds] == [], told.number
        before = told.sums


def test_req_1_the_sum_of_blocks_reconciles_and_tells_work_and_fees(economy: EconomyNode) -> None:
    found = whole(economy)
    checks = checks_of(economy.genesis.sums, economy.story[-1].sums, found)
    assert {one.name for one in checks if one.holds} == {one.name for one in checks}
    assert found["work.proven"] == 12
    assert found["work.paid"] == 2 * 10
    assert group(found, "jobs")["segments"] == 2


def test_req_70_the_inflows_of_the_treasury_are_tagged_by_source(economy: EconomyNode) -> None:
    sources = group(whole(economy), "treasury.in")
    assert sources.keys() == {
        *("job_fees", "swaps", "transaction_fees", "work_mint"),
        *("pools", "vaults"),  # parts that nobody was there to earn
    }
    assert all(amount > 0 for amount in sources.values())


def test_req_69_the_outflows_of_the_treasury_are_tagged_by_spend(economy: EconomyNode) -> None:
    assert group(whole(economy), "treasury.out") == {"spend.0": 5 * 10**12}


def test_a_sum_that_does_not_add_up_is_named(economy: EconomyNode) -> None:
    opening, closing = economy.genesis.sums, economy.story[-1].sums
    checks = checks_of(opening, replace(closing, issuance=closing.issuance + 1), whole(economy))
    assert [one.name for one in checks if not one.holds] == ["issuance"]


def test_req_28_blocks_that_settle_nothing_mint_nothing(economy: EconomyNode) -> None:
    for told in economy.story:
        flows = flows_of(told.records)
        if not flows.get("jobs.segments") and not flows.get("mint.availability"):
            assert not any(group(flows, "mint").values()), told.number


def test_req_60_each_settlement_and_each_signed_transaction_burns(economy: EconomyNode) -> None:
    for told in economy.story:
        flows = flows_of(told.records)
        if flows.get("jobs.segments"):
            assert flows["burn.job"] > 0
        if flows.get("fees.taken"):
            assert flows["burn.transaction_fee"] > 0


def test_req_61_a_settlement_burns_more_than_it_mints(economy: EconomyNode) -> None:
    paid = [flows for told in economy.story if (flows := flows_of(told.records)).get("mint.work")]
    assert len(paid) == 2
    assert all(2 * flows["mint.work"] <= flows["burn.job"] for flows in paid)
