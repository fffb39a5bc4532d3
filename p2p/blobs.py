"""Content-addressed blobs: job inputs and outputs in 64 KiB chunks, each under its BLAKE3 hash.

A blob's manifest lists its size and the hashes of its chunks; its root is the BLAKE3 hash of the
manifest's bytes (`messages.encode_manifest`, of which there is one form). Whoever has the root can
check the manifest, and with that each chunk, whoever sent them.

Source: BLAKE3 (O'Connor, Aumasson, Neves, Wilcox-O'Hearn 2020).
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import blake3

from p2p.messages import (
    CHUNK_BYTES,
    MAX_BLOB_BYTES,
    Manifest,
    decode_manifest,
    encode_manifest,
)

DEFAULT_QUOTA_BYTES: Final = 16 * 1024**3
"""Some 64 blobs of the largest size."""

MANIFEST: Final = "manifest"
"""The file beside a blob's chunks, whose names are their indices."""


class BlobError(Exception):
    """Something is wrong with a blob."""


class BlobNotFound(BlobError):
    """Nobody asked has the blob, or all of it."""


class BadChunk(BlobError):
    """Bytes that do not have the hash they should."""


class QuotaExceeded(BlobError):
    """The store holds as much as it may."""


class BlobTooLarge(BlobError):
    """More bytes than a blob holds."""


def hash_of(data: bytes) -> bytes:
    """Hash a chunk or a manifest: BLAKE3, 32 bytes."""
    return blake3.blake3(data).digest()


def manifest_of(data: bytes) -> Manifest:
    """List the chunk hashes of a blob.

    Raises BlobTooLarge.
    """
    if len(data) > MAX_BLOB_BYTES:
        raise BlobTooLarge(f"wanted at most {MAX_BLOB_BYTES} bytes, got {len(data)}")
    return Manifest(len(data), tuple(hash_of(chunk) for chunk in chunks_of(data)))


def chunks_of(data: bytes) -> Iterator[bytes]:
    """Cut a blob into chunks; only the last may be shorter."""
    for start in range(0, len(data), CHUNK_BYTES):
        yield data[start : start + CHUNK_BYTES]


def checked_manifest(root: bytes, raw: bytes) -> Manifest:
    """Decode a manifest that a peer says belongs to `root`.

    Raises BadChunk, MessageError.
    """
    if hash_of(raw) != root:
        raise BadChunk(f"wanted the manifest of {root.hex()}, got one of {hash_of(raw).hex()}")
    return decode_manifest(raw)


class BlobStore:
    """A directory of blobs: one folder each, named by its root, with a manifest and chunk files.

    Writes are atomic, so a folder holds whole files only; chunks are checked when read, and one
    that the disk corrupted is removed, to be fetched again. Methods block on the disk.

    Invariant: the sizes in all manifests add up to at most the quota.
    """

    def __init__(self, directory: Path, quota_bytes: int = DEFAULT_QUOTA_BYTES) -> None:
        self._directory = directory
        self._quota_bytes = quota_bytes
        directory.mkdir(parents=True, exist_ok=True)
        self._sizes = {root: self._read_size(root) for root in self._folders()}

    @property
    def size_bytes(self) -> int:
        """Bytes of all blobs, those that are still being fetched included."""
        return sum(self._sizes.values())

    def roots(self) -> tuple[bytes, ...]:
        """List the blobs, whole or not."""
        return tuple(sorted(self._sizes))

    def put(self, data: bytes) -> bytes:
        """Store a blob and return its root.

        Raises BlobTooLarge, QuotaExceeded.
        """
        raw = encode_manifest(manifest_of(data))
        root = hash_of(raw)
        self.put_manifest(root, raw)
        for index, chunk in enumerate(chunks_of(data)):
            self.put_chunk(root, index, chunk)
        return root

    def get(self, root: bytes) -> bytes:
        """Read a whole blob.

        Raises BadChunk after removing what the disk corrupted, BlobNotFound when one is missing.
        """
        manifest = self._require(root)
        parts: list[bytes] = []
        corrupted: BadChunk | None = None
        for index in range(len(manifest.chunks)):
            try:
                chunk = self._read_chunk(root, manifest, index)
            except BadChunk as error:
                corrupted = error
            else:
                parts += [chunk] if chunk is not None else []
        if corrupted is not None:
            raise corrupted
        if (missing := len(manifest.chunks) - len(parts)) > 0:
            total = len(manifest.chunks)
            raise BlobNotFound(f"{root.hex()}: {missing} of {total} chunks are missing")
        return b"".join(parts)

    def manifest(self, root: bytes) -> bytes | None:
        """Read a blob's manifest; None when the blob, or a valid manifest of it, is not here."""
        if root not in self._sizes:
            return None
        raw = self._file(root, MANIFEST).read_bytes()
        if hash_of(raw) == root:
            return raw
        self.remove(root)
        return None

    def chunk(self, root: bytes, index: int) -> bytes | None:
        """Read one chunk; None when it is not here.

        Raises BadChunk after removing a corrupted one.
        """
        raw = self.manifest(root)
        if raw is None:
            return None
        manifest = decode_manifest(raw)
        return self._read_chunk(root, manifest, index) if index < len(manifest.chunks) else None

    def chunks(self, root: bytes, first: int, count: int) -> tuple[bytes, ...]:
        """Read consecutive chunks up to the first that is missing or corrupted."""
        raw = self.manifest(root)
        manifest = decode_manifest(raw) if raw is not None else Manifest(0, ())
        found: list[bytes] = []
        for index in range(first, min(first + count, len(manifest.chunks))):
            try:
                chunk = self._read_chunk(root, manifest, index)
            except BadChunk:
                chunk = None
            if chunk is None:
                break
            found.append(chunk)
        return tuple(found)

    def missing(self, root: bytes) -> tuple[int, ...]:
        """List the indices of the chunks that are not here yet.

        Raises BlobNotFound without a manifest.
        """
        manifest = self._require(root)
        here = {entry.name for entry in os.scandir(self._folder(root))}
        return tuple(index for index in range(len(manifest.chunks)) if str(index) not in here)

    def put_manifest(self, root: bytes, raw: bytes) -> Manifest:
        """Begin a blob with its manifest.

        Raises BadChunk, MessageError, QuotaExceeded.
        """
        manifest = checked_manifest(root, raw)
        if root not in self._sizes:
            wanted = self.size_bytes + manifest.size_bytes
            if wanted > self._quota_bytes:
                raise QuotaExceeded(
                    f"the blob store may hold {self._quota_bytes} bytes and would hold {wanted}: "
                    "remove blobs or raise the quota"
                )
            self._folder(root).mkdir(exist_ok=True)
            _write(self._file(root, MANIFEST), raw)
            self._sizes[root] = manifest.size_bytes
        return manifest

    def put_chunk(self, root: bytes, index: int, chunk: bytes) -> None:
        """Add a chunk.

        Raises BlobNotFound without a manifest, BadChunk when the hash differs.
        """
        check_chunk(self._require(root), index, chunk)
        _write(self._file(root, str(index)), chunk)

    def remove(self, root: bytes) -> None:
        """Remove a blob; nothing happens when it is not here."""
        if self._sizes.pop(root, None) is not None:
            shutil.rmtree(self._folder(root), ignore_errors=True)

    def _require(self, root: bytes) -> Manifest:
        raw = self.manifest(root)
        if raw is None:
            raise BlobNotFound(f"{root.hex()} is not here")
        return decode_manifest(raw)

    def _read_chunk(self, root: bytes, manifest: Manifest, index: int) -> bytes | None:
        file = self._file(root, str(index))
        try:
            chunk = file.read_bytes()
        except FileNotFoundError:
            return None
        try:
            check_chunk(manifest, index, chunk)
        except BadChunk:
            file.unlink(missing_ok=True)
            raise
        return chunk

    def _folders(self) -> Iterator[bytes]:
        """Find the blobs on disk; folders without a valid manifest are leftovers and go."""
        for entry in list(self._directory.iterdir()):
            try:
                root = bytes.fromhex(entry.name)
                checked_manifest(root, (entry / MANIFEST).read_bytes())
            except (ValueError, OSError, BadChunk):
                if entry.is_dir() and len(entry.name) == 64:
                    shutil.rmtree(entry, ignore_errors=True)
                continue
            yield root

    def _read_size(self, root: bytes) -> int:
        return decode_manifest(self._file(root, MANIFEST).read_bytes()).size_bytes

    def _folder(self, root: bytes) -> Path:
        return self._directory / root.hex()

    def _file(self, root: bytes, name: str) -> Path:
        return self._folder(root) / name


def check_chunk(manifest: Manifest, index: int, chunk: bytes) -> None:
    """Check a chunk against its hash and its length.

    Raises BadChunk.
    """
    if not 0 <= index < len(manifest.chunks):
        raise BadChunk(f"wanted a chunk below {len(manifest.chunks)}, got {index}")
    is_last = index == len(manifest.chunks) - 1
    wanted = manifest.size_bytes - index * CHUNK_BYTES if is_last else CHUNK_BYTES
    if len(chunk) != wanted:
        raise BadChunk(f"chunk {index}: wanted {wanted} bytes, got {len(chunk)}")
    if (got := hash_of(chunk)) != manifest.chunks[index]:
        raise BadChunk(f"chunk {index}: wanted {manifest.chunks[index].hex()}, got {got.hex()}")


def _write(file: Path, data: bytes) -> None:
    draft = file.with_name(file.name + ".new")
    draft.write_bytes(data)
    os.replace(draft, file)
