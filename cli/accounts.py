"""The accounts that arguments of commands name."""

from __future__ import annotations

from cli.errors import UsageError
from cli.sdk.client import Client
from genesis.notation import BadNotation, parse_account


def account_of(client: Client, who: str) -> bytes:
    """Read an account of a client's chain: an address, a public key in hex or a development name.

    Raises: UsageError.
    """
    try:
        return parse_account(who, client.config.ss58_prefix)
    except BadNotation as error:
        raise UsageError(f"account: {error}") from error
