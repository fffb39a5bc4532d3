"""Values of every SCALE type by reflection on its schema, and encodings gone wrong."""

from functools import cache
from typing import Any

from hypothesis import strategies as st

from runtime.pallets.conviction_voting.types import Conviction, Vote
from runtime.pallets.identity.types import HASHED, MAX_RAW_BYTES, NO_DATA, Data, raw
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
    Sequence,
    Text,
    Uint,
    schema_of,
)

BY_HAND: dict[str | None, st.SearchStrategy[Any]] = {
    "Vote": st.builds(Vote, st.booleans(), st.sampled_from(list(Conviction))),
    "Data": st.one_of(
        st.just(NO_DATA),
        st.binary(max_size=MAX_RAW_BYTES).map(raw),
        st.builds(Data, st.sampled_from(list(HASHED)), st.binary(min_size=32, max_size=32)),
    ),
}
"""Values of types whose codec is written by hand, by the name of the type."""

MOST_ITEMS = 3
MOST_BYTES = 40


def values_of(annotation: Any) -> st.SearchStrategy[Any]:
    """Return the values of a type annotation or a schema."""
    return _values(schema_of(annotation))


@cache
def _values(schema: Schema) -> st.SearchStrategy[Any]:
    match schema:
        case Uint(width) | Compact(width):
            return st.integers(0, 2 ** (8 * width) - 1) | st.integers(0, 70)
        case Int(width):
            return st.integers(-(2 ** (8 * width - 1)), 2 ** (8 * width - 1) - 1)
        case Bool():
            return st.booleans()
        case Text():
            return st.text(max_size=9)
        case Fixed(size):
            return st.binary(min_size=size, max_size=size)
        case Bytes(limit):
            return st.binary(max_size=MOST_BYTES if limit is None else min(limit, MOST_BYTES))
        case Sequence(item, limit):
            most = MOST_ITEMS if limit is None else min(limit, MOST_ITEMS)
            return st.lists(st.deferred(lambda: _values(item)), max_size=most).map(tuple)
        case Product(items):
            return st.tuples(*map(_values, items))
        case Option(some):
            return st.none() | st.deferred(lambda: _values(some))
        case Mapping(key, value):
            return st.dictionaries(_values(key), _values(value), max_size=MOST_ITEMS)
        case Named(inner):
            return _values(inner)
        case Composite(kind):
            return st.builds(kind, **{name: _values(inner) for name, inner in schema.fields})
        case Choice(variants):
            return st.one_of([_values(Composite(kind)) for _, kind in variants])
        case Members(kind):
            return st.sampled_from(list(kind))
        case Custom(name=name) if name in BY_HAND:
            return BY_HAND[name]
        case _:
            raise TypeError(f"wanted a type made of parts or a name in BY_HAND, got {schema}")


BOMBS = [
    b"\xfe\xff\xff\xff",
    b"\x03\xff\xff\xff\xff",
    b"\x0b\xff\xff\xff\xff\xff\xff\xff",
    b"\xdd\xff\xff\xff\xff",
    b"\xc6\xff\xff\xff\xff",
    b"\x91" * 40,
    b"[" * 40,
]
"""Lengths and depths that no message of this size can have, in SCALE, msgpack and JSON."""


def damaged(encodings: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    """Return encodings with a few bytes changed, lost, doubled or put in, and some left whole."""
    return st.builds(_apply, encodings, st.lists(_CHANGES, max_size=3))


_CHANGES = st.tuples(
    st.sampled_from(["change", "cut", "put", "drop", "double"]),
    st.integers(0, 2**16),
    st.binary(min_size=1, max_size=4) | st.sampled_from(BOMBS),
)


def _apply(raw: bytes, changes: list[tuple[str, int, bytes]]) -> bytes:
    for kind, where, data in changes:
        at = where % (len(raw) + 1)
        if kind == "change":
            raw = raw[:at] + data + raw[at + len(data) :]
        elif kind == "cut":
            raw = raw[:at]
        elif kind == "put":
            raw = raw[:at] + data + raw[at:]
        elif kind == "drop":
            raw = raw[:at] + raw[at + len(data) :]
        else:
            raw = raw[:at] + raw[max(0, at - 8) :]
    return raw
