"""`starminer config show|init`: what a node would run with, and a file to say it in."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any

from cli.errors import UsageError
from cli.key_files import write_new
from cli.layers import FLAG, PREFIX, sources_in
from cli.main import build_app
from cli.options import Output
from cli.printing import progress, show
from cli.run import DEFAULTS, FILE, HIDDEN, IN_FULL, SHORT, Shorthands
from node.config import BadConfig, NodeConfig

PLAIN = Output()
DEFAULT, SHORTHAND = "default", "shorthand"
WIDTH = 98


def show_config(
    *,
    config: Annotated[NodeConfig, SHORT] = DEFAULTS,
    short: Shorthands = IN_FULL,
    file: Annotated[Path | None, FILE] = None,  # noqa: ARG001 (read by cli.layers)
    sources: Annotated[str, HIDDEN] = "",
    changed: bool = False,
    output: Output = PLAIN,
) -> None:
    """Show what a node would run with, and where each setting comes from.

    It takes the flags of `starminer run`, and looks where that looks: flags, then the environment,
    then the file. Settings that cannot go together are refused as they would be there.
    For example: starminer config show --config node.toml --validator

    Parameters
    ----------
    file
        A TOML file of settings, as `starminer config init` writes.
    changed
        Leave out what is as nobody said it.
    """
    meant = short.apply(config)
    try:
        meant.check()
    except BadConfig as error:
        raise UsageError(str(error)) from error
    rows = setting_rows(config, meant, sources_in(sources))
    chosen = [row for row in rows if not (changed and row["from"] == DEFAULT)]
    show(chosen, output.output)


def setting_rows(
    config: NodeConfig, meant: NodeConfig, said: dict[str, str]
) -> list[dict[str, object]]:
    """Return each setting with its value and where it comes from."""
    rows: list[dict[str, object]] = []
    for name in names():
        flag, value = flag_of(name), getattr(meant, name)
        place = said.get(flag, said.get(f"--no-{flag[2:]}", DEFAULT))
        if value != getattr(config, name):
            place = f"{FLAG} ({SHORTHAND})"
        rows.append({"setting": flag, "value": plain(value), "from": place})
    return rows


def init(file: Path | None = None, /, *, output: Output = PLAIN) -> None:
    """Write a file with every setting of a node at its default, commented out, and what it means.

    For example: starminer config init node.toml, then starminer run --config node.toml

    Parameters
    ----------
    file
        The file to write; one that is there is not replaced. Standard output when not given.
    """
    text = "\n".join(lines()) + "\n"
    if file is None:
        sys.stdout.write(text)
        return
    write_new(file.expanduser(), text.encode())
    progress(f"starminer run --config {file} reads it")
    show({"file": str(file), "settings": len(names())}, output.output)


def lines() -> Iterator[str]:
    """Yield the lines of a file of settings."""
    yield "# Settings of a StarMiner node: `starminer run --config FILE` reads them."
    yield f"# A flag goes before them, and so does a variable such as {PREFIX}RPC_PORT."
    helps = helps_of_run()
    for name in names():
        yield ""
        yield from (f"# {line}" for line in wrapped(helps[flag_of(name)]))
        value = getattr(DEFAULTS, name)
        yield f"# {flag_of(name)[2:]} = {toml(value)}"


def helps_of_run() -> dict[str, str]:
    """Return what the help of `starminer run` says of each flag."""
    arguments = build_app()["run"].assemble_argument_collection(parse_docstring=True)
    return {one.name: " ".join((one.parameter.help or "").split()) for one in arguments}


def names() -> list[str]:
    """Return the names of a node's settings."""
    return [item.name for item in fields(NodeConfig)]


def flag_of(name: str) -> str:
    """Return the flag of a setting."""
    return f"--{name.replace('_', '-')}"


def plain(value: Any) -> object:
    """Return a setting in JSON's types."""
    if isinstance(value, Path):
        return str(value)
    return list(value) if isinstance(value, tuple) else value


def toml(value: Any) -> str:
    """Return a setting as TOML writes it; an empty text where nothing is set."""
    match plain(value):
        case None:
            return '""'
        case bool(flag):
            return str(flag).lower()
        case int(number):
            return str(number)
        case list(items):
            return f"[{', '.join(toml(item) for item in items)}]"
        case text:
            return '"' + str(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def wrapped(text: str) -> Iterator[str]:
    """Yield text in lines that fit a page."""
    line = ""
    for word in text.split():
        if line and len(line) + len(word) >= WIDTH - 2:
            yield line
            line = ""
        line = f"{line} {word}".strip()
    if line:
        yield line
