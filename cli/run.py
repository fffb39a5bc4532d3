"""`starminer run`: turn the flags into a configuration and run the node."""

from __future__ import annotations

import traceback
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Annotated

import trio
from cyclopts import Parameter

from cli.errors import CommandError, UsageError
from cli.layers import FILE_FLAG, FILE_VARIABLE, SOURCES_FLAG
from cli.options import Verbosity
from cli.sync_bar import sync_bar
from genesis.spec import BadSpec
from node.config import DEV_KEYS, BadConfig, NodeConfig

DEFAULTS, QUIET = NodeConfig(), Verbosity()
SHORT = Parameter(name="*")
KEY = Parameter(negative="", group="Development keys")
FILE = Parameter(name=FILE_FLAG, env_var=FILE_VARIABLE)
HIDDEN = Parameter(name=SOURCES_FLAG, show=False)
"""Filled in by `cli.layers` alone."""


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Shorthands:
    """Flags that stand for others."""

    dev: Annotated[bool, Parameter(negative="")] = False
    """A chain of one validator on this machine: --chain dev --validator --provider --alice."""

    alice: Annotated[bool, KEY] = False
    """Shorthand for --dev-key; the key is public."""
    bob: Annotated[bool, KEY] = False
    """Shorthand for --dev-key; the key is public."""
    charlie: Annotated[bool, KEY] = False
    """Shorthand for --dev-key; the key is public."""
    dave: Annotated[bool, KEY] = False
    """Shorthand for --dev-key; the key is public."""
    eve: Annotated[bool, KEY] = False
    """Shorthand for --dev-key; the key is public."""
    ferdie: Annotated[bool, KEY] = False
    """Shorthand for --dev-key; the key is public."""

    level: Annotated[tuple[str, ...], Parameter(name="-l")] = ()
    """Short for --log."""

    def apply(self, config: NodeConfig) -> NodeConfig:
        """Return the configuration that is meant.

        Raises: UsageError.
        """
        chosen = [name for name in DEV_KEYS if getattr(self, name.lower())]
        if len(chosen) > 1:
            raise UsageError(f"wanted one development key, got {' and '.join(chosen)}")
        if chosen:
            config = replace(config, dev_key=chosen[0])
        if self.dev:
            key = config.dev_key or "Alice"
            config = replace(config, chain="dev", validator=True, provider=True, dev_key=key)
        return replace(config, log=(*config.log, *self.level))


IN_FULL = Shorthands()


def run(
    *,
    config: Annotated[NodeConfig, SHORT] = DEFAULTS,
    short: Shorthands = IN_FULL,
    file: Annotated[Path | None, FILE] = None,  # noqa: ARG001 (read by cli.layers)
    sources: Annotated[str, HIDDEN] = "",  # noqa: ARG001 (written by cli.layers)
    verbosity: Verbosity = QUIET,  # noqa: ARG001 (read by cli.main)
) -> None:
    """Run a node: full node, validator or provider.

    What no flag says is taken from the environment, as STARMINER_RUN_RPC_PORT for --rpc-port, then
    from the file; `starminer config show` says what comes from where.

    Parameters
    ----------
    file
        A TOML file of settings, as `starminer config init` writes.
    """
    start(short.apply(config))


def start(config: NodeConfig) -> None:
    """Check the configuration, then run the node until it is told to stop.

    Raises: UsageError for flags that cannot be; CommandError for what the machine refuses.
    """
    try:
        checked = config.check()
    except BadConfig as error:
        raise UsageError(str(error)) from error
    from node.refusals import refusal_in
    from node.service import run_node

    try:
        with sync_bar(checked.log_format) as screen:
            trio.run(partial(run_node, checked, screen=screen))
    except Exception as error:
        # The top of the process: a refusal ends in a sentence, a bug leaves its traceback
        # in the log of the service.
        refusal = refusal_in(error)
        if isinstance(error, BadSpec):
            raise UsageError(str(error)) from error
        if refusal is None and not isinstance(error, OSError):
            traceback.print_exc()
            raise CommandError(f"the node ended by a bug, shown above: {error!r}") from error
        raise CommandError(f"the node could not run: {refusal or error}") from error
