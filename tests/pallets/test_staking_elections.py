"""Elections over several blocks: what counts, what each step may cost, and what if it is late."""

import pytest

from runtime.constants import LIMITS
from runtime.frame import Pallet, Signed, Weight
from runtime.frame.offence import Exposure, OffenceDetails
from runtime.pallets.session import SessionKeys
from runtime.pallets.staking import (
    STAKE_UNIT,
    UNLOCK_ERAS,
    Limits,
    StakersElected,
    StakingElectionFailed,
    ValidatorPrefs,
    election_weights,
    phragmen,
    weights,
)
from runtime.pallets.staking.ballots import Snapshot, ballots, votes_of
from runtime.pallets.staking.records import MAX_VOTERS, MAX_WINNERS
from runtime.primitives.fixed import Perbill
from runtime.primitives.types import UNIT
from tests.pallets.offence_world import BOND, STAKE
from tests.pallets.staking_world import RICH, STASH, StakingWorld
from tests.support.bench import account

TENTH = LIMITS.hook_picoseconds


@pytest.fixture
def world() -> StakingWorld:
    return StakingWorld()


class Steps(StakingWorld):
    """Lets an election have so much of a block, and no more, whenever it is polled."""

    def __init__(self, people: int = 2) -> None:
        self.left = TENTH
        super().__init__(people)

    def poll(self, pallet: Pallet, left: int = TENTH) -> Weight:
        return super().poll(pallet, self.left if pallet is self.elections else left)


def test_votes_are_written_down_in_the_second_half_of_the_session_before_the_last(
    world: StakingWorld,
) -> None:
    assert world.elections.current is None
    world.block()
    assert world.elections.current is None
    world.block()
    election = world.elections.current
    assert election is not None
    assert (election.era, election.is_over, election.winners) == (1, True, election.winners)
    assert sorted(election.winners or ()) == sorted(world.accounts)
    assert (world.staking.current_era, world.staking.era()) == (0, 0)
    world.block()
    assert StakersElected() in world.happened()
    assert (world.staking.current_era, world.staking.era()) == (1, 0)
    assert world.elections.current is None


def test_what_is_stored_of_votes_is_what_was_cast(world: StakingWorld) -> None:
    anna, bert = world.people[:2]
    world.nominator(anna, 400 * UNIT, *world.accounts[:3])
    world.nominator(bert, 300 * UNIT, world.accounts[6])
    found: Snapshot = world.staking.eras.snapshot()
    cast = tuple(ballot for page in ballots(found) for ballot in page)
    assert votes_of(found.candidates, cast) == found.votes
    assert phragmen.Vote(anna, 400 * UNIT, world.accounts[:3]) in found.votes


def test_each_step_waits_for_a_block_with_room() -> None:
    steps = Steps()
    snapshot = election_weights.snapshot(7, 7).ref_time
    look = election_weights.LOOK.ref_time
    steps.left = look + snapshot - 1
    steps.block()
    steps.block()
    assert steps.elections.current is None
    # room for the votes alone
    steps.left = look + snapshot
    steps.poll(steps.elections)
    begun = steps.elections.current
    assert begun is not None
    assert (begun.winners, len(steps.elections.candidates)) == (None, 7)
    steps.left = look + election_weights.count(64, 7, MAX_WINNERS).ref_time
    steps.poll(steps.elections)
    counted = steps.elections.current
    assert counted is not None
    assert (len(counted.winners or ()), counted.exposed) == (7, 0)
    assert steps.elections.candidates == ()
    each, widest = election_weights.expose(0).ref_time, election_weights.expose(16).ref_time
    steps.left = look + 2 * each + widest
    steps.poll(steps.elections)
    exposing = steps.elections.current
    assert exposing is not None
    assert exposing.exposed == 3
    assert not exposing.is_over
    steps.left = TENTH
    steps.poll(steps.elections)
    assert steps.elections.take() is not None


def test_where_votes_are_not_counted_in_time_validators_stay_and_a_later_session_seats() -> None:
    steps = Steps()
    gone = steps.accounts[6]
    steps.left = election_weights.LOOK.ref_time
    steps.call(steps.staking.chill, Signed(gone))
    for _ in range(3):
        steps.epoch()
        assert StakingElectionFailed() in steps.happened()
    assert (steps.staking.era(), steps.session.validators) == (0, steps.accounts)
    steps.left = TENTH
    steps.era()
    # eras are numbered by blocks: the one in which the votes were late is left out
    assert steps.staking.era() == steps.context.number // 6
    assert steps.session.validators == steps.accounts[:6]


def test_a_stake_answers_for_the_era_that_is_being_elected_by_it(world: StakingWorld) -> None:
    anna, who = world.people[0], world.accounts[2]
    world.nominator(anna, 400 * UNIT, who)
    world.block()
    world.block()
    assert world.elections.era() == 1
    world.call(world.staking.chill, Signed(anna))
    world.call(world.staking.unbond, Signed(anna), 400 * UNIT)
    (chunk,) = world.staking.ledger[anna].unlocking
    assert chunk.era == 1 + UNLOCK_ERAS
    world.era()
    assert world.exposure(who) == (BOND + 400 * UNIT, BOND)
    assert world.staking.ledgers.set_aside(anna, UNIT, world.staking.era()) == UNIT


def test_an_era_that_is_elected_again_lets_stakes_leave_in_order(world: StakingWorld) -> None:
    anna, who = world.people[0], Signed(world.people[0])
    world.bond(anna, 50 * UNIT)
    world.block()
    world.block()
    world.call(world.staking.unbond, who, UNIT)
    world.elections.take()
    world.call(world.staking.unbond, who, UNIT)
    (chunk,) = world.staking.ledger[anna].unlocking
    assert (chunk.value, chunk.era) == (2 * UNIT, 1 + UNLOCK_ERAS)


def test_what_a_winner_came_to_owe_since_the_votes_weighs_no_more(world: StakingWorld) -> None:
    who = world.accounts[2]
    world.block()
    world.block()
    session = world.session.current_index
    details = OffenceDetails((who, Exposure(BOND, BOND)), ())
    world.staking.stakers.on_offence((details,), Perbill.from_percent(25), session)
    world.block()
    assert (world.stake(2), world.stake(3)) == (STAKE * 3 // 4, STAKE)
    assert world.staking.discounted[who] == BOND // 4
    world.staking.stakers.on_offence((details,), Perbill.from_percent(50), session)
    assert world.stake(2) == STAKE // 2


def test_who_chills_after_the_votes_validates_for_the_era_on_its_terms(world: StakingWorld) -> None:
    who = world.accounts[2]
    world.validate(who, 10**8)
    world.block()
    world.block()
    world.call(world.staking.chill, Signed(who))
    world.era()
    assert who in world.session.validators
    assert world.staking.eras_validator_prefs[1, who] == ValidatorPrefs(10**8)
    world.era()
    assert who not in world.session.validators


def test_an_election_at_its_bound_keeps_every_block_below_a_tenth() -> None:
    """The bench holds each step to what it declares, with every seat, voter and target in use."""
    world, limits = StakingWorld(people=0), Limits()
    stashes = tuple(account(10_000 + number) for number in range(limits.voters - 7))
    candidates = (*world.accounts, *stashes[: limits.candidates - 7])
    for number, who in enumerate(stashes):
        world.money.mint_into(who, RICH)
        world.staking.ledgers.open(who, (1_000 + number) * UNIT, STASH)
        if who in candidates:
            world.session._own(who, made_up_keys(number))
            world.staking.roles.stand(who, ValidatorPrefs())
        else:
            first = 16 * number % len(candidates)
            named = (candidates * 2)[first : first + 16]
            world.staking.roles.nominate(who, named)
    world.block()
    world.block()
    # `poll` refuses what uses more than it declares
    while not (election := world.elections.current) or not election.is_over:
        cost = world.poll(world.elections)
        assert 0 < cost.ref_time <= election_weights.MOST.ref_time
    world.epoch()
    overviews = dict(world.staking.eras_stakers_overview.items_under(1))
    assert len(overviews) == MAX_WINNERS
    assert sum(one.total for one in overviews.values()) == world.staking.eras_total_stake[1]
    assert dict(world.session.electorate) == {
        who: one.total // STAKE_UNIT for (_, who), one in overviews.items()
    }


def test_the_largest_step_fits_into_what_an_election_uses_of_a_block() -> None:
    limits = Limits()
    steps = (
        election_weights.snapshot(limits.voters, limits.candidates),
        election_weights.count(MAX_VOTERS, limits.candidates, MAX_WINNERS),
        election_weights.expose(16) * 8,
    )
    look, most = election_weights.LOOK.ref_time, election_weights.MOST.ref_time
    assert max(look + step.ref_time for step in steps) <= most == TENTH * 2 // 5
    assert (weights.SEAT + weights.SESSION).ref_time < TENTH // 5
    assert weights.POLL.ref_time < TENTH


def made_up_keys(number: int) -> SessionKeys:
    return SessionKeys(*(account(10**6 + 3 * number + kind) for kind in range(3)))
