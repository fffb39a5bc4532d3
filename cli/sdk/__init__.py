"""The chain for Python programs: typed verbs, exact amounts, connections that come back.

    from cli.sdk import Balance, Keypair, connect

    with connect("ws://127.0.0.1:9944") as client:
        alice = Keypair.from_uri("//Alice")
        client.balances.transfer(alice, "//Bob", Balance.parse("1.5AGPU"), wait="finalized")

It shares its types with the runtime (docs/adr/0003), and knows no libp2p. Names are loaded when
they are asked for: a command that only connects does not pay for the rest.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cli.errors import CommandError as SdkError
    from cli.errors import NodeUnreachable
    from cli.sdk.balance import Balance, Token, agpu, amax
    from cli.sdk.chain import AsyncClient, SyncClient, connect, connect_async
    from cli.sdk.client import SdkOlderThanChain
    from cli.sdk.failures import DispatchError
    from cli.sdk.keypair import Keypair
    from cli.sdk.reconnecting import AnotherChain
    from cli.sdk.testing import Devnet, devnet
    from cli.sdk.transactions import Receipt, Signer, TransactionLost
    from cli.sdk.transport import RpcRefusal
    from cli.sdk.typed import entry

__all__ = [
    "connect",
    "connect_async",
    "SyncClient",
    "AsyncClient",
    "Balance",
    "Token",
    "agpu",
    "amax",
    "Keypair",
    "Signer",
    "Receipt",
    "entry",
    "devnet",
    "Devnet",
    "SdkError",
    "DispatchError",
    "TransactionLost",
    "RpcRefusal",
    "NodeUnreachable",
    "AnotherChain",
    "SdkOlderThanChain",
]

PLACES = {
    "connect": "cli.sdk.chain",
    "connect_async": "cli.sdk.chain",
    "SyncClient": "cli.sdk.chain",
    "AsyncClient": "cli.sdk.chain",
    "Balance": "cli.sdk.balance",
    "Token": "cli.sdk.balance",
    "agpu": "cli.sdk.balance",
    "amax": "cli.sdk.balance",
    "Keypair": "cli.sdk.keypair",
    "Signer": "cli.sdk.transactions",
    "Receipt": "cli.sdk.transactions",
    "entry": "cli.sdk.typed",
    "devnet": "cli.sdk.testing",
    "Devnet": "cli.sdk.testing",
    "DispatchError": "cli.sdk.failures",
    "TransactionLost": "cli.sdk.transactions",
    "RpcRefusal": "cli.sdk.transport",
    "NodeUnreachable": "cli.errors",
    "AnotherChain": "cli.sdk.reconnecting",
    "SdkOlderThanChain": "cli.sdk.client",
}
"""The module of each name; a test compares it with what the type checker sees."""


def __getattr__(name: str) -> Any:
    if name == "SdkError":
        return import_module("cli.errors").CommandError
    if name not in PLACES:
        raise AttributeError(f"cli.sdk has no {name!r}: wanted one of {', '.join(__all__)}")
    return getattr(import_module(PLACES[name]), name)
