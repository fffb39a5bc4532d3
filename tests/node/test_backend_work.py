"""Jobs, receipts and providers as clients see them, on the real runtime."""

import pytest

from node.backend import work as work_module
from node.backend.receipts import opening_id
from node.rpc.views import CaseView, JobStep, JobView, ProviderView, ReceiptView
from runtime.compute.challenge import OPENING_LAST
from runtime.pallets import jobs
from runtime.pallets.disputes import Content
from runtime.primitives.types import UNIT
from tests.node.backend_support import (
    FEE,
    INPUT_ROOT,
    OUTPUT_ROOT,
    SETTLED_AFTER,
    MemoryNode,
    opening,
)


@pytest.fixture
def node(monkeypatch: pytest.MonkeyPatch) -> MemoryNode:
    monkeypatch.setattr("runtime.pallets.audits.pallet.is_audited", lambda *_: False)
    node = MemoryNode()
    node.register()
    return node


def id_of(job: int) -> bytes:
    return job.to_bytes(8, "big")


def test_a_completed_job_shows_its_steps_its_price_and_its_output(node):
    job = node.completed()
    assert node.work.job(id_of(job)) == JobView(
        id=bytes(8),
        kind="matmul",
        state="completed",
        client=node.client.public,
        provider=node.provider.public,
        units=10,
        max_price=FEE,
        price=FEE,
        refunded=0,
        input_root=INPUT_ROOT,
        output_root=OUTPUT_ROOT,
        deadline=101,
        steps=(
            JobStep("queued", 2),
            JobStep("assigned", 4),
            JobStep("running", 5),
            JobStep("committed", 6),
            JobStep("verifying", 9),
            JobStep("settled", 12),
            JobStep("completed", 12),
        ),
    )


def test_a_waiting_job_has_no_provider_no_price_and_no_output(node):
    view = node.work.job(id_of(node.submitted()))
    assert view is not None
    seen = (view.state, view.provider, view.price, view.refunded, view.output_root)
    assert seen == ("queued", None, None, None, None)


def test_an_assigned_job_has_the_price_that_was_agreed(node):
    view = node.work.job(id_of(node.assigned()))
    assert view is not None
    assert (view.state, view.price, view.refunded) == ("assigned", FEE, None)


@pytest.mark.parametrize("max_price", [2 * UNIT, 10**4 * UNIT])
def test_the_refund_is_what_the_chain_paid_back(node, max_price):
    job = node.submitted(max_price=max_price)
    nonce = node.runtime().system.nonce(node.client.public)
    call = node.maker.call("Jobs", "cancel_job", job)
    executed = node.grow(node.maker.sign(node.client, call, nonce))
    refunds = [one.event for one in executed.events if isinstance(one.event, jobs.JobRefunded)]
    view = node.work.job(id_of(job))
    assert view is not None
    assert refunds == [jobs.JobRefunded(job, view.refunded)]
    assert (view.state, view.price) == ("cancelled", None)


@pytest.mark.parametrize("job_id", [id_of(5), bytes([1]) + bytes(8)])
def test_a_job_that_never_was_is_none(node, job_id):
    node.submitted()
    assert node.work.job(job_id) is None


def test_jobs_come_newest_first_and_no_more_than_asked_for(node):
    numbers = [node.submitted() for _ in range(3)]
    assert [job.id for job in node.work.jobs(2)] == [id_of(numbers[2]), id_of(numbers[1])]
    assert len(node.work.jobs(200)) == 3


def test_the_search_for_jobs_ends_below_the_forgotten(node, monkeypatch):
    monkeypatch.setattr(work_module, "MAX_GAPS", 2)
    node.submitted()
    pallet = node.runtime().jobs
    market = work_module.MarketView(node.executive, node.maker.state, node.number)
    held = market._runtime.jobs
    held.next_job_id = pallet.next_job_id + 2
    assert len(market.jobs(10)) == 1
    held.next_job_id = pallet.next_job_id + 3
    assert market.jobs(10) == ()


def test_a_commitment_is_a_pending_receipt(node):
    job = node.committed()
    (receipt,) = node.work.receipts(10)
    assert (receipt.job, receipt.verdict, receipt.verified_by) == (
        id_of(job),
        "pending",
        "nobody yet",
    )
    assert (receipt.method, receipt.block) == ("32 of 15625 tiles to be opened", node.number)
    assert (receipt.output_root, receipt.paid) == (OUTPUT_ROOT, None)


def test_an_opening_is_verified_by_every_importer_and_then_paid(node):
    job = node.verified()
    expected = ReceiptView(
        id=opening_id(opening(job)),
        job=id_of(job),
        kind="matmul",
        provider=node.provider.public,
        units=10,
        block=node.number,
        verdict="verified",
        verified_by="every importer",
        method="32 of 15625 tiles recomputed",
        output_root=OUTPUT_ROOT,
        paid=None,
    )
    assert node.work.receipts(10) == (expected,)
    node.pass_blocks(SETTLED_AFTER)
    (settled,) = node.work.receipts(10)
    assert (settled.id, settled.verdict, settled.paid) == (expected.id, "verified", FEE)


def test_a_commitment_that_was_not_opened_is_slashed(node):
    job = node.committed()
    block = node.number
    node.pass_blocks(OPENING_LAST + 1)
    (receipt,) = node.work.receipts(10)
    assert (receipt.job, receipt.block, receipt.verdict) == (id_of(job), block, "slashed")
    assert receipt.method == "not opened in its window"
    view = node.work.job(id_of(job))
    assert view is not None
    assert view.output_root is None


def test_shares_are_receipts_without_a_job(node):
    job = node.verified()
    node.include(batches=(node.batch(12),))
    node.include(batches=(node.batch(1, first=12),))
    batch, many, opened = node.work.receipts(10)
    assert (batch.method, many.method) == (
        "1 tile of the one share recomputed",
        "1 tile of each of 12 shares recomputed",
    )
    assert (many.job, many.kind, many.units) == (None, "canonical", 12)
    assert (many.provider, many.verdict) == (node.provider.public, "verified")
    assert opened.job == id_of(job)
    assert node.work.receipts(2) == (batch, many)


def test_providers_come_in_order_of_account_with_what_they_proved(node):
    other = node.maker.pairs[3]
    node.register(other)
    node.completed()
    shares = node.batch(60)
    node.include(batches=(shares,))
    listed = node.work.providers(10)
    assert [view.account for view in listed] == sorted((node.provider.public, other.public))
    done = {view.account: view.jobs_done for view in listed}
    assert sum(done.values()) == 1
    (worked,) = (view for view in listed if view.account == node.provider.public)
    assert worked == ProviderView(
        account=node.provider.public,
        state="active",
        bond=100 * UNIT,
        price_per_unit=958_864,  # two periods of little work have lowered the price
        rating=2,
        jobs_done=done[node.provider.public],
        failures=0,
    )
    assert node.work.providers(1) == listed[:1]


def test_what_is_shown_follows_the_best_block(node):
    assert node.work.jobs(10) == ()
    job = node.submitted()
    assert [view.id for view in node.work.jobs(10)] == [id_of(job)]


def test_open_cases_against_a_job_are_listed_until_they_are_decided(node):
    job = node.completed()
    assert node.work.cases(id_of(job)) == ()
    node.act(node.client, "Disputes", "dispute_segment", job, 0, Content.OUTPUT)
    block = node.act(node.author, "Disputes", "challenge_leaf", job, 0, 2)
    disputed, demanded = node.work.cases(id_of(job))
    assert (disputed.number, disputed.kind, disputed.turn) == (0, "dispute", "show")
    assert demanded == CaseView(
        number=1,
        kind="availability",
        challenger=node.author.public,
        provider=node.provider.public,
        bond=demanded.bond,
        content="output",
        level=0,
        index=2,
        turn="open",
        deadline=block.number + node.runtime().disputes.config.turn_blocks + 1,
    )
    assert node.work.cases(id_of(job + 1)) == ()
    node.pass_blocks(node.runtime().disputes.config.turn_blocks + 2)
    assert node.work.cases(id_of(job)) == ()
