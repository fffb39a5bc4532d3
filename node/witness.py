"""The witness's side of the node: what waits for its keys, and how its word gets about."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

from consensus.compute.provider_view import SubmissionRefused
from consensus.compute.witness import Duty
from node.audit_keys import AuditKeys
from node.chain import Chain
from node.receipts.testimonies import Testimonies
from runtime.compute.job import ProofType
from runtime.compute.verify import BadReceipt
from runtime.compute.witnesses import Testimony
from runtime.construct import Runtime
from runtime.executive import Executive
from runtime.pallets.jobs import JobState


class WitnessDuties:
    """Best blocks, as the witness sees them."""

    def __init__(
        self, executive: Executive, chain: Chain, heard: Testimonies, keys: AuditKeys
    ) -> None:
        self._executive, self._chain = executive, chain
        self._heard, self._keys = heard, keys

    async def waiting(self) -> AsyncIterator[tuple[Duty, ...]]:
        """Yield what waits for our keys whenever there is a new best block."""
        with self._chain.subscribe() as events:
            yield self.duties()
            async for _ in events:
                yield self.duties()

    def duties(self) -> tuple[Duty, ...]:
        """Return what waits for our keys on the best block."""
        best = self._chain.best
        runtime = self._executive.reader_at(self._chain.state_at(best.hash), best.number + 1)
        return tuple(self._duties(runtime))

    def _duties(self, runtime: Runtime) -> Iterator[Duty]:
        for number, segment in awaited(runtime):
            context = runtime.receipts.opening_context(number, segment)
            if context is None or context.spec.proof is not ProofType.WITNESSED:
                continue
            signed = self._heard.signed(number, segment)
            for witness in context.witnesses:
                if witness in self._keys and witness not in signed:
                    yield Duty(context.spec, context.commitment, context.randomness, witness)


class TestimonyDoor:
    """Checks our words like those of others, keeps them, and gossips them."""

    def __init__(
        self,
        heard: Testimonies,
        chain: Chain,
        publish: Callable[[Testimony], Awaitable[None]],
    ) -> None:
        self._heard, self._chain, self._publish = heard, chain, publish

    async def testimony(self, testimony: Testimony) -> None:
        """Gossip our word; raises SubmissionRefused."""
        try:
            self._heard.add(testimony, self._chain.best)
        except BadReceipt as error:
            raise SubmissionRefused(f"{type(error).__name__}: {error}") from error
        await self._publish(testimony)


def awaited(runtime: Runtime) -> Iterator[tuple[int, int]]:
    """Yield job and segment of each commitment that waits for its opening.

    The agenda lists them under the end of their windows, so few jobs are looked at.
    """
    jobs = runtime.jobs
    last = runtime.context.number + jobs.opening_window()[1] + 1
    for block in range(jobs.agenda_cursor, last + 1):
        for number in jobs.agenda[block]:
            job = jobs.jobs[number]
            if job.state is JobState.COMMITTED:
                yield number, job.next_segment
