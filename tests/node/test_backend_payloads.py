"""Payloads by the chain's roots: kept, served, fetched from peers, and no peer asked too often."""

import pytest

from consensus.compute.provider_view import BlobUnavailable
from node.backend import aliases as aliases_module
from node.backend import blobs as blobs_module
from node.backend.aliases import Aliases
from node.backend.hearsay import HEARSAY_SECONDS
from node.backend.payloads import MISSING_SECONDS
from node.store.aux import AuxStore
from node.store.db import MemoryDatabase
from p2p.messages import CHUNK_BYTES
from tests.node.payload_support import CONTENT, INPUT, OUTPUT, Net


@pytest.fixture
def net(tmp_path):
    return Net(tmp_path)


async def test_what_was_put_is_here_after_a_restart_and_asks_nobody(net):
    anna = net.peer("anna")
    net.peer("bert")
    await anna.payloads.put(OUTPUT, CONTENT)
    assert await anna.restarted().get(OUTPUT, len(CONTENT)) == CONTENT
    assert anna.asked == []


async def test_a_provider_fetches_what_a_client_uploaded_and_named(net):
    client, provider = net.peer("client"), net.peer("provider")
    blob_root = await client.rpc.put(CONTENT)
    client.rpc.alias(INPUT, blob_root)
    assert await provider.payloads.get(INPUT, len(CONTENT)) == CONTENT
    assert provider.asked[0] == "alias of client"
    provider.asked.clear()
    assert await provider.payloads.get(INPUT, len(CONTENT)) == CONTENT
    assert provider.asked == []


async def test_a_peers_word_is_not_passed_on(net):
    client, provider = net.peer("client"), net.peer("provider")
    await client.payloads.put(INPUT, CONTENT)
    await provider.payloads.get(INPUT, len(CONTENT))
    assert client.payloads.find(INPUT) is not None
    assert provider.payloads.find(INPUT) is None


async def test_a_wrong_word_heals_once_it_is_old(net):
    liar, provider = net.peer("liar"), net.peer("provider")
    await liar.payloads.put(INPUT, b"something else")
    assert await provider.payloads.get(INPUT, len(CONTENT)) == b"something else"
    client = net.peer("client")
    await client.payloads.put(INPUT, CONTENT)
    liar.silent = True
    provider.now += HEARSAY_SECONDS
    assert await provider.payloads.get(INPUT, len(CONTENT)) == CONTENT


async def test_what_most_peers_say_is_tried_first(net):
    provider = net.peer("provider")
    for name in ("liar", "client", "friend"):
        peer = net.peer(name)
        await peer.payloads.put(INPUT, b"something else" if name == "liar" else CONTENT)
    assert await provider.payloads.get(INPUT, len(CONTENT)) == CONTENT


async def test_a_payload_larger_than_wanted_is_not_fetched(net):
    liar, client, provider = net.peer("liar"), net.peer("client"), net.peer("provider")
    await liar.payloads.put(INPUT, CONTENT + b"!")
    await client.payloads.put(INPUT, CONTENT)
    assert await provider.payloads.get(INPUT, len(CONTENT)) == CONTENT
    with pytest.raises(BlobUnavailable, match="none of 2 peers has it"):
        await provider.payloads.get(INPUT, len(CONTENT) - 1)
    too_large = liar.payloads.find(INPUT)
    assert too_large is not None
    assert await provider.blobs.manifest(too_large) is None


async def test_what_nobody_has_is_not_asked_for_again_at_once(net):
    anna, _ = net.peer("anna"), net.peer("bert")
    for _ in range(3):
        with pytest.raises(BlobUnavailable):
            await anna.payloads.get(INPUT, 10)
    assert anna.asked == ["alias of bert"]
    anna.now += MISSING_SECONDS
    with pytest.raises(BlobUnavailable, match="none of 1 peers has it"):
        await anna.payloads.get(INPUT, 10)
    assert anna.asked == ["alias of bert"] * 2


async def test_a_silent_peer_does_not_keep_others_from_answering(net):
    silent, client, provider = net.peer("silent"), net.peer("client"), net.peer("provider")
    silent.silent = True
    await client.payloads.put(INPUT, CONTENT)
    assert await provider.payloads.get(INPUT, len(CONTENT)) == CONTENT


async def test_a_new_payload_takes_the_place_of_the_oldest(net):
    anna = net.peer("anna", quota=2 * len(CONTENT))
    for number in range(3):
        await anna.payloads.put(bytes([number]) * 32, bytes([number]) + CONTENT[1:])
    kept = [anna.payloads.find(bytes([number]) * 32) is not None for number in range(3)]
    assert kept == [False, True, True]
    with pytest.raises(BlobUnavailable, match="no room for"):
        await anna.payloads.put(INPUT, CONTENT * 3)


async def test_a_fetched_payload_takes_the_place_of_the_oldest(net):
    client, provider = net.peer("client"), net.peer("provider", quota=len(CONTENT))
    await client.payloads.put(INPUT, CONTENT)
    await provider.payloads.put(OUTPUT, CONTENT[1:])
    assert await provider.payloads.get(INPUT, len(CONTENT)) == CONTENT
    assert provider.payloads.find(OUTPUT) is None


async def test_uploads_make_room_for_each_other_too(net):
    anna = net.peer("anna", quota=2 * len(CONTENT))
    roots = [await anna.rpc.put(bytes([number]) + CONTENT[1:]) for number in range(3)]
    assert await anna.rpc.read(roots[0], 0, 1) is None
    assert await anna.rpc.read(roots[2], 0, 1) == (b"\2", len(CONTENT))


async def test_a_blob_whose_alias_was_dropped_leaves_the_disk(net, monkeypatch):
    monkeypatch.setattr(aliases_module, "MAX_ALIASES", 2)
    anna = net.peer("anna")
    for number in range(4):
        await anna.payloads.put(bytes([number]) * 32, bytes([number]))
    aliases = [anna.payloads.find(bytes([number]) * 32) for number in range(4)]
    assert aliases[:2] == [None, None]
    gone = await anna.rpc.read(bytes([0]) * 32, 0, 1)
    assert gone is None
    assert await anna.rpc.read(bytes([3]) * 32, 0, 1) == (b"\3", 1)


async def test_a_client_reads_parts_by_either_root(net):
    anna, bert = net.peer("anna"), net.peer("bert")
    blob_root = await anna.rpc.put(CONTENT)
    anna.rpc.alias(INPUT, blob_root)
    for root in (INPUT, blob_root):
        for offset, length in ((0, 5), (CHUNK_BYTES - 2, 4), (len(CONTENT) - 3, 9), (10**6, 4)):
            wanted = (CONTENT[offset : offset + length], len(CONTENT))
            assert await anna.rpc.read(root, offset, length) == wanted
            assert await bert.rpc.read(root, offset, length) == wanted
    assert bert.asked.count("alias of anna") == 1


async def test_a_client_is_told_that_nobody_has_a_blob(net):
    anna, bert = net.peer("anna"), net.peer("bert")
    assert await anna.rpc.read(INPUT, 0, 10) is None
    assert anna.asked == ["alias of bert", "manifest of bert"]
    assert await bert.rpc.read(INPUT, 0, 10) is None


async def test_a_read_that_took_too_long_may_be_tried_again(net, monkeypatch):
    anna, bert = net.peer("anna"), net.peer("bert")
    await bert.payloads.put(INPUT, CONTENT)
    with monkeypatch.context() as impatient:
        impatient.setattr(blobs_module, "READ_SECONDS", 0.0)
        assert await anna.rpc.read(INPUT, 0, 10) is None
    assert await anna.rpc.read(INPUT, 0, 10) == (CONTENT[:10], len(CONTENT))


def test_a_forgotten_alias_is_gone():
    aliases = Aliases(AuxStore(MemoryDatabase()))
    aliases.put(INPUT, OUTPUT, is_ours=True)
    aliases.drop(INPUT)
    aliases.drop(INPUT)
    assert (aliases.get(INPUT), aliases.drop_oldest()) == (None, None)


def test_an_alias_that_is_written_again_is_the_newest():
    db = MemoryDatabase()
    aliases = Aliases(AuxStore(db))
    aliases.put(INPUT, b"1" * 32, is_ours=False)
    aliases.put(OUTPUT, b"2" * 32, is_ours=True)
    aliases.put(INPUT, b"3" * 32, is_ours=True)
    reopened = Aliases(AuxStore(db))
    assert [reopened.drop_oldest() for _ in range(3)] == [b"2" * 32, b"3" * 32, None]


async def test_what_may_still_be_demanded_is_the_last_to_make_room(net):
    anna = net.peer("anna", quota=2 * len(CONTENT))
    await anna.payloads.put(INPUT, CONTENT)
    anna.payloads.keep(frozenset([INPUT]))
    for number in range(1, 4):
        await anna.payloads.put(bytes([number]) * 32, bytes([number]) + CONTENT[1:])
    assert anna.payloads.find(INPUT) is not None
    assert await anna.rpc.read(INPUT, 0, 10) == (CONTENT[:10], len(CONTENT))
    assert anna.payloads.find(bytes([2]) * 32) is None
    anna.payloads.keep(frozenset([INPUT, bytes([3]) * 32]))
    with pytest.raises(BlobUnavailable, match="no room"):
        await anna.payloads.put(OUTPUT, bytes([4]) + CONTENT[1:])


async def test_a_full_table_of_aliases_drops_those_that_are_not_kept_first(net, monkeypatch):
    monkeypatch.setattr(aliases_module, "MAX_ALIASES", 2)
    anna = net.peer("anna")
    roots = [bytes([number]) * 32 for number in range(4)]
    anna.payloads.keep(frozenset(roots[:1]))
    for number, root in enumerate(roots):
        await anna.payloads.put(root, bytes([number]))
    assert [anna.payloads.find(root) is not None for root in roots] == [True, False, False, True]
    anna.payloads.keep(frozenset(roots))
    await anna.payloads.put(INPUT, b"one more than can be kept")
    found = [root for root in (*roots, INPUT) if anna.payloads.find(root) is not None]
    assert len(found) == 2
    assert INPUT in found


def test_aliases_know_what_they_name_after_a_restart_and_after_each_change():
    db = MemoryDatabase()
    aliases = Aliases(AuxStore(db))
    for root in (INPUT, OUTPUT):
        assert aliases.put(root, b"1" * 32, is_ours=True) == ()
    aliases.drop(INPUT)
    reopened = Aliases(AuxStore(db))
    assert reopened.names(b"1" * 32)
    assert reopened.put(OUTPUT, b"2" * 32, is_ours=True) == (b"1" * 32,)
    assert [reopened.names(root) for root in (b"1" * 32, b"2" * 32)] == [False, True]
    assert reopened.drop_oldest() == b"2" * 32
    assert not reopened.names(b"2" * 32)


def test_what_was_proven_of_a_blob_stays_proven_until_another_takes_its_place():
    aliases = Aliases(AuxStore(MemoryDatabase()))
    aliases.put(INPUT, b"1" * 32, is_ours=False, is_proven=True)
    aliases.put(INPUT, b"1" * 32, is_ours=True)
    found = aliases.get(INPUT)
    assert found is not None
    assert (found.is_ours, found.is_proven) == (True, True)
    aliases.put(INPUT, b"2" * 32, is_ours=True)
    found = aliases.get(INPUT)
    assert found is not None
    assert (found.is_ours, found.is_proven) == (True, False)


def test_records_of_releases_that_proved_nothing_are_read():
    """They end in a byte that says whether the alias is ours."""
    aux = AuxStore(MemoryDatabase())
    Aliases(aux).put(INPUT, OUTPUT, is_ours=True)
    aux.put(aliases_module.ALIAS + INPUT, bytes(8) + OUTPUT + b"\1")
    found = Aliases(aux).get(INPUT)
    assert found is not None
    assert (found.place, found.blob_root, found.is_ours, found.is_proven) == (
        0,
        OUTPUT,
        True,
        False,
    )
