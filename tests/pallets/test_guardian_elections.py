"""Guardian: who is elected, by which AMAX, and what a deposit costs."""

import pytest

from runtime.frame import BadOrigin, GovernanceOrigin, Governed, NoOrigin, Root, Signed
from runtime.frame.dispatch import TokenError
from runtime.frame.fungible import HoldReason
from runtime.pallets.guardian import Brake, Error, Member, Renouncing, WhitelistCall
from runtime.pallets.guardian.records import (
    MAX_CANDIDATES,
    CandidacySubmitted,
    CandidateSlashed,
    EmptyTerm,
    MemberKicked,
    NewTerm,
    Renounced,
    Voted,
    VoterRemoved,
)
from runtime.primitives.extrinsic import Id
from runtime.primitives.types import UNIT
from tests.pallets.governance_world import ANNA, BERT, CARA, DORA, ERA
from tests.pallets.guardian_world import (
    DEPOSIT,
    FIVE,
    PURSE,
    SEVEN,
    TERM,
    GuardianWorld,
    guarded_world,
)
from tests.support.bench import account

HELD = HoldReason.GUARDIAN
HASH = b"\x05" * 32


@pytest.fixture
def world() -> GuardianWorld:
    made = GuardianWorld()
    made.season(ANNA, BERT, CARA)
    made.context.events.clear()
    return made


@pytest.fixture
def guarded() -> GuardianWorld:
    return guarded_world()


def test_seats_go_to_those_of_whom_most_amax_approves(world: GuardianWorld) -> None:
    world.stand(*FIVE, *SEVEN)
    world.elect(ANNA, *FIVE, *SEVEN[:2], stake=50_000 * UNIT)
    world.elect(BERT, *SEVEN, stake=30_000 * UNIT)
    (term,) = (one for one in world.end_term() if isinstance(one, NewTerm))
    assert world.guardian.members == (
        *(Member(who, 80_000 * UNIT, DEPOSIT) for who in SEVEN[:2]),
        *(Member(who, 50_000 * UNIT, DEPOSIT) for who in FIVE),
    )
    assert term.new_members == tuple((one.who, one.approval) for one in world.guardian.members)
    assert (world.guardian.candidates, world.guardian.election_rounds) == ((), 1)
    assert [world.amax.held(HELD, who) for who in SEVEN] == [DEPOSIT] * 2 + [0] * 5


def test_of_equals_who_stood_first_is_elected(world: GuardianWorld) -> None:
    world.stand(*reversed(SEVEN), *FIVE)
    world.elect(ANNA, *SEVEN, *FIVE)
    world.end_term()
    assert world.seated == SEVEN


def test_nobody_is_seated_of_whom_less_than_a_tenth_approve(world: GuardianWorld) -> None:
    electorate = world.amax.active_issuance()
    world.stand(*SEVEN[:3])
    world.elect(ANNA, SEVEN[0], stake=-(-electorate // 10))
    world.elect(BERT, SEVEN[1], stake=-(-electorate // 10) - 1)
    events = world.end_term()
    assert world.seated == SEVEN[:1]
    assert [one for one in events if isinstance(one, CandidateSlashed)] == [
        CandidateSlashed(SEVEN[2], DEPOSIT)
    ]
    assert world.amax.total(SEVEN[1]) == PURSE
    assert world.amax.total(SEVEN[2]) == PURSE - DEPOSIT


def test_an_election_that_nobody_heeds_seats_nobody(world: GuardianWorld) -> None:
    assert world.end_term()[-1] == EmptyTerm()
    assert world.guardian.members == ()
    assert world.guardian.election_rounds == 1


def test_powers_and_deposits_end_with_the_term(guarded: GuardianWorld) -> None:
    guarded.approve(Brake(), *SEVEN[:2])
    assert guarded.end_term()[-1] == EmptyTerm()
    assert (guarded.guardian.members, guarded.guardian.motions) == ((), ())
    assert [guarded.amax.held(HELD, who) for who in SEVEN] == [0] * 7
    with guarded.refuses(Error.NOT_MEMBER):
        guarded.approve(Brake(), SEVEN[2])


def test_a_guardian_may_stand_again(guarded: GuardianWorld) -> None:
    guarded.stand(SEVEN[0])
    assert guarded.amax.held(HELD, SEVEN[0]) == 2 * DEPOSIT
    guarded.elect(ANNA, SEVEN[0])
    guarded.end_term()
    assert guarded.seated == SEVEN[:1]
    assert guarded.amax.held(HELD, SEVEN[0]) == DEPOSIT


def test_req_27_only_amax_that_was_set_aside_long_before_elects(world: GuardianWorld) -> None:
    world.stand(SEVEN[0])
    world.call(world.voting.season, Signed(DORA), 10 * UNIT)
    world.block(7 * ERA - 1)
    with world.refuses(Error.NOT_SEASONED):
        world.elect(DORA, SEVEN[0], stake=UNIT)
    world.block()
    world.elect(DORA, SEVEN[0], stake=10 * UNIT)
    with world.refuses(Error.NOT_SEASONED):
        world.elect(DORA, SEVEN[0], stake=10 * UNIT + 1)


def test_what_elects_is_bound_until_it_is_taken_back(world: GuardianWorld) -> None:
    world.stand(*SEVEN[:2])
    world.elect(ANNA, *SEVEN[:2])
    assert world.happened()[-1] == Voted(ANNA, SEVEN[:2], 50_000 * UNIT)
    world.call(world.voting.unseason, Signed(ANNA), 50_000 * UNIT)
    with world.refuses(TokenError.FROZEN):
        world.call(world.amax.transfer_keep_alive, Signed(ANNA), Id(BERT), 60_000 * UNIT)
    world.call(world.guardian.remove_voter, Signed(ANNA))
    assert world.happened()[-1] == VoterRemoved(ANNA)
    assert [one.approval for one in world.guardian.candidates] == [0, 0]
    world.call(world.amax.transfer_keep_alive, Signed(ANNA), Id(BERT), 60_000 * UNIT)


def test_a_later_vote_replaces_the_one_before(world: GuardianWorld) -> None:
    world.stand(*SEVEN[:3])
    world.elect(ANNA, *SEVEN[:2], stake=40 * UNIT)
    world.elect(ANNA, *SEVEN[1:3], stake=30 * UNIT)
    assert [one.approval for one in world.guardian.candidates] == [0, 30 * UNIT, 30 * UNIT]


def test_a_vote_of_a_past_election_counts_no_more(guarded: GuardianWorld) -> None:
    guarded.stand(*SEVEN)
    assert [one.approval for one in guarded.guardian.candidates] == [0] * 7
    guarded.call(guarded.guardian.remove_voter, Signed(ANNA))
    assert [one.approval for one in guarded.guardian.candidates] == [0] * 7


def test_who_stands_again_begins_anew(world: GuardianWorld) -> None:
    world.stand(SEVEN[0])
    world.elect(ANNA, SEVEN[0])
    renounce = world.guardian.renounce_candidacy
    world.call(renounce, Signed(SEVEN[0]), Renouncing.CANDIDATE)
    assert world.happened()[-1] == Renounced(SEVEN[0])
    world.stand(SEVEN[0])
    assert world.happened()[-1] == CandidacySubmitted(SEVEN[0])
    assert world.guardian.candidates[0].approval == 0
    world.call(world.guardian.remove_voter, Signed(ANNA))


def test_what_voters_and_candidates_are_refused(world: GuardianWorld) -> None:
    world.stand(SEVEN[0])
    for error, votes, stake in (
        (Error.NO_VOTES, (), UNIT),
        (Error.DUPLICATED_VOTE, (SEVEN[0], SEVEN[0]), UNIT),
        (Error.LOW_STAKE, SEVEN[:1], UNIT - 1),
        (Error.NOT_CANDIDATE, SEVEN[:2], UNIT),
    ):
        with world.refuses(error):
            world.elect(ANNA, *votes, stake=stake)
    with world.refuses(Error.MUST_BE_VOTER):
        world.call(world.guardian.remove_voter, Signed(ANNA))
    with world.refuses(Error.DUPLICATED_CANDIDATE):
        world.stand(SEVEN[0])
    with world.refuses(TokenError.FUNDS_UNAVAILABLE):
        world.stand(account(99))
    for what, error in (
        (Renouncing.MEMBER, Error.NOT_MEMBER),
        (Renouncing.CANDIDATE, Error.NOT_CANDIDATE),
    ):
        with world.refuses(error):
            world.call(world.guardian.renounce_candidacy, Signed(BERT), what)


def test_the_list_of_candidates_is_bounded_and_fixed_before_the_election(
    world: GuardianWorld,
) -> None:
    crowd = [account(n) for n in range(100, 100 + MAX_CANDIDATES)]
    world.amax.build(tuple((who, PURSE) for who in crowd))
    world.stand(*crowd)
    with world.refuses(Error.TOO_MANY_CANDIDATES):
        world.stand(SEVEN[0])
    world.until(TERM - 7 * ERA - 1)
    renounce = world.guardian.renounce_candidacy
    world.call(renounce, Signed(crowd[0]), Renouncing.CANDIDATE)
    world.block()
    with world.refuses(Error.CANDIDATES_FIXED):
        world.call(renounce, Signed(crowd[1]), Renouncing.CANDIDATE)
    world.stand(SEVEN[0])
    for who in (ANNA, BERT):
        world.elect(who, SEVEN[0])
    world.end_term()
    assert world.seated == SEVEN[:1]
    assert [world.amax.total(who) for who in crowd[1:]] == [PURSE - DEPOSIT] * 31


def test_a_guardian_leaves_or_is_sent_away_by_the_registry(guarded: GuardianWorld) -> None:
    guarded.approve(Brake(), SEVEN[0])
    guarded.approve(WhitelistCall(HASH), *SEVEN[:2])
    guarded.call(guarded.guardian.renounce_candidacy, Signed(SEVEN[0]), Renouncing.MEMBER)
    assert guarded.happened()[-1] == Renounced(SEVEN[0])
    assert [one.ayes for one in guarded.guardian.motions] == [(SEVEN[1],)]
    registry = Governed(GovernanceOrigin.REGISTRY)
    guarded.call(guarded.guardian.remove_member, registry, Id(SEVEN[1]))
    assert guarded.happened()[-1] == MemberKicked(SEVEN[1])
    assert (guarded.seated, guarded.guardian.motions) == (SEVEN[2:], ())
    assert guarded.amax.held(HELD, SEVEN[1]) == 0
    with guarded.refuses(Error.NOT_MEMBER):
        guarded.call(guarded.guardian.remove_member, Root(), Id(SEVEN[1]))
    for origin in (Signed(ANNA), Governed(GovernanceOrigin.ECONOMIC_PARAMS), NoOrigin()):
        with guarded.refuses(BadOrigin.BAD_ORIGIN):
            guarded.call(guarded.guardian.remove_member, origin, Id(SEVEN[2]))


def test_guardians_of_block_0_end_with_the_first_term(world: GuardianWorld) -> None:
    world.guardian.build(SEVEN)
    assert world.seated == SEVEN
    world.call(world.guardian.renounce_candidacy, Signed(SEVEN[0]), Renouncing.MEMBER)
    world.call(world.guardian.remove_member, Root(), Id(SEVEN[1]))
    world.approve(Brake(), *SEVEN[2:5])
    assert world.safe_mode.entered_until is not None
    assert EmptyTerm() in world.end_term()
    assert world.seated == ()
    assert [world.amax.held(HELD, who) for who in SEVEN] == [0] * 7
