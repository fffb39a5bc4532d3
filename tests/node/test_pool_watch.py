"""What watchers of an extrinsic hear, and how the pool looks over RPC."""

import pytest
import trio

from node.pool import watch
from node.pool.limits import PoolLimits
from node.pool.pool import TransactionPool
from node.pool.validity import Refused
from runtime.validity import Invalid
from tests.node.pool_support import ToyValidator, in_order, xh, xt


@pytest.fixture(autouse=True)
def virtual_time(autojump_clock):
    """Waiting for what does not come costs no time."""


@pytest.fixture
def toy():
    return ToyValidator()


def make_pool(toy, **limits) -> TransactionPool:
    return TransactionPool(toy, limits=PoolLimits(**limits), now=lambda: 0.0)


@pytest.fixture
def pool(toy):
    return make_pool(toy)


class pool_watch:  # noqa: N801 - reads as a statement
    """Submit, and collect the statuses until the block ends."""

    def __init__(self, pool, raw):
        self.pool, self.raw, self.statuses = pool, raw, []

    async def __aenter__(self):
        self.watcher = await self.pool.submit_and_watch(self.raw, watch.as_it_is)
        return self.statuses

    async def __aexit__(self, *_):
        with trio.move_on_after(1):
            async for status in self.watcher:
                self.statuses.append(status)


async def test_a_watcher_hears_of_waiting_and_of_readiness(pool):
    async with pool_watch(pool, xt("a", 1)) as statuses:
        await pool.submit(xt("a", 0))
        await pool.submit(xt("a", 0, 2))
    assert statuses == [watch.Future(), watch.Ready(), watch.Future(), watch.Ready()]


async def test_a_watcher_hears_who_took_the_place(pool):
    async with pool_watch(pool, xt("a", 0)) as statuses:
        await pool.submit(xt("a", 0, 2))
    assert statuses == [watch.Ready(), watch.Usurped(xh("a", 0, 2))]
    assert len(pool.watchers) == 0


async def test_a_watcher_hears_that_it_was_dropped(toy):
    pool = make_pool(toy, ready_count=1)
    async with pool_watch(pool, xt("a", 0)) as statuses:
        await pool.submit(xt("b", 0, 2))
    assert statuses == [watch.Ready(), watch.Dropped()]


async def test_a_refused_extrinsic_is_not_watched(pool, toy):
    toy.refuse[xt("a", 0)] = Invalid.PAYMENT
    with pytest.raises(Refused):
        await pool.submit_and_watch(xt("a", 0), watch.as_it_is)
    assert len(pool.watchers) == 0


async def test_a_watcher_may_leave_early(pool):
    watcher = await pool.submit_and_watch(xt("a", 0), watch.as_it_is)
    pool.watchers.leave(watcher)
    pool.watchers.leave(watcher)
    assert len(pool.watchers) == 0
    assert xh("a", 0) in pool


async def test_a_slow_watcher_loses_the_oldest_statuses_only():
    watchers = watch.Watchers()
    watcher = watchers.watch(b"x", watch.as_it_is)
    for _ in range(watch.EVENTS_PER_WATCHER + 5):
        watchers.tell(b"x", watch.Ready())
    watchers.tell(b"x", watch.Finalized(b"block", 1))
    statuses = [status async for status in watcher]
    assert len(statuses) == watch.EVENTS_PER_WATCHER
    assert statuses[-1] == watch.Finalized(b"block", 1)


async def test_watchers_are_limited(monkeypatch):
    monkeypatch.setattr(watch, "MAX_WATCHERS", 1)
    watchers = watch.Watchers()
    watchers.watch(b"x", watch.as_it_is)
    with pytest.raises(watch.TooManyWatchers):
        watchers.watch(b"y", watch.as_it_is)


async def test_another_extrinsic_of_the_same_nonce_in_a_block_makes_ours_stale(pool, toy):
    async with pool_watch(pool, xt("a", 0, 5)) as statuses:
        await pool.submit(xt("a", 1))
        toy.apply(xt("a", 0, 9))
        await pool.follow(1, [], [xt("a", 0, 9)])
        assert in_order(pool) == [xt("a", 1)]
    assert statuses == [watch.Ready(), watch.Invalid(Invalid.STALE)]


async def test_a_watcher_hears_that_the_time_is_over(toy):
    pool = make_pool(toy, revalidated_per_block=0)
    async with pool_watch(pool, xt("a", 0, 1, 3)) as statuses:
        await pool.follow(3, [], [])
    assert statuses == [watch.Ready(), watch.Invalid(Invalid.ANCIENT_BIRTH_BLOCK)]


async def test_a_watcher_hears_to_whom_it_was_sent(pool):
    async with pool_watch(pool, xt("a", 0)) as statuses:
        pool.sent(await pool.gossip.take(5), ("bob", "charlie"))
    assert statuses == [watch.Ready(), watch.Broadcast(("bob", "charlie"))]


async def test_a_reader_that_closed_its_end_is_forgotten(pool):
    watcher = await pool.submit_and_watch(xt("a", 1), watch.as_it_is)
    watcher.statuses.close()
    await pool.submit(xt("a", 0))
    assert len(pool.watchers) == 0
    assert in_order(pool) == [xt("a", 0), xt("a", 1)]
