"""What a simulated node is built on: the toy or the real runtime, behind the same methods."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from consensus.authoring import BlockFactory
from consensus.equivocation import Equivocation
from consensus.finality.record import VoterStore
from consensus.finality.tally import VoterSet
from consensus.protocols import BodyChecker, Executor, Imported, Store
from consensus.slots import EpochSource
from node.audit_keys import AuditKeys
from runtime.primitives.block import Block
from runtime.terms import DEFAULTS
from tests.simulation.sessions import Steward


class Lie(Enum):
    """What a Byzantine validator does."""

    TWIN = "twin"
    """Runs twice with one key: what it says twice is an equivocation."""
    WRONG_STATE_ROOT = "wrong state root"
    """Announces its blocks with another state root."""
    TWO_BLOCKS = "two blocks"
    """Announces two blocks in each of its slots, and goes on when it is disabled for that."""
    FALSE_RECEIPT = "false receipt"
    """Provides compute, computes wrongly, and puts the openings into its blocks unchecked."""
    WITHHOLD = "withhold"
    """Says what it says to some, late, or to nobody: blocks, votes and answers."""
    TWO_VOTES = "two votes"
    """Votes for anything, again and again, and for other blocks to other nodes."""
    FLOOD = "flood"
    """Sends garbage, old messages and changed ones, as fast as it can."""


ENABLED, FIRED = 0.3, 0.15
"""How often a kind of fault exists in a world at all, and then how often it happens."""


class Sometimes:
    """Faults on purpose, by name: in each world other kinds of them (FoundationDB's Buggify)."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._enabled: dict[str, bool] = {}

    def __call__(self, name: str) -> bool:
        """Say whether the fault of that name happens now."""
        if name not in self._enabled:
            self._enabled[name] = self._rng.random() < ENABLED
        return self._enabled[name] and self._rng.random() < FIRED


@dataclass(frozen=True)
class Carried:
    """A block on its way, the proofs beside it, and the proof that it is final if there is one."""

    block: Block
    proofs: tuple[bytes, ...] = ()
    justification: bytes | None = None


@dataclass(frozen=True)
class Genesis:
    """What block 0 says."""

    stakes: tuple[int, ...]
    """Of the validators, in order."""
    epoch_slots: int
    era_blocks: int


@dataclass(frozen=True)
class Life:
    """What one life of a node, from a start to a stop, is given."""

    index: int
    rng: random.Random
    now_ms: Callable[[], int]
    publish: Callable[[str, bytes], None]
    """Tells all other nodes, by a kind of message of the ledger's own."""
    pass_on: Callable[[str, bytes], None]
    """Tells a few other nodes, which pass it on."""
    is_provider: bool
    lie: Lie | None
    sometimes: Callable[[str], bool]
    """Says whether the fault of that name happens now."""
    own_keys: Callable[[], Collection[bytes]]
    """The keys that the node authors and votes with."""
    audit_keys: AuditKeys
    """The keys that it audits with; there are none if it is no validator."""
    steward: Steward | None = None
    """Changes the validator's session keys, if it is one."""
    has_cheat: bool = False
    """Whether the provider of the world gets one element of each product wrong."""
    audit_rate: int = DEFAULTS.audits.least_rate
    """What part of the segments the client of the world wants to be audited."""


class NodeLedger(Protocol):
    """One life of the parts of a node that depend on the state transition."""

    store: Store[Any]
    executor: Executor[Any]
    bodies: BodyChecker
    epochs: EpochSource
    factory: BlockFactory[Any]
    votes: VoterStore

    def voters(self) -> VoterSet:
        """Return who decides on the blocks above the last finalized one."""

    async def run(self) -> None:
        """Serve what goes on beside consensus, until cancelled."""

    def on_imported(self, event: Imported) -> None:
        """Hear that a block was written."""

    def on_equivocation(self, proof: Equivocation) -> None:
        """Hear that someone said two things."""

    async def receive(self, kind: str, payload: bytes) -> str | None:
        """Take a message of the ledger's own; return what is wrong with it."""

    def block(self, block_hash: bytes) -> Carried | None:
        """Return a stored block."""

    def justification(self) -> bytes | None:
        """Return the proof of the last finalized block."""


class Ledger(Protocol):
    """The state transition under test, for one world."""

    def __init__(self, genesis: Genesis) -> None:
        """Begin a chain."""

    def make_disk(self) -> Any:
        """Return what survives restarts; it has `lose_power(rng)`."""

    def make_chain(self, disk: Any, life: Life) -> NodeLedger:
        """Start a node on a disk."""

    def check(self, final: Mapping[int, bytes], disks: Sequence[Any]) -> Sequence[str]:
        """Check what the nodes kept of the final chain, hash by height; tell what is in it."""
