"""Slashes of validators: they wait, can be cancelled, are divided, and add up to the planck."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.frame import BadOrigin, Root, Signed
from runtime.frame.offence import Equivocation, Exposure, OffenceDetails
from runtime.pallets.staking import (
    BONDING_ERAS,
    HISTORY_ERAS,
    SLASH_DEFER_ERAS,
    STAKE_UNIT,
    Error,
    SlashCancelled,
    SlashDivided,
    Slashed,
    SlashReported,
)
from runtime.pallets.staking.records import UnappliedSlash
from runtime.primitives.fixed import Perbill
from runtime.primitives.types import UNIT
from tests.pallets.offence_world import (
    AUTHOR,
    BOND,
    MINIMUM,
    STAKE,
    STRANGER,
    TREASURY,
    VALIDATORS,
    OffenceWorld,
)
from tests.pallets.staking_world import StakingWorld

OWED = Perbill(9 * 10**9 // 49).of(BOND)


@pytest.fixture
def world() -> OffenceWorld:
    return OffenceWorld()


def bond(world: OffenceWorld, who: bytes) -> tuple[int, int]:
    """Return what a staker has on hold, and what of it counts."""
    ledger = world.staking.ledger.get(who)
    return (0, 0) if ledger is None else (ledger.total, ledger.active)


def wait(world: OffenceWorld) -> None:
    """Let pass the eras until what was reported in this one is taken."""
    for _ in range(SLASH_DEFER_ERAS + 1):
        world.era()


def test_what_is_owed_stops_counting_at_once_and_is_taken_seven_eras_later(
    world: OffenceWorld,
) -> None:
    who = world.accounts[2]
    world.report(2)
    assert bond(world, who) == (BOND, BOND - OWED)
    for _ in range(SLASH_DEFER_ERAS):
        world.era()
    assert bond(world, who)[0] == BOND
    world.era()
    assert bond(world, who) == (BOND - OWED, BOND - OWED)
    assert Slashed(who, OWED) in world.happened()
    assert world.staking.unapplied_slashes[0] == ()


def test_half_is_burned_and_of_the_rest_a_twentieth_is_the_reporters(world: OffenceWorld) -> None:
    before = world.money.total_issuance
    world.report(2)
    wait(world)
    rest = OWED - OWED // 2
    reward = rest // 20
    assert world.money.free(AUTHOR) == MINIMUM + reward
    assert world.money.free(TREASURY) == MINIMUM + rest - reward
    assert world.money.total_issuance == before - OWED // 2
    assert SlashDivided(world.accounts[2], OWED, rest - reward, reward) in world.happened()


def test_where_nobody_is_to_be_paid_the_treasury_gets_all_that_is_not_burned(
    world: OffenceWorld,
) -> None:
    proof = OffenceDetails((world.accounts[2], Exposure(BOND, BOND)), ())
    world.staking.stakers.on_offence((proof,), Perbill.from_percent(10), 0)
    wait(world)
    assert world.money.free(TREASURY) == MINIMUM + BOND // 20


def test_a_reward_that_would_be_dust_goes_to_the_treasury(world: OffenceWorld) -> None:
    proof = OffenceDetails((world.accounts[2], Exposure(BOND, BOND)), (STRANGER,))
    world.staking.stakers.on_offence((proof,), Perbill(10), 0)
    wait(world)
    assert world.money.free(STRANGER) == 0
    assert world.money.free(TREASURY) == MINIMUM + 10 * BOND // 10**9 // 2


def test_of_one_era_only_the_gravest_offence_costs(world: OffenceWorld) -> None:
    world.report(2)
    world.report(2, world.slot + 1)
    assert bond(world, world.accounts[2])[1] == BOND - OWED
    world.report(3, world.slot + 1)
    more = Perbill(36 * 10**9 // 49).of(BOND)
    assert bond(world, world.accounts[2])[1] == BOND - more
    waiting = {slash.validator: slash.own for slash in world.staking.unapplied_slashes[0]}
    assert waiting == {world.accounts[2]: more, world.accounts[3]: more}


def test_offences_of_two_eras_cost_twice_and_never_more_than_there_is(world: OffenceWorld) -> None:
    who = world.accounts[2]
    details = OffenceDetails((who, Exposure(BOND, BOND)), (AUTHOR,))
    for left in (BOND * 4 // 10, 0, 0):
        session = world.session.current_index
        world.staking.stakers.on_offence((details,), Perbill.from_percent(60), session)
        assert bond(world, who) == (BOND, left)
        world.era()
    wait(world)
    assert bond(world, who) == (0, 0)


def test_who_has_no_stake_left_loses_its_place(world: OffenceWorld) -> None:
    for number in (1, 2, 3):
        world.report(number)
    assert world.stake(2) == 0
    world.epoch()
    world.epoch()
    seated = [who for who in world.accounts if who in world.session.validators]
    assert seated == [world.accounts[number] for number in (0, 4, 5, 6)]


def test_a_slash_can_be_cancelled_while_it_waits(world: OffenceWorld) -> None:
    world.report(2)
    world.report(3)
    both = world.staking.unapplied_slashes[0]
    assert [slash.validator for slash in both] == [world.accounts[2], world.accounts[3]]
    world.call(world.staking.cancel_deferred_slash, Root(), 0, (0,))
    assert world.staking.unapplied_slashes[0] == (both[1],)
    assert SlashCancelled(world.accounts[2], both[0].own, 0) in world.happened()
    assert (world.stake(2), world.stake(3) < STAKE) == (STAKE, True)
    wait(world)
    assert bond(world, world.accounts[2]) == (BOND, BOND)


def test_only_a_referendum_cancels_and_names_places_that_are_there(world: OffenceWorld) -> None:
    cancel = world.staking.cancel_deferred_slash
    world.report(2)
    with world.refuses(BadOrigin.BAD_ORIGIN):
        world.call(cancel, Signed(world.accounts[2]), 0, (0,))
    for places, error in (
        ((), Error.EMPTY_TARGETS),
        ((0, 0), Error.NOT_SORTED_AND_UNIQUE),
        ((1, 0), Error.NOT_SORTED_AND_UNIQUE),
        ((1,), Error.INVALID_SLASH_INDEX),
    ):
        with world.refuses(error):
            world.call(cancel, Root(), 0, places)
    with world.refuses(Error.INVALID_SLASH_INDEX):
        world.call(cancel, Root(), 1, (0,))


def test_a_late_report_is_taken_at_once(world: OffenceWorld) -> None:
    details = OffenceDetails((world.accounts[2], Exposure(BOND, BOND)), (AUTHOR,))
    wait(world)
    world.context.events.clear()
    world.staking.stakers.on_offence((details,), Perbill.from_percent(10), 0)
    assert bond(world, world.accounts[2]) == (BOND * 9 // 10, BOND * 9 // 10)
    assert SlashReported(world.accounts[2], Perbill.from_percent(10).parts, 0) in world.happened()


def test_slashes_wait_no_longer_where_eras_are_shorter_than_sessions() -> None:
    world = OffenceWorld()
    world.report(2)
    world.context.number += 6 * (BONDING_ERAS + 3)
    world.era()
    assert bond(world, world.accounts[2]) == (BOND - OWED, BOND - OWED)
    assert len(world.staking.bonded_eras) == 1


MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("offend"), st.integers(0, VALIDATORS - 1), st.integers(0, 2)),
        st.tuples(st.just("era"), st.integers(1, 5), st.just(0)),
        st.tuples(st.just("cancel"), st.integers(0, 3), st.just(0)),
    ),
    max_size=10,
)


@settings(max_examples=12, deadline=None)
@given(moves=MOVES)
def test_whatever_happens_no_planck_is_lost_or_made(moves: list[tuple[str, int, int]]) -> None:
    """Issuance falls by what was burned alone, and bonds by what was taken alone."""
    world = OffenceWorld()
    issued, burned, taken = world.money.total_issuance, 0, 0
    for move, n, back in moves:
        if move == "offend":
            offend(world, n, world.slot - back)
        elif move == "cancel":
            cancel_first(world, n)
        for _ in range(n if move == "era" else 0):
            world.era(author=free_author(world))
            for event in world.happened():
                if isinstance(event, SlashDivided):
                    taken += event.amount
                    burned += event.amount - event.treasury - event.reporter
    held = sum(bond.total for _, bond in world.staking.ledger.items())
    assert held == VALIDATORS * BOND - taken
    assert world.money.total_issuance == issued - burned
    assert burned * 2 <= taken
    for pallet in world.pallets:
        pallet.try_state()


def free_author(world: OffenceWorld) -> int:
    places = range(len(world.session.validators))
    return next(place for place in places if place not in world.session.disabled())


def offend(world: OffenceWorld, number: int, slot: int) -> None:
    who = world.accounts[number]
    session = world.session.current_index
    exposure = world.staking.stakers.exposure(who)
    time_slot = slot.to_bytes(8, "little")
    offence = Equivocation(b"babe:equivocatio", time_slot, session, VALIDATORS, (who, exposure))
    is_new = not world.offences.is_known_offence(offence)
    assert world.offences.report_offence(AUTHOR, offence) == is_new


def cancel_first(world: OffenceWorld, back: int) -> None:
    era = max(world.staking.era() - back, 0)
    if world.staking.unapplied_slashes[era]:
        world.call(world.staking.cancel_deferred_slash, Root(), era, (0,))


# those who stand behind an offender


@pytest.fixture
def backed() -> StakingWorld:
    """Give the third validator two nominators, from era 1 on."""
    world = StakingWorld(people=3)
    world.nominator(world.people[0], 400 * UNIT, world.accounts[2])
    world.nominator(world.people[1], 600 * UNIT, world.accounts[2])
    world.era()
    return world


def taken(world: StakingWorld) -> None:
    """Let pass the eras until nominators have paid as well."""
    world.eras(SLASH_DEFER_ERAS + 1)
    world.block()


def test_nominators_lose_the_same_part_as_the_validator_they_stand_behind(
    backed: StakingWorld,
) -> None:
    anna, bert, _ = backed.people
    issued = backed.money.total_issuance
    backed.report(2)
    assert backed.stake(2) == 2 * STAKE - 2 * OWED // STAKE_UNIT - 1
    taken(backed)
    part = Perbill(9 * 10**9 // 49)
    lost = [part.of(400 * UNIT), part.of(600 * UNIT)]
    assert bond(backed, backed.accounts[2])[0] == BOND - OWED
    assert [bond(backed, who)[0] for who in (anna, bert)] == [
        400 * UNIT - lost[0],
        600 * UNIT - lost[1],
    ]
    assert issued - backed.money.total_issuance == sum(one // 2 for one in (OWED, *lost))
    assert backed.staking.collecting_range == (1, 1)


def test_what_was_taken_of_nominators_can_be_read_by_era_as_long_as_the_era(
    backed: StakingWorld,
) -> None:
    anna, bert, cara = backed.people
    backed.report(2)
    lost = backed.staking.nominator_slash_in_era
    assert lost.get((1, anna)) is None
    taken(backed)
    part = Perbill(9 * 10**9 // 49)
    assert [lost.get((1, who)) for who in (anna, bert, cara)] == [
        part.of(400 * UNIT),
        part.of(600 * UNIT),
        None,
    ]
    backed.eras(HISTORY_ERAS)
    for _ in range(HISTORY_ERAS):
        backed.block()
    assert [lost.get((1, who)) for who in (anna, bert)] == [None, None]


def test_a_slash_that_waits_names_what_each_nominator_owes(backed: StakingWorld) -> None:
    anna, bert, _ = backed.people
    backed.report(2)
    part = Perbill(9 * 10**9 // 49)
    others = ((bert, part.of(600 * UNIT)), (anna, part.of(400 * UNIT)))
    (slash,) = backed.staking.unapplied_slashes[1]
    half = [owed - owed // 2 for owed in (OWED, *(owed for _, owed in others))]
    assert slash == UnappliedSlash(
        backed.accounts[2], OWED, others, (AUTHOR,), sum(one // 20 for one in half)
    )
    before = backed.money.free(AUTHOR)
    taken(backed)
    assert backed.money.free(AUTHOR) == before + slash.payout


def test_a_graver_offence_raises_what_each_nominator_owes(backed: StakingWorld) -> None:
    backed.report(2)
    backed.report(2, backed.slot + 1)
    backed.report(3, backed.slot + 1)
    more = Perbill(36 * 10**9 // 49)
    slash = backed.staking.unapplied_slashes[1][0]
    assert dict(slash.others) == {
        who: more.of(amount * UNIT) for who, amount in zip(backed.people, (400, 600), strict=False)
    }
    assert slash.nominated == sum(dict(slash.others).values())


def test_whoever_does_not_stand_behind_the_offender_owes_nothing(backed: StakingWorld) -> None:
    backed.report(3)
    (slash,) = backed.staking.unapplied_slashes[1]
    assert (slash.validator, slash.others) == (backed.accounts[3], ())


def test_what_a_nominator_unbonded_after_the_offence_pays_and_what_left_before_does_not(
    backed: StakingWorld,
) -> None:
    anna, bert, _ = backed.people
    backed.report(2)
    for who in (anna, bert):
        backed.call(backed.staking.chill, Signed(who))
        backed.call(backed.staking.unbond, Signed(who), 1_000 * UNIT)
    taken(backed)
    part = Perbill(9 * 10**9 // 49)
    ledger = backed.staking.ledger[anna]
    left = 400 * UNIT - part.of(400 * UNIT)
    assert (ledger.total, ledger.active, ledger.unlocking[0].value) == (left, 0, left)
    # an offence of a later era finds nothing of theirs at stake
    assert backed.staking.ledgers.set_aside(bert, UNIT, backed.staking.era()) == 0


def test_a_graver_offence_of_the_era_costs_nominators_the_difference(backed: StakingWorld) -> None:
    anna = backed.people[0]
    backed.report(2)
    backed.report(2, backed.slot + 1)
    backed.report(3, backed.slot + 1)
    taken(backed)
    while backed.staking.collecting_range[0] < backed.staking.collecting_range[1]:
        backed.block()
    more = Perbill(36 * 10**9 // 49)
    assert bond(backed, anna)[0] == 400 * UNIT - more.of(400 * UNIT)


def test_a_cancelled_slash_costs_nominators_nothing(backed: StakingWorld) -> None:
    before = backed.stake(2)
    backed.report(2)
    backed.call(backed.staking.cancel_deferred_slash, Root(), 1, (0,))
    assert backed.stake(2) == before
    taken(backed)
    assert bond(backed, backed.people[0]) == (400 * UNIT, 400 * UNIT)
    assert bond(backed, backed.accounts[2]) == (BOND, BOND)


def test_a_validator_that_left_everything_behind_still_lets_its_nominators_pay(
    backed: StakingWorld,
) -> None:
    who, anna = backed.accounts[2], backed.people[0]
    details = OffenceDetails((who, Exposure(2 * BOND, BOND)), ())
    session = backed.session.current_index
    backed.staking.stakers.on_offence((details,), Perbill.from_percent(100), session)
    taken(backed)
    assert who not in backed.staking.ledger
    assert not backed.session.has_keys(who)
    assert anna not in backed.staking.ledger


def test_long_exposures_pay_a_page_in_each_block() -> None:
    world = StakingWorld(people=40)
    for who in world.people:
        world.nominator(who, 25 * UNIT, world.accounts[2])
    world.era()
    world.report(2)
    world.eras(SLASH_DEFER_ERAS + 1)
    # the validator itself and the first page, in the block that begins the era
    assert sum(isinstance(one, Slashed) for one in world.happened()) == 1 + 32
    world.block()
    assert sum(isinstance(one, Slashed) for one in world.happened()) == 8
    assert world.staking.collecting_range == (1, 1)


def test_offences_that_disable_nobody_only_cost(world: OffenceWorld) -> None:
    details = OffenceDetails((world.accounts[2], Exposure(BOND, BOND)), ())
    world.staking.stakers.on_offence((details,), Perbill.from_percent(1), 0, disables=False)
    assert world.session.disabled() == ()
    assert bond(world, world.accounts[2]) == (BOND, BOND * 99 // 100)
