"""The HTTP side: good requests, bad ones, and limits."""

import socket

import msgspec
import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from node.rpc.access import AccessPolicy
from node.rpc.api import RpcConfig, RpcService
from node.rpc.limits import Limits
from node.rpc.registry import MethodPolicy
from node.rpc.server import PortBusy
from tests.rpc.clients import http_post, request, result_of
from tests.rpc.support import FakeNode, Notes, growing_node, serving
from tests.support.patience import patient

SMALL = Limits(
    connections=2,
    request_bytes=1_000,
    response_bytes=2_000,
    header_bytes=600,
    batch_calls=3,
    pipelined_requests=4,
)
IMPATIENT = Limits(request_seconds=0.2, idle_seconds=0.2)


async def test_a_post_is_answered_with_json():
    async with serving() as server:
        (reply,) = await server.exchange(http_post(msgspec.json.encode(request("system_name"))))
        assert (reply.status, reply.headers["content-type"]) == (
            200,
            "application/json; charset=utf-8",
        )
        assert msgspec.json.decode(reply.body) == {"id": 1, "result": "starminer", "jsonrpc": "2.0"}


async def test_pipelined_requests_are_answered_in_order():
    async with serving() as server:
        posts = [
            http_post(msgspec.json.encode(request("system_name", call_id=number)))
            for number in range(50)
        ]
        replies = await server.exchange(b"".join(posts))
        assert [msgspec.json.decode(reply.body)["id"] for reply in replies] == list(range(50))


async def test_a_request_may_come_byte_by_byte():
    async with serving() as server:
        stream = await server.connect()
        for byte in http_post(msgspec.json.encode(request("system_name"))):
            await stream.send_all(bytes([byte]))
        assert (await stream.receive_some(4096)).startswith(b"HTTP/1.1 200 OK\r\n")
        await stream.aclose()


async def test_a_connection_is_kept_for_the_next_request():
    async with serving() as server:
        stream = await server.connect()
        for _ in range(3):
            await stream.send_all(http_post(msgspec.json.encode(request("system_name"))))
            assert b"starminer" in await stream.receive_some(4096)
        await stream.send_all(
            http_post(msgspec.json.encode(request("system_name")), "connection: close\r\n")
        )
        last = b""
        async for data in stream:
            last += data
        assert b"connection: close" in last


async def test_chunked_bodies_and_expect_continue_are_understood():
    body = msgspec.json.encode(request("system_name"))
    head = b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
    async with serving() as server:
        chunked = b"transfer-encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
        (reply,) = await server.exchange(head + chunked)
        assert b"starminer" in reply.body
        stream = await server.connect()
        expecting = b"expect: 100-continue\r\ncontent-length: %d\r\n\r\n" % len(body)
        await stream.send_all(head + expecting)
        assert await stream.receive_some(4096) == b"HTTP/1.1 100 Continue\r\n\r\n"
        await stream.send_all(body)
        assert b"starminer" in await stream.receive_some(4096)
        await stream.aclose()


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"\x16\x03\x01 tls hello\r\n\r\n", 400),
        (b"GET\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: -1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9999\r\n\r\n", 413),
        (
            b"POST / HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n"
            b"800\r\n" + b"x" * 0x800,
            413,
        ),
        (b"GET /" + b"a" * 700 + b" HTTP/1.1\r\nhost: localhost\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nhost: localhost\r\nx: " + b"a" * 700 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nhost: localhost\r\n" + b"a: b\r\n" * 400 + b"\r\n", 431),
        (b"DELETE / HTTP/1.1\r\nhost: localhost\r\n\r\n", 405),
        (b"GET /nowhere HTTP/1.1\r\nhost: localhost\r\n\r\n", 404),
        (b"GET /../../etc/passwd HTTP/1.1\r\nhost: localhost\r\n\r\n", 404),
        (
            b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/plain\r\n"
            b"content-length: 2\r\n\r\n{}",
            415,
        ),
        (b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n" * 5, 429),
        (
            b"GET / HTTP/1.1\r\nhost: localhost\r\nupgrade: websocket\r\n"
            b"connection: upgrade\r\n\r\n",
            400,
        ),
    ],
)
async def test_bad_requests_are_refused_and_the_server_goes_on(raw, status):
    async with serving(limits=SMALL) as server:
        replies = await server.exchange(raw)
        assert replies[-1].status == status
        assert await server.call("system_name") == "starminer"


async def test_a_header_that_never_ends_is_refused():
    async with serving(limits=SMALL) as server:
        stream = await server.connect()
        await stream.send_all(b"GET / HTTP/1.1\r\nhost: localhost\r\nx: ")
        for _ in range(7):
            await wait_all_tasks_blocked(0.001)
            await stream.send_all(b"x" * 100)
        assert (await stream.receive_some(4096)).startswith(b"HTTP/1.1 431 ")
        await stream.aclose()


async def test_a_slow_request_is_refused_and_a_silent_connection_closed():
    async with serving(limits=IMPATIENT) as server:
        slow, silent = await server.connect(), await server.connect()
        await slow.send_all(b"POST / HTTP/1.1\r\nhost: localhost\r\n")
        with trio.fail_after(patient(30)):
            assert (await slow.receive_some(4096)).startswith(b"HTTP/1.1 408 Request Timeout")
            assert await silent.receive_some(4096) == b""
        await slow.aclose()
        await silent.aclose()


async def test_a_connection_too_many_is_turned_away():
    async with serving(limits=SMALL) as server:
        first, second = await server.connect(), await server.connect()
        for stream in (first, second):
            await stream.send_all(http_post(msgspec.json.encode(request("system_name"))))
            await stream.receive_some(4096)
        (refused,) = await server.exchange(b"")
        assert (refused.status, refused.body) == (503, b"busy: all 2 connections are taken\n")
        await first.aclose()
        await second.aclose()


async def test_a_reply_above_the_limit_is_an_error():
    async with serving(limits=SMALL) as server:
        assert await server.call("state_call", "Echo", "00" * 400) == "0x" + "00" * 400
        echo = request("state_call", "Echo", "00" * 200)
        assert await server.post([echo] * 2) != []
    async with serving(growing_node(25), limits=SMALL) as server:
        assert await server.call("starminer_head") == (
            -32008,
            "Response is too big",
            "Exceeded max limit of 2000",
        )


@pytest.mark.parametrize(
    ("headers", "host", "status"),
    [
        ("", "localhost:9944", 200),
        ("", "127.0.0.1", 200),
        ("", "[::1]:9944", 200),
        ("", "evil.example", 403),
        ("", "localhost.evil.example", 403),
        ("", "", 403),
        ("origin: http://localhost:3000\r\n", "localhost", 200),
        ("origin: http://127.0.0.1:9944\r\n", "127.0.0.1:9944", 200),
        ("origin: https://evil.example\r\n", "localhost", 403),
        ("origin: http://localhost.evil.example\r\n", "localhost", 403),
        ("origin: null\r\n", "localhost", 403),
        ("origin: file://localhost\r\n", "localhost", 403),
        ("origin: http://[bad\r\n", "localhost", 403),
    ],
)
async def test_only_this_machine_may_speak_by_default(headers, host, status):
    async with serving() as server:
        raw = http_post(msgspec.json.encode(request("system_name")), headers, host)
        (reply,) = await server.exchange(raw)
        assert reply.status == status
        if status == 200 and headers:
            origin = headers.split(": ")[1].strip()
            assert reply.headers["access-control-allow-origin"] == origin


async def test_other_origins_and_hosts_may_be_allowed():
    access = AccessPolicy(frozenset({"node.example"}), frozenset({"https://polkadot.js.org"}))
    async with serving(access=access) as server:
        for origin, status in [
            ("https://polkadot.js.org", 200),
            ("http://node.example:9944", 200),
            ("https://other.example", 403),
        ]:
            raw = http_post(
                msgspec.json.encode(request("system_name")),
                f"origin: {origin}\r\n",
                "node.example:9944",
            )
            assert [reply.status for reply in await server.exchange(raw)] == [status]


async def test_a_browser_may_ask_before_it_posts():
    async with serving() as server:
        raw = b"OPTIONS / HTTP/1.1\r\nhost: localhost\r\norigin: http://localhost:3000\r\n\r\n"
        (reply,) = await server.exchange(raw)
        assert reply.status == 204
        assert reply.headers["access-control-allow-headers"] == "content-type"
        assert reply.headers["access-control-allow-origin"] == "http://localhost:3000"


async def test_health_liveness_and_metrics_pages():
    async with serving() as server:
        health = await server.get("/health")
        assert msgspec.json.decode(health.body) == {
            "peers": 3,
            "isSyncing": False,
            "shouldHavePeers": True,
        }
        assert (await server.get("/health/live")).status == 200
        assert (await server.get("/metrics")).body == b"metric 1\n"
        for peers, is_syncing, status in [(3, False, 200), (0, False, 503), (3, True, 503)]:
            server.node.network.now = type(server.node.network.now)(peers, is_syncing, True)
            assert (await server.get("/health/readiness")).status == status


async def test_a_head_request_gets_no_body():
    async with serving() as server:
        stream = await server.connect()
        await stream.send_all(b"HEAD /health HTTP/1.1\r\nhost: localhost\r\n\r\n")
        assert (await stream.receive_some(4096)).endswith(b"\r\n\r\n")
        await stream.aclose()


async def test_a_busy_port_is_named_with_advice():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        node = FakeNode()
        service = RpcService(node.backend(), RpcConfig(port=port), Notes(), lambda: b"")
        with pytest.raises(ExceptionGroup) as raised:
            await service.run()
        busy = raised.value.exceptions[0]
        assert isinstance(busy, PortBusy)
        assert str(busy) == (
            f"wanted to listen on 127.0.0.1:{port}, but another process does: "
            "stop it, or start this node with another --rpc-port or --prometheus-port"
        )


async def test_many_clients_at_once_get_their_own_answers():
    answers = {}

    async def ask(server, number):
        reply = await server.post(request("state_call", "Echo", f"0x{number:04x}", call_id=number))
        answers[reply["id"]] = result_of(reply)

    async with serving() as server, trio.open_nursery() as nursery:
        for number in range(60):
            nursery.start_soon(ask, server, number)
    assert answers == {number: f"0x{number:04x}" for number in range(60)}


@pytest.mark.parametrize(
    ("policy", "exposed", "allowed"),
    [
        (MethodPolicy.AUTO, False, True),
        (MethodPolicy.AUTO, True, False),
        (MethodPolicy.SAFE, False, False),
        (MethodPolicy.UNSAFE, True, True),
    ],
)
def test_unsafe_methods_follow_the_policy(policy, exposed, allowed):
    assert policy.allows_unsafe(exposed=exposed) is allowed
