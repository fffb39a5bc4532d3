"""`starminer version`: which release this is, and of which runtime."""

from __future__ import annotations

import platform

from cli.main import release
from cli.options import Output
from cli.printing import show
from runtime.config import SPEC_NAME, SPEC_VERSION

PLAIN = Output()


def show_version(*, output: Output = PLAIN) -> None:
    """Show the version."""
    record = {
        "starminer": release(),
        "runtime": f"{SPEC_NAME} {SPEC_VERSION}",
        "python": platform.python_version(),
    }
    show(record, output.output)
