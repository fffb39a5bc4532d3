"""Claims of better infrastructure: drawn oracles attest them, and they count for a year."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.frame import Signed
from runtime.pallets import upgrades
from runtime.pallets.upgrades import (
    AuditDrawn,
    Cause,
    ChallengeFailed,
    ClaimAccepted,
    ClaimEnded,
    ClaimKind,
    ClaimRefuted,
    ClaimSubmitted,
    ClaimUndecided,
    CommitteeDrawn,
    Verdict,
)
from runtime.pallets.upgrades.records import Live, Sums
from runtime.pallets.upgrades.reviews import sample
from runtime.primitives.hashing import blake2_256
from tests.pallets.oracle_world import of
from tests.pallets.upgrades_world import (
    ANNA,
    BERT,
    BOND,
    CARA,
    CHALLENGER,
    DORA,
    ERA,
    EVIDENCE,
    GAIN,
    KIND,
    NO,
    ORACLES,
    POINTS,
    PROVIDERS,
    REVIEW,
    RICH,
    YES,
    N,
    World,
    Y,
)
from tests.support.bench import account


@pytest.fixture
def world() -> World:
    return World()


def test_req_17_an_attested_claim_adds_points_that_fall_to_nothing(world: World) -> None:
    claim = world.submit()
    assert world.happened()[-1] == ClaimSubmitted(claim, ANNA, KIND, GAIN, EVIDENCE)
    assert (world.held(ANNA), world.upgrades.points_of(ANNA)) == (BOND, 0)
    found = world.pass_blocks(2)
    (drawn,) = of(CommitteeDrawn, found)
    assert drawn == CommitteeDrawn(claim, Cause.SUBMITTED, world.committee(claim), 3 + REVIEW)
    assert len({*world.committee(claim)} & {*ORACLES}) == 5
    assert world.decide(claim, Y, Y, Y, Y, N)[-1] == ClaimAccepted(claim, ANNA, POINTS)
    start = world.upgrades.era()
    for passed in (0, 1, 73, 364, 365, 400):
        world.jump(start + passed)
        expected = POINTS * max(365 - passed, 0) // 365
        assert world.upgrades.points_of(ANNA) == expected
        assert abs(world.upgrades.total_points() - expected) <= 1
    assert world.upgrades.points_of(BERT) == 0


def test_req_17_a_rejected_claim_costs_its_bond_and_half_the_reputation(world: World) -> None:
    claim = world.submit()
    world.pass_blocks(2)
    issued = world.token.total_issuance
    found = world.decide(claim, N, N, N, N, None)
    assert found[-1] == ClaimRefuted(claim, ANNA, BOND, 0)
    assert issued - world.token.total_issuance == BOND
    assert (world.held(ANNA), world.known[ANNA].discredited) == (0, 1)
    assert world.upgrades.claims.get(claim) is None
    world.submit()


def test_req_22_an_energy_gain_raises_infrastructure_points_by_baseline_and_gain(
    world: World,
) -> None:
    world.accept(ANNA, ClaimKind.COOLING)
    world.accept(ANNA, ClaimKind.EFFICIENCY)
    world.accept(BERT, ClaimKind.NETWORK)
    era = world.upgrades.era()
    both = sum(
        live.points_at(era)
        for _, one in world.upgrades.claims.items()
        if (live := one.live) and one.provider == ANNA
    )
    assert both <= world.upgrades.points_of(ANNA) <= both + 1
    assert both > POINTS
    assert world.upgrades.points_of(BERT) == POINTS // 2, "capacity is paid already"


def test_the_wrong_side_and_the_silent_pay_and_the_right_side_earns(world: World) -> None:
    claim = world.submit()
    world.pass_blocks(2)
    first, *right, wrong = world.committee(claim)
    world.decide(claim, Y, Y, Y, Y, N)
    assert world.slashed == [(wrong, 10_000_000)]
    assert world.credited == [first, *right]
    other = world.submit(BERT)
    world.pass_blocks(2)
    silent = world.committee(other)[4]
    world.slashed.clear()
    world.decide(other, N, N, N, N, None)
    assert world.slashed == [(silent, 5_000_000)]


@pytest.mark.parametrize("verdicts", [(Y, Y, Y, N, N), (N, N, N, Y, None), (None,) * 5])
def test_without_four_equal_verdicts_a_claim_lapses_and_costs_nothing(
    world: World, verdicts: tuple[Verdict | None, ...]
) -> None:
    claim = world.submit()
    world.pass_blocks(2)
    found = world.decide(claim, *verdicts)
    assert of(ClaimUndecided, found) == [ClaimUndecided(claim)]
    assert (world.held(ANNA), world.token.free(ANNA)) == (0, RICH)
    assert world.credited == []
    assert {part for _, part in world.slashed} <= {5_000_000}


def test_a_challenger_of_a_false_claim_has_half_of_its_bond(world: World) -> None:
    claim = world.submit()
    world.call(world.upgrades.challenge_claim, Signed(CHALLENGER), claim)
    world.pass_blocks(2)
    found = world.decide(claim, *NO)
    assert found[-1] == ClaimRefuted(claim, ANNA, BOND // 2, BOND // 2)
    assert (world.held(CHALLENGER), world.token.free(CHALLENGER)) == (0, RICH + BOND // 2)


def test_a_challenger_of_a_genuine_claim_loses_its_bond(world: World) -> None:
    claim = world.accept()
    world.call(world.upgrades.challenge_claim, Signed(CHALLENGER), claim)
    before = world.upgrades.points_of(ANNA)
    assert before > 0, "it counts while it is looked at"
    found = world.pass_blocks(2)
    assert of(CommitteeDrawn, found)
    found = world.decide(claim, *YES)
    assert of(ChallengeFailed, found) == [ChallengeFailed(claim, CHALLENGER, BOND // 2, BOND // 2)]
    assert (world.held(CHALLENGER), world.token.free(CHALLENGER)) == (0, RICH - BOND)
    assert world.token.free(ANNA) == RICH - BOND + BOND // 2
    assert world.upgrades.claims[claim].live is not None


def test_an_accepted_claim_that_is_found_false_later_counts_no_more(world: World) -> None:
    claim, other = world.accept(), world.accept(BERT)
    world.call(world.upgrades.challenge_claim, Signed(CHALLENGER), claim)
    world.pass_blocks(2)
    world.decide(claim, *NO)
    assert world.upgrades.points_of(ANNA) == 0
    assert dict(world.upgrades.live.items()) == {0: other}


def test_an_undecided_challenge_changes_nothing(world: World) -> None:
    claim = world.accept()
    world.call(world.upgrades.challenge_claim, Signed(CHALLENGER), claim)
    world.pass_blocks(2)
    world.decide(claim, Y, Y, N, N, N)
    assert (world.held(CHALLENGER), world.held(ANNA)) == (0, BOND)
    assert world.upgrades.points_of(ANNA) > 0


def without_audits(world: World) -> upgrades.Config:
    """Draw no audits from now on; return the constants that do."""
    config = world.upgrades.config
    world.upgrades.config = replace(config, audit_percent=0)
    return config


def test_a_twentieth_of_the_accepted_claims_is_audited_in_each_era(world: World) -> None:
    config = without_audits(world)
    claims = [world.accept(who, kind) for who in PROVIDERS for kind in ClaimKind]
    world.upgrades.config = config
    found: list[object] = []
    for _ in range(5):
        world.jump(world.upgrades.era() + 1)
        found += world.pass_blocks(ERA - 1)
    audited = of(AuditDrawn, found)
    assert 5 <= len(audited) <= 10, "two of twenty-four in each of five eras, unless drawn twice"
    assert {one.claim for one in audited} <= {*claims}
    refuted = audited[0].claim
    review = world.upgrades.claims[refuted].review
    assert review is not None
    assert (review.cause, review.challenger) == (Cause.AUDITED, None)
    world.decide(refuted, *NO)
    assert world.upgrades.claims.get(refuted) is None


def test_what_nobody_finalises_is_decided_by_itself(world: World) -> None:
    """Who claimed what is false has no reason to finalise it, and nobody else may care."""
    old = world.accept()
    world.call(world.upgrades.challenge_claim, Signed(CHALLENGER), old)
    new = world.submit(BERT)
    world.pass_blocks(2)
    for claim in (old, new):
        world.attest(claim, *NO)
    found = world.pass_blocks(REVIEW)
    assert of(ClaimRefuted, found) == [
        ClaimRefuted(old, ANNA, BOND // 2, BOND // 2),
        ClaimRefuted(new, BERT, BOND, 0),
    ]
    assert (world.upgrades.claim_count, world.upgrades.due_head) == (0, world.upgrades.due_tail)


def test_a_provider_that_changes_its_group_takes_its_points_along(world: World) -> None:
    first, second = account(50), account(51)
    for group in (first, second, None):
        world.known[ANNA].group = group
        world.accept(ANNA, list(ClaimKind)[3 - [first, second, None].index(group)])
        groups = dict(world.upgrades.group_sums.items())
        assert [*groups] == ([] if group is None else [group])
    assert world.upgrades.points_of(ANNA) > 0


def test_a_claim_ends_by_itself_when_nothing_is_left_of_it(world: World) -> None:
    claim = world.accept()
    live = world.upgrades.claims[claim].live
    assert live is not None
    without_audits(world)
    world.jump(live.since + 365)
    assert of(ClaimEnded, world.pass_blocks(1)) == [ClaimEnded(claim, ANNA)]
    assert (world.held(ANNA), world.token.free(ANNA)) == (0, RICH)


def test_a_group_counts_at_most_a_fifth_of_all(world: World) -> None:
    group = account(50)
    world.known[ANNA].group = world.known[BERT].group = group
    for who in (ANNA, BERT, CARA, DORA):
        world.accept(who)
    era = world.upgrades.era()
    lives = {one.provider: one.live for _, one in world.upgrades.claims.items() if one.live}
    others = sum(lives[who].points_at(era) for who in (CARA, DORA))
    grouped = sum(world.upgrades.points_of(who) for who in (ANNA, BERT))
    assert abs(grouped - others // 4) <= 2
    assert 5 * grouped <= grouped + others
    assert world.upgrades.points_of(CARA) == lives[CARA].points_at(era)


def test_every_oracle_is_drawn_about_as_often_as_another() -> None:
    counts = dict.fromkeys(ORACLES, 0)
    for number in range(3_000):
        drawn = sample(ORACLES, 5, blake2_256(b"%d" % number))
        assert len({*drawn}) == 5
        for who in drawn:
            counts[who] += 1
    expected = 3_000 * 5 / len(ORACLES)
    assert all(abs(count - expected) < expected / 10 for count in counts.values())


@given(
    claims=st.lists(st.tuples(st.integers(0, 10**15), st.integers(0, 300)), max_size=12),
    era=st.integers(300, 700),
)
def test_the_sums_are_those_of_the_claims_within_one_unit_each(
    claims: list[tuple[int, int]], era: int
) -> None:
    lives = [Live(points, since, 0) for points, since in claims]
    kept = [live for live in lives if not live.has_ended(era)]
    sums = Sums(0, 0)
    for live in lives:
        sums = sums.plus(live.sums)
    for live in lives:
        if live not in kept:
            sums = sums.minus(live.sums)
    exact = sum(live.points_at(era) for live in kept)
    assert exact <= sums.at(era) <= exact + len(kept)
