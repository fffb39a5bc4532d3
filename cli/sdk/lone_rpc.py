"""The node's RPC over a chain in this process: the same server and methods, and no peers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio

from cli.sdk.lone_chain import Blocks, LoneChain, lone_chain
from cli.sdk.lone_provider import LoneProvider
from genesis.spec import ChainSpec
from node.backend.finality import GrandpaFinality
from node.backend.ledger import StateLedger
from node.backend.receipts import ReceiptDoor
from node.backend.runtime import StateRuntime
from node.backend.work import StateWork
from node.pool.rpc_adapter import RpcPool
from node.rpc.api import Backend, RpcConfig, RpcService
from node.rpc.backend import ExtrinsicStatus, Health, Identity, PeerView, SyncState
from node.rpc.observer import Outcome, Protocol
from node.rpc.server import Started
from node.software import NAME, VERSION
from runtime.primitives.hashing import blake2_256
from runtime.versions import VERSIONS, Versions


class NoPeers:
    """The network of a chain that has none."""

    def __init__(self, chain: LoneChain) -> None:
        self._chain = chain

    def health(self) -> Health:
        """Tell that the node is ready, alone as it is."""
        return Health(peers=0, is_syncing=False, should_have_peers=False)

    def peers(self) -> tuple[PeerView, ...]:
        """List nobody."""
        return ()

    def sync_state(self) -> SyncState:
        """Tell that nothing is missing."""
        number = self._chain.head.number
        return SyncState(0, number, number)

    def local_peer_id(self) -> str:
        """Return what stands for an identity that nobody asks for."""
        return "in-process"

    def listen_addresses(self) -> tuple[str, ...]:
        """List no address."""
        return ()


class MemoryBlobs:
    """Payloads by the root of their bytes, and by the roots that the chain knows them by."""

    def __init__(self, held: dict[bytes, bytes]) -> None:
        self._held = held

    async def put(self, data: bytes) -> bytes:
        """Keep data and return its root."""
        root = blake2_256(data)
        self._held[root] = data
        return root

    def alias(self, chain_root: bytes, blob_root: bytes) -> None:
        """Remember under which root the chain knows a blob."""
        self._held[chain_root] = self._held[blob_root]

    async def read(self, root: bytes, offset: int, length: int) -> tuple[bytes, int] | None:
        """Return bytes from `offset` and the whole size, or None when it is not here."""
        data = self._held.get(root)
        return None if data is None else (data[offset : offset + length], len(data))


class HeardPool:
    """A pool that tells the chain of what it takes, so that a block can be made of it."""

    def __init__(self, pool: RpcPool, chain: LoneChain) -> None:
        self._pool, self._chain = pool, chain

    async def submit(self, extrinsic: bytes) -> None:
        """Take an extrinsic; raises SubmissionRefused."""
        await self._pool.submit(extrinsic)
        self._chain.heard_transaction()

    async def submit_and_watch(
        self, extrinsic: bytes
    ) -> trio.MemoryReceiveChannel[ExtrinsicStatus]:
        """Take an extrinsic and report its life; raises SubmissionRefused."""
        statuses = await self._pool.submit_and_watch(extrinsic)
        self._chain.heard_transaction()
        return statuses

    def pending(self) -> tuple[bytes, ...]:
        """List what is ready for the next block, in order."""
        return self._pool.pending()

    def next_nonce(self, account: bytes) -> int:
        """Return the account's nonce on the best block, past its ready extrinsics."""
        return self._pool.next_nonce(account)


class Bugs:
    """Hears what the server does; keeps what no client can be blamed for."""

    def __init__(self) -> None:
        self.found: list[Exception] = []

    def call_started(self, protocol: Protocol, method: str) -> None:
        """Hear that a call began."""

    def call_finished(self, protocol: Protocol, method: str, outcome: Outcome) -> None:
        """Hear that a call ended."""

    def session_opened(self, protocol: Protocol) -> None:
        """Hear that a client connected."""

    def session_closed(self, protocol: Protocol, reason: str, seconds: float) -> None:
        """Hear that a client left."""

    def bug(self, where: str, error: Exception) -> None:  # noqa: ARG002
        """Hear of a fault of the node: the client got an internal error."""
        self.found.append(error)


class LoneNode:
    """A chain and its RPC. Invariant: the port stays the same, also while nothing listens on it."""

    def __init__(self, chain: LoneChain, nursery: trio.Nursery) -> None:
        self.chain, self.port = chain, 0
        self._nursery, self._bugs = nursery, Bugs()
        self._service: trio.CancelScope | None = None
        self._stopped = trio.Event()
        contents: dict[bytes, bytes] = {}
        self._backend = backend(chain, contents)
        self.provider = LoneProvider(chain, contents)

    async def start(self) -> None:
        """Serve RPC, on the port of before if it was served already."""
        assert self._service is None, "it is served once at a time"
        config = RpcConfig(port=self.port, serves_explorer=False)
        service = RpcService(self._backend, config, self._bugs, lambda: b"")
        self.port = await self._nursery.start(self._serve, service)

    async def stop(self) -> None:
        """Close all connections and the port, as when a node goes down; the chain stays."""
        assert self._service is not None, "what stops has started"
        self._service.cancel()
        await self._stopped.wait()

    def check(self) -> None:
        """Raise the first fault that clients met."""
        if self._bugs.found:
            raise self._bugs.found[0]

    async def _serve(
        self, service: RpcService, task_status: Started = trio.TASK_STATUS_IGNORED
    ) -> None:
        self._stopped = trio.Event()
        with trio.CancelScope() as self._service:
            await service.run(task_status)
        self._service = None
        self._stopped.set()


def backend(chain: LoneChain, contents: dict[bytes, bytes]) -> Backend:
    """Return a chain in this process as the RPC sees it; payloads lie in `contents` by root."""
    ground = chain.ground
    executive, blocks = ground.executive, ground.chain.blocks

    def nonce(account: bytes) -> int:
        best = ground.chain.best
        state = ground.chain.state_at(best.hash)
        return executive.reader_at(state, best.number).system.nonce(account)

    async def to_nobody(payload: bytes) -> None:
        """Spread a receipt among no peers."""

    properties = chain.spec.properties
    return Backend(
        chain=ground.chain,
        forks=blocks,
        justifications=blocks,
        states=ground.chain,
        pins=ground.chain,
        nodes=ground.states,
        runtime=StateRuntime(ground.api, ground.chain),
        pool=HeardPool(RpcPool(ground.pool, nonce), chain),
        identity=Identity(
            chain=chain.spec.name,
            chain_type=chain.spec.chain_type,
            node_name=NAME,
            node_version=VERSION,
            properties={
                "ss58Format": properties.ss58_format,
                "tokenDecimals": properties.token_decimals,
                "tokenSymbol": properties.token_symbol,
            },
            roles=("Authority",),
        ),
        network=NoPeers(chain),
        finality=GrandpaFinality(ground.chain),
        ledger=StateLedger(executive, ground.chain),
        work=StateWork(executive, ground.chain),
        ss58_prefix=executive.config.ss58_prefix,
        is_archive=blocks.keeper.keeps_all,
        blobs=MemoryBlobs(contents),
        receipts=ReceiptDoor(ground.receipts, ground.chain, to_nobody),
    )


@asynccontextmanager
async def lone_node(
    spec: ChainSpec,
    blocks: Blocks,
    versions: Versions = VERSIONS,
    *,
    provides: bool = False,
) -> AsyncIterator[LoneNode]:
    """Run a chain and serve its RPC on a free loopback port, for the length of the block.

    With `provides` a provider of the chain does jobs as they come.

    Raises: BadSpec; at the end the first fault of the node that clients met.
    """
    async with lone_chain(spec, blocks, versions) as made, trio.open_nursery() as nursery:
        node = LoneNode(made, nursery)
        await node.start()
        if provides:
            nursery.start_soon(node.provider.run)
        yield node
        nursery.cancel_scope.cancel()
    node.check()
