"""What the followers of the chain's head know of it, and the events that bring them up to date.

All followers share one view. It is compared with the chain whenever something happened, and the
difference is told to all; so a new follower starts exactly where the others stand, and events that
the node lost on the way cost nothing.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Protocol

from node.rpc.backend import ChainView, Forks, StatePins
from node.rpc.chain_head.events import (
    BestBlockChanged,
    Finalized,
    HeadEvent,
    Initialized,
    InitializedWithRuntime,
    NewBlock,
    NewBlockWithRuntime,
    RuntimeJson,
    head_event,
    runtime_json,
)
from node.rpc.runtime_api import TypedRuntime
from node.rpc.values import to_hex
from node.store.blocks import UnknownBlock
from node.store.lru import Lru
from runtime.api import RuntimeVersion

FINAL_BLOCKS_SHOWN = 16
"""Final blocks in the first event, as polkadot-sdk has it: a minute, so that a client that comes
back finds the block it left off at."""

MAX_NEWLY_FINAL = 512
"""Blocks that became final at once; more are told by starting over, as after a long sync."""

BODY_BYTES_KEPT = 16 << 20
"""Bodies of open blocks in memory: the store deletes those of forks while clients may hold them."""

VERSIONS_KEPT = 4096
"""Runtime versions by block: as many as blocks are open while finality stands still for hours."""


class Follower(Protocol):
    """Who hears the events."""

    def hear(self, event: HeadEvent) -> None:
        """Take an event; never blocks."""
        ...

    def stop(self) -> None:
        """End: there is a gap in the events."""
        ...


class HeadTracker:
    """The view of the chain that all followers share.

    Invariant: every follower was told of exactly the blocks in `_open`, parents before children,
    of `_final`, and of `_best`.
    """

    def __init__(
        self, chain: ChainView, forks: Forks, pins: StatePins, runtime: TypedRuntime
    ) -> None:
        self._chain, self._forks, self._pins, self._runtime = chain, forks, pins, runtime
        self._followers: dict[Follower, None] = {}
        self._bodies: Lru[bytes, tuple[bytes, ...]] = Lru(BODY_BYTES_KEPT)
        self._versions: Lru[bytes, RuntimeVersion] = Lru(VERSIONS_KEPT)
        self._start_over()

    async def run(self) -> None:
        """Follow the chain until cancelled."""
        with self._chain.subscribe() as events:
            self.advance()
            async for _ in events:
                self.advance()

    def advance(self) -> None:
        """Tell all followers what changed since they last heard."""
        if self._chain.finalized.number - self._final > MAX_NEWLY_FINAL:
            for follower in tuple(self._followers):
                follower.stop()
            self._start_over()
            return
        for event in self._changes():
            for follower in tuple(self._followers):
                follower.hear(event)

    def join(self, follower: Follower) -> None:
        """Tell a new follower where the others stand, and from now on every change."""
        self._followers[follower] = None
        hashes = tuple(self._final_hashes())
        shown = [to_hex(block_hash) for block_hash in hashes]
        runtime = self._runtime_of(hashes[-1])
        follower.hear(
            head_event(Initialized(shown), InitializedWithRuntime(shown, runtime), *hashes)
        )
        for block_hash, parent_hash in self._open.items():
            self._keep_body(block_hash)
            follower.hear(self._new_block(block_hash, parent_hash))
        follower.hear(head_event(BestBlockChanged(to_hex(self._best))))

    def leave(self, follower: Follower) -> None:
        """Forget a follower; a second time does nothing."""
        self._followers.pop(follower, None)

    def body(self, block_hash: bytes) -> tuple[bytes, ...] | None:
        """Return the extrinsics of a block, of a pruned one too if it was followed."""
        stored = self._chain.body(block_hash)
        return self._bodies.get(block_hash) if stored is None else stored

    def _start_over(self) -> None:
        self._final = self._chain.finalized.number
        self._best = self._chain.best.hash
        self._open = {block.hash: block.parent_hash for block in self._forks.open_blocks()}

    def _changes(self) -> Iterator[HeadEvent]:
        """Bring the view to where the chain is, yielding what changes on the way."""
        newly_final = self._newly_final()
        known, self._open = self._open, {}
        for block_hash, parent_hash in newly_final.items():
            if block_hash not in known:
                yield self._new_block(block_hash, parent_hash)
        for block in self._forks.open_blocks():
            self._open[block.hash] = block.parent_hash
            if block.hash not in known:
                self._keep_body(block.hash)
                yield self._new_block(block.hash, block.parent_hash)
        if self._best != self._chain.best.hash:
            self._best = self._chain.best.hash
            yield head_event(BestBlockChanged(to_hex(self._best)))
        if newly_final:
            self._final += len(newly_final)
            left = newly_final | self._open
            pruned = [to_hex(block_hash) for block_hash in known if block_hash not in left]
            final = [to_hex(block_hash) for block_hash in newly_final]
            yield replace(head_event(Finalized(final, pruned)), final=len(final))

    def _newly_final(self) -> dict[bytes, bytes]:
        """Return the blocks that became final since the last time, with their parents."""
        hashes = self._hashes(self._final, self._chain.finalized.number)
        return dict(zip(hashes[1:], hashes, strict=False))

    def _final_hashes(self) -> list[bytes]:
        """Return the last final blocks: those that can be pinned with their state."""
        *before, last = self._hashes(max(0, self._final - FINAL_BLOCKS_SHOWN + 1), self._final)
        return [*filter(self._pins.has_state, before), last]

    def _hashes(self, first: int, last: int) -> list[bytes]:
        hashes = [self._chain.hash_at(number) for number in range(first, last + 1)]
        return [block_hash for block_hash in hashes if block_hash is not None]

    def _new_block(self, block_hash: bytes, parent_hash: bytes) -> HeadEvent:
        block, parent = to_hex(block_hash), to_hex(parent_hash)
        version = self._version(block_hash)
        runtime = None if version == self._version(parent_hash) else runtime_json(version)
        return head_event(
            NewBlock(block, parent), NewBlockWithRuntime(block, parent, runtime), block_hash
        )

    def _runtime_of(self, block_hash: bytes) -> RuntimeJson:
        return runtime_json(self._version(block_hash))

    def _version(self, block_hash: bytes) -> RuntimeVersion:
        """Return the version at a block; where its state is gone, that of the best block."""
        version = self._versions.get(block_hash)
        if version is None:
            try:
                version = self._runtime.version(block_hash)
            except UnknownBlock:
                version = self._runtime.version(self._chain.best.hash)
            self._versions.put(block_hash, version)
        return version

    def _keep_body(self, block_hash: bytes) -> None:
        if self._followers and self._bodies.get(block_hash) is None:
            body = self._chain.body(block_hash)
            if body is not None:
                self._bodies.put(block_hash, body, sum(map(len, body)) + len(body))
