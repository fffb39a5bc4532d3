import json
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesis import json_stream
from genesis.json_stream import MAX_DEPTH, BadJson, JsonStream

DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda below: st.lists(below) | st.dictionaries(st.text(), below),
    max_leaves=20,
)  # fmt: skip


class Dripping(BytesIO):
    """Gives one byte at a time."""

    def read(self, size: int | None = -1) -> bytes:
        return super().read(1)


def strings_of(stream: JsonStream) -> Any:
    """Read objects and strings; skip the rest."""
    if stream.peek() == b"{":
        return [(key, strings_of(stream)) for key in stream.members()]
    if stream.peek() == b'"':
        return stream.string()
    return stream.skip()


def expected(value: Any) -> Any:
    if isinstance(value, dict):
        return [(key, expected(item)) for key, item in value.items()]
    return value if isinstance(value, str) else None


@given(DOCUMENTS, st.sampled_from([None, 2]), st.booleans())
def test_what_json_writes_is_read(document: Any, indent: int | None, is_ascii: bool) -> None:
    raw = json.dumps([document], indent=indent, ensure_ascii=is_ascii).encode("utf-8", "replace")
    wanted = json.loads(raw)[0]
    for file in (BytesIO(raw), Dripping(raw)):
        stream = JsonStream(file)
        assert [strings_of(stream) for _ in stream.items()] == [expected(wanted)]
        stream.end()


@given(st.binary(max_size=40) | st.text('{}[]:,"\\ 0e-.truefalsn', max_size=40).map(str.encode))
def test_bytes_that_skip_accepts_are_json(raw: bytes) -> None:
    stream = JsonStream(BytesIO(raw))
    try:
        stream.skip()
        stream.end()
    except BadJson:
        return
    json.loads(raw.decode(errors="replace"), strict=False)


def test_levels_and_strings_have_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadJson, match=f"wanted at most {MAX_DEPTH} levels"):
        JsonStream(BytesIO(b"[" * 10_000)).skip()
    monkeypatch.setattr(json_stream, "MAX_STRING_BYTES", 1000)
    monkeypatch.setattr(json_stream, "CHUNK_BYTES", 64)
    with pytest.raises(BadJson, match="wanted strings of at most 1000 bytes"):
        JsonStream(BytesIO(b'"' + b"a" * 10_000)).skip()


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "at byte 0: wanted JSON, got the end of the file"),
        (b"  12", "at byte 0: wanted JSON, got   12"),
        (b'"abc', 'at byte 0: wanted JSON, got "abc'),
        (b"{}", "at byte 1: wanted a string, got {"),
        (b'"\xff"', "at byte 3: a string is not UTF-8 text"),
    ],
)
def test_a_message_says_where_and_what(raw: bytes, message: str) -> None:
    with pytest.raises(BadJson) as raised:
        JsonStream(BytesIO(raw)).string()
    assert str(raised.value) == message
