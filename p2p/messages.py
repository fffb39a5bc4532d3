"""The envelopes that nodes exchange: frozen dataclasses as msgpack arrays with strict bounds.

msgpack never decides an identity here: headers, extrinsics, votes and proofs inside are opaque
SCALE bytes. Decoding refuses whatever is longer, deeper or of another type than the schema says,
with a `MessageError` that names the field, what was wanted and what came.
"""

from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import ClassVar, Final

from p2p.exchange import MAX_PEERS_PER_RESPONSE, PeersRequest, PeersResponse
from p2p.light import (
    MAX_HEADERS_PER_RESPONSE,
    MAX_STATE_ITEMS,
    MAX_STATE_ROOTS,
    HeaderData,
    HeadersRequest,
    HeadersResponse,
    StateRequest,
    StateResponse,
)
from p2p.packing import U32_MAX, envelope, fields, pack, packed, unpack
from p2p.schema import (
    MessageError,
    Reader,
    blob,
    enumeration,
    list_of,
    number,
    optional,
    record,
    text,
)

PROTOCOL_VERSION: Final = 2
"""Raised when an older node could no longer understand a message."""

MAX_GOSSIP_BYTES: Final = 256 * 1024
"""A gossip message is copied to every mesh peer; larger blocks are announced by header alone."""

MAX_REQUEST_BYTES: Final = 1024
"""A request names hashes and numbers only."""

MAX_RESPONSE_BYTES: Final = 4 * 1024 * 1024
"""One response fills at most one yamux window."""

MAX_TRANSACTION_BYTES: Final = 128 * 1024
"""No pool accepts a longer extrinsic."""

MAX_BATCH_BYTES: Final = 256 * 1024
"""A frame of transactions: small enough that one peer cannot hold much of our memory."""

MAX_BATCH_TRANSACTIONS: Final = 4096
MAX_BLOCKS_PER_RESPONSE: Final = 256
"""Enough to fill a response with small blocks."""

MAX_EXTRINSICS: Final = 65_536
MAX_PROOFS: Final = 4096
MAX_HEADER_BYTES: Final = 64 * 1024
MAX_JUSTIFICATION_BYTES: Final = 1024 * 1024
"""A thousand precommits of about 140 bytes leave ample room."""

CHUNK_BYTES: Final = 64 * 1024
"""A chunk is one unit of verification: small enough to lose cheaply, large enough to hash fast."""

MAX_BLOB_BYTES: Final = 256 * 1024 * 1024
"""Job inputs and outputs; its manifest stays under `MAX_RESPONSE_BYTES`."""

MAX_CHUNKS: Final = MAX_BLOB_BYTES // CHUNK_BYTES
MAX_CHUNKS_PER_RESPONSE: Final = 32
HASH_BYTES: Final = 32


class Roles(IntFlag):
    """What a node says it does; nothing is granted for saying so."""

    FULL = 1
    AUTHORITY = 2
    PROVIDER = 4
    PARTIAL = 8
    """Lacks bodies of old blocks for now: it jumped to a recent state."""


class Direction(IntEnum):
    """Which way a block range goes from its start, the start included."""

    ASCENDING = 0
    DESCENDING = 1


class RefusalKind(IntEnum):
    """Why a peer does not answer a request."""

    BUSY = 0
    RATE = 1
    MALFORMED = 2
    UNKNOWN = 3
    INTERNAL = 4


@dataclass(frozen=True, slots=True)
class Status:
    """The handshake: which chain this node follows and how far it is."""

    genesis: bytes
    best_number: int
    best_hash: bytes
    finalized_number: int
    finalized_hash: bytes
    roles: Roles = Roles.FULL
    version: int = PROTOCOL_VERSION
    software: str = ""
    """Its name and release in its own words: for people, and nothing depends on it."""


@dataclass(frozen=True, slots=True)
class BlockData:
    """A block as it travels: the proofs of its openings go beside it, in order."""

    header: bytes
    extrinsics: tuple[bytes, ...]
    proofs: tuple[bytes, ...] = ()
    justification: bytes | None = None


@dataclass(frozen=True, slots=True)
class BlockAnnounce:
    """A new block for gossip; without `body` the receiver asks the sender for it."""

    header: bytes
    body: BlockData | None


@dataclass(frozen=True, slots=True)
class StatusRequest:
    """Exchange handshakes."""

    kind: ClassVar[int] = 0
    status: Status


@dataclass(frozen=True, slots=True)
class BlocksRequest:
    """Blocks from a number or a hash, in one direction, within a count and a byte budget."""

    kind: ClassVar[int] = 1
    start: int | bytes
    direction: Direction
    max_count: int
    max_bytes: int = MAX_RESPONSE_BYTES // 2


@dataclass(frozen=True, slots=True)
class BlockRequest:
    """One block by hash."""

    kind: ClassVar[int] = 2
    hash: bytes


@dataclass(frozen=True, slots=True)
class OpeningRequest:
    """An opening's proof or a receipt by its blake2-256."""

    kind: ClassVar[int] = 3
    hash: bytes


@dataclass(frozen=True, slots=True)
class ManifestRequest:
    """The chunk list of a blob."""

    kind: ClassVar[int] = 4
    root: bytes


@dataclass(frozen=True, slots=True)
class ChunksRequest:
    """Consecutive chunks of a blob."""

    kind: ClassVar[int] = 5
    root: bytes
    first: int
    count: int


Request = (
    StatusRequest
    | BlocksRequest
    | BlockRequest
    | OpeningRequest
    | ManifestRequest
    | ChunksRequest
    | PeersRequest
    | HeadersRequest
    | StateRequest
)


@dataclass(frozen=True, slots=True)
class StatusResponse:
    """The other handshake."""

    kind: ClassVar[int] = 0
    status: Status


@dataclass(frozen=True, slots=True)
class BlocksResponse:
    """The blocks asked for, in the order asked for; empty when the start is unknown."""

    kind: ClassVar[int] = 1
    blocks: tuple[BlockData, ...]


@dataclass(frozen=True, slots=True)
class BytesResponse:
    """A manifest, an opening or a receipt; None when this peer does not have it."""

    kind: ClassVar[int] = 2
    payload: bytes | None


@dataclass(frozen=True, slots=True)
class ChunksResponse:
    """The chunks this peer has from the first one on; fewer than asked when one is missing."""

    kind: ClassVar[int] = 3
    chunks: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """No answer, and why."""

    kind: ClassVar[int] = 4
    reason: RefusalKind
    text: str


Response = (
    StatusResponse
    | BlocksResponse
    | BytesResponse
    | ChunksResponse
    | Refusal
    | PeersResponse
    | HeadersResponse
    | StateResponse
)


@dataclass(frozen=True, slots=True)
class Manifest:
    """The BLAKE3 hashes of a blob's chunks, all `CHUNK_BYTES` long but the last."""

    size_bytes: int
    chunks: tuple[bytes, ...]


def encode_request(id: int, request: Request) -> bytes:
    """Encode `[id, kind, fields]`."""
    return pack((id, request.kind, fields(request)), MAX_REQUEST_BYTES, "a request")


def decode_request(raw: bytes) -> tuple[int, Request]:
    """Decode a request and its id."""
    id, kind, body = envelope(raw, MAX_REQUEST_BYTES, "request")
    reader = _REQUESTS.get(kind)
    if reader is None:
        raise MessageError(f"wanted a request kind up to {len(_REQUESTS) - 1}, got {kind}")
    return id, reader(body, "request")


def encode_response(id: int, response: Response) -> bytes:
    """Encode `[id, kind, fields]`; raises MessageError when it is too long to be sent."""
    return pack((id, response.kind, fields(response)), MAX_RESPONSE_BYTES, "a response")


def decode_response(raw: bytes) -> tuple[int, Response]:
    """Decode a response and the id of its request."""
    id, kind, body = envelope(raw, MAX_RESPONSE_BYTES, "response")
    reader = _RESPONSES.get(kind)
    if reader is None:
        raise MessageError(f"wanted a response kind up to {len(_RESPONSES) - 1}, got {kind}")
    return id, reader(body, "response")


def encode_transactions(batch: tuple[bytes, ...]) -> bytes:
    """Encode a batch of extrinsics for a notification stream."""
    return pack(batch, MAX_BATCH_BYTES, "a batch")


def decode_transactions(raw: bytes) -> tuple[bytes, ...]:
    """Decode a batch of extrinsics."""
    return _TRANSACTIONS(unpack(raw, MAX_BATCH_BYTES, "batch"), "batch")


def encode_announce(block: BlockData, *, limit: int = MAX_GOSSIP_BYTES) -> bytes:
    """Encode a block announcement, with the body when the whole fits in `limit` bytes."""
    body_bytes = sum(map(len, block.extrinsics)) + sum(map(len, block.proofs))
    if body_bytes + len(block.header) <= limit:
        whole = packed(fields(BlockAnnounce(block.header, block)))
        if len(whole) <= limit:
            return whole
    return pack(fields(BlockAnnounce(block.header, None)), limit, "an announcement")


def decode_announce(raw: bytes) -> BlockAnnounce:
    """Decode a block announcement; the header inside the body must be the announced one."""
    value = _ANNOUNCE(unpack(raw, MAX_GOSSIP_BYTES, "announcement"), "announcement")
    if value.body is not None and value.body.header != value.header:
        raise MessageError("wanted the body of the announced header, got another header's")
    return value


def encode_block(block: BlockData) -> bytes:
    """Encode a block by itself, as it stands in a file."""
    return pack(fields(block), MAX_RESPONSE_BYTES, "a block")


def decode_block(raw: bytes) -> BlockData:
    """Decode a block that stands by itself."""
    return _BLOCK(unpack(raw, MAX_RESPONSE_BYTES, "block"), "block")


def encode_manifest(manifest: Manifest) -> bytes:
    """Encode a manifest: the one canonical form, since a blob's root is the hash of these bytes."""
    return pack(fields(manifest), MAX_RESPONSE_BYTES, "a manifest")


def decode_manifest(raw: bytes) -> Manifest:
    """Decode a manifest; only the canonical bytes of a consistent manifest are accepted."""
    manifest = _MANIFEST(unpack(raw, MAX_RESPONSE_BYTES, "manifest"), "manifest")
    wanted = -(-manifest.size_bytes // CHUNK_BYTES)
    if len(manifest.chunks) != wanted:
        raise MessageError(f"wanted {wanted} chunks, got {len(manifest.chunks)}")
    if encode_manifest(manifest) != raw:
        raise MessageError("wanted the canonical encoding of the manifest, got another")
    return manifest


def _number_or_hash(value: object, where: str) -> int | bytes:
    return _HASH(value, where) if isinstance(value, bytes) else _U32(value, where)


_U32: Final = number(U32_MAX)
_HASH: Final = blob(HASH_BYTES, HASH_BYTES)
_EXTRINSICS: Final = list_of(blob(1, MAX_RESPONSE_BYTES), MAX_EXTRINSICS)
_TRANSACTIONS: Final = list_of(blob(1, MAX_TRANSACTION_BYTES), MAX_BATCH_TRANSACTIONS)
_STATUS: Final = record(
    Status, _HASH, _U32, _HASH, _U32, _HASH, enumeration(Roles, 15), number(65_535), text
)
_BLOCK: Final = record(
    BlockData,
    blob(1, MAX_HEADER_BYTES),
    _EXTRINSICS,
    list_of(blob(1, MAX_RESPONSE_BYTES), MAX_PROOFS),
    optional(blob(1, MAX_JUSTIFICATION_BYTES)),
)
_HEADER: Final = record(
    HeaderData, blob(1, MAX_HEADER_BYTES), optional(blob(1, MAX_JUSTIFICATION_BYTES))
)
_ANNOUNCE: Final = record(BlockAnnounce, blob(1, MAX_HEADER_BYTES), optional(_BLOCK))
_MANIFEST: Final = record(Manifest, number(MAX_BLOB_BYTES), list_of(_HASH, MAX_CHUNKS))
_REQUESTS: Final[dict[int, Reader[Request]]] = {
    0: record(StatusRequest, _STATUS),
    1: record(
        BlocksRequest,
        _number_or_hash,
        enumeration(Direction, 1),
        number(MAX_BLOCKS_PER_RESPONSE),
        number(MAX_RESPONSE_BYTES),
    ),
    2: record(BlockRequest, _HASH),
    3: record(OpeningRequest, _HASH),
    4: record(ManifestRequest, _HASH),
    5: record(ChunksRequest, _HASH, number(MAX_CHUNKS), number(MAX_CHUNKS_PER_RESPONSE)),
    6: record(PeersRequest, _HASH),
    7: record(HeadersRequest, _U32, number(MAX_HEADERS_PER_RESPONSE)),
    8: record(StateRequest, list_of(_HASH, MAX_STATE_ROOTS)),
}
_RESPONSES: Final[dict[int, Reader[Response]]] = {
    0: record(StatusResponse, _STATUS),
    1: record(BlocksResponse, list_of(_BLOCK, MAX_BLOCKS_PER_RESPONSE)),
    2: record(BytesResponse, optional(blob(0, MAX_RESPONSE_BYTES))),
    3: record(ChunksResponse, list_of(blob(1, CHUNK_BYTES), MAX_CHUNKS_PER_RESPONSE)),
    4: record(Refusal, enumeration(RefusalKind, 4), text),
    5: record(PeersResponse, list_of(text, MAX_PEERS_PER_RESPONSE)),
    6: record(HeadersResponse, list_of(_HEADER, MAX_HEADERS_PER_RESPONSE)),
    7: record(StateResponse, list_of(blob(1, MAX_RESPONSE_BYTES), MAX_STATE_ITEMS)),
}
