"""Real hosts on loopback."""

import logging
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import trio
from libp2p.peer.id import ID

import p2p.host
import p2p.slots
from p2p.blobs import BlobStore
from p2p.fetching import Blobs
from p2p.gossip import Verdict
from p2p.host import ListenFailed, Network, NetworkConfig, PortBusy, open_network
from p2p.messages import MAX_GOSSIP_BYTES, MAX_RESPONSE_BYTES, BlockData
from p2p.peers import Offence, PeerLimits
from p2p.requests import PeerGone, RequestRefused
from p2p.router import check_port
from tests.p2p.support import GENESIS, Node, block_hash, config, until

ROOT = Path(__file__).parents[2]


@asynccontextmanager
async def joined(
    first: Node, second: Node, limits: PeerLimits | None = None
) -> AsyncIterator[tuple[Network, Network]]:
    """Run two networks that have greeted each other."""
    async with (
        open_network(config(1, limits=limits), first.services()) as one,
        open_network(config(2, one.addresses[0]), second.services()) as two,
    ):
        await until(lambda: one.peers.ready() and two.peers.ready())
        yield one, two


async def test_peers_learn_where_the_other_is() -> None:
    first, second = Node(best=3), Node(best=5)
    async with joined(first, second) as (one, two):
        (view,) = one.peers.ready()
        assert (view.id, view.is_inbound) == (two.peer_id, True)
        assert (view.best_number, view.status) == (5, second.status())
        (view,) = two.peers.ready()
        assert (view.id, view.is_inbound) == (one.peer_id, False)
        assert view.address.startswith("/ip4/127.0.0.1/tcp/")
        assert first.statuses[0] == (two.peer_id, second.status())


async def test_a_peer_is_kept_away_and_comes_back() -> None:
    async with joined(Node(), Node()) as (one, two):
        one.isolate([two.peer_id])
        await until(lambda: not one.peers.connected() and not two.peers.connected())
        one.isolate([])
        await until(lambda: one.peers.ready() and two.peers.ready())


async def test_gossip_crosses_a_node_in_the_middle() -> None:
    middle, left, right = Node(), Node(), Node()
    payload = os.urandom(MAX_GOSSIP_BYTES)
    async with open_network(config(1), middle.services()) as centre:
        address = centre.addresses[0]
        async with (
            open_network(config(2, address), left.services()) as one,
            open_network(config(3, address), right.services()) as other,
        ):
            await until(lambda: centre.mesh_size("blocks") == 2)
            await until(lambda: one.mesh_size("blocks") and other.mesh_size("blocks"))
            await one.gossip.publish("blocks", payload)
            await one.gossip.publish("votes", b"a vote")
            await until(lambda: len(right.gossiped) == 2)
    assert sorted(body for _, body in right.gossiped) == sorted([payload, b"a vote"])
    assert {peer for peer, _ in right.gossiped} == {centre.peer_id}
    assert left.gossiped == []


async def test_rejected_gossip_goes_no_further_and_bans_its_sender() -> None:
    first = Node(validate=lambda peer, payload: Verdict.REJECT)
    async with joined(first, Node()) as (one, two):
        await until(lambda: two.mesh_size("blocks"))
        for number in range(9):
            await two.gossip.publish("blocks", bytes([number]))
        await until(lambda: one.peers.ban_reason(two.peer_id))
        await until(lambda: not one.peers.connected())
    assert first.gossiped == []


async def test_requests_are_answered_up_to_the_limit() -> None:
    large = BlockData(b"header", (os.urandom(MAX_RESPONSE_BYTES - 1000),), (b"proof",), b"just")
    blocks = {bytes(32): large, b"\1" * 32: BlockData(b"h", (bytes(MAX_RESPONSE_BYTES),))}
    async with joined(Node(blocks_by_hash=blocks), Node()) as (one, two):
        assert await two.requests.block(one.peer_id, bytes(32)) == large
        with pytest.raises(RequestRefused, match="the answer is too long"):
            await two.requests.block(one.peer_id, b"\1" * 32)
        assert await two.requests.block(one.peer_id, b"\2" * 32) is None
        with pytest.raises(PeerGone, match="is not connected"):
            await two.requests.block(two.peer_id, bytes(32))


async def test_transactions_reach_the_pool_of_a_peer() -> None:
    first, second = Node(), Node()
    batch = tuple(os.urandom(300) for _ in range(1000))
    async with joined(first, second) as (one, two):
        two.transactions.broadcast(batch)
        one.transactions.broadcast((b"and back",))
        await until(lambda: len(first.transactions) == 1000 and second.transactions)
    assert (tuple(first.transactions), second.transactions) == (batch, [b"and back"])


async def test_a_blob_with_a_flipped_byte_is_fetched_from_another(tmp_path: Path) -> None:
    data = os.urandom(3_000_000)
    stores = [BlobStore(tmp_path / name) for name in ("rotten", "sound", "ours")]
    root = stores[0].put(data)
    stores[1].put(data)

    class Rotten(Node):
        async def manifest(self, root: bytes) -> bytes | None:
            return stores[0].manifest(root)

        async def chunks(self, root: bytes, first: int, count: int) -> tuple[bytes, ...]:
            chunks = stores[0].chunks(root, first, count)
            return tuple(bytes([chunk[0] ^ 1]) + chunk[1:] for chunk in chunks)

    class Sound(Node):
        async def manifest(self, root: bytes) -> bytes | None:
            return stores[1].manifest(root)

        async def chunks(self, root: bytes, first: int, count: int) -> tuple[bytes, ...]:
            return stores[1].chunks(root, first, count)

    async with (
        open_network(config(1), Rotten().services()) as rotten,
        open_network(config(2), Sound().services()) as sound,
        open_network(config(3, rotten.addresses[0], sound.addresses[0]), Node().services()) as us,
    ):
        await until(lambda: len(us.peers.ready()) == 2)
        blobs = Blobs(stores[2], us.requests, us.report)
        assert await blobs.fetch(root, [rotten.peer_id, sound.peer_id]) == data
        assert us.peers.score(rotten.peer_id) <= -Offence.BAD_CHUNK.cost + 10
        assert us.peers.score(sound.peer_id) == 0


@pytest.mark.parametrize("shares_prefix", [False, True])
async def test_a_peer_on_another_chain_is_disconnected_with_a_reason(
    shares_prefix: bool, caplog: pytest.LogCaptureFixture
) -> None:
    other = (GENESIS[:4] if shares_prefix else b"else") + bytes(28)
    expected = "wanted genesis 0x" if shares_prefix else "it is on another chain"
    with caplog.at_level(logging.INFO, "p2p.host"):
        async with open_network(config(1), Node().services()) as one:
            stranger = config(2, one.addresses[0], genesis=other)
            async with open_network(stranger, Node(genesis=other).services()) as two:
                await until(lambda: one.peers.ban_reason(two.peer_id))
                await until(lambda: not one.peers.connected() and not two.peers.connected())
                assert one.peers.ban_reason(two.peer_id) == "is on another chain"
    assert expected in caplog.text


async def test_addresses_that_a_peer_named_too_long_ago_are_none() -> None:
    async with joined(Node(), Node()) as (one, two):
        router = one._router
        await until(lambda: router.known_addresses(two.peer_id))
        told = router._store.peer_data_map[ID.from_string(two.peer_id)]
        told.ttl, told.last_identified = 1, 0
        assert router.known_addresses(two.peer_id) == ()
        assert router.known_addresses(one.peer_id + "1") == ()


async def test_a_busy_port_is_named() -> None:
    async with open_network(config(1), Node().services()) as one:
        address = one.addresses[0].partition("/p2p/")[0]
        with pytest.raises(ExceptionGroup) as raised:
            async with open_network(config(2, listen=(address,)), Node().services()):
                pass
    assert raised.group_contains(PortBusy, match=f"^wanted to listen on {address}, but")


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("/ip4/127.0.0.1", "wanted an address like /ip4/0.0.0.0/tcp/30333, got /ip4/127.0.0.1"),
        ("/ip4/127.0.0.1/tcp/99999", "wanted a port from 0 to 65535 in /ip4/127.0.0.1/tcp/99999"),
        ("/ip4/192.0.2.1/tcp/0", "cannot listen on /ip4/192.0.2.1/tcp/0: Cannot assign"),
    ],
)
def test_an_address_that_cannot_be_listened_on_says_why(address: str, sentence: str) -> None:
    with pytest.raises(ListenFailed) as raised:
        check_port(address)
    assert str(raised.value).startswith(sentence)


async def test_leaving_closes_the_sockets() -> None:
    async with open_network(config(1), Node().services()) as one:
        address = one.addresses[0].partition("/p2p/")[0]
        open_before = len(os.listdir("/proc/self/fd"))
        async with open_network(config(2, one.addresses[0]), Node().services()) as two:
            await until(lambda: one.peers.ready() and two.peers.ready())
        await until(lambda: len(os.listdir("/proc/self/fd")) == open_before)
    check_port(address)


async def test_a_banned_peer_is_disconnected_and_not_let_in_again() -> None:
    async with joined(Node(), Node()) as (one, two):
        one.report(two.peer_id, Offence.BAD_BLOCK)
        await until(lambda: not one.peers.connected())
        await trio.sleep(1)  # the other side keeps dialling
        assert one.peers.connected() == ()


async def test_a_full_node_turns_peers_away_and_keeps_those_it_has() -> None:
    async with joined(Node(), Node(), PeerLimits(total=1)) as (one, two):
        late = Node()
        async with open_network(config(3, one.addresses[0]), late.services()) as three:
            await until(lambda: any(status is None for _, status in late.statuses))
            assert [view.id for view in one.peers.connected()] == [two.peer_id]
            assert three.peers.ready() == ()


async def test_a_full_node_lets_the_least_useful_go_for_a_newcomer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("MIN_STAY_SECONDS", "PROTECTED_BY_AGE", "PROTECTED_BY_SUBNET"):
        monkeypatch.setattr(p2p.slots, name, 0)
    second = Node()
    async with joined(Node(), second, PeerLimits(total=1)) as (one, two):
        async with open_network(config(3, one.addresses[0]), Node().services()) as three:
            await until(lambda: [view.id for view in one.peers.ready()] == [three.peer_id])
            await until(lambda: (one.peer_id, None) in second.statuses)
        assert two.peers.ban_reason(one.peer_id) is None


async def test_a_peer_is_found_again_in_the_address_book(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(p2p.host, "STATUS_SECONDS", 0.2)
    book = tmp_path / "addresses"
    remembering = config(1, address_book=book)
    async with open_network(remembering, Node().services()) as one:
        address = one.addresses[0]
        async with open_network(config(2, address), Node().services()) as two:
            await until(lambda: book.exists() and book.read_text().strip())
            line = book.read_text().split()[0]
            assert line in two.addresses
            listen = (line.partition("/p2p/")[0],)
    async with (
        open_network(config(2, listen=listen), Node().services()) as two,
        open_network(remembering, Node().services()) as one,
    ):
        await until(lambda: one.peers.ready() and two.peers.ready())


async def test_a_peer_is_found_through_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(p2p.host, "STATUS_SECONDS", 0.2)
    book = tmp_path / "addresses"
    async with (
        open_network(config(1, address_book=book), Node().services()) as one,
        open_network(config(2, one.addresses[0]), Node().services()) as two,
    ):
        await until(book.exists)
        async with open_network(config(3, one.addresses[0]), Node().services()) as three:
            await until(lambda: three.peers.get(two.peer_id))
            (found,) = [view for view in three.peers.connected() if view.id == two.peer_id]
            assert not found.is_inbound


async def test_public_addresses_are_announced() -> None:
    public = "/ip4/203.0.113.7/tcp/30333"
    async with open_network(config(1), Node().services()) as one:
        second = replace(config(2, one.addresses[0]), public=(public,))
        async with open_network(second, Node().services()) as two:
            assert two.addresses[0] == f"{public}/p2p/{two.peer_id}"
            await until(lambda: two.addresses[0] in one._router.known_addresses(two.peer_id))


def test_a_public_address_that_is_none_says_so() -> None:
    with pytest.raises(ListenFailed, match=r"^wanted a public address like .* got 203\."):
        Network(replace(config(1), public=("203.0.113.7",)), Node().services())


async def test_a_new_best_block_is_heard_of_even_without_gossip(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(p2p.host, "STATUS_SECONDS", 0.2)
    first, second = Node(best=1), Node()
    async with joined(first, second) as (_one, two):
        first.best = 9
        await until(lambda: two.peers.ready()[0].best_number == 9)
        assert two.peers.ready()[0].status == first.status()
    assert first.status().best_hash == block_hash(9)


async def test_a_killed_node_is_found_again_when_it_comes_back() -> None:
    async with open_network(config(1), Node().services()) as one:
        for _ in range(2):
            process = await trio.lowlevel.open_process(
                [sys.executable, "-m", "tests.p2p.peer_process", one.addresses[0]], cwd=ROOT
            )
            await until(one.peers.ready)
            process.send_signal(signal.SIGKILL)
            await process.wait()
            await until(lambda: not one.peers.connected())


async def test_a_killed_bootnode_is_dialled_until_it_is_back(tmp_path: Path) -> None:
    ours = Node()
    first: NetworkConfig = config(1)
    async with open_network(first, Node().services()) as one:
        address = one.addresses[0]
    async with open_network(config(2, address), ours.services()) as two:
        again = replace(first, listen=(address.partition("/p2p/")[0],))
        for _ in range(2):
            async with open_network(again, Node().services()):
                await until(two.peers.ready)
            await until(lambda: not two.peers.connected())
