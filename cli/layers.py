"""Where the settings of a node come from: a flag, a variable, a file or the default, in this order.

The command line is parsed first. What it does not say is looked for in the environment, under
`STARMINER_RUN_` and the name of the flag, then in the TOML file that `--config` names.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, get_origin

from cyclopts import Token
from cyclopts.config import Env

from cli.errors import UsageError

if TYPE_CHECKING:
    from cyclopts import App, Argument, ArgumentCollection

LAYERED = {("run",), ("config", "show")}
"""The commands whose flags may stand elsewhere."""

PREFIX = "STARMINER_RUN_"
FILE_VARIABLE = "STARMINER_CONFIG"
FILE_FLAG, SOURCES_FLAG = "--config", "--sources"

NO_SETTINGS = (FILE_FLAG, SOURCES_FLAG, "--output", "--verbose")
"""Flags that a file cannot say: they are of a command, and not of a node."""

FLAG = "flag"
SEPARATOR = "\n"


def layered(app: App, commands: tuple[str, ...], arguments: ArgumentCollection) -> None:
    """Add to the words of a command what the environment and a file say.

    The argument `--sources`, which no help shows, hears where each setting comes from.
    """
    if tuple(commands) not in LAYERED:
        return
    named = {one.name: one for one in arguments}
    words = [token.value for token in named[FILE_FLAG].tokens]
    file = words[-1] if words else os.environ.get(FILE_VARIABLE)
    Env(PREFIX, command=False)(app, commands, arguments)
    if file is not None:
        add_file(Path(file).expanduser(), named)
    told = [f"{one.name} {place_of(one.tokens[-1])}" for one in arguments if one.tokens]
    token = Token(keyword=SOURCES_FLAG, value=SEPARATOR.join(told), source="layers")
    named[SOURCES_FLAG].append(token)


def add_file(path: Path, named: dict[str, Argument]) -> None:
    """Add what a file says of the flags that nobody has said anything of yet.

    Raises: UsageError, naming the file and what is wrong with it.
    """
    for key, value in settings_in(path).items():
        flag = f"--{key.replace('_', '-')}"
        if flag not in named or flag in NO_SETTINGS:
            raise UsageError(f"{path}: there is no setting {key!r}: see `starminer config init`")
        if isinstance(value, dict):
            raise UsageError(f"{path}: wanted a value for {key}, got a table")
        if isinstance(value, list) != (get_origin(named[flag].hint) is tuple):
            wanted = "one value" if isinstance(value, list) else "a list, as [...],"
            raise UsageError(f"{path}: wanted {wanted} for {key}, got {value}")
        if named[flag].tokens:
            continue
        items = value if isinstance(value, list) else [value]
        if not items:
            named[flag].append(Token(keyword=flag, source=str(path), implicit_value=()))
        for index, item in enumerate(items):
            text = str(item).lower() if isinstance(item, bool) else str(item)
            said = Token(keyword=flag, value=text, source=str(path), index=index)
            named[flag].append(said)


def settings_in(path: Path) -> dict[str, object]:
    """Return what a TOML file says.

    Raises: UsageError.
    """
    # Imported here: most commands read no file.
    import tomllib

    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        advice = "`starminer config init` makes one"
        raise UsageError(f"{FILE_FLAG}: there is no file {path}: {advice}") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path}: {error}") from error


def place_of(token: Token) -> str:
    """Return where a setting was said: `flag`, a variable, or the path of a file."""
    if token.source == "cli":
        return FLAG
    return str(token.keyword) if token.source == "env" else token.source


def sources_in(text: str) -> dict[str, str]:
    """Return where each flag was said, from what `--sources` heard."""
    return dict(line.split(" ", 1) for line in text.split(SEPARATOR) if line)
