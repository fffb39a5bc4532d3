"""SCALE: every value has exactly one encoding, and only that one decodes."""

from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.primitives.scale import (
    DecodeError,
    EncodeError,
    decode,
    decode_compact,
    encode,
    encode_compact,
)
from runtime.primitives.schema import Bounded
from runtime.primitives.types import (
    H256,
    I64,
    U8,
    U16,
    U32,
    U64,
    U128,
    U256,
    CompactU32,
    CompactU128,
)


class Colour(Enum):
    RED = 0
    BLUE = 3


@dataclass(frozen=True, slots=True)
class Pair:
    left: U32
    right: U128
    wide: U256


@dataclass(frozen=True, slots=True)
class Nothing:
    index: ClassVar[int] = 0


@dataclass(frozen=True, slots=True)
class Something:
    index: ClassVar[int] = 7
    value: U16
    pairs: tuple[Pair, ...]


Shape = Nothing | Something


@dataclass(frozen=True, slots=True)
class Everything:
    pair: Pair
    text: str
    data: bytes
    hash: H256
    flag: bool
    maybe: CompactU128 | None
    colour: Colour
    shape: Shape
    table: dict[CompactU32, U8]
    signed: I64
    few: Annotated[tuple[U64, ...], Bounded(4)]


PAIRS = st.builds(
    Pair, st.integers(0, 2**32 - 1), st.integers(0, 2**128 - 1), st.integers(0, 2**256 - 1)
)
SHAPES = st.one_of(
    st.just(Nothing()),
    st.builds(Something, st.integers(0, 2**16 - 1), st.lists(PAIRS, max_size=3).map(tuple)),
)
VALUES = st.builds(
    Everything,
    PAIRS,
    st.text(max_size=20),
    st.binary(max_size=80),
    st.binary(min_size=32, max_size=32),
    st.booleans(),
    st.none() | st.integers(0, 2**128 - 1),
    st.sampled_from(Colour),
    SHAPES,
    st.dictionaries(st.integers(0, 2**32 - 1), st.integers(0, 255), max_size=4),
    st.integers(-(2**63), 2**63 - 1),
    st.lists(st.integers(0, 2**64 - 1), max_size=4).map(tuple),
)


@given(VALUES)
def test_a_value_survives_the_trip(value: Everything) -> None:
    assert decode(encode(value, Everything), Everything) == value


@given(st.binary(max_size=200))
def test_what_decodes_has_no_other_encoding(raw: bytes) -> None:
    try:
        value = decode(raw, Everything)
    except DecodeError:
        return
    assert encode(value, Everything) == raw


@given(VALUES, st.data())
def test_a_damaged_encoding_is_refused_or_means_something_else(
    value: Everything, data: st.DataObject
) -> None:
    raw = bytearray(encode(value, Everything))
    position = data.draw(st.integers(0, len(raw) - 1))
    raw[position] ^= data.draw(st.integers(1, 255))
    with suppress(DecodeError):
        assert decode(bytes(raw), Everything) != value


@given(st.integers(0, 2**536 - 1))
def test_a_compact_integer_survives_the_trip(value: int) -> None:
    raw = encode_compact(value)
    assert decode_compact(raw, 0) == (value, len(raw))


@pytest.mark.parametrize(
    ("raw", "annotation", "reason"),
    [
        (b"\x01\x00", CompactU32, "shortest form"),
        (b"\x02\x00\x00\x00", CompactU32, "shortest form"),
        (b"\x03\x00\x00\x00\x00", CompactU32, "shortest form"),
        (b"\x07\x00\x00\x00\x00\x01", CompactU32, "wanted an integer of 4 bytes"),
        (b"\x02", U8 | None, "option tag 2"),
        (b"\x02", bool, "ends inside a value"),
        (b"\x01\x02", U8, "wanted 1 bytes, got 2"),
        (b"\x01", U32, "ends inside a value"),
        (b"\x05", Colour, "not a value"),
        (b"\x05", Shape, "not a value"),
        (b"\x08\x02\x00\x01\x00", dict[U8, U8], "not in order"),
        (b"\x08\x01\x00\x01\x00", dict[U8, U8], "not in order"),
        (b"\x04\xff", str, "not a value"),
        (b"\xfe\xff\xff\xff", tuple[U8, ...], "more items than bytes"),
        (b"\x0c\x01\x02\x03", Annotated[bytes, Bounded(2)], "wanted at most 2 items, got 3"),
        (b"\x00" * 31, H256, "too short"),
    ],
)
def test_bytes_that_are_not_canonical_are_refused(raw: bytes, annotation: Any, reason: str) -> None:
    with pytest.raises(DecodeError, match=reason):
        decode(raw, annotation)


@pytest.mark.parametrize(
    ("value", "annotation"),
    [
        (-1, U32),
        (2**32, U32),
        (2**128, U128),
        (-1, U128),
        (2**256, U256),
        (-1, U256),
        (2**32, CompactU32),
        (-1, CompactU32),
        (b"\0" * 31, H256),
        (None, U8),
        (Nothing(), Colour),
        (b"abc", Annotated[bytes, Bounded(2)]),
    ],
)
def test_values_that_do_not_fit_are_refused(value: Any, annotation: Any) -> None:
    with pytest.raises(EncodeError):
        encode(value, annotation)
