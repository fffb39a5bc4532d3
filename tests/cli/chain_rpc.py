"""A node without a node: the RPC methods that the client needs, over a chain in memory."""

from __future__ import annotations

from typing import Any

import msgspec

from cli.sdk.client import Client, enhex, unhex, without_length
from cli.sdk.transport import RpcRefusal
from node.rpc.addresses import Addresses
from node.rpc.providers import report_json
from runtime.config import CODE_KEY
from runtime.pallets.providers import reports
from runtime.primitives.block import Block
from runtime.primitives.compact import encode_compact
from runtime.primitives.extrinsic import decode_extrinsic
from runtime.primitives.ss58 import decode_ss58
from runtime.state.trie import Trie
from runtime.versions import chosen_by
from tests.support.chain import MemoryChain


class ChainRpc:
    """Answers from a chain in memory; what is submitted waits for `seal`."""

    def __init__(self, chain: MemoryChain) -> None:
        self.chain = chain
        self.pending: list[bytes] = []
        self.blocks: dict[bytes, Block] = {}
        self.states: dict[bytes, Trie] = {}
        self.hashes: list[bytes] = []
        self._keep(Block(chain.head, ()))

    async def call(self, method: str, *params: Any) -> Any:
        """Answer a call; a method that the stub lacks is refused as a node would."""
        answer = getattr(self, method, None)
        if answer is None:
            raise RpcRefusal(method, -32601, "Method not found", None)
        return answer(*params)

    def seal(self) -> bytes:
        """Put what is pending into a block and return its hash."""
        block, _ = self.chain.build(self.pending)
        self.chain.advance(*self.pending)
        self.pending = []
        return self._keep(block)

    def _keep(self, block: Block) -> bytes:
        key = block.header.hash
        self.blocks[key], self.states[key] = block, self.chain.state
        self.hashes.append(key)
        return key

    def chain_getBlockHash(self, number: int | None = None) -> str | None:  # noqa: N802
        if number is not None and number >= len(self.hashes):
            return None
        return enhex(self.hashes[-1 if number is None else number])

    def chain_getFinalizedHead(self) -> str:  # noqa: N802
        return enhex(self.hashes[-1])

    def chain_getHeader(self, block_hash: str) -> dict[str, Any]:  # noqa: N802
        header = self.blocks[unhex(block_hash)].header
        return {
            "number": hex(header.number),
            "parentHash": enhex(header.parent_hash),
            "stateRoot": enhex(header.state_root),
            "extrinsicsRoot": enhex(header.extrinsics_root),
            "digest": {"logs": []},
        }

    def chain_getBlock(self, block_hash: str) -> dict[str, Any] | None:  # noqa: N802
        block = self.blocks.get(unhex(block_hash))
        if block is None:
            return None
        raws = [enhex(encode_compact(len(raw)) + raw) for raw in block.extrinsics]
        return {"block": {"header": self.chain_getHeader(block_hash), "extrinsics": raws}}

    def state_getStorage(self, key: str, at: str | None = None) -> str | None:  # noqa: N802
        state = self.states[self.hashes[-1] if at is None else unhex(at)]
        value = state.get(unhex(key))
        return None if value is None else enhex(value)

    def system_accountNextIndex(self, address: str) -> int:  # noqa: N802
        account, _ = decode_ss58(address)
        nonce: int = self.chain.runtime().system.nonce(account)
        signatures = [decode_extrinsic(raw).signature for raw in self.pending]
        return nonce + sum(one is not None and one.signer == account for one in signatures)

    def system_health(self) -> dict[str, Any]:
        return {"peers": 2, "isSyncing": False, "shouldHavePeers": True}

    def payment_queryInfo(self, raw: str) -> dict[str, Any]:  # noqa: N802
        return {"partialFee": str(len(unhex(raw)))}

    def provider_report(self, address: str) -> dict[str, Any] | None:
        who, prefix = decode_ss58(address)
        found = reports.report(self.chain.runtime().providers, who)
        told = None if found is None else report_json(found, Addresses(prefix))
        answer: dict[str, Any] | None = msgspec.to_builtins(told)
        return answer

    def author_submitExtrinsic(self, raw: str) -> str:  # noqa: N802
        self.pending.append(without_length(unhex(raw)))
        return "0x" + "00" * 32


def client_of(rpc: ChainRpc) -> Client:
    """Return a client of the chain in memory."""
    config, version = chosen_by(rpc.chain.state.get(CODE_KEY))
    return Client(rpc, rpc.chain.genesis.hash, config, version)
