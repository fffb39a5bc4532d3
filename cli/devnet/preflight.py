"""What this machine must have before a devnet starts: it is looked for before anything begins."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

from cli.errors import CommandError

LEAST_FREE_BYTES = 512 << 20
"""A devnet's databases after some hours, with room to compact them."""

MODULES = {
    "plyvel": "its database, LevelDB",
    "libp2p": "its network",
    "fastecdsa": "what its network signs with; it is compiled, and wants gcc and libgmp-dev",
}
"""What a node cannot run without, and that may be missing where an installation was cut short."""


def refuse_unfit(state: Path) -> None:
    """Refuse a machine on which no node could run.

    Raises: CommandError, naming all that is missing.
    """
    missing = [
        f"{name} is not installed ({what})"
        for name, what in MODULES.items()
        if importlib.util.find_spec(name) is None
    ]
    free = shutil.disk_usage(state).free
    if free < LEAST_FREE_BYTES:
        missing.append(f"{free >> 20} MiB are free in {state}, wanted {LEAST_FREE_BYTES >> 20}")
    if missing:
        raise CommandError(f"no devnet can run here: {'; '.join(missing)}: see `starminer doctor`")
