"""Slots as a client sees them: which a validator should have filled and did not."""

from __future__ import annotations

from dataclasses import dataclass

from cli.sdk.client import Client, enhex, unhex
from consensus.lottery import secondary_author
from consensus.slots import Authority, Epoch
from runtime.pallets.babe import Authority as Weighed
from runtime.primitives.block import BABE_ENGINE, DigestItem, PreRuntime
from runtime.primitives.scale import decode
from runtime.primitives.slot_claim import PreDigest
from runtime.primitives.types import H256, Slot

LOOKED = 100
"""Blocks of the session that are asked for, the newest: a call each."""


@dataclass(frozen=True, slots=True)
class Missed:
    """Slots without a block whose turn was a validator's, of those that were looked at."""

    slots: tuple[Slot, ...]
    looked_at: int


async def missed_slots(client: Client, place: int, at: bytes) -> Missed:
    """Return which slots of this session the validator at a place left empty.

    In each slot it is the turn of one; others may be drawn besides, which only they know.
    """
    epoch = await epoch_at(client, at)
    filled: list[Slot] = []
    block_hash = at
    while len(filled) < LOOKED:
        header = await client.rpc.call("chain_getHeader", enhex(block_hash))
        slot = slot_of(header["digest"]["logs"])
        if slot is None or slot < epoch.start_slot:
            break
        filled.append(slot)
        block_hash = unhex(header["parentHash"])
    if not filled:
        return Missed((), 0)
    looked = range(epoch.start_slot if len(filled) < LOOKED else filled[-1], filled[0])
    empty = dict.fromkeys(looked)
    for slot in filled:
        empty.pop(slot, None)
    turns = tuple(slot for slot in empty if secondary_author(epoch, slot) == place)
    return Missed(turns, len(looked) + 1)


async def epoch_at(client: Client, at: bytes) -> Epoch:
    """Return the epoch that a block is of."""
    index: int = await client.storage("Babe", "EpochIndex", at=at)
    first: Slot = await client.storage("Babe", "GenesisSlot", at=at)
    randomness: H256 = await client.storage("Babe", "Randomness", at=at)
    seated: tuple[Weighed, ...] = await client.storage("Babe", "Authorities", at=at)
    authorities = tuple(Authority(key, weight) for key, weight in seated)
    return Epoch(index, first + index * client.config.epoch_slots, randomness, authorities)


def slot_of(logs: list[str]) -> Slot | None:
    """Return the slot that a header claims; None for block 0."""
    for log in logs:
        item: DigestItem = decode(unhex(log), DigestItem)
        if isinstance(item, PreRuntime) and item.engine == BABE_ENGINE:
            claim: PreDigest = decode(item.payload, PreDigest)
            return claim.slot
    return None
