"""SCALE, type by type: one encoding a value, one value an encoding, memory in the input's size."""

import tracemalloc
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.primitives.scale import DecodeError, codec_of, decode, encode
from tests.fuzz.schemas import all_schemas
from tests.fuzz.values import BOMBS, damaged, values_of

SCHEMAS = all_schemas()

BYTES_PER_BYTE = 200
"""What a decoded byte may take: an item of a tuple, an object of a few fields."""

BASE_BYTES = 64 << 10


def test_no_kind_of_type_is_forgotten() -> None:
    kinds = {name.split()[0] for name in SCHEMAS}
    assert kinds >= {"call", "event", "storage", "key", "header", "justification", "vote"}
    assert len(SCHEMAS) > 100


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_type_has_one_encoding_a_value(name: str) -> None:
    schema = SCHEMAS[name]
    codec_of(schema)

    @given(values_of(schema))
    @settings(max_examples=12)
    def survives(value: object) -> None:
        assert decode(encode(value, schema), schema) == value

    @given(damaged(values_of(schema).map(lambda value: encode(value, schema))))
    @settings(max_examples=25)
    def is_canonical(raw: bytes) -> None:
        try:
            value = decode(raw, schema)
        except DecodeError:
            return
        assert encode(value, schema) == raw

    survives()
    is_canonical()


@pytest.mark.parametrize("bomb", BOMBS, ids=bytes.hex)
def test_a_length_that_is_a_lie_takes_no_memory(bomb: bytes) -> None:
    for name, schema in SCHEMAS.items():
        for raw in (bomb, bytes(32) + bomb, bomb * 40, b"\x01" + bomb):
            with suppress(DecodeError):
                decode(raw, schema)  # variants are compiled when they are first met
            tracemalloc.start()
            with suppress(DecodeError):
                decode(raw, schema)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            assert peak < BASE_BYTES + BYTES_PER_BYTE * len(raw), name


@given(st.data())
@settings(max_examples=30)
def test_what_follows_a_value_is_refused(data: st.DataObject) -> None:
    schema = SCHEMAS[data.draw(st.sampled_from(sorted(SCHEMAS)))]
    raw = encode(data.draw(values_of(schema)), schema)
    with pytest.raises(DecodeError):
        decode(raw + b"\0", schema)
