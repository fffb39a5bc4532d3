"""`starminer devnet faucet`: AGPU or AMAX for an account of a devnet, from its first dev key."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from cli.devnet.plan import STATE, load_plan
from cli.options import Output, Remote
from cli.sending import Sending, ledger_of, order_of, pay

GIVER = "//Alice"
"""A public key that every devnet endows; it is worth nothing anywhere else."""
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
    given = ledger_of(amount)
    node = load_plan(state.absolute()).nodes[0]
    remote = Remote(rpc=node.url, output=output.output, verbose=output.verbose)
    pay(order_of(Sending(signer=GIVER)), remote, who, given)
