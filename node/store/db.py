"""An ordered map of bytes with atomic batches: LevelDB on disk, a dictionary in tests.

One batch is one change that happens entirely or not at all, also when the process is killed in the
middle. A batch written without `sync` survives the death of the process; one written with `sync`,
and everything before it, survives the loss of power. A damaged database is refused by name and
never silently replaced by an empty one. Source: github.com/google/leveldb, doc/index.md (atomic
updates, synchronous writes) and doc/log_format.md.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from threading import Lock
from typing import Protocol

import plyvel

SCHEMA_VERSION = 1
"""Version of the records in `columns.py`; a database of another version is refused."""

SCHEMA_KEY = b"\x00schema"
"""Lies before every column, as columns start with a letter."""

WRITTEN_KEY = b"\x00written"
"""→ a mark made by chance whenever a database is written to for the first time since it was opened.

Where it is the same, all is: nobody wrote since. Copies of a database that went apart differ."""

MARK_BYTES = 16
"""Two are never the same by chance."""

WRITE_BUFFER_BYTES = 16 << 20
"""LevelDB holds up to two of these in memory; a node has 250 MB for everything."""

BLOCK_CACHE_BYTES = 16 << 20
"""Uncompressed data blocks; the hot trie nodes are cached a level above, in `states.py`."""

BLOOM_BITS_PER_KEY = 10
"""About 1 % false positives: a lookup of a key that is not there reads no disk."""

TABLE_FILE_BYTES = 8 << 20
"""Four times LevelDB's own choice: fewer open files for the same data."""

MAX_OPEN_FILES = 256
"""Far below the usual limit of 1,024 descriptors, which the network shares."""


class DatabaseError(Exception):
    """The database cannot be used; the message says which one and what to do."""


class DatabaseLocked(DatabaseError):
    """Another process holds the database."""


class DatabaseCorrupt(DatabaseError):
    """The files of the database are damaged, missing or not ours."""


class Batch:
    """Changes that are written together; the last change of a key counts."""

    __slots__ = ("changes",)

    def __init__(self) -> None:
        """Start empty."""
        self.changes: dict[bytes, bytes | None] = {}

    def put(self, key: bytes, value: bytes) -> None:
        """Write `value` under `key`."""
        self.changes[key] = value

    def put_all(self, prefix: bytes, values: Mapping[bytes, bytes]) -> None:
        """Write every value under `prefix` and its key."""
        self.changes.update({prefix + key: value for key, value in values.items()})

    def delete(self, key: bytes) -> None:
        """Remove `key`, whether it is there or not."""
        self.changes[key] = None


class Database(Protocol):
    """What the store needs of a database."""

    def get(self, key: bytes) -> bytes | None:
        """Return the value of `key`, or None."""

    def iterate(self, prefix: bytes, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Yield the entries whose key starts with `prefix`, in the order of their keys.

        With `start`, which has the prefix too, those from that key on.
        """

    def write(self, batch: Batch, *, sync: bool = False) -> None:
        """Apply the batch, all of it or nothing."""

    def close(self) -> None:
        """Release the files; nothing else may be called afterwards."""


class LevelDatabase:
    """A database in a directory; owns that directory's lock while it is open."""

    def __init__(self, path: Path, *, cache_bytes: int = BLOCK_CACHE_BYTES) -> None:
        """Open the database at `path`, or create it where there is nothing yet.

        Raises DatabaseLocked, DatabaseCorrupt, DatabaseError.
        """
        self._path = path
        self._is_marked = False
        fresh = _is_new(path)
        self._db = _open(path, cache_bytes)
        try:
            self._check_schema(fresh)
        except DatabaseError:
            self._db.close()
            raise

    def get(self, key: bytes) -> bytes | None:
        """Return the value of `key`, or None; raises DatabaseCorrupt if its checksum is wrong."""
        try:
            value: bytes | None = self._db.get(key, verify_checksums=True)
        except plyvel.Error as error:
            raise _named(error, self._path) from error
        return value

    def iterate(self, prefix: bytes, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Yield the entries under `prefix` in order, as they were when the iteration began."""
        bounds = {"start": start, "stop": end_of(prefix)} if start else {"prefix": prefix}
        try:
            with self._db.iterator(verify_checksums=True, fill_cache=False, **bounds) as entries:
                yield from entries
        except plyvel.Error as error:
            raise _named(error, self._path) from error

    def write(self, batch: Batch, *, sync: bool = False) -> None:
        """Apply the batch atomically, about 3 µs a record; `sync` waits for the disk."""
        writer = self._db.write_batch(sync=sync)
        put, delete = writer.put, writer.delete
        for key, value in batch.changes.items():
            if value is None:
                delete(key)
            else:
                put(key, value)
        if not self._is_marked:
            put(WRITTEN_KEY, os.urandom(MARK_BYTES))
        try:
            writer.write()
        except plyvel.Error as error:
            raise _named(error, self._path) from error
        self._is_marked = True

    def close(self) -> None:
        """Flush what LevelDB holds and release the lock."""
        self._db.close()

    def _check_schema(self, fresh: bool) -> None:
        wanted = SCHEMA_VERSION.to_bytes(4, "big")
        if fresh:
            batch = Batch()
            batch.put(SCHEMA_KEY, wanted)
            self.write(batch, sync=True)
            return
        found = self.get(SCHEMA_KEY)
        if found == wanted:
            return
        if found is None and next(self.iterate(b""), None) is None:
            self._check_schema(fresh=True)  # killed between creation and its first record
            return
        came = "none" if found is None else str(int.from_bytes(found, "big"))
        raise DatabaseCorrupt(
            f"database {self._path} has another schema: wanted version {SCHEMA_VERSION}, "
            f"got {came}; {ADVICE}"
        )


class MemoryDatabase:
    """A database that lives and dies with the process, for tests and simulation.

    As LevelDB, it may be written in one thread while it is read in another.
    """

    def __init__(self) -> None:
        """Start empty."""
        self._entries: dict[bytes, bytes] = {}
        self._lock = Lock()

    def get(self, key: bytes) -> bytes | None:
        """Return the value of `key`, or None."""
        with self._lock:
            return self._entries.get(key)

    def iterate(self, prefix: bytes, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Yield the entries under `prefix` in order, as they were when the iteration began."""
        with self._lock:
            entries = list(self._entries.items())
        found = sorted(item for item in entries if item[0].startswith(prefix))
        return iter(item for item in found if item[0] >= start)

    def write(self, batch: Batch, *, sync: bool = False) -> None:  # noqa: ARG002 - nothing to sync
        """Apply the batch."""
        with self._lock:
            for key, value in batch.changes.items():
                if value is None:
                    self._entries.pop(key, None)
                else:
                    self._entries[key] = value

    def close(self) -> None:
        """Do nothing: the entries stay for a restart inside one test."""


def end_of(prefix: bytes) -> bytes | None:
    """Return the first key after those with a prefix, or None where there is no such key."""
    kept = prefix.rstrip(b"\xff")
    return kept[:-1] + bytes((kept[-1] + 1,)) if kept else None


ADVICE = (
    "remove it with `starminer chain purge` and synchronise again, "
    "or restore a copy that was taken while no node ran"
)
"""What helps against every kind of damage."""


def _is_new(path: Path) -> bool:
    """Say whether a database may be created at `path`: there is nothing, or an empty directory."""
    try:
        return not path.is_dir() or not any(path.iterdir())
    except OSError as error:
        raise DatabaseError(f"cannot read database {path}: {error.strerror}") from error


def _open(path: Path, cache_bytes: int) -> plyvel.DB:
    """Open LevelDB, which would create what is missing: refuse where files are gone."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseError(f"cannot create database {path}: {error.strerror}") from error
    if not _is_new(path) and not (path / "CURRENT").exists() and not _is_unborn(path):
        raise DatabaseCorrupt(f"database {path} has no CURRENT file; {ADVICE}")
    try:
        return plyvel.DB(
            os.fspath(path),
            create_if_missing=True,
            paranoid_checks=True,
            compression=None,  # hashes and signatures do not compress
            write_buffer_size=WRITE_BUFFER_BYTES,
            lru_cache_size=cache_bytes,
            bloom_filter_bits=BLOOM_BITS_PER_KEY,
            max_file_size=TABLE_FILE_BYTES,
            max_open_files=MAX_OPEN_FILES,
        )
    except plyvel.Error as error:
        raise _named(error, path) from error


def _is_unborn(path: Path) -> bool:
    """Say whether a kill came before LevelDB had finished creating the database."""
    born = {".ldb", ".sst", ".log"}
    return any((path / name).exists() for name in ("LOCK", "LOG")) and not any(
        entry.suffix in born for entry in path.iterdir()
    )


def _named(error: Exception, path: Path) -> DatabaseError:
    """Return our error for one of LevelDB's, with the path and what to do."""
    message = error.args[0] if error.args else b""
    text = message.decode(errors="replace") if isinstance(message, bytes) else str(message)
    if isinstance(error, plyvel.CorruptionError):
        return DatabaseCorrupt(f"database {path} is damaged: {text}; {ADVICE}")
    if isinstance(error, plyvel.IOError) and "lock" in text:
        return DatabaseLocked(
            f"database {path} is in use by another process: stop that node, or give this one "
            "its own --base-path"
        )
    return DatabaseError(f"database {path} cannot be opened, read or written: {text}")
