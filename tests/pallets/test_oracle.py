"""The oracle: rounds, medians, what halts them, what they pay, and what a bad report costs."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.frame import BadOrigin, Root, Signed
from runtime.pallets.oracle import (
    Claimed,
    Error,
    Fault,
    Faulted,
    FeedUnhealthy,
    FeedUpdated,
    Jailed,
    MemberRemoved,
    MemberStatus,
    RoundPaid,
    Slashed,
    formulas,
    seal,
)
from runtime.primitives.types import UNIT
from tests.pallets.oracle_world import (
    BLOCK_MS,
    BOND,
    CONFIG,
    EPOCH,
    ERA,
    LEAST,
    ONE,
    POT,
    REGISTRY,
    RICH,
    ROUND,
    SALT,
    STRANGER,
    TREASURY,
    OracleWorld,
    noisy,
    of,
)
from tests.support.bench import account


@pytest.fixture
def world() -> OracleWorld:
    return OracleWorld()


def test_a_round_goes_from_sealed_reports_to_a_value(world: OracleWorld) -> None:
    found = world.play_all([ONE, ONE + 1, ONE + 2, ONE + 3, ONE + 4, ONE + 5, ONE + 6])
    assert of(FeedUpdated, found) == [FeedUpdated(0, 0, ONE + 3, ONE + 3, 7)]
    assert world.oracle.value(0) == (ONE + 3, 2 * ROUND)
    assert world.oracle.is_healthy(0)
    assert dict(world.oracle.entries.items()) == {}


def test_req_54_accurate_reports_are_paid_out_of_the_pot_and_others_get_nothing(
    world: OracleWorld,
) -> None:
    off = ONE * 103 // 100
    found = world.play_all([ONE] * 5 + [off])
    budget = (RICH - LEAST) * ROUND // ERA
    assert of(RoundPaid, found) == [RoundPaid(0, 5, budget // 5 * 5)]
    *paid, wrong, silent = world.people
    assert {world.oracle.member[who].earned for who in paid} == {budget // 5}
    assert [world.oracle.member[who].earned for who in (wrong, silent)] == [0, 0]
    world.call(world.oracle.claim, Signed(STRANGER), paid[0])
    assert world.happened()[-1] == Claimed(paid[0], budget // 5)
    assert world.token.free(paid[0]) == RICH - BOND + budget // 5
    for who in (paid[0], wrong, STRANGER):
        with world.refuses(Error.NOTHING_EARNED):
            world.call(world.oracle.claim, Signed(STRANGER), who)


def test_money_that_arrives_at_once_is_paid_over_an_era(world: OracleWorld) -> None:
    before = world.token.free(POT)
    for _ in range(4):
        world.play_all([ONE] * 7)
    share = world.oracle.owed / before
    assert 0.18 < share < 0.20, "four rounds of an era of twenty, of what is left each time"


@pytest.mark.parametrize("members", [7, 11, 21])
def test_the_error_table_of_the_design(members: int) -> None:
    """Section 9.6: a third of liars moves the value by 1.2 % at most; more halt the feed."""
    die, third = Random(members), members // 3
    for liars, halts in ((third, False), (members // 2, True)):
        world = OracleWorld(members)
        for _ in range(3):
            honest = [noisy(die, ONE) for _ in range(members - liars)]
            found = world.play_all([3 * ONE] * liars + honest)
            assert bool(of(FeedUnhealthy, found)) is halts
            for who in world.people[:liars]:  # who lies is slashed, and comes again all the same
                if not halts:
                    reset(world, who)
        value = world.oracle.value(0)
        if halts:
            assert value is None
        else:
            assert value is not None
            assert abs(value[0] - ONE) * 1000 <= 12 * ONE


def reset(world: OracleWorld, who: bytes) -> None:
    """Forget that a member was far off, so that the attack goes on."""
    world.oracle.member[who] = replace(world.oracle.member[who], outlier_rounds=())


@given(
    honest=st.lists(st.integers(995_000, 1_005_000), min_size=5, max_size=14),
    lies=st.lists(st.integers(1, 10**9), max_size=7),
)
@settings(max_examples=200)
def test_a_third_of_liars_cannot_move_the_median_out_of_the_honest_reports(
    honest: list[int], lies: list[int]
) -> None:
    values = [*honest, *lies[: len(honest) // 2]]
    outcome = formulas.outcome_of(values, 21)
    assert outcome.is_healthy
    assert min(honest) <= outcome.median <= max(honest)


@given(values=st.lists(st.integers(1, 10**27), max_size=21), members=st.integers(0, 21))
def test_a_healthy_round_has_members_reports_and_agreement(values: list[int], members: int) -> None:
    outcome = formulas.outcome_of(values, members)
    near = [value for value in values if abs(value - outcome.median) * 50 <= outcome.median]
    assert outcome.agreeing == len(near)
    wanted = members >= 7 and len(values) >= 5 and 3 * len(near) >= 2 * len(values)
    assert outcome.is_healthy is wanted
    if values:
        assert sum(value <= outcome.median for value in values) * 2 >= len(values)
        assert outcome.median in values


@given(last=st.integers(1, 10**27), median=st.integers(1, 10**27))
def test_a_value_moves_by_a_twentieth_at_most_and_always_toward_the_median(
    last: int, median: int
) -> None:
    moved = formulas.clamped(median, last)
    assert abs(moved - last) <= max(last // 20, 1)
    assert min(last, median) <= moved <= max(last, median)
    assert moved != last or median == last


def test_fewer_than_five_reports_or_seven_members_are_no_value(world: OracleWorld) -> None:
    assert of(FeedUnhealthy, world.play_all([ONE] * 4)) == [FeedUnhealthy(0, 0, 4, 4)]
    world.call(world.oracle.unbond, Signed(world.people[6]), BOND)
    found = world.play_all([ONE] * 6)
    assert of(FeedUnhealthy, found) == [FeedUnhealthy(0, 2, 6, 6)]
    assert (world.oracle.value(0), world.oracle.twap(0)) == (None, None)


def test_a_feed_that_does_not_agree_holds_its_value_until_it_is_stale(world: OracleWorld) -> None:
    world.play_all([ONE] * 7)
    found = world.play_all([ONE] * 4 + [2 * ONE] * 3)
    assert of(FeedUnhealthy, found) == [FeedUnhealthy(0, 2, 7, 4)]
    assert (world.oracle.value(0), world.oracle.is_healthy(0)) == ((ONE, 2 * ROUND), False)
    assert of(Slashed, found) == [], "nobody is far off a median that was not accepted"
    world.context.number = 2 * ROUND + 6 * EPOCH
    assert world.oracle.value(0) == (ONE, 2 * ROUND)
    world.context.number += 1
    assert (world.oracle.value(0), world.oracle.twap(0)) == (None, None)


def test_a_jump_is_taken_in_steps_and_the_average_lags_behind(world: OracleWorld) -> None:
    world.play_all([ONE] * 7)
    for step in range(1, 4):
        world.play_all([2 * ONE] * 7)
        assert world.oracle.value(0) is not None
        value, _ = world.oracle.value(0) or (0, 0)
        assert value == ONE * 105**step // 100**step
    average = world.oracle.twap(0)
    expected = (ONE + ONE * 105 // 100 + ONE * 105**2 // 100**2) // 3
    assert average == expected, "each value held for as long as the others"


def test_the_average_forgets_what_is_older_than_its_window(world: OracleWorld) -> None:
    world.play_all([ONE] * 7)
    for _ in range(26):  # more than the 24 epochs of 40 blocks
        world.play_all([ONE * 105 // 100] * 7)
    assert world.oracle.twap(0) == ONE * 105 // 100
    assert len(world.oracle.snapshots[0]) <= 26


# ------------------------------------------------------------------------------ cheating reports


def test_a_copied_seal_is_worth_nothing_to_who_copied_it(world: OracleWorld) -> None:
    """Slot theft: a commitment binds its account, its feed and its round."""
    anna, bert = world.people[:2]
    report = world.report(ONE)
    sealed = seal(report, SALT, anna, 0, 0)
    for who in (anna, bert):
        world.call(world.oracle.commit, Signed(who), 0, 0, sealed)
    world.next_round()
    world.reveal(anna, report)
    with world.refuses(Error.WRONG_SEAL):
        world.reveal(bert, report)
    places = [(who, feed, round_) for who in (anna, bert) for feed in (0, 1) for round_ in (0, 1)]
    assert len({seal(report, SALT, *place) for place in places}) == len(places)


def test_a_report_is_shown_once_in_its_own_round_by_its_own_member(world: OracleWorld) -> None:
    anna, bert = world.people[:2]
    report = world.report(ONE)
    world.commit(anna, report)
    with world.refuses(Error.ALREADY_COMMITTED):
        world.commit(anna, report)
    with world.refuses(Error.NOT_COMMITTED):
        world.reveal(anna, report)
    world.next_round()
    with world.refuses(Error.WRONG_ROUND):
        world.call(world.oracle.commit, Signed(bert), 0, 0, SALT)
    with world.refuses(Error.NOT_COMMITTED):
        world.reveal(bert, report)
    with world.refuses(Error.WRONG_SEAL):
        world.reveal(anna, replace(report, value=ONE + 1))
    world.reveal(anna, report)
    with world.refuses(Error.ALREADY_REVEALED):
        world.reveal(anna, report)
    world.next_round()
    with world.refuses(Error.NOT_COMMITTED):
        world.reveal(anna, report)


@pytest.mark.parametrize(
    ("value", "age", "error"),
    [
        (0, 0, Error.VALUE_OUT_OF_RANGE),
        (10**27 + 1, 0, Error.VALUE_OUT_OF_RANGE),
        (ONE, -ROUND * BLOCK_MS - 1, Error.FROM_THE_FUTURE),
        (ONE, 6 * EPOCH * BLOCK_MS, Error.TOO_OLD),
    ],
)
def test_req_d5_a_report_has_a_time_that_was_and_is_not_long_ago(
    world: OracleWorld, value: int, age: int, error: Error
) -> None:
    anna = world.people[0]
    world.skip(7 * EPOCH)
    report = world.report(value, age)
    world.commit(anna, report)
    world.next_round()
    with world.refuses(error):
        world.reveal(anna, report)


def test_who_does_not_show_what_it_sealed_pays_half_a_percent(world: OracleWorld) -> None:
    anna, *others = world.people
    world.commit(anna, world.report(ONE))
    world.next_round()
    found = world.next_round()
    lost = BOND // 200
    assert of(Faulted, found) == [Faulted(anna, Fault.NOT_REVEALED, 0, 0)]
    assert of(Slashed, found) == [Slashed(anna, lost, lost // 2)]
    assert (world.held(anna), world.token.free(TREASURY)) == (BOND - lost, RICH + lost // 2)
    assert {world.held(who) for who in others} == {BOND}


def test_who_is_far_off_pays_two_percent_and_the_third_time_its_seat(world: OracleWorld) -> None:
    liar = world.people[0]
    left = BOND
    for turn in range(3):
        found = world.play_all([ONE * 12 // 10] + [ONE] * 6)
        left -= left // 50
        assert world.held(liar) == left
        assert of(Faulted, found) == [Faulted(liar, Fault.OUTLIER, 0, 2 * turn)]
    assert of(MemberRemoved, found) == [MemberRemoved(liar)]
    assert (liar in world.oracle.members(), len(world.oracle.seats)) == (False, 6)
    with world.refuses(Error.NOT_ACTIVE):
        world.commit(liar, world.report(ONE))
    with world.refuses(Error.NOTHING_DUE):
        world.call(world.oracle.withdraw_unbonded, Signed(liar))
    world.context.number += 28 * ERA
    world.call(world.oracle.withdraw_unbonded, Signed(liar))
    assert (world.held(liar), world.oracle.member.get(liar)) == (0, None)


def test_outliers_of_long_ago_are_forgotten(world: OracleWorld) -> None:
    liar = world.people[0]
    for _ in range(2):
        world.play_all([ONE * 12 // 10] + [ONE] * 6)
    world.skip(30 * ERA)
    world.play_all([ONE * 12 // 10] + [ONE] * 6)
    assert liar in world.oracle.seats
    assert len(world.oracle.member[liar].outlier_rounds) == 1


def test_who_is_silent_for_twelve_rounds_is_jailed_and_may_return(world: OracleWorld) -> None:
    silent = world.people[6]
    for turn in range(6):  # each play is two rounds, of which one has no reports at all
        assert silent in world.oracle.members(), turn
        found = world.play_all([ONE] * 6)
    jailed = of(Jailed, found + world.next_round())
    assert jailed == [Jailed(silent, world.context.number + ERA)]
    assert silent not in world.oracle.members()
    with world.refuses(Error.NOT_ACTIVE):
        world.commit(silent, world.report(ONE))
    with world.refuses(Error.STILL_JAILED):
        world.call(world.oracle.unjail, Signed(silent))
    world.skip(ERA)
    world.call(world.oracle.unjail, Signed(silent))
    assert silent in world.oracle.members()
    with world.refuses(Error.NOT_JAILED):
        world.call(world.oracle.unjail, Signed(silent))


def test_without_feeds_nobody_is_silent() -> None:
    world = OracleWorld(feeds=0)
    for _ in range(14):
        world.next_round()
    assert len(world.oracle.members()) == 7


def test_a_bond_worn_thin_is_jailed_until_it_is_filled(world: OracleWorld) -> None:
    anna = world.people[0]
    world.oracle.slash(anna, 600_000_000)
    assert world.oracle.member[anna].status is MemberStatus.JAILED
    world.context.number += ERA
    with world.refuses(Error.BOND_TOO_LOW):
        world.call(world.oracle.unjail, Signed(anna))
    world.call(world.oracle.bond_extra, Signed(anna), 600 * UNIT)
    world.call(world.oracle.unjail, Signed(anna))
    assert anna in world.oracle.members()


def test_leaving_does_not_save_a_bond_from_a_slash(world: OracleWorld) -> None:
    anna = world.people[0]
    world.commit(anna, world.report(ONE))
    world.call(world.oracle.unbond, Signed(anna), BOND)
    assert anna not in world.oracle.members()
    world.next_round()
    world.next_round()
    assert world.held(anna) == BOND - BOND // 200


# ------------------------------------------------------------------------------ seats and feeds


def test_seats_are_given_and_taken_by_the_registry_track_alone() -> None:
    world = OracleWorld(members=21)
    who = account(500)
    for method, arguments in (
        (world.oracle.add_member, (who,)),
        (world.oracle.remove_member, (world.people[0],)),
        (world.oracle.add_feed, (b"x", 0)),
        (world.oracle.remove_feed, (0,)),
    ):
        with world.refuses(BadOrigin.BAD_ORIGIN):
            world.call(method, Signed(STRANGER), *arguments)
    with world.refuses(Error.TOO_MANY_MEMBERS):
        world.call(world.oracle.add_member, Root(), who)
    with world.refuses(Error.ALREADY_MEMBER):
        world.call(world.oracle.add_member, Root(), world.people[0])
    world.call(world.oracle.remove_member, REGISTRY, world.people[0])
    with world.refuses(Error.NOT_MEMBER):
        world.call(world.oracle.remove_member, REGISTRY, world.people[0])
    world.call(world.oracle.add_member, REGISTRY, world.people[0])
    world.call(world.oracle.join, Signed(world.people[0]), BOND)
    assert world.held(world.people[0]) == 2 * BOND


def test_a_member_joins_once_with_enough_and_takes_it_out_again(world: OracleWorld) -> None:
    anna = world.people[0]
    with world.refuses(Error.NOT_MEMBER):
        world.call(world.oracle.join, Signed(STRANGER), BOND)
    with world.refuses(Error.ALREADY_JOINED):
        world.call(world.oracle.join, Signed(anna), BOND)
    with world.refuses(Error.BOND_TOO_LOW):
        world.call(world.oracle.unbond, Signed(anna), 1)
    with world.refuses(Error.ZERO_AMOUNT):
        world.call(world.oracle.unbond, Signed(anna), 0)
    with world.refuses(Error.ZERO_AMOUNT):
        world.call(world.oracle.bond_extra, Signed(anna), 0)
    world.call(world.oracle.bond_extra, Signed(anna), 9 * UNIT)
    for part in range(8):
        world.call(world.oracle.unbond, Signed(anna), UNIT)
        world.skip(ERA)
        assert len(world.oracle.member[anna].unbonding) == part + 1
    with world.refuses(Error.TOO_MANY_CHUNKS):
        world.call(world.oracle.unbond, Signed(anna), UNIT)
    world.call(world.oracle.remove_member, REGISTRY, anna)
    assert len(world.oracle.member[anna].unbonding) == 8, "two withdrawals became one"
    world.context.number += 28 * ERA
    world.call(world.oracle.withdraw_unbonded, Signed(anna))
    assert (world.token.free(anna), world.held(anna)) == (RICH, 0)


def test_an_approved_member_without_a_bond_cannot_act(world: OracleWorld) -> None:
    who = STRANGER
    world.call(world.oracle.add_member, REGISTRY, who)
    with world.refuses(Error.BOND_TOO_LOW):
        world.call(world.oracle.join, Signed(who), BOND - 1)
    with world.refuses(Error.NOT_ACTIVE):
        world.call(world.oracle.bond_extra, Signed(who), UNIT)
    with world.refuses(Error.NOT_ACTIVE):
        world.commit(who, world.report(ONE))
    with world.refuses(Error.UNKNOWN_FEED):
        world.commit(world.people[0], world.report(ONE), feed=1)


def test_feeds_have_names_of_their_own_and_leave_nothing_behind(world: OracleWorld) -> None:
    with world.refuses(Error.FEED_EXISTS):
        world.call(world.oracle.add_feed, REGISTRY, b"feed 0", 6)
    for name, decimals in ((b"", 6), (b"x", 19)):
        with world.refuses(Error.INVALID_FEED):
            world.call(world.oracle.add_feed, REGISTRY, name, decimals)
    for number in range(1, 32):
        world.call(world.oracle.add_feed, REGISTRY, b"feed %d" % number, 6)
    with world.refuses(Error.TOO_MANY_FEEDS):
        world.call(world.oracle.add_feed, REGISTRY, b"more", 6)
    world.play_all([ONE] * 7)
    world.commit(world.people[0], world.report(ONE))
    world.next_round()
    world.commit(world.people[0], world.report(ONE))
    world.call(world.oracle.remove_feed, REGISTRY, 0)
    with world.refuses(Error.UNKNOWN_FEED):
        world.call(world.oracle.remove_feed, REGISTRY, 0)
    assert world.oracle.value(0) is None
    world.next_round()
    assert len(world.oracle.feed_ids) == 31


def test_a_full_round_is_closed_within_a_tenth_of_each_block() -> None:
    """21 members report 32 feeds, and each of them is punished in each block."""
    world = OracleWorld(members=21, feeds=32)
    for feed in range(32):
        for place, who in enumerate(world.people):
            if place < 14:
                world.commit(who, world.report(ONE), feed)
            else:
                world.call(world.oracle.commit, Signed(who), feed, 0, SALT)
    world.next_round()
    for feed in range(32):
        for who in world.people[:14]:
            world.reveal(who, replace(world.report(ONE), observed_at=BLOCK_MS), feed)
    world.blocks(ROUND - 1)
    for _ in range(4):
        world.context.events.clear()
        world.context.number += 1
        cost = world.oracle.on_initialize(world.context.number)
        assert cost.ref_time < 2 * 10**11
        assert len(of(FeedUpdated, world.happened())) == 8
    assert world.oracle.next_round == 1


def test_health_says_how_members_and_feeds_stand(world: OracleWorld) -> None:
    world.play_all([ONE] * 7)
    world.commit(world.people[0], world.report(ONE))
    health = world.oracle.health()
    assert (health.members, health.jailed, health.round) == (world.people, (), 2)
    (feed,) = health.feeds
    assert (feed.name, feed.value, feed.average) == (b"feed 0", ONE, ONE)
    assert (feed.is_healthy, feed.reports, feed.committed, feed.revealed) == (True, 7, 1, 0)


def test_a_short_epoch_does_not_make_every_report_stale() -> None:
    """Development chains have epochs of ten blocks, shorter than a round."""
    config = replace(CONFIG, epoch_blocks=10, epoch_milliseconds=30_000)
    assert config.stale_blocks == 120
    assert config.stale_milliseconds == 360_000
