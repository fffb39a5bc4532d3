"""CanonicalWork: the rolling window of what validators' machines have proven."""

import random
from collections import Counter

from runtime.contributors import Workers
from runtime.pallets.canonical_work import BUCKET_BLOCKS, BUCKETS, Bucket, CanonicalWork
from tests.support.bench import Bench, account

FIRST, SECOND, STRANGER = account(1), account(2), account(3)


class Validators:
    def __init__(self) -> None:
        self.accounts = (FIRST, SECOND)

    def stakes(self) -> tuple[tuple[bytes, int], ...]:
        return tuple((one, 1) for one in self.accounts)


class World(Bench):
    """Two validators, and a provider that does not validate."""

    def __init__(self) -> None:
        super().__init__()
        self.validators = Validators()
        self.work = self.add(CanonicalWork(self.context, self.validators, index=53))

    def at(self, number: int) -> "World":
        """Go to a block."""
        self.context.number = number
        self.work.try_state()
        return self


def test_work_of_validators_is_summed() -> None:
    world = World().at(5)
    world.work.record(FIRST, 10)
    world.at(6).work.record(FIRST, 1)
    world.work.record(SECOND, 7)
    assert world.work.of((SECOND, FIRST)) == (7, 11)
    assert dict(world.work.buckets.items()) == {0: Bucket(0, ((FIRST, 11), (SECOND, 7)))}


def test_work_of_other_providers_does_not_count() -> None:
    world = World().at(5)
    world.work.record(STRANGER, 10)
    assert world.work.of((FIRST, STRANGER)) == (0, 0)
    assert dict(world.work.buckets.items()) == {}


def test_work_counts_for_961_to_1024_blocks() -> None:
    early, late = World().at(64), World().at(127)
    early.work.record(FIRST, 9)
    late.work.record(FIRST, 9)
    assert early.at(64 + 1023).work.of((FIRST,)) == (9,)
    assert early.at(64 + 1024).work.of((FIRST,)) == (0,)
    assert late.at(127 + 960).work.of((FIRST,)) == (9,)
    assert late.at(127 + 961).work.of((FIRST,)) == (0,)


def test_an_account_that_no_longer_validates_makes_room() -> None:
    world = World().at(5)
    world.work.record(FIRST, 10)
    world.validators.accounts = (SECOND, STRANGER)
    world.work.record(STRANGER, 1)
    assert dict(world.work.buckets.items()) == {0: Bucket(0, ((STRANGER, 1),))}


def test_the_ring_agrees_with_a_list_of_all_work() -> None:
    draw, world = random.Random(7), World()
    done: list[tuple[int, bytes, int]] = []
    number = 1
    for _ in range(600):
        number += draw.choice((0, 1, 5, 40, 200))
        who, amount = draw.choice((FIRST, SECOND)), draw.randrange(1, 2**40)
        world.at(number).work.record(who, amount)
        done.append((number, who, amount))
        oldest = (number // BUCKET_BLOCKS - BUCKETS + 1) * BUCKET_BLOCKS
        wanted = Counter[bytes]()
        for block, one, work in done:
            if block >= oldest:
                wanted[one] += work
        assert world.work.of((FIRST, SECOND)) == (wanted[FIRST], wanted[SECOND])
    assert len(list(world.work.buckets.items())) <= BUCKETS


class Pay:
    """Providers, as far as work goes."""

    def __init__(self) -> None:
        self.recorded: list[tuple[bytes, int, int]] = []
        self.listed: list[bytes] = []

    def is_working(self, who: bytes) -> bool:
        return who == FIRST

    def record_work(self, who: bytes, epoch: int, work: int) -> None:
        self.recorded.append((who, epoch, work))

    def contributed(self, who: bytes) -> None:
        self.listed.append(who)


def test_a_share_counts_for_pay_for_slots_and_for_scores() -> None:
    world, pay = World().at(5), Pay()
    workers = Workers(pay, world.work, pay)
    workers.record_work(FIRST, 3, 10)
    assert pay.listed == [FIRST]
    assert (pay.recorded, world.work.of((FIRST,))) == ([(FIRST, 3, 10)], (10,))
    assert [workers.is_working(who) for who in (FIRST, SECOND)] == [True, False]
