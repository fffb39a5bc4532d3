"""`starminer chain export-blocks|import-blocks|check-block|revert`: a chain that no node runs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from cli.bars import count
from cli.chain import agreed, chain_directory, checked_spec
from cli.errors import CommandError, UsageError
from cli.interrupted import goes_on_with, part_of, part_path
from cli.options import Output
from cli.printing import progress, show
from consensus.errors import Refused
from genesis.build import build_block
from node.assembly import Ground, open_ground
from node.block_file import BadBlockFile, Contents, read_blocks, read_contents, write_blocks
from node.block_part import keep_agreed, write_rest
from node.config import DEFAULT_BASE_PATH
from node.directories import Directories
from node.metrics import Metrics
from node.offline import Added
from node.offline import check_block as check
from node.offline import import_blocks as add_blocks
from node.store.db import DatabaseError

PLAIN = Output()
STANDARD_OUTPUT = Path("-")
NO_POOL = 1
"""Nothing waits for a block where no node runs; a pool has room for one at least."""


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Place:
    """Which database is meant; no node may run on it."""

    chain: str = "dev"
    """A preset or the path of a spec."""

    base_path: Path = DEFAULT_BASE_PATH
    """Where the node keeps its data."""


USUAL = Place()


def export_blocks(
    out: Annotated[Path, Parameter(allow_leading_hyphen=True)],
    /,
    *,
    place: Place = USUAL,
    first: Annotated[int, Parameter(name="--from")] = 1,
    last: Annotated[int | None, Parameter(name="--to")] = None,
    output: Output = PLAIN,
) -> None:
    """Write blocks of a chain's database to a file, with their proofs.

    What is interrupted goes on when the same is said again, from the last block that still holds.

    Parameters
    ----------
    out
        The file to write; it appears when it is whole. - is standard output, which cannot go on
        where it was interrupted.
    first
        Number of the first block.
    last
        Number of the last block; the last final one when not given.
    """
    if str(out).startswith("-") and out != STANDARD_OUTPUT:
        raise UsageError(f"wanted a file or -, got {out}")
    upper = () if last is None else ("--to", str(last))
    words = words_of("export-blocks", out, place, "--from", str(first), *upper)
    with opened(place) as ground:
        contents = contents_of(ground, first, last)
        if out == STANDARD_OUTPUT:
            write_out(ground, contents)
            return
        with goes_on_with(words):
            reused = write_file(ground, contents, out)
    record = {"file": str(out), "from": first, "to": contents.last, "reused": reused}
    show({**record, "bytes": out.stat().st_size}, output.output)


def contents_of(ground: Ground, first: int, last: int | None) -> Contents:
    """Return what a file says of itself that has these blocks.

    Raises: UsageError if they are not here.
    """
    chain = ground.chain
    end = chain.finalized.number if last is None else last
    if not 1 <= first <= end <= chain.best.number:
        best = chain.best.number
        raise UsageError(f"wanted blocks between 1 and {best}, got {first} to {end}")
    return Contents(chain.genesis_hash, first, end - first + 1)


def write_out(ground: Ground, contents: Contents) -> None:
    """Write blocks to standard output.

    Raises: CommandError if a person looks at it, or if one of the blocks is not here.
    """
    if sys.stdout.isatty():
        raise CommandError(
            "wanted a file or a pipe for the blocks, got a terminal: "
            "`starminer chain export-blocks blocks.bin` writes a file"
        )
    progress("standard output cannot go on where it was interrupted: name a file for that")
    try:
        with count("blocks", contents.count) as told:
            write_blocks(ground.chain, contents, sys.stdout.buffer, told)
    except BadBlockFile as error:
        raise CommandError(str(error)) from error


def write_file(ground: Ground, contents: Contents, out: Path) -> int:
    """Write blocks to a file, or what it lacks of them; return how many were there already.

    Raises: CommandError, naming the part and what is wrong with it; OSError.
    """
    part = part_path(out)
    try:
        with part_of(out) as file:
            kept = keep_agreed(ground.chain, contents, file)
            if kept:
                progress(f"{part} has {kept} of these blocks: going on behind them")
            with count("blocks", contents.count, kept) as told:
                write_rest(ground.chain, contents, kept, file, told)
    except BadBlockFile as error:
        advice = f"`rm {part}`, then the same again begins anew"
        raise CommandError(f"{part}: {error}: {advice}") from error
    return kept


def import_blocks(
    source: Path,
    /,
    *,
    place: Place = USUAL,
    output: Output = PLAIN,
) -> None:
    """Add the blocks of a file to a chain's database; each is checked as a peer's would be.

    What is there already is passed over, so that it goes on where it was interrupted.

    Parameters
    ----------
    source
        A file that `chain export-blocks` wrote.
    """
    with goes_on_with(words_of("import-blocks", source, place)), opened(place) as ground:
        added = add_from(ground, source)
        show(
            {
                "new": added.new,
                "known": added.known,
                "best": ground.chain.best.number,
                "final": ground.chain.finalized.number,
            },
            output.output,
        )


def add_from(ground: Ground, source: Path) -> Added:
    """Add the blocks of a file to a chain.

    Raises: CommandError, naming the file and what is wrong with it.
    """
    try:
        with source.open("rb") as file:
            contents = read_contents(file)
            if contents.genesis_hash != (wanted := ground.chain.genesis_hash):
                raise CommandError(
                    f"{source}: the blocks are of another chain: wanted genesis "
                    f"0x{wanted.hex()}, got 0x{contents.genesis_hash.hex()}: name theirs by --chain"
                )
            with count("blocks", contents.count) as told:
                blocks = read_blocks(file, contents)
                return add_blocks(ground, blocks, lambda n: told(n - contents.first + 1))
    except (BadBlockFile, OSError) as error:
        raise CommandError(f"{source}: {error}") from error


def check_block(
    block: str,
    /,
    *,
    place: Place = USUAL,
    output: Output = PLAIN,
) -> None:
    """Check a stored block again and execute it: receipts, signatures and the root of its state.

    Parameters
    ----------
    block
        Its number, or its hash.
    """
    with opened(place) as ground:
        header = ground.chain.header(hash_of(ground, block))
        if header is None or header.number == 0:
            best = ground.chain.best.number
            wanted = f"wanted a block above the genesis that is here, such as {best}"
            raise CommandError(f"block {block}: {wanted}: `starminer chain check-block {best}`")
        try:
            found = check(ground, header)
        except (BadBlockFile, Refused) as error:
            raise CommandError(f"block {block}: {type(error).__name__}: {error}") from error
        show(
            {
                "number": header.number,
                "hash": f"0x{header.hash.hex()}",
                "state_root": f"0x{header.state_root.hex()}",
                "extrinsics": found.extrinsics,
                "proofs": found.proofs,
                "milliseconds": round(found.seconds * 1000, 1),
                "verdict": "right",
            },
            output.output,
        )


def revert(
    blocks: int,
    /,
    *,
    place: Place = USUAL,
    yes: Annotated[bool, Parameter(name=["--yes", "-y"], negative="")] = False,
    output: Output = PLAIN,
) -> None:
    """Forget the newest blocks of a chain's database; what is final stays.

    Parameters
    ----------
    blocks
        How many, at most.
    yes
        Do not ask.
    """
    if blocks < 1:
        raise UsageError(f"wanted at least one block, got {blocks}")
    with opened(place) as ground:
        before, final = ground.chain.best.number, ground.chain.finalized.number
        after = max(before - blocks, final)
        if before - blocks < final:
            progress(f"block {final} is final and stays: only `starminer chain purge` goes below")
        if after == before:
            progress("nothing to forget")
        elif not (yes or agreed(f"Forget blocks {after + 1} to {before}? [y/N] ")):
            raise UsageError("say --yes to forget them")
        best = ground.chain.blocks.revert(before - after)
        show({"forgotten": before - after, "best": best.number, "final": final}, output.output)


def words_of(command: str, file: Path, place: Place, *flags: str) -> list[str]:
    """Return the words of a command on a file and a database, for whoever is to say it again."""
    words = ["starminer", "chain", *command.split(), str(file), *flags]
    if place.chain != USUAL.chain:
        words += ["--chain", place.chain]
    if place.base_path != USUAL.base_path:
        words += ["--base-path", str(place.base_path)]
    return words


@contextmanager
def opened(place: Place) -> Iterator[Ground]:
    """Open the database of a chain.

    Raises: CommandError if there is none, or it cannot be used.
    """
    spec = checked_spec(place.chain)
    directories = Directories(chain_directory(place.base_path, spec))
    if not directories.database.is_dir():
        raise CommandError(
            f"{directories.database} does not exist: no node ran there yet: "
            f"`starminer run --chain {place.chain}` starts one, --base-path names another place"
        )
    try:
        ground = open_ground(directories, build_block(spec), NO_POOL, Metrics(spec.id, "offline"))
    except DatabaseError as error:
        raise CommandError(str(error)) from error
    try:
        yield ground
    finally:
        ground.database.close()


def hash_of(ground: Ground, block: str) -> bytes:
    """Return the hash that a number or a hash names.

    Raises: UsageError, CommandError.
    """
    try:
        if block.startswith("0x"):
            return bytes.fromhex(block[2:])
        found = ground.chain.hash_at(int(block))
    except ValueError as error:
        raise UsageError(f"wanted a number or 0x and a hash, got {block!r}") from error
    if found is None:
        best = ground.chain.best.number
        advice = f"wanted 0 to {best}; `starminer run` fetches those that come"
        raise CommandError(f"block {block}: the best block is {best}: {advice}")
    return found
