"""`starminer run`: turn the flags into a configuration and run the node."""

from __future__ import annotations

import traceback
from dataclasses import replace
from typing import Annotated

import trio
from cyclopts import Parameter

from cli.errors import CommandError, UsageError
from genesis.spec import BadSpec
from node.config import BadConfig, NodeConfig

DEFAULTS = NodeConfig()
SHORT = Parameter(name="*")


def run(
    *,
    config: Annotated[NodeConfig, SHORT] = DEFAULTS,
    dev: Annotated[bool, Parameter(negative="")] = False,
    alice: Annotated[bool, Parameter(negative="", group="Development keys")] = False,
    bob: Annotated[bool, Parameter(negative="", group="Development keys")] = False,
    charlie: Annotated[bool, Parameter(negative="", group="Development keys")] = False,
    dave: Annotated[bool, Parameter(negative="", group="Development keys")] = False,
    eve: Annotated[bool, Parameter(negative="", group="Development keys")] = False,
    ferdie: Annotated[bool, Parameter(negative="", group="Development keys")] = False,
    level: Annotated[tuple[str, ...], Parameter(name="-l")] = (),
) -> None:
    """Run a node: full node, validator or provider.

    Parameters
    ----------
    dev
        A chain of one validator on this machine: --chain dev --validator --provider --alice.
    alice, bob, charlie, dave, eve, ferdie
        Shorthand for --dev-key; the key is public.
    level
        Short for --log.
    """
    flags = {"Alice": alice, "Bob": bob, "Charlie": charlie}
    flags |= {"Dave": dave, "Eve": eve, "Ferdie": ferdie}
    chosen = [name for name, given in flags.items() if given]
    if len(chosen) > 1:
        raise UsageError(f"wanted one development key, got {' and '.join(chosen)}")
    if chosen:
        config = replace(config, dev_key=chosen[0])
    if dev:
        config = replace(
            config, chain="dev", validator=True, provider=True, dev_key=config.dev_key or "Alice"
        )
    start(replace(config, log=(*config.log, *level)))


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
        trio.run(run_node, checked)
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
