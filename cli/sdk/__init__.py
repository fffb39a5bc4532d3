"""A thin client of the chain: the runtime's own types over JSON-RPC, on trio.

    async with open_client("ws://127.0.0.1:9944") as client:
        account = await client.account(alice)

It shares its types with the runtime (docs/adr/0003) and knows neither libp2p nor the node.
"""

from cli.sdk.client import Client, open_client
from cli.sdk.session import SyncClient, sync_client

__all__ = ["Client", "SyncClient", "open_client", "sync_client"]
