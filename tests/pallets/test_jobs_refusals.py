"""Jobs: what is refused, to whom, and that a refusal changes nothing."""

from dataclasses import replace
from typing import Any

import pytest

from runtime.compute.job import DeclineReason, Market
from runtime.frame import BadOrigin, NoOrigin, Root, Signed, TokenError
from runtime.pallets import jobs
from runtime.pallets.jobs import JobState
from runtime.primitives.types import UNIT
from tests.pallets.compute_market import (
    ALICE,
    BOB,
    CAROL,
    DAVE,
    ELSEWHERE,
    PRICE,
    PROOF,
    RICH,
    ComputeMarket,
    order,
    output,
)

REASON = DeclineReason.INPUT_UNAVAILABLE


@pytest.fixture
def world() -> ComputeMarket:
    world = ComputeMarket()
    world.join(CAROL)
    return world


@pytest.mark.parametrize(
    ("terms", "error"),
    [
        ({"max_price": PRICE - 1}, jobs.Error.MAX_PRICE_TOO_LOW),
        ({"tip": 10**9 + 1}, jobs.Error.TIP_TOO_HIGH),
        ({"deadline": 1}, jobs.Error.DEADLINE_PASSED),
        ({"deadline": 14_402}, jobs.Error.DEADLINE_TOO_FAR),
        ({"market": Market(4, 0)}, jobs.Error.UNKNOWN_MARKET),
        ({"to": DAVE}, jobs.Error.PROVIDER_UNAVAILABLE),
        ({"to": CAROL, "market": ELSEWHERE}, jobs.Error.PROVIDER_UNAVAILABLE),
        ({"max_price": 2**128 - 1, "tip": 10**9}, TokenError.FUNDS_UNAVAILABLE),
        ({"max_price": RICH * 10**6}, TokenError.FUNDS_UNAVAILABLE),
    ],
)
def test_an_order_that_cannot_be_kept_is_refused(
    world: ComputeMarket, terms: dict[str, Any], error: jobs.Error
) -> None:
    with world.refuses(error):
        world.submit(**terms)


def test_a_specification_of_no_job_is_refused(world: ComputeMarket) -> None:
    good = order(1)
    for wrong in (
        replace(good, kernel_id=bytes(32)),
        replace(good, max_units=1),
        replace(good, params=b""),
        replace(good, leaves=1),
        replace(good, version=2),
    ):
        with world.refuses(jobs.Error.BAD_SPEC):
            world.call(world.jobs.submit_job, Signed(ALICE), wrong, None, 0)


def test_an_escrow_above_every_balance_is_refused(world: ComputeMarket) -> None:
    spec = replace(order(1), max_units=2**64 - 1, max_price=2**128 - 1)
    with world.refuses(jobs.Error.AMOUNT_TOO_LARGE):
        world.call(world.jobs.submit_job, Signed(ALICE), spec, None, 0)


def test_a_job_that_would_stake_more_than_the_bond_waits_or_is_refused() -> None:
    world = ComputeMarket()
    world.join(CAROL)
    world.reprice(2_000_000 * UNIT)
    with world.refuses(jobs.Error.EXPOSURE_EXCEEDED):
        world.submit(to=CAROL, max_price=2_000_000 * UNIT)
    job = world.submit(max_price=2_000_000 * UNIT)
    world.pass_blocks(4)
    assert world.state(job) is JobState.QUEUED


def test_a_client_has_at_most_64_open_jobs() -> None:
    world = ComputeMarket()
    world.join_idly()
    for _ in range(64):
        world.submit()
    with world.refuses(jobs.Error.TOO_MANY_JOBS):
        world.submit()
    world.submit(BOB)


def test_only_the_parties_of_a_job_may_act_on_it(world: ComputeMarket) -> None:
    world.join(DAVE)
    job = world.submit(to=CAROL)
    with world.refuses(jobs.Error.NOT_PROVIDER):
        world.call(world.jobs.start_job, Signed(DAVE), job)
    with world.refuses(jobs.Error.NOT_PROVIDER):
        world.call(world.jobs.start_job, Signed(ALICE), job)
    with world.refuses(jobs.Error.NOT_PROVIDER):
        world.call(world.jobs.decline_job, Signed(ALICE), job, REASON)
    with world.refuses(jobs.Error.NOT_CLIENT):
        world.call(world.jobs.cancel_job, Signed(CAROL), job)
    with world.refuses(jobs.Error.NOT_CLIENT):
        world.call(world.jobs.top_up_job, Signed(BOB), job, 1)
    for origin in (Root(), NoOrigin()):
        with world.refuses(BadOrigin.BAD_ORIGIN):
            world.call(world.jobs.start_job, origin, job)


def test_a_commitment_must_fit_its_job(world: ComputeMarket) -> None:
    job = world.assigned()
    with world.refuses(jobs.Error.WRONG_STATE):
        world.commit(job)
    world.call(world.jobs.start_job, Signed(CAROL), job)
    with world.refuses(jobs.Error.WRONG_STATE):
        world.call(world.jobs.start_job, Signed(CAROL), job)
    commit, who = world.jobs.commit_segment, Signed(CAROL)
    with world.refuses(jobs.Error.WRONG_SEGMENT):
        world.call(commit, who, job, 1, output())
    with world.refuses(jobs.Error.BAD_COMMITMENT):
        world.call(commit, who, job, 0, replace(output(), out_bytes=1))
    with world.refuses(jobs.Error.BAD_COMMITMENT):
        world.call(commit, who, job, 0, replace(output(), aux_root=PROOF))
    world.call(commit, who, job, 0, output())
    with world.refuses(jobs.Error.WRONG_STATE):
        world.call(commit, who, job, 0, output())
