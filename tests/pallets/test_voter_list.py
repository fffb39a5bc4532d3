"""The list of voters: nearly sorted, linked whole, at a cost that does not grow."""

import random
from itertools import pairwise

import pytest

from runtime.frame import Signed
from runtime.pallets.voter_list import (
    THRESHOLDS,
    Error,
    Rebagged,
    ScoreUpdated,
    VoterList,
    bag_of,
)
from runtime.primitives.extrinsic import Id
from runtime.primitives.types import U64_MAX
from tests.support.bench import Bench, account

ANNA, BERT, CARA, DORA = (account(n) for n in range(1, 5))


class World(Bench):
    """A list over stakes that tests set."""

    def __init__(self) -> None:
        super().__init__()
        self.stakes: dict[bytes, int] = {}
        self.list = self.add(VoterList(self.context, self, index=37))

    def vote_weight(self, who: bytes) -> int:
        return self.stakes.get(who, 0)

    def enter(self, who: bytes, stake: int) -> None:
        self.stakes[who] = stake
        self.list.insert(who, stake)
        self.list.try_state()

    def order(self) -> list[bytes]:
        return list(self.list.heaviest())


@pytest.fixture
def world() -> World:
    return World()


def test_bags_cover_every_stake_a_quarter_apart() -> None:
    assert (THRESHOLDS[0], THRESHOLDS[-1]) == (1, U64_MAX)
    assert list(THRESHOLDS) == sorted(set(THRESHOLDS))
    assert [bag_of(score) for score in (0, 1, 2, U64_MAX)] == [1, 1, 2, U64_MAX]
    wide = [upper for upper in THRESHOLDS if upper > 100]
    assert all(4 * high <= 5 * low for low, high in pairwise(wide))


def test_who_has_more_at_stake_comes_first_and_equals_by_arrival(world: World) -> None:
    for who, stake in ((ANNA, 10), (BERT, 10_000), (CARA, 10), (DORA, 500)):
        world.enter(who, stake)
    assert world.order() == [BERT, DORA, ANNA, CARA]
    world.list.remove(ANNA)
    world.list.remove(ANNA)
    assert world.order() == [BERT, DORA, CARA]
    assert world.list.counter_for_list_nodes == 3


def test_anyone_moves_an_account_to_the_bag_of_what_it_has_now(world: World) -> None:
    for who, stake in ((ANNA, 10), (BERT, 500)):
        world.enter(who, stake)
    world.stakes[ANNA] = 10_000
    world.call(world.list.rebag, Signed(CARA), Id(ANNA))
    assert world.order() == [ANNA, BERT]
    moved = Rebagged(ANNA, bag_of(10), bag_of(10_000))
    assert world.happened() == [moved, ScoreUpdated(ANNA, 10_000)]
    with world.refuses(Error.NODE_NOT_FOUND):
        world.call(world.list.rebag, Signed(CARA), Id(DORA))


def test_whoever_has_more_goes_in_front_within_a_bag(world: World) -> None:
    low = bag_of(1000)
    stakes = {ANNA: low - 2, BERT: low - 1, CARA: low, DORA: 5}
    for who, stake in stakes.items():
        world.enter(who, stake)
    world.call(world.list.put_in_front_of, Signed(CARA), Id(ANNA))
    assert world.order() == [CARA, ANNA, BERT, DORA]
    world.call(world.list.put_in_front_of_other, Signed(DORA), Id(BERT), Id(ANNA))
    assert world.order() == [CARA, BERT, ANNA, DORA]
    in_front = world.list.put_in_front_of
    for who, other, error in (
        (ANNA, CARA, Error.NOT_HEAVIER),
        (ANNA, ANNA, Error.NOT_HEAVIER),
        (ANNA, DORA, Error.NOT_IN_SAME_BAG),
        (account(9), ANNA, Error.NODE_NOT_FOUND),
        (ANNA, account(9), Error.NODE_NOT_FOUND),
    ):
        with world.refuses(error):
            world.call(in_front, Signed(who), Id(other))


@pytest.mark.parametrize("die", [1, 2, 3])
def test_random_moves_leave_the_list_whole_and_sorted_by_bags(die: int) -> None:
    world, chance = World(), random.Random(die)
    for _ in range(120):
        who = account(chance.randrange(12))
        world.stakes[who] = chance.choice((3, 50, 60, 10**6, 10**9))
        if who not in world.list.list_nodes:
            world.list.insert(who, world.stakes[who])
        elif chance.random() < 0.3:
            world.list.remove(who)
        else:
            world.list.update(who, world.stakes[who])
        world.list.try_state()
    bags = [world.list.list_nodes[who].bag_upper for who in world.order()]
    assert bags == sorted(bags, reverse=True)
