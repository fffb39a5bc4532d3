"""`starminer tx` with what stands below it: a command that has commands of its own."""

from __future__ import annotations

from cyclopts import App

from cli.examples import ending
from cli.main import COMMANDS, below
from cli.tx import tx


def made() -> App:
    """Return the application of `starminer tx`; what is below it is imported when it is run."""
    app = App(name="tx", help=COMMANDS["tx"][1], help_epilogue=ending("tx"))
    app.default(tx)
    for path, (target, text) in below("tx").items():
        app.command(target, name=path.rpartition(" ")[2], help=text, help_epilogue="")
    return app


APP = made()
"""What `cli.main` names; an application is data."""
