"""The calls that one connection may make in a minute."""

import pytest
import trio

from node.rpc.limits import Limits
from node.rpc.rate import RateLimit
from tests.rpc.clients import request
from tests.rpc.support import serving

LIMITED = (-32999, "RPC rate limit exceeded", "Exceeded max limit of 3 calls a minute")
LIMITS = Limits(calls_per_minute=3, close_seconds=0.5)


async def test_each_connection_has_its_own_calls():
    async with serving(limits=LIMITS) as server, server.websocket() as client:
        for _ in range(3):
            assert await client.call("system_name") == "starminer"
        assert await client.call("system_name") == LIMITED
        assert await client.call("no_such_method") == LIMITED
        assert await client.call("chain_unsubscribeNewHeads", "x") == LIMITED
        async with server.websocket() as other:
            assert await other.call("system_name") == "starminer"
        assert await server.call("system_name") == "starminer"


async def test_every_call_of_a_batch_counts():
    async with serving(limits=LIMITS) as server:
        replies = await server.post([request("system_name", call_id=i) for i in range(5)])
    assert [reply.get("error", {}).get("code") for reply in replies] == [None] * 3 + [-32999] * 2


async def test_requests_on_one_kept_connection_count_together():
    async with serving(limits=LIMITS) as server:
        body = b'{"jsonrpc":"2.0","id":1,"method":"system_name"}'
        post = (
            b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
            b"content-length: %d\r\n\r\n%s" % (len(body), body)
        )
        replies = await server.exchange(post * 4)
    assert [b"-32999" in reply.body for reply in replies] == [False, False, False, True]


async def test_calls_are_earned_again_with_time(autojump_clock):
    rate = RateLimit(60)
    assert [await rate.admit() for _ in range(60)] == [True] * 60
    before = trio.current_time()
    assert await rate.admit()
    assert trio.current_time() - before == pytest.approx(1.0)
    await trio.sleep(30)
    assert [await rate.admit() for _ in range(30)] == [True] * 30


async def test_a_call_far_above_the_rate_is_refused_at_once(autojump_clock):
    rate = RateLimit(2)
    assert [await rate.admit() for _ in range(3)] == [True, True, False]
    assert trio.current_time() == 0
    await trio.sleep(29.5)
    assert await rate.admit()


async def test_without_a_limit_every_call_passes():
    rate = RateLimit(None)
    assert all([await rate.admit() for _ in range(1000)])
