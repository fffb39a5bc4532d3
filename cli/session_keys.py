"""`starminer key rotate-session`: a node makes session keys, its validator's account sets them."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from cli.options import Remote, Signing
from cli.printing import progress
from cli.sdk.client import Client, enhex, unhex
from cli.sdk.names import find_call
from cli.sdk.session import ask
from cli.sdk.transactions import Wait
from cli.tx import Order, Readable, carry_out, readable, signing_pair
from runtime.pallets.session import SessionKeys
from runtime.primitives.crypto import Pair
from runtime.primitives.scale import decode

LOCAL = Remote()
NOBODY = Signing()


def rotate_session(
    *,
    signing: Signing = NOBODY,
    wait: Wait = "included",
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    remote: Remote = LOCAL,
) -> None:
    """Make new session keys in the node, and set them for the validator's account.

    The node answers this to its own machine only (--rpc-methods). It keeps the old keys, which act
    until the session after the next; the new ones are known one session before they do.

    Parameters
    ----------
    wait
        Return when it is handed in, in a block, or in a final block.
    dry_run
        Show the call and its fee, and send nothing; the node keeps the keys that it made.
    """
    pair = signing_pair(signing)

    async def rotate(client: Client) -> None:
        call = await new_keys(client, pair)
        progress("the node made new session keys")
        await carry_out(client, call, Order(pair, wait, dry_run), remote.output)

    ask(remote, rotate)


async def new_keys(client: Client, owner: Pair) -> Readable:
    """Have the node make session keys; return the call with which `owner` sets them."""
    made = await client.rpc.call("author_rotateKeysWithOwner", enhex(owner.account))
    keys = decode(unhex(made["keys"]), SessionKeys)
    entry = find_call(client.pallets, client.calls, "session.set_keys")
    return readable(client, entry, keys, unhex(made["proof"]))
