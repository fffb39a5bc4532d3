"""Receipts: what a block may count, what makes it bad, and what its header says of it."""

import pytest

from runtime.compute.receipt import Commitment, Opening, Receipts
from runtime.compute.shares import Share, ShareBatch
from runtime.frame import BadOrigin, NoOrigin, Root, Signed
from runtime.pallets import jobs, receipts
from runtime.pallets.receipts import (
    RECENT_BLOCKS,
    BatchSummary,
    BlockReceipts,
    Error,
    OpeningContext,
    OpeningSummary,
)
from runtime.primitives.block import COMPUTE_ENGINE, ComputeDigest, Consensus
from runtime.primitives.hashing import blake2_256
from runtime.primitives.scale import encode
from tests.pallets.compute_market import (
    ALICE,
    CAROL,
    DAVE,
    NODE_KEY,
    PROOF,
    SHARES,
    ComputeMarket,
    order,
    output,
)

WORK = SHARES.work_per_share
FIRST, SECOND, THIRD = Share(3, 0, 1), Share(3, 1, 0), Share(4, 0, 0)


@pytest.fixture
def world() -> ComputeMarket:
    world = ComputeMarket()
    world.join(CAROL)
    return world


def batch(*shares: Share, epoch: int = 5, provider: bytes = CAROL) -> ShareBatch:
    return ShareBatch(epoch, provider, shares)


def test_shares_count_as_capacity_of_their_provider(world: ComputeMarket) -> None:
    world.include(batches=(batch(FIRST, SECOND),))
    assert world.providers.epoch_capacity[5, CAROL] == 2 * WORK
    counted = receipts.SharesCounted(CAROL, 5, 2, 2 * WORK)
    assert counted in world.own_events(world.receipts)


def test_no_share_counts_twice(world: ComputeMarket) -> None:
    world.include(batches=(batch(FIRST, SECOND),))
    world.next_block()
    for again in (batch(FIRST), batch(SECOND), batch(FIRST, THIRD)):
        with world.refuses(Error.COUNTED_BEFORE):
            world.include(batches=(again,))
    world.include(batches=(batch(THIRD), batch(FIRST, epoch=4)))
    assert world.receipts.last_counted(CAROL, 5) == THIRD
    assert world.receipts.last_counted(CAROL, 4) == FIRST


def test_two_batches_of_one_block_must_ascend_too(world: ComputeMarket) -> None:
    with world.refuses(Error.COUNTED_BEFORE):
        world.include(batches=(batch(FIRST), batch(FIRST)))


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        (batch(), Error.EMPTY_BATCH),
        (batch(FIRST, provider=DAVE), Error.NOT_WORKING),
        (batch(FIRST, epoch=6), Error.EPOCH_CLOSED),
        (batch(FIRST, epoch=3), Error.EPOCH_CLOSED),
        (batch(SECOND, FIRST), Error.NOT_ASCENDING),
        (batch(FIRST, FIRST), Error.NOT_ASCENDING),
    ],
)
def test_a_bad_batch_makes_the_block_bad(
    world: ComputeMarket, bad: ShareBatch, error: Error
) -> None:
    with world.refuses(error):
        world.include(batches=(batch(SECOND), bad) if error is Error.NOT_WORKING else (bad,))


def test_a_chilled_provider_proves_nothing(world: ComputeMarket) -> None:
    world.call(world.providers.chill, Signed(CAROL))
    with world.refuses(Error.NOT_WORKING):
        world.include(batches=(batch(FIRST),))
    assert world.receipts.share_context(CAROL, 5) is None


def test_the_epoch_before_counts_until_the_next_begins(world: ComputeMarket) -> None:
    world.include(batches=(batch(THIRD, epoch=4), batch(THIRD)))
    world.next_block()
    world.chance.epoch = 6
    with world.refuses(Error.EPOCH_CLOSED):
        world.include(batches=(batch(Share(9, 0, 0), epoch=4),))
    world.include(batches=(batch(FIRST, epoch=6),))
    assert [mark.epoch for mark in world.receipts.marks[CAROL]] == [5, 6]


def test_the_inherent_comes_once_and_not_without_receipts(world: ComputeMarket) -> None:
    with world.refuses(Error.NO_RECEIPTS):
        world.include()
    world.include(batches=(batch(FIRST),))
    with world.refuses(Error.SUBMITTED_TWICE):
        world.include(batches=(batch(SECOND),))
    for origin in (Signed(ALICE), Root()):
        with world.refuses(BadOrigin.BAD_ORIGIN):
            world.call(world.receipts.submit, origin, Receipts((batch(SECOND),), ()))
    world.next_block()
    world.include(batches=(batch(SECOND),))


def test_the_header_commits_to_the_receipts_of_its_block(world: ComputeMarket) -> None:
    job = world.committed()
    world.pass_blocks(3)
    assert world.context.digest == []
    content = Receipts((batch(FIRST),), (Opening(job, 0, PROOF),))
    world.call(world.receipts.submit, NoOrigin(), content)
    world.next_block()
    digest = ComputeDigest(content.root, WORK, 10)
    assert world.context.digest == [Consensus(COMPUTE_ENGINE, encode(digest, ComputeDigest))]
    world.next_block()
    assert len(world.context.digest) == 1, "a block without receipts adds nothing"
    assert world.receipts.listed() == [
        BlockReceipts(
            6,
            digest,
            (BatchSummary(CAROL, 5, 1, WORK),),
            (OpeningSummary(job, 0, 10, PROOF),),
        )
    ]


def test_the_list_of_recent_receipts_is_a_ring(world: ComputeMarket) -> None:
    world.include(batches=(batch(FIRST),))
    world.context.number += RECENT_BLOCKS
    world.include(batches=(batch(SECOND),))
    assert [block.number for block in world.receipts.listed()] == [1 + RECENT_BLOCKS]


def test_an_opening_outside_its_window_makes_the_block_bad(world: ComputeMarket) -> None:
    job = world.committed()
    opening = Opening(job, 0, PROOF)
    for _ in range(2):
        world.next_block()
        with world.refuses(jobs.Error.OUTSIDE_WINDOW):
            world.include(openings=(opening,))
    world.pass_blocks(10)
    world.include(openings=(opening,))
    world.next_block()
    with world.refuses(jobs.Error.WRONG_STATE):
        world.include(openings=(opening,))


def test_an_opening_too_late_is_a_failure(world: ComputeMarket) -> None:
    world.call(world.providers.bond_extra, Signed(CAROL), 10**12)
    job = world.committed()
    world.call(world.providers.chill, Signed(CAROL))
    world.pass_blocks(13)
    with world.refuses(jobs.Error.WRONG_STATE):
        world.include(openings=(Opening(job, 0, PROOF),))
    assert world.jobs.segments[job, 0].status is jobs.SegmentStatus.FAILED


def test_openings_of_nothing_make_the_block_bad(world: ComputeMarket) -> None:
    job = world.committed()
    world.pass_blocks(3)
    with world.refuses(jobs.Error.UNKNOWN_JOB):
        world.include(openings=(Opening(99, 0, PROOF),))
    with world.refuses(jobs.Error.WRONG_SEGMENT):
        world.include(openings=(Opening(job, 1, PROOF),))
    with world.refuses(jobs.Error.WRONG_STATE):
        world.include(openings=(Opening(job, 0, PROOF), Opening(job, 0, PROOF)))


def test_the_checker_is_told_what_an_opening_answers(world: ComputeMarket) -> None:
    job = world.committed()
    world.next_block()
    assert world.receipts.opening_context(job, 0) is None, "the randomness is still to come"
    world.next_block()
    result = output()
    commitment = Commitment(job, 0, CAROL, result.out_root, result.aux_root, result.out_bytes)
    assert world.receipts.opening_context(job, 0) == OpeningContext(
        order(1), commitment, blake2_256(b"block5")
    )
    assert world.receipts.opening_context(job, 1) is None
    assert world.receipts.opening_context(99, 0) is None
    world.context.number += 11
    assert world.receipts.opening_context(job, 0) is None, "the block would come too late"


def test_the_checker_is_told_what_shares_answer(world: ComputeMarket) -> None:
    beacons = {epoch: world.receipts.share_context(CAROL, epoch) for epoch in range(3, 7)}
    assert beacons == {
        3: None,
        4: (blake2_256(b"epoch4"), SHARES),
        5: (blake2_256(b"epoch5"), SHARES),
        6: None,
    }
    assert world.receipts.share_context(NODE_KEY, 5) is None


def test_a_proven_share_brings_an_absent_provider_back(world: ComputeMarket) -> None:
    world.assigned(deadline=90)
    world.pass_blocks(21)
    assert not world.providers.has_idle(order(1).market)
    world.include(batches=(batch(FIRST),))
    assert world.providers.has_idle(order(1).market)
