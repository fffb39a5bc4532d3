"""The chainSpec_v1 namespace of the new JSON-RPC specification."""

from collections.abc import Mapping

from node.rpc.backend import HeaderReader, Identity
from node.rpc.registry import method
from node.rpc.values import to_hex


class ChainSpecNamespace:
    """What the chain is."""

    def __init__(self, identity: Identity, chain: HeaderReader) -> None:
        self._identity = identity
        self._chain = chain

    @method("chainSpec_v1_chainName")
    def chain_name(self) -> str:
        """Return the chain's name."""
        return self._identity.chain

    @method("chainSpec_v1_genesisHash")
    def genesis_hash(self) -> str:
        """Return the hash of block 0."""
        return to_hex(self._chain.genesis_hash)

    @method("chainSpec_v1_properties")
    def properties(self) -> Mapping[str, object]:
        """Return the address prefix and the tokens."""
        return self._identity.properties
