"""A chain in memory with a provider on it, and the node's end of its worker."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cli.provider.settings import Settings, text_of
from cli.sdk.client import Client
from cli.sdk.transactions import Receipt, prepare, receipt_of, send
from cli.sdk.transport import RpcRefusal
from runtime.primitives.crypto import Pair
from tests.cli.chain_rpc import ChainRpc, client_of
from tests.support.chain import MemoryChain, pair

OWNER, OTHER, CLIENT = pair(2), pair(3), pair(4)


class ProviderRpc(ChainRpc):
    """A provider's node; without a worker it has no such methods."""

    def __init__(self, *, has_worker: bool = True) -> None:
        super().__init__(MemoryChain())
        self.has_worker, self.mode, self.fault = has_worker, "working", ""
        self.account = OWNER.account

    def provider_setMode(self, mode: str) -> str:  # noqa: N802
        self._require_worker("provider_setMode")
        self.mode = mode
        return mode

    def provider_status(self) -> dict[str, Any]:
        self._require_worker("provider_status")
        return {
            "account": client_of(self).address(self.account),
            "mode": self.mode,
            "fault": self.fault,
            "isWithdrawn": False,
            "device": "numpy",
            "gpuOff": "the numpy device was asked for",
            "memoryBytes": 2 << 30,
            "slots": 1,
            "running": [{"kind": "matmul", "seconds": 1.5}],
            "openSegments": 1,
            "finalBlock": 3,
        }

    def _require_worker(self, method: str) -> None:
        if not self.has_worker:
            raise RpcRefusal(method, -32601, "Method not found", None)


def settings_for(key: Pair, base_path: Path = Path("nowhere")) -> Settings:
    """Settings whose key is this one."""
    return Settings("dev", str(base_path), "0x" + key.public.hex())


def written(settings: Settings, directory: Path) -> Path:
    """Write settings as `init` does."""
    file = directory / "provider.toml"
    file.write_text(text_of(settings))
    return file


async def included(rpc: ChainRpc, client: Client, call: bytes, signer: Pair) -> Receipt:
    """Send a call and put it into a block."""
    prepared = await prepare(client, call, signer)
    await send(client, prepared)
    return await receipt_of(client, prepared.raw, rpc.seal())
