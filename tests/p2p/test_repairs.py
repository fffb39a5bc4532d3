"""Each repair of py-libp2p, with a test that fails without it."""

import os
from contextlib import suppress
from typing import Any

import libp2p
import pytest
import trio
from hypothesis import example, given
from hypothesis import strategies as st
from libp2p.io.exceptions import IncompleteReadError
from libp2p.peer.id import ID
from libp2p.pubsub.pb import rpc_pb2

import p2p.host
from p2p.framing import ByteStream, StreamLost
from p2p.gossip import SeenCache
from p2p.host import open_network
from p2p.messages import MAX_GOSSIP_BYTES
from p2p.peers import PeerLimits
from p2p.repairs.attributes import (
    MAX_RPC_BYTES,
    OUTBOUND_BYTES,
    REPAIRED_VERSION,
    LongRpcQueue,
    WrongLibrary,
    apply,
    read_exactly,
)
from p2p.repairs.connections import MAX_HANDSHAKES_PER_ADDRESS, RepairedConnection
from p2p.repairs.pubsub import CACHED_BYTES, BadFrame, ContentCache, content_id, take_frame
from p2p.repairs.yamux import RepairedStream, RepairedYamux
from p2p.router import Router
from p2p.serving import REQUESTS_RATE, Server
from tests.p2p.support import GENESIS, Node, config, until

GARBAGE = {
    "noise": os.urandom(300),
    "a length and noise": bytes([200, 1]) + os.urandom(200),
    "ones": b"\xff" * 64,
    "an endless length": b"\xff\xff\xff\xff\x7f" + b"a" * 50,
    "an empty message": b"\x00",
    "nothing": b"",
    "a bad protobuf": bytes([4]) + b"\x0a\x02\xff\xfe",
    "a bad topic": bytes([6]) + b"\x12\x04\x22\x02\xff\xfe",
    "a wrong key": bytes([8]) + b"\x12\x06\x32\x04junk",
}


def client(name: int = 9) -> Router:
    """A host without the rest of a node: it answers the handshake and nothing else."""
    seed = name.to_bytes(32, "big")
    router = Router(seed, 60, lambda peer, topic, payload: True, SeenCache())
    server = Server(Node(), Node(), lambda peer, offence: None, REQUESTS_RATE)
    router.serve(f"/{GENESIS.hex()[:8]}/req/1", server.serve)
    return router


@pytest.mark.parametrize("name", GARBAGE)
async def test_garbage_on_every_protocol_leaves_the_host_running(name: str) -> None:
    node = Node()
    async with open_network(config(1), node.services()) as network:
        protocols = [each for each in network._router._host.get_mux().handlers if each]
        assert len(protocols) >= 6
        for number, protocol in enumerate(protocols):
            stranger = client(100 + number)
            async with stranger.running((), ()):
                await stranger.dial(network.addresses[0])
                stream = await stranger.open_stream(network.peer_id, str(protocol))
                with trio.move_on_after(0.05), suppress(StreamLost):
                    await stream.write(GARBAGE[name])
                    await stream.read(1)
                await stream.reset()
        honest = Node()
        async with open_network(config(2, network.addresses[0]), honest.services()) as other:
            await until(lambda: other.mesh_size("blocks"))
            await other.gossip.publish("blocks", b"still there")
            await until(lambda: node.gossiped)


async def test_inbound_slots_are_free_again_when_connections_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(p2p.host, "SPARE_CONNECTIONS", 2)
    async with open_network(config(1, limits=PeerLimits(total=1)), Node().services()) as network:
        slots = int(network._router._swarm._inbound_limiter.total_tokens)
        assert slots == 3
        for number in range(slots + 2):
            stranger = client(100 + number)
            async with stranger.running((), ()):
                await stranger.dial(network.addresses[0])
        swarm = network._router._swarm
        await until(lambda: swarm._inbound_limiter.borrowed_tokens == 0)


async def test_one_address_cannot_hold_every_handshake() -> None:
    limits = PeerLimits(total=200)
    async with open_network(config(1, limits=limits), Node().services()) as network:
        port = int(network.addresses[0].split("/")[4])
        streams = [
            await trio.open_tcp_stream("127.0.0.1", port)
            for _ in range(MAX_HANDSHAKES_PER_ADDRESS + 20)
        ]
        swarm = network._router._swarm
        await until(lambda: swarm._inbound_limiter.borrowed_tokens == MAX_HANDSHAKES_PER_ADDRESS)
        for stream in streams:
            await stream.aclose()
        await until(lambda: swarm._inbound_limiter.borrowed_tokens == 0)
        assert not swarm._handshakes


async def test_a_peer_that_never_reads_does_not_stop_other_streams() -> None:
    node, received = Node(), []

    async with open_network(config(1), node.services()) as network:

        async def never_read(stream) -> None:
            await trio.sleep_forever()

        async def read_all(stream) -> None:
            while part := await stream.read(65_536):
                received.append(len(part))

        network._router.serve("/test/never/1", never_read)
        network._router.serve("/test/sink/1", read_all)
        other = client()
        async with other.running((), ()):
            await other.dial(network.addresses[0])
            stuck = await other.open_stream(network.peer_id, "/test/never/1")
            with trio.move_on_after(0.2) as scope:
                await stuck.write(bytes(8_000_000))
            assert scope.cancelled_caught
            flowing = await other.open_stream(network.peer_id, "/test/sink/1")
            await flowing.write(bytes(8_000_000))
            await until(lambda: sum(received) == 8_000_000)


async def test_a_connection_is_of_the_repaired_classes() -> None:
    node = Node()
    async with (
        open_network(config(1), node.services()) as one,
        open_network(config(2, one.addresses[0]), node.services()) as two,
    ):
        await until(lambda: one.mesh_size("blocks") and two.mesh_size("blocks"))
        for network in (one, two):
            (connection,) = network._router._swarm.get_connections()
            assert type(connection) is RepairedConnection
            assert type(connection.muxed_conn) is RepairedYamux
            assert {type(each) for each in connection.muxed_conn.streams.values()} == {
                RepairedStream
            }
            assert {type(queue) for queue in network._router._pubsub.peer_queues.values()} == {
                LongRpcQueue
            }


@pytest.mark.parametrize(
    "forged",
    [
        {"from_id": b"somebody", "seqno": b"1"},
        {"seqno": b"1"},
        {"signature": b"s"},
        {"key": b"k"},
        {"topicIDs": ["t", "u"]},
        {"topicIDs": []},
    ],
)
async def test_a_message_with_an_author_is_not_delivered(forged: dict[str, Any]) -> None:
    delivered = []

    def deliver(peer: str, topic: str, payload: bytes) -> bool:
        delivered.append(payload)
        return False

    router = Router(bytes(32), 10, deliver, SeenCache())
    peer = ID.from_string(router.peer_id)
    fields: dict[str, Any] = {"data": b"x", "topicIDs": ["t"]}
    await router._pubsub.push_msg(peer, rpc_pb2.Message(**{**fields, **forged}))
    assert delivered == []
    await router._pubsub.push_msg(peer, rpc_pb2.Message(**fields))
    assert delivered == [b"x"]


async def test_a_published_message_names_no_author_and_is_cached_under_its_content() -> None:
    router = Router(bytes(32), 10, lambda peer, topic, payload: True, SeenCache())
    await router.publish("t", b"x")
    message = rpc_pb2.Message(data=b"x", topicIDs=["t"])
    assert router._gossip.mcache.msgs == {content_id(message): message}


async def test_a_forwarded_message_is_delivered_once() -> None:
    delivered = []

    def deliver(peer: str, topic: str, payload: bytes) -> bool:
        delivered.append(payload)
        return payload != b"ignored"

    router = Router(bytes(32), 10, deliver, SeenCache())
    peer = ID.from_string(router.peer_id)
    for payload in (b"x", b"x", b"ignored", b"ignored"):
        await router._pubsub.push_msg(peer, rpc_pb2.Message(data=payload, topicIDs=["t"]))
    assert delivered == [b"x", b"ignored", b"ignored"]


def test_the_id_of_a_message_tells_topics_apart() -> None:
    ids = {
        content_id(rpc_pb2.Message(data=data, topicIDs=[topic]))
        for data in (b"x", b"y")
        for topic in ("t", "u")
    }
    assert len(ids) == 4


@given(st.binary(max_size=40))
@example(b"\xff\xff\xff\xff\x7f")
@example(b"\x80\x80\x80\x80")
@example(b"\x80\x80\x80")
def test_any_bytes_are_a_frame_or_wait_or_are_refused(raw: bytes) -> None:
    buffer = bytearray(raw)
    try:
        frame = take_frame(buffer, 30)
    except BadFrame:
        return
    if frame is None:
        assert bytes(buffer) == raw
    else:
        assert raw.endswith(frame + bytes(buffer))
        assert len(frame) <= 30


@given(st.lists(st.binary(max_size=200), max_size=9))
def test_frames_are_cut_from_a_stream(frames: list[bytes]) -> None:
    buffer = bytearray()
    for frame in frames:
        buffer += rpc_pb2.Message(data=b"").SerializeToString()[:0]
        length = len(frame)
        buffer += bytes([length]) if length < 128 else bytes([length & 127 | 128, length >> 7])
        buffer += frame
    assert [take_frame(buffer, 200) for _ in frames] == frames
    assert take_frame(buffer, 200) is None


def test_an_rpc_holds_a_gossip_message() -> None:
    assert MAX_GOSSIP_BYTES < MAX_RPC_BYTES < 2**28


def test_another_version_of_the_library_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert libp2p.__version__ == REPAIRED_VERSION
    monkeypatch.setattr(libp2p, "__version__", "0.9.0")
    with pytest.raises(WrongLibrary, match=r"wanted libp2p 0\.8\.1, got 0\.9\.0"):
        apply()


async def test_a_message_in_many_short_reads_is_whole() -> None:
    class Dripping:
        def __init__(self, data: bytes) -> None:
            self.data = data

        async def read(self, n: int | None = None) -> bytes:
            part, self.data = self.data[:1], self.data[1:]
            return part

    assert await read_exactly(Dripping(bytes(500)), 500) == bytes(500)  # type: ignore[arg-type]
    with pytest.raises(IncompleteReadError, match="wanted 9 bytes, got 3"):
        await read_exactly(Dripping(bytes(3)), 9)  # type: ignore[arg-type]


async def test_a_stream_to_nobody_is_lost() -> None:
    router = client()
    with pytest.raises(StreamLost, match="is not connected"):
        await router.open_stream(router.peer_id, "/test/1")


async def test_a_handler_that_raises_loses_its_stream_and_no_more() -> None:
    async with open_network(config(1), Node().services()) as network:

        async def fail(stream: ByteStream) -> None:
            raise RuntimeError("a bug")

        async def greet(stream: ByteStream) -> None:
            await stream.write(b"hello")
            await stream.read(1)

        network._router.serve("/test/bug/1", fail)
        network._router.serve("/test/fine/1", greet)
        other = client()
        async with other.running((), ()):
            await other.dial(network.addresses[0])
            with suppress(StreamLost):
                stream = await other.open_stream(network.peer_id, "/test/bug/1")
                await stream.read(1)
            stream = await other.open_stream(network.peer_id, "/test/fine/1")
            assert await stream.read(5) == b"hello"


async def test_each_peer_is_grafted_to_its_own_topics() -> None:
    router = Router(bytes(32), 10, lambda peer, topic, payload: True, SeenCache())
    sent = {}

    async def record(message: rpc_pb2.ControlMessage, peer: ID) -> None:
        sent[peer] = [graft.topicID for graft in message.graft]

    router._gossip.emit_control_message = record  # type: ignore[method-assign]
    first, second = ID(b"first"), ID(b"second")
    await router._gossip._emit_control_msgs({first: ["t"], second: ["u"]}, {}, {})
    assert sent == {first: ["t"], second: ["u"]}


async def test_gossip_for_a_peer_that_does_not_read_is_bounded_in_bytes() -> None:
    queue = LongRpcQueue()
    rpc = rpc_pb2.RPC(publish=[rpc_pb2.Message(data=bytes(MAX_GOSSIP_BYTES), topicIDs=["t"])])
    pushed = [queue.push(rpc) for _ in range(50)]
    room = OUTBOUND_BYTES // rpc.ByteSize()
    assert pushed == [True] * room + [False] * (50 - room)
    for _ in range(room):
        assert await queue.pop() is rpc
    assert queue.size_bytes == 0


def test_the_message_cache_is_bounded_in_bytes() -> None:
    cache = ContentCache(3, 5)
    for number in range(200):
        data = number.to_bytes(4, "big") + bytes(MAX_GOSSIP_BYTES - 4)
        cache.put(rpc_pb2.Message(data=data, topicIDs=["t"]))
    assert cache.size_bytes == CACHED_BYTES
    for _ in range(5):
        cache.shift()
    assert (cache.size_bytes, cache.msgs) == (0, {})
