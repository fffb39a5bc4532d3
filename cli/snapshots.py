"""`starminer chain snapshot create|restore`: a chain's whole database as one file."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path

from cli.bars import transfer
from cli.blocks import USUAL, Place, opened, words_of
from cli.chain import chain_directory, checked_spec, load
from cli.errors import CommandError
from cli.interrupted import goes_on_with, part_of, part_path
from cli.options import Output
from cli.printing import progress, show
from genesis.build import build_block
from node.assembly import Ground
from node.directories import Directories
from node.snapshot import (
    begin,
    finish,
    keep_whole,
    restore_snapshot,
    restored_before,
    title_of,
    write_snapshot,
)
from node.snapshot_file import BadSnapshot, Reached, Title, begun, read_title
from node.store.db import DatabaseCorrupt, DatabaseError, DatabaseLocked, LevelDatabase

PLAIN = Output()


def create(out: Path, /, *, place: Place = USUAL, output: Output = PLAIN) -> None:
    """Write a chain's whole database to one file: blocks, states and indexes; no keys.

    What is interrupted goes on when the same is said again, if no node ran in between.

    Parameters
    ----------
    out
        The file to write; it appears when it is whole.
    """
    words = words_of("snapshot create", out, place)
    with opened(place) as ground, goes_on_with(words):
        best = ground.chain.best.number
        try:
            reused, written = write_file(ground, out, size_of(place))
        except BadSnapshot as error:
            advice = "delete it, or name another file"
            raise CommandError(f"{part_path(out)}: {error}; {advice}") from error
    record = {"file": str(out), "best": best, "entries": written, "reused": reused}
    show({**record, "bytes": out.stat().st_size}, output.output)


def write_file(ground: Ground, out: Path, size_bytes: int) -> tuple[int, int]:
    """Write a snapshot, or what it lacks; return how many entries were there, and how many are.

    Raises: BadSnapshot, DatabaseError, OSError.
    """
    title, part = title_of(ground.chain, ground.database), part_path(out)
    with part_of(out) as file:
        kept = keep_whole(title, file)
        if kept is None:
            progress(f"the database was written to since {part} was begun: beginning anew")
            kept = begin(title, file)
        elif kept.reached.entries:
            progress(f"{part} has {kept.reached.entries} entries: going on behind them")
        with transfer("snapshot", size_bytes, kept.raw_bytes) as told:
            written = write_snapshot(ground.database, kept, file, told)
    return kept.reached.entries, written.entries


def size_of(place: Place) -> int:
    """Return how large the files of a database are together: a little more than its entries."""
    database = Directories(chain_directory(place.base_path, load(place.chain))).database
    return sum(file.stat().st_size for file in database.iterdir())


def restore(source: Path, /, *, place: Place = USUAL, output: Output = PLAIN) -> None:
    """Make a chain's database from a file, where there is none.

    What is in it is believed: take it from yourself, or from whom you trust. What is interrupted
    goes on when the same is said again.

    Parameters
    ----------
    source
        A file that `chain snapshot create` wrote.
    """
    spec = checked_spec(place.chain)
    database = Directories(chain_directory(place.base_path, spec)).database
    if database.exists():
        raise CommandError(f"{database} exists: `starminer chain purge` deletes it")
    part = part_path(database)
    with goes_on_with(words_of("snapshot restore", source, place)):
        try:
            reused, restored = read_file(source, build_block(spec).header.hash, part)
        except BadSnapshot as error:
            raise CommandError(f"{source}: {error}") from error
        part.replace(database)
    with opened(place) as ground:
        best = ground.chain.best.number
    record = {"best": best, "entries": restored, "reused": reused}
    show({**record, "database": str(database)}, output.output)


def read_file(source: Path, genesis: bytes, part: Path) -> tuple[int, int]:
    """Make a database of a snapshot, or what it lacks.

    Return how many entries were there, and how many are.

    Raises: BadSnapshot, DatabaseError, OSError.
    """
    with source.open("rb") as file:
        title = read_title(file)
        if title.genesis_hash != genesis:
            raise BadSnapshot(
                f"it is of another chain: wanted genesis 0x{genesis.hex()}, "
                f"got 0x{title.genesis_hash.hex()}"
            )
        part.parent.mkdir(parents=True, exist_ok=True)
        before = begun_before(part, title)
        try:
            with (
                closing(LevelDatabase(part)) as fresh,
                transfer("snapshot", source.stat().st_size, before.offset) as told,
            ):
                restored = restore_snapshot(file, title, before, fresh, told)
            with closing(LevelDatabase(part)) as whole:  # which refuses another version's records
                finish(whole)
        except (BadSnapshot, DatabaseCorrupt):
            shutil.rmtree(part)  # going on from it would end here again
            raise
    return before.entries, restored.entries


def begun_before(part: Path, title: Title) -> Reached:
    """Return how far a restore of the snapshot with that title is; delete what another one left.

    Raises: DatabaseLocked if that one still runs, OSError.
    """
    reached = None
    if part.exists():
        try:
            with closing(LevelDatabase(part)) as database:
                reached = restored_before(title, database)
        except DatabaseLocked:
            raise
        except DatabaseError as error:
            progress(str(error))
        if reached is None:
            progress(f"{part} is not of this snapshot: beginning anew")
            shutil.rmtree(part)
        else:
            progress(f"{part} has {reached.entries} entries: going on behind them")
    return begun(title) if reached is None else reached
