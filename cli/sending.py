"""How commands that make one call of the chain have it signed and sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter

from cli.errors import UsageError
from cli.options import Remote, Signing
from cli.sdk.client import Client
from cli.sdk.names import find_call
from cli.sdk.session import ask
from cli.sdk.transactions import Wait
from cli.tx import Order, carry_out, readable, signing_pair
from genesis.notation import BadNotation, parse_amount


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Sending(Signing):
    """Who signs a call, and how it is sent."""

    wait: Wait = "included"
    """Return when it is handed in, in a block, or in a final block."""

    dry_run: Annotated[bool, Parameter(negative="")] = False
    """Show the call and its fee, and send nothing."""


USUAL = Sending()


def send(sending: Sending, remote: Remote, path: str, *values: object) -> None:
    """Sign and send a call with these arguments."""
    order = order_of(sending)

    async def send_it(client: Client) -> None:
        await make(client, order, remote, path, *values)

    ask(remote, send_it)


async def make(client: Client, order: Order, remote: Remote, path: str, *values: object) -> None:
    """Have a call made with these arguments."""
    entry = find_call(client.pallets, client.calls, path)
    await carry_out(client, readable(client, entry, *values), order, remote.output)


def order_of(sending: Sending) -> Order:
    """Return how a call is to be sent.

    Raises: UsageError if nobody signs.
    """
    return Order(signing_pair(sending), sending.wait, sending.dry_run)


def amax(text: str) -> int:
    """Read an amount of AMAX.

    Raises: UsageError.
    """
    try:
        return parse_amount(text, "AMAX")
    except BadNotation as error:
        raise UsageError(f"amount: {error}") from error
