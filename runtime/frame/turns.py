"""Turns: which pallet comes first in a block, of those that have work which can wait.

Hooks share a part of a block. What must happen comes first; of the rest each pallet takes what it
needs, in turns. Of `n` pallets each comes first once in every `n` blocks from a multiple of `n` on.
Each time the order has moved on by one, so that no period in which blocks are heavy, be it `n`
itself, meets the turn of the same pallet for ever.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from runtime.frame.dispatch import Weight
from runtime.primitives.types import BlockNumber


class Polled(Protocol):
    """Who has work that can wait."""

    name: str

    def on_poll(self, number: BlockNumber, left: int) -> Weight:
        """Do what can wait; return what it cost: at most `left` picoseconds."""
        ...


P = TypeVar("P", bound=Polled)


def in_turns(polled: Sequence[P], number: BlockNumber) -> tuple[P, ...]:
    """Return who has work that can wait, in the order of their turns in a block."""
    first = (number + number // len(polled)) % len(polled)
    return (*polled[first:], *polled[:first])


def poll(polled: Sequence[Polled], number: BlockNumber, room: int) -> int:
    """Let pallets do what can wait within so many picoseconds; return how many they used."""
    used = 0
    for pallet in in_turns(polled, number):
        left = max(room - used, 0)
        cost = pallet.on_poll(number, left).ref_time
        assert cost <= left, f"{pallet.name} used {cost} of {left} picoseconds"
        used += cost
    return used
