"""Claims that are refused, lapse, or wait: who may do what, and when."""

import pytest

from runtime.constants import BLOCK_PICOSECONDS
from runtime.frame import Signed
from runtime.pallets import upgrades
from runtime.pallets.upgrades import (
    ClaimAttested,
    ClaimEnded,
    ClaimKind,
    ClaimUndecided,
    CommitteeDrawn,
    Error,
    pallet,
)
from runtime.pallets.upgrades.records import MAX_DRAWS, PERBILL
from tests.pallets.oracle_world import of
from tests.pallets.upgrades_world import (
    ANNA,
    BERT,
    CARA,
    CHALLENGER,
    DORA,
    ORACLES,
    REVIEW,
    RICH,
    STRANGER,
    N,
    Record,
    World,
    Y,
)
from tests.support.bench import account


@pytest.fixture
def world() -> World:
    return World()


def test_the_draw_is_of_a_block_after_the_claim_and_leaves_out_who_is_concerned(
    world: World,
) -> None:
    world.oracles = (ANNA, CHALLENGER, *ORACLES[:5])
    claim = world.submit()
    world.call(world.upgrades.challenge_claim, Signed(CHALLENGER), claim)
    assert world.pass_blocks(1) == []
    world.pass_blocks(1)
    assert {*world.committee(claim)} == {*ORACLES[:5]}


def test_a_claim_that_cannot_be_drawn_lapses(world: World) -> None:
    claim = world.submit()
    world.oracles = ORACLES[:4]
    assert ClaimUndecided(claim) in world.pass_blocks(2)
    assert (world.held(ANNA), world.upgrades.claim_count) == (0, 0)


def test_four_committees_are_drawn_in_a_block_and_the_queue_has_an_end(world: World) -> None:
    for number in range(MAX_DRAWS + 1):
        who = account(1000 + number)
        world.known[who] = Record()
        world.token.build(((who, RICH),))
    for number in range(MAX_DRAWS):
        world.submit(account(1000 + number))
    with world.refuses(Error.QUEUE_FULL):
        world.submit(account(1000 + MAX_DRAWS))
    world.pass_blocks(1)
    drawn = of(CommitteeDrawn, world.pass_blocks(3))
    assert [one.claim for one in drawn] == list(range(12))


def test_claims_are_refused_that_make_no_sense(world: World) -> None:
    with world.refuses(Error.NOT_PROVIDER):
        world.submit(STRANGER)
    for gain in (0, PERBILL + 1):
        with world.refuses(Error.GAIN_OUT_OF_RANGE):
            world.submit(gain=gain)
    world.known[BERT].eras, world.known[CARA].capacity = 13, 0
    for who in (BERT, CARA):
        with world.refuses(Error.NO_HISTORY):
            world.submit(who)
    world.submit()
    with world.refuses(Error.CLAIM_EXISTS):
        world.submit()
    world.submit(kind=ClaimKind.MEMORY)
    world.oracles = ORACLES[:4]
    with world.refuses(Error.TOO_FEW_ORACLES):
        world.submit(DORA)


def test_verdicts_are_given_once_in_time_by_who_was_drawn(world: World) -> None:
    claim = world.submit()
    attest, finalise = world.upgrades.attest_claim, world.upgrades.finalise_claim
    with world.refuses(Error.NOT_DRAWN):
        world.call(attest, Signed(ORACLES[0]), claim, Y)
    with world.refuses(Error.NOT_DRAWN):
        world.call(finalise, Signed(STRANGER), claim)
    world.pass_blocks(2)
    judge = world.committee(claim)[0]
    outsider = next(who for who in ORACLES if who not in world.committee(claim))
    with world.refuses(Error.NOT_DRAWN):
        world.call(attest, Signed(outsider), claim, Y)
    world.call(attest, Signed(judge), claim, Y)
    assert world.happened()[-1] == ClaimAttested(claim, judge, Y)
    with world.refuses(Error.ALREADY_ATTESTED):
        world.call(attest, Signed(judge), claim, N)
    with world.refuses(Error.TOO_EARLY):
        world.call(finalise, Signed(STRANGER), claim)
    for method, who in ((world.upgrades.withdraw_claim, ANNA),):
        with world.refuses(Error.UNDER_REVIEW):
            world.call(method, Signed(who), claim)
    for who in (ANNA, judge):
        with world.refuses(Error.OWN_CLAIM):
            world.call(world.upgrades.challenge_claim, Signed(who), claim)
    world.call(world.upgrades.challenge_claim, Signed(CHALLENGER), claim)
    with world.refuses(Error.ALREADY_CHALLENGED):
        world.call(world.upgrades.challenge_claim, Signed(STRANGER), claim)
    world.context.number += REVIEW
    with world.refuses(Error.TOO_LATE):
        world.call(attest, Signed(world.committee(claim)[1]), claim, Y)


def test_a_challenge_after_the_time_for_verdicts_is_too_late(world: World) -> None:
    claim = world.submit()
    world.pass_blocks(2)
    world.context.number += REVIEW
    with world.refuses(Error.TOO_LATE):
        world.call(world.upgrades.challenge_claim, Signed(CHALLENGER), claim)


def test_an_accepted_claim_is_withdrawn_by_its_provider_alone(world: World) -> None:
    claim, withdraw = world.accept(), world.upgrades.withdraw_claim
    for method, arguments in (
        (withdraw, (99,)),
        (world.upgrades.challenge_claim, (99,)),
        (world.upgrades.finalise_claim, (99,)),
        (world.upgrades.attest_claim, (99, Y)),
    ):
        with world.refuses(Error.UNKNOWN_CLAIM):
            world.call(method, Signed(ANNA), *arguments)
    with world.refuses(Error.NOT_CLAIMANT):
        world.call(withdraw, Signed(BERT), claim)
    with world.refuses(Error.NOT_ENDED):
        world.call(world.upgrades.finalise_claim, Signed(STRANGER), claim)
    world.call(withdraw, Signed(ANNA), claim)
    assert world.happened()[-1] == ClaimEnded(claim, ANNA)
    assert (world.held(ANNA), world.upgrades.points_of(ANNA)) == (0, 0)


def test_the_dearest_block_stays_below_a_tenth_of_its_weight() -> None:
    config = upgrades.Config(era_blocks=10)
    dearest = (
        pallet.TICK
        + pallet.DRAW * (config.draws_per_block + config.sweeps_per_block)
        + pallet.RECORD * config.audits_per_block
        + pallet.DECIDE * config.decided_per_block
    )
    assert dearest.ref_time < BLOCK_PICOSECONDS // 10
