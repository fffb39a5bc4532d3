"""Blocks that come when they are called, for development chains of one author.

The chain's clock stands still between two calls. It begins in the year 2000 and may run as far as
today, so each slot that is used has begun: importers check it as they check any other.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

import trio

from consensus.slots import SlotClock
from consensus.verification import slot_of
from genesis.spec import ChainSpec
from node.chain import Chain
from node.config import BadConfig
from node.pool.gossip_queue import GossipQueue
from node.rpc.development import CannotMine
from runtime.primitives.block import Header

BEGINNING_MS = 946_684_800_000
"""1 January 2000: 26 years of a chain's time, and a fixed day, so that a run can be repeated."""

MAX_UNFINAL = 64
"""Blocks that may wait for finality before the next: one vote makes all of them final."""

DEVELOPMENT_TYPES = ("Development", "Local")
"""Chains whose nodes start together on one machine, and whose keys everybody has."""

logger = logging.getLogger(__name__)


def refuse_many_authors(spec: ChainSpec, authors: int, mode: str) -> None:
    """Let nobody call blocks of a chain that is not his own alone.

    Raises: BadConfig.
    """
    if spec.chain_type not in DEVELOPMENT_TYPES:
        raise BadConfig(
            f"--block-time {mode} wants a chain of type {' or '.join(DEVELOPMENT_TYPES)}, "
            f"got {spec.name}, which is {spec.chain_type}."
        )
    if authors != 1:
        raise BadConfig(
            f"--block-time {mode} wants a chain with one authority, such as dev, got {authors}."
        )


class CalledSlots:
    """A source of slots that are called. Invariant: none is called twice, and each has begun."""

    def __init__(self, clock: SlotClock, head_slot: Callable[[], int]) -> None:
        self._clock, self._head_slot = clock, head_slot
        self._last = BEGINNING_MS // clock.slot_ms - 1
        self._send, self._receive = trio.open_memory_channel[tuple[int, trio.Event]](0)
        self._served: trio.Event | None = None
        self._has_started = False

    async def next_slot(self, after: int) -> int:
        """Wait until a slot is called; the one that was called before has been served.

        The first answer is the slot that an author was started in, which it leaves alone.
        """
        if self._served is not None:
            self._served.set()
        if not self._has_started:
            self._has_started = True
            return max(after, self._head_slot())
        slot, self._served = await self._receive.receive()
        return slot

    def deadline_ms(self, slot: int) -> int:  # noqa: ARG002
        """Return the Unix time by which a block must be built: as long as others take for one."""
        return self._clock.now_ms() + self._clock.slot_ms * 2 // 3

    async def call(self, ahead: int = 1) -> int:
        """Have the author use the slot that lies so far ahead of the last; return it.

        Raises: CannotMine if the wall clock is not there yet.
        """
        slot = max(self._last, self._head_slot()) + ahead
        if not self._clock.has_begun(slot):
            room = max(self._clock.current() - slot + ahead, 0)
            raise CannotMine(
                f"the chain's clock cannot pass today's: wanted at most {room} slots of "
                f"{self._clock.slot_ms} ms, got {ahead}; a chain that began by the clock has none, "
                "begin one with called blocks: starminer devnet reset"
            )
        self._last = slot
        served = trio.Event()
        await self._send.send((slot, served))
        await served.wait()
        return slot


class Miner:
    """Calls blocks, one after the other, and lets finality keep up."""

    def __init__(self, slots: CalledSlots, chain: Chain, slot_ms: int) -> None:
        self._slots, self._chain, self._slot_ms = slots, chain, slot_ms
        self._turn = trio.Lock()

    async def mine(self, blocks: int) -> Header:
        """Make blocks in the next slots; return the last.

        Raises: CannotMine.
        """
        for _ in range(blocks):
            await self._call(1)
        return self._chain.best

    async def warp(self, milliseconds: int) -> Header:
        """Let that much of the chain's time pass, and author a block at the end of it.

        Raises: CannotMine.
        """
        await self._call(max(1, -(-milliseconds // self._slot_ms)))
        return self._chain.best

    async def mine_for(self, arrivals: GossipQueue) -> None:
        """Make a block whenever transactions have come, until cancelled."""
        seen = 0
        while True:
            seen = await arrivals.beyond(seen)
            try:
                await self.mine(1)
            except CannotMine as error:
                logger.error("a transaction waits: %s", error)

    async def _call(self, ahead: int) -> None:
        async with self._turn:
            await self._until_finality_is_near()
            slot = await self._slots.call(ahead)
            if slot_of(self._chain.best) != slot:
                raise CannotMine(
                    f"no block came in slot {slot}: wanted a node that has the key of the chain's "
                    "authority and is not syncing; its log says more"
                )

    async def _until_finality_is_near(self) -> None:
        chain = self._chain
        with chain.subscribe() as events:
            while chain.best.number - chain.finalized.number >= MAX_UNFINAL:
                await events.receive()
