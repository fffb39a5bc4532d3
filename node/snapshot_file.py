"""The file of a snapshot: a title, then sections of compressed entries, then a mark of its end.

Each section is compressed by itself and says how many entries it has and the digest of everything
up to its end, so that whoever was interrupted, writing or reading, goes on between two sections and
still checks the whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import BinaryIO

from backports.zstd import ZstdDecompressor, ZstdError, compress

from node.store.db import MARK_BYTES

MAGIC = b"starminer snapshot 2\n"
HASH_BYTES, NUMBER_BYTES, LENGTH_BYTES, COUNT_BYTES = 32, 4, 4, 4
TITLE_BYTES = len(MAGIC) + 2 * HASH_BYTES + NUMBER_BYTES + MARK_BYTES
HEAD_BYTES = COUNT_BYTES + LENGTH_BYTES + HASH_BYTES
SECTION_BYTES = 1 << 22
"""Of entries, before they are compressed; a section ends with the entry that reaches it."""
MAX_ENTRY_BYTES = 1 << 25
"""Larger ones are not ours: a block is at most a few MiB."""
MAX_SECTION_BYTES = SECTION_BYTES + MAX_ENTRY_BYTES

Entry = tuple[bytes, bytes]


class BadSnapshot(Exception):
    """A file that does not hold the database that it should."""


@dataclass(frozen=True, slots=True)
class Title:
    """What a snapshot says of itself."""

    genesis_hash: bytes
    best_hash: bytes
    best_number: int
    mark: bytes
    """Of what the database held: see `node.store.db.WRITTEN_KEY`."""

    def encoded(self) -> bytes:
        """Return the first bytes of the file."""
        number = self.best_number.to_bytes(NUMBER_BYTES, "little")
        return MAGIC + self.genesis_hash + self.best_hash + number + self.mark


@dataclass(frozen=True, slots=True)
class Reached:
    """How far a file is written or read: to the end of its title, or of a section."""

    offset: int
    entries: int
    digest: bytes
    """Of the title, and of all entries and counts so far."""

    def after(self, raw: bytes, count: int, packed_bytes: int) -> Reached:
        """Return how far it is with one section more."""
        counted = self.digest + count.to_bytes(COUNT_BYTES, "little")
        digest = blake2b(counted + raw, digest_size=HASH_BYTES).digest()
        return Reached(self.offset + HEAD_BYTES + packed_bytes, self.entries + count, digest)


@dataclass(frozen=True, slots=True)
class Section:
    """Some entries, one after the other."""

    raw: bytes
    count: int

    def entries(self) -> Iterator[Entry]:
        """Yield keys and values; raises BadSnapshot if they are none."""
        place = 0
        for _ in range(self.count):
            key, place = _sized(self.raw, place)
            value, place = _sized(self.raw, place)
            yield key, value
        if place != len(self.raw):
            raise BadSnapshot(f"wanted entries of {len(self.raw)} bytes, got {place} bytes of them")


def begun(title: Title) -> Reached:
    """Return how far a file is that has its title alone."""
    head = title.encoded()
    return Reached(len(head), 0, blake2b(head, digest_size=HASH_BYTES).digest())


def read_title(source: BinaryIO) -> Title:
    """Read what a file says of itself; the sections follow.

    Raises: BadSnapshot if it is no snapshot.
    """
    if source.read(len(MAGIC)) != MAGIC:
        raise BadSnapshot("wanted a file that `chain snapshot create` wrote, got another")
    rest = source.read(TITLE_BYTES - len(MAGIC))
    if len(rest) < TITLE_BYTES - len(MAGIC):
        raise BadSnapshot("the file is damaged or was cut short: it ends within its title")
    hashes, number = rest[: 2 * HASH_BYTES], rest[2 * HASH_BYTES : -MARK_BYTES]
    return Title(
        hashes[:HASH_BYTES],
        hashes[HASH_BYTES:],
        int.from_bytes(number, "little"),
        rest[-MARK_BYTES:],
    )


def sections_of(entries: Iterable[Entry]) -> Iterator[Section]:
    """Yield entries by sections, whose ends depend on nothing but where the first one begins."""
    raw, count = bytearray(), 0
    for key, value in entries:
        raw += len(key).to_bytes(LENGTH_BYTES, "little") + key
        raw += len(value).to_bytes(LENGTH_BYTES, "little") + value
        count += 1
        if len(raw) >= SECTION_BYTES:
            yield Section(bytes(raw), count)
            raw, count = bytearray(), 0
    if count:
        yield Section(bytes(raw), count)


def write_section(out: BinaryIO, section: Section, reached: Reached) -> Reached:
    """Write a section; return how far the file is then."""
    assert len(section.raw) <= MAX_SECTION_BYTES, "nothing that the store writes is as large"
    packed = compress(section.raw)
    after = reached.after(section.raw, section.count, len(packed))
    out.write(_head(section.count, len(packed), after.digest) + packed)
    return after


def write_end(out: BinaryIO, reached: Reached) -> None:
    """Write that no more sections follow."""
    out.write(_head(0, 0, reached.digest))


def read_section(source: BinaryIO, reached: Reached) -> tuple[Section, Reached] | None:
    """Read the section that begins where `reached` ends, with how far that is; None at the end.

    Raises: BadSnapshot if it is damaged, changed or cut short; it names the place.
    """
    head = _exactly(source, HEAD_BYTES, reached)
    count = int.from_bytes(head[:COUNT_BYTES], "little")
    length = int.from_bytes(head[COUNT_BYTES:-HASH_BYTES], "little")
    if count == length == 0:
        _check_end(source, head[-HASH_BYTES:], reached)
        return None
    if length > MAX_SECTION_BYTES:
        raise _damaged(reached, f"wanted at most {MAX_SECTION_BYTES} bytes, got {length}")
    section = Section(_unpacked(_exactly(source, length, reached), reached), count)
    after = reached.after(section.raw, count, length)
    _check_digest(after.digest, head[-HASH_BYTES:], reached)
    return section, after


def _check_end(source: BinaryIO, digest: bytes, reached: Reached) -> None:
    _check_digest(reached.digest, digest, reached)
    if source.read(1):
        raise _damaged(reached, "wanted the end of the file, got more")


def _check_digest(found: bytes, wanted: bytes, reached: Reached) -> None:
    if found != wanted:
        raise _damaged(reached, f"wanted digest {wanted.hex()}, got {found.hex()}")


def _unpacked(packed: bytes, reached: Reached) -> bytes:
    reader = ZstdDecompressor()
    try:
        raw: bytes = reader.decompress(packed, max_length=MAX_SECTION_BYTES)
    except ZstdError as error:
        raise _damaged(reached, str(error)) from error
    if not reader.eof or reader.unused_data:
        raise _damaged(reached, f"wanted one frame of zstd in {len(packed)} bytes, got another")
    return raw


def _head(count: int, length: int, digest: bytes) -> bytes:
    return count.to_bytes(COUNT_BYTES, "little") + length.to_bytes(LENGTH_BYTES, "little") + digest


def _sized(raw: bytes, place: int) -> tuple[bytes, int]:
    """Return the bytes behind a length, and the place behind them."""
    start = place + LENGTH_BYTES
    end = start + int.from_bytes(raw[place:start], "little")
    if end > len(raw):
        raise BadSnapshot(f"wanted an entry within {len(raw)} bytes, got one up to {end}")
    return raw[start:end], end


def _exactly(source: BinaryIO, size: int, reached: Reached) -> bytes:
    found = source.read(size)
    if len(found) < size:
        raise _damaged(reached, f"wanted {size} more bytes, got {len(found)}")
    return found


def _damaged(reached: Reached, what: str) -> BadSnapshot:
    return BadSnapshot(f"the file is damaged or was cut short behind byte {reached.offset}: {what}")
