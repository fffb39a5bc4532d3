"""What referenda order of eras and terms, and validators of those who nominate them."""

import pytest

from runtime.frame import BadOrigin, Root, Signed
from runtime.pallets.staking import (
    Chilled,
    Error,
    ForceEra,
    Forcing,
    Kicked,
    StakingElectionFailed,
    ValidatorPrefs,
    ValidatorPrefsSet,
)
from runtime.pallets.staking.records import MAX_KICKED, Kicks
from runtime.primitives.extrinsic import Id
from runtime.primitives.scale import DecodeError, decode, encode
from runtime.primitives.types import UNIT
from tests.pallets.offence_world import BOND
from tests.pallets.staking_world import StakingWorld


@pytest.fixture
def world() -> StakingWorld:
    return StakingWorld()


def kick(world: StakingWorld, validator: bytes, *nominators: bytes) -> None:
    world.call(world.staking.kick, Signed(validator), tuple(Id(one) for one in nominators))


# kick


def test_a_validator_does_without_a_nominator_from_the_next_election_on(
    world: StakingWorld,
) -> None:
    anna, (who, other) = world.people[0], world.accounts[:2]
    world.nominator(anna, 400 * UNIT, who, other)
    world.era()
    world.validate(who, blocked=True)
    before = world.exposure(who)
    kick(world, who, anna)
    assert world.happened()[-1] == Kicked(anna, who)
    assert world.staking.nominators[anna].targets == (other,)
    assert world.exposure(who) == before
    with world.refuses(Error.BAD_TARGET):
        world.nominate(anna, who)
    world.era()
    assert (world.exposure(who), world.exposure(other)) == ((BOND, BOND), (BOND + 400 * UNIT, BOND))


def test_who_named_only_the_validator_that_kicks_it_is_chilled(world: StakingWorld) -> None:
    anna, who = world.people[0], world.accounts[0]
    world.nominator(anna, 400 * UNIT, who)
    kick(world, who, anna)
    assert world.happened()[-2:] == [Kicked(anna, who), Chilled(anna)]
    assert (world.staking.counter_for_nominators, anna in world.staking.nominators) == (0, False)
    assert world.voters.counter_for_list_nodes == len(world.accounts)


def test_only_nominations_of_the_caller_are_kicked(world: StakingWorld) -> None:
    anna, bert, (who, other) = *world.people[:2], world.accounts[:2]
    world.nominator(anna, 400 * UNIT, other)
    kick(world, who, anna, bert, other)
    assert not [one for one in world.happened() if isinstance(one, Kicked)]
    assert world.staking.nominators[anna].targets == (other,)
    with world.refuses(Error.NOT_CONTROLLER):
        kick(world, bert, anna)


def test_a_kick_of_as_many_as_a_call_may_name_declares_what_it_costs() -> None:
    world = StakingWorld(people=MAX_KICKED)
    who, other = world.accounts[:2]
    for number, one in enumerate(world.people):
        world.nominator(one, (10 + number) * UNIT, *((who,) if number % 2 else (who, other)))
    kick(world, who, *world.people)
    assert sum(isinstance(one, Kicked) for one in world.happened()) == MAX_KICKED
    named = tuple(Id(one) for one in (*world.people, who))
    with pytest.raises(DecodeError):
        decode(encode(named, tuple[Id, ...]), Kicks)


# eras that are forced


@pytest.mark.parametrize("name", ["force_no_eras", "force_new_era", "force_new_era_always"])
def test_only_a_referendum_forces_eras(world: StakingWorld, name: str) -> None:
    with world.refuses(BadOrigin.BAD_ORIGIN):
        world.call(getattr(world.staking, name), Signed(world.people[0]))


def test_no_era_begins_while_that_is_forced_and_the_next_one_has_the_number_of_its_block(
    world: StakingWorld,
) -> None:
    world.call(world.staking.force_no_eras, Root())
    assert world.happened()[-1] == ForceEra(Forcing.FORCE_NONE)
    for _ in range(6):
        world.epoch()
    assert (world.staking.era(), world.elections.current) == (0, None)
    assert StakingElectionFailed() not in world.happened()
    world.staking.eras.force(Forcing.NOT_FORCING)
    world.era()
    assert (world.staking.era(), world.staking.eras_ahead) == (world.context.number // 6, 0)


def test_votes_that_were_written_down_wait_while_no_era_may_begin(world: StakingWorld) -> None:
    world.block()
    world.block()
    world.call(world.staking.force_no_eras, Root())
    for _ in range(4):
        world.epoch()
    election = world.elections.current
    assert election is not None
    assert (election.era, world.staking.current_era) == (1, 0)
    world.staking.eras.force(Forcing.NOT_FORCING)
    world.era()
    assert world.staking.era() == 1


def test_a_forced_era_begins_early_once_and_the_next_with_its_blocks() -> None:
    world = StakingWorld()
    # an era of six blocks: let one begin, and stand before the session that has no election
    world.era()
    began, anna = world.context.number, world.people[0]
    world.nominator(anna, 400 * UNIT, world.accounts[2])
    world.call(world.staking.force_new_era, Root())
    world.epoch()
    assert (world.staking.current_era, world.staking.force_era) == (2, Forcing.NOT_FORCING)
    assert ForceEra(Forcing.NOT_FORCING) in world.happened()
    world.epoch()
    assert (world.staking.era(), world.context.number - began) == (2, 6)
    assert world.exposure(world.accounts[2]) == (BOND + 400 * UNIT, BOND)


def test_eras_forced_in_each_session_run_ahead_of_blocks_and_then_keep_their_distance(
    world: StakingWorld,
) -> None:
    world.call(world.staking.force_new_era_always, Root())
    seen = []
    for _ in range(6):
        world.epoch()
        seen.append(world.staking.era())
    assert seen[2:] == [seen[1] + n for n in range(1, 5)]
    assert world.staking.eras_ahead > 0
    world.staking.eras.force(Forcing.NOT_FORCING)
    world.era()
    ahead, era, number = world.staking.eras_ahead, world.staking.era(), world.context.number
    world.eras(1)
    world.era()
    assert world.staking.eras_ahead == ahead
    assert world.staking.era() - era >= 1
    assert abs(world.staking.era() - ahead - world.context.number // 6) <= 1
    assert world.context.number > number


# the least commission


def test_a_validator_asks_for_the_least_commission_or_more(world: StakingWorld) -> None:
    who, staking = world.accounts[0], world.staking
    with world.refuses(BadOrigin.BAD_ORIGIN):
        world.call(staking.set_min_commission, Signed(who), 10**8)
    with world.refuses(Error.BAD_COMMISSION):
        world.call(staking.set_min_commission, Root(), 10**9 + 1)
    world.call(staking.set_min_commission, Root(), 10**8)
    with world.refuses(Error.COMMISSION_TOO_LOW):
        world.validate(who, 10**8 - 1)
    world.validate(who, 10**8)


def test_anyone_raises_a_commission_to_the_least_and_no_higher(world: StakingWorld) -> None:
    anna, (low, high), staking = world.people[0], world.accounts[:2], world.staking
    world.validate(high, 3 * 10**8)
    world.validate(low, 10**7, blocked=True)
    world.call(staking.set_min_commission, Root(), 10**8)
    for who in (low, high):
        world.call(staking.force_apply_min_commission, Signed(anna), who)
    assert staking.validators[low] == ValidatorPrefs(10**8, blocked=True)
    assert staking.validators[high] == ValidatorPrefs(3 * 10**8)
    assert ValidatorPrefsSet(low, ValidatorPrefs(10**8, blocked=True)) in world.happened()
    with world.refuses(Error.NOT_STASH):
        world.call(staking.force_apply_min_commission, Signed(anna), anna)
