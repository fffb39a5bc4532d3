import contextlib
import socket
import struct
from dataclasses import replace

import pytest
import trio
from hypothesis import example, given
from hypothesis import strategies as st

import p2p.mdns
from p2p.dns import (
    HEADER,
    MAX_ADDRESSES,
    BadPacket,
    Question,
    Told,
    decode,
    encode_answer,
    encode_question,
)
from p2p.host import open_network
from p2p.mdns import LanDiscovery, LanParts
from tests.p2p.support import Node, config, until

SERVICE = (b"_starminer-01020304", b"_udp", b"local")
OTHER = (b"_starminer-05060708", b"_udp", b"local")
ADDRESS = "/ip4/127.0.0.1/tcp/1/p2p/a"


def test_a_question_is_read() -> None:
    assert decode(encode_question(SERVICE), SERVICE) == Question()
    assert decode(encode_question(OTHER), SERVICE) is None


def test_an_answer_is_read() -> None:
    addresses = tuple(f"{ADDRESS}{number}" for number in range(MAX_ADDRESSES + 3))
    packet = encode_answer(SERVICE, b"instance", addresses)
    assert decode(packet, SERVICE) == Told(addresses[:MAX_ADDRESSES])
    assert decode(packet, OTHER) is None


def test_a_name_that_points_back_is_followed() -> None:
    text = b"\x0ddnsaddr=/ip4/"
    packet = (
        HEADER.pack(0, 0x8400, 1, 1, 0, 0)
        + encode_question(SERVICE)[HEADER.size :]
        + b"\x02me\xc0\x0c"
        + struct.pack("!2HIH", 16, 1, 9, len(text))
        + text
    )
    assert decode(packet, SERVICE) == Told(("/ip4/",))


@given(st.binary(max_size=200))
@example(HEADER.pack(0, 0, 1, 0, 0, 0) + b"\xc0\x0c")
@example(HEADER.pack(0, 0, 65535, 65535, 0, 0))
@example(b"")
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    for packet in (raw, HEADER.pack(0, 0x8400, 1, 3, 0, 0) + raw):
        with contextlib.suppress(BadPacket):
            decode(packet, SERVICE)


def free_udp_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def test_two_on_one_machine_hear_of_each_other_and_not_of_another_chain(
    nursery: trio.Nursery,
) -> None:
    heard: dict[str, set[str]] = {"a": set(), "b": set(), "stranger": set()}
    port = free_udp_port()
    for name, prefix in (("a", "01020304"), ("b", "01020304"), ("stranger", "05060708")):
        parts = LanParts(
            prefix=prefix,
            interface="127.0.0.1",
            addresses=lambda name=name: (f"/ip4/127.0.0.1/tcp/1/p2p/{name}",),
            hear=lambda source, told, name=name: heard[name].update(told),
            port=port,
        )
        nursery.start_soon(LanDiscovery(parts).run)
    both = {"/ip4/127.0.0.1/tcp/1/p2p/a", "/ip4/127.0.0.1/tcp/1/p2p/b"}
    await until(lambda: heard["a"] == heard["b"] == both)
    assert heard["stranger"] <= {"/ip4/127.0.0.1/tcp/1/p2p/stranger"}


async def test_nodes_without_bootnodes_find_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(p2p.mdns, "PORT", free_udp_port())
    first, second = (replace(config(name), mdns=True) for name in (1, 2))
    async with (
        open_network(first, Node().services()) as one,
        open_network(second, Node().services()) as two,
    ):
        await until(lambda: one.peers.ready() and two.peers.ready())
