"""Messages between the node and its device process."""

from contextlib import suppress

import msgpack
import numpy as np
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
    tensors = (np.arange(6, dtype=np.int8).reshape(2, 3), np.array([[-(2**31)]], np.int32))
    frame = encode_frame(Message("matmul", {"n": 1, "b": b"x"}, tensors))
    end = HEAD_BYTES + manifest_bytes(frame[:HEAD_BYTES])
    message = decode_manifest(frame[HEAD_BYTES:end]).message(frame[end:])
    assert (message.kind, message.values) == ("matmul", {"n": 1, "b": b"x"})
    assert [tensor.tolist() for tensor in message.tensors] == [t.tolist() for t in tensors]
    assert [tensor.dtype for tensor in message.tensors] == [np.int8, np.int32]


def test_an_endless_manifest_is_refused_by_its_length() -> None:
    with pytest.raises(BadFrame, match="wanted a manifest of at most 262144 bytes, got 4294967295"):
        manifest_bytes(b"\xff" * 4)


@pytest.mark.parametrize(
    "manifest",
    [
        ("done", {}, [("float64", (1, 1))]),
        ("done", {}, [("int8", (-1, -1))]),
        ("done", {}, [("int32", (2**20, 2**20))]),
        ("done", {}, [("int8", (1, 1))] * 5),
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
