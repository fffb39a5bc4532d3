"""Private jobs at the client: what it keeps to itself, what it seals, and what it opens.

The client orders before it knows its provider, so it can only seal the input afterwards: to the key
that the provider has put on chain, as soon as the assignment is final. A provider of a block that
was abandoned never gets to read anything.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_bytes

from cli.errors import DispatchFailed, UsageError
from cli.sdk.client import FINAL, Client, unhex
from node.keystore.sealing import SealingPair, new_pair, pair_of, seal
from node.keystore.vault import write_privately
from runtime.compute.classes import Work
from runtime.compute.contents import BadPayload, check_output
from runtime.compute.private import (
    SEALING_BYTES,
    BadBox,
    BadKey,
    InputHeader,
    input_name,
    output_name,
    sealable_input,
)
from runtime.compute.receipt import Commitment
from runtime.pallets.jobs.records import Job, JobState

SECRET_BYTES = 32
SUFFIX = ".secret"
"""Of the file beside a private result with what opens it."""

AT_WORK = (JobState.ASSIGNED, JobState.RUNNING)
"""States in which a provider wants the input; it may have started before we saw it assigned."""

Upload = Callable[[Client, bytes, bytes], Awaitable[None]]
"""Hands bytes to the node, which serves them under a name."""
Told = Callable[[str], None]
"""Hears what was done, in a line."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """What only the client of a private job has, and for the salts its provider."""

    reply: SealingPair
    """Results are sealed to it; made for one job."""
    salt: bytes = field(repr=False)
    """What all salts of the job follow from."""


def new_secrets() -> Secrets:
    """Make the secrets of one job."""
    return Secrets(new_pair(), token_bytes(SECRET_BYTES))


def beside(out: Path) -> Path:
    """Return where the secrets of a private result lie."""
    return out.with_name(out.name + SUFFIX)


def refuse_other_secrets(out: Path) -> None:
    """Refuse a place where the secrets of another job lie: they may be all that opens its result.

    Raises: UsageError.
    """
    if beside(out).exists():
        raise UsageError(f"{beside(out)} holds the secrets of another job: name another --out")


@contextmanager
def kept_secrets(secrets: Secrets | None, out: Path | None, told: Told) -> Iterator[None]:
    """Have the secrets of a private job on disk before it is ordered; gone if it is refused."""
    if secrets is None or out is None:
        yield
        return
    refuse_other_secrets(out)
    path = beside(out)
    save_secrets(secrets, path)
    try:
        yield
    except DispatchFailed:
        path.unlink()
        raise
    told(f"{path} opens the result of this job: keep it as long as you want that")


def save_secrets(secrets: Secrets, path: Path) -> None:
    """Write secrets to a file that only its owner reads; raises KeystoreError."""
    write_privately(path, {"reply": secrets.reply.secret.hex(), "salt": secrets.salt.hex()})


def load_secrets(path: Path) -> Secrets:
    """Read secrets from a file.

    Raises: UsageError.
    """
    try:
        given = json.loads(path.read_text())
        reply, salt = (unhex(str(given[name])) for name in ("reply", "salt"))
        if len(salt) != SECRET_BYTES:
            raise ValueError(f"wanted a salt of {SECRET_BYTES} bytes, got {len(salt)}")
        return Secrets(pair_of(reply), salt)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path}: wanted the secrets of a private job: {error}") from error


class InputSealing:
    """Seals the input of one job to each provider that it is assigned to, once."""

    def __init__(
        self, job: int, content: bytes, secrets: Secrets, upload: Upload, told: Told
    ) -> None:
        self._job, self._content, self._secrets = job, content, secrets
        self._upload, self._told = upload, told
        self._served: set[bytes] = set()

    async def attend(self, client: Client, record: Job) -> None:
        """Seal the input if a final block has assigned the job to another provider."""
        provider = record.provider
        if provider is None or provider in self._served or record.state not in AT_WORK:
            return
        self._served.add(provider)
        at = await client.block_hash(FINAL)
        key: bytes | None = await client.storage("Sealing", "Keys", provider, at=at)
        who = client.address(provider)
        if key is None:
            self._told(f"  {who} has published no key to seal to: it will give the job back")
            return
        header = InputHeader(self._job, provider, self._secrets.reply.public, self._secrets.salt)
        try:
            box = seal(key, sealable_input(header, self._content))
        except BadKey as error:
            self._told(f"  nothing can be sealed to the key of {who}: {error}")
            return
        await self._upload(client, box, input_name(self._job, provider))
        self._told(f"  sealed the input to {who}")


def sealed_output(commitment: Commitment) -> tuple[bytes, int]:
    """Return under which name the sealed output of a segment is served, and how large it is."""
    return output_name(commitment), commitment.out_bytes + SEALING_BYTES


def check_sealed_output(work: Work, commitment: Commitment, secrets: Secrets, box: bytes) -> None:
    """Check an output that was sealed to us against the commitment that the chain finalized.

    Raises: BadPayload.
    """
    try:
        output = secrets.reply.open(box)
    except BadBox as error:
        raise BadPayload(f"it was not sealed to these secrets: {error}") from error
    check_output(work, commitment, output, secrets.salt)
