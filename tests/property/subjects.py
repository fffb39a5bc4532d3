"""What calls are about: entries of the state, so that a call names things that there are.

A call that is made of random arguments alone is nearly always refused: it is about a bounty that
was never proposed, by somebody who is not its curator. Here each call first picks an entry of a map
of its pallet; numbers, accounts and amounts then mostly are those of the entry.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass
from itertools import islice
from random import Random
from typing import Any

from runtime.frame.pallet import Pallet
from runtime.frame.storage import BoundMap, DoubleMap, Map, TripleMap

MOST_LOOKED_AT = 64
"""Entries of a map, in order of their keys."""
TRIES = 4
"""Maps that are looked into until one has an entry."""


@dataclass
class Subject:
    """An entry of the state; what a call takes of it goes to the end of its row."""

    numbers: list[int]
    """Of its key: the number of a bounty, then that of a part of it."""
    accounts: list[bytes]
    hashes: list[bytes]
    amounts: list[int]


NOTHING = Subject([], [], [], [])


def subject_of(pallet: Pallet, accounts: Sequence[bytes], die: Random) -> Subject:
    """Return an entry of some map of a pallet, or nothing."""
    maps = maps_of(type(pallet))
    for name in die.sample(maps, min(len(maps), TRIES)):
        bound: BoundMap[Any, Any] = getattr(pallet, name)
        entries = list(islice(bound.items(), MOST_LOOKED_AT))
        if entries:
            key, record = die.choice(entries)
            return described(key, record, accounts)
    return NOTHING


def maps_of(kind: type[Pallet]) -> list[str]:
    """Return the names of all maps of a pallet."""
    found = {
        name: None
        for base in kind.__mro__
        for name, item in vars(base).items()
        if isinstance(item, Map | DoubleMap | TripleMap)
    }
    return list(found)


def described(key: Any, record: Any, accounts: Sequence[bytes]) -> Subject:
    """Return what a call could name of an entry."""
    in_key, in_record = list(leaves(key)), list(leaves(record))
    words = [one for one in (*in_key, *in_record) if isinstance(one, bytes) and len(one) == 32]
    return Subject(
        numbers=[one for one in in_key if type(one) is int],
        accounts=list(dict.fromkeys(one for one in words if one in accounts)),
        hashes=list(dict.fromkeys(one for one in words if one not in accounts)),
        amounts=[one for one in in_record if type(one) is int and one > 10**6],
    )


def leaves(value: Any) -> Iterator[Any]:
    """Yield the numbers and bytes that a value is made of."""
    if is_dataclass(value) and not isinstance(value, type):
        for one in fields(value):
            yield from leaves(getattr(value, one.name))
    elif isinstance(value, tuple | list):
        for one in value:
            yield from leaves(one)
    elif isinstance(value, bytes) or type(value) is int:
        yield value
