"""Who names junk under a chain's root is blamed for it, and the junk leaves the disk at once."""

import pytest
import trio
import trio.testing

from node.backend.hearsay import BLAME_SECONDS
from p2p.peers import Offence, PeerLimits, Peers
from p2p.requests import RequestTimeout
from runtime.compute.contents import BadPayload
from tests.node.payload_support import CONTENT, INPUT, OUTPUT, Net, Peer

JUNK = b"something else"


@pytest.fixture
def net(tmp_path):
    return Net(tmp_path)


async def is_content(found: bytes) -> None:
    if found != CONTENT:
        raise BadPayload(f"wanted the content, got {len(found)} bytes of something else")


async def test_what_does_not_pass_a_check_is_asked_of_another(net):
    provider = net.peer("provider")
    for name in ("liar", "friend of the liar"):
        await net.peer(name).payloads.put(INPUT, b"something else")
    await net.peer("client").payloads.put(INPUT, CONTENT)
    assert await provider.payloads.get(INPUT, len(CONTENT)) == b"something else"
    assert await provider.payloads.get(INPUT, len(CONTENT), is_content) == CONTENT
    assert await provider.payloads.get(INPUT, len(CONTENT)) == CONTENT


async def test_what_nobody_has_right_is_said_and_asked_for_again(net):
    provider, liar = net.peer("provider"), net.peer("liar")
    await liar.payloads.put(INPUT, b"something else")
    for _ in range(2):
        with pytest.raises(BadPayload, match="14 bytes of something else"):
            await provider.payloads.get(INPUT, len(CONTENT), is_content)
    await net.peer("client").payloads.put(INPUT, CONTENT)
    assert await provider.payloads.get(INPUT, len(CONTENT), is_content) == CONTENT


async def test_what_is_spoilt_here_is_fetched_from_a_peer(net):
    provider, client = net.peer("provider"), net.peer("client")
    await provider.payloads.put(INPUT, b"something else")
    await client.payloads.put(INPUT, CONTENT)
    assert await provider.payloads.get(INPUT, len(CONTENT), is_content) == CONTENT


async def blob_of(peer: Peer, root: bytes) -> bytes:
    """Return the blob that a peer names for a payload."""
    found = peer.payloads.find(root)
    assert found is not None
    return found


async def test_all_who_named_junk_are_blamed_and_nobody_else(net):
    provider = net.peer("provider")
    for name in ("liar", "friend of the liar"):
        await net.peer(name).payloads.put(INPUT, JUNK)
    await net.peer("carrier").rpc.put(JUNK)  # has the bytes, and says nothing of any root
    await net.peer("client").payloads.put(INPUT, CONTENT)
    assert await provider.payloads.get(INPUT, len(CONTENT), is_content) == CONTENT
    assert sorted(provider.accused) == ["friend of the liar", "liar"]


async def test_junk_leaves_the_disk_at_once(net):
    provider, liar = net.peer("provider"), net.peer("liar")
    await liar.payloads.put(INPUT, JUNK)
    with pytest.raises(BadPayload):
        await provider.payloads.get(INPUT, len(CONTENT), is_content)
    assert await provider.blobs.manifest(await blob_of(liar, INPUT)) is None
    assert provider.payloads.known(INPUT) is None


async def test_junk_that_was_believed_unchecked_is_held_against_who_named_it(net):
    provider, liar = net.peer("provider"), net.peer("liar")
    await liar.payloads.put(INPUT, JUNK)
    assert await provider.payloads.get(INPUT, len(CONTENT)) == JUNK
    assert provider.accused == []
    with pytest.raises(BadPayload):
        await provider.payloads.get(INPUT, len(CONTENT), is_content)
    assert provider.accused == ["liar"]
    assert await provider.blobs.manifest(await blob_of(liar, INPUT)) is None


async def test_one_word_is_held_against_a_peer_once_however_often_it_is_asked(net):
    provider, liar = net.peer("provider"), net.peer("liar")
    await liar.payloads.put(INPUT, JUNK)
    for _ in range(3):
        with pytest.raises(BadPayload):
            await provider.payloads.get(INPUT, len(CONTENT), is_content)
    assert provider.accused == ["liar"]
    await net.peer("late liar").payloads.put(INPUT, JUNK)
    with pytest.raises(BadPayload):
        await provider.payloads.get(INPUT, len(CONTENT), is_content)
    assert provider.accused == ["liar", "late liar"]
    provider.now += BLAME_SECONDS
    with pytest.raises(BadPayload):
        await provider.payloads.get(INPUT, len(CONTENT), is_content)
    assert sorted(provider.accused[2:]) == ["late liar", "liar"]


async def test_a_disproved_word_is_taken_after_all_others(net):
    provider = net.peer("provider")
    for name in ("liar", "friend of the liar"):
        await net.peer(name).payloads.put(INPUT, JUNK)
    with pytest.raises(BadPayload):
        await provider.payloads.get(INPUT, len(CONTENT), is_content)
    await net.peer("client").payloads.put(INPUT, CONTENT)
    seen = []

    async def seen_and_checked(found: bytes) -> None:
        seen.append(found)
        await is_content(found)

    assert await provider.payloads.get(INPUT, len(CONTENT), seen_and_checked) == CONTENT
    assert seen == [CONTENT]


async def test_a_peer_that_names_junk_again_and_again_is_banned(net):
    provider, liar = net.peer("provider"), net.peer("liar")
    peers = Peers(PeerLimits(), now=lambda: provider.now)
    for number in range(5):
        assert peers.ban_reason("liar") is None
        root = bytes([number]) * 32
        await liar.payloads.put(root, JUNK + bytes([number]))
        with pytest.raises(BadPayload):
            await provider.payloads.get(root, len(CONTENT), is_content)
        peers.report(provider.accused[number], Offence.BAD_PAYLOAD)
    assert peers.ban_reason("liar") == Offence.BAD_PAYLOAD.reason


async def test_a_liar_cannot_have_a_payload_removed_by_calling_it_another(net):
    provider, client, liar = net.peer("provider"), net.peer("client"), net.peer("liar")
    await client.payloads.put(OUTPUT, JUNK)
    assert await provider.payloads.get(OUTPUT, len(JUNK)) == JUNK
    liar.payloads.alias(INPUT, await blob_of(client, OUTPUT))
    with pytest.raises(BadPayload):
        await provider.payloads.get(INPUT, len(CONTENT), is_content)
    assert provider.accused == ["liar"]
    assert await provider.blobs.get(await blob_of(client, OUTPUT)) == JUNK


async def test_a_blob_that_somebody_else_is_checking_is_not_removed_under_his_hands(net):
    provider, client, liar = net.peer("provider"), net.peer("client"), net.peer("liar")
    await client.payloads.put(OUTPUT, JUNK)
    liar.payloads.alias(INPUT, await blob_of(client, OUTPUT))
    is_judged = trio.Event()

    async def slowly(found: bytes) -> None:
        await is_judged.wait()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(provider.payloads.get, OUTPUT, len(JUNK), slowly)
        await trio.testing.wait_all_tasks_blocked()
        with pytest.raises(BadPayload):
            await provider.payloads.get(INPUT, len(CONTENT), is_content)
        is_judged.set()
    assert await provider.blobs.get(await blob_of(client, OUTPUT)) == JUNK


async def test_an_order_that_names_a_root_for_other_work_costs_nobody_anything(net):
    provider, client = net.peer("provider"), net.peer("client")
    await client.payloads.put(INPUT, CONTENT)
    assert await provider.payloads.get(INPUT, len(CONTENT), is_content) == CONTENT

    async def of_other_work(found: bytes) -> None:
        raise BadPayload("wanted the input of other work")

    provider.asked.clear()
    with pytest.raises(BadPayload, match="of other work"):
        await provider.restarted().get(INPUT, len(CONTENT), of_other_work)
    assert (provider.asked, provider.accused) == ([], [])
    client.silent = True
    assert await provider.payloads.get(INPUT, len(CONTENT), is_content) == CONTENT


async def test_what_this_node_vouches_for_stays_until_another_content_passes(net):
    provider, client = net.peer("provider"), net.peer("client")
    await provider.payloads.put(INPUT, JUNK)
    ours = await blob_of(provider, INPUT)
    with pytest.raises(BadPayload):
        await provider.payloads.get(INPUT, len(CONTENT), is_content)
    assert await provider.blobs.get(ours) == JUNK
    await client.payloads.put(INPUT, CONTENT)
    assert await provider.payloads.get(INPUT, len(CONTENT), is_content) == CONTENT
    assert await provider.blobs.manifest(ours) is None
    assert (provider.payloads.find(INPUT), provider.accused) == (None, [])


async def test_a_part_of_what_was_named_makes_room_like_the_rest(net, monkeypatch):
    provider, liar = net.peer("provider", quota=len(CONTENT)), net.peer("liar")
    await liar.payloads.put(INPUT, CONTENT)

    async def no_chunks(peer: str, root: bytes, first: int, count: int) -> tuple[bytes, ...]:
        raise RequestTimeout(peer)

    with monkeypatch.context() as promised:
        promised.setattr(provider, "chunks", no_chunks)
        assert await provider.rpc.read(INPUT, 0, 1) is None
    begun = await blob_of(liar, INPUT)
    assert await provider.blobs.manifest(begun) is not None
    await provider.payloads.put(OUTPUT, CONTENT[1:])
    assert await provider.blobs.manifest(begun) is None
