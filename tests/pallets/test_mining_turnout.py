"""Who took part in referenda: which votes count, from when and for how long."""

from dataclasses import replace
from random import Random

import pytest

from runtime.compute.job import PERBILL
from runtime.frame import Root, Signed
from runtime.frame.polls import Turnout
from runtime.pallets import mining
from runtime.pallets.conviction_voting import SplitAbstain
from runtime.pallets.mining import Pool, formulas
from runtime.pallets.mining.records import MAX_CASTS, WINDOW_ERAS
from runtime.primitives.types import UNIT
from tests.pallets import governance_world
from tests.pallets.governance_world import CARA as VOTER
from tests.pallets.governance_world import DORA as PROPOSER
from tests.pallets.governance_world import ERA as VOTING_ERA
from tests.pallets.governance_world import GovernanceWorld
from tests.pallets.mining_world import (
    ANNA,
    BERT,
    CARA,
    CONFIG,
    DORA,
    ERA,
    GOVERNANCE,
    Doings,
    MiningWorld,
)


@pytest.fixture
def world() -> MiningWorld:
    return MiningWorld()


def turnout(world: MiningWorld, who: bytes) -> int:
    return world.mining.turnout.participation(who)


@pytest.mark.parametrize("voted", range(5))
def test_voting_on_k_of_n_referenda_is_a_participation_of_k_nths_req_16(
    world: MiningWorld, voted: int
) -> None:
    for poll in range(voted):
        world.vote(ANNA, poll)
    world.next_era(2)
    # a passed proposal and an honestly lost one both count once; a cancelled one does not
    world.decide(0, 1, 2, 3)
    world.mining.ended(4, is_decided=False)
    world.next_era()
    assert turnout(world, ANNA) == voted * PERBILL // 4
    assert turnout(world, BERT) == 0


def test_nobody_took_part_in_nothing(world: MiningWorld) -> None:
    assert turnout(world, ANNA) == 0
    world.next_era(2)
    world.decide(0)
    world.next_era()
    assert turnout(world, ANNA) == 0


def test_a_vote_less_than_an_era_before_the_end_is_too_late(world: MiningWorld) -> None:
    world.next_era(2)
    world.vote(ANNA, 0)
    world.next_block()
    world.vote(BERT, 0)
    for _ in range(ERA - 1):
        world.next_block()
    world.decide(0)
    world.fill(GOVERNANCE, 1000)
    world.next_era()
    assert (turnout(world, ANNA), turnout(world, BERT)) == (PERBILL, 0)
    assert world.mining.window.amount == UNIT
    assert (world.claimable(ANNA, Pool.GOVERNANCE), world.claimable(BERT, Pool.GOVERNANCE)) == (
        20,
        0,
    )


def test_what_is_too_late_is_told_by_whole_parts_of_an_era() -> None:
    # an era of 160 blocks has parts of ten: of a referendum that ends in block 1000, votes up to
    # block 840 are an era old, and the part that ends with 839 is the last that is all in time
    assert formulas.last_bucket(1000, 160) == 83
    assert formulas.last_bucket(999, 160) == 83
    assert formulas.last_bucket(998, 160) == 82
    assert formulas.last_bucket(100, 160) < 0


def test_a_referendum_of_the_first_era_had_no_vote_in_time_and_counts_for_nobody(
    world: MiningWorld,
) -> None:
    world.vote(ANNA, 0)
    world.decide(0)
    world.next_era()
    assert world.mining.window.polls == 0


def test_a_vote_that_is_changed_keeps_its_time_and_gains_no_weight(world: MiningWorld) -> None:
    world.vote(ANNA, 0, 5 * UNIT)
    world.vote(BERT, 0, 5 * UNIT)
    world.next_era(2)
    world.vote(ANNA, 0, 9 * UNIT)
    world.vote(BERT, 0, 2 * UNIT)
    world.decide(0)
    world.next_era()
    assert (turnout(world, ANNA), turnout(world, BERT)) == (PERBILL, PERBILL)
    assert world.mining.window.amount == 7 * UNIT


def test_a_vote_that_was_taken_back_never_was(world: MiningWorld) -> None:
    world.vote(ANNA, 0)
    world.vote(BERT, 0)
    world.next_era(2)
    world.mining.withdrew(ANNA, 0)
    world.mining.withdrew(CARA, 0)
    world.decide(0)
    world.next_era()
    assert (turnout(world, ANNA), turnout(world, BERT)) == (0, PERBILL)
    assert world.mining.window.amount == UNIT


def test_a_referendum_counts_for_28_eras(world: MiningWorld) -> None:
    world.vote(ANNA, 0)
    world.next_era(2)
    world.decide(0)
    world.next_era(WINDOW_ERAS)
    assert turnout(world, ANNA) == PERBILL
    world.next_era()
    assert (turnout(world, ANNA), world.mining.window.polls) == (0, 0)
    world.next_era(WINDOW_ERAS)
    assert dict(world.mining.ended_polls.items()) == {}


def test_votes_beyond_the_most_that_are_kept_count_for_nobody(world: MiningWorld) -> None:
    for poll in range(MAX_CASTS + 5):
        world.vote(ANNA, poll)
    assert len(world.mining.casts[ANNA].open) == MAX_CASTS
    world.next_era(2)
    world.decide(MAX_CASTS + 1)
    world.next_era()
    assert (turnout(world, ANNA), world.mining.window.amount) == (0, 0)


def test_sums_are_those_of_a_list_of_every_vote() -> None:
    """The slow oracle: every vote in a list, every referendum looked at."""
    die = Random(7)
    world, votes, ends = MiningWorld(), dict[tuple[bytes, int], int](), dict[int, int]()
    people = (ANNA, BERT, CARA, DORA)
    for _ in range(600):
        now, poll = world.context.number, die.randrange(len(ends), len(ends) + 4)
        who = die.choice(people)
        match die.choice(("vote", "vote", "back", "end", "block", "block")):
            case "vote":
                world.vote(who, poll)
                votes.setdefault((who, poll), now)
            case "back":
                world.mining.withdrew(who, poll)
                votes.pop((who, poll), None)
            case "end":
                world.decide(len(ends))
                ends[len(ends)] = now
            case _:
                world.next_block()
    era = world.mining.era()
    counted = {
        poll: end for poll, end in ends.items() if end > ERA and era - 28 <= end // ERA < era
    }
    for who in people:
        voted = [one for one in counted if votes.get((who, one), 10**9) <= counted[one] - ERA]
        assert turnout(world, who) == len(voted) * PERBILL // len(counted)
    in_time = [at for (_, one), at in votes.items() if at <= counted.get(one, 0) - ERA]
    assert world.mining.window.amount == len(in_time) * UNIT


class ScoredGovernance(GovernanceWorld):
    """Real referenda and real votes, which Mining hears of."""

    def turnout(self) -> Turnout:
        config = replace(CONFIG, era_blocks=VOTING_ERA, existential_deposit=5)
        self.mining = mining.Mining(self.context, self.agpu, Doings(), config, clock=self, index=66)
        return self.mining

    def __init__(self) -> None:
        super().__init__()
        self.pallets.insert(0, self.mining)
        self.know()

    def current_epoch(self) -> int:
        return self.context.number // 5


def test_abstaining_takes_part_and_passing_a_referendum_counts_req_16() -> None:
    world = ScoredGovernance()
    world.season(governance_world.ANNA, governance_world.BERT, VOTER)
    index = world.submit()
    world.deposit(index, PROPOSER)
    world.block(3)
    world.cast(governance_world.ANNA, index)
    abstention = SplitAbstain(0, 0, 7 * UNIT)
    world.call(world.voting.vote, Signed(VOTER), index, abstention)
    world.call(world.voting.vote, Signed(governance_world.BERT), index, abstention)
    world.call(world.voting.remove_vote, Signed(governance_world.BERT), None, index)
    world.pass_all(index)
    world.block(VOTING_ERA)
    counted = [
        world.mining.turnout.participation(who)
        for who in (governance_world.ANNA, VOTER, governance_world.BERT)
    ]
    assert counted == [PERBILL, PERBILL, 0]
    assert world.mining.window == mining.records.TurnoutWindow(1, 50_007 * UNIT)
    # a referendum that is called off counts for nobody, and leaves nothing behind
    second = world.submit(2)
    world.cast(governance_world.ANNA, second)
    world.call(world.referenda.cancel, Root(), second)
    world.block(VOTING_ERA)
    assert world.mining.window.polls == 1
    assert dict(world.mining.poll_votes.items()) == {}
