"""Blocks that come when they are called, for development chains of one author.

The chain's clock stands still between two calls (`called_slots`). It begins in the year 2000 and
may run as far as today, so each slot that is used has begun: importers check it as they check any
other.
"""

from __future__ import annotations

import logging

import trio

from consensus.slots import SlotClock
from consensus.verification import slot_of
from genesis.spec import ChainSpec
from node.called_slots import CalledSlots
from node.chain import Chain
from node.config import BadConfig
from node.pool.gossip_queue import GossipQueue
from node.rpc.development import CannotMine
from runtime.primitives.block import Header

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


class Miner:
    """Calls blocks, one after the other, and lets finality keep up.

    Invariant: it calls no slot that has not begun by the wall clock, by which importers check it.
    """

    def __init__(self, slots: CalledSlots, chain: Chain, clock: SlotClock) -> None:
        self._slots, self._chain, self._clock = slots, chain, clock
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
        await self._call(max(1, -(-milliseconds // self._clock.slot_ms)))
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
            self._check_begun(self._slots.latest + ahead, ahead)
            slot = await self._slots.call(ahead)
            if slot_of(self._chain.best) != slot:
                raise CannotMine(
                    f"no block came in slot {slot}: wanted a node that has the key of the chain's "
                    "authority and is not syncing; its log says more"
                )

    def _check_begun(self, slot: int, ahead: int) -> None:
        """Raise CannotMine if the wall clock has not come to a slot."""
        clock = self._clock
        if not clock.has_begun(slot):
            room = max(clock.current() - slot + ahead, 0)
            raise CannotMine(
                f"the chain's clock cannot pass today's: wanted at most {room} slots of "
                f"{clock.slot_ms} ms, got {ahead}; a chain that began by the clock has none, "
                "begin one with called blocks: starminer devnet reset"
            )

    async def _until_finality_is_near(self) -> None:
        chain = self._chain
        with chain.subscribe() as events:
            while chain.best.number - chain.finalized.number >= MAX_UNFINAL:
                await events.receive()
