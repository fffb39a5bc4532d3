"""What each hook and each call of a block costs: keys read and written, and time.

A block is opened again on the state of its parent, as if nothing of it were decoded yet. Keys are
counted in one run and time is taken in others, for counting takes time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import thread_time
from typing import Any

from node.offline import Stored
from runtime.block_execution import BlockExecution
from runtime.constants import LIMITS
from runtime.construct import Runtime
from runtime.frame import Context, Weight
from runtime.frame.calls import Call
from runtime.frame.dispatch import Origin
from runtime.frame.pallet import Pallet
from runtime.frame.turns import in_turns
from runtime.primitives.block import PreRuntime
from runtime.primitives.record import record
from runtime.rules import Rules
from runtime.state.overlay import Decode, Encode, Overlay
from runtime.state.trie import Trie
from runtime.validity import Checked

HOOK, POLL = "on_initialize", "on_poll"
"""What runs in a block without a call: what must, and what can wait."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one hook or one call declared and did."""

    pallet: str
    name: str
    """Of the call, or `on_initialize` or `on_poll`."""
    declared: Weight
    reads: int
    """Different keys; 0 where only time was taken."""
    writes: int
    seconds: float


class MeteredOverlay(Overlay):
    """An overlay that notes which keys were read and written; what is listed is not."""

    __slots__ = ("reads", "writes")

    def __init__(self, state: Trie) -> None:
        super().__init__(state)
        self.reads: set[bytes] = set()
        self.writes: set[bytes] = set()

    def get(self, key: bytes, decode: Decode) -> Any:
        """Return the decoded value under `key`, or None."""
        self.reads.add(key)
        return super().get(key, decode)

    def put(self, key: bytes, value: Any, encode: Encode) -> None:
        """Write `value` under `key`; None deletes."""
        self.writes.add(key)
        super().put(key, value, encode)

    def clear_counts(self) -> None:
        """Begin to count anew."""
        self.reads.clear()
        self.writes.clear()

    def counts(self) -> tuple[int, int]:
        """Return how many keys were read, and how many were written."""
        return len(self.reads), len(self.writes)


@dataclass(slots=True)
class Meter:
    """Notes what runs inside `of`, in order."""

    overlay: Overlay
    costs: list[Cost] = field(default_factory=list)

    @contextmanager
    def of(self, pallet: str, name: str) -> Iterator[list[Weight]]:
        """Measure what is inside; it appends the weight that it declares."""
        keys = self.overlay if isinstance(self.overlay, MeteredOverlay) else None
        if keys is not None:
            keys.clear_counts()
        declared: list[Weight] = []
        began = thread_time()
        try:
            yield declared
        finally:
            seconds = thread_time() - began
            reads, writes = (0, 0) if keys is None else keys.counts()
            weight = sum(declared, Weight())
            self.costs.append(Cost(pallet, name, weight, reads, writes, seconds))


@record
class MeteredCall(Call):
    """A call that is measured when it is dispatched, with those inside it."""

    meter: Meter

    def dispatch(self, pallets: Mapping[str, Pallet], origin: Origin) -> None:
        """Run the call, and note what it cost, also if it is refused."""
        with self.meter.of(self.entry.pallet, self.entry.name) as declared:
            declared.append(self.declared)
            Call.dispatch(self, pallets, origin)


def costs_of(rules: Rules, stored: Stored, state: Trie, *, with_keys: bool) -> list[Cost]:
    """Open a block on the state of its parent again; return what each part of it cost, in order.

    Runs with and without keys differ in reads, writes and seconds, and in nothing else.

    Raises: InvalidTransaction, ExhaustedBlock if a call cannot be in the block today.
    """
    overlay = MeteredOverlay if with_keys else Overlay
    return [
        *hook_costs(rules, stored, overlay(state)),
        *call_costs(rules, stored, state, overlay(state)),
    ]


def hook_costs(rules: Rules, stored: Stored, overlay: Overlay) -> list[Cost]:
    """Run the hooks that open a block, as `BlockExecution.initialize` does, and measure each."""
    runtime, number = opened(rules, stored, overlay), stored.number
    rules.take_over(runtime)
    runtime.system.open_block()
    meter, must = Meter(overlay), 0
    for pallet in runtime.pallets:
        with meter.of(pallet.name, HOOK) as declared:
            declared.append(pallet.on_initialize(number))
        must += declared[0].ref_time
    left = max(LIMITS.hook_picoseconds - must, 0)
    for pallet in in_turns(runtime.polled, number):
        with meter.of(pallet.name, POLL) as declared:
            declared.append(pallet.on_poll(number, left))
        left -= declared[0].ref_time
    return meter.costs


def call_costs(rules: Rules, stored: Stored, state: Trie, overlay: Overlay) -> list[Cost]:
    """Apply the extrinsics of a block, and measure the call of each."""
    digest = claims(stored)
    runtime, meter = opened(rules, stored, overlay), Meter(overlay)
    execution = BlockExecution(rules, stored.parent, digest, state, runtime=runtime)
    execution.initialize()
    for raw in stored.block.extrinsics:
        checked = execution.check(raw, unknown)
        call = MeteredCall(checked.call.entry, checked.call.arguments, meter)
        execution.apply_checked(
            Checked(checked.extrinsic, call, checked.birth_hash, checked.spec_version)
        )
    return meter.costs


def opened(rules: Rules, stored: Stored, overlay: Overlay) -> Runtime:
    """Return the pallets over the state that a block found."""
    context = Context(overlay, stored.number, stored.parent.hash, list(claims(stored)))
    return rules.make(context)


def claims(stored: Stored) -> tuple[PreRuntime, ...]:
    """Return what a block says of its slot, which its hooks read."""
    return tuple(item for item in stored.block.header.digest if isinstance(item, PreRuntime))


def unknown(_extrinsic_hash: bytes) -> None:
    """Say that a transaction was not seen before."""
