"""The provider's worker: does what a finalized block assigns, commits, opens, and mines when idle.

It keeps no state of its own on disk. A restarted worker finds its assignments and its unopened
commitments in the next view; results are exact, so one whose bytes were lost is computed again.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import trio

from consensus.compute.answers import Answers
from consensus.compute.device import DeviceError, DeviceRefused
from consensus.compute.duty import Duty, WorkerReport, working
from consensus.compute.health import Health
from consensus.compute.heartbeats import Energy, Heartbeats
from consensus.compute.job_contents import Input, JobContents, Offload
from consensus.compute.mining import Miner
from consensus.compute.prover import NotYetProven, Prover
from consensus.compute.provider_view import (
    UNANSWERED,
    Assignment,
    Awaiting,
    BlobUnavailable,
    Ports,
    ProviderView,
    SegmentId,
    SubmissionRefused,
)
from consensus.compute.standing import Standing
from runtime.compute.challenge import OPENING_LAST
from runtime.compute.classes import BadInput, Result, Work
from runtime.compute.contents import BadPayload, WrongPayloadSize, commit, is_degenerate
from runtime.compute.job import BadSpec, DeclineReason, JobSpec
from runtime.compute.receipt import Commitment, Opening, proof_hash
from runtime.compute.registry import check_spec
from runtime.pallets.jobs.records import Output

RESEND_AFTER_BLOCKS = 3
"""A submission that finalized state does not show by then was lost; the opening window is nine."""
INPUT_PATIENCE_BLOCKS = 10
"""How long a client's input may be missing before the job is given back."""
DEVICE_ATTEMPTS = 3
"""A device that fails one job as often as this will not do it."""
FAULT_REST_SECONDS = 5.0
"""Between a device's fault and the next request to it: time for a driver to recover."""

LANES = 4
"""Jobs computed at once, where there are as many devices: the most that the chain gives one."""

UNOPENED = (*UNANSWERED, NotYetProven)
"""What may keep a commitment from being opened; it is tried again with the next view."""


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """How a provider wants its machine used."""

    mines: bool = True
    search_seconds: float = 1.0
    """How long one search may take, about: a new job waits for it to end."""
    rest_seconds: float = 0.0
    """Between two searches, to leave a shared machine some time."""
    may_chill: bool = True
    """Whether the key that signs is the provider's own: a node key may not chill it."""


class Declined(Exception):
    """The job cannot be done, and why."""

    def __init__(self, reason: DeclineReason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class Worker:
    """A service. The watcher alone writes the view; the other tasks read it when it changes."""

    def __init__(
        self,
        provider: bytes,
        settings: WorkerSettings,
        ports: Ports,
        offload: Offload = trio.to_thread.run_sync,
        *,
        duty: Duty | None = None,
        energy: Energy | None = None,
    ) -> None:
        self._provider = provider
        self._settings = settings
        self._ports = ports
        self._offload = offload
        self._contents = JobContents(provider, ports, offload)
        self._prover = Prover(ports, offload)
        self._answers = Answers(ports, self._contents.gathered, offload)
        self._miner = Miner(provider, settings.search_seconds, ports)
        self._duty = duty or working()
        self._health = Health(ports.device, ports.log)
        self._standing = Standing(self._duty, self._health, ports, may_chill=settings.may_chill)
        self._heartbeats = Heartbeats(ports, energy)
        self._view: ProviderView | None = None
        self._changed = trio.Event()
        self._sent: dict[tuple[str, SegmentId], int] = {}
        self._results: dict[SegmentId, Commitment] = {}
        self._first_seen: dict[SegmentId, int] = {}
        self._faults: dict[SegmentId, int] = {}
        self._in_hand: set[SegmentId] = set()

    async def run(self) -> None:
        """Serve until cancelled, or until the views end."""
        async with trio.open_nursery() as nursery:
            for lane in range(LANES):
                nursery.start_soon(self._compute, lane)
            nursery.start_soon(self._open_commitments)
            nursery.start_soon(self._health.watch)
            nursery.start_soon(self._answer_demands)
            async for view in self._ports.views.finalized():
                self._show(view)
                await self._standing.meet(view)
                await self._heartbeats.meet(view)
            nursery.cancel_scope.cancel()

    def report(self) -> WorkerReport:
        """Say what is going on."""
        view, executor = self._view, self._ports.device
        return WorkerReport(
            mode=self._duty.mode,
            fault=self._health.fault,
            is_withdrawn=self._duty.is_withdrawn,
            capacity=executor.capacity(),
            running=executor.progress(),
            final_block=None if view is None else view.number,
            open_segments=0 if view is None else len(view.assigned) + len(view.awaiting),
        )

    def _show(self, view: ProviderView) -> None:
        """Make a view the current one and forget segments that it no longer has."""
        current = {item.id for item in view.assigned} | {item.id for item in view.awaiting}
        for known in (self._results, self._first_seen, self._faults):
            for segment in [segment for segment in known if segment not in current]:
                del known[segment]
        self._contents.forget_all_but(current)
        self._prover.forget_all_but(current)
        self._sent = {key: at for key, at in self._sent.items() if key[1] in current}
        self._ports.blobs.keep(view.kept)
        self._view = view
        self._changed.set()
        self._changed = trio.Event()

    # -- Assignments ------------------------------------------------------------------------------

    async def _compute(self, lane: int) -> None:
        """Do assignments in their order, one at a time; the first lane mines when there is none."""
        if lane == 0:
            await self._say_what_computes()
        while True:
            view, changed = self._view, self._changed
            has_device = lane < max(1, self._ports.device.capacity().slots)
            due = filter(self._is_due, view.assigned) if view and has_device else iter(())
            assignment = next(due, None)
            try:
                if assignment is not None:
                    await self._do(assignment)
                elif lane == 0 and view and view.lottery is not None and self._may_mine():
                    await self._miner.mine(view.number, view.lottery)
                    await trio.sleep(self._settings.rest_seconds)
                else:
                    await changed.wait()
            except (DeviceError, BlobUnavailable) as error:
                self._ports.log.warning("work_failed", reason=str(error))
                await trio.sleep(FAULT_REST_SECONDS)
                if isinstance(error, DeviceError):
                    await self._health.probe()

    def _may_mine(self) -> bool:
        return self._settings.mines and self._standing.may_mine

    async def _say_what_computes(self) -> None:
        """Log the device, and why it is no GPU, once."""
        try:
            info = await self._ports.device.start()
        except DeviceError as error:
            self._ports.log.warning("no_device", reason=str(error))
        else:
            self._ports.log.info("device_ready", name=info.name, gpu_off=info.gpu_off)

    def _is_due(self, assignment: Assignment) -> bool:
        """Whether to work on it now: in time, and not waiting for the chain or for its input."""
        assert self._view is not None
        waits = any(self._was_sent(step, assignment.id) for step in ("commit", "decline", "fetch"))
        is_free = assignment.id not in self._in_hand
        return is_free and not waits and self._view.number < assignment.spec.deadline

    async def _do(self, assignment: Assignment) -> None:
        """Do one assignment, unless the chain takes it back meanwhile."""
        fault: DeviceError | BlobUnavailable | None = None
        self._in_hand.add(assignment.id)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._cancel_when_gone, assignment.id, nursery.cancel_scope)
            try:
                await self._commit(assignment)
            except Declined as declined:
                await self._decline(assignment, declined)
            except (DeviceError, BlobUnavailable) as error:
                fault = error
            nursery.cancel_scope.cancel()
        self._in_hand.discard(assignment.id)
        if fault is not None:
            raise fault

    async def _commit(self, assignment: Assignment) -> None:
        """Start, compute, keep the result and commit to it.

        Raises:
            Declined: it cannot be done.
        """
        work = _checked(assignment.spec)
        if unable := self._prover.cannot(assignment.spec):
            raise Declined(*unable)
        is_computed = assignment.id in self._results
        is_begun = assignment.is_started or is_computed
        if not is_computed and (reason := await self._standing.unfit(is_begun=is_begun)):
            raise Declined(DeclineReason.DEVICE_UNABLE, reason)
        if not assignment.is_started and not self._was_sent("start", assignment.id):
            await self._call("start", assignment.id, "start_job", {"job": assignment.job})
        if assignment.id not in self._results:
            held = await self._input(assignment, work)
            if held is None:
                return
            result = await self._result(assignment.id, work, held.content)
            stated = await self._kept(assignment, work, result, held.secret)
            self._results[assignment.id] = stated
        stated = self._results[assignment.id]
        output = Output(stated.out_root, stated.aux_root, stated.out_bytes)
        arguments = {"job": stated.job, "segment": stated.segment, "output": output}
        await self._call("commit", assignment.id, "commit_segment", arguments)

    async def _input(self, assignment: Assignment, work: Work) -> Input | None:
        """Fetch and check the input; None when it is not there yet.

        Raises:
            Declined: it is not what was ordered, or has not come for too long.
        """
        assert self._view is not None
        since = self._first_seen.setdefault(assignment.id, self._view.number)
        try:
            return await self._contents.input(assignment.job, assignment.spec, work)
        except BlobUnavailable as error:
            self._sent["fetch", assignment.id] = self._view.number
            if self._view.number - since >= INPUT_PATIENCE_BLOCKS:
                raise Declined(DeclineReason.INPUT_UNAVAILABLE, str(error)) from error
        except WrongPayloadSize as error:
            raise Declined(DeclineReason.BAD_INPUT_SIZE, str(error)) from error
        except BadPayload as error:
            raise Declined(DeclineReason.BAD_INPUT_ROOT, str(error)) from error
        return None

    async def _result(self, segment: SegmentId, work: Work, content: bytes) -> Result:
        """Do the work on the device.

        Raises:
            Declined: it makes no sense, or the device cannot, or has failed too often.
        """
        try:
            return await self._ports.device.run(work, content)
        except BadInput as error:
            raise Declined(DeclineReason.BAD_INPUT, str(error)) from error
        except DeviceError as error:
            self._faults[segment] = self._faults.get(segment, 0) + 1
            if isinstance(error, DeviceRefused) or self._faults[segment] >= DEVICE_ATTEMPTS:
                raise Declined(DeclineReason.DEVICE_UNABLE, str(error)) from error
            raise

    async def _kept(
        self, assignment: Assignment, work: Work, result: Result, secret: bytes | None
    ) -> Commitment:
        """Hash the result, keep its bytes for the opening and the client, and state it.

        Raises:
            Declined: no importer would take it for work.
        """
        if await self._offload(is_degenerate, work, result):
            raise Declined(DeclineReason.DEGENERATE, "most of its leaves are constant")
        place = (assignment.job, assignment.segment, self._provider)
        state = partial(commit, work, *place, result, secret=secret)
        commitment: Commitment = await self._offload(state)
        await self._contents.keep(assignment.spec, commitment, result)
        return commitment

    async def _decline(self, assignment: Assignment, declined: Declined) -> None:
        self._ports.log.warning("job_declined", job=assignment.job, reason=str(declined))
        arguments = {"job": assignment.job, "reason": declined.reason}
        await self._call("decline", assignment.id, "decline_job", arguments)

    async def _cancel_when_gone(self, segment: SegmentId, scope: trio.CancelScope) -> None:
        """Stop work that the chain no longer asks for."""
        while self._view and any(item.id == segment for item in self._view.assigned):
            await self._changed.wait()
        self._ports.log.info("job_withdrawn", job=segment[0])
        scope.cancel()

    # -- Openings ---------------------------------------------------------------------------------

    async def _open_commitments(self) -> None:
        """Open each commitment once its randomness is known, and again if that was lost."""
        while True:
            changed = self._changed
            for awaiting in self._view.awaiting if self._view else ():
                if self._can_open(awaiting):
                    await self._open(awaiting)
            await changed.wait()

    def _can_open(self, awaiting: Awaiting) -> bool:
        assert self._view is not None
        in_time = self._view.number < awaiting.committed_at + OPENING_LAST
        known = awaiting.randomness is not None
        return known and in_time and not self._was_sent("open", awaiting.id)

    async def _open(self, awaiting: Awaiting) -> None:
        """Prove the sampled leaves and publish the proof."""
        assert self._view is not None
        number, spec = self._view.number, awaiting.spec
        job, segment = awaiting.id
        try:
            held = await self._contents.gathered(spec, awaiting.commitment)
            proof = await self._prover.prove(awaiting, held.input, held.result, number)
            await self._ports.submit.opening(Opening(job, segment, proof_hash(proof)), proof)
        except UNOPENED as error:
            self._ports.log.warning("opening_delayed", job=job, reason=str(error))
        else:
            self._sent["open", awaiting.id] = number
            self._ports.log.info("opened", job=job, segment=segment, proof_bytes=len(proof))

    async def _answer_demands(self) -> None:
        """Show and open what others demand of results, before and after they were paid."""
        while True:
            changed = self._changed
            if self._view is not None:
                await self._answers.answer(self._view)
            await changed.wait()

    # -- Both -------------------------------------------------------------------------------------

    async def _call(
        self, step: str, segment: SegmentId, call: str, arguments: dict[str, Any]
    ) -> None:
        """Submit a call of the jobs pallet; one that is refused is tried again like a lost one."""
        assert self._view is not None
        self._sent[step, segment] = self._view.number
        try:
            await self._ports.submit.call("Jobs", call, arguments)
        except SubmissionRefused as error:
            self._ports.log.warning("call_refused", call=call, reason=str(error))
        else:
            self._ports.log.info(call, job=segment[0], segment=segment[1])

    def _was_sent(self, step: str, segment: SegmentId) -> bool:
        """Whether a step was taken so recently that the chain may not show it yet."""
        assert self._view is not None
        at = self._sent.get((step, segment))
        return at is not None and self._view.number < at + RESEND_AFTER_BLOCKS


def _checked(spec: JobSpec) -> Work:
    try:
        return check_spec(spec)
    except BadSpec as error:
        raise Declined(DeclineReason.BAD_SPEC, str(error)) from error
