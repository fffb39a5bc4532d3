"""What a provider reads and keeps of a job: in the open, or sealed where the job is private.

Of a private job nothing that can be read lies where others are served from: its input comes sealed
to this provider, its output is kept sealed to the client, and the result itself stays in memory. A
worker that restarts has lost it and computes it again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Container
from dataclasses import dataclass
from functools import partial
from typing import Any

from consensus.compute.provider_view import BlobUnavailable, Ports, SegmentId
from runtime.compute.classes import Result, Tree, Work
from runtime.compute.contents import (
    COMMITTED,
    BadPayload,
    check_content,
    check_input,
    root_on_chain,
)
from runtime.compute.job import JobSpec
from runtime.compute.private import (
    HEADER_BYTES,
    SEALING_BYTES,
    BadBox,
    BadEnvelope,
    InputHeader,
    input_name,
    opened_input,
    output_name,
)
from runtime.compute.receipt import Commitment
from runtime.compute.registry import check_spec

Offload = Callable[..., Awaitable[Any]]
"""Runs a function that takes long away from the event loop: `trio.to_thread.run_sync`."""


@dataclass(frozen=True, slots=True)
class Input:
    """The input of a job, and the secret that salts its leaves if it is private."""

    content: bytes
    secret: bytes | None = None


@dataclass(frozen=True, slots=True)
class Gathered:
    """All that a commitment was made from."""

    work: Work
    input: Input
    result: Result


class JobContents:
    """The inputs and results of a provider's jobs."""

    def __init__(self, provider: bytes, ports: Ports, offload: Offload) -> None:
        self._provider, self._ports, self._offload = provider, ports, offload
        self._private: dict[SegmentId, Result] = {}

    def forget_all_but(self, segments: Container[SegmentId]) -> None:
        """Let go of results that no commitment waits for."""
        for segment in [segment for segment in self._private if segment not in segments]:
            del self._private[segment]

    async def input(self, job: int, spec: JobSpec, work: Work) -> Input:
        """Fetch the input of a job and check it against the root of the order.

        Raises:
            BlobUnavailable: it is not there, or what is there was sealed for another.
            BadPayload: it is not what was ordered.
        """
        if spec.reply_key is None:
            check = partial(self._offload, check_input, work, spec.input_root)
            return Input(await self._ports.blobs.get(spec.input_root, spec.input_bytes, check))
        header = InputHeader(job, self._provider, spec.reply_key, bytes(32))
        found = await self._unsealed(header, spec.input_bytes)
        await self._offload(check_input, work, spec.input_root, found.content, found.secret)
        return found

    async def keep(self, spec: JobSpec, commitment: Commitment, result: Result) -> None:
        """Keep a result for its opening, and serve its output; raises BlobUnavailable."""
        if spec.reply_key is None:
            await self._ports.blobs.put(commitment.out_root, result.output)
            if result.auxiliary:
                await self._ports.blobs.put(commitment.aux_root, result.auxiliary)
            return
        assert self._ports.sealing is not None, "no private job is begun without"
        self._private[commitment.job, commitment.segment] = result
        box = await self._offload(self._ports.sealing.seal, spec.reply_key, result.output)
        await self._ports.blobs.put(output_name(commitment), box)

    async def result(self, spec: JobSpec, commitment: Commitment, work: Work) -> Result:
        """Read a result back.

        Raises:
            BlobUnavailable, BadPayload: it is lost, or spoilt.
        """
        if not spec.is_private:
            return Result(*[await self._read(commitment, work, tree) for tree in COMMITTED])
        held = self._private.get((commitment.job, commitment.segment))
        if held is None:
            raise BlobUnavailable("results of private jobs are only kept in memory")
        return held

    async def gathered(self, spec: JobSpec, commitment: Commitment) -> Gathered:
        """Gather all that a commitment was made from; what is lost is computed again.

        Raises what `UNANSWERED` lists.
        """
        work = check_spec(spec)
        held = await self.input(commitment.job, spec, work)
        try:
            result = await self.result(spec, commitment, work)
        except (BlobUnavailable, BadPayload) as error:
            self._ports.log.warning("output_lost", job=commitment.job, reason=str(error))
            result = await self._ports.device.run(work, held.content)
            await self.keep(spec, commitment, result)
        return Gathered(work, held, result)

    async def _unsealed(self, header: InputHeader, size_bytes: int) -> Input:
        assert self._ports.sealing is not None, "no private job is begun without"
        name = input_name(header.job, self._provider)
        box = await self._ports.blobs.get(name, size_bytes + HEADER_BYTES + SEALING_BYTES)
        try:
            plain = await self._offload(self._ports.sealing.open, box)
            secret, content = opened_input(header, plain)
        except (BadBox, BadEnvelope) as error:
            raise BlobUnavailable(f"the sealed input of job {header.job}: {error}") from error
        return Input(content, secret)

    async def _read(self, commitment: Commitment, work: Work, tree: Tree) -> bytes:
        """Read one content of a result back; nothing, if the class has no such tree."""
        if not (size := work.content_bytes(tree)):
            return b""
        check = partial(self._offload, check_content, work, tree, commitment)
        return await self._ports.blobs.get(root_on_chain(tree, commitment), size, check)
