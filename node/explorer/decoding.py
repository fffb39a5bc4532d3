"""Blocks as the explorer reads them: extrinsics and events, decoded by the rules of their block."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from node.chain import Chain
from node.explorer.readable import Json, Readable
from node.rpc.blocks import extrinsic_hash
from node.store.blocks import UnknownBlock
from node.store.lru import Lru
from runtime.construct import Runtime
from runtime.events import decode_records
from runtime.executive import Executive
from runtime.frame import Context
from runtime.frame.calls import Call, CallTable
from runtime.frame.pallet import FINALIZATION, INITIALIZATION, Pallet, Record
from runtime.frame.storage import BoundMap, Item
from runtime.pallets.system import ExtrinsicFailed, ExtrinsicSuccess
from runtime.pallets.transaction_payment import TransactionFeePaid
from runtime.primitives.block import Header
from runtime.primitives.extrinsic import Extrinsic, decode_extrinsic
from runtime.state.overlay import Overlay

BLOCKS_KEPT = 8
"""Decoded blocks in memory: a block and those that a reader steps to from it."""

PHASES = {INITIALIZATION: "initialization", FINALIZATION: "finalization"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an extrinsic ended, as its events tell it."""

    ok: bool
    error: Json
    """Name and words of the refusal, or None."""
    fee: int
    """Planck, with the tip; 0 for inherents."""
    tip: int
    picoseconds: int


@dataclass(frozen=True, slots=True)
class Decoded:
    """An extrinsic."""

    index: int
    hash: bytes
    raw: bytes
    extrinsic: Extrinsic
    call: Call

    @property
    def name(self) -> str:
        """What it calls."""
        return f"{self.call.entry.pallet}.{self.call.entry.name}"

    @property
    def signer(self) -> bytes | None:
        """Who signed it; None for inherents."""
        signature = self.extrinsic.signature
        return None if signature is None else signature.signer


class DecodedBlock:
    """One block: what was in it, what happened, and the state after it."""

    def __init__(self, header: Header, body: tuple[bytes, ...], runtime: Runtime) -> None:
        """`runtime` is the one that executed the block, over the state after it."""
        self.header, self.body, self.runtime = header, body, runtime
        self.calls = CallTable.of(runtime.pallets)
        self.readable = Readable(runtime.system.config.ss58_prefix, runtime)
        self._event_log = runtime.system.event_log

    @property
    def spec_version(self) -> int:
        """The version of that runtime."""
        return self.runtime.runtime_upgrades.config.spec_version

    @cached_property
    def events(self) -> tuple[Record, ...]:
        """What happened, in order; a pure function of bytes, so that a thread may ask first."""
        return tuple(decode_records(self._event_log, self.runtime.pallets))

    @cached_property
    def outcomes(self) -> dict[int, Outcome]:
        """How each extrinsic ended, by its place."""
        fees: dict[int, TransactionFeePaid] = {}
        found: dict[int, Outcome] = {}
        for phase, pallet, event in self.events:
            if isinstance(event, TransactionFeePaid):
                fees[phase] = event
            elif isinstance(event, ExtrinsicSuccess | ExtrinsicFailed):
                failure = event.dispatch_error if isinstance(event, ExtrinsicFailed) else None
                paid = fees.get(phase)
                found[phase] = Outcome(
                    ok=failure is None,
                    error=self.readable.show(None, failure, pallet.name),
                    fee=0 if paid is None else paid.actual_fee,
                    tip=0 if paid is None else paid.tip,
                    picoseconds=event.dispatch_info.weight.ref_time,
                )
        return found

    def extrinsics(self) -> Iterator[Decoded]:
        """Yield the extrinsics in order."""
        return (self.extrinsic(index) for index in range(len(self.body)))

    def extrinsic(self, index: int) -> Decoded:
        """Return an extrinsic by its place; every one of a block on the chain can be decoded."""
        raw = self.body[index]
        extrinsic = decode_extrinsic(raw)
        return Decoded(
            index, extrinsic_hash(raw), raw, extrinsic, self.calls.decode(extrinsic.call)
        )

    def events_of(self, phase: int) -> Iterator[tuple[int, Record]]:
        """Yield the events of an extrinsic with their places in the block."""
        return ((i, record) for i, record in enumerate(self.events) if record.phase == phase)


class Decoder:
    """Decodes blocks whose state is kept; the last few stay decoded."""

    def __init__(self, executive: Executive, chain: Chain) -> None:
        self.executive, self.chain = executive, chain
        self._blocks: Lru[bytes, DecodedBlock] = Lru(BLOCKS_KEPT)

    def block(self, block_hash: bytes) -> DecodedBlock:
        """Return a block.

        Raises node.store.blocks.UnknownBlock; of these, StatePruned where the state is gone.
        """
        known = self._blocks.get(block_hash)
        if known is None:
            known = self._decoded(block_hash)
            self._blocks.put(block_hash, known)
        return known

    def best(self) -> DecodedBlock:
        """Return the best block."""
        return self.block(self.chain.best.hash)

    def keys(
        self, block: DecodedBlock, pallet: Pallet, item: Item, after: Any = None
    ) -> Iterator[Any]:
        """Yield the keys of a map in the order of the state, those behind one of them or all."""
        held: BoundMap[Any, Any] = getattr(pallet, item.attribute)
        start = None if after is None else held.slot(after)
        slots = self.chain.state_at(block.header.hash).keys(item.prefix(pallet), start)
        return map(held.key_of, slots)

    def _decoded(self, block_hash: bytes) -> DecodedBlock:
        chain = self.chain
        header, body = chain.blocks.known_header(block_hash), chain.body(block_hash)
        if body is None:
            raise UnknownBlock(chain.blocks.bodies.why_missing(header.number))
        state = chain.state_at(block_hash)
        has_parent = header.number > 0 and chain.has_state(header.parent_hash)
        before = chain.state_at(header.parent_hash) if has_parent else state
        # not those of the next block, which may be of a version that this release does not carry
        runtime = self.executive.rules_at(before).make(Context(Overlay(state), header.number))
        return DecodedBlock(header, body, runtime)
