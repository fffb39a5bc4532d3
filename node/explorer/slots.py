"""Slots by epoch: who filled one, and whose turn it was when a slot stayed empty.

Who wins a slot by lot is known to itself alone; that nobody filled it means at least that the one
whose turn it was anyway did not.
"""

from __future__ import annotations

from collections.abc import Iterator

from consensus.lottery import secondary_author
from consensus.slots import Authority, Epoch
from node.backend.ledger import slot_claim
from node.explorer import records
from node.explorer.decoding import DecodedBlock, Decoder
from node.explorer.entries import Gathered, added
from node.explorer.records import SlotRow
from runtime.construct import Runtime
from runtime.primitives.types import AccountId

SLOTS_PER_STEP = 1024
"""Empty slots between two pauses: a hash for each, some milliseconds together."""


def note_slots(decoder: Decoder, block: DecodedBlock, into: Gathered) -> Iterator[None]:
    """Note who filled the slot of a block, and the empty ones between its parent's and it.

    Epochs in which there was no block at all have no authorities that a state could tell: nobody
    missed them. Yields every few milliseconds.
    """
    claim = slot_claim(block.header)
    if claim is None:
        return  # block 0 has no slot
    epoch = epoch_of(decoder, block.runtime)
    author = block.runtime.session.validator(claim.authority_index)
    if author is not None:
        _add(into, epoch.index, author, SlotRow(blocks=1))
    parent = decoder.chain.header(block.header.parent_hash)
    last = None if parent is None else slot_claim(parent)
    if last is None or last.slot + 1 == claim.slot:
        return
    if last.slot < epoch.start_slot and decoder.chain.has_state(block.header.parent_hash):
        before = decoder.block(block.header.parent_hash).runtime
        old = epoch_of(decoder, before)
        end = min(old.start_slot + _epoch_slots(decoder), claim.slot)
        yield from _note_empty(before, old, range(last.slot + 1, end), into)
    since = max(last.slot + 1, epoch.start_slot)
    yield from _note_empty(block.runtime, epoch, range(since, claim.slot), into)


def epoch_of(decoder: Decoder, runtime: Runtime) -> Epoch:
    """Return the epoch of a state."""
    babe = runtime.babe
    return Epoch(
        babe.current_epoch(),
        babe.genesis_slot + babe.current_epoch() * _epoch_slots(decoder),
        babe.randomness,
        tuple(Authority(public, weight) for public, weight in babe.authorities),
    )


def _note_empty(runtime: Runtime, epoch: Epoch, slots: range, into: Gathered) -> Iterator[None]:
    validators = runtime.session.validators
    for slot in slots:
        turn = secondary_author(epoch, slot)
        if turn < len(validators):
            _add(into, epoch.index, validators[turn], SlotRow(missed=1))
        if slot % SLOTS_PER_STEP == 0:
            yield


def _add(into: Gathered, epoch: int, who: AccountId, more: SlotRow) -> None:
    key = records.slots_key(epoch, who)
    into.slots[key] = added(into.slots.get(key, SlotRow()), more)


def _epoch_slots(decoder: Decoder) -> int:
    return decoder.executive.config.epoch_slots
