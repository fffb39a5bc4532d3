"""Puts the RPC together: which namespaces a node offers, and the services that feed them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import trio

from node.explorer.feed import HeadFeed
from node.explorer.pages import explorer_pages
from node.rpc.access import AccessPolicy
from node.rpc.addresses import Addresses
from node.rpc.amax import AmaxNamespace
from node.rpc.archive import ArchiveNamespace
from node.rpc.author import AuthorKeysNamespace, AuthorNamespace
from node.rpc.backend import (
    ChainView,
    Finality,
    Forks,
    Identity,
    Justifications,
    Keystore,
    Network,
    NodeReader,
    Pool,
    RuntimeCaller,
    StatePins,
    StateReader,
)
from node.rpc.blobs import BlobsNamespace, BlobUploadNamespace
from node.rpc.chain import ChainNamespace
from node.rpc.chain_head.namespace import ChainHeadNamespace
from node.rpc.chain_head.tracker import HeadTracker
from node.rpc.chain_head.work import BlockWork, States
from node.rpc.chain_spec import ChainSpecNamespace
from node.rpc.child_state import ChildStateNamespace
from node.rpc.connection import Service
from node.rpc.development import Isolation, IsolationNamespace, Miner, MinerNamespace
from node.rpc.dispatch import Dispatcher
from node.rpc.economy import EconomyNamespace
from node.rpc.grandpa import GrandpaNamespace
from node.rpc.heads import Heads
from node.rpc.introspection import RpcNamespace
from node.rpc.jobs import JobsNamespace
from node.rpc.limits import Limits
from node.rpc.liquidity import LiquidityNamespace
from node.rpc.market import MarketNamespace
from node.rpc.mining import MiningNamespace
from node.rpc.observer import Observer
from node.rpc.oracle import OracleNamespace
from node.rpc.pages import node_pages
from node.rpc.parameters import ParametersNamespace
from node.rpc.payment import PaymentNamespace
from node.rpc.pricing import PricingNamespace
from node.rpc.provider import ProviderNamespace
from node.rpc.providers import ProvidersNamespace
from node.rpc.receipts import ReceiptIntakeNamespace, ReceiptsNamespace
from node.rpc.registry import MethodPolicy, Registry
from node.rpc.runtime_api import TypedRuntime
from node.rpc.rwa import RwaNamespace
from node.rpc.server import DEFAULT_HOST, DEFAULT_PORT, RpcServer, Started
from node.rpc.starminer import StarminerNamespace
from node.rpc.state import StateNamespace, StateNews
from node.rpc.state_check import Checks, StateCheckNamespace
from node.rpc.system import AccountsNamespace, SystemNamespace
from node.rpc.transactions import BroadcastNamespace, TransactionWatchNamespace
from node.rpc.vaults import VaultNamespace
from node.rpc.views import Blobs, Ledger, ProviderDesk, ReceiptIntake, Work


@dataclass(frozen=True, slots=True)
class Backend:
    """The parts of a node that the RPC speaks for; None where this node has no such part."""

    chain: ChainView
    forks: Forks
    justifications: Justifications
    states: StateReader
    pins: StatePins
    nodes: NodeReader
    runtime: RuntimeCaller
    pool: Pool
    identity: Identity
    network: Network
    finality: Finality
    ledger: Ledger
    work: Work
    ss58_prefix: int
    is_archive: bool = True
    """Whether the states of all blocks are kept: archive_v1 is offered whole or not at all."""
    blobs: Blobs | None = None
    receipts: ReceiptIntake | None = None
    keystore: Keystore | None = None
    desk: ProviderDesk | None = None
    explorer: Explorer | None = None
    checks: Checks | None = None
    miner: Miner | None = None
    isolation: Isolation | None = None


class Explorer(Protocol):
    """What the explorer's pages need beyond the other methods, and the task that feeds it."""

    @property
    def namespaces(self) -> tuple[object, ...]:
        """Namespaces with its methods."""
        ...

    async def run(self) -> None:
        """Keep what the methods answer from up to date, until cancelled."""


@dataclass(frozen=True, slots=True)
class RpcConfig:
    """What the operator chooses."""

    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT
    methods: MethodPolicy = MethodPolicy.AUTO
    access: AccessPolicy = field(default_factory=AccessPolicy)
    limits: Limits = field(default_factory=Limits)
    serves_explorer: bool = True

    @property
    def is_exposed(self) -> bool:
        """Whether other machines can reach the port."""
        return self.host not in ("127.0.0.1", "::1", "localhost")


class RpcService:
    """The server, its methods and the feeds behind its subscriptions: one service of the node."""

    def __init__(
        self,
        backend: Backend,
        config: RpcConfig,
        observer: Observer,
        metrics: Callable[[], bytes],
    ) -> None:
        addresses = Addresses(backend.ss58_prefix)
        runtime = TypedRuntime(backend.runtime)
        self._config = config
        self._heads = Heads(backend.chain, backend.justifications, runtime)
        self._feed = HeadFeed(backend.chain, backend.ledger, addresses)
        self._tracker = HeadTracker(backend.chain, backend.forks, backend.pins, runtime)
        states = States(backend.states, backend.pins)
        work = BlockWork(self._tracker, states, runtime, observer.bug)
        self.registry = Registry(
            [
                *_chain_namespaces(backend, runtime, self._heads, addresses),
                *_work_namespaces(backend, runtime, self._feed, addresses),
                *_specified_namespaces(backend, runtime, self._heads),
                *(() if backend.explorer is None else backend.explorer.namespaces),
                ChainHeadNamespace(self._tracker, backend.chain, backend.pins, work),
                RpcNamespace(lambda: self.registry, backend.identity.node_version),
            ],
            allow_unsafe=config.methods.allows_unsafe(exposed=config.is_exposed),
        )
        explorer = () if backend.explorer is None else (backend.explorer,)
        self.feeds = (self._heads, self._feed, self._tracker, *explorer)
        """What must run for subscriptions, and the explorer's index, to be fed."""
        pages = explorer_pages() if config.serves_explorer else {}
        self._server = RpcServer(
            Service(
                dispatcher=Dispatcher(self.registry, config.limits, observer),
                pages={**node_pages(backend.network, metrics), **pages},
                observer=observer,
                limits=config.limits,
                access=config.access,
            )
        )

    async def run(self, task_status: Started = trio.TASK_STATUS_IGNORED) -> None:
        """Serve until cancelled; reports the port when ready.

        Raises node.rpc.server.PortBusy.
        """
        async with trio.open_nursery() as nursery:
            for feed in self.feeds:
                nursery.start_soon(feed.run)
            port = await nursery.start(self._server.run, self._config.host, self._config.port)
            task_status.started(port)


def _chain_namespaces(
    backend: Backend, runtime: TypedRuntime, heads: Heads, addresses: Addresses
) -> list[object]:
    keys = [] if backend.keystore is None else [AuthorKeysNamespace(backend.keystore)]
    return [
        ChainNamespace(backend.chain, backend.justifications, heads),
        StateNamespace(backend.chain, backend.states, backend.nodes, runtime),
        StateNews(backend.states, heads),
        ChildStateNamespace(backend.chain, backend.nodes),
        AuthorNamespace(backend.pool),
        SystemNamespace(backend.identity, backend.network),
        AccountsNamespace(backend.chain, backend.pool, runtime, addresses),
        PaymentNamespace(backend.chain, runtime),
        GrandpaNamespace(backend.finality, heads, addresses),
        *keys,
    ]


def _specified_namespaces(backend: Backend, runtime: TypedRuntime, heads: Heads) -> list[object]:
    """Return the namespaces of the new JSON-RPC specification that need no service of their own."""
    chain, forks, states = backend.chain, backend.forks, backend.states
    archive = [ArchiveNamespace(chain, forks, states, runtime)] if backend.is_archive else []
    return [
        ChainSpecNamespace(backend.identity, chain),
        BroadcastNamespace(backend.pool, heads),
        TransactionWatchNamespace(backend.pool),
        *archive,
    ]


def _work_namespaces(
    backend: Backend, runtime: TypedRuntime, feed: HeadFeed, addresses: Addresses
) -> list[object]:
    namespaces: list[object] = [
        JobsNamespace(backend.work, addresses),
        ReceiptsNamespace(backend.work, addresses),
        ProvidersNamespace(backend.work, addresses, backend.chain, runtime),
        PricingNamespace(backend.chain, runtime),
        OracleNamespace(backend.chain, runtime, addresses),
        ParametersNamespace(backend.chain, runtime),
        MiningNamespace(backend.chain, runtime, addresses),
        AmaxNamespace(backend.chain, runtime, addresses),
        VaultNamespace(backend.chain, runtime, addresses),
        LiquidityNamespace(backend.chain, runtime, addresses),
        RwaNamespace(backend.chain, runtime, addresses),
        EconomyNamespace(backend.chain, runtime),
        StateCheckNamespace(backend.checks),
        MarketNamespace(backend.chain, runtime, addresses),
        StarminerNamespace(backend.chain, backend.ledger, feed, addresses),
    ]
    if backend.miner is not None:
        namespaces.append(MinerNamespace(backend.miner))
    if backend.isolation is not None:
        namespaces.append(IsolationNamespace(backend.isolation))
    if backend.desk is not None:
        namespaces.append(ProviderNamespace(backend.desk, addresses))
    if backend.receipts is not None:
        namespaces.append(ReceiptIntakeNamespace(backend.receipts))
    if backend.blobs is not None:
        namespaces += [BlobsNamespace(backend.blobs), BlobUploadNamespace(backend.blobs)]
    return namespaces
