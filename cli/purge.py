"""`starminer chain purge`: a chain's database is gone at once, or not at all."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from cli.chain import agreed, chain_directory, checked_spec
from cli.errors import CommandError, UsageError
from cli.interrupted import part_path
from cli.options import Output
from cli.printing import progress, show
from node.config import DEFAULT_BASE_PATH
from node.directories import Directories
from node.store.db import DatabaseError, DatabaseLocked, LevelDatabase

PLAIN = Output()


def purge(
    chain: str = "dev",
    *,
    base_path: Path = DEFAULT_BASE_PATH,
    yes: Annotated[bool, Parameter(name=["--yes", "-y"], negative="")] = False,
    output: Output = PLAIN,
) -> None:
    """Delete a chain's database; keys and addresses of peers stay.

    What a `chain snapshot restore` left that was interrupted goes too.

    Parameters
    ----------
    chain
        A preset or the path of a spec.
    base_path
        Where the node keeps its data.
    yes
        Do not ask.
    """
    database = Directories(chain_directory(base_path, checked_spec(chain))).database
    found = [one for one in (database, part_path(database)) if one.is_dir()]
    going = database.with_name(f"{database.name}.purged")
    if not (found or going.is_dir()):
        progress(f"{database} does not exist: nothing to delete")
        show({"deleted": None}, output.output)
        return
    if not (yes or agreed(f"Delete {database}? [y/N] ")):
        raise UsageError("say --yes to delete it")
    for one in found:
        refuse_used(one)
    try:
        delete(found, going)
    except OSError as error:
        raise CommandError(f"{error}; the same again deletes the rest") from error
    show({"deleted": str(database)}, output.output)


def delete(databases: list[Path], going: Path) -> None:
    """Delete databases; a kill leaves each as it was, or under a name that no node opens.

    Raises: OSError.
    """
    if going.is_dir():  # of a purge that was interrupted
        shutil.rmtree(going)
    for one in databases:
        one.replace(going)
        shutil.rmtree(going)


def refuse_used(database: Path) -> None:
    """Raise CommandError if a process works on a database."""
    try:
        with closing(LevelDatabase(database)):
            return
    except DatabaseLocked as error:
        raise CommandError(str(error)) from error
    except DatabaseError:
        return  # damage is why people delete one
