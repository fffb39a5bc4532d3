"""The node: puts the parts together and runs them. Read top-down, it is the node's contents.

`run_node` opens what is on disk, builds the parts in the order in which they need each other, and
runs each as a task. When one of them fails the node ends, with its reason.
"""

from __future__ import annotations

import signal
import time

import trio

from consensus.authoring import Author, AuthorParts
from consensus.compute.audit_view import AuditPorts
from consensus.compute.auditor import Auditor
from consensus.compute.device_process import DeviceOptions, DeviceProcess
from consensus.compute.witness import Witness, WitnessPorts
from consensus.finality.tally import VoterSet
from consensus.slots import BEGINNING_MS, SlotClock
from genesis.build import GenesisBlock, build_block
from genesis.spec import ChainSpec, load_spec
from node.assembly import open_ground
from node.audit_keys import AuditKeys
from node.auditing import AuditorSubmit, AuditorViews
from node.called_slots import CalledSlots
from node.config import NodeConfig
from node.consensus_side import ConsensusParts, NodeConsensus
from node.development import DEVELOPMENT_TYPES, Miner, refuse_many_authors
from node.directories import Directories
from node.equivocations import EquivocationReporter
from node.health import LoopLag, settle_heap
from node.heartbeats import HeartbeatSender
from node.home import Home, base_directory, pruning_choice
from node.keys import AuthorKeys, VoterKeys, load_keys, no_key
from node.keystore.keystore import KeyType
from node.log import LogFormat, LogLevels, Logs, StandardLogHandler
from node.metrics import Metrics
from node.net.identity import ensure_node_key
from node.net.network import NetworkParts, PeerNetwork
from node.pool.maintenance import PoolMaintenance
from node.production import BlockFactory
from node.provider_desk import ProviderDesk
from node.providing import Providing, ProvidingParts
from node.rpc_side import RpcParts, metrics_address, metrics_server, rpc_service
from node.software import VERSION
from node.state_check import StateCheck, refuse_public
from node.store.fast import FastStore
from node.sync_screen import Screen, tell_sync
from node.telemetry.messages import NodeFacts
from node.telemetry.service import Telemetry, TelemetryParts
from node.upgrades import UpgradeWatch
from node.witness import TestimonyDoor, WitnessDuties
from p2p.host import DEVNET_REDIAL, NetworkConfig, Redial
from p2p.messages import Roles
from runtime.executive import Executed
from runtime.versions import VERSIONS, Versions

GOSSIP_SHARE = 6
"""A message reaches everyone within this part of a slot: the T of GRANDPA."""


async def run_node(
    config: NodeConfig,
    *,
    device: DeviceOptions | None = None,
    versions: Versions = VERSIONS,
    screen: Screen | None = None,
) -> None:
    """Run a node that carries `versions` until SIGTERM or SIGINT, or until a part of it fails.

    A `screen` shows how far sync is, and the log with it.

    Raises:
        BadSpec, DatabaseError, KeystoreError, PortBusy, …: it cannot start; the message says what
        to do.
    """
    spec = load_spec(config.chain)
    levels, stream = LogLevels.parse(config.log), None if screen is None else screen.stream
    logs = Logs(LogFormat(config.log_format), levels, stream, node=config.node_name)
    StandardLogHandler(logs).install()
    genesis = build_block(spec, versions)
    with base_directory(config) as base:
        directories = Directories(base / "chains" / spec.id)
        keystore = load_keys(config, directories.keystore)
        metrics = Metrics(spec.id, VERSION)
        pruning = pruning_choice(config, spec)
        ground = open_ground(
            *(directories, genesis, config.pool_limit, metrics),
            pruning=pruning,
            versions=versions,
            cache_bytes=config.db_cache << 20,
        )
        home = Home(directories, keystore, ground, metrics)
        try:
            chosen = device or DeviceOptions(config.device, config.device_memory_mib << 20)
            await Node(config, spec, genesis, home, logs, device=chosen).run(screen)
        finally:
            ground.database.close()
            logs.logger("node").info("stopped")


class Node:
    """One node: its parts, and how they know each other."""

    def __init__(
        self,
        config: NodeConfig,
        spec: ChainSpec,
        genesis: GenesisBlock,
        home: Home,
        logs: Logs,
        *,
        device: DeviceOptions,
    ) -> None:
        self._config, self._spec, self._genesis = config, spec, genesis
        self._device = device
        self._directories, self._ground = home.directories, home.ground
        self._keystore, self._metrics = home.keystore, home.metrics
        self._logs, self._log = logs, logs.logger("node")
        self._clock = SlotClock(home.ground.executive.config.slot_milliseconds, now_ms)
        self._reporter = EquivocationReporter(home.ground, self._own_keys, logs.logger("consensus"))
        self._consensus = self._make_consensus()
        self._desk = ProviderDesk(self._directories.provider) if config.provider else None
        self._checks = self._make_checks() if config.try_state else None
        self._called = self._make_called_slots() if config.block_time != "slots" else None
        chain = self._ground.chain
        self._miner = None if self._called is None else Miner(self._called, chain, self._clock)

    async def run(self, screen: Screen | None = None) -> None:
        """Start every part, say that the node is up, and serve until it is told to stop."""
        ground, consensus = self._ground, self._consensus
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._stop_on_signal, nursery.cancel_scope)
            network = self._make_network(nursery)
            self._network: PeerNetwork = network
            nursery.start_soon(consensus.queue.run)
            await nursery.start(network.run)
            nursery.start_soon(consensus.voter.run)
            nursery.start_soon(consensus.votes.deliver, network.publish_vote)
            nursery.start_soon(consensus.authored.deliver, network.announce)
            nursery.start_soon(PoolMaintenance(ground.pool, ground.chain).run)
            nursery.start_soon(self._reporter.run)
            nursery.start_soon(UpgradeWatch(ground.executive, ground.chain, self._log).run)
            nursery.start_soon(LoopLag(self._metrics.loop_lagged).run)
            if self._checks is not None:
                nursery.start_soon(self._checks.run)
            await self._serve(network, nursery)
            if self._config.validator:
                nursery.start_soon(self._make_author(network).run)
                if self._miner is not None and self._config.block_time == "instant":
                    nursery.start_soon(self._miner.mine_for, ground.pool.gossip)
                nursery.start_soon(self._audit, network)
                nursery.start_soon(self._make_witness(network).run)
                nursery.start_soon(self._make_heartbeats(network).run)
            if self._desk is not None:
                nursery.start_soon(self._provider(network, self._desk).run)
            if self._config.telemetry_endpoints:
                nursery.start_soon(self._make_telemetry(network).run)
            if screen is not None:
                height = lambda: ground.chain.best.number  # noqa: E731
                nursery.start_soon(tell_sync, screen, lambda: network.progress, height)
            self._announce_start(network)
            settle_heap()

    async def _serve(self, network: PeerNetwork, nursery: trio.Nursery) -> None:
        """Open the ports for clients and for those who watch."""
        self._metrics.show_head(self._ground.chain)
        self._metrics.show_pool(self._ground.pool)
        self._metrics.show_peers(network)
        self._metrics.show_sync(lambda: network.progress)
        parts = self._rpc_parts(network)
        port = await nursery.start(rpc_service(parts).run)
        self._log.info("rpc", port=port)
        if self._config.prometheus:
            host, wanted = metrics_address(self._config)
            port = await nursery.start(metrics_server(parts).run, host, wanted)
            self._log.info("metrics", port=port)

    def _make_consensus(self) -> NodeConsensus:
        ground = self._ground
        final = ground.chain.finalized
        state = ground.chain.state_at(final.hash)
        grandpa = ground.executive.runtime_at(state, final.number).grandpa
        voters = VoterSet(grandpa.current_set_id, grandpa.authorities)
        key = VoterKeys(self._keystore) if self._config.validator else no_key
        return NodeConsensus(
            ConsensusParts(
                chain=ground.chain,
                executive=ground.executive,
                known=ground.known,
                checker=ground.checker,
                receipts=ground.receipts,
                signatures=None,
                records=ground.records,
                clock=self._clock,
                voters=voters,
                voter_key=key,
                gossip_seconds=self._clock.slot_ms / 1000 / GOSSIP_SHARE,
                want=lambda block_hash, number: self._network.want(block_hash, number),
                peers_final=lambda: self._network.peers_final,
                reporter=self._reporter,
                log=self._logs.logger("consensus"),
            )
        )

    def _own_keys(self) -> tuple[bytes, ...]:
        """Return the keys whose offences are ours."""
        keys = self._keystore
        return (*keys.public_keys(KeyType.BABE), *keys.public_keys(KeyType.GRANDPA))

    def _make_network(self, nursery: trio.Nursery) -> PeerNetwork:
        config, ground = self._config, self._ground
        key_file = config.node_key_file or self._directories.node_key
        listen = config.listen_addr or (f"/ip4/0.0.0.0/tcp/{config.port}",)
        is_local = self._spec.chain_type in DEVELOPMENT_TYPES
        network = NetworkConfig(
            seed=ensure_node_key(key_file),
            genesis_hash=self._genesis.hash,
            listen=listen,
            bootnodes=(*self._spec.boot_nodes, *config.bootnodes),
            reserved=config.reserved_nodes,
            public=config.public_addr,
            mdns=self._wants_mdns(),
            upnp=config.upnp,
            address_book=self._directories.address_book,
            redial=DEVNET_REDIAL if is_local else Redial(),
        )
        parts = NetworkParts(
            chain=ground.chain,
            queue=self._consensus.queue,
            voter=self._consensus.voter,
            pool=ground.pool,
            receipts=ground.receipts,
            clock=self._clock,
            records=ground.records,
            executive=ground.executive,
            bodies=self._consensus.bodies,
            history=FastStore(ground.database, ground.chain.blocks),
            gathered=ground.database.gathered,
            sync=config.sync,
            blobs=self._directories.blobs,
            roles=Roles.AUTHORITY if config.validator else Roles.FULL,
            import_took=self._metrics.block_imported,
            log=self._logs.logger("net"),
        )
        return PeerNetwork(network, parts, nursery)

    def _wants_mdns(self) -> bool:
        """Say whether to look around: who chose where to listen chose where to be seen."""
        if self._config.mdns is not None:
            return self._config.mdns
        return self._spec.chain_type == "Local" and not self._config.listen_addr

    def _make_author(self, network: PeerNetwork) -> Author[Executed]:
        ground, consensus = self._ground, self._consensus
        factory = BlockFactory(ground, now_ms)
        return Author(
            AuthorParts(
                slots=self._called or self._clock,
                keys=AuthorKeys(self._keystore),
                epochs=consensus.epochs,
                tree=consensus.queue.tree,
                factory=factory,
                importer=consensus.queue,
                listener=consensus,
                may_author=lambda: not network.is_syncing,
            )
        )

    def _make_witness(self, network: PeerNetwork) -> Witness:
        ground, keys = self._ground, AuditKeys(self._keystore)
        heard = ground.receipts.testimonies
        return Witness(
            WitnessPorts(
                duties=WitnessDuties(ground.executive, ground.chain, heard, keys),
                blobs=network.payloads,
                keys=keys,
                publish=TestimonyDoor(heard, ground.chain, network.publish_testimony),
                log=self._logs.logger("witness"),
            )
        )

    def _make_heartbeats(self, network: PeerNetwork) -> HeartbeatSender:
        return HeartbeatSender(
            self._ground,
            AuditKeys(self._keystore),
            lambda: not network.is_syncing,
            self._logs.logger("online"),
        )

    def _make_telemetry(self, network: PeerNetwork) -> Telemetry:
        config, ground, keys = self._config, self._ground, VoterKeys(self._keystore)
        facts = NodeFacts(
            name=config.node_name,
            implementation="StarMiner",
            version=VERSION,
            chain=self._spec.name,
            genesis_hash=self._genesis.hash,
            authority=config.validator,
            network_id=network.network.peer_id,
            started_ms=now_ms(),
        )
        parts = TelemetryParts(
            facts=facts,
            chain=ground.chain,
            network=network,
            waiting=lambda: ground.pool.ready_count,
            voters=lambda: self._consensus.voters,
            voter_key=keys if config.validator else no_key,
            ss58_prefix=ground.executive.config.ss58_prefix,
            log=self._logs.logger("telemetry"),
        )
        return Telemetry(config.telemetry_endpoints, parts)

    def _rpc_parts(self, network: PeerNetwork) -> RpcParts:
        return RpcParts(
            config=self._config,
            spec=self._spec,
            ground=self._ground,
            consensus=self._consensus,
            network=network,
            keystore=self._keystore,
            metrics=self._metrics,
            log=self._logs.logger("rpc"),
            desk=self._desk,
            checks=self._checks,
            miner=self._miner,
        )

    def _make_called_slots(self) -> CalledSlots:
        """Return slots that are called; raises BadConfig on chains of several people."""
        chain = self._ground.chain
        state = chain.state_at(chain.best.hash)
        babe = self._ground.executive.runtime_at(state, chain.best.number).babe
        refuse_many_authors(self._spec, len(babe.authorities), self._config.block_time)
        first = BEGINNING_MS // self._clock.slot_ms
        return CalledSlots(self._clock, first, lambda: self._consensus.queue.tree.best.slot)

    def _make_checks(self) -> StateCheck:
        """Return what checks the state after every block; raises BadConfig on public chains."""
        refuse_public(self._spec)
        ground = self._ground
        return StateCheck(ground.executive, ground.chain, self._logs.logger("state"))

    def _provider(self, network: PeerNetwork, desk: ProviderDesk) -> Providing:
        return Providing(
            ProvidingParts(
                config=self._config,
                ground=self._ground,
                keystore=self._keystore,
                network=network,
                desk=desk,
                device=self._device,
                log=self._logs.logger("provider"),
            )
        )

    async def _audit(self, network: PeerNetwork) -> None:
        """Check what this node's validators are drawn for; the device starts when it is needed."""
        ground, keys = self._ground, AuditKeys(self._keystore)
        views = AuditorViews(ground.executive, ground.chain, keys)
        device, log = DeviceProcess(self._device), self._logs.logger("auditor")
        submit = AuditorSubmit(ground)
        try:
            await Auditor(AuditPorts(views, keys, network.payloads, submit, device, log)).run()
        finally:
            with trio.CancelScope(shield=True):
                await device.aclose()

    async def _stop_on_signal(self, scope: trio.CancelScope) -> None:
        with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
            async for number in signals:
                self._log.info("stopping", signal=signal.Signals(number).name)
                scope.cancel()
                return

    def _announce_start(self, network: PeerNetwork) -> None:
        chain = self._ground.chain
        self._log.info(
            "started",
            chain=self._spec.id,
            genesis=self._genesis.hash,
            best=chain.best.number,
            finalized=chain.finalized.number,
            peer_id=network.network.peer_id,
            addresses=network.network.addresses,
        )


def now_ms() -> int:
    """Return the Unix time in milliseconds: the only wall clock of the node."""
    return time.time_ns() // 1_000_000
