"""Whatever strangers send, a node names what is wrong with it and goes on."""

import json
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from substrateinterface import Keypair, SubstrateInterface
from substrateinterface.exceptions import SubstrateRequestException

from tests.e2e.commands import HOST, Refused, lone_node, rpc, until
from tests.e2e.devnet import AGPU, Devnet
from tests.support.patience import patient

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

BOB = "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty"
MEBIBYTE = 1 << 20

BAD_EXTRINSIC_CODES = (-32602, 1001, 1010)
"""No extrinsic with its length in front; its format is wrong; it cannot be valid."""

PATIENCE_SECONDS = 40.0
"""For the node to hang up; it waits up to 30 s for the end of a request."""


@pytest.fixture(autouse=True)
def is_whole(devnet: Devnet) -> Iterator[None]:
    """After each test the node has the same peers."""
    yield
    until("all peers are there", lambda: devnet.rpc("system_health")["peers"] >= 4, 30)


@pytest.fixture(autouse=True, scope="module")
def goes_on(devnet: Devnet) -> Iterator[None]:
    """After all of them it authors and finalizes."""
    yield
    devnet.advance(2)


def answer_to(port: int, *parts: bytes) -> bytes:
    """Send bytes to a port of the node; return what it says until it hangs up."""
    said = bytearray()
    with socket.create_connection((HOST, port), timeout=patient(PATIENCE_SECONDS)) as stream:
        try:
            for part in parts:
                stream.sendall(part)
            stream.shutdown(socket.SHUT_WR)
            while received := stream.recv(65536):
                said += received
        except TimeoutError:
            raise
        except OSError:
            return bytes(said)  # the node hung up while we were still talking
    return bytes(said)


@pytest.mark.parametrize(
    "parts",
    [
        (os.urandom(4096),),
        (b"GET / HTTP/1.1\r\nhost: node\r\n\r\n",),
        (b"\x13/multistream/1.0.0\n", b"\x07/noise\n", os.urandom(2048)),
        (b"\x13/multistream/1.0.0\n", b"\xff\xff\xff\xff\x0f"),
        (os.urandom(MEBIBYTE),) * 16,
    ],
    ids=["noise", "http", "handshake", "length", "endless"],
)
def test_garbage_on_the_port_for_peers_ends_that_connection_alone(
    devnet: Devnet, parts: tuple[bytes, ...]
) -> None:
    said = answer_to(devnet.node("alice").p2p_port, *parts)
    assert len(said) < 4096


def test_many_silent_connections_do_not_keep_peers_out(devnet: Devnet, tmp_path: Path) -> None:
    port = devnet.node("alice").p2p_port
    silent = [socket.create_connection((HOST, port), timeout=patient(5)) for _ in range(20)]
    try:
        peers = ("--bootnodes", devnet.node("alice").peer_address)
        with lone_node(tmp_path / "late", "--chain", "local", *peers) as late:
            until("the late node has a peer", lambda: rpc(late.rpc, "system_health")["peers"], 60)
    finally:
        for each in silent:
            each.close()


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"\x16\x03\x01" + os.urandom(200) + b"\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nx: " + b"a" * 20_000 + b"\r\n\r\n", b"431"),
        (b"GET / HTTP/1.1\r\nhost: evil.example\r\n\r\n", b"403"),
        (b"POST / HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 99999999\r\n\r\n", b"413"),
    ],
    ids=["no http", "long header", "foreign host", "large body"],
)
def test_http_that_is_none_or_too_much_gets_a_status(
    devnet: Devnet, request_bytes: bytes, status: bytes
) -> None:
    said = answer_to(devnet.port(), request_bytes)
    assert said.split(b" ", 2)[:2] == [b"HTTP/1.1", status]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"\xff\xfe{", -32700),
        (b'{"jsonrpc":"2.0","id":1}', -32600),
        (b'{"jsonrpc":"2.0","id":1,"method":"no_such"}', -32601),
        (b'{"jsonrpc":"2.0","id":1,"method":"chain_getBlock","params":["0x12"]}', -32602),
        (b"[" * 100_000, -32700),
    ],
    ids=["bytes", "no call", "no method", "bad hash", "deep"],
)
def test_json_that_is_no_call_gets_an_error_of_json_rpc(
    devnet: Devnet, body: bytes, code: int
) -> None:
    head = b"POST / HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
    said = answer_to(devnet.port(), head, b"content-length: %d\r\n\r\n" % len(body), body)
    assert json.loads(said.partition(b"\r\n\r\n")[2])["error"]["code"] == code


def test_a_websocket_that_breaks_the_protocol_is_closed_with_a_reason(devnet: Devnet) -> None:
    upgrade = (
        b"GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
        b"sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    protocol_error, too_big = (1002).to_bytes(2, "big"), (1009).to_bytes(2, "big")
    endless = b"\x81\xff" + (1 << 40).to_bytes(8, "big") + bytes(4)
    reserved = b"\xf3\x85" + bytes(9)
    for frames, code in (
        ((reserved,), protocol_error),
        ((endless, *(bytes(MEBIBYTE),) * 9), too_big),
    ):
        said = answer_to(devnet.port(), upgrade, *frames)
        assert said.startswith(b"HTTP/1.1 101")
        assert said.partition(b"\r\n\r\n")[2][2:4] == code


# -- Extrinsics ---------------------------------------------------------------------------------

Signed = Callable[[SubstrateInterface, Keypair], Any]


def transfer(client: SubstrateInterface, pair: Keypair, **options: Any) -> Any:
    call = client.compose_call("Balances", "transfer_keep_alive", {"dest": BOB, "value": AGPU})
    return client.create_signed_extrinsic(call, pair, **options)


def with_a_bad_signature(client: SubstrateInterface, alice: Keypair) -> Any:
    return transfer(client, alice, signature=os.urandom(64))


def with_an_old_nonce(client: SubstrateInterface, alice: Keypair) -> Any:
    return transfer(client, alice, nonce=0)


def of_another_chain(client: SubstrateInterface, alice: Keypair) -> Any:
    nonce = client.get_account_nonce(alice.ss58_address)
    call = client.compose_call("Balances", "transfer_keep_alive", {"dest": BOB, "value": AGPU})
    payload = client.generate_signature_payload(call, nonce=nonce).data
    genesis = bytes.fromhex(client.get_block_hash(0)[2:])
    assert genesis in payload
    foreign = alice.sign(bytes(payload).replace(genesis, bytes(32)))
    return client.create_signed_extrinsic(call, alice, nonce=nonce, signature=foreign)


def expired(client: SubstrateInterface, alice: Keypair) -> Any:
    return transfer(client, alice, era={"period": 4, "current": 1})


def of_a_poor_account(client: SubstrateInterface, _alice: Keypair) -> Any:
    return transfer(client, Keypair.create_from_uri("//Nobody"))


@pytest.fixture(scope="module")
def substrate(devnet: Devnet) -> Iterator[SubstrateInterface]:
    with SubstrateInterface(url=devnet.url()) as client:
        devnet.cli(
            "tx", "balances.transfer_keep_alive", "dest=//Bob", "value=1AGPU", "--signer", "//Alice"
        )
        until("old eras have ended", lambda: devnet.final() > 8)
        yield client


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (with_a_bad_signature, "Transaction has a bad signature"),
        (with_an_old_nonce, "Transaction is outdated"),
        (of_another_chain, "Transaction has a bad signature"),
        (expired, "Transaction has a bad signature"),
        (of_a_poor_account, "Inability to pay some fees"),
    ],
)
def test_an_extrinsic_that_cannot_be_valid_is_refused_by_name(
    substrate: SubstrateInterface, make: Signed, told: str
) -> None:
    with pytest.raises(SubstrateRequestException) as refused:
        substrate.submit_extrinsic(make(substrate, Keypair.create_from_uri("//Alice")))
    error = refused.value.args[0]
    assert (error["code"], error["message"]) == (1010, "Invalid Transaction")
    assert told in error["data"]


@pytest.mark.parametrize("raw", [b"", b"\x00", b"\xff" * 100, bytes(2 * MEBIBYTE)], ids=len)
def test_bytes_that_are_no_extrinsic_are_refused(devnet: Devnet, raw: bytes) -> None:
    with pytest.raises(Refused) as refused:
        devnet.rpc("author_submitExtrinsic", "0x" + raw.hex())
    assert refused.value.code in BAD_EXTRINSIC_CODES


# -- Another chain ------------------------------------------------------------------------------


def test_a_peer_of_another_genesis_is_turned_away(devnet: Devnet, tmp_path: Path) -> None:
    peers = ("--bootnodes", devnet.node("alice").peer_address)
    words = ("--chain", "dev", "--validator", "--dev-key", "Alice", "--name", "stranger")
    with lone_node(tmp_path / "stranger", *words, *peers) as stranger:
        until("it was turned away", lambda: "another chain" in stranger.log, 60)
        assert rpc(stranger.rpc, "system_health")["peers"] == 0
        own = rpc(stranger.rpc, "system_localPeerId")
        assert own not in [peer["peerId"] for peer in devnet.rpc("system_peers")]
