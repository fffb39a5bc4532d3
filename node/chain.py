"""The head of the chain: best and finalized block, recent states, and news for who listens.

All changes come from one task (import, then finality) and are plain calls; listeners get events
through bounded queues. A listener that is too slow loses its events and gets one `Resync` instead:
it never holds up the node.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

import trio

from node.store.blocks import BlockImport, BlockStore, Finalization, UnknownBlock
from node.store.lru import Lru
from node.store.states import StateStore
from runtime.primitives.block import Header
from runtime.state.trie import Trie

EVENTS_PER_SUBSCRIBER = 256
"""How far a listener may be behind before it starts over: a burst while synchronising."""

MAX_SUBSCRIBERS = 64
"""Services inside the node; RPC clients share one."""

STATES_KEPT = 8
"""Tries of the last blocks and their forks; neighbours share all that did not change."""

TRIE_NODES_LOADED = 120_000
"""Nodes of the recent tries in memory, 65 MB at most; above this the head's trie is cut back.

Replaced nodes count too, so this is every 16 blocks of 1,000 transfers, or hours of light ones.
"""

TRIE_NODES_KEPT = 20_000
"""What remains then: the upper levels, which every block needs; copying them takes 50 ms."""


@dataclass(frozen=True, slots=True)
class TreeRoute:
    """The way from one block to another through their common ancestor."""

    common: bytes
    retracted: tuple[bytes, ...]
    """From the old head down to just above the common ancestor."""
    enacted: tuple[bytes, ...]
    """From just above the common ancestor up to the new head."""


@dataclass(frozen=True, slots=True)
class Imported:
    """A block was executed and written."""

    header: Header
    is_best: bool


@dataclass(frozen=True, slots=True)
class NewBest:
    """Another block is best now."""

    header: Header
    route: TreeRoute


@dataclass(frozen=True, slots=True)
class Finalized:
    """Blocks became final."""

    headers: tuple[Header, ...]
    """Oldest first; never empty."""
    stale: tuple[bytes, ...]
    """Blocks of abandoned forks, gone for good."""


@dataclass(frozen=True, slots=True)
class Resync:
    """Events were lost because the listener was too slow; this is where the chain is now."""

    best: Header
    finalized: Header


ChainEvent = Imported | NewBest | Finalized | Resync


class StatePruned(UnknownBlock):
    """The state after a block was asked for that is not kept; the message is Substrate's."""


class TooManySubscribers(Exception):
    """A service subscribes again and again without leaving."""


class Subscription:
    """One listener's queue of events; iterate over it."""

    def __init__(self, chain: Chain) -> None:
        """Start with nothing to hear."""
        self._chain = chain
        self._send, self._receive = trio.open_memory_channel[ChainEvent](EVENTS_PER_SUBSCRIBER)

    def offer(self, event: ChainEvent) -> None:
        """Queue an event, or replace everything queued by one `Resync`."""
        try:
            self._send.send_nowait(event)
        except trio.WouldBlock:
            self.restart()

    def restart(self) -> None:
        """Replace everything queued by one `Resync`."""
        self._drain()
        self._send.send_nowait(Resync(self._chain.best, self._chain.finalized))

    async def receive(self) -> ChainEvent:
        """Wait for the next event."""
        return await self._receive.receive()

    def __aiter__(self) -> AsyncIterator[ChainEvent]:
        """Iterate over the events, forever."""
        return self._receive.__aiter__()

    def _drain(self) -> None:
        while self._receive.statistics().current_buffer_used:
            self._receive.receive_nowait()


class Chain:
    """The chain of one node.

    Invariant: every change is written before anybody hears of it, what is final is on disk. Only
    blocks that sync knows to be final may wait to be written, and with them all that came after.
    """

    def __init__(self, blocks: BlockStore, states: StateStore) -> None:
        """Continue where the database stands."""
        self.blocks = blocks
        self.states = states
        self._subscriptions: list[Subscription] = []
        self._tries: Lru[bytes, Trie] = Lru(STATES_KEPT)

    # reading

    @property
    def genesis_hash(self) -> bytes:
        """The hash of block 0."""
        return self.blocks.genesis_hash

    @property
    def best(self) -> Header:
        """The header of the best block."""
        return self.blocks.best

    @property
    def finalized(self) -> Header:
        """The header of the last finalized block."""
        return self.blocks.finalized

    def header(self, block_hash: bytes) -> Header | None:
        """Return the header of a block, or None."""
        return self.blocks.header(block_hash)

    def body(self, block_hash: bytes) -> tuple[bytes, ...] | None:
        """Return the extrinsics of a block, or None if it is unknown or pruned."""
        return self.blocks.body(block_hash)

    def hash_at(self, number: int) -> bytes | None:
        """Return the hash of the canonical block of that number, or None."""
        return self.blocks.hash_at(number)

    def is_final(self, block_hash: bytes) -> bool:
        """Say whether a block is the last finalized one or one of its ancestors."""
        header = self.header(block_hash)
        return (
            header is not None
            and header.number <= self.finalized.number
            and self.hash_at(header.number) == block_hash
        )

    def state_at(self, block_hash: bytes) -> Trie:
        """Return the state after a block, shared with everybody who asks.

        Raises UnknownBlock; of these, StatePruned where the block is known.
        """
        if not self.blocks.has_state(block_hash):
            self.blocks.known_header(block_hash)
            raise StatePruned(f"State already discarded for 0x{block_hash.hex()}")
        trie = self._tries.get(block_hash)
        if trie is None:
            trie = self.states.state_at(self.blocks.known_header(block_hash).state_root)
            self._tries.put(block_hash, trie)
        return trie

    def has_state(self, block_hash: bytes) -> bool:
        """Say whether the state after a block is kept."""
        return self.blocks.has_state(block_hash)

    def hold_state(self, block_hash: bytes) -> None:
        """Keep the state after a block, and its body, until it is released as often.

        Nothing if the state is gone.
        """
        if self.blocks.has_state(block_hash):
            number = self.blocks.known_header(block_hash).number
            self.blocks.keeper.hold(block_hash, number)
            self.blocks.bodies.hold(block_hash, number)

    def release_state(self, block_hash: bytes) -> None:
        """Let go of a state that was held; it goes with the next block that is imported."""
        self.blocks.keeper.release(block_hash)
        self.blocks.bodies.release(block_hash)

    def route(self, start: bytes, end: bytes) -> TreeRoute:
        """Return the way between two stored blocks, O(its length); raises UnknownBlock."""
        return tree_route(self.blocks, start, end)

    # changing

    def import_block(self, imported: BlockImport, state: Trie) -> None:
        """Write an executed block with the state it led to, and tell everybody.

        `imported.nodes` is what `state.take_nodes()` gave.
        """
        header, before = imported.block.header, self.best
        assert header.state_root == state.root, "the state is not the block's"
        if not self.blocks.keeper.keeps_all:
            occurrences = state.occurrences_since(self.state_at(header.parent_hash))
            imported = replace(imported, occurrences=occurrences)
        self.blocks.import_block(imported)
        self.blocks.prune_states()
        self.blocks.prune_bodies()
        if state.loaded > TRIE_NODES_LOADED:
            state = state.collapsed(TRIE_NODES_KEPT)
            self._tries.clear()
        self._tries.put(header.hash, state)
        self._publish(Imported(header, imported.is_best))
        self._publish_best(before)

    def set_best(self, block_hash: bytes) -> None:
        """Follow fork choice to another imported block."""
        before = self.best
        self.blocks.set_best(block_hash)
        self._publish_best(before)

    def finalize(
        self,
        block_hash: bytes,
        justification: bytes | None = None,
        *,
        best: bytes | None = None,
        aux: Mapping[bytes, bytes | None] | None = None,
    ) -> Finalization:
        """Make a block and its ancestors final, and tell everybody; see `BlockStore.finalize`."""
        before = self.best
        change = self.blocks.finalize(block_hash, justification, best=best, aux=aux)
        self.blocks.prune_states()
        self.blocks.prune_bodies()
        for stale in change.stale:
            self._tries.forget(stale)
        headers = tuple(self.blocks.known_header(final) for final in change.finalized)
        self._publish_best(before)
        self._publish(Finalized(headers, change.stale))
        return change

    def jump(self, header: Header, justification: bytes) -> None:
        """Go on at a far final block whose state is here; everybody starts over from there."""
        self.blocks.jump(header, justification)
        self._tries.clear()
        for subscription in self._subscriptions:
            subscription.restart()

    # listening

    @contextmanager
    def subscribe(self) -> Iterator[Subscription]:
        """Listen until the end of the `with` block; raises TooManySubscribers."""
        if len(self._subscriptions) >= MAX_SUBSCRIBERS:
            raise TooManySubscribers(f"wanted at most {MAX_SUBSCRIBERS} listeners, got one more")
        subscription = Subscription(self)
        self._subscriptions.append(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.remove(subscription)

    def _publish_best(self, before: Header) -> None:
        if self.best != before:
            self._publish(NewBest(self.best, self.route(before.hash, self.best.hash)))

    def _publish(self, event: ChainEvent) -> None:
        for subscription in self._subscriptions:
            subscription.offer(event)


def tree_route(blocks: BlockStore, start: bytes, end: bytes) -> TreeRoute:
    """Return the way from `start` to `end`: walk both down to one height, then together."""
    low, high = blocks.known_header(start), blocks.known_header(end)
    retracted: list[bytes] = []
    enacted: list[bytes] = []
    while low.hash != high.hash:
        if low.number >= high.number:
            retracted.append(low.hash)
            step_high = low.number == high.number
            low = blocks.known_header(low.parent_hash)
        else:
            step_high = True
        if step_high:
            enacted.append(high.hash)
            high = blocks.known_header(high.parent_hash)
    return TreeRoute(low.hash, tuple(retracted), tuple(reversed(enacted)))
