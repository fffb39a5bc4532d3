"""What the RPC needs from the node, as small Protocols; the node's service passes them in.

Everything here is bytes and int. Reads are synchronous and quick; what may take long is async.
"""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal, Protocol

import trio

from node.chain import ChainEvent
from runtime.primitives.block import Header


class EventSource(Protocol):
    """One listener's events; iterate over it."""

    def __aiter__(self) -> AsyncIterator[ChainEvent]:
        """Iterate over the events, forever."""
        ...


class HeadEvents(Protocol):
    """The stream of heads."""

    def subscribe(self) -> AbstractContextManager[EventSource]:
        """Listen until the end of the `with` block."""
        ...


class HeaderReader(Protocol):
    """Blocks and heads, the way `node.chain.Chain` has them."""

    @property
    def genesis_hash(self) -> bytes:
        """Return the hash of block 0."""
        ...

    @property
    def best(self) -> Header:
        """Return the header of the best block."""
        ...

    @property
    def finalized(self) -> Header:
        """Return the header of the last final block."""
        ...

    def hash_at(self, number: int) -> bytes | None:
        """Return the hash of the best chain's block of this number."""
        ...

    def header(self, block_hash: bytes) -> Header | None:
        """Return a header, of any branch still known."""
        ...

    def body(self, block_hash: bytes) -> tuple[bytes, ...] | None:
        """Return extrinsics without their length prefixes."""
        ...


class ChainView(HeaderReader, HeadEvents, Protocol):
    """Blocks, and the news of them."""


class OpenBlock(Protocol):
    """A block above the last final one."""

    @property
    def number(self) -> int:
        """Its height."""
        ...

    @property
    def hash(self) -> bytes:
        """Its hash."""
        ...

    @property
    def parent_hash(self) -> bytes:
        """The hash of the block it stands on."""
        ...


class Forks(Protocol):
    """The blocks above the last final one."""

    def open_blocks(self) -> Sequence[OpenBlock]:
        """List them, of all forks, parents before children."""
        ...


class Justifications(Protocol):
    """Why blocks are final."""

    def justification(self, block_hash: bytes) -> bytes | None:
        """Return the GRANDPA justification stored with a block."""
        ...


class StateView(Protocol):
    """The storage of one block."""

    def get(self, key: bytes) -> bytes | None:
        """Return a value."""
        ...

    def keys(self, prefix: bytes, start: bytes | None = None) -> Iterator[bytes]:
        """Iterate in order over the keys with a prefix, those above `start` if it is given."""
        ...

    def closest_merkle_value(self, key: bytes) -> bytes | None:
        """Return the Merkle value of the uppermost trie node at or below a key."""
        ...


class StateReader(Protocol):
    """The storage of blocks."""

    def state_at(self, block_hash: bytes) -> StateView:
        """Return the storage after a block.

        Raises node.store.blocks.UnknownBlock.
        """
        ...


class StatePins(Protocol):
    """Keeping states that somebody reads from being pruned."""

    def has_state(self, block_hash: bytes) -> bool:
        """Say whether the state after a block is kept."""
        ...

    def hold_state(self, block_hash: bytes) -> None:
        """Keep the state after a block until it is released as often; nothing if it is gone."""

    def release_state(self, block_hash: bytes) -> None:
        """Let go of a state that was held."""


class NodeReader(Protocol):
    """The trie nodes under all states."""

    def fetch(self, node_hash: bytes) -> bytes | None:
        """Return a trie node, or a value kept by its hash."""
        ...


class RuntimeCaller(Protocol):
    """Runtime APIs at a block whose state is kept."""

    def call(self, name: str, arguments: bytes, at: bytes) -> bytes:
        """Call a runtime API, such as "Core_version", with SCALE arguments.

        Raises runtime.api.UnknownApi, DecodeError, node.store.blocks.UnknownBlock.
        """
        ...


RefusalKind = Literal[
    "bad_format",
    "invalid",
    "unknown_validity",
    "temporarily_banned",
    "already_imported",
    "too_low_priority",
    "cycle_detected",
    "immediately_dropped",
    "unactionable",
]


class SubmissionRefused(Exception):
    """The pool does not take an extrinsic.

    The detail of `invalid` is in the words of polkadot-sdk: "Transaction has a bad signature".
    """

    def __init__(self, kind: RefusalKind, detail: str = "") -> None:
        super().__init__(f"{kind}: {detail}")
        self.kind = kind
        self.detail = detail


@dataclass(frozen=True, slots=True)
class ExtrinsicStatus:
    """A step in the life of a watched extrinsic."""

    kind: Literal[
        "future",
        "ready",
        "broadcast",
        "inBlock",
        "retracted",
        "finalityTimeout",
        "finalized",
        "usurped",
        "dropped",
        "invalid",
    ]
    block_or_hash: bytes | None = None
    """The block, or for `usurped` the other extrinsic's hash."""
    peers: tuple[str, ...] = ()
    """For `broadcast`."""
    index: int | None = None
    """Where in the block the extrinsic is, for `inBlock` and `finalized`."""


class Pool(Protocol):
    """Extrinsics that wait for a block; all without length prefix."""

    async def submit(self, extrinsic: bytes) -> None:
        """Take an extrinsic.

        Raises SubmissionRefused.
        """
        ...

    async def submit_and_watch(
        self, extrinsic: bytes
    ) -> "trio.MemoryReceiveChannel[ExtrinsicStatus]":
        """Take an extrinsic and report its life; the channel ends after the last status.

        Raises SubmissionRefused.
        """
        ...

    def pending(self) -> tuple[bytes, ...]:
        """List what is ready for the next block, in order."""
        ...

    def next_nonce(self, account: bytes) -> int:
        """Return the account's nonce on the best block, past its ready extrinsics."""
        ...


@dataclass(frozen=True, slots=True)
class Identity:
    """What this node and its chain are called."""

    chain: str
    chain_type: Literal["Development", "Local", "Live"]
    node_name: str
    node_version: str
    properties: Mapping[str, object]
    """At least ss58Format, tokenDecimals, tokenSymbol."""
    roles: tuple[Literal["Full", "Authority"], ...]


@dataclass(frozen=True, slots=True)
class Health:
    """Whether the node can be relied on now."""

    peers: int
    is_syncing: bool
    should_have_peers: bool


@dataclass(frozen=True, slots=True)
class PeerView:
    """A connected peer."""

    peer_id: str
    roles: str
    best_hash: bytes
    best_number: int
    software: str
    """Its name and release, in its own words."""


@dataclass(frozen=True, slots=True)
class SyncState:
    """How far the node has come."""

    starting_block: int
    current_block: int
    highest_block: int
    phase: str = "idle"
    """What is fetched: waiting, headers, state, blocks or bodies; idle for nothing."""
    phase_done: int = 0
    """Headers, nodes of the state, or bodies so far."""


class Network(Protocol):
    """The node among its peers."""

    def health(self) -> Health:
        """Tell the node's health."""
        ...

    def peers(self) -> tuple[PeerView, ...]:
        """List connected peers."""
        ...

    def sync_state(self) -> SyncState:
        """Tell how far the node is."""
        ...

    def local_peer_id(self) -> str:
        """Return the node's own peer id, base58."""
        ...

    def listen_addresses(self) -> tuple[str, ...]:
        """List multiaddresses with the peer id."""
        ...


@dataclass(frozen=True, slots=True)
class RoundVotes:
    """One half of a GRANDPA round."""

    current_weight: int
    missing: tuple[bytes, ...]
    """Ids of the voters not heard."""


@dataclass(frozen=True, slots=True)
class RoundState:
    """A GRANDPA round."""

    round: int
    total_weight: int
    threshold_weight: int
    prevotes: RoundVotes
    precommits: RoundVotes


@dataclass(frozen=True, slots=True)
class FinalityState:
    """The rounds under way."""

    set_id: int
    best: RoundState
    background: tuple[RoundState, ...] = ()


class Finality(Protocol):
    """What GRANDPA knows."""

    def rounds(self) -> FinalityState | None:
        """Return the rounds, or None while the voter is not running."""
        ...

    def finality_proof(self, number: int) -> bytes | None:
        """Return the SCALE `FinalityProof` of a final block, or None when it is not final."""
        ...


class Keystore(Protocol):
    """The session keys of a validator."""

    def rotate_keys(self) -> bytes:
        """Make new session keys and return their public halves, concatenated."""
        ...

    def prove_keys(self, keys: bytes, owner: bytes) -> bytes:
        """Return what shows that session keys of this keystore belong to an account."""
        ...

    def insert_key(self, key_type: str, secret: str, public: bytes) -> None:
        """Store a key.

        Raises ValueError when the secret is not the public key's.
        """
        ...

    def has_key(self, public: bytes, key_type: str) -> bool:
        """Tell whether a key is here."""
        ...
