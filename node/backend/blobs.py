"""Payloads for clients: uploads, and parts of what this node or its peers have."""

from __future__ import annotations

from contextlib import suppress

import trio

from consensus.compute.provider_view import BlobUnavailable
from node.backend.payloads import Payloads
from p2p.messages import CHUNK_BYTES, MAX_BLOB_BYTES

READ_SECONDS = 25.0
"""How long a client waits for what peers must send first; what came stays, and the next call goes
on there."""

MAX_READS = 4
"""Payloads fetched for clients at once: each may take 256 MiB of memory."""


class PayloadBlobs:
    """Uploads and downloads; the `Blobs` of the RPC."""

    def __init__(self, payloads: Payloads) -> None:
        self._payloads = payloads
        self._reads = trio.Semaphore(MAX_READS)

    async def put(self, data: bytes) -> bytes:
        """Keep data and return the root of its blob; `alias` then says which payload it is.

        Raises BlobUnavailable if there is no room.
        """
        return await self._payloads.upload(data)

    def alias(self, chain_root: bytes, blob_root: bytes) -> None:
        """Say that a blob holds the payload that the chain knows by `chain_root`."""
        self._payloads.alias(chain_root, blob_root)

    async def read(self, root: bytes, offset: int, length: int) -> tuple[bytes, int] | None:
        """Return bytes from `offset` and the whole size, or None when nobody has the payload.

        `root` is the chain's or that of a blob; under a chain's root the bytes are unverified.
        """
        first, skipped = divmod(offset, CHUNK_BYTES)
        count = -(-(skipped + length) // CHUNK_BYTES)
        part = await self._payloads.slice(self._payloads.known(root) or root, first, count)
        if part is not None:
            return part.data[skipped : skipped + length], part.size_bytes
        content = await self._fetched(root)
        return None if content is None else (content[offset : offset + length], len(content))

    async def _fetched(self, root: bytes) -> bytes | None:
        content: bytes | None = None
        with trio.move_on_after(READ_SECONDS), suppress(BlobUnavailable):
            async with self._reads:
                content = await self._payloads.fetch(root, MAX_BLOB_BYTES, is_blob=True)
        return content
