"""The auditor: checks in full what its validator is drawn for, and says what it found.

It fetches the input and the result from peers, checks them against the roots on chain, checks every
element (a product by Freivalds, all else by doing it again), and commits to its verdict; when the
time to commit is over it shows the verdict, and the leaves that the chain asks for. Source: design
page "Compute", Protocol, item 3.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import trio

from consensus.compute.audit_view import AuditorView, AuditPorts, Duty
from consensus.compute.device import DeviceError
from consensus.compute.provider_view import BlobUnavailable, SubmissionRefused
from runtime.compute.audit import (
    NOT_READ,
    Finding,
    Verdict,
    is_drawn,
    seal,
    sealed_message,
    vrf_input,
)
from runtime.compute.classes import BadInput, ChecksWhole, Result, Tree, Work
from runtime.compute.contents import (
    COMMITTED,
    BadPayload,
    check_content,
    check_input,
    root_on_chain,
)
from runtime.compute.reading import NOTHING_READ, prove_reading, tag_of
from runtime.compute.registry import check_spec
from runtime.primitives import vrf
from runtime.primitives.hashing import blake2_256

RESEND_AFTER_BLOCKS = 4
"""A verdict that no block shows by then was lost; one that the pool refused is sent again with the
next view: the best chain may have changed, and with it the leaves to be shown."""
LAST_BLOCKS = 8
"""Before the time to commit is over: who has not been served the contents by then says so."""
FAULT_REST_SECONDS = 5.0
"""After a device's fault: it may recover."""

Offload = Callable[..., Awaitable[Any]]
"""Runs a function that takes long away from the event loop: `trio.to_thread.run_sync`."""

Step = Callable[[Duty], Awaitable[None]]


class Auditor:
    """A service. One task commits, another shows what was committed, so that neither waits."""

    def __init__(self, ports: AuditPorts, offload: Offload = trio.to_thread.run_sync) -> None:
        self._ports, self._offload = ports, offload
        self._view = AuditorView(0, ())
        self._changed = trio.Event()
        self._sent: dict[tuple[str, int, bytes], int] = {}

    async def run(self) -> None:
        """Serve until cancelled, or until the views end."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._work_off, self._must_commit, self._commit)
            nursery.start_soon(self._work_off, self._must_show, self._show)
            async for view in self._ports.views.best():
                self._take(view)
            nursery.cancel_scope.cancel()

    def _take(self, view: AuditorView) -> None:
        current = [duty.audit for duty in view.duties]
        self._sent = {key: at for key, at in self._sent.items() if key[1] in current}
        self._view = view
        self._changed.set()
        self._changed = trio.Event()

    async def _work_off(self, is_due: Callable[[Duty], bool], step: Step) -> None:
        """Do one thing for each duty that is due, whenever there is a new view."""
        while True:
            changed = self._changed
            for duty in self._view.duties:
                if not is_due(duty):
                    continue
                try:
                    await step(duty)
                except SubmissionRefused as error:
                    self._warn("verdict_refused", duty, error)
                except DeviceError as error:
                    self._warn("audit_failed", duty, error)
                    await trio.sleep(FAULT_REST_SECONDS)
            await changed.wait()

    # -- Verdicts ---------------------------------------------------------------------------------

    def _must_commit(self, duty: Duty) -> bool:
        waits = duty.sealed is None and duty.takes_commits and not self._was_sent("commit", duty)
        return waits and is_drawn(self._output(duty), duty.size, duty.validators)

    async def _commit(self, duty: Duty) -> None:
        """Check a segment in full and commit to the verdict."""
        found = await self._found(duty)
        if found is None:
            return
        proof, commitment = self._proof(duty), duty.commitment.hash
        sealed = seal(duty.seed, commitment, duty.auditor, found)
        message = sealed_message(duty.seed, commitment, sealed)
        signature = self._ports.keys.sign(duty.key, message)
        await self._ports.submit.commit(duty, proof, sealed, signature)
        self._sent["commit", duty.audit, duty.auditor] = self._view.number
        self._say("verdict_sealed", duty, found.verdict)

    async def _found(self, duty: Duty) -> Finding | None:
        """Return what a full check finds; None while the contents may still come."""
        work = check_spec(duty.spec)
        try:
            content, result = await self._contents(duty, work)
            await self._serve(duty, content, result)
        except (BlobUnavailable, BadPayload) as error:
            self._warn("contents_missing", duty, error)
            is_late = self._view.number + LAST_BLOCKS >= duty.until
            return Finding(Verdict.MISSING, NOT_READ, self._salt(duty)) if is_late else None
        verdict = Verdict.GOOD if await self.is_exact(duty, work, content, result) else Verdict.BAD
        return await self._finding(duty, work, result, verdict)

    async def is_exact(self, duty: Duty, work: Work, content: bytes, result: Result) -> bool:
        """Say whether every element of a result is what its input gives.

        The seed of Freivalds is this auditor's own VRF output, which nobody could know when the
        result was committed to.
        """
        if isinstance(work, ChecksWhole):
            seed = int.from_bytes(blake2_256(b"starminer/freivalds" + self._output(duty))[:8])
            exact: bool = await self._offload(work.is_whole_result, content, result, seed)
            return exact
        try:
            return await self._ports.device.run(work, content) == result
        except BadInput:
            return False  # its provider should have declined it: nothing is its exact result

    # -- Readings ---------------------------------------------------------------------------------

    def _must_show(self, duty: Duty) -> bool:
        is_time = duty.sealed is not None and duty.randomness is not None and not duty.is_shown
        return is_time and not self._was_sent("reveal", duty)

    async def _show(self, duty: Duty) -> None:
        """Show the verdict that was committed to, by this process or by the one before it."""
        missing = Finding(Verdict.MISSING, NOT_READ, self._salt(duty))
        if self._sealed(duty, missing) == duty.sealed:
            await self._reveal(duty, missing, None)
            return
        work = check_spec(duty.spec)
        try:
            _, result = await self._contents(duty, work)
        except (BlobUnavailable, BadPayload) as error:
            self._warn("contents_lost", duty, error)
            return
        for verdict in (Verdict.GOOD, Verdict.BAD):
            finding = await self._finding(duty, work, result, verdict)
            if self._sealed(duty, finding) == duty.sealed:
                await self._reveal(duty, finding, result)
                return
        self._ports.log.warning("seal_is_not_ours", audit=duty.audit, auditor=duty.auditor)

    async def _reveal(self, duty: Duty, finding: Finding, result: Result | None) -> None:
        reading = NOTHING_READ
        if result is not None:
            work, output = check_spec(duty.spec), self._output(duty)
            reading = await self._offload(
                prove_reading, work, duty.commitment, result, output, duty.randomness
            )
        await self._ports.submit.reveal(duty, finding, reading)
        self._sent["reveal", duty.audit, duty.auditor] = self._view.number
        self._say("verdict_revealed", duty, finding.verdict)

    # -- Both -------------------------------------------------------------------------------------

    async def _contents(self, duty: Duty, work: Work) -> tuple[bytes, Result]:
        """Fetch the input and the result, each checked against its root on chain.

        Raises:
            BlobUnavailable, BadPayload: nobody serves them as they are.
        """
        spec, blobs = duty.spec, self._ports.blobs
        is_input = partial(self._offload, check_input, work, spec.input_root)
        content = await blobs.get(spec.input_root, spec.input_bytes, is_input)
        held = {Tree.OUTPUT: b"", Tree.AUXILIARY: b""}
        for tree in COMMITTED:
            if size := work.content_bytes(tree):
                is_it = partial(self._offload, check_content, work, tree, duty.commitment)
                held[tree] = await blobs.get(root_on_chain(tree, duty.commitment), size, is_it)
        return content, Result(held[Tree.OUTPUT], held[Tree.AUXILIARY])

    async def _serve(self, duty: Duty, content: bytes, result: Result) -> None:
        """Serve what was checked against its roots: not every auditor is the provider's peer."""
        blobs, spec = self._ports.blobs, duty.spec
        held = {root_on_chain(tree, duty.commitment): result.of(tree) for tree in COMMITTED}
        for root, kept in {spec.input_root: content, **held}.items():
            if kept:
                await blobs.put(root, kept)

    async def _finding(self, duty: Duty, work: Work, result: Result, verdict: Verdict) -> Finding:
        tag: bytes = await self._offload(tag_of, work, result, self._output(duty))
        return Finding(verdict, tag, self._salt(duty))

    def _sealed(self, duty: Duty, finding: Finding) -> bytes:
        return seal(duty.seed, duty.commitment.hash, duty.auditor, finding)

    def _proof(self, duty: Duty) -> bytes:
        return self._ports.keys.prove(duty.key, vrf_input(duty.seed, duty.commitment.hash))

    def _output(self, duty: Duty) -> bytes:
        return vrf.output_of(self._proof(duty))

    def _salt(self, duty: Duty) -> bytes:
        """Derive the salt: secret, since only the key gives it, and the same after a restart."""
        alpha = b"starminer/audit salt" + vrf_input(duty.seed, duty.commitment.hash)
        return blake2_256(vrf.output_of(self._ports.keys.prove(duty.key, alpha)))

    def _was_sent(self, step: str, duty: Duty) -> bool:
        at = self._sent.get((step, duty.audit, duty.auditor))
        return at is not None and self._view.number < at + RESEND_AFTER_BLOCKS

    def _say(self, event: str, duty: Duty, verdict: Verdict) -> None:
        job, name = duty.commitment.job, verdict.name.lower()
        self._ports.log.info(event, audit=duty.audit, job=job, verdict=name)

    def _warn(self, event: str, duty: Duty, error: Exception) -> None:
        job = duty.commitment.job
        self._ports.log.warning(event, audit=duty.audit, job=job, reason=str(error))
