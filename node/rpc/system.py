"""The system namespace: what the node is, whom it knows, and an account's next nonce."""

from collections.abc import Mapping

import msgspec

from node.rpc.addresses import Addresses
from node.rpc.backend import HeaderReader, Identity, Network, Pool
from node.rpc.blocks import block_hash_or_best, extrinsic_from_wire
from node.rpc.registry import method
from node.rpc.runtime_api import TypedRuntime
from node.rpc.values import Hash, Hex, to_hex


class HealthJson(msgspec.Struct, frozen=True, rename="camel"):
    """Whether the node can be relied on now."""

    peers: int
    is_syncing: bool
    should_have_peers: bool


class PeerJson(msgspec.Struct, frozen=True, rename="camel"):
    """A connected peer."""

    peer_id: str
    roles: str
    best_hash: str
    best_number: int
    software: str
    """Its name and release, in its own words."""


class SyncStateJson(msgspec.Struct, frozen=True, rename="camel"):
    """How far the node has come."""

    starting_block: int
    current_block: int
    highest_block: int
    phase: str
    """What is fetched: waiting, headers, state, blocks or bodies; idle for nothing."""
    phase_done: int
    """Headers, nodes of the state, or bodies so far."""


class SystemNamespace:
    """What the node is called and how it is."""

    def __init__(self, identity: Identity, network: Network) -> None:
        self._identity = identity
        self._network = network

    @method("system_chain")
    def chain(self) -> str:
        """Return the chain's name."""
        return self._identity.chain

    @method("system_name")
    def name(self) -> str:
        """Return the software's name."""
        return self._identity.node_name

    @method("system_version")
    def version(self) -> str:
        """Return the software's version."""
        return self._identity.node_version

    @method("system_chainType")
    def chain_type(self) -> str:
        """Return Development, Local or Live."""
        return self._identity.chain_type

    @method("system_properties")
    def properties(self) -> Mapping[str, object]:
        """Return the address prefix and the tokens."""
        return self._identity.properties

    @method("system_health")
    def health(self) -> HealthJson:
        """Tell whether the node can be relied on now."""
        return health_json(self._network)

    @method("system_peers", unsafe=True)
    def peers(self) -> list[PeerJson]:
        """List connected peers."""
        return [
            PeerJson(
                peer.peer_id, peer.roles, to_hex(peer.best_hash), peer.best_number, peer.software
            )
            for peer in self._network.peers()
        ]

    @method("system_nodeRoles")
    def node_roles(self) -> list[str]:
        """Return the node's roles."""
        return list(self._identity.roles)

    @method("system_localPeerId")
    def local_peer_id(self) -> str:
        """Return the node's peer id."""
        return self._network.local_peer_id()

    @method("system_localListenAddresses")
    def local_listen_addresses(self) -> list[str]:
        """List the node's addresses, with its peer id."""
        return list(self._network.listen_addresses())

    @method("system_syncState")
    def sync_state(self) -> SyncStateJson:
        """Tell how far the node has come."""
        state = self._network.sync_state()
        return SyncStateJson(
            state.starting_block,
            state.current_block,
            state.highest_block,
            state.phase,
            state.phase_done,
        )


class AccountsNamespace:
    """The part of the system namespace that wallets need to sign."""

    def __init__(
        self, chain: HeaderReader, pool: Pool, runtime: TypedRuntime, addresses: Addresses
    ) -> None:
        self._chain = chain
        self._pool = pool
        self._runtime = runtime
        self._addresses = addresses

    @method("system_accountNextIndex", "account_nextIndex")
    def account_next_index(self, account: str) -> int:
        """Return the nonce for the account's next extrinsic, past those that wait in the pool."""
        return self._pool.next_nonce(self._addresses.decode(account))

    @method("system_dryRun", "system_dryRunAt", unsafe=True)
    def dry_run(self, extrinsic: Hex, at: Hash | None = None) -> str:
        """Apply an extrinsic to a copy of the state and return the SCALE result."""
        raw = extrinsic_from_wire(extrinsic)
        return to_hex(self._runtime.dry_run(raw, block_hash_or_best(self._chain, at)))


def health_json(network: Network) -> HealthJson:
    """Show the node's health."""
    health = network.health()
    return HealthJson(health.peers, health.is_syncing, health.should_have_peers)
