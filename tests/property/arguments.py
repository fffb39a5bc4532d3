"""Arguments of calls by the types they are of, so that a call is tried as soon as it exists.

What matters about most arguments is that they sometimes mean something: an account that exists, a
number that was given to a thing, an amount that somebody has. A type that is made of parts needs no
line here; one whose codec is written by hand has its line in `BY_TYPE`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from random import Random
from typing import Any

from runtime.compute.job import Market
from runtime.frame.calls import INNER, Call
from runtime.frame.dispatch import GovernanceOrigin
from runtime.frame.fungibles import NATIVE, NativeOrWithId, WithId
from runtime.frame.origins import ROOT_CALLER, CustomOrigin, OriginCaller
from runtime.frame.pallet import Record
from runtime.frame.preimages import Inline
from runtime.pallets.conviction_voting import Conviction
from runtime.pallets.conviction_voting.types import Vote
from runtime.pallets.identity import raw
from runtime.primitives.extrinsic import Id
from runtime.primitives.schema import (
    Bool,
    Bytes,
    Choice,
    Compact,
    Composite,
    Custom,
    Fixed,
    Int,
    Mapping,
    Members,
    Named,
    Option,
    Product,
    Schema,
    Text,
    Uint,
    schema_of,
)
from runtime.primitives.schema import Sequence as Many
from runtime.primitives.types import UNIT
from tests.property.subjects import NOTHING, Subject

ACCOUNT_PATH = "sp_core::crypto::AccountId32"
AMOUNTS = (0, 1, 10**9, UNIT, 10 * UNIT, 100 * UNIT, 5_000 * UNIT, 60_000 * UNIT)
"""Planck: nothing, dust, deposits, bonds, and about what an account has."""
FACTORS = (0, 1, 10**8, 5 * 10**8, 10**9, 10**9 + 1)
"""Parts per billion, and one too many."""
DEADLINES = (1, 3, 10, 30)
"""Blocks from now."""
MARKETS = (Market(0, 0), Market(0, 1), Market(1, 2), Market(9, 9))
"""Three that exist, and one that does not."""
MOST_ITEMS = 3
HASHES_KEPT = NUMBERS_KEPT = 24
ABOUT = {
    "ConvictionVoting": "Referenda",
    "Disputes": "Jobs",
    "Audits": "Jobs",
    "AssetConversion": "Assets",
}
"""Whose numbers the calls of some pallets name."""
SMALL = 6
"""Numbers of things mostly are below: the things that a short run makes."""


@dataclass
class Knowledge:
    """What the machine knows of the world: whom there is, and what was made."""

    die: Random
    accounts: Sequence[bytes]
    now: Callable[[], int]
    """The number of the block under way."""
    inner: Callable[[], Call]
    """Makes a call to lie inside another."""
    hashes: list[bytes] = field(default_factory=lambda: [bytes(32)])
    """Of calls and preimages that were seen."""
    numbers: dict[str, list[int]] = field(default_factory=dict)
    """What events of each pallet said lately: mostly the numbers of things."""
    pallet: str = ""
    """That of the call under way."""
    subject: Subject = field(default_factory=lambda: NOTHING)
    """What the call under way is about."""

    def someone(self) -> bytes:
        """Return an account, mostly one that has to do with the subject."""
        if self.subject.accounts and self.die.random() < 0.6:
            return self.die.choice(self.subject.accounts)
        return self.die.choice(self.accounts)

    def amount(self) -> int:
        """Return an amount: a usual one, or one of the subject or a part of it."""
        if self.subject.amounts and self.die.random() < 0.4:
            return self.die.choice(self.subject.amounts) // self.die.choice((1, 1, 2, 10))
        return self.die.choice(AMOUNTS)

    def digest(self) -> bytes:
        """Return a hash that may be of something."""
        if self.subject.hashes and self.die.random() < 0.6:
            return self.die.choice(self.subject.hashes)
        return self.die.choice(self.hashes)

    def note_hash(self, digest: bytes) -> None:
        """Remember what a call may name later."""
        self.hashes.append(digest)
        del self.hashes[:-HASHES_KEPT]

    def note_event(self, record: Record) -> None:
        """Remember the numbers that an event of a pallet names."""
        event = record.event
        found = [getattr(event, one.name) for one in fields(event)] if is_dataclass(event) else []
        known = self.numbers.setdefault(record.pallet.name, [])
        known += [one for one in found if type(one) is int and one < 2**32]
        del known[:-NUMBERS_KEPT]

    def number(self) -> int:
        """Return a number that may be of something."""
        if self.subject.numbers and self.die.random() < 0.7:
            self.subject.numbers.append(first := self.subject.numbers.pop(0))
            return first
        about = ABOUT.get(self.pallet, self.pallet)
        known, chance = self.numbers.get(about), self.die.random()
        if known and chance < 0.6:
            return self.die.choice(known)
        return self.die.randrange(SMALL) if chance < 0.95 else self.die.getrandbits(31)


def has_generator(schema: Schema) -> bool:
    """Say whether `value` can make values of a schema: a test names the calls for which not."""
    match schema:
        case Product(items):
            return all(map(has_generator, items))
        case Option(inner) | Named(inner) | Many(inner):
            return has_generator(inner)
        case Mapping(key, item):
            return has_generator(key) and has_generator(item)
        case Composite() if schema.kind not in BY_KIND:
            return all(has_generator(inner) for _, inner in schema.fields)
        case Choice(variants) if not chosen_by_hand(variants):
            return all(has_generator(schema_of(kind)) for _, kind in variants)
        case Custom():
            return schema is INNER or schema.name in BY_TYPE or schema.name == INNER.name
        case _:
            return True


def value(schema: Schema, name: str, know: Knowledge) -> Any:
    """Return a value of a schema for an argument or a field of that name."""
    die = know.die
    match schema:
        case Uint(width) | Compact(width):
            return integer(width, name, know)
        case Int(width):
            return die.randrange(-(2 ** (8 * width - 1)), 2 ** (8 * width - 1))
        case Bool():
            return die.random() < 0.5
        case Text():
            return die.choice(["", "a", "some words"])
        case Fixed(size, path):
            return fixed(size, path, know)
        case Bytes(limit):
            return die.randbytes(min(die.choice((0, 1, 32)), 32 if limit is None else limit))
        case Many(item, limit):
            most = MOST_ITEMS if limit is None else min(limit, MOST_ITEMS)
            return tuple(value(item, name, know) for _ in range(die.randint(0, most)))
        case Product(items):
            return tuple(value(item, name, know) for item in items)
        case Option(some):
            return None if die.random() < 0.5 else value(some, name, know)
        case Mapping(key, item):
            return {value(key, name, know): value(item, name, know)}
        case Named(inner):
            return value(inner, name, know)
        case Members(kind):
            return die.choice(list(kind))
        case Custom():
            return know.inner() if schema.name == INNER.name else BY_TYPE[str(schema.name)](know)
        case _:
            return composed(schema, know)


def composed(schema: Schema, know: Knowledge) -> Any:
    """Return a value of a dataclass, or of one of several."""
    if isinstance(schema, Composite):
        if schema.kind in BY_KIND:
            return BY_KIND[schema.kind](know)
        return schema.kind(*(value(inner, name, know) for name, inner in schema.fields))
    assert isinstance(schema, Choice), f"wanted a schema of known parts, got {schema}"
    by_hand = chosen_by_hand(schema.variants)
    if by_hand is not None:
        return by_hand(know)
    _, kind = know.die.choice(schema.variants)
    return composed(schema_of(kind), know)


def integer(width: int, name: str, know: Knowledge) -> int:
    """Return a number: an amount, a fraction, a block from now on, or the number of a thing."""
    die, most = know.die, 2 ** (8 * width) - 1
    if die.random() < 0.02:
        return most
    if width == 16:
        return know.amount()
    words = set(name.split("_"))
    if words & {"factor", "tip", "rate", "commission", "gain", "share"}:
        return min(die.choice(FACTORS), most)
    if words & {"deadline", "height", "when", "until", "block"}:
        return min(know.now() + die.choice(DEADLINES), most)
    return min(know.number(), most)


def fixed(size: int, path: str, know: Knowledge) -> bytes:
    """Return bytes of a size: an account, something that was hashed, or anything."""
    if path == ACCOUNT_PATH:
        return know.someone()
    if size == 32:
        return know.digest() if know.die.random() < 0.9 else know.die.randbytes(32)
    return know.die.randbytes(size)


def address(know: Knowledge) -> Id:
    return Id(know.someone())


def caller(know: Knowledge) -> OriginCaller:
    """Return an origin that a referendum may ask for."""
    origins = [ROOT_CALLER, *(CustomOrigin(one) for one in GovernanceOrigin)]
    return know.die.choice(origins)


def proposal(know: Knowledge) -> Inline:
    """Return a call in full that is short enough to be inline."""
    raw = know.inner().encode()
    return Inline(raw if len(raw) <= 128 else bytes((0, 0, 0)))


def fungible(know: Knowledge) -> NativeOrWithId:
    """Return AGPU or an asset that there may be."""
    return NATIVE if know.die.random() < 0.4 else WithId(know.number())


BY_TYPE: dict[str, Callable[[Knowledge], Any]] = {
    "Data": lambda know: raw(know.die.randbytes(know.die.randrange(33))),
    "Vote": lambda know: Vote(know.die.random() < 0.7, know.die.choice(list(Conviction))),
}
"""Values of types whose codec is written by hand, by the name of the type."""

BY_KIND: dict[type, Callable[[Knowledge], Any]] = {
    Market: lambda know: know.die.choice(MARKETS),
}
"""Values of types of which few mean anything."""

BY_VARIANT: dict[str, Callable[[Knowledge], Any]] = {
    "Id": address,
    "SystemOrigin": caller,
    "Inline": proposal,
    "Native": fungible,
}
"""Values of unions, by the name of a variant."""


def chosen_by_hand(variants: tuple[tuple[int, type], ...]) -> Callable[[Knowledge], Any] | None:
    """Return what makes values of a union with a line in `BY_VARIANT`, or None."""
    found = [BY_VARIANT[kind.__name__] for _, kind in variants if kind.__name__ in BY_VARIANT]
    return found[0] if found else None
