"""`starminer rpc`: call any method of a node."""

from __future__ import annotations

import msgspec

from cli.options import Remote
from cli.printing import jsonable
from cli.sdk.session import ask

LOCAL = Remote()


def call(method: str, /, *params: str, remote: Remote = LOCAL) -> None:
    """Call an RPC method and print its result as JSON.

    Parameters
    ----------
    method
        Such as system_health; rpc_methods lists them all.
    params
        Each is JSON, or text where it is not.
    """
    values = [parameter(text) for text in params]
    result = ask(remote, lambda client: client.rpc.call(method, *values))
    encoded = msgspec.json.encode(jsonable(result))
    print((encoded if remote.output == "jsonl" else msgspec.json.format(encoded)).decode())


def parameter(text: str) -> object:
    """Read a parameter: JSON, or itself."""
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text
