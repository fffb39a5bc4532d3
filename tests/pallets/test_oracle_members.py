"""Members of the oracle: seals, faults, jail, seats and bonds."""

from dataclasses import replace

import pytest

from runtime.frame import BadOrigin, Root, Signed
from runtime.pallets.oracle import (
    Error,
    Fault,
    Faulted,
    Jailed,
    MemberRemoved,
    MemberStatus,
    Slashed,
    seal,
)
from runtime.primitives.types import UNIT
from tests.pallets.oracle_world import (
    BLOCK_MS,
    BOND,
    EPOCH,
    ERA,
    ONE,
    REGISTRY,
    RICH,
    ROUND,
    SALT,
    STRANGER,
    TREASURY,
    OracleWorld,
    of,
)
from tests.support.bench import account


@pytest.fixture
def world() -> OracleWorld:
    return OracleWorld()


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


def test_attack_of_leaving_jail_by_taking_the_bond_out_and_joining_again(
    world: OracleWorld,
) -> None:
    """What a member has on hold changes who it is in no way: its time in jail is its own."""
    anna = world.people[0]
    world.oracle.slash(anna, 600_000_000)
    jailed = world.oracle.member[anna]
    assert jailed.jailed_until == world.context.number + ERA
    world.call(world.oracle.unbond, Signed(anna), jailed.bond)
    assert world.oracle.member[anna].status is MemberStatus.APPROVED
    world.context.number += ERA - 1
    with world.refuses(Error.STILL_JAILED):
        world.call(world.oracle.join, Signed(anna), BOND)
    assert anna not in world.oracle.members()
    world.context.number += 1
    world.call(world.oracle.join, Signed(anna), BOND)
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
