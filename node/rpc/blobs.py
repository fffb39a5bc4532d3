"""The blobs namespace: job inputs in, job outputs out, in bounded chunks."""

import secrets
from base64 import b64decode, b64encode
from dataclasses import dataclass, field

import msgspec
import trio

from node.rpc.errors import Code, RpcError, invalid_params
from node.rpc.registry import method
from node.rpc.values import Hash, Hex, maybe_hex
from node.rpc.views import Blobs

CHUNK_BYTES = 3 * 1024 * 1024
"""One call: in hex it still fits the server's largest request."""

MAX_BLOB_BYTES = 256 * 1024 * 1024
"""One blob: an int8 matrix of 16384 squared, the largest job."""

MAX_PENDING_BYTES = 512 * 1024 * 1024
"""All unfinished uploads together, in memory."""

MAX_UPLOADS = 16
"""Unfinished uploads at once."""

UPLOAD_SECONDS = 120.0
"""Without a chunk for this long an upload may be dropped to make room for another."""


class PutJson(msgspec.Struct, frozen=True):
    """How far an upload is; the root comes with the last chunk."""

    upload: str
    received: int
    root: str | None


class SliceJson(msgspec.Struct, frozen=True):
    """A part of a blob, in base64, and the size of the whole."""

    offset: int
    size: int
    data: str


@dataclass(slots=True)
class _Upload:
    chunks: list[bytes] = field(default_factory=list)
    size: int = 0
    touched: float = 0.0


class BlobsNamespace:
    """Fetching blobs, which anybody may."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs

    @method("blobs_get")
    async def get(self, root: Hash, offset: int = 0, length: int = CHUNK_BYTES) -> SliceJson | None:
        """Return a part of a blob, or null when nobody has it."""
        if offset < 0 or not 0 < length <= CHUNK_BYTES:
            raise invalid_params(
                f"wanted an offset from 0 and a length of 1 to {CHUNK_BYTES}, "
                f"got {offset} and {length}"
            )
        found = await self._blobs.read(root, offset, length)
        if found is None:
            return None
        data, size = found
        return SliceJson(offset, size, b64encode(data).decode())


class BlobUploadNamespace:
    """Uploading blobs, which takes memory and disk and is the operator's to allow.

    Invariant: unfinished uploads are at most MAX_UPLOADS and MAX_PENDING_BYTES.
    """

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs
        self._uploads: dict[str, _Upload] = {}

    @method("blobs_put", unsafe=True)
    async def put(
        self, data: str, upload: str | None = None, offset: int = 0, is_last: bool = True
    ) -> PutJson:
        """Add a chunk (base64, or hex with 0x) at `offset`; the last one returns the root.

        A small blob is one call. A large one starts with `is_last` false, and passes the `upload`
        of the reply on.
        """
        chunk = _decode_chunk(data)
        upload_id = self._begin() if upload is None else upload
        pending = self._uploads.get(upload_id)
        if pending is None:
            raise RpcError(Code.BLOB, "No such upload", "it was finished or has timed out")
        if offset != pending.size:
            raise RpcError(Code.BLOB, "Wrong offset", f"wanted {pending.size}, got {offset}")
        self._append(upload_id, pending, chunk)
        if not is_last:
            return PutJson(upload_id, pending.size, None)
        del self._uploads[upload_id]
        root = await self._blobs.put(b"".join(pending.chunks))
        return PutJson(upload_id, pending.size, maybe_hex(root))

    @method("blobs_alias", unsafe=True)
    def alias(self, chain_root: Hash, blob_root: Hash) -> bool:
        """Serve an uploaded blob under the root by which a job names it, too."""
        self._blobs.alias(chain_root, blob_root)
        return True

    def _begin(self) -> str:
        now = trio.current_time()
        if len(self._uploads) >= MAX_UPLOADS:
            oldest = min(self._uploads, key=lambda name: self._uploads[name].touched)
            if now - self._uploads[oldest].touched < UPLOAD_SECONDS:
                raise RpcError(Code.BLOB, "Busy", f"{MAX_UPLOADS} uploads are under way")
            del self._uploads[oldest]
        upload_id = secrets.token_urlsafe(12)
        self._uploads[upload_id] = _Upload(touched=now)
        return upload_id

    def _append(self, upload_id: str, pending: _Upload, chunk: bytes) -> None:
        in_memory = sum(each.size for each in self._uploads.values())
        if pending.size + len(chunk) > MAX_BLOB_BYTES:
            del self._uploads[upload_id]
            raise RpcError(Code.BLOB, "Blob is too big", f"wanted at most {MAX_BLOB_BYTES} bytes")
        if in_memory + len(chunk) > MAX_PENDING_BYTES:
            raise RpcError(Code.BLOB, "Busy", f"{in_memory} bytes of uploads are under way")
        pending.chunks.append(chunk)
        pending.size += len(chunk)
        pending.touched = trio.current_time()


def _decode_chunk(data: str) -> bytes:
    try:
        chunk = bytes(Hex.from_json(data)) if data[:2] == "0x" else b64decode(data, validate=True)
    except ValueError as error:
        raise invalid_params(f"data: wanted base64, or hex with 0x: {error}") from None
    if len(chunk) > CHUNK_BYTES:
        raise invalid_params(f"data: wanted at most {CHUNK_BYTES} bytes, got {len(chunk)}")
    return chunk
