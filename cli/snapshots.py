"""`starminer chain snapshot create|restore`: a chain's whole database as one file."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path

from cli.bars import count
from cli.blocks import USUAL, Place, opened
from cli.chain import chain_directory, checked_spec
from cli.errors import CommandError
from cli.options import Output
from cli.printing import show
from genesis.build import build_block
from node.directories import Directories
from node.snapshot import BadSnapshot, Title, read_title, restore_snapshot, write_snapshot
from node.store.db import DatabaseError, LevelDatabase

PLAIN = Output()


def create(out: Path, /, *, place: Place = USUAL, output: Output = PLAIN) -> None:
    """Write a chain's whole database to one file: blocks, states and indexes; no keys.

    Parameters
    ----------
    out
        The file to write; it appears when it is whole.
    """
    with opened(place) as ground:
        best = ground.chain.best
        title = Title(ground.chain.genesis_hash, best.hash, best.number)
        part = out.with_name(f"{out.name}.part")
        try:
            with part.open("wb") as target, count("entries") as told:
                written = write_snapshot(ground.database, title, target, told)
            part.replace(out)
        except (DatabaseError, OSError) as error:
            part.unlink(missing_ok=True)
            raise CommandError(f"{out}: {error}") from error
    show(
        {
            "file": str(out),
            "best": best.number,
            "entries": written,
            "bytes": out.stat().st_size,
        },
        output.output,
    )


def restore(source: Path, /, *, place: Place = USUAL, output: Output = PLAIN) -> None:
    """Make a chain's database from a file, where there is none.

    What is in it is believed: take it from yourself, or from whom you trust.

    Parameters
    ----------
    source
        A file that `chain snapshot create` wrote.
    """
    spec = checked_spec(place.chain)
    directories = Directories(chain_directory(place.base_path, spec))
    database = directories.database
    if database.exists():
        raise CommandError(f"{database} exists: `starminer chain purge` deletes it")
    genesis, part = build_block(spec).header.hash, database.with_name(f"{database.name}.part")
    shutil.rmtree(part, ignore_errors=True)  # of a restore that was interrupted
    try:
        with source.open("rb") as file:
            title = read_title(file)
            if title.genesis_hash != genesis:
                raise BadSnapshot(
                    f"it is of another chain: wanted genesis 0x{genesis.hex()}, "
                    f"got 0x{title.genesis_hash.hex()}"
                )
            part.parent.mkdir(parents=True, exist_ok=True)
            with closing(LevelDatabase(part)) as fresh, count("entries") as told:
                restored = restore_snapshot(file, title, fresh, told)
        LevelDatabase(part).close()  # which refuses the records of another version
        part.replace(database)
    except (BadSnapshot, DatabaseError, OSError) as error:
        shutil.rmtree(part, ignore_errors=True)
        raise CommandError(f"{source}: {error}") from error
    with opened(place) as ground:
        best = ground.chain.best
    show({"best": best.number, "entries": restored, "database": str(database)}, output.output)
