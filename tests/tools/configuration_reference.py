"""Writes docs/reference/configuration.md from the configuration of a node and from the commands.

Run it: `python -m tests.tools.configuration_reference`.
"""

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import get_type_hints

from cyclopts import App

from cli.main import COMMANDS, build_app
from node.config import NodeConfig
from runtime.frame.metadata.literals import attribute_docs

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "configuration.md"

INTRODUCTION = """\
# Configuration

Generated from the code by `python -m tests.tools.configuration_reference`; a test compares.

A node is told what it is on its command line: `starminer run`, and `starminer provider start`, which adds the settings of `provider.toml`.
What `starminer run` is not told there it takes from the environment (`STARMINER_RUN_RPC_PORT` for `--rpc-port`), then from the TOML file
that `--config` or `STARMINER_CONFIG` names. `starminer config init node.toml` writes one with every setting, commented out;
`starminer config show` takes the same flags and says what a node would run with and where each value comes from.
No secret is among the settings. What cannot go together is refused at the start, each reason in a sentence. Switches that default to
yes are turned off by `--no-…`.

What the chain itself is (its genesis, block times, bootnodes) is in its spec: `starminer chain spec show NAME`.
"""  # noqa: E501

VARIABLES = {
    "STARMINER_PASSWORD": (
        "the password of the keystore or of an account file, where no `--password-file`, "
        "`--password-fd` or `--password-env` names another place"
    ),
    "STARMINER_VENV": "where `./run` makes its environment: `.venv` of the checkout",
    "PYTHON": "the interpreter that `./run` tries first",
}
"""Variables that are no option of a command."""

NO_VALUES: dict[object, str] = {None: "not given", (): "none", True: "yes", False: "no"}


def page() -> str:
    """Return the whole page."""
    lines = [INTRODUCTION, "## Options of a node", "", "| option | value | default | meaning |"]
    lines += ["|---|---|---|---|", *options()]
    lines += ["", "## Environment", "", "| variable | serves as |", "|---|---|", *variables()]
    return "\n".join(lines) + "\n"


def options() -> Iterator[str]:
    """Yield a row for each field of the configuration."""
    kinds = get_type_hints(NodeConfig)
    known = {name for one in arguments_of("run") for name in one.names}
    for field in fields(NodeConfig):
        flag = "--" + field.name.replace("_", "-")
        assert flag in known, f"wanted an option {flag} of `starminer run`"
        meaning = " ".join(attribute_docs(NodeConfig, field.name))
        yield f"| `{flag}` | {words(kinds[field.name])} | {default(field.default)} | {meaning} |"


def variables() -> Iterator[str]:
    """Yield a row for each variable of the environment that some command reads."""
    found: dict[str, set[str]] = {}
    for path in COMMANDS:
        for one in arguments_of(path):
            for variable in one.parameter.env_var or ():
                found.setdefault(variable, set()).add(f"`{one.name}`")
    for variable, names in sorted(found.items()):
        yield f"| `{variable}` | {', '.join(sorted(names))} of every command that has it |"
    yield from (f"| `{name}` | {text} |" for name, text in VARIABLES.items())


def arguments_of(path: str) -> list:
    """Return the arguments of a command."""
    command: App = build_app()
    for word in path.split():
        command = command[word]
    return list(command.assemble_argument_collection())


def words(kind: object) -> str:
    """Name a type as who types the value sees it."""
    text = str(kind).removeprefix("<class '").removesuffix("'>").replace("typing.", "")
    several = text.startswith("tuple")
    for old, new in (
        ("Union[", ""), ("tuple[", ""), (", ...]", ""), ("Literal[", ""), ("]", ""), ("'", ""),
        (" | None", ""), (", NoneType", ""), ("pathlib.", ""), ("Path", "path"), ("bool", "switch"),
        ("int", "number"), ("str", "text"), (", ", " or "),
    ):  # fmt: skip
        text = text.replace(old, new)
    return f"{text}, several times" if several else text


def default(value: object) -> str:
    """Return a default value in words."""
    if isinstance(value, bool) or value is None or value == ():
        return NO_VALUES[value]
    if isinstance(value, tuple):
        return ", ".join(f"`{one}`" for one in value)
    return f"`{value}`"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
