"""A validator's node without a node: a chain in memory whose eras are four blocks, and its keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from cli.sdk.client import Client, enhex, unhex
from cli.sdk.names import find_call
from cli.sdk.staking import now
from cli.sdk.transactions import prepare, receipt_of, send
from cli.sdk.transport import RpcRefusal
from cli.tx import readable
from cli.validator import setup, stake, status
from cli.validator.setup import Terms, plan_for
from node.keystore.keystore import Keystore
from node.keystore.rpc_adapter import RpcKeystore
from runtime.primitives.block import DigestItem
from runtime.primitives.crypto import Pair
from runtime.primitives.scale import encode
from runtime.primitives.types import UNIT
from tests.cli.chain_rpc import ChainRpc, client_of
from tests.support.chain import CHAIN, MemoryChain, pair

AUTHOR, SECOND, NEWCOMER, POOR = (pair(number) for number in range(1, 5))
BOND = 1_000 * UNIT
FAST = replace(CHAIN, epoch_slots=4, era_blocks=4)


class NodeRpc(ChainRpc):
    """A node with a keystore, over a chain whose eras are four blocks."""

    def __init__(self) -> None:
        super().__init__(MemoryChain(chain=FAST, validators=2, endowment=5_000 * UNIT))
        self.keystore = Keystore()
        self._keys = RpcKeystore(self.keystore)
        self.roles, self.is_syncing, self.is_safe = ["Authority"], False, False

    def system_nodeRoles(self) -> list[str]:  # noqa: N802
        return self.roles

    def system_health(self) -> dict[str, Any]:
        return {"peers": 2, "isSyncing": self.is_syncing, "shouldHavePeers": True}

    def chain_getHeader(self, block_hash: str) -> dict[str, Any]:  # noqa: N802
        digest = self.blocks[unhex(block_hash)].header.digest
        logs = [enhex(encode(item, DigestItem)) for item in digest]
        return super().chain_getHeader(block_hash) | {"digest": {"logs": logs}}

    def author_rotateKeysWithOwner(self, owner: str) -> dict[str, str]:  # noqa: N802
        self._refuse_if_safe("author_rotateKeysWithOwner")
        keys = self._keys.rotate_keys()
        return {"keys": enhex(keys), "proof": enhex(self._keys.prove_keys(keys, unhex(owner)))}

    def author_hasKey(self, key: str, kind: str) -> bool:  # noqa: N802
        self._refuse_if_safe("author_hasKey")
        return self._keys.has_key(unhex(key), kind)

    def _refuse_if_safe(self, method: str) -> None:
        if self.is_safe:
            raise RpcRefusal(method, setup.NO_METHOD, "Method not found", None)


class World:
    """A chain in memory, and a client of a validator's node."""

    def __init__(self) -> None:
        self.rpc = NodeRpc()
        self.client: Client = client_of(self.rpc)

    async def make(self, by: Pair, path: str, *values: object) -> None:
        """Send a call in a block of its own; it must be accepted."""
        entry = find_call(self.client.pallets, self.client.calls, path)
        await self.send(by, readable(self.client, entry, *values).encoded)

    async def send(self, by: Pair, call: bytes) -> None:
        prepared = await prepare(self.client, call, by)
        await send(self.client, prepared)
        receipt = await receipt_of(self.client, prepared.raw, self.rpc.seal())
        assert receipt.failure is None, receipt.failure

    async def plan(self, who: Pair, terms: Terms = Terms()) -> setup.Plan:  # noqa: B008
        parts = setup.commission_of(terms.commission)
        return await plan_for(self.client, who.account, terms, parts, await self.at())

    async def set_up(self, who: Pair, terms: Terms = Terms()) -> None:  # noqa: B008
        """Do what the plan says, as `carry_on` does it."""
        plan = await self.plan(who, terms)
        calls = [*plan.bonding]
        if plan.needs_keys:
            calls.append(await setup.keys_call(self.client, who.account))
        calls += plan.standing
        batch = stake.call_of(self.client, "utility.batch_all", tuple(calls))
        await self.send(who, batch.encode())

    async def at(self) -> bytes:
        return await self.client.block_hash()

    async def shown(self, who: Pair) -> dict[str, object]:
        at = await self.at()
        return await status.standing(self.client, who.account, await now(self.client, at), at)

    def pass_blocks(self, count: int) -> None:
        for _ in range(count):
            self.rpc.seal()

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Seal blocks until something is so."""
        for _ in range(40):
            if is_so():
                return
            self.rpc.seal()
        raise AssertionError("it did not come within 40 blocks")

    def validates(self, who: Pair) -> bool:
        return who.account in self.rpc.chain.runtime().session.validators


def rows(value: object) -> list[dict[str, Any]]:
    """Return a list of records as what it is."""
    assert isinstance(value, list)
    return value
