"""The pool: what gets in, in which order it goes out, and what blocks do to it."""

import pytest
import trio
import trio.testing

from node.pool.limits import PoolLimits
from node.pool.pool import TransactionPool
from node.pool.validity import RefusalKind, Refused, Source
from runtime.primitives.hashing import blake2_256
from runtime.validity import Invalid
from tests.node.pool_support import ToyValidator, in_order, waiting, xh, xt


@pytest.fixture(autouse=True)
def virtual_time(autojump_clock):
    """Waiting for what does not come costs no time."""


@pytest.fixture
def toy():
    return ToyValidator()


@pytest.fixture
def clock():
    return [0.0]


def make_pool(toy, clock=None, **limits) -> TransactionPool:
    now = (lambda: clock[0]) if clock is not None else (lambda: 0.0)
    return TransactionPool(toy, limits=PoolLimits(**limits), now=now)


@pytest.fixture
def pool(toy, clock):
    return make_pool(toy, clock)


async def refusal(pool: TransactionPool, raw: bytes) -> tuple[RefusalKind, Invalid | None]:
    with pytest.raises(Refused) as caught:
        await pool.submit(raw)
    return caught.value.kind, caught.value.invalid


async def test_a_valid_extrinsic_is_ready_under_its_hash(pool):
    assert await pool.submit(xt("alice", 0)) == blake2_256(xt("alice", 0))
    assert (in_order(pool), pool.ready_count, pool.future_count) == ([xt("alice", 0)], 1, 0)
    assert xh("alice", 0) in pool
    assert pool.size_bytes == len(xt("alice", 0))


async def test_the_order_is_by_priority_then_arrival_but_never_before_what_is_required(pool):
    for raw in (xt("a", 0, 5), xt("a", 1, 100), xt("b", 0, 7), xt("c", 0, 7), xt("d", 0, 50)):
        await pool.submit(raw)
    wanted = [xt("d", 0, 50), xt("b", 0, 7), xt("c", 0, 7), xt("a", 0, 5), xt("a", 1, 100)]
    assert in_order(pool) == wanted


async def test_an_extrinsic_waits_for_the_one_it_requires(pool):
    for nonce in (3, 1, 2):
        await pool.submit(xt("a", nonce))
    assert (in_order(pool), pool.future_count) == ([], 3)
    await pool.submit(xt("a", 0))
    assert in_order(pool) == [xt("a", nonce) for nonce in range(4)]
    assert pool.future_count == 0


async def test_the_same_extrinsic_twice_is_refused(pool, toy):
    await pool.submit(xt("a", 0))
    assert await refusal(pool, xt("a", 0)) == (RefusalKind.ALREADY_KNOWN, None)
    assert toy.asked == [xt("a", 0)]


async def test_the_same_extrinsic_twice_in_one_batch_is_refused(pool):
    first, second = await pool.submit_batch((xt("a", 0), xt("a", 0)), Source.GOSSIP)
    assert first == xh("a", 0)
    assert isinstance(second, Refused)
    assert second.kind is RefusalKind.ALREADY_KNOWN


async def test_too_large_is_refused_before_it_is_decoded(toy):
    pool = make_pool(toy, extrinsic_bytes=10)
    with pytest.raises(Refused, match="too large: wanted at most 10 bytes, got 12"):
        await pool.submit(b"twelve bytes")
    assert toy.asked == []


@pytest.mark.parametrize("kind", list(Invalid))
async def test_what_the_runtime_refuses_is_refused_with_its_word(pool, toy, kind):
    toy.refuse[xt("a", 0)] = kind
    assert await refusal(pool, xt("a", 0)) == (RefusalKind.INVALID, kind)
    assert xh("a", 0) not in pool


async def test_an_invalid_extrinsic_is_not_looked_at_again_for_a_while(pool, toy, clock):
    toy.refuse[xt("a", 0)] = Invalid.PAYMENT
    await refusal(pool, xt("a", 0))
    toy.refuse.clear()
    assert await refusal(pool, xt("a", 0)) == (RefusalKind.BANNED, None)
    clock[0] = pool.limits.ban_seconds
    await pool.submit(xt("a", 0))
    assert len(toy.asked) == 2


async def test_only_so_many_bans_are_remembered(toy):
    pool = make_pool(toy, banned_count=2)
    for nonce in range(3):
        toy.refuse[xt("a", nonce)] = Invalid.PAYMENT
        await refusal(pool, xt("a", nonce))
    assert await refusal(pool, xt("a", 0)) == (RefusalKind.INVALID, Invalid.PAYMENT)
    assert await refusal(pool, xt("a", 2)) == (RefusalKind.BANNED, None)


async def test_a_higher_priority_takes_the_place_of_the_same_nonce(pool):
    for raw in (xt("a", 0, 5), xt("a", 1, 5), xt("a", 0, 6)):
        await pool.submit(raw)
    assert in_order(pool) == [xt("a", 0, 6), xt("a", 1, 5)]
    assert xh("a", 0, 5) not in pool


async def test_no_higher_priority_is_refused_in_place_of_the_same_nonce(pool):
    await pool.submit(xt("a", 0, 5))
    await pool.submit(xt("b", 3, 5))
    raw = xt("a", 0, 5).replace(b"a ", b"a  ")
    assert await refusal(pool, raw) == (RefusalKind.TOO_LOW_PRIORITY, None)
    assert await refusal(pool, xt("b", 3, 4)) == (RefusalKind.TOO_LOW_PRIORITY, None)
    assert (in_order(pool), waiting(pool)) == ([xt("a", 0, 5)], [xt("b", 3, 5)])


async def test_a_sender_has_a_limit(toy):
    pool = make_pool(toy, per_sender=2)
    for raw in (xt("a", 0), xt("a", 7), xt("b", 0)):
        await pool.submit(raw)
    assert await refusal(pool, xt("a", 1)) == (RefusalKind.SENDER_LIMIT, None)
    toy.apply(xt("a", 0))
    await pool.follow(1, [], [xt("a", 0)])
    await pool.submit(xt("a", 1))


async def test_a_full_pool_keeps_the_best(toy):
    pool = make_pool(toy, ready_count=3)
    for raw in (xt("a", 0, 5), xt("b", 0, 3), xt("c", 0, 4), xt("d", 0, 9)):
        await pool.submit(raw)
    assert in_order(pool) == [xt("d", 0, 9), xt("a", 0, 5), xt("c", 0, 4)]
    assert await refusal(pool, xt("e", 0, 4)) == (RefusalKind.POOL_FULL, None)
    assert await refusal(pool, xt("f", 0, 1)) == (RefusalKind.POOL_FULL, None)
    assert in_order(pool) == [xt("d", 0, 9), xt("a", 0, 5), xt("c", 0, 4)]


async def test_the_bytes_of_the_pool_are_limited(toy):
    size = len(xt("a", 0, 1))
    pool = make_pool(toy, ready_bytes=2 * size, future_bytes=size)
    for raw in (xt("a", 0, 1), xt("b", 0, 2), xt("c", 0, 3)):
        await pool.submit(raw)
    assert (in_order(pool), pool.size_bytes) == ([xt("c", 0, 3), xt("b", 0, 2)], 2 * size)
    await pool.submit(xt("d", 5, 1))
    assert await refusal(pool, xt("e", 5, 1)) == (RefusalKind.POOL_FULL, None)
    assert waiting(pool) == [xt("d", 5, 1)]


async def test_what_is_dropped_leaves_its_dependents_waiting(toy):
    pool = make_pool(toy, ready_count=2)
    for raw in (xt("a", 0, 1), xt("a", 1, 9), xt("b", 0, 5)):
        await pool.submit(raw)
    assert (in_order(pool), waiting(pool)) == ([xt("b", 0, 5)], [xt("a", 1, 9)])


async def test_extrinsics_in_a_block_leave_and_free_those_that_waited(pool, toy):
    for raw in (xt("a", 0), xt("a", 1), xt("b", 0), xt("c", 1)):
        await pool.submit(raw)
    toy.apply(xt("a", 0), xt("c", 0))
    await pool.follow(1, [], [xt("a", 0), xt("c", 0)])
    assert in_order(pool) == [xt("a", 1), xt("b", 0), xt("c", 1)]


async def test_what_was_in_a_block_is_not_taken_again(pool, toy):
    await pool.submit(xt("a", 0))
    toy.apply(xt("a", 0), xt("b", 0))
    await pool.follow(1, [], [xt("a", 0), xt("b", 0)])
    assert await refusal(pool, xt("a", 0)) == (RefusalKind.BANNED, None)
    assert await refusal(pool, xt("b", 0)) == (RefusalKind.BANNED, None)


async def test_a_mortal_extrinsic_leaves_when_its_time_is_over(toy):
    pool = make_pool(toy, revalidated_per_block=0)
    await pool.submit(xt("a", 0, 1, 3))
    await pool.submit(xt("b", 0))
    await pool.follow(2, [], [])
    assert in_order(pool) == [xt("a", 0, 1, 3), xt("b", 0)]
    await pool.follow(3, [], [])
    assert in_order(pool) == [xt("b", 0)]


async def test_time_runs_from_the_block_at_which_it_was_judged(toy):
    pool = make_pool(toy, revalidated_per_block=0)
    await pool.follow(10, [], [])
    await pool.submit(xt("a", 0, 1, 3))
    await pool.follow(12, [], [])
    assert in_order(pool) == [xt("a", 0, 1, 3)]
    await pool.follow(13, [], [])
    assert in_order(pool) == []


async def test_the_pool_is_judged_again_in_turn(toy):
    pool = make_pool(toy, revalidated_per_block=2)
    for name in "abc":
        await pool.submit(xt(name, 0))
    toy.asked.clear()
    for number in (1, 2, 3):
        await pool.follow(number, [], [])
    wanted = ["a", "b", "c", "a", "b", "c"]
    assert toy.asked == [xt(name, 0) for name in wanted]


async def test_what_became_invalid_is_found_when_its_turn_comes(pool, toy):
    for nonce in range(3):
        await pool.submit(xt("a", nonce))
    toy.refuse[xt("a", 1)] = Invalid.PAYMENT
    await pool.follow(1, [], [])
    assert (in_order(pool), waiting(pool)) == ([xt("a", 0)], [xt("a", 2)])


async def test_work_for_one_block_is_bounded(toy):
    pool = make_pool(toy, revalidated_per_block=1, revalidated_of_touched_senders=2)
    for name in "abcdef":
        await pool.submit(xt(name, 0, 1))
    toy.asked.clear()
    await pool.follow(1, [], [xt(name, 0, 2) for name in "abcdef"])
    assert len(toy.asked) <= 3


async def test_extrinsics_of_a_retracted_block_come_back(pool, toy):
    await pool.submit(xt("a", 0))
    toy.apply(xt("a", 0), xt("b", 0))
    await pool.follow(1, [], [xt("a", 0), xt("b", 0)])
    await pool.submit(xt("a", 1))
    toy.nonces = {"c": 1}
    await pool.follow(1, [xt("a", 0), xt("b", 0), xt("c", 0), b"an inherent"], [xt("c", 0)])
    assert in_order(pool) == [xt("a", 0), xt("a", 1), xt("b", 0)]


async def test_a_retracted_extrinsic_that_is_in_the_new_chain_stays_out(pool, toy):
    await pool.submit(xt("a", 0))
    toy.apply(xt("a", 0))
    await pool.follow(1, [], [xt("a", 0)])
    await pool.follow(2, [xt("a", 0)], [xt("a", 0)])
    assert in_order(pool) == []


async def test_an_author_throws_out_what_it_cannot_apply(pool):
    await pool.submit(xt("a", 0))
    await pool.submit(xt("a", 1))
    pool.invalid(xh("a", 0), Invalid.PAYMENT)
    pool.invalid(bytes(32), Invalid.PAYMENT)
    assert (in_order(pool), waiting(pool)) == ([], [xt("a", 1)])
    assert await refusal(pool, xt("a", 0)) == (RefusalKind.BANNED, None)


async def test_an_author_may_leave_out_what_depends_on_a_failure(pool):
    for raw in (xt("a", 0, 9), xt("a", 1, 9), xt("a", 2, 9), xt("b", 0, 1)):
        await pool.submit(raw)
    ready = pool.ready()
    assert next(ready).raw == xt("a", 0, 9)
    ready.skip_dependents()
    assert [entry.raw for entry in ready] == [xt("b", 0, 1)]


async def test_the_walk_of_an_author_is_not_disturbed_by_changes(pool):
    for name in "abc":
        await pool.submit(xt(name, 0))
    ready = pool.ready()
    first = next(ready).raw
    pool.invalid(xh("b", 0), Invalid.PAYMENT)
    await pool.submit(xt("d", 0, 100))
    assert [first, *(entry.raw for entry in ready)] == [xt(name, 0) for name in "abc"]


class Signatures:
    """Refuses what it is told to."""

    def __init__(self, bad=()):
        self.bad, self.batches = bad, []

    async def check(self, raws):
        self.batches.append(tuple(raws))
        await trio.lowlevel.checkpoint()
        return [raw not in self.bad for raw in raws]


async def test_signatures_of_a_batch_are_checked_together(toy):
    signatures = Signatures(bad=[xt("b", 0)])
    pool = TransactionPool(toy, signatures, now=lambda: 0.0)
    batch = (xt("a", 0), xt("b", 0), xt("c", 0))
    results = await pool.submit_batch(batch, Source.GOSSIP)
    assert signatures.batches == [batch]
    assert [isinstance(result, Refused) for result in results] == [False, True, False]
    assert results[1].invalid is Invalid.BAD_PROOF
    assert toy.asked == [xt("a", 0), xt("c", 0)]
    assert await refusal(pool, xt("b", 0)) == (RefusalKind.BANNED, None)


async def test_an_extrinsic_that_is_being_checked_is_not_checked_twice(toy):
    signatures = Signatures()
    pool = TransactionPool(toy, signatures, now=lambda: 0.0)
    results = []

    async def submit():
        results.extend(await pool.submit_batch((xt("a", 0),), Source.GOSSIP))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(submit)
        nursery.start_soon(submit)
    assert signatures.batches == [(xt("a", 0),)]
    assert sorted(isinstance(result, Refused) for result in results) == [False, True]


async def test_ready_extrinsics_are_handed_to_gossip_once(pool):
    await pool.submit(xt("a", 0))
    await pool.submit(xt("b", 1))
    assert await pool.gossip.take(10) == (xt("a", 0),)
    await pool.submit(xt("b", 0))
    assert await pool.gossip.take(1) == (xt("b", 0),)
    assert await pool.gossip.take(10) == (xt("b", 1),)
    await pool.follow(1, [], [])
    assert len(pool.gossip) == 0


async def test_gossip_waits_for_something_to_send(pool):
    taken = []

    async def sender():
        taken.append(await pool.gossip.take(10))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(sender)
        await trio.testing.wait_all_tasks_blocked()
        await pool.submit(xt("a", 0))
    assert taken == [(xt("a", 0),)]


async def test_what_left_the_pool_is_not_sent(pool):
    await pool.submit(xt("a", 0))
    pool.invalid(xh("a", 0), Invalid.PAYMENT)
    assert len(pool.gossip) == 0
