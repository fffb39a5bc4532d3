"""The WebSocket side: calls, bad frames, limits."""

import msgspec
import pytest
import trio
from trio_websocket import ConnectionClosed, HandshakeError, open_websocket_url

from node.rpc.limits import Limits
from tests.rpc.clients import request
from tests.rpc.support import FakeNode, hexed, serving
from tests.support.patience import patient

UPGRADE = (
    b"GET / HTTP/1.1\r\nhost: localhost\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
    b"sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)
SMALL = Limits(request_bytes=1_000, calls_in_flight=2)


async def upgraded(server):
    stream = await server.connect()
    await stream.send_all(UPGRADE)
    assert (await stream.receive_some(4096)).startswith(b"HTTP/1.1 101 ")
    return stream


async def closing(server, raw: bytes) -> tuple[int, str]:
    """Send raw frames; return code and reason of the close frame that comes back."""
    stream = await upgraded(server)
    await stream.send_all(raw)
    received = b""
    with trio.fail_after(patient(30)):
        async for data in stream:
            received += data
    await stream.aclose()
    frame = received[received.index(b"\x88") :]
    return int.from_bytes(frame[2:4], "big"), frame[4 : 2 + frame[1]].decode()


def frame(opcode: int, payload: bytes) -> bytes:
    size = len(payload)
    length = bytes((0x80 | size,)) if size < 126 else b"\xfe" + size.to_bytes(2, "big")
    return bytes((opcode,)) + length + bytes(4) + payload


async def test_calls_are_answered_as_text_whatever_the_frame():
    async with serving() as server, server.websocket() as client:
        assert await client.call("system_name") == "starminer"
        await client.send(msgspec.json.encode(request("system_name", call_id="b")))
        assert await client.receive() == {"id": "b", "result": "starminer", "jsonrpc": "2.0"}


async def test_a_message_may_come_in_fragments_and_with_the_upgrade_request():
    body = msgspec.json.encode(request("system_name"))
    fragments = frame(0x01, body[:10]) + frame(0x00, body[10:20]) + frame(0x80, body[20:])
    async with serving() as server:
        stream = await server.connect()
        await stream.send_all(UPGRADE + fragments)
        received = b""
        while b"starminer" not in received:
            received += await stream.receive_some(4096)
        await stream.aclose()


async def test_many_calls_in_flight_are_all_answered():
    async with serving(limits=SMALL) as server, server.websocket() as client:
        for number in range(100):
            await client.send(request("state_call", "Echo", f"{number:04x}", call_id=number))
        replies = [await client.receive() for _ in range(100)]
        assert {reply["id"]: reply["result"] for reply in replies} == {
            number: f"0x{number:04x}" for number in range(100)
        }


async def test_replies_wait_for_a_client_that_reads_late():
    limits = Limits(output_bytes=1_000_000, response_bytes=1_000_000, calls_in_flight=8)
    node = FakeNode()
    node.grow(changes={b"long": bytes(400_000)})
    async with serving(node, limits=limits) as server, server.websocket() as client:
        for number in range(40):
            await client.send(request("state_getStorage", hexed(b"long"), call_id=number))
        replies = [await client.receive() for _ in range(40)]
        assert sorted(reply["id"] for reply in replies) == list(range(40))


async def test_what_is_no_json_is_answered():
    async with serving() as server, server.websocket() as client:
        await client.send("nonsense")
        assert (await client.receive())["error"]["code"] == -32700
        await client.send(b"\xff\x00")
        assert (await client.receive())["error"]["code"] == -32700
        await client.send("[]")
        assert (await client.receive())["error"]["code"] == -32600
        assert await client.call("system_name") == "starminer"


async def test_a_message_above_the_limit_closes_the_connection_with_a_reason():
    async with serving(limits=SMALL) as server:
        fragments = frame(0x01, b"x" * 600) + frame(0x80, b"x" * 600)
        assert await closing(server, fragments) == (1009, "wanted a message of at most 1000 bytes")
        assert await server.call("system_name") == "starminer"


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"\x81\x02{}", 1002),
        (frame(0x83, b"reserved opcode"), 1002),
        (frame(0xC1, b"reserved bit"), 1002),
        (frame(0x81, b"\xff\xfe"), 1007),
        (frame(0x80, b"continues nothing"), 1002),
        (frame(0x09, b"fragmented ping"), 1002),
    ],
)
async def test_bad_frames_close_the_connection_alone(raw, code):
    async with serving() as server:
        assert (await closing(server, raw))[0] == code
        assert await server.call("system_name") == "starminer"


async def test_a_ping_is_answered_and_a_close_too():
    async with serving() as server:
        stream = await upgraded(server)
        await stream.send_all(frame(0x89, b"hi"))
        assert await stream.receive_some(4096) == b"\x8a\x02hi"
        await stream.send_all(frame(0x88, (1000).to_bytes(2, "big")))
        assert (await stream.receive_some(4096))[:4] == b"\x88\x02\x03\xe8"
        assert await stream.receive_some(4096) == b""
        await stream.aclose()


async def test_a_silent_client_is_pinged_and_then_closed():
    async with serving(limits=Limits(ping_seconds=0.1)) as server:
        assert await closing(server, b"") == (1008, "silent: no answer to a ping")


async def test_a_client_that_answers_pings_stays():
    async with serving(limits=Limits(ping_seconds=0.4)) as server:
        stream = await upgraded(server)
        for _ in range(3):  # the second and third ping show that the answers counted
            assert await stream.receive_some(4096) == b"\x89\x00"
            await stream.send_all(frame(0x8A, b""))
        await stream.aclose()


async def test_a_client_that_vanishes_leaves_nothing_behind():
    async with serving() as server:
        stream = await upgraded(server)
        await stream.send_all(frame(0x81, b"{")[:3])
        await stream.aclose()
        with trio.fail_after(patient(30)):
            while not server.notes.reasons:
                await trio.sleep(0.005)
        assert ("ws", "gone") in server.notes.reasons


async def test_a_page_of_another_site_cannot_open_a_websocket():
    async with serving() as server:
        url = f"ws://127.0.0.1:{server.port}/"
        with pytest.raises((HandshakeError, ExceptionGroup)):
            async with open_websocket_url(url, extra_headers=[("origin", "https://evil.example")]):
                pass


async def test_after_the_close_no_more_messages_come():
    async with serving(limits=SMALL) as server, server.websocket() as client:
        await client.send("x" * 1001)
        with pytest.raises(ConnectionClosed):
            await client.receive()
