"""What the import queue asks of the node, and what it tells the node."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from enum import Enum
from typing import Generic, Protocol, TypeVar

from consensus.equivocation import BlockEquivocation
from consensus.finality.tally import Handovers
from consensus.fork_choice import Record
from consensus.fork_tree import Node, Pruned
from runtime.primitives.block import Block, Header


class State(Protocol):
    """The state after a block; consensus knows only its root."""

    @property
    def root(self) -> bytes:
        """Return the state root."""
        ...


class Executed(Protocol):
    """What execution made of a block."""

    @property
    def state(self) -> State:
        """Return the state after the block."""
        ...


ExecutedT = TypeVar("ExecutedT", bound=Executed)
ExecutedCo = TypeVar("ExecutedCo", bound=Executed, covariant=True)
ResultT = TypeVar("ResultT")


class Executor(Protocol[ExecutedCo]):
    """Executes blocks by the rules of their height; pure apart from reading the parent's state."""

    def execute(self, block: Block, parent: Header) -> Generator[None, None, ExecutedCo]:
        """Execute `block` on the state after `parent`, yielding every few milliseconds.

        Checks that the digest items of the runtime in the header are the ones execution makes.
        Raises: ExecutionFailed, or another BadBlock of `consensus.errors`.
        """
        ...

    def replay(self, block: Block, parent: Header) -> Generator[None, None, ExecutedCo]:
        """Execute a block that is proven final: as `execute`, without checking signatures."""
        ...


class Runner(Protocol):
    """Drives executions: inline in simulation, in slices in production."""

    async def run(self, work: Generator[None, None, ResultT]) -> ResultT:
        """Run `work` to its end and return its value."""
        ...

    async def breathe(self) -> None:
        """Let other tasks run, if it is time."""
        ...


class BodyChecker(Protocol):
    """Checks a body before it is executed: the costly checks, in parallel where the node can."""

    def extrinsics_root(self, extrinsics: tuple[bytes, ...]) -> bytes:
        """Return the root that a header with these extrinsics has."""
        ...

    async def check_receipts(self, block: Block, parent: Header, proofs: tuple[bytes, ...]) -> None:
        """Check work receipts against the proofs beside the block.

        Raises: BadProofs if the proofs are not the ones the block names, BadReceipts if they are.
        """
        ...

    def check_proofs(self, block: Block, proofs: tuple[bytes, ...]) -> None:
        """Check that the proofs beside a final block are the ones it names. Raises: BadProofs."""
        ...

    async def check_signatures(self, block: Block, parent: Header) -> None:
        """Check the extrinsics' signatures that were not checked before. Raises: BadSignature."""
        ...


@dataclass(frozen=True, slots=True)
class BlockWrite(Generic[ExecutedT]):
    """An imported block: the store keeps all of it in one atomic batch, or nothing."""

    block: Block
    record: Record
    """To be kept: fork choice starts from it after a restart."""
    executed: ExecutedT
    proofs: tuple[bytes, ...]
    is_best: bool
    """Whether the block is the new head."""


@dataclass(frozen=True, slots=True)
class FinalityWrite:
    """A step of finality: one atomic batch, on disk when the call returns."""

    finalized: tuple[Node, ...]
    """Parents first; the last one is the new finalized head."""
    abandoned: tuple[Node, ...]
    """Blocks that can never become final: their states can go."""
    best: Node
    """The head, which may have changed with the branches that are gone."""
    justification: bytes
    """SCALE, proves the last of `finalized`."""


@dataclass(frozen=True, slots=True)
class Jump:
    """A final block far above an empty chain, whose state was fetched: the chain goes on there."""

    header: Header
    justification: bytes
    """SCALE, proves `header` final; checked before, by the voters of its time."""
    handovers: Handovers
    """The changes of voters from genesis up to it, itself included."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the store knows of the chain at start."""

    finalized: tuple[Header, Record]
    """The last finalized block, or genesis."""
    unfinalized: tuple[tuple[Header, Record], ...]
    """Every block above it that descends from it, parents first."""


class Store(Protocol[ExecutedT]):
    """The database, as the import queue sees it."""

    def load(self) -> Snapshot:
        """Return what was written before."""
        ...

    def import_block(self, write: BlockWrite[ExecutedT]) -> None:
        """Write an imported block."""
        ...

    def finalize(self, write: FinalityWrite) -> None:
        """Write a step of finality."""
        ...

    def jump(self, jump: Jump) -> None:
        """Make a block whose state is here the only one, final and best."""
        ...


class Origin(Enum):
    """Where a block comes from."""

    OWN = "own"
    ANNOUNCED = "announced"
    """A peer sent it unasked."""
    REQUESTED = "requested"
    """We asked for it, because other blocks build on it."""


@dataclass(frozen=True, slots=True)
class ImportRequest(Generic[ExecutedT]):
    """A block at the door."""

    block: Block
    proofs: tuple[bytes, ...] = ()
    justification: bytes | None = None
    """SCALE; proves this very block final."""
    origin: Origin = Origin.ANNOUNCED
    executed: ExecutedT | None = None
    """For own blocks: building was executing, and a good block is never executed twice."""
    is_final: bool = False
    """Whether its hash is proven to be an ancestor of a final block, or of one: then its voters
    have checked claim, seal, receipts and signatures, and only what they made of it is redone."""


@dataclass(frozen=True, slots=True)
class Imported:
    """A block is in the chain."""

    node: Node
    is_new: bool
    """False if it was there before."""
    is_best: bool
    """Whether it became the head by this import."""


@dataclass(frozen=True, slots=True)
class Finalized:
    """Finality moved."""

    pruned: Pruned
    best: Node
    justification: bytes

    @property
    def node(self) -> Node:
        """Return the new finalized head."""
        return self.pruned.finalized[-1]


class ChainListener(Protocol):
    """Hears what happens to the chain, in order; must not block."""

    def on_imported(self, event: Imported) -> None:
        """Hear that a new block was written."""
        ...

    def on_finalized(self, event: Finalized) -> None:
        """Hear that finality moved, and was written."""
        ...

    def on_equivocation(self, proof: BlockEquivocation) -> None:
        """Hear that an author has two blocks in one slot."""
        ...
