"""Options that commands share: how to print, and which node to ask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from cyclopts import Parameter

Format = Literal["table", "json", "jsonl"]

DEFAULT_URL = "ws://127.0.0.1:9944"


Verbose = Annotated[int, Parameter(name=["--verbose", "-v"], count=True)]
"""Read by `cli.main` where a command fails."""


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Verbosity:
    """How much is said by a command that prints no data, or has a format of its own."""

    verbose: Verbose = 0
    """Say more on standard error; -vv shows tracebacks."""


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Output:
    """How a command prints."""

    output: Annotated[Format, Parameter(name=["--output", "-o"])] = "table"
    """Data on standard output, as a table, as JSON, or as one JSON value a line."""

    verbose: Verbose = 0
    """Say more on standard error; -vv shows tracebacks."""


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Remote(Output):
    """Which node a command asks."""

    rpc: Annotated[str, Parameter(name="--rpc", env_var="STARMINER_RPC")] = DEFAULT_URL
    """The node: a URL of ws:// or http://."""

    timeout: Annotated[float, Parameter(name="--timeout")] = 600.0
    """Seconds to wait for what was asked, at most."""


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Signing:
    """Whose key signs."""

    signer: Annotated[str | None, Parameter(env_var="STARMINER_SIGNER")] = None
    """A development name such as //Alice, or ed25519://Alice for another scheme."""

    signer_file: str | None = None
    """A file with the secret: a name, 0x and a seed in hex, a phrase, or an account file of
    polkadot-js, whose password then stands in STARMINER_PASSWORD."""
