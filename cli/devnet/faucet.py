"""`starminer devnet faucet`: AGPU or AMAX for an account of a devnet, from its first dev key."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from cli.accounts import account_of
from cli.devnet.plan import STATE, load_plan
from cli.errors import UsageError
from cli.options import Output, Remote
from cli.sdk.client import Client
from cli.sdk.session import ask
from cli.sending import Sending, make, order_of
from genesis.notation import BadNotation, parse_amount
from runtime.primitives.extrinsic import Id
from runtime.primitives.types import Balance

GIVER = "//Alice"
"""A public key that every devnet endows; it is worth nothing anywhere else."""
LEDGERS = {"AGPU": "balances", "AMAX": "amax"}
PLAIN = Output()


def faucet(
    who: str,
    amount: str,
    /,
    *,
    state: Annotated[Path, Parameter("--state")] = STATE,
    output: Output = PLAIN,
) -> None:
    """Give an account of a running devnet some AGPU or AMAX, out of //Alice's.

    Parameters
    ----------
    who
        An address or a development name.
    amount
        With its unit, such as 100AGPU or 5AMAX.
    state
        The directory of the devnet.
    """
    ledger, planck = ledger_of(amount)
    node = load_plan(state.absolute()).nodes[0]
    order = order_of(Sending(signer=GIVER))
    remote = Remote(rpc=node.url, output=output.output, verbose=output.verbose)

    async def send_it(client: Client) -> None:
        dest = Id(account_of(client, who))
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
