"""Stakes, roles and elections: who counts, who is elected and seated, and how a stake leaves."""

from collections.abc import Callable

import pytest

from runtime.frame import BadOrigin, Root, Signed
from runtime.frame.fungible import HoldReason
from runtime.pallets.session import NewQueued
from runtime.pallets.staking import (
    UNLOCK_ERAS,
    Bonded,
    Chilled,
    Config,
    Error,
    Limits,
    Nominations,
    StakersElected,
    StakingElectionFailed,
    StakingLedger,
    ToAccount,
    ToBond,
    Unbonded,
    UnlockChunk,
    ValidatorPrefs,
    Withdrawn,
)
from runtime.pallets.staking.records import MAX_CHUNKS, MAX_WINNERS
from runtime.primitives.types import UNIT
from tests.pallets.offence_world import (
    BOND,
    EPOCH_SLOTS,
    ERA_BLOCKS,
    MINIMUM,
    POT,
    TREASURY,
    keys_of,
)
from tests.pallets.staking_world import STASH, StakingWorld


@pytest.fixture
def world() -> StakingWorld:
    return StakingWorld()


def test_req_44_a_stake_is_a_hold_on_its_owners_own_account(world: StakingWorld) -> None:
    anna = world.people[0]
    free = world.money.free(anna)
    world.bond(anna, 50 * UNIT)
    assert world.happened()[-1] == Bonded(anna, 50 * UNIT)
    world.call(world.staking.bond_extra, Signed(anna), 5 * UNIT)
    assert world.staking.ledger[anna] == StakingLedger(anna, 55 * UNIT, 55 * UNIT)
    assert world.staking.bonded[anna] == anna
    assert world.money.free(anna) == free - 55 * UNIT
    with world.refuses(Error.ALREADY_BONDED):
        world.bond(anna, UNIT)
    with world.refuses(Error.INSUFFICIENT_BOND):
        world.bond(world.people[1], MINIMUM - 1)


def test_whoever_has_no_stake_does_nothing_with_it(world: StakingWorld) -> None:
    who, staking = Signed(world.people[0]), world.staking
    calls: tuple[tuple[Callable[..., None], tuple[object, ...]], ...] = (
        (staking.bond_extra, (1,)),
        (staking.unbond, (1,)),
        (staking.rebond, (1,)),
        (staking.withdraw_unbonded, (0,)),
        (staking.validate, (ValidatorPrefs(),)),
        (staking.nominate, ((),)),
        (staking.chill, ()),
        (staking.set_payee, (STASH,)),
        (staking.chill_other, (world.people[0],)),
    )
    for method, arguments in calls:
        with world.refuses(Error.NOT_CONTROLLER):
            world.call(method, who, *arguments)


# how a stake leaves


def test_a_stake_leaves_once_offences_of_its_last_era_are_old(world: StakingWorld) -> None:
    anna = world.people[0]
    world.bond(anna, 50 * UNIT)
    world.call(world.staking.unbond, Signed(anna), 20 * UNIT)
    assert world.happened()[-1] == Unbonded(anna, 20 * UNIT)
    chunk = UnlockChunk(20 * UNIT, UNLOCK_ERAS)
    assert world.staking.ledger[anna] == StakingLedger(anna, 50 * UNIT, 30 * UNIT, (chunk,))
    world.eras(UNLOCK_ERAS - 1)
    world.call(world.staking.withdraw_unbonded, Signed(anna), 0)
    assert world.staking.ledger[anna].total == 50 * UNIT
    world.era()
    world.call(world.staking.withdraw_unbonded, Signed(anna), 0)
    assert Withdrawn(anna, 20 * UNIT) in world.happened()
    assert world.staking.ledger[anna] == StakingLedger(anna, 30 * UNIT, 30 * UNIT)


def test_a_stake_with_nothing_left_is_forgotten_with_its_keys(world: StakingWorld) -> None:
    anna = world.people[0]
    world.candidate(anna, 2_000 * UNIT, 30)
    with world.refuses(Error.INSUFFICIENT_BOND):
        world.call(world.staking.unbond, Signed(anna), 1_500 * UNIT)
    world.call(world.staking.chill, Signed(anna))
    assert world.happened()[-1] == Chilled(anna)
    # what would be left is dust, so it leaves too
    world.call(world.staking.unbond, Signed(anna), 2_000 * UNIT - 1)
    assert world.staking.ledger[anna].active == 0
    world.eras(UNLOCK_ERAS)
    world.call(world.staking.withdraw_unbonded, Signed(anna), 0)
    staking = world.staking
    assert [anna in one for one in (staking.ledger, staking.bonded, staking.payee)] == [False] * 3
    assert not world.session.has_keys(anna)
    assert world.money.free(anna) == 100_000 * UNIT


def test_what_leaves_can_come_back_the_last_first(world: StakingWorld) -> None:
    anna = world.people[0]
    world.bond(anna, 50 * UNIT)
    with world.refuses(Error.NO_UNLOCK_CHUNK):
        world.call(world.staking.rebond, Signed(anna), UNIT)
    for amount in (10, 5):
        world.call(world.staking.unbond, Signed(anna), amount * UNIT)
        world.call(world.staking.unbond, Signed(anna), amount * UNIT)
        world.era()
    chunks = (UnlockChunk(20 * UNIT, UNLOCK_ERAS), UnlockChunk(10 * UNIT, UNLOCK_ERAS + 1))
    assert world.staking.ledger[anna].unlocking == chunks
    world.call(world.staking.rebond, Signed(anna), 12 * UNIT)
    left = UnlockChunk(18 * UNIT, UNLOCK_ERAS)
    assert world.staking.ledger[anna] == StakingLedger(anna, 50 * UNIT, 32 * UNIT, (left,))
    world.call(world.staking.rebond, Signed(anna), 100 * UNIT)
    assert world.staking.ledger[anna] == StakingLedger(anna, 50 * UNIT, 50 * UNIT)


def test_amounts_on_their_way_out_are_bounded(world: StakingWorld) -> None:
    anna = world.people[0]
    world.bond(anna, 100 * UNIT)
    world.eras(4)
    chunks = tuple(UnlockChunk(1, era) for era in range(MAX_CHUNKS))
    world.money.hold(HoldReason.VALIDATOR_BOND, anna, MAX_CHUNKS)
    world.staking.ledger[anna] = StakingLedger(
        anna, 100 * UNIT + MAX_CHUNKS, 100 * UNIT, chunks[:MAX_CHUNKS]
    )
    with world.refuses(Error.NO_MORE_CHUNKS):
        world.call(world.staking.unbond, Signed(anna), UNIT)


# roles


def test_an_account_validates_or_nominates_and_is_counted_once(world: StakingWorld) -> None:
    anna, staking = world.people[0], world.staking
    world.bond(anna, 2_000 * UNIT)
    world.validate(anna, 10**8)
    assert staking.validators[anna] == ValidatorPrefs(10**8)
    world.validate(anna, 2 * 10**8)
    assert (staking.counter_for_validators, staking.counter_for_nominators) == (8, 0)
    world.nominate(anna, world.accounts[0], world.accounts[1], world.accounts[0])
    assert staking.nominators[anna] == Nominations(world.accounts[:2], 0)
    assert (staking.counter_for_validators, staking.counter_for_nominators) == (7, 1)
    assert world.voters.counter_for_list_nodes == 8
    world.call(staking.chill, Signed(anna))
    world.call(staking.chill, Signed(anna))
    assert (staking.counter_for_nominators, world.voters.counter_for_list_nodes) == (0, 7)


def test_nominations_name_validators_that_take_them(world: StakingWorld) -> None:
    anna, bert = world.people[:2]
    world.bond(anna, 50 * UNIT)
    known, blocked = world.accounts[0], world.accounts[1]
    world.validate(blocked, blocked=True)
    with world.refuses(Error.BAD_TARGET):
        world.nominate(anna, bert)
    with world.refuses(Error.BAD_TARGET):
        world.nominate(anna, known, blocked)
    with world.refuses(Error.EMPTY_TARGETS):
        world.nominate(anna)
    world.validate(blocked)
    world.nominate(anna, known, blocked)
    world.validate(blocked, blocked=True)
    # who named it before may name it again
    world.nominate(anna, blocked)
    assert world.staking.nominators[anna].targets == (blocked,)


def test_one_may_name_sixteen(world: StakingWorld) -> None:
    for number, who in enumerate(world.people[:10]):
        world.candidate(who, 1_000 * UNIT, 30 + number)
    anna, everyone = world.people[10], (*world.accounts, *world.people[:10])
    world.bond(anna, 50 * UNIT)
    with world.refuses(Error.TOO_MANY_TARGETS):
        world.nominate(anna, *everyone)
    world.nominate(anna, *everyone[:16])
    world.era()
    assert world.exposure(everyone[0])[0] > BOND


def test_roles_need_their_least_stake(world: StakingWorld) -> None:
    anna = world.people[0]
    world.bond(anna, 10 * UNIT - 1)
    with world.refuses(Error.INSUFFICIENT_BOND):
        world.nominate(anna, world.accounts[0])
    with world.refuses(Error.INSUFFICIENT_BOND):
        world.validate(anna)
    with world.refuses(Error.BAD_COMMISSION):
        world.validate(world.accounts[0], 10**9 + 1)
    world.call(world.staking.bond_extra, Signed(anna), 1)
    world.nominate(anna, world.accounts[0])
    with world.refuses(Error.INSUFFICIENT_BOND):
        world.call(world.staking.unbond, Signed(anna), 1)


def test_who_fell_below_the_least_is_chilled_by_anyone(world: StakingWorld) -> None:
    who, anna = world.accounts[2], world.people[0]
    with world.refuses(Error.CANNOT_CHILL_OTHER):
        world.call(world.staking.chill_other, Signed(anna), who)
    world.report(2)
    world.call(world.staking.chill_other, Signed(anna), who)
    assert world.happened()[-1] == Chilled(who)
    assert who not in world.staking.validators


def test_roles_are_bounded(world: StakingWorld) -> None:
    limits = Limits(candidates=8, nominators=1)
    world.staking.config = Config(ERA_BLOCKS, EPOCH_SLOTS, TREASURY, POT, MINIMUM, limits=limits)
    anna, bert, cara, dora = world.people[:4]
    world.candidate(anna, 1_000 * UNIT, 30)
    world.bond(bert, 1_000 * UNIT)
    with world.refuses(Error.TOO_MANY_VALIDATORS):
        world.validate(bert)
    world.nominator(cara, 10 * UNIT, anna)
    world.bond(dora, 10 * UNIT)
    with world.refuses(Error.TOO_MANY_NOMINATORS):
        world.nominate(dora, anna)


# elections


def test_who_is_elected_authors_and_votes_from_the_first_session_of_the_era_on(
    world: StakingWorld,
) -> None:
    anna, gone = world.people[0], world.accounts[6]
    world.candidate(anna, 5_000 * UNIT, 30)
    world.nominator(world.people[1], 500 * UNIT, anna)
    world.call(world.staking.chill, Signed(gone))
    assert world.staking.current_era == world.staking.era() == 0
    world.epoch()
    assert StakersElected() in world.happened()
    assert NewQueued() in world.happened()
    # the session that elects is still the old validators', but knows who comes
    assert (world.staking.era(), world.staking.current_era) == (0, 1)
    assert anna not in world.session.validators
    assert [anna in dict(world.session.queued_keys), gone in dict(world.session.queued_keys)] == [
        True,
        False,
    ]
    assert keys(30)[0] in dict(world.babe.next_authorities)
    world.epoch()
    assert world.staking.era() == 1
    assert world.session.validators == (*world.accounts[:6], anna)
    assert keys(30)[0] in dict(world.babe.authorities)
    assert keys(6)[1] not in dict(world.grandpa.authorities)
    assert dict(world.grandpa.authorities)[keys(30)[1]] == 5_500_000
    assert world.exposure(anna) == (5_500 * UNIT, 5_000 * UNIT)


def keys(number: int) -> tuple[bytes, bytes]:
    found = keys_of(number)
    return found.babe, found.grandpa


def test_a_winner_without_keys_is_left_out(world: StakingWorld) -> None:
    anna = world.people[0]
    world.bond(anna, 50_000 * UNIT)
    world.validate(anna)
    world.era()
    assert world.session.validators == world.accounts
    assert world.exposure(anna) == (0, 0)


def test_only_so_many_are_elected_as_a_referendum_says(world: StakingWorld) -> None:
    count = world.staking.set_validator_count
    with world.refuses(BadOrigin.BAD_ORIGIN):
        world.call(count, Signed(world.people[0]), 3)
    for bad in (0, MAX_WINNERS + 1):
        with world.refuses(Error.BAD_COUNT):
            world.call(count, Root(), bad)
    world.call(count, Root(), 3)
    for number in (2, 4, 5):
        nominator = world.people[number]
        world.nominator(nominator, 10 * UNIT, world.accounts[number])
    world.era()
    assert world.session.validators == tuple(world.accounts[number] for number in (2, 4, 5))


def test_where_too_few_stand_the_old_ones_stay_and_the_era_goes_on(world: StakingWorld) -> None:
    world.staking.minimum_validator_count = 4
    for who in world.accounts[:4]:
        world.call(world.staking.chill, Signed(who))
    for _ in range(3):
        world.epoch()
        assert StakingElectionFailed() in world.happened()
    assert (world.staking.era(), world.session.validators) == (0, world.accounts)
    world.validate(world.accounts[0])
    world.era()
    assert world.session.validators == (world.accounts[0], *world.accounts[4:])


def test_the_heaviest_are_heard_first_and_no_more_than_the_bound(world: StakingWorld) -> None:
    world.staking.config = Config(
        ERA_BLOCKS, EPOCH_SLOTS, TREASURY, POT, MINIMUM, limits=Limits(voters=8)
    )
    small, large = world.people[:2]
    world.nominator(small, 10 * UNIT, world.accounts[0])
    world.nominator(large, 5_000 * UNIT, world.accounts[1])
    world.era()
    assert world.exposure(world.accounts[0]) == (BOND, BOND)
    assert world.exposure(world.accounts[1]) == (BOND + 5_000 * UNIT, BOND)


def test_a_long_exposure_lies_in_pages(world: StakingWorld) -> None:
    crowd = StakingWorld(people=70)
    target = crowd.accounts[0]
    for number, who in enumerate(crowd.people):
        crowd.nominator(who, (10 + number) * UNIT, target)
    crowd.era()
    overview = crowd.staking.eras_stakers_overview[1, target]
    assert (overview.nominator_count, overview.page_count) == (70, 3)
    pages = [crowd.staking.eras_stakers_paged[1, target, page] for page in range(3)]
    listed = [one.value for page in pages for one in page.others]
    assert listed == sorted(listed, reverse=True)
    assert [len(page.others) for page in pages] == [32, 32, 6]
    assert overview.total == overview.own + sum(page.page_total for page in pages)
    assert crowd.staking.eras_total_stake[1] == overview.total + 6 * BOND


def test_rewards_go_where_their_owner_says(world: StakingWorld) -> None:
    anna = world.people[0]
    world.bond(anna, 10 * UNIT, ToBond())
    world.call(world.staking.set_payee, Signed(anna), ToAccount(TREASURY))
    assert world.staking.payee[anna] == ToAccount(TREASURY)
