"""Messages between the node and its device process."""

from contextlib import suppress

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as some

from consensus.compute.device_wire import (
    HEAD_BYTES,
    BadFrame,
    Message,
    decode_manifest,
    encode_frame,
    manifest_bytes,
)


def test_a_message_survives_its_encoding() -> None:
    sent = Message("run", {"n": 1, "b": b"x"}, (b"input", b""))
    frame = encode_frame(sent)
    end = HEAD_BYTES + manifest_bytes(frame[:HEAD_BYTES])
    assert decode_manifest(frame[HEAD_BYTES:end]).message(frame[end:]) == sent


def test_an_endless_manifest_is_refused_by_its_length() -> None:
    with pytest.raises(BadFrame, match="wanted a manifest of at most 262144 bytes, got 4294967295"):
        manifest_bytes(b"\xff" * 4)


@pytest.mark.parametrize(
    "manifest",
    [
        ("done", {}, ["many"]),
        ("done", {}, [-1]),
        ("done", {}, [2**26 + 1]),
        ("done", {}, [1, 1, 1]),
        ("done", {}),
        7,
    ],
)
def test_a_manifest_that_promises_nonsense_is_refused(manifest: object) -> None:
    with pytest.raises(BadFrame):
        decode_manifest(msgpack.packb(manifest))


@given(some.binary(max_size=100))
def test_no_bytes_make_the_decoder_fail_otherwise(raw: bytes) -> None:
    with suppress(BadFrame):
        decode_manifest(raw)
