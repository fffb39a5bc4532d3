"""Which blocks are executed again to be measured: of a database, or of a file of blocks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

from cyclopts import Parameter

from cli.blocks import NO_POOL, Place, add_from, opened
from cli.chain import checked_spec
from cli.errors import CommandError, UsageError
from genesis.build import build_block
from node.assembly import Ground, open_ground
from node.block_file import BadBlockFile, read_contents
from node.directories import Directories
from node.metrics import Metrics
from node.offline import Stored, stored_block
from node.store.pruning import ARCHIVE, PruningChoice

USUAL_BLOCKS = 100
"""The newest ones, where nobody says which: some seconds, and their states are kept everywhere."""
MOST_TIMES = 100


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Stretch:
    """Which blocks are executed again, and how often."""

    first: Annotated[int | None, Parameter(name="--from")] = None
    """Number of the first block; when not given, 100 blocks up to the last one."""

    last: Annotated[int | None, Parameter(name="--to")] = None
    """Number of the last block; the best one when not given."""

    file: Path | None = None
    """Take the blocks of this file instead, from block 1 on, as `chain export-blocks` writes it."""

    repeat: int = 3
    """How often each is executed; the median counts."""


NEWEST = Stretch()


@contextmanager
def blocks_of(place: Place, stretch: Stretch) -> Iterator[tuple[Ground, list[Stored]]]:
    """Open what holds the blocks; yield it with all of them, the oldest first.

    Raises: CommandError, UsageError.
    """
    if not 1 <= stretch.repeat <= MOST_TIMES:
        raise UsageError(f"--repeat: wanted 1 to {MOST_TIMES}, got {stretch.repeat}")
    holder = opened(place) if stretch.file is None else filled(place, stretch.file)
    with holder as ground:
        best = ground.chain.best.number
        last = best if stretch.last is None else stretch.last
        first = max(last - USUAL_BLOCKS + 1, 1) if stretch.first is None else stretch.first
        if not 1 <= first <= last <= best:
            raise UsageError(f"wanted blocks between 1 and {best}, got {first} to {last}")
        try:
            found = [stored_at(ground, number) for number in range(first, last + 1)]
        except BadBlockFile as error:
            raise CommandError(str(error)) from error
        yield ground, found


@contextmanager
def filled(place: Place, file: Path) -> Iterator[Ground]:
    """Make a database of the blocks of a file, every state of which is kept, for as long as needed.

    Raises: CommandError.
    """
    spec = checked_spec(place.chain)
    refuse_late(file)
    keep_all = PruningChoice(ARCHIVE)
    with TemporaryDirectory(prefix="starminer-bench-") as directory:
        metrics = Metrics(spec.id, "offline")
        where = Directories(Path(directory))
        ground = open_ground(where, build_block(spec), NO_POOL, metrics, pruning=keep_all)
        try:
            add_from(ground, file)
            yield ground
        finally:
            ground.database.close()


def refuse_late(file: Path) -> None:
    """Raise CommandError unless a file begins with block 1: nobody has the state before another."""
    try:
        with file.open("rb") as source:
            first = read_contents(source).first
    except (BadBlockFile, OSError) as error:
        raise CommandError(f"{file}: {error}") from error
    if first != 1:
        again = "starminer chain export-blocks FILE --from 1"
        raise CommandError(f"{file}: wanted blocks from 1 on, got blocks from {first} on; {again}")


def stored_at(ground: Ground, number: int) -> Stored:
    """Return the canonical block of a number; raises BadBlockFile if it is not all here."""
    block_hash = ground.chain.hash_at(number)
    header = None if block_hash is None else ground.chain.header(block_hash)
    if header is None:
        raise BadBlockFile(f"block {number} is not here: fast sync may not have fetched it yet")
    return stored_block(ground, header)
