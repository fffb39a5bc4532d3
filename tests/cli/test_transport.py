"""JSON-RPC over a WebSocket, against a peer that the test plays, over streams in memory."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest
import trio
from trio.testing import memory_stream_pair
from trio_websocket import WebSocketConnection, wrap_client_stream, wrap_server_stream

from cli.errors import NodeUnreachable
from cli.sdk.transport import Reply, RpcRefusal, WebSocketRpc, result_of


@asynccontextmanager
async def connected() -> AsyncIterator[tuple[WebSocketRpc, WebSocketConnection]]:
    near, far = memory_stream_pair()
    async with trio.open_nursery() as nursery:
        ends: list[WebSocketConnection] = []

        async def accept() -> None:
            request = await wrap_server_stream(nursery, far)
            ends.append(await request.accept())

        async with trio.open_nursery() as opening:
            opening.start_soon(accept)
            socket = await wrap_client_stream(nursery, near, "node", "/")  # type: ignore[arg-type]  # any stream will do
        rpc = WebSocketRpc("ws://node", socket)
        nursery.start_soon(rpc.run)
        yield rpc, ends[0]
        nursery.cancel_scope.cancel()


async def answer(peer: WebSocketConnection, **reply: Any) -> dict[str, Any]:
    """Read one call, answer it, and return it."""
    call: dict[str, Any] = msgspec.json.decode(await peer.get_message())
    await send(peer, id=call["id"], **reply)
    return call


async def send(peer: WebSocketConnection, **message: Any) -> None:
    await peer.send_message(msgspec.json.encode({"jsonrpc": "2.0"} | message).decode())


async def test_a_call_is_answered() -> None:
    async with connected() as (rpc, peer), trio.open_nursery() as nursery:
        nursery.start_soon(lambda: answer(peer, result={"peers": 3}))
        assert await rpc.call("system_health", 1, "two") == {"peers": 3}


async def test_answers_find_their_calls_in_any_order() -> None:
    found = {}
    async with connected() as (rpc, peer):

        async def ask(method: str) -> None:
            found[method] = await rpc.call(method)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(ask, "first")
            nursery.start_soon(ask, "second")
            calls = [msgspec.json.decode(await peer.get_message()) for _ in range(2)]
            for call in reversed(calls):
                await send(peer, id=call["id"], result=call["method"])
    assert found == {"first": "first", "second": "second"}


async def test_a_null_result_is_a_result() -> None:
    async with connected() as (rpc, peer), trio.open_nursery() as nursery:
        nursery.start_soon(lambda: answer(peer, result=None))
        assert await rpc.call("chain_getBlockHash", 9) is None


async def test_a_refusal_says_which_call_and_why() -> None:
    async with connected() as (rpc, peer):
        error = {"code": 1010, "message": "Invalid Transaction", "data": "bad signature"}
        async with trio.open_nursery() as nursery:
            nursery.start_soon(lambda: answer(peer, error=error))
            with pytest.raises(RpcRefusal) as refusal:
                await rpc.call("author_submitExtrinsic", "0x00")
    told = "author_submitExtrinsic was refused: Invalid Transaction: bad signature (code 1010)"
    assert str(refusal.value) == told


async def test_a_connection_that_ends_fails_the_call_under_way() -> None:
    async with connected() as (rpc, peer), trio.open_nursery() as nursery:
        nursery.start_soon(peer.aclose)
        with pytest.raises(NodeUnreachable, match="it closed the connection"):
            await rpc.call("system_health")


async def test_notifications_reach_their_subscription_even_before_its_name_is_known() -> None:
    async with connected() as (rpc, peer):
        ended = trio.Event()

        async def node() -> None:
            call = msgspec.json.decode(await peer.get_message())
            await send(peer, method="news", params={"subscription": "s1", "result": 1})
            await send(peer, id=call["id"], result="s1")
            await send(peer, method="news", params={"subscription": "s1", "result": 2})
            call = msgspec.json.decode(await peer.get_message())
            assert (call["method"], call["params"]) == ("unsubscribe", ["s1"])
            ended.set()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(node)
            async with rpc.subscribe("subscribe", end="unsubscribe") as news:
                assert [await news.receive(), await news.receive()] == [1, 2]
            await ended.wait()


def test_a_reply_without_an_error_is_its_result() -> None:
    assert result_of("m", Reply(id=1, result=[1])) == [1]
