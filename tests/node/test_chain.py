"""The chain's head: events, routes, states, and the pool that follows."""

import pytest
import trio
import trio.testing

from node import chain as chain_module
from node.chain import (
    EVENTS_PER_SUBSCRIBER,
    Finalized,
    Imported,
    NewBest,
    Resync,
    TooManySubscribers,
    TreeRoute,
)
from node.pool import watch
from node.pool.followups import FINALITY_TIMEOUT_BLOCKS, Body, Followups
from node.pool.maintenance import LOOK_SECONDS, PoolMaintenance
from node.pool.pool import TransactionPool
from node.store.blocks import UnknownBlock
from tests.node.pool_support import ToyValidator, in_order, xh, xt
from tests.node.support import Made, make_block, open_chain


@pytest.fixture
def opened():
    return open_chain()


def extend(chain, *blocks: Made, is_best: bool = True) -> None:
    for made in blocks:
        chain.import_block(made.ready(is_best=is_best), made.state)


def heard(events) -> list:
    """What a listener has been told so far."""
    told = []
    while events._receive.statistics().current_buffer_used:
        told.append(events._receive.receive_nowait())
    return told


def test_a_new_chain_stands_at_its_genesis(opened):
    chain, genesis = opened
    assert (chain.best, chain.finalized, chain.genesis_hash) == (
        genesis.header,
        genesis.header,
        genesis.hash,
    )
    assert chain.is_final(genesis.hash)


def test_an_import_is_told_with_its_block_and_the_new_head(opened):
    chain, genesis = opened
    one = make_block(genesis, (b"extrinsic",))
    with chain.subscribe() as events:
        extend(chain, one)
        route = TreeRoute(genesis.hash, (), (one.hash,))
        assert heard(events) == [Imported(one.header, True), NewBest(one.header, route)]
    assert (chain.best, chain.body(one.hash), chain.hash_at(1)) == (
        one.header,
        (b"extrinsic",),
        one.hash,
    )


def test_an_import_beside_the_best_chain_is_no_new_head(opened):
    chain, genesis = opened
    extend(chain, make_block(genesis))
    fork = make_block(genesis, fork=b"f")
    with chain.subscribe() as events:
        extend(chain, fork, is_best=False)
        assert heard(events) == [Imported(fork.header, False)]


def test_a_reorganisation_names_what_it_retracts_and_enacts(opened):
    chain, genesis = opened
    one = make_block(genesis)
    two, fork_two = make_block(one), make_block(one, fork=b"f")
    fork_three = make_block(fork_two, fork=b"f")
    extend(chain, one, two)
    extend(chain, fork_two, is_best=False)
    with chain.subscribe() as events:
        extend(chain, fork_three)
        route = TreeRoute(one.hash, (two.hash,), (fork_two.hash, fork_three.hash))
        assert heard(events)[1] == NewBest(fork_three.header, route)
        chain.set_best(two.hash)
        back = TreeRoute(one.hash, (fork_three.hash, fork_two.hash), (two.hash,))
        assert heard(events) == [NewBest(two.header, back)]


def test_choosing_the_same_head_again_is_no_news(opened):
    chain, genesis = opened
    one = make_block(genesis)
    extend(chain, one)
    with chain.subscribe() as events:
        chain.set_best(one.hash)
        assert heard(events) == []


def test_a_finalization_names_all_new_final_blocks_and_the_stale_ones(opened):
    chain, genesis = opened
    one = make_block(genesis)
    two, stale = make_block(one), make_block(genesis, fork=b"f")
    extend(chain, one, two)
    extend(chain, stale, is_best=False)
    with chain.subscribe() as events:
        chain.finalize(two.hash, b"justification")
        assert heard(events) == [Finalized((one.header, two.header), (stale.hash,))]
    assert [chain.is_final(block) for block in (one.hash, two.hash, stale.hash)] == [
        True,
        True,
        False,
    ]


def test_finality_on_another_fork_moves_the_head_first(opened):
    chain, genesis = opened
    one, fork = make_block(genesis), make_block(genesis, fork=b"f")
    extend(chain, one)
    extend(chain, fork, is_best=False)
    with chain.subscribe() as events:
        chain.finalize(fork.hash)
        route = TreeRoute(genesis.hash, (one.hash,), (fork.hash,))
        assert heard(events) == [
            NewBest(fork.header, route),
            Finalized((fork.header,), (one.hash,)),
        ]


def test_a_slow_listener_starts_over_and_holds_nobody_up(opened):
    chain, genesis = opened
    made = genesis
    with chain.subscribe() as slow, chain.subscribe() as quick:
        total = 0
        for _ in range(EVENTS_PER_SUBSCRIBER // 2 + 2):
            made = make_block(made)
            extend(chain, made)
            total += len(heard(quick))
        told = heard(slow)
    assert total == EVENTS_PER_SUBSCRIBER + 4
    assert isinstance(told[0], Resync)
    assert told[0].finalized == genesis.header
    assert told[-1].header == made.header


def test_who_has_left_hears_nothing_more(opened):
    chain, genesis = opened
    with chain.subscribe() as events:
        pass
    extend(chain, make_block(genesis))
    assert heard(events) == []


def test_listeners_are_limited(opened, monkeypatch):
    chain, _ = opened
    monkeypatch.setattr(chain_module, "MAX_SUBSCRIBERS", 1)
    with chain.subscribe(), pytest.raises(TooManySubscribers), chain.subscribe():
        pass


async def test_events_can_be_iterated(opened):
    chain, genesis = opened
    one = make_block(genesis)
    told = []

    async def listen(task_status=trio.TASK_STATUS_IGNORED):
        with chain.subscribe() as events:
            task_status.started()
            async for event in events:
                told.append(event)
                if len(told) == 2:
                    return

    async with trio.open_nursery() as nursery:
        await nursery.start(listen)
        extend(chain, one)
    assert [type(event) for event in told] == [Imported, NewBest]


def test_the_state_of_the_head_is_shared_in_memory(opened):
    chain, genesis = opened
    one = make_block(genesis)
    extend(chain, one)
    assert chain.state_at(one.hash) is one.state
    assert chain.state_at(genesis.hash).get(b"number") is None
    with pytest.raises(UnknownBlock):
        chain.state_at(bytes(32))


def test_a_state_that_grew_too_large_in_memory_is_cut_back(opened, monkeypatch):
    chain, genesis = opened
    monkeypatch.setattr(chain_module, "TRIE_NODES_LOADED", 50)
    monkeypatch.setattr(chain_module, "TRIE_NODES_KEPT", 10)
    changes = {b"key%d" % i: b"%d" % i * 20 for i in range(200)}
    one = make_block(genesis, changes=changes)
    extend(chain, one)
    state = chain.state_at(one.hash)
    assert state.loaded <= 10
    assert {key: state.get(key) for key in changes} == changes
    two = make_block(Made(one.block, state))
    extend(chain, two)
    assert chain.state_at(two.hash).get(b"key7") == b"7" * 20


def test_the_route_to_itself_is_empty(opened):
    chain, genesis = opened
    assert chain.route(genesis.hash, genesis.hash) == TreeRoute(genesis.hash, (), ())


async def test_the_pool_follows_the_chain(opened, autojump_clock):
    chain, genesis = opened
    toy = ToyValidator()
    pool = TransactionPool(toy, now=lambda: 0.0)
    watcher = await pool.submit_and_watch(xt("a", 0), watch.as_it_is)
    await pool.submit(xt("a", 1))
    one = make_block(genesis, (b"inherent", xt("a", 0)))
    fork = make_block(genesis, (b"inherent", xt("b", 0)), fork=b"f")
    fork_two = make_block(fork, (b"inherent", xt("a", 0)), fork=b"f")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(PoolMaintenance(pool, chain).run)
        await trio.testing.wait_all_tasks_blocked()
        toy.nonces = {"a": 1}
        extend(chain, one)
        await trio.testing.wait_all_tasks_blocked()
        assert in_order(pool) == [xt("a", 1)]
        toy.nonces = {"b": 1}
        extend(chain, fork, is_best=False)
        chain.set_best(fork.hash)
        await trio.testing.wait_all_tasks_blocked()
        assert in_order(pool) == [xt("a", 0), xt("a", 1)]
        toy.nonces = {"a": 1, "b": 1}
        extend(chain, fork_two)
        await trio.testing.wait_all_tasks_blocked()
        chain.finalize(fork_two.hash)
        statuses = [status async for status in watcher]
        nursery.cancel_scope.cancel()
    assert statuses == [
        watch.Ready(),
        watch.InBlock(one.hash, 1),
        watch.Retracted(one.hash),
        watch.Ready(),
        watch.InBlock(fork_two.hash, 1),
        watch.Finalized(fork_two.hash, 1),
    ]
    assert in_order(pool) == [xt("a", 1)]


async def test_a_watcher_may_look_at_the_block_before_it_hears_that_it_is_final(
    opened, autojump_clock
):
    chain, genesis = opened
    pool = TransactionPool(ToyValidator(), now=lambda: 0.0)
    watcher = await pool.submit_and_watch(xt("a", 0), watch.as_it_is)
    one = make_block(genesis, (b"inherent", xt("a", 0)))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(PoolMaintenance(pool, chain).run)
        await trio.testing.wait_all_tasks_blocked()
        extend(chain, one)
        chain.finalize(one.hash)
        told = [(type(status), trio.current_time()) async for status in watcher]
        nursery.cancel_scope.cancel()
    assert told == [
        (watch.Ready, 0.0),
        (watch.InBlock, 0.0),
        (watch.Finalized, LOOK_SECONDS),
    ]


def test_a_block_that_is_never_finalized_is_given_up():
    watchers = watch.Watchers()
    watcher = watchers.watch(xh("a", 0), watch.as_it_is)
    followups = Followups(watchers)
    followups.enacted(Body(b"block", 7, (xt("a", 0),)))
    followups.expire(6 + FINALITY_TIMEOUT_BLOCKS)
    assert len(watchers) == 1
    followups.expire(7 + FINALITY_TIMEOUT_BLOCKS)
    assert len(watchers) == 0
    told = [watcher.statuses.receive_nowait() for _ in range(2)]
    assert told == [watch.InBlock(b"block", 0), watch.FinalityTimeout(b"block")]
