from pathlib import Path

import pytest

from p2p.blobs import BadChunk, BlobNotFound, BlobStore, QuotaExceeded, chunks_of
from p2p.fetching import Blobs
from p2p.messages import CHUNK_BYTES
from p2p.peers import Offence
from p2p.requests import RequestTimeout

DATA = bytes(range(251)) * 12_000  # 46 chunks: three requests
CHUNKS = tuple(chunks_of(DATA))


class Swarm:
    """Peers with blob stores of their own; some lie, some are silent."""

    def __init__(self, directory: Path, *names: str) -> None:
        self.stores = {name: BlobStore(directory / name) for name in names}
        self.reports: list[tuple[str, Offence]] = []
        self.asked: list[tuple[str, int, int]] = []
        self.liars: set[str] = set()
        self.silent: set[str] = set()
        self.ours = BlobStore(directory / "ours")
        self.blobs = Blobs(self.ours, self, self.report)

    async def manifest(self, peer: str, root: bytes) -> bytes | None:
        if peer in self.silent:
            raise RequestTimeout(peer)
        if peer in self.liars:
            return b"nonsense"
        return self.stores[peer].manifest(root)

    async def chunks(self, peer: str, root: bytes, first: int, count: int) -> tuple[bytes, ...]:
        self.asked.append((peer, first, count))
        if peer in self.silent:
            raise RequestTimeout(peer)
        chunks = self.stores[peer].chunks(root, first, count)
        if peer in self.liars:
            return tuple(bytes([chunk[0] ^ 1]) + chunk[1:] for chunk in chunks)
        return chunks

    def report(self, peer: str, offence: Offence) -> None:
        self.reports.append((peer, offence))


async def test_a_blob_is_fetched_from_those_who_have_it(tmp_path: Path) -> None:
    swarm = Swarm(tmp_path, "a", "b")
    root = swarm.stores["a"].put(DATA)
    swarm.stores["b"].put(DATA)
    assert await swarm.blobs.fetch(root, ["a", "b"]) == DATA
    assert {peer for peer, _, _ in swarm.asked} == {"a", "b"}
    assert await swarm.blobs.chunks(root, 45, 9) == CHUNKS[45:]


async def test_a_blob_that_is_here_asks_nobody(tmp_path: Path) -> None:
    swarm = Swarm(tmp_path, "a")
    root = await swarm.blobs.put(DATA)
    assert await swarm.blobs.fetch(root, ["a"]) == DATA
    assert swarm.asked == []


async def test_a_peer_with_a_flipped_byte_is_reported_and_others_are_asked(tmp_path: Path) -> None:
    swarm = Swarm(tmp_path, "liar", "honest")
    root = swarm.stores["liar"].put(DATA)
    swarm.stores["honest"].put(DATA)
    swarm.liars.add("liar")
    swarm.ours.put_manifest(root, swarm.stores["honest"].manifest(root) or b"")
    assert await swarm.blobs.fetch(root, ["liar", "honest"]) == DATA
    assert swarm.reports == [("liar", Offence.BAD_CHUNK)]


async def test_only_a_liar_is_a_bad_chunk(tmp_path: Path) -> None:
    swarm = Swarm(tmp_path, "liar")
    root = swarm.stores["liar"].put(DATA)
    swarm.ours.put_manifest(root, swarm.stores["liar"].manifest(root) or b"")
    swarm.liars.add("liar")
    with pytest.raises(BadChunk, match="from liar: chunk"):
        await swarm.blobs.fetch(root, ["liar"])
    assert swarm.reports == [("liar", Offence.BAD_CHUNK)]


async def test_a_wrong_manifest_is_reported_and_another_is_used(tmp_path: Path) -> None:
    swarm = Swarm(tmp_path, "liar", "honest")
    root = swarm.stores["honest"].put(DATA)
    swarm.liars.add("liar")
    assert await swarm.blobs.fetch(root, ["liar", "honest"]) == DATA
    assert ("liar", Offence.BAD_CHUNK) in swarm.reports


async def test_a_fetch_goes_on_where_the_last_one_stopped(tmp_path: Path) -> None:
    swarm = Swarm(tmp_path, "half", "whole")
    root = swarm.stores["whole"].put(DATA)
    half = swarm.stores["half"]
    half.put_manifest(root, swarm.stores["whole"].manifest(root) or b"")
    for index in range(20):
        half.put_chunk(root, index, CHUNKS[index])
    with pytest.raises(BlobNotFound, match="no peer has chunk"):
        await swarm.blobs.fetch(root, ["half"])
    here = len(CHUNKS) - len(swarm.ours.missing(root))
    assert here > 0
    swarm.asked.clear()
    assert await swarm.blobs.fetch(root, ["whole"]) == DATA
    assert sum(count for _, _, count in swarm.asked) == len(CHUNKS) - here


async def test_a_silent_peer_is_passed_over(tmp_path: Path) -> None:
    swarm = Swarm(tmp_path, "silent", "honest")
    root = swarm.stores["honest"].put(DATA)
    swarm.silent.add("silent")
    assert await swarm.blobs.fetch(root, ["silent", "honest"]) == DATA


async def test_a_blob_nobody_has_is_not_found(tmp_path: Path) -> None:
    swarm = Swarm(tmp_path, "a", "b")
    with pytest.raises(BlobNotFound, match="none of 2 peers has its manifest"):
        await swarm.blobs.fetch(bytes(32), ["a", "b"])


async def test_a_blob_that_does_not_fit_is_not_fetched(tmp_path: Path) -> None:
    swarm = Swarm(tmp_path, "a")
    root = swarm.stores["a"].put(DATA)
    swarm.blobs = Blobs(BlobStore(tmp_path / "small", CHUNK_BYTES), swarm, swarm.report)
    with pytest.raises(QuotaExceeded):
        await swarm.blobs.fetch(root, ["a"])
    assert swarm.asked == []


async def test_chunks_that_the_disk_corrupted_are_fetched_again(tmp_path: Path) -> None:
    swarm = Swarm(tmp_path, "a")
    root = swarm.stores["a"].put(DATA)
    await swarm.blobs.put(DATA)
    for index in (3, 30):
        (tmp_path / "ours" / root.hex() / str(index)).write_bytes(b"rot")
    assert await swarm.blobs.fetch(root, ["a"]) == DATA
    assert sorted(swarm.asked) == [("a", 3, 1), ("a", 30, 1)]
