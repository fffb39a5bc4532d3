"""The executive: the trip of a block through the runtime, in the order of Substrate's.

    initialize → inherents → signed extrinsics → finalize → the header must be the block's own

Execution is a pure function of the state and the block. It is a generator, so that the event loop
can breathe: each step is a few milliseconds of work.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from runtime.block_execution import BlockExecution, ExhaustedBlock, Parent
from runtime.config import CODE_KEY, ChainConfig
from runtime.construct import Runtime
from runtime.frame import Context
from runtime.frame.calls import CallTable
from runtime.frame.pallet import Record
from runtime.pallets.babe import BadAuthor
from runtime.primitives.block import Block, Digest, Header, PreRuntime
from runtime.rules import Rules
from runtime.signing import SignedBefore
from runtime.state.overlay import Overlay
from runtime.state.trie import Trie
from runtime.validity import Checked, InvalidTransaction, TransactionSource, ValidTransaction
from runtime.versions import VERSIONS, Versions, chosen_by

EXTRINSICS_PER_STEP = 50
"""About five milliseconds of transfers between two checkpoints of the event loop."""

WARM_VALUES = 50_000
"""Decoded values kept from one block to the next, about 30 MB; above this all are dropped."""

READERS = 4
"""How many states have their pallets kept for readers: the best one, the final one, two others."""


class BadBlock(ValueError):
    """The block is not what executing it yields."""


class BadExtrinsic(BadBlock):
    """An extrinsic of the block cannot be in it."""


class StateRootMismatch(BadBlock):
    """Executing the block gives another header than the block's."""


class KnownExtrinsics(Protocol):
    """Extrinsics whose signatures were checked before, by hash."""

    def get(self, key: bytes, /) -> Checked | None:
        """Return what is known of an extrinsic."""
        ...


@dataclass(frozen=True, slots=True)
class Executed:
    """What a block leaves behind."""

    header: Header
    state: Trie
    events: tuple[Record, ...]


class Executive:
    """Builds and executes blocks of one chain, each by the rules that its parent's state asks for.

    Invariant: the pallets in `_warm`, made by the rules beside them, hold decoded values of exactly
    the state whose root they are kept under.
    """

    def __init__(
        self, config: ChainConfig, genesis_hash: bytes, versions: Versions = VERSIONS
    ) -> None:
        self.config = config
        """The constants of the chain; of them an upgrade changes the version alone."""
        self.versions = versions
        self._genesis_hash = genesis_hash
        self._codes = tuple(
            replace(config, spec_version=version).encode()
            for version in sorted(versions, reverse=True)
        )
        """What the code of the chain is by each of them, the newest first."""
        self._rules: dict[bytes | None, Rules] = {}
        """By code: as many as there are versions, since nothing else in it changes."""
        self._warm: tuple[bytes, Rules, Runtime] | None = None
        self._readers: dict[tuple[bytes, int], Runtime] = {}
        """Pallets over states, by root and number; who was read last is last."""
        self._judge: tuple[bytes, BlockExecution] | None = None
        """An empty block on the best one, on which the pool's transactions are tried."""

    @classmethod
    def of_state(cls, state: Trie, genesis_hash: bytes, versions: Versions = VERSIONS) -> Executive:
        """Return the executive of the chain that `state` is of.

        Raises:
            UnknownRuntime: this release does not carry the version that goes on from there.
        """
        config, _ = chosen_by(state.get(CODE_KEY), versions)
        return cls(config, genesis_hash, versions)

    def rules_at(self, state: Trie) -> Rules:
        """Return the rules of the block on top of a state.

        Raises:
            UnknownRuntime: this release does not carry them.
        """
        return self._rules_by(state.get(CODE_KEY))

    def rules_of_all(self) -> Iterator[Rules]:
        """Yield the rules of every version that this release carries, the newest first."""
        for code in self._codes:
            yield self._rules_by(code)

    def _rules_by(self, code: bytes | None) -> Rules:
        rules = self._rules.get(code)
        if rules is None:
            config, version = chosen_by(code, self.versions)
            rules = self._rules[code] = Rules(config, version, self._genesis_hash)
        return rules

    def execute(
        self,
        block: Block,
        parent: Header,
        state: Trie,
        known: KnownExtrinsics,
        *,
        is_final: bool = False,
    ) -> Generator[None, None, Executed]:
        """Execute a block on the state of its parent; yield every few milliseconds.

        The signatures in a block that is proven final are not checked again.

        Raises:
            BadBlock: the block cannot be, or its header is not what execution yields.
        """
        header = block.header.unsealed
        claims = tuple(item for item in header.digest if isinstance(item, PreRuntime))
        execution = self._begin(parent, claims, state, is_final=is_final)
        for start in range(0, len(block.extrinsics), EXTRINSICS_PER_STEP):
            batch = block.extrinsics[start : start + EXTRINSICS_PER_STEP]
            _execute_batch(execution, start, batch, known)
            yield
        executed = yield from self._finish(execution)
        if executed.header != header:
            raise StateRootMismatch(difference(executed.header, header))
        return executed

    def build(self, parent: Header, digest: Digest, state: Trie) -> BlockBuilder:
        """Open a block on the state of its parent; `digest` holds the slot claim."""
        return BlockBuilder(self, self._begin(parent, digest, state))

    def validate(
        self,
        raw: bytes,
        state: Trie,
        best: Header,
        known: KnownExtrinsics,
        source: TransactionSource = TransactionSource.EXTERNAL,
    ) -> tuple[ValidTransaction, Checked]:
        """Say whether a transaction could enter a block on top of `best`.

        Raises:
            InvalidTransaction: it could not; the kind says why.
        """
        if self._judge is None or self._judge[0] != best.hash:
            self._judge = (best.hash, self.open(best, state))
        return self._judge[1].validate(raw, known.get, source)

    def open(self, parent: Parent, state: Trie) -> BlockExecution:
        """Open a block without a slot claim, on which extrinsics are tried and then forgotten."""
        return BlockExecution(self.rules_at(state), parent, (), state)

    def runtime_at(self, state: Trie, number: int) -> Runtime:
        """Return the pallets over a state, for queries; what they write goes nowhere.

        They are those of the next block, so over the last state of an older version they see what
        the next block will have made of it.
        """
        rules = self.rules_at(state)
        runtime = rules.make(Context(Overlay(state), number=number))
        rules.take_over(runtime)
        return runtime

    def reader_at(self, state: Trie, number: int) -> Runtime:
        """Return the pallets of `runtime_at` for one who only reads; others are given them too.

        Making them takes a millisecond, and several services look at every best block.
        """
        place = (state.root, number)
        reader = self._readers.pop(place, None)
        if reader is None or reader.context.overlay.is_changed:
            reader = self.runtime_at(state, number)
        self._readers[place] = reader
        if len(self._readers) > READERS:
            del self._readers[next(iter(self._readers))]
        return reader

    def _begin(
        self, parent: Header, digest: Digest, state: Trie, *, is_final: bool = False
    ) -> BlockExecution:
        rules, runtime = self.rules_at(state), None
        if self._warm is not None and self._warm[:2] == (state.root, rules):
            runtime, self._warm = self._warm[2], None
        signatures = SignedBefore(rules.signatures) if is_final else None
        execution = BlockExecution(
            rules, parent, digest, state, runtime=runtime, signatures=signatures
        )
        try:
            execution.initialize()
        except BadAuthor as error:
            raise BadBlock(str(error)) from error
        return execution

    def _finish(self, execution: BlockExecution) -> Generator[None, None, Executed]:
        header, state, events = yield from execution.finalize()
        runtime = execution.runtime
        is_kept = len(runtime.context.overlay.warm()) <= WARM_VALUES
        self._warm = (state.root, execution.rules, runtime) if is_kept else None
        return Executed(header, state, events)


class BlockBuilder:
    """A block under construction: what fits is pushed, then it is finished, once."""

    def __init__(self, executive: Executive, execution: BlockExecution) -> None:
        self._executive, self._execution = executive, execution
        self._extrinsics: list[bytes] = []

    @property
    def calls(self) -> CallTable:
        """The calls that the block may hold."""
        return self._execution.rules.calls

    def push(self, raw: bytes, known: KnownExtrinsics) -> None:
        """Append an extrinsic.

        Raises:
            InvalidTransaction: it cannot enter this block; nothing changed.
            ExhaustedBlock: it does not fit any more; nothing changed.
        """
        self._execution.apply(raw, known.get)
        self._extrinsics.append(raw)

    def finish(self) -> Generator[None, None, tuple[Block, Executed]]:
        """Close the block and return it without its seal, with what it leaves behind.

        Yields every few milliseconds.
        """
        executed = yield from self._executive._finish(self._execution)
        return Block(executed.header, tuple(self._extrinsics)), executed


def _execute_batch(
    execution: BlockExecution, start: int, batch: tuple[bytes, ...], known: KnownExtrinsics
) -> None:
    """Check a batch of extrinsics, then apply it; `start` is the position of the first.

    Signatures come all together, because the curve's code and tables and those of the interpreter
    push each other out of the processor's caches: one by one they cost a seventh more.
    """
    position = start
    try:
        checked = []
        for position, raw in enumerate(batch, start):  # noqa: B007 - told below
            checked.append(execution.check(raw, known.get))
        for position, one in enumerate(checked, start):  # noqa: B007 - told below
            execution.apply_checked(one)
    except (InvalidTransaction, ExhaustedBlock) as error:
        raise BadExtrinsic(f"extrinsic {position}: {error}") from error


def difference(ours: Header, theirs: Header) -> str:
    """Say in which fields two headers of one block differ."""
    names = ("parent_hash", "number", "state_root", "extrinsics_root", "digest")
    return "; ".join(
        f"{name}: wanted {_shown(getattr(ours, name))}, got {_shown(getattr(theirs, name))}"
        for name in names
        if getattr(ours, name) != getattr(theirs, name)
    )


def _shown(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else repr(value)
