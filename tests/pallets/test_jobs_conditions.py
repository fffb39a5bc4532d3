"""Conditions of a job: who pays for it, within which budget, and who must not do it."""

from dataclasses import replace
from typing import Any

import pytest

from runtime.compute.job import DeclineReason
from runtime.frame import Signed
from runtime.frame.fungible import HoldReason
from runtime.pallets import jobs
from runtime.pallets.jobs import Budget, BudgetSet, Conditions, Error, JobState
from runtime.pallets.jobs.conditions import MAX_BUDGETS
from runtime.primitives.types import UNIT
from tests.pallets.compute_market import (
    ALICE,
    BOB,
    CAROL,
    DAVE,
    ELSEWHERE,
    EVE,
    FEE,
    MARKET,
    RICH,
    ComputeMarket,
)
from tests.support.bench import account

ESCROW, QUEUE = HoldReason.JOB_ESCROW, HoldReason.QUEUE_DEPOSIT
SLOT = 5 * 10**10
POOR = account(600)
"""A client without a planck."""
LONG = 1_000


@pytest.fixture
def world() -> ComputeMarket:
    world = ComputeMarket()
    world.join(CAROL)
    return world


def give(
    world: ComputeMarket, client: bytes, per_era: int | None, *, of: bytes = BOB, until: int = LONG
) -> None:
    """Set a budget."""
    world.call(world.jobs.set_budget, Signed(of), client, per_era, until)


def sponsored(world: ComputeMarket, client: bytes = POOR, **terms: Any) -> int:
    """Order a job that Bob pays for."""
    return world.order(client, conditions=Conditions(sponsor=BOB), **terms)


def test_req_57_a_sponsor_pays_for_a_client_without_a_planck(world: ComputeMarket) -> None:
    give(world, POOR, UNIT)
    job = sponsored(world)
    assert world.token.free(POOR) == 0
    assert (world.token.held(ESCROW, BOB), world.token.held(QUEUE, BOB)) == (FEE, SLOT)
    world.pass_blocks(2)
    world.call(world.jobs.start_job, Signed(CAROL), job)
    world.commit(job)
    world.pass_blocks(3)
    world.verify(job)
    world.next_block()
    assert world.state(job) is JobState.COMPLETED
    assert world.token.free(BOB) == RICH - FEE
    assert world.token.held(ESCROW, BOB) == 0


def test_nobody_pays_for_another_without_its_consent(world: ComputeMarket) -> None:
    with world.refuses(jobs.Error.NO_BUDGET):
        sponsored(world)
    give(world, POOR, UNIT, until=5)
    world.pass_blocks(5)
    with world.refuses(jobs.Error.NO_BUDGET):
        sponsored(world)
    give(world, POOR, UNIT)
    give(world, POOR, None)
    with world.refuses(jobs.Error.NO_BUDGET):
        sponsored(world)
    with world.refuses(jobs.Error.NO_BUDGET):
        give(world, POOR, None)
    with world.refuses(jobs.Error.DEADLINE_PASSED):
        give(world, POOR, UNIT, until=5)


def test_a_sponsor_is_not_asked_for_more_than_its_budget_of_an_era(world: ComputeMarket) -> None:
    give(world, POOR, 2 * FEE + 2 * SLOT + SLOT // 2)
    sponsored(world)
    sponsored(world)
    with world.refuses(jobs.Error.BUDGET_EXCEEDED):
        sponsored(world)
    with world.refuses(jobs.Error.BUDGET_EXCEEDED):
        world.call(world.jobs.top_up_job, Signed(POOR), 0, 10**7)
    world.pass_blocks(30)
    sponsored(world)


def test_what_comes_back_in_its_era_can_be_spent_again(world: ComputeMarket) -> None:
    give(world, POOR, FEE + SLOT)
    for _ in range(3):
        job = sponsored(world)
        with world.refuses(jobs.Error.BUDGET_EXCEEDED):
            sponsored(world)
        world.pass_blocks(2)
        world.call(world.jobs.cancel_job, Signed(POOR), job)
        spent = world.jobs.budgets[BOB, POOR].spent
        assert spent == RICH - world.token.free(BOB) - world.token.held(ESCROW, BOB)
        give(world, POOR, spent + FEE + SLOT)


def test_what_comes_back_in_a_later_era_does_not_widen_the_budget(world: ComputeMarket) -> None:
    give(world, POOR, 2 * FEE)
    first = sponsored(world, tip=0, max_price=UNIT, deadline=90)
    world.pass_blocks(31)
    second = sponsored(world, deadline=130)
    spent = world.jobs.budgets[BOB, POOR].spent
    world.call(world.jobs.cancel_job, Signed(POOR), first)
    assert world.jobs.budgets[BOB, POOR].spent == spent
    assert world.jobs.jobs[second].state.is_open


def test_req_55_a_client_caps_its_own_spending(world: ComputeMarket) -> None:
    give(world, ALICE, FEE + SLOT, of=ALICE, until=20)
    world.submit()
    with world.refuses(jobs.Error.BUDGET_EXCEEDED):
        world.submit()
    world.pass_blocks(20)
    world.submit()


def test_the_client_of_a_sponsored_job_decides_and_its_sponsor_is_charged(
    world: ComputeMarket,
) -> None:
    give(world, POOR, UNIT)
    job = sponsored(world)
    with world.refuses(jobs.Error.NOT_CLIENT):
        world.call(world.jobs.cancel_job, Signed(BOB), job)
    world.pass_blocks(2)
    world.call(world.jobs.start_job, Signed(CAROL), job)
    world.call(world.jobs.cancel_job, Signed(POOR), job)
    assert world.token.free(BOB) == RICH - FEE


def test_a_cheat_makes_whoever_paid_good(world: ComputeMarket) -> None:
    give(world, POOR, UNIT)
    job = sponsored(world)
    world.pass_blocks(2)
    world.call(world.jobs.start_job, Signed(CAROL), job)
    world.commit(job)
    world.pass_blocks(13)
    assert world.token.free(BOB) == RICH + FEE - world.token.held(ESCROW, BOB)
    assert world.token.free(POOR) == 0


def test_a_quick_cancellation_burns_a_part_of_the_deposit_of_the_sponsor() -> None:
    world = ComputeMarket()
    give(world, POOR, UNIT)
    world.call(world.jobs.cancel_job, Signed(POOR), sponsored(world))
    assert world.token.free(BOB) == RICH - SLOT // 10


def test_a_provider_that_is_denied_never_gets_the_job(world: ComputeMarket) -> None:
    job = world.order(conditions=Conditions(denied=(CAROL, EVE)))
    world.pass_blocks(4)
    assert world.state(job) is JobState.QUEUED
    world.join(EVE)
    world.join(DAVE)
    world.next_block()
    assert world.provider_of(job) == DAVE
    world.call(world.jobs.decline_job, Signed(DAVE), job, DeclineReason.BAD_SPEC)
    world.call(world.providers.chill, Signed(DAVE))
    world.pass_blocks(5)
    assert world.state(job) is JobState.QUEUED


@pytest.mark.parametrize(
    ("conditions", "to"),
    [
        (Conditions(denied=(DAVE,)), CAROL),
        (Conditions(regions=(1,)), CAROL),
        (Conditions(reservation=0), CAROL),
        (Conditions(regions=(0,)), None),
        (Conditions(regions=(1, 2, 1)), None),
        (Conditions(reservation=0, sponsor=BOB), None),
    ],
)
def test_conditions_that_contradict_the_job_are_refused(
    world: ComputeMarket, conditions: Conditions, to: bytes | None
) -> None:
    with world.refuses(jobs.Error.BAD_CONDITIONS):
        world.order(to=to, conditions=conditions)


def test_a_direct_job_can_have_a_sponsor_and_counts_nowhere(world: ComputeMarket) -> None:
    give(world, POOR, UNIT)
    reputation = world.providers.providers[CAROL].reputation
    job = sponsored(world, to=CAROL)
    assert world.jobs.operators.get(job) is None
    world.call(world.jobs.start_job, Signed(CAROL), job)
    world.commit(job)
    world.pass_blocks(3)
    world.verify(job)
    world.next_block()
    assert world.state(job) is JobState.COMPLETED
    assert world.providers.providers[CAROL].reputation == reputation
    assert world.pricing.used[MARKET] == 0
    assert world.token.free(BOB) == RICH - FEE


def test_conditions_are_forgotten_with_their_job(world: ComputeMarket) -> None:
    give(world, POOR, UNIT)
    job = sponsored(world, market=ELSEWHERE)
    world.call(world.jobs.cancel_job, Signed(POOR), job)
    assert job in world.jobs.conditions
    world.jobs.config = replace(world.jobs.config, era_blocks=1)
    world.pass_blocks(8)
    assert job not in world.jobs.conditions
    assert job not in world.jobs.jobs


def test_an_account_keeps_64_budgets_and_anyone_forgets_those_that_are_over() -> None:
    """A record without a deposit must not stay for ever, however many there are."""
    world = ComputeMarket()
    clients = [account(500 + i) for i in range(MAX_BUDGETS + 1)]
    for client in clients[:-1]:
        world.call(world.jobs.set_budget, Signed(BOB), client, UNIT, 10)
    with world.refuses(Error.TOO_MANY_BUDGETS):
        world.call(world.jobs.set_budget, Signed(BOB), clients[-1], UNIT, 10)
    world.call(world.jobs.set_budget, Signed(BOB), clients[0], 2 * UNIT, 10)
    with world.refuses(Error.NOT_DUE):
        world.call(world.jobs.clear_budget, Signed(ALICE), BOB, clients[0])
    world.context.number = 11
    world.call(world.jobs.clear_budget, Signed(ALICE), BOB, clients[0])
    assert world.own_events(world.jobs)[-1] == BudgetSet(BOB, clients[0], None, 10)
    assert (BOB, clients[0]) not in world.jobs.budgets
    with world.refuses(Error.NO_BUDGET):
        world.call(world.jobs.clear_budget, Signed(ALICE), BOB, clients[0])
    world.call(world.jobs.set_budget, Signed(BOB), clients[-1], UNIT, 20)
    assert world.jobs.budget_count[BOB] == MAX_BUDGETS


def test_ending_a_budget_of_before_they_were_counted_counts_none_below_none() -> None:
    world = ComputeMarket()
    world.jobs.budgets[BOB, ALICE] = Budget(UNIT, 10, 0, 0)
    world.call(world.jobs.set_budget, Signed(BOB), ALICE, None, 0)
    assert world.jobs.budget_count[BOB] == 0
