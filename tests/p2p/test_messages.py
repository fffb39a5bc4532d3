from collections.abc import Callable

import msgpack
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from p2p.light import (
    HeaderData,
    HeadersRequest,
    HeadersResponse,
    StateRequest,
    StateResponse,
)
from p2p.messages import (
    CHUNK_BYTES,
    MAX_BATCH_TRANSACTIONS,
    MAX_GOSSIP_BYTES,
    MAX_REQUEST_BYTES,
    BlockAnnounce,
    BlockData,
    BlockRequest,
    BlocksRequest,
    BlocksResponse,
    BytesResponse,
    ChunksRequest,
    ChunksResponse,
    Direction,
    Manifest,
    ManifestRequest,
    OpeningRequest,
    Refusal,
    RefusalKind,
    Request,
    Response,
    Roles,
    Status,
    StatusRequest,
    StatusResponse,
    decode_announce,
    decode_manifest,
    decode_request,
    decode_response,
    decode_transactions,
    encode_announce,
    encode_manifest,
    encode_request,
    encode_response,
    encode_transactions,
)
from p2p.schema import MessageError

hashes = st.binary(min_size=32, max_size=32)
numbers = st.integers(0, 2**32 - 1)
statuses = st.builds(
    Status,
    hashes,
    numbers,
    hashes,
    numbers,
    hashes,
    st.sampled_from([Roles.FULL, Roles.FULL | Roles.AUTHORITY, Roles.PROVIDER]),
    st.integers(0, 65_535),
    st.text(max_size=99),
)
blocks = st.builds(
    BlockData,
    st.binary(min_size=1, max_size=99),
    st.lists(st.binary(min_size=1, max_size=99), max_size=4).map(tuple),
    st.lists(st.binary(min_size=1, max_size=99), max_size=2).map(tuple),
    st.none() | st.binary(min_size=1, max_size=99),
)
headers = st.builds(
    HeaderData, st.binary(min_size=1, max_size=99), st.none() | st.binary(min_size=1, max_size=99)
)
requests = st.one_of(
    st.builds(StatusRequest, statuses),
    st.builds(
        BlocksRequest,
        numbers | hashes,
        st.sampled_from(Direction),
        st.integers(0, 256),
        st.integers(0, 2**22),
    ),
    st.builds(BlockRequest, hashes),
    st.builds(OpeningRequest, hashes),
    st.builds(ManifestRequest, hashes),
    st.builds(ChunksRequest, hashes, st.integers(0, 4096), st.integers(0, 32)),
    st.builds(HeadersRequest, numbers, st.integers(0, 512)),
    st.builds(StateRequest, st.lists(hashes, max_size=16).map(tuple)),
)
responses = st.one_of(
    st.builds(StatusResponse, statuses),
    st.builds(BlocksResponse, st.lists(blocks, max_size=3).map(tuple)),
    st.builds(BytesResponse, st.none() | st.binary(max_size=99)),
    st.builds(ChunksResponse, st.lists(st.binary(min_size=1, max_size=99), max_size=3).map(tuple)),
    st.builds(StateResponse, st.lists(st.binary(min_size=1, max_size=99), max_size=9).map(tuple)),
    st.builds(HeadersResponse, st.lists(headers, max_size=3).map(tuple)),
    st.builds(Refusal, st.sampled_from(RefusalKind), st.text(max_size=99)),
)


def refusal_of(decode: Callable[[bytes], object], raw: bytes) -> str | None:
    try:
        decode(raw)
    except MessageError as error:
        return str(error)
    return None


@given(numbers, requests)
def test_every_request_survives_the_wire(id: int, request: Request) -> None:
    assert decode_request(encode_request(id, request)) == (id, request)


@given(numbers, responses)
def test_every_response_survives_the_wire(id: int, response: Response) -> None:
    assert decode_response(encode_response(id, response)) == (id, response)


@given(st.lists(st.binary(min_size=1, max_size=99), max_size=9).map(tuple))
def test_every_batch_survives_the_wire(batch: tuple[bytes, ...]) -> None:
    assert decode_transactions(encode_transactions(batch)) == batch


@given(st.binary(max_size=300))
@example(b"")
@example(b"\xc1")
@example(b"\x91" * 300)
@example(b"\xdd\xff\xff\xff\xff")
@example(b"\xdb\xff\xff\xff\xff")
@example(b"\x93\x01\x00\xa1\xff")
@example(b"\xd6\xff\x00\x00\x00\x00")
def test_any_bytes_decode_or_are_refused_by_name(raw: bytes) -> None:
    for decode in (
        decode_request,
        decode_response,
        decode_transactions,
        decode_announce,
        decode_manifest,
    ):
        refusal = refusal_of(decode, raw)
        assert refusal is None or "wanted" in refusal


@given(requests, st.data())
def test_a_changed_byte_decodes_or_is_refused_by_name(request: Request, data) -> None:
    raw = bytearray(encode_request(1, request))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    refusal = refusal_of(decode_request, bytes(raw))
    assert refusal is None or "wanted" in refusal


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        ((1, 2, (b"short",)), "request.hash: wanted 32 bytes, got 5"),
        ((1, 2, (5,)), "request.hash: wanted bytes, got int"),
        ((1, 2, ()), "request: wanted 1 fields, got 0 fields"),
        ((1, 9, ()), "wanted a request kind up to 8, got 9"),
        ((-1, 2, (bytes(32),)), "request.id: wanted an integer from 0 to 4294967295, got -1"),
        ((True, 2, (bytes(32),)), "request.id: wanted an integer from 0 to 4294967295, got bool"),
        ((1, 5, (bytes(32), 0, 33)), "request.count: wanted an integer from 0 to 32, got 33"),
        ((1, 1, (0, 2, 1, 1)), "request.direction: wanted an integer from 0 to 1, got 2"),
        ((1, 2), "request: wanted 3 fields, got 2 fields"),
        ("hello", "request: wanted 3 fields, got str"),
    ],
)
def test_the_error_names_the_field_and_what_came(value: object, complaint: str) -> None:
    with pytest.raises(MessageError) as raised:
        decode_request(msgpack.packb(value))
    assert str(raised.value) == complaint


def test_a_request_above_the_limit_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(MessageError, match=f"at most {MAX_REQUEST_BYTES} bytes"):
        decode_request(bytes(MAX_REQUEST_BYTES + 1))


def test_a_batch_of_too_many_transactions_is_refused() -> None:
    with pytest.raises(MessageError, match=f"at most {MAX_BATCH_TRANSACTIONS} items"):
        decode_transactions(msgpack.packb([b"x"] * (MAX_BATCH_TRANSACTIONS + 1)))


def test_a_small_block_is_announced_with_its_body() -> None:
    block = BlockData(b"header", (b"a", b"b"), (b"proof",), None)
    assert decode_announce(encode_announce(block)) == BlockAnnounce(b"header", block)


def test_a_large_block_is_announced_by_its_header() -> None:
    block = BlockData(b"header", (bytes(MAX_GOSSIP_BYTES),))
    assert decode_announce(encode_announce(block)) == BlockAnnounce(b"header", None)


def test_a_body_under_another_header_is_refused() -> None:
    raw = msgpack.packb((b"one", (b"two", (), (), None)))
    with pytest.raises(MessageError, match="another header"):
        decode_announce(raw)


def test_a_manifest_with_a_chunk_too_few_is_refused() -> None:
    raw = msgpack.packb((CHUNK_BYTES + 1, (bytes(32),)))
    with pytest.raises(MessageError, match="wanted 2 chunks, got 1"):
        decode_manifest(raw)


def test_a_manifest_has_one_encoding() -> None:
    raw = encode_manifest(Manifest(5, (bytes(32),)))
    assert raw[1] == 5
    padded = raw[:1] + b"\xcd\x00\x05" + raw[2:]
    with pytest.raises(MessageError, match="canonical"):
        decode_manifest(padded)
