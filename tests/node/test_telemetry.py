"""Telemetry, as a server hears it, and how little a node cares about the server."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
import trio
from trio_websocket import ConnectionClosed, WebSocketRequest, serve_websocket

from consensus.finality.tally import VoterSet
from node.chain import Chain
from node.config import BadConfig, NodeConfig
from node.keys import VoterKey
from node.log import LogFormat, LogLevels, Logs
from node.telemetry import link, service
from node.telemetry.endpoint import BadEndpoint, Endpoint, parse_endpoint
from node.telemetry.link import TelemetryLink
from node.telemetry.messages import Message, NodeFacts, block_import
from node.telemetry.service import Telemetry, TelemetryParts
from runtime.primitives.ss58 import encode_ss58
from tests.node.support import Made, make_block, open_chain
from tests.p2p.support import until
from tests.support.patience import patient

LOG = Logs(LogFormat("pretty"), LogLevels.parse(("error",)), node="test").logger("telemetry")
KEY, OTHER = bytes([1]) * 32, bytes([2]) * 32
FACTS = NodeFacts(
    name="alice",
    implementation="StarMiner",
    version="0.1.0",
    chain="StarMiner Local",
    genesis_hash=bytes(32),
    authority=True,
    network_id="12D3KooW",
    started_ms=1_700_000_000_000,
)


@dataclass
class Server:
    """A telemetry server that keeps what it is sent."""

    port: int = 0
    heard: list[dict[str, Any]] = field(default_factory=list)
    connections: int = 0
    says: str | None = None
    """What it answers everything with."""

    async def serve(self, request: WebSocketRequest) -> None:
        assert request.path == "/submit/"
        socket = await request.accept()
        self.connections += 1
        try:
            while True:
                self.heard.append(json.loads(await socket.get_message()))
                if self.says is not None:
                    await socket.send_message(self.says)
        except ConnectionClosed:
            return

    def payloads(self, name: str) -> list[dict[str, Any]]:
        return [one["payload"] for one in self.heard if one["payload"]["msg"] == name]


@asynccontextmanager
async def serving(server: Server) -> AsyncIterator[Server]:
    async with trio.open_nursery() as nursery:
        listen = partial(serve_websocket, server.serve, "127.0.0.1", server.port, ssl_context=None)
        server.port = (await nursery.start(listen)).port
        yield server
        nursery.cancel_scope.cancel()


def endpoint(server: Server, verbosity: int = 1) -> Endpoint:
    return Endpoint(f"ws://127.0.0.1:{server.port}/submit/", verbosity)


@dataclass
class World:
    """What telemetry looks at."""

    chain: Chain
    tip: Made
    voters: VoterSet = field(default_factory=lambda: VoterSet(3, ((KEY, 1), (OTHER, 1))))
    key: bytes | None = KEY
    is_syncing: bool = False
    peer_count: int = 4

    def grow(self, *, finalize: bool = False) -> None:
        block = make_block(self.tip)
        self.chain.import_block(block.ready(), block.state)
        self.tip = block
        if finalize:
            self.chain.finalize(block.hash)

    def telemetry(self, *endpoints: Endpoint) -> Telemetry:
        parts = TelemetryParts(
            facts=FACTS,
            chain=self.chain,
            network=self,
            waiting=lambda: 7,
            voters=lambda: self.voters,
            voter_key=lambda _: None if self.key is None else VoterKey(None, self.key),  # type: ignore[arg-type]
            ss58_prefix=42,
            log=LOG,
        )
        return Telemetry(endpoints, parts)


@pytest.fixture
def world() -> World:
    return World(*open_chain())


@asynccontextmanager
async def telling(world: World, *endpoints: Endpoint) -> AsyncIterator[None]:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(world.telemetry(*endpoints).run)
        yield
        nursery.cancel_scope.cancel()


def hexed(raw: bytes) -> str:
    return f"0x{raw.hex()}"


async def test_a_connection_says_who_the_node_is_and_how_before_anything_else(
    world: World,
) -> None:
    async with serving(Server()) as server, telling(world, endpoint(server)):
        await until(lambda: len(server.heard) >= 3)
    genesis = hexed(world.tip.hash)
    for envelope in server.heard:
        assert envelope.keys() == {"id", "ts", "payload"}
        assert envelope["id"] == 1
        assert envelope["ts"].endswith("+00:00")
    connected, interval, voters = (one["payload"] for one in server.heard[:3])
    assert connected == {
        "msg": "system.connected",
        "name": "alice",
        "implementation": "StarMiner",
        "version": "0.1.0",
        "config": "",
        "chain": "StarMiner Local",
        "genesis_hash": hexed(bytes(32)),
        "authority": True,
        "network_id": "12D3KooW",
        "startup_time": "1700000000000",
    }
    assert interval == {
        "msg": "system.interval",
        "peers": 4,
        "txcount": 7,
        "best": genesis,
        "height": 0,
        "finalized_hash": genesis,
        "finalized_height": 0,
    }
    addresses = [encode_ss58(KEY, 42), encode_ss58(OTHER, 42)]
    assert voters == {
        "msg": "afg.authority_set",
        "authority_id": addresses[0],
        "authority_set_id": "3",
        "authorities": json.dumps(addresses, separators=(",", ":")),
    }


async def test_blocks_and_finality_are_told_as_they_come(world: World) -> None:
    async with serving(Server()) as server, telling(world, endpoint(server)):
        await until(lambda: server.payloads("system.connected") != [])
        world.grow()
        await until(lambda: server.payloads("block.import") != [])
        world.voters = VoterSet(4, ((KEY, 1),))
        world.grow(finalize=True)
        await until(lambda: len(server.payloads("afg.authority_set")) == 2)
    best = hexed(world.tip.hash)
    heights = [one["height"] for one in server.payloads("block.import")]
    assert heights == [1, 2]
    (final,) = server.payloads("notify.finalized")
    assert final == {"msg": "notify.finalized", "best": best, "height": "2"}
    assert len(server.payloads("afg.authority_set")) == 2
    assert server.payloads("afg.authority_set")[1]["authority_set_id"] == "4"


async def test_a_sync_is_told_by_the_interval_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "INTERVAL_SECONDS", 0.05)
    world.is_syncing = True
    async with serving(Server()) as server, telling(world, endpoint(server)):
        await until(lambda: server.payloads("system.interval") != [])
        world.grow(finalize=True)
        await until(lambda: server.payloads("system.interval")[-1]["finalized_height"] == 1)
    assert server.payloads("block.import") == server.payloads("notify.finalized") == []


async def test_verbosity_and_roles_decide_who_hears_of_voters(world: World) -> None:
    async with serving(Server()) as quiet, serving(Server()) as loud:
        async with telling(world, endpoint(quiet, 0), endpoint(loud, 1)):
            await until(lambda: loud.payloads("afg.authority_set") != [])
            world.grow()
            await until(lambda: quiet.payloads("block.import") != [])
        world.key = None
        before = len(loud.payloads("afg.authority_set"))
        async with telling(world, endpoint(loud, 9)):
            await until(lambda: len(loud.payloads("system.connected")) == 2)
            world.grow(finalize=True)
            await until(lambda: loud.payloads("notify.finalized") != [])
    assert quiet.payloads("afg.authority_set") == []
    assert len(loud.payloads("afg.authority_set")) == before


async def test_a_server_that_goes_away_is_told_all_about_the_node_when_it_is_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link, "FIRST_PAUSE", 0.05)
    monkeypatch.setattr(link, "LONGEST_PAUSE", 0.2)
    server = Server()
    async with serving(server):
        target = endpoint(server)
    async with telling(world, target):
        async with serving(server):
            await until(lambda: server.connections == 1, 20)
        world.grow()
        server.heard.clear()
        async with serving(server):
            await until(lambda: server.payloads("block.import") != [], 20)
    assert server.connections == 2
    assert server.heard[0]["payload"]["msg"] == "system.connected"


async def test_a_server_that_talks_or_sends_too_much_ends_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link, "FIRST_PAUSE", 0.05)
    server = Server(says="x" * (link.MAX_HEARD_BYTES + 1))
    async with serving(server), telling(world, endpoint(server)):
        await until(lambda: server.connections >= 3, 20)
        server.says = "nobody listens"
        with trio.fail_after(patient(20)):
            while not server.payloads("block.import"):
                world.grow()  # what happens between two connections is not told
                await trio.sleep(0.05)


async def test_a_server_that_does_not_speak_websocket_ends_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(link, "FIRST_PAUSE", 0.05)
    calls = 0

    async def rude(stream: trio.SocketStream) -> None:
        nonlocal calls
        calls += 1
        await stream.receive_some(1000)
        await stream.send_all(b"SSH-2.0-OpenSSH_9.6\r\n")
        await stream.aclose()

    async with trio.open_nursery() as nursery:
        listeners = await nursery.start(partial(trio.serve_tcp, rude, 0, host="127.0.0.1"))
        port = listeners[0].socket.getsockname()[1]
        target = Endpoint(f"ws://127.0.0.1:{port}/submit/", 0)
        nursery.start_soon(TelemetryLink(target, list, LOG).run)
        await until(lambda: calls >= 2, 20)
        nursery.cancel_scope.cancel()


async def test_what_nobody_takes_makes_room_oldest_first_and_nothing_waits(world: World) -> None:
    server = Server()
    told = TelemetryLink(Endpoint("ws://127.0.0.1:1/submit/", 0), list, LOG)
    for number in range(link.QUEUE_MESSAGES + 10):
        told.offer(Message("block.import", {"height": number}))
    told.offer(Message("afg.authority_set", {}, 1))
    async with serving(server), trio.open_nursery() as nursery:
        told._endpoint = endpoint(server, 0)
        nursery.start_soon(told.run)
        await until(lambda: len(server.heard) == link.QUEUE_MESSAGES)
        nursery.cancel_scope.cancel()
    heights = [one["height"] for one in server.payloads("block.import")]
    assert heights == list(range(10, link.QUEUE_MESSAGES + 10))


def test_heights_are_numbers_and_hashes_hex(world: World) -> None:
    found = json.loads(block_import(world.tip.header).encoded())
    assert found["payload"] == {"msg": "block.import", "best": hexed(world.tip.hash), "height": 0}


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("wss://host/submit/ 0", Endpoint("wss://host/submit/", 0)),
        ("  ws://127.0.0.1:8001/submit   9 ", Endpoint("ws://127.0.0.1:8001/submit", 9)),
    ],
)
def test_an_endpoint_is_a_url_and_a_verbosity(words: str, found: Endpoint) -> None:
    assert parse_endpoint(words) == found


@pytest.mark.parametrize(
    "words",
    [
        *("", "0", "wss://host/submit/", "wss://host/submit/ 10", "wss://host/submit/ -1"),
        *("https://host/ 0", "host 0", "ws:// 0", "ws://host:x/ 0", "ws://a b/ 0", "ws://[ 0"),
        "wss://host/ ²",
    ],
)
def test_anything_else_is_refused_with_an_example(words: str) -> None:
    with pytest.raises(BadEndpoint, match='wants "URL VERBOSITY", a ws:// or wss:// URL and 0'):
        parse_endpoint(words)


def test_a_configuration_names_every_bad_endpoint_and_may_say_no() -> None:
    words = "wss://host/submit/ 0"
    assert NodeConfig(telemetry_url=(words,)).check().telemetry_endpoints == (
        Endpoint("wss://host/submit/", 0),
    )
    assert NodeConfig(telemetry_url=(words,), telemetry=False).telemetry_endpoints == ()
    assert NodeConfig().telemetry_endpoints == ()
    with pytest.raises(BadConfig, match=r"got 'one'\. --telemetry-url .* got 'two'\."):
        NodeConfig(telemetry_url=("one", "two")).check()
