"""RPC, the explorer and the metrics in the node: which services answer, and over which parts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from genesis.spec import ChainSpec
from node.assembly import Ground
from node.backend.blobs import PayloadBlobs
from node.backend.finality import GrandpaFinality
from node.backend.ledger import StateLedger
from node.backend.network import PeerNetwork as NetworkView
from node.backend.receipts import ReceiptDoor
from node.backend.runtime import StateRuntime
from node.backend.work import StateWork
from node.config import NodeConfig
from node.consensus_side import NodeConsensus
from node.development import Miner
from node.explorer.service import Explorer
from node.keystore.keystore import Keystore
from node.keystore.rpc_adapter import RpcKeystore
from node.log import Logger
from node.metrics import Metrics
from node.net.network import PeerNetwork
from node.pool.rpc_adapter import RpcPool
from node.provider_desk import ProviderDesk
from node.rpc.access import LOCAL_NAMES, AccessPolicy
from node.rpc.api import Backend, RpcConfig, RpcService
from node.rpc.backend import Identity
from node.rpc.connection import Service
from node.rpc.dispatch import Dispatcher
from node.rpc.limits import Limits
from node.rpc.observer import Outcome, Protocol
from node.rpc.pages import node_pages
from node.rpc.registry import MethodPolicy, Registry
from node.rpc.server import RpcServer
from node.rpc_metrics import RpcMetrics
from node.software import NAME, VERSION
from node.state_check import StateCheck

LOOPBACK, ANYWHERE = "127.0.0.1", "0.0.0.0"


@dataclass(frozen=True, slots=True)
class RpcParts:
    """What the RPC speaks for."""

    config: NodeConfig
    spec: ChainSpec
    ground: Ground
    consensus: NodeConsensus
    network: PeerNetwork
    keystore: Keystore
    metrics: Metrics
    log: Logger
    desk: ProviderDesk | None = None
    checks: StateCheck | None = None
    miner: Miner | None = None


def rpc_service(parts: RpcParts) -> RpcService:
    """Return the service that answers JSON-RPC, and serves the explorer and the metrics."""
    return RpcService(
        backend(parts),
        rpc_config(parts.config, parts.spec),
        Journal(parts.log, parts.metrics.rpc),
        parts.metrics.render,
    )


def metrics_server(parts: RpcParts) -> RpcServer:
    """Return a server of the metrics and the health alone, on a port that can be opened apart."""
    journal, limits = Journal(parts.log, parts.metrics.rpc), Limits()
    no_methods = Registry([], allow_unsafe=False)
    return RpcServer(
        Service(
            dispatcher=Dispatcher(no_methods, limits, journal),
            pages=node_pages(backend(parts).network, parts.metrics.render),
            observer=journal,
            limits=limits,
            access=AccessPolicy(hosts=served_hosts(parts.config.prometheus_external)),
        )
    )


def metrics_address(config: NodeConfig) -> tuple[str, int]:
    """Return where the metrics answer."""
    return ANYWHERE if config.prometheus_external else LOOPBACK, config.prometheus_port


def served_hosts(external: bool) -> frozenset[str]:
    """Return the host names that requests may address."""
    return frozenset({"*"}) if external else LOCAL_NAMES


def backend(parts: RpcParts) -> Backend:
    """Return the node as the RPC sees it."""
    ground, network = parts.ground, parts.network
    chain, executive = ground.chain, ground.executive
    is_public = parts.spec.chain_type == "Live"
    is_development = parts.spec.chain_type == "Development"
    blobs = PayloadBlobs(network.payloads)
    return Backend(
        chain=chain,
        forks=chain.blocks,
        justifications=chain.blocks,
        states=chain,
        pins=chain,
        nodes=ground.states,
        runtime=StateRuntime(ground.api, chain),
        pool=RpcPool(ground.pool, nonce_reader(ground)),
        identity=identity(parts),
        network=NetworkView(network.network, network, chain, not is_development),
        finality=GrandpaFinality(chain, parts.consensus.voter.rounds),
        ledger=StateLedger(executive, chain),
        work=StateWork(executive, chain),
        ss58_prefix=executive.config.ss58_prefix,
        is_archive=chain.blocks.keeper.keeps_all and chain.blocks.bodies.keeps_final,
        blobs=blobs,
        receipts=ReceiptDoor(ground.receipts, chain, network.spread),
        keystore=RpcKeystore(parts.keystore),
        explorer=explorer(parts, blobs),
        desk=parts.desk,
        checks=parts.checks,
        miner=parts.miner,
        isolation=None if is_public else network.network,
    )


def explorer(parts: RpcParts, blobs: PayloadBlobs) -> Explorer | None:
    """Return the explorer with its index, where the node has one."""
    ground = parts.ground
    wanted = has_explorer(parts.config, parts.spec)
    if not wanted:
        return None
    return Explorer(ground.executive, ground.chain, ground.database, blobs)


def has_explorer(config: NodeConfig, spec: ChainSpec) -> bool:
    """Say whether a node has an explorer: on development chains, unless somebody says otherwise."""
    return spec.chain_type != "Live" if config.explorer is None else config.explorer


def identity(parts: RpcParts) -> Identity:
    """Return what the node and its chain are called."""
    properties = parts.spec.properties
    return Identity(
        chain=parts.spec.name,
        chain_type=parts.spec.chain_type,
        node_name=NAME,
        node_version=VERSION,
        properties={
            "ss58Format": properties.ss58_format,
            "tokenDecimals": properties.token_decimals,
            "tokenSymbol": properties.token_symbol,
        },
        roles=("Authority",) if parts.config.validator else ("Full",),
    )


def nonce_reader(ground: Ground) -> Callable[[bytes], int]:
    """Return the function from an account to its nonce on the best block."""

    def nonce(account: bytes) -> int:
        best = ground.chain.best
        state = ground.chain.state_at(best.hash)
        return ground.executive.reader_at(state, best.number).system.nonce(account)

    return nonce


def rpc_config(config: NodeConfig, spec: ChainSpec) -> RpcConfig:
    """Return what the operator chose for the RPC."""
    external = config.rpc_external
    everyone = "all" in config.rpc_cors
    return RpcConfig(
        host=ANYWHERE if external else LOOPBACK,
        port=config.rpc_port,
        methods=MethodPolicy(config.rpc_methods),
        access=AccessPolicy(
            hosts=served_hosts(external),
            origins=frozenset({"*"}) if everyone else frozenset(config.rpc_cors),
        ),
        limits=Limits(
            connections=config.rpc_max_connections,
            request_bytes=config.rpc_max_request_size << 20,
            response_bytes=config.rpc_max_response_size << 20,
            subscriptions=config.rpc_max_subscriptions_per_connection,
            calls_per_minute=config.rpc_rate_limit,
        ),
        serves_explorer=has_explorer(config, spec),
    )


class Journal:
    """Counts what clients do, and writes it down for debugging; faults of ours as errors."""

    def __init__(self, log: Logger, metrics: RpcMetrics) -> None:
        self._log, self._metrics = log, metrics

    def call_started(self, protocol: Protocol, method: str) -> None:
        """Hear that a call began."""
        self._metrics.call_started(protocol, method)

    def call_finished(self, protocol: Protocol, method: str, outcome: Outcome) -> None:
        """Hear that a call ended."""
        self._metrics.call_finished(protocol, method, outcome)
        self._log.debug(
            "call",
            method=method,
            milliseconds=round(outcome.seconds * 1000, 1),
            ok=outcome.ok,
            limited=outcome.is_rate_limited,
        )

    def session_opened(self, protocol: Protocol) -> None:
        """Hear that a client connected."""
        self._metrics.session_opened(protocol)
        self._log.debug("session_opened", kind=protocol)

    def session_closed(self, protocol: Protocol, reason: str, seconds: float) -> None:
        """Hear that a client left."""
        self._metrics.session_closed(protocol, seconds)
        self._log.debug("session_closed", kind=protocol, reason=reason, seconds=round(seconds, 1))

    def bug(self, where: str, error: Exception) -> None:
        """Hear of a fault of ours: the client got an internal error."""
        self._log.error("rpc_bug", where=where, error=repr(error), exc_info=error)
