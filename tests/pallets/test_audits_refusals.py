"""What audits refuse: verdicts of who was not drawn, that were copied, or that were never read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from runtime.compute.audit import Finding, Verdict
from runtime.compute.classes import Result
from runtime.compute.reading import NOTHING_READ
from runtime.frame import NoOrigin, Signed
from runtime.frame.dispatch import BadOrigin
from runtime.frame.unsigned import NotAdmitted, Why
from runtime.pallets import audits
from runtime.pallets.audits import Error
from tests.pallets.audit_world import RESULT, AuditWorld
from tests.pallets.compute_market import ALICE, CAROL
from tests.support.bench import account
from tests.support.chain import pair

GOOD, BAD, MISSING = Verdict.GOOD, Verdict.BAD, Verdict.MISSING


@pytest.fixture
def world() -> AuditWorld:
    made = AuditWorld()
    made.join(CAROL)
    return made


@pytest.fixture
def audit(world: AuditWorld) -> int:
    return world.drawn()[1]


def first_two(world: AuditWorld) -> tuple[bytes, bytes]:
    one, other, *_ = world.validators
    return one, other


def refused(world: AuditWorld, name: str, *arguments: object) -> Why:
    """Return why an unsigned call may not enter a block."""
    with pytest.raises(NotAdmitted) as caught:
        world.audits.validate_unsigned(name, arguments)
    return caught.value.why


def test_only_an_unsigned_call_brings_a_verdict(world: AuditWorld, audit: int) -> None:
    one, _ = first_two(world)
    arguments = (audit, one, bytes(80), bytes(32), bytes(64))
    with world.refuses(BadOrigin.BAD_ORIGIN):
        world.call(world.audits.commit, Signed(ALICE), *arguments)
    with world.refuses(BadOrigin.BAD_ORIGIN):
        finding = Finding(MISSING, bytes(32), bytes(32))
        world.call(world.audits.reveal, Signed(ALICE), audit, one, finding, NOTHING_READ)
    with world.refuses(BadOrigin.BAD_ORIGIN):
        world.call(world.audits.report_signers, NoOrigin(), audit)
    assert refused(world, "report_signers", audit) is Why.NOT_ALLOWED


def test_a_stranger_cannot_sit_in_a_committee(world: AuditWorld, audit: int) -> None:
    stranger = account(300)
    world.validators[stranger] = pair(900)
    with world.refuses(Error.NO_AUDITOR):
        arguments = (audit, stranger, bytes(80), bytes(32), bytes(64))
        world.call(world.audits.commit, NoOrigin(), *arguments)


def test_a_seal_needs_the_signature_and_the_proof_of_its_auditor(
    world: AuditWorld, audit: int
) -> None:
    one, other = first_two(world)
    proof, sealed = world.proof(audit, one), bytes([3]) * 32
    for arguments in (
        (audit, one, proof, sealed, bytes(64)),
        (audit, other, proof, sealed, bytes(64)),
    ):
        assert refused(world, "commit", *arguments) is Why.BAD_PROOF
        with world.refuses(Error.BAD_PROOF):
            world.call(world.audits.commit, NoOrigin(), *arguments)
    world.validators[one], real = world.validators[other], world.validators[one]
    with world.refuses(Error.BAD_PROOF):
        world.call(
            world.audits.commit, NoOrigin(), audit, one, world.proof(audit, one), sealed, bytes(64)
        )
    world.validators[one] = real


def test_who_is_not_drawn_is_not_heard() -> None:
    world = AuditWorld(40)
    world.join(CAROL)
    _, audit = world.drawn()
    drawn = world.committee(audit)
    outsider = next(who for who in world.validators if who not in drawn)
    with pytest.raises(NotAdmitted, match="not drawn"):
        world.commit_to(audit, outsider, world.finding(audit, outsider, GOOD))


def test_an_auditor_commits_once(world: AuditWorld, audit: int) -> None:
    one, _ = first_two(world)
    world.commit_to(audit, one, world.finding(audit, one, GOOD))
    with pytest.raises(NotAdmitted) as caught:
        world.commit_to(audit, one, world.finding(audit, one, BAD))
    assert caught.value.why is Why.STALE


def test_a_verdict_cannot_be_copied_from_who_sealed_it(world: AuditWorld, audit: int) -> None:
    one, copier = first_two(world)
    finding = world.finding(audit, one, GOOD)
    world.seal_all(audit, dict.fromkeys(world.validators, GOOD))
    world.show(audit, one, finding)
    reading = world.reading(audit, one)
    with world.refuses(Error.OTHER_FINDING):
        world.call(world.audits.reveal, NoOrigin(), audit, copier, finding, reading)
    # what the copier sealed itself, with the tag of another, shows nothing of its own reading
    with world.refuses(Error.NOT_READ):
        mine = world.finding(audit, copier, GOOD)
        world.call(world.audits.reveal, NoOrigin(), audit, copier, mine, reading)


def test_a_verdict_is_shown_once_and_only_after_the_challenge(
    world: AuditWorld, audit: int
) -> None:
    one, _ = first_two(world)
    finding = world.finding(audit, one, GOOD)
    with world.refuses(Error.WRONG_PHASE):
        world.call(world.audits.reveal, NoOrigin(), audit, one, finding, NOTHING_READ)
    for who in world.validators:
        world.commit_to(audit, who, world.finding(audit, who, GOOD))
    world.next_block()
    assert world.audits.audits[audit].shown_from == world.context.number + 1
    with world.refuses(Error.WRONG_PHASE):
        world.call(world.audits.reveal, NoOrigin(), audit, one, finding, NOTHING_READ)
    world.pass_blocks(2)
    world.show(audit, one, finding)
    with world.refuses(Error.NOT_SEALED):
        world.call(world.audits.reveal, NoOrigin(), audit, one, finding, world.reading(audit, one))
    with world.refuses(Error.WRONG_PHASE):
        arguments = (audit, one, bytes(80), bytes(32), bytes(64))
        world.call(world.audits.commit, NoOrigin(), *arguments)


def test_a_good_verdict_on_what_was_not_read_cannot_be_shown(world: AuditWorld) -> None:
    _, audit = world.drawn()
    lazy, _ = first_two(world)
    made_up = Result(bytes(len(RESULT.output)))
    unread = world.finding(audit, lazy, GOOD, made_up)
    world.commit_to(audit, lazy, unread)
    for who in [who for who in world.validators if who != lazy]:
        world.commit_to(audit, who, world.finding(audit, who, GOOD))
    world.pass_blocks(3)
    honest, pretended = world.reading(audit, lazy), world.reading(audit, lazy, made_up)
    for reading in (honest, pretended, NOTHING_READ, replace(pretended, leaves=honest.leaves)):
        with world.refuses(Error.NOT_READ):
            world.call(world.audits.reveal, NoOrigin(), audit, lazy, unread, reading)


def test_who_says_that_nothing_is_there_shows_nothing(world: AuditWorld) -> None:
    _, audit = world.drawn()
    one, _ = first_two(world)
    world.seal_all(audit, dict.fromkeys(world.validators, MISSING))
    finding = world.finding(audit, one, MISSING)
    with world.refuses(Error.NOT_READ):
        reading = replace(NOTHING_READ, leaves=b"\0")
        world.call(world.audits.reveal, NoOrigin(), audit, one, finding, reading)
    with world.refuses(Error.UNKNOWN_AUDIT):
        world.call(world.audits.reveal, NoOrigin(), audit + 1, one, finding, NOTHING_READ)


def test_an_audit_under_way_has_no_signers_to_report(world: AuditWorld, audit: int) -> None:
    with world.refuses(Error.WRONG_PHASE):
        world.call(world.audits.report_signers, Signed(ALICE), audit)
    with world.refuses(audits.Error.UNKNOWN_AUDIT):
        world.call(world.audits.report_signers, Signed(ALICE), audit + 9)
