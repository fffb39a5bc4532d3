"""A whole database in one file: for a second machine, and for before something dangerous.

The file names its chain and its best block, then holds every entry, compressed, then how many they
were and a digest of all. It is only as good as who made it: nothing in it is executed again. Who
does not trust it takes `node.block_file`, or synchronises. What a voter remembers is not restored:
who takes old votes for its last ones votes twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import BinaryIO

from backports.zstd import ZstdError, ZstdFile

from node.store.aux import VOTER_RECORD
from node.store.columns import AUX
from node.store.db import Batch, Database

MAGIC = b"starminer snapshot 1\n"
HASH_BYTES, NUMBER_BYTES, LENGTH_BYTES, COUNT_BYTES = 32, 4, 4, 8
END = 0xFFFFFFFF
"""In the place of the length of a key: no more entries follow."""
MAX_KEY_BYTES, MAX_VALUE_BYTES = 1 << 12, 1 << 25
"""Larger ones are not ours: a block is at most a few MiB."""
BATCH_BYTES = 1 << 22
"""Written at once when a snapshot is restored."""
TOLD_EVERY = 4096
"""Entries between two signs of progress."""

Heard = Callable[[int], None]


class BadSnapshot(Exception):
    """A file that does not hold the database that it should."""


@dataclass(frozen=True, slots=True)
class Title:
    """What a snapshot says of itself."""

    genesis_hash: bytes
    best_hash: bytes
    best_number: int

    def encoded(self) -> bytes:
        """Return the first bytes of the file."""
        number = self.best_number.to_bytes(NUMBER_BYTES, "little")
        return MAGIC + self.genesis_hash + self.best_hash + number


def write_snapshot(database: Database, title: Title, out: BinaryIO, heard: Heard) -> int:
    """Write every entry of a database; `heard` gets how many; return how many there were."""
    head = title.encoded()
    out.write(head)
    digest, count = blake2b(head, digest_size=HASH_BYTES), 0
    with ZstdFile(out, "w") as packed:
        for key, value in database.iterate(b""):
            entry = _length(len(key)) + key + _length(len(value)) + value
            digest.update(entry)
            packed.write(entry)
            count += 1
            if count % TOLD_EVERY == 0:
                heard(count)
        packed.write(_length(END) + count.to_bytes(COUNT_BYTES, "little") + digest.digest())
    return count


def read_title(source: BinaryIO) -> Title:
    """Read what a file says of itself; the entries follow.

    Raises: BadSnapshot if it is no snapshot.
    """
    if source.read(len(MAGIC)) != MAGIC:
        raise BadSnapshot("wanted a file that `chain snapshot create` wrote, got another")
    rest = source.read(2 * HASH_BYTES + NUMBER_BYTES)
    if len(rest) < 2 * HASH_BYTES + NUMBER_BYTES:
        raise BadSnapshot("the file ends within its first bytes")
    number = int.from_bytes(rest[2 * HASH_BYTES :], "little")
    return Title(rest[:HASH_BYTES], rest[HASH_BYTES : 2 * HASH_BYTES], number)


def restore_snapshot(source: BinaryIO, title: Title, database: Database, heard: Heard) -> int:
    """Write the entries of a file, behind its title, to an empty database; return how many.

    The voter's record is left out: it was true on one disk, at one time.

    Raises: BadSnapshot if the file was cut short or changed; what was written is then worthless.
    """
    digest, count = blake2b(title.encoded(), digest_size=HASH_BYTES), 0
    batch, held = Batch(), 0
    try:
        with ZstdFile(source, "r") as packed:
            for key, value in _entries(packed, digest.update):
                if key != AUX + VOTER_RECORD:
                    batch.put(key, value)
                count, held = count + 1, held + len(key) + len(value)
                if held >= BATCH_BYTES:
                    database.write(batch)
                    batch, held = Batch(), 0
                    heard(count)
            told = int.from_bytes(_read(packed, COUNT_BYTES), "little")
            wanted = _read(packed, HASH_BYTES)
    except (ZstdError, EOFError) as error:
        raise BadSnapshot(f"the file is damaged or was cut short: {error}") from error
    if (told, wanted) != (count, digest.digest()):
        raise BadSnapshot(f"wanted {told} entries of digest {wanted.hex()}, got {count} others")
    database.write(batch, sync=True)
    heard(count)
    return count


def _entries(packed: ZstdFile, told: Callable[[bytes], None]) -> Iterator[tuple[bytes, bytes]]:
    """Yield the entries up to the mark of their end; `told` gets the bytes of each.

    Raises: BadSnapshot, EOFError.
    """
    while (size := int.from_bytes(_read(packed, LENGTH_BYTES), "little")) != END:
        if size > MAX_KEY_BYTES:
            raise BadSnapshot(f"wanted a key of at most {MAX_KEY_BYTES} bytes, got {size}")
        key = _read(packed, size)
        length = int.from_bytes(_read(packed, LENGTH_BYTES), "little")
        if length > MAX_VALUE_BYTES:
            raise BadSnapshot(f"wanted a value of at most {MAX_VALUE_BYTES} bytes, got {length}")
        value = _read(packed, length)
        told(_length(size) + key + _length(length) + value)
        yield key, value


def _read(packed: ZstdFile, size: int) -> bytes:
    found: bytes = packed.read(size)
    if len(found) < size:
        raise EOFError(f"wanted {size} more bytes, got {len(found)}")
    return found


def _length(size: int) -> bytes:
    return size.to_bytes(LENGTH_BYTES, "little")
