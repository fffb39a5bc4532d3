"""Balances and payments from events alone: they are what the state says, or something is wrong."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from runtime.books.ledger import Difference, Holding
from runtime.frame.fungible import AGPU_MINTS, BurnReason
from runtime.pallets import emission, jobs
from runtime.pallets.balances import (
    Burned,
    BurnedHeld,
    Deposit,
    Held,
    Minted,
    Released,
    Transfer,
    TransferOnHold,
    Withdraw,
)
from runtime.pallets.jobs import money
from runtime.pallets.providers import ProviderSlashed, WorkRecorded
from runtime.pallets.transaction_payment import TransactionFeePaid
from tests.support.economy import EconomyNode, Told


def replay(node: EconomyNode, story: Iterable[Told]) -> None:
    """Read a story and compare each block with its state."""
    books = node.books()
    for told in story:
        for who in books.read(told.number, told.records):
            books.agpu.must_be(who, told.agpu.get(who, Holding()))
        books.must_add_up_to(told.sums)
        assert set(books.agpu.accounts()) == set(told.agpu)
        assert set(books.amax.accounts()) == set(told.amax)
    for who, found in told.amax.items():
        books.amax.must_be(who, found)
    for who, found in told.agpu.items():
        books.agpu.must_be(who, found)


def changed(story: list[Told], kind: type, field: str, by: int) -> list[Told]:
    """Return a story in which the first event of a kind says something else."""
    for at, told in enumerate(story):
        for place, record in enumerate(told.records):
            if type(record.event) is kind and record.pallet.name != "Amax":
                event = replace(record.event, **{field: getattr(record.event, field) + by})
                records = list(told.records)
                records[place] = record._replace(event=event)
                return [*story[:at], replace(told, records=tuple(records)), *story[at + 1 :]]
    raise AssertionError(f"no {kind.__name__} in the story")


def without(story: list[Told], kind: type) -> list[Told]:
    """Return a story that does not tell of any event of a kind."""
    kept = [
        tuple(record for record in told.records if type(record.event) is not kind) for told in story
    ]
    return [replace(told, records=records) for told, records in zip(story, kept, strict=True)]


def test_req_4_every_balance_follows_from_events_alone(economy: EconomyNode) -> None:
    replay(economy, economy.story)


def test_the_story_has_every_kind_of_payment(economy: EconomyNode) -> None:
    kinds = {type(record.event) for told in economy.story for record in told.records}
    assert {*AMOUNTS, jobs.JobCancelled, jobs.JobExpired, emission.EpochClosed} <= kinds
    books = economy.books()
    for told in economy.story:
        books.read(told.number, told.records)
    assert all(books.issuance.minted[one] for one in AGPU_MINTS)
    burned = {one for one, amount in books.agpu.burned.items() if amount}
    assert burned == set(BurnReason) - {BurnReason.DUST}


AMOUNTS = {
    Transfer: "amount",
    Deposit: "amount",
    Withdraw: "amount",
    Minted: "amount",
    Burned: "amount",
    Held: "amount",
    Released: "amount",
    BurnedHeld: "amount",
    TransferOnHold: "amount",
    TransactionFeePaid: "actual_fee",
    ProviderSlashed: "amount",
    WorkRecorded: "work",
    jobs.SegmentSettled: "fee",
    jobs.JobCancelled: "charged",
    jobs.JobRefunded: "amount",
    emission.WorkMinted: "amount",
    emission.AvailabilityPaid: "amount",
    emission.EpochBegan: "issuance",
    emission.EpochClosed: "rate",
}


@pytest.mark.parametrize("by", [1, -1])
@pytest.mark.parametrize("kind", AMOUNTS, ids=lambda kind: kind.__name__)
def test_an_event_that_is_off_by_a_planck_is_found(
    economy: EconomyNode, kind: type, by: int
) -> None:
    with pytest.raises(Difference):
        replay(economy, changed(economy.story, kind, AMOUNTS[kind], by))


@pytest.mark.parametrize(
    "field",
    [
        *("burn", "scarcity_burn", "provider_paid", "validators", "treasury", "discount"),
        *("minted", "units"),
    ],
)
def test_each_part_of_a_settled_fee_is_reckoned_anew(economy: EconomyNode, field: str) -> None:
    by = 10**6 if field == "units" else 1
    with pytest.raises(Difference, match="job 0"):
        replay(economy, changed(economy.story, jobs.SegmentSettled, field, by))


def test_a_discount_for_a_client_whom_nobody_brought_is_found(economy: EconomyNode) -> None:
    """The books add up: it is the client that has no right to it."""
    settled = jobs.SegmentSettled
    told = next(
        one.event
        for told in economy.story
        for one in told.records
        if isinstance(one.event, settled)
    )
    part = money.discount(told.fee, told.treasury)
    story = changed(economy.story, settled, "discount", part)
    story = changed(story, settled, "treasury", -part)
    with pytest.raises(Difference, match="is no referee of the last eras"):
        replay(economy, story)


def test_a_provider_with_another_reputation_would_have_been_paid_more(
    economy: EconomyNode,
) -> None:
    with pytest.raises(Difference, match="segment 0 of job 0: provider: wanted"):
        replay(economy, changed(economy.story, jobs.SegmentSettled, "reputation", 10**6))


def test_work_that_performed_worse_would_have_minted_less_for_its_provider(
    economy: EconomyNode,
) -> None:
    with pytest.raises(Difference, match="mint of job 0: provider: wanted"):
        replay(economy, changed(economy.story, emission.WorkMinted, "performance", -(10**7)))


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (emission.WorkMinted, "the mint of job 0: wanted"),
        (emission.AvailabilityPaid, "no event says why: .* planck minted for"),
        (jobs.JobRefunded, "no event says why: .* out of the hold job_escrow of"),
        (ProviderSlashed, "no event says why: .* out of the hold provider_bond of"),
        (TransactionFeePaid, "wanted 0 planck of fees taken"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_payment_of_which_no_event_says_why_is_a_difference_req_58(
    economy: EconomyNode, kind: type, told: str
) -> None:
    with pytest.raises(Difference, match=told):
        replay(economy, without(economy.story, kind))


def test_an_account_that_pays_what_it_does_not_have_is_named(economy: EconomyNode) -> None:
    story = changed(economy.story, Transfer, "amount", 10**30)
    with pytest.raises(Difference, match="planck more than there is of the free balance of 0x"):
        replay(economy, story)
