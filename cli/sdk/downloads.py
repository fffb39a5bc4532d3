"""Fetching what peers serve of a job: in parts, as they come, and on from where it stopped.

A node passes on what its peers sent, and nobody has checked that against the chain. So the bytes
count for nothing until `check` has found that they lead to the root in the final block; those that
do not are dropped, and the next attempt begins anew.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import trio

from cli.errors import CommandError
from cli.sdk.client import Client, enhex
from runtime.compute.contents import BadPayload

CHUNK_BYTES = 2 << 20
"""One call: in base64 it stays below the largest message of a node."""
FETCH_SECONDS = 2.0
"""Between two attempts to fetch what no peer has offered yet."""

Check = Callable[[bytes], None]
"""Raises BadPayload unless bytes lead to the root on chain."""
Told = Callable[[int], None]
"""Hears how many bytes are there."""
Shown = Callable[[str, int], AbstractContextManager[Told]]
"""Shows a transfer, by its name and size, for the length of a `with` block."""


def untold(done_bytes: int) -> None:
    """Say nothing of how far it is."""


@contextmanager
def unseen(_what: str, _total_bytes: int) -> Iterator[Told]:
    """Show nothing of a transfer."""
    yield untold


class Parts:
    """What has come of one payload. Invariant: a file holds the first bytes of it, in order.

    A file is named by the root, so that what is left of one download is never taken for another's.
    """

    def __init__(self, beside: Path | None, root: bytes) -> None:
        """With a path, keep the bytes in a file beside it; without, in memory."""
        self._file = (
            None if beside is None else beside.with_name(f"{beside.name}.{root.hex()[:16]}.part")
        )
        self._held = bytearray()
        if self._file is not None and self._file.exists():
            self._held += self._file.read_bytes()

    def __len__(self) -> int:
        return len(self._held)

    def add(self, part: bytes) -> None:
        """Keep what came next."""
        self._held += part
        if self._file is not None:
            with self._file.open("ab") as file:
                file.write(part)

    def all(self) -> bytes:
        """Return what has come."""
        return bytes(self._held)

    def drop(self) -> None:
        """Forget it all."""
        self._held.clear()
        if self._file is not None:
            self._file.unlink(missing_ok=True)


async def fetch_checked(
    client: Client,
    root: bytes,
    size_bytes: int,
    check: Check,
    *,
    beside: Path | None = None,
    told: Told = untold,
) -> bytes:
    """Fetch a payload and check it; wait while no peer offers it.

    Raises: CommandError if what is served is not what the chain's root says.
    """
    parts = Parts(beside, root)
    if len(parts) > size_bytes:
        parts.drop()
    told(len(parts))
    while len(parts) < size_bytes:
        part = await _part(client, root, len(parts), size_bytes)
        if part is None:
            await trio.sleep(FETCH_SECONDS)
            continue
        parts.add(part)
        told(len(parts))
    content = parts.all()
    parts.drop()
    try:
        await trio.to_thread.run_sync(check, content)
    except BadPayload as error:
        raise CommandError(
            f"what was served is not what the final block names: {error}; nothing was saved: "
            "ask another node (--rpc), or this one in two minutes"
        ) from error
    return content


async def _part(client: Client, root: bytes, offset: int, size_bytes: int) -> bytes | None:
    """Fetch the bytes that come next; None while nobody has them.

    Raises: CommandError if the answer is of another payload, or none.
    """
    answer = await client.rpc.call("blobs_get", enhex(root), offset, CHUNK_BYTES)
    if answer is None:
        return None
    if answer["size"] != size_bytes:
        raise CommandError(f"wanted a payload of {size_bytes} bytes, got {answer['size']}")
    try:
        part = b64decode(answer["data"], validate=True)
    except ValueError as error:
        raise CommandError(f"wanted bytes in base64 at {offset}: {error}") from error
    if not 0 < len(part) <= size_bytes - offset:
        raise CommandError(f"wanted 1 to {size_bytes - offset} bytes at {offset}, got {len(part)}")
    return part
