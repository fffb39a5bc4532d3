from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2p.blobs import (
    BadChunk,
    BlobNotFound,
    BlobStore,
    BlobTooLarge,
    QuotaExceeded,
    check_chunk,
    checked_manifest,
    chunks_of,
    hash_of,
    manifest_of,
)
from p2p.messages import CHUNK_BYTES, MAX_BLOB_BYTES, Manifest, encode_manifest
from p2p.schema import MessageError

DATA = bytes(range(256)) * 1000  # four chunks, the last one short


@pytest.mark.parametrize(
    "size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES]
)
def test_what_is_put_is_got(tmp_path: Path, size: int) -> None:
    store = BlobStore(tmp_path)
    data = bytes(size)
    root = store.put(data)
    assert store.get(root) == data
    assert root == hash_of(encode_manifest(manifest_of(data)))


def test_a_blob_survives_the_store(tmp_path: Path) -> None:
    root = BlobStore(tmp_path).put(DATA)
    again = BlobStore(tmp_path)
    assert (again.roots(), again.size_bytes, again.get(root)) == ((root,), len(DATA), DATA)


def test_an_unknown_blob_is_not_found(tmp_path: Path) -> None:
    store = BlobStore(tmp_path)
    with pytest.raises(BlobNotFound, match="is not here"):
        store.get(bytes(32))
    assert store.manifest(bytes(32)) is None
    assert store.chunk(bytes(32), 0) is None
    assert store.chunks(bytes(32), 0, 9) == ()


def test_a_flipped_byte_on_disk_is_found_and_removed(tmp_path: Path) -> None:
    store = BlobStore(tmp_path)
    root = store.put(DATA)
    file = tmp_path / root.hex() / "1"
    file.write_bytes(b"\xff" + file.read_bytes()[1:])
    assert store.chunks(root, 0, 4) == tuple(chunks_of(DATA))[:1]
    assert store.missing(root) == (1,)
    with pytest.raises(BlobNotFound, match="1 of 4 chunks are missing"):
        store.get(root)


def test_reading_a_corrupted_chunk_says_so(tmp_path: Path) -> None:
    store = BlobStore(tmp_path)
    root = store.put(DATA)
    (tmp_path / root.hex() / "3").write_bytes(b"short")
    with pytest.raises(BadChunk, match=f"chunk 3: wanted {len(DATA) % CHUNK_BYTES} bytes, got 5"):
        store.get(root)
    assert store.missing(root) == (3,)


def test_a_corrupted_manifest_removes_the_blob(tmp_path: Path) -> None:
    store = BlobStore(tmp_path)
    root = store.put(DATA)
    (tmp_path / root.hex() / "manifest").write_bytes(b"nonsense")
    assert store.manifest(root) is None
    assert (store.roots(), store.size_bytes) == ((), 0)


def test_leftovers_are_cleaned_up_on_opening(tmp_path: Path) -> None:
    (tmp_path / bytes(32).hex()).mkdir()
    (tmp_path / "notes").mkdir()
    assert BlobStore(tmp_path).roots() == ()
    assert [entry.name for entry in tmp_path.iterdir()] == ["notes"]


def test_the_quota_holds(tmp_path: Path) -> None:
    store = BlobStore(tmp_path, quota_bytes=len(DATA))
    root = store.put(DATA)
    with pytest.raises(QuotaExceeded, match=f"may hold {len(DATA)} bytes and would hold"):
        store.put(b"one more")
    store.put(DATA)  # already here
    store.remove(root)
    assert store.get(store.put(b"one more")) == b"one more"


def test_a_blob_in_parts_lists_what_is_missing(tmp_path: Path) -> None:
    store = BlobStore(tmp_path)
    raw = encode_manifest(manifest_of(DATA))
    root = hash_of(raw)
    store.put_manifest(root, raw)
    store.put_chunk(root, 2, tuple(chunks_of(DATA))[2])
    assert store.missing(root) == (0, 1, 3)
    assert BlobStore(tmp_path).missing(root) == (0, 1, 3)


@given(st.integers(0, len(DATA) - 1), st.integers(1, 255))
def test_any_flipped_byte_is_found(position: int, flip: int) -> None:
    manifest = manifest_of(DATA)
    index = position // CHUNK_BYTES
    chunk = bytearray(tuple(chunks_of(DATA))[index])
    chunk[position % CHUNK_BYTES] ^= flip
    with pytest.raises(BadChunk):
        check_chunk(manifest, index, bytes(chunk))


def test_a_chunk_beyond_the_manifest_is_bad() -> None:
    with pytest.raises(BadChunk, match="wanted a chunk below 1, got 1"):
        check_chunk(manifest_of(b"x"), 1, b"x")


def test_a_manifest_of_another_root_is_bad() -> None:
    with pytest.raises(BadChunk, match="wanted the manifest of"):
        checked_manifest(bytes(32), encode_manifest(manifest_of(DATA)))


def test_a_manifest_that_lies_about_the_size_is_refused() -> None:
    raw = encode_manifest(Manifest(2 * CHUNK_BYTES + 1, (bytes(32),)))
    with pytest.raises(MessageError, match="wanted 3 chunks, got 1"):
        checked_manifest(hash_of(raw), raw)


def test_a_blob_above_the_limit_is_refused() -> None:
    class Endless(bytes):
        def __len__(self) -> int:
            return MAX_BLOB_BYTES + 1

    with pytest.raises(BlobTooLarge, match=f"wanted at most {MAX_BLOB_BYTES} bytes"):
        manifest_of(Endless())
