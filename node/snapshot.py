"""A whole database in one file: for a second machine, and for before something dangerous.

It is only as good as who made it: nothing in it is executed again. Who does not trust it takes
`node.block_file`, or synchronises. What a voter remembers is not restored: who takes old votes for
its last ones votes twice.

Making and restoring both go on where they were interrupted. A file goes on as long as nobody has
written to its database since, which a mark in the database tells: entries of two times would make
a state that never was. A database that is being restored notes how far it is with each section.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from node.chain import Chain
from node.snapshot_file import (
    HASH_BYTES,
    TITLE_BYTES,
    BadSnapshot,
    Entry,
    Reached,
    Section,
    Title,
    begun,
    read_section,
    read_title,
    sections_of,
    write_end,
    write_section,
)
from node.store.aux import VOTER_RECORD
from node.store.columns import AUX, RESTORING_KEY
from node.store.db import WRITTEN_KEY, Batch, Database

OF_ONE_DISK = frozenset({AUX + VOTER_RECORD, WRITTEN_KEY, RESTORING_KEY})
"""Entries that are true of one database alone."""
PLACE_BYTES = 8

Heard = Callable[[int], None]
"""Hears how many bytes are done."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What there is of a snapshot that was begun."""

    reached: Reached
    next_key: bytes
    """From where on the entries are still to be written."""
    raw_bytes: int = 0
    """What is written of the database, before it was compressed."""


def title_of(chain: Chain, database: Database) -> Title:
    """Return what a snapshot of a database says of itself."""
    mark = database.get(WRITTEN_KEY)
    if mark is None:
        database.write(Batch(), sync=True)  # it is of before there were marks
        mark = database.get(WRITTEN_KEY)
    assert mark is not None, "whoever writes leaves a mark"
    return Title(chain.genesis_hash, chain.best.hash, chain.best.number, mark)


def keep_whole(title: Title, part: BinaryIO) -> Kept | None:
    """Cut a part to its whole sections, each of which is checked; it stands behind them afterwards.

    None if the database was written to since it was begun.

    Raises: BadSnapshot if it is of another chain, or no snapshot at all.
    """
    if part.seek(0, os.SEEK_END) < TITLE_BYTES:
        return begin(title, part)
    part.seek(0)
    found = read_title(part)
    if found.genesis_hash != title.genesis_hash:
        raise BadSnapshot(
            f"it is of another chain: wanted genesis 0x{title.genesis_hash.hex()}, "
            f"got 0x{found.genesis_hash.hex()}"
        )
    if found != title:
        return None
    last, raw_bytes, reached = Section(b"", 0), 0, begun(title)
    for section, after in _whole_sections(part, reached):
        last, raw_bytes, reached = section, raw_bytes + len(section.raw), after
    part.truncate(reached.offset)
    part.seek(reached.offset)
    keys = [key for key, _ in last.entries()]
    return Kept(reached, keys[-1] + b"\x00" if keys else b"", raw_bytes)


def begin(title: Title, part: BinaryIO) -> Kept:
    """Empty a part and write its title."""
    part.seek(0)
    part.truncate()
    part.write(title.encoded())
    return Kept(begun(title), b"")


def write_snapshot(database: Database, kept: Kept, part: BinaryIO, heard: Heard) -> Reached:
    """Write the entries of a database that a part lacks, then its end."""
    reached, raw_bytes = kept.reached, kept.raw_bytes
    for section in sections_of(_entries(database, kept.next_key)):
        reached = write_section(part, section, reached)
        raw_bytes += len(section.raw)
        heard(raw_bytes)
    write_end(part, reached)
    part.flush()
    os.fsync(part.fileno())
    return reached


def restored_before(title: Title, database: Database) -> Reached | None:
    """Return how far a database was restored from the snapshot of that title; None if from none."""
    noted, head = database.get(RESTORING_KEY), title.encoded()
    if noted is None or not noted.startswith(head):
        return None
    offset, entries, digest = (
        noted[len(head) : len(head) + PLACE_BYTES],
        noted[len(head) + PLACE_BYTES : -HASH_BYTES],
        noted[-HASH_BYTES:],
    )
    return Reached(int.from_bytes(offset, "little"), int.from_bytes(entries, "little"), digest)


def restore_snapshot(
    source: BinaryIO, title: Title, reached: Reached, database: Database, heard: Heard
) -> Reached:
    """Write the entries of a file, behind what was reached before, to a database.

    It stays marked as being restored: `finish` ends that.

    Raises: BadSnapshot if the file was cut short or changed; what was written is then worthless.
    """
    if reached.entries:  # a pipe cannot be sought in, and need not be from its beginning
        source.seek(reached.offset)
    while (found := read_section(source, reached)) is not None:
        section, reached = found
        batch = Batch()
        for key, value in section.entries():
            if key not in OF_ONE_DISK:
                batch.put(key, value)
        batch.put(RESTORING_KEY, _noted(title, reached))
        database.write(batch)
        heard(reached.offset)
    return reached


def finish(database: Database) -> None:
    """Say that a database was restored wholly."""
    batch = Batch()
    batch.delete(RESTORING_KEY)
    database.write(batch, sync=True)


def _entries(database: Database, start: bytes) -> Iterator[Entry]:
    return (entry for entry in database.iterate(b"", start) if entry[0] != WRITTEN_KEY)


def _whole_sections(part: BinaryIO, reached: Reached) -> Iterator[tuple[Section, Reached]]:
    """Yield sections up to the first that is cut short or damaged, or to the end."""
    while True:
        try:
            found = read_section(part, reached)
        except BadSnapshot:
            return
        if found is None:
            return
        yield found
        _, reached = found


def _noted(title: Title, reached: Reached) -> bytes:
    places = (n.to_bytes(PLACE_BYTES, "little") for n in (reached.offset, reached.entries))
    return title.encoded() + b"".join(places) + reached.digest
