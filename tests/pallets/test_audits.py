"""Audits: from the draw of a segment to its end, and what auditors earn or pay."""

from __future__ import annotations

from dataclasses import replace

import pytest

from runtime.compute.audit import Verdict, is_audited
from runtime.compute.job import PERBILL
from runtime.frame import Signed
from runtime.frame.fungible import HoldReason
from runtime.pallets import audits
from runtime.pallets.audits import Outcome, Phase, weights
from runtime.pallets.jobs import JobState
from runtime.pallets.staking import ToStash
from runtime.terms import DEFAULTS
from tests.pallets.audit_world import BOND, AuditWorld, flipped
from tests.pallets.compute_market import ALICE, BOB, CAROL, DEPOSIT, FEE, POTS, RICH
from tests.support.bench import account

STAKE = 8 * FEE
GOOD, BAD, MISSING = Verdict.GOOD, Verdict.BAD, Verdict.MISSING


@pytest.fixture
def world() -> AuditWorld:
    made = AuditWorld()
    made.join(CAROL)
    return made


def everyone(world: AuditWorld, *verdicts: Verdict) -> dict[bytes, Verdict]:
    """Give each validator a verdict, in order; the last is that of all others."""
    more = [*verdicts, *[verdicts[-1]] * len(world.validators)]
    return dict(zip(world.validators, more, strict=False))


# draws


def test_a_segment_that_is_not_drawn_is_paid_three_blocks_after_its_opening(
    world: AuditWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtime.pallets.audits.pallet.is_audited", lambda *_: False)
    job = world.proven()
    opened = world.context.number
    world.pass_blocks(3)
    assert world.history(job)[-1] == ("COMPLETED", opened + 3)
    assert dict(world.audits.audits.items()) == {}


def test_the_segment_of_a_client_that_asks_for_certainty_is_audited(world: AuditWorld) -> None:
    job, audit = world.drawn()
    record = world.audits.audits[audit]
    assert (record.phase, record.size, record.session) == (Phase.COMMITTING, 4, world.session)
    assert world.own_events(world.audits) == [
        audits.AuditDrawn(audit, job, 0, CAROL),
        audits.CommitteeDrawn(audit, 4),
    ]
    world.pass_blocks(5)
    assert world.state(job) is JobState.VERIFYING


def test_a_rate_is_the_part_of_segments_that_is_drawn() -> None:
    seeds = [number.to_bytes(32, "big") for number in range(4096)]
    parts = [
        sum(is_audited(seed, bytes(32), rate) for seed in seeds)
        for rate in (0, DEFAULTS.audits.least_rate, DEFAULTS.audits.newcomer_rate, PERBILL)
    ]
    assert parts == [0, pytest.approx(512, rel=0.1), pytest.approx(2048, rel=0.1), 4096]


def test_half_of_the_segments_of_a_newcomer_are_drawn_whatever_its_client_says(
    world: AuditWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    rates = []
    monkeypatch.setattr(
        "runtime.pallets.audits.pallet.is_audited", lambda _seed, _of, rate: rates.append(rate)
    )
    for newcomers, asked in (([], 0), ([CAROL], 0), ([CAROL], PERBILL)):
        world.newcomers.new = newcomers
        world.proven(rate=asked)
        world.pass_blocks(3)
    assert rates == [DEFAULTS.audits.least_rate, DEFAULTS.audits.newcomer_rate, PERBILL]


def test_of_many_validators_about_ten_are_drawn() -> None:
    world = AuditWorld(64)
    world.join(CAROL)
    _, audit = world.drawn()
    assert 3 <= len(world.committee(audit)) <= 20
    assert world.audits.audits[audit].size == 10


# verdicts


def test_a_good_segment_is_paid_and_its_auditors_have_points(world: AuditWorld) -> None:
    job, audit = world.drawn()
    world.judge(audit, everyone(world, GOOD))
    assert world.decided() == [Outcome.GOOD]
    world.next_block()
    assert world.state(job) is JobState.COMPLETED
    assert world.points() == dict.fromkeys(world.validators, 2)


def test_a_flipped_element_costs_the_provider_eight_prices_and_finders_divide_half(
    world: AuditWorld,
) -> None:
    wrong, before = flipped(), world.token.total_issuance
    job, audit = world.drawn(result=wrong)
    bond = world.providers.providers[CAROL].bond
    world.judge(audit, everyone(world, BAD), wrong)
    assert world.decided() == [Outcome.BAD]
    assert bond - world.providers.providers[CAROL].bond == STAKE
    assert [world.token.free(who) for who in world.validators] == [DEPOSIT + STAKE // 8] * 4
    assert world.token.free(POTS.validators) == DEPOSIT
    # half was found, an eighth made the client good, the rest burned
    assert before - world.token.total_issuance == STAKE - STAKE // 2 - FEE
    assert world.state(job) is JobState.QUEUED
    assert world.token.free(ALICE) == RICH + FEE - world.token.held(HoldReason.JOB_ESCROW, ALICE)
    assert world.points() == dict.fromkeys(world.validators, 10)


def test_an_auditor_that_lies_alone_loses_half_a_percent(world: AuditWorld) -> None:
    liar, *others = world.validators
    job, audit = world.drawn()
    world.judge(audit, everyone(world, BAD, GOOD))
    assert world.decided() == [Outcome.GOOD]
    assert world.bond_of(liar) == BOND - BOND // 200
    assert [world.bond_of(who) for who in others] == [BOND] * 3
    assert audits.AuditorFaulted(audit, liar) in world.own_events(world.audits)
    assert world.points() == dict.fromkeys(others, 2)
    world.next_block()
    assert world.state(job) is JobState.COMPLETED


def test_an_auditor_that_signs_a_bad_segment_loses_a_tenth(world: AuditWorld) -> None:
    wrong = flipped()
    lazy, *others = world.validators
    _, audit = world.drawn(result=wrong)
    world.judge(audit, everyone(world, GOOD, BAD), wrong)
    assert world.decided() == [Outcome.BAD]
    assert world.bond_of(lazy) == BOND - BOND // 10
    assert world.token.free(lazy) == DEPOSIT
    assert [world.token.free(who) for who in others] == [DEPOSIT + STAKE // 2 // 3] * 3
    # what does not divide by three stays in the pot
    assert world.token.free(POTS.validators) == DEPOSIT + STAKE // 2 % 3


def test_a_pot_that_was_empty_keeps_its_existential_deposit_of_the_first_find() -> None:
    world = AuditWorld(pot=account(400))
    world.join(CAROL)
    wrong = flipped()
    _, audit = world.drawn(result=wrong)
    world.judge(audit, everyone(world, BAD), wrong)
    found = (STAKE // 2 - DEPOSIT) // 4
    assert [world.token.free(who) - DEPOSIT for who in world.validators] == [found] * 4


def test_contents_that_a_majority_misses_convict_and_nobody_is_a_finder(world: AuditWorld) -> None:
    _, audit = world.drawn()
    bond = world.providers.providers[CAROL].bond
    world.judge(audit, everyone(world, GOOD, MISSING))
    assert world.decided() == [Outcome.MISSING]
    assert bond - world.providers.providers[CAROL].bond == STAKE
    assert [world.token.free(who) for who in world.validators] == [DEPOSIT] * 4
    assert [world.bond_of(who) for who in world.validators] == [BOND] * 4


def test_a_tie_pays_the_provider_and_punishes_nobody(world: AuditWorld) -> None:
    job, audit = world.drawn()
    world.judge(audit, everyone(world, GOOD, GOOD, BAD))
    assert world.decided() == [Outcome.UNDECIDED]
    assert [world.bond_of(who) for who in world.validators] == [BOND] * 4
    world.next_block()
    assert world.state(job) is JobState.COMPLETED


# committees


def test_a_conflict_asks_twenty_and_then_all() -> None:
    world = AuditWorld(30)
    world.join(CAROL)
    job, audit = world.drawn()
    sizes = []
    for _ in range(8):
        if audit not in world.audits.audits or world.decided():
            break
        record = world.audits.audits[audit]
        sizes.append(record.size)
        fresh = world.committee(audit)
        liar = [] if record.seats else fresh[:1]
        world.judge(audit, {who: BAD if who in liar else GOOD for who in fresh})
    assert world.decided() == [Outcome.GOOD]
    assert sizes[0] == 10
    assert sizes[-1] == 30
    assert 20 in sizes
    assert world.state(job) in (JobState.COMPLETED, JobState.VERIFYING)
    assert sorted(world.points().values()) == [2] * 29


def test_who_does_not_show_up_is_replaced_by_a_further_draw() -> None:
    world = AuditWorld(30)
    world.join(CAROL)
    _, audit = world.drawn()
    present = world.committee(audit)[:2]
    world.judge(audit, dict.fromkeys(present, GOOD))
    record = world.audits.audits[audit]
    assert (record.phase, record.size, record.draws) == (Phase.COMMITTING, 18, 2)
    assert [seat.auditor for seat in record.heard] == present
    world.judge(audit, dict.fromkeys(world.committee(audit), GOOD))
    assert world.decided() == [Outcome.GOOD]


def test_an_audit_that_nobody_attends_ends_and_the_segment_is_paid() -> None:
    world = AuditWorld(30, commit_blocks=4, reveal_blocks=4)
    world.join(CAROL)
    job, audit = world.drawn()
    sizes = []
    while not world.decided():
        sizes.append(world.audits.audits[audit].size)
        world.pass_blocks(4)
    assert sizes == [10, 20, 30]
    assert world.decided() == [Outcome.UNDECIDED]
    world.next_block()
    assert world.state(job) is JobState.COMPLETED


def test_who_commits_and_says_nothing_pays_and_is_not_heard_again(world: AuditWorld) -> None:
    silent, *others = world.validators
    job, audit = world.drawn()
    world.seal_all(audit, everyone(world, GOOD))
    for who in others:
        world.show(audit, who, world.finding(audit, who, GOOD))
    world.pass_blocks(world.audits.config.reveal_blocks)
    assert world.decided() == [Outcome.GOOD]
    assert world.bond_of(silent) == BOND - BOND // 200
    world.next_block()
    assert world.state(job) is JobState.COMPLETED


# after the audit


def test_signers_of_a_segment_that_is_disproved_later_lose_a_twentieth(world: AuditWorld) -> None:
    wrong = flipped()
    job, audit = world.drawn(result=wrong)
    world.judge(audit, everyone(world, GOOD), wrong)
    with world.refuses(audits.Error.NOT_DISPROVED):
        world.call(world.audits.report_signers, Signed(ALICE), audit)
    world.next_block()
    world.jobs.verdicts.convict(job, 0, CAROL, ALICE)
    world.call(world.audits.report_signers, Signed(ALICE), audit)
    assert [world.bond_of(who) for who in world.validators] == [BOND - BOND // 20] * 4
    with world.refuses(audits.Error.UNKNOWN_AUDIT):
        world.call(world.audits.report_signers, Signed(ALICE), audit)


def test_a_closed_audit_is_forgotten_after_a_while() -> None:
    world = AuditWorld(kept_blocks=10)
    world.join(CAROL)
    _, audit = world.drawn()
    world.judge(audit, everyone(world, GOOD))
    assert world.audits.audits[audit].phase is Phase.CLOSED
    world.pass_blocks(10)
    assert (audit in world.audits.audits, world.audits.kept_audits) == (False, 0)
    world.pass_blocks(world.audits.config.commit_blocks)
    assert dict(world.audits.wakes.items()) == {}
    assert dict(world.audits.auditors.items()) == {}


def test_req_54_who_judged_right_has_its_part_of_the_pot_and_who_did_not_has_none(
    world: AuditWorld,
) -> None:
    _, audit = world.drawn()
    world.judge(audit, everyone(world, BAD, GOOD))
    world.next_block()
    pot = world.token.free(POTS.validators) - DEPOSIT
    assert pot == FEE * 3 // 100
    world.new_era()
    liar, *others = world.validators
    for who in world.validators:
        world.call(world.staking.set_payee, Signed(who), ToStash())
        world.call(world.staking.payout_stakers, Signed(ALICE), who, 0)
    assert [world.token.free(who) - DEPOSIT for who in (liar, *others)] == [0, *[pot // 3] * 3]
    assert world.token.free(POTS.validators) == DEPOSIT + pot % 3


def test_a_full_house_pays_what_it_cannot_audit(
    world: AuditWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtime.pallets.audits.pallet.MAX_OPEN", 1)
    _, first = world.drawn()
    job, second = world.drawn()
    assert (first in world.audits.audits, second in world.audits.audits) == (True, False)
    world.next_block()
    assert world.state(job) is JobState.COMPLETED


def test_a_full_list_spills_to_the_next_block_and_none_is_lost(world: AuditWorld) -> None:
    due = world.context.number + 3
    blocks = [world.audits.timers.put(audit, due) for audit in range(1000, 1100)]
    assert (blocks.count(due), blocks.count(due + 1)) == (64, 36)
    world.pass_blocks(4)
    assert dict(world.audits.wakes.items()) == {}


def test_what_a_block_cannot_afford_moves_on_in_the_next(world: AuditWorld) -> None:
    room = (weights.TICK + weights.STEP).ref_time
    world.audits.config = replace(world.audits.config, max_picoseconds=room)
    due = world.context.number + 1
    for audit in range(1000, 1003):
        world.audits.timers.put(audit, due)
    left = []
    for _ in range(4):
        world.next_block()
        left.append(sum(len(listed) for _, listed in world.audits.wakes.items()))
    assert left == [2, 1, 0, 0]


def test_an_auditor_that_sits_in_two_audits_is_judged_in_each(world: AuditWorld) -> None:
    liar, *_ = world.validators
    _, first = world.drawn()
    world.judge(first, everyone(world, BAD, GOOD))
    _, second = world.drawn(client=BOB)
    world.judge(second, everyone(world, GOOD))
    assert world.decided() == [Outcome.GOOD, Outcome.GOOD]
    assert world.points() == {who: 2 if who == liar else 4 for who in world.validators}


def test_many_that_signed_a_bad_segment_pay_at_once_within_the_declared_weight() -> None:
    world = AuditWorld(10)
    world.join(CAROL)
    wrong = flipped()
    _, audit = world.drawn(result=wrong)
    world.judge(audit, everyone(world, GOOD, GOOD, GOOD, GOOD, BAD), wrong)
    assert world.decided() == [Outcome.BAD]
    assert [world.bond_of(who) for who in world.validators][:4] == [BOND - BOND // 10] * 4
    _, other = world.drawn(result=wrong)
    world.judge(other, everyone(world, GOOD), wrong)
    job = world.own_events(world.audits)[-1]
    assert isinstance(job, audits.AuditDecided)
    world.jobs.verdicts.convict(job.job, 0, CAROL, None)
    world.call(world.audits.report_signers, Signed(ALICE), other)
    # five percent count beside the ten of the same era: the gravest offence of an era is paid
    assert {world.bond_of(who) for who in world.validators} == {BOND * 9 // 10, BOND * 19 // 20}
