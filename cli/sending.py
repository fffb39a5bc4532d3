"""How commands that make one call of the chain have it signed and sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter

from cli.accounts import account_of
from cli.errors import UsageError
from cli.options import Remote, Signing
from cli.sdk.client import Client
from cli.sdk.names import find_call
from cli.sdk.session import ask
from cli.sdk.transactions import Wait
from cli.tx import Order, carry_out, readable, signing_pair
from genesis.notation import BadNotation, parse_amount
from runtime.primitives.extrinsic import Id
from runtime.primitives.types import Balance


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Sending(Signing):
    """Who signs a call, and how it is sent."""

    wait: Wait = "included"
    """Return when it is handed in, in a block, or in a final block."""

    dry_run: Annotated[bool, Parameter(negative="")] = False
    """Show the call, its fee and how it would end, and send nothing."""


USUAL = Sending()
LEDGERS = {"AGPU": "balances", "AMAX": "amax"}
"""What moves each token."""


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


def pay(order: Order, remote: Remote, receiver: str, amount: tuple[str, Balance]) -> None:
    """Send what `ledger_of` read; the account that pays keeps what an account must have."""
    ledger, planck = amount

    async def send_it(client: Client) -> None:
        dest = Id(account_of(client, receiver))
        await make(client, order, remote, f"{ledger}.transfer_keep_alive", dest, planck)

    ask(remote, send_it)


def ledger_of(amount: str) -> tuple[str, Balance]:
    """Return the pallet of the token that an amount names, and the amount in planck.

    Raises: UsageError.
    """
    for symbol, ledger in LEDGERS.items():
        try:
            return ledger, parse_amount(amount, symbol)
        except BadNotation:
            continue
    raise UsageError(f"amount: wanted one with its unit, such as 100AGPU or 5AMAX, got {amount!r}")


def amax(text: str) -> int:
    """Read an amount of AMAX.

    Raises: UsageError.
    """
    try:
        return parse_amount(text, "AMAX")
    except BadNotation as error:
        raise UsageError(f"amount: {error}") from error
