"""Jobs, receipts and providers on the best block, decoded for clients.

Everything is read from the state, whose overlay decodes a value once; each list has a bound on
what it looks at, not only on what it returns.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from node.backend.ledger import block_receipts
from node.backend.receipts import opening_id
from node.chain import Chain
from node.rpc.views import CaseView, JobStep, JobView, ProviderView, ReceiptView
from runtime.compute.job import JobSpec, ProofType
from runtime.compute.price import MICRO, fee_of
from runtime.compute.proofs import PROOFS, sampled
from runtime.compute.receipt import Opening
from runtime.executive import Executive
from runtime.pallets.disputes import Case
from runtime.pallets.jobs.records import Job, JobState, Segment, SegmentStatus
from runtime.pallets.receipts import RECENT_BLOCKS, BatchSummary, OpeningSummary
from runtime.primitives.hashing import blake2_256
from runtime.primitives.scale import encode
from runtime.primitives.types import U64_MAX, BlockNumber
from runtime.state.trie import Trie

JOB_ID_BYTES = 8
"""Job ids are u64 on chain, and big-endian outside."""

MAX_GAPS = 256
"""Forgotten jobs passed on the way down: they are older than all but a few that are kept."""

MAX_COUNTED_JOBS = 256
"""Newest jobs among which a provider's completed ones are counted; the chain keeps no counter."""

MAX_AWAITED = 256
"""Jobs looked at to find commitments that wait for their opening: sixteen blocks' worth."""

MAX_LISTED_PROVIDERS = 4096
"""Providers put in order of account: the most that one market takes."""

EVERY_IMPORTER = "every importer"
"""Who checks a receipt: no node executes a block whose receipts it has not recomputed."""

NOBODY_YET = "nobody yet"
NO_OUTPUT = bytes(32)
"""Canonical work has no output that anybody keeps."""


class StateWork:
    """Decodes the compute market; the `Work` of the RPC."""

    def __init__(self, executive: Executive, chain: Chain) -> None:
        self._executive, self._chain = executive, chain
        self._best = MarketView(executive, chain.state_at(chain.best.hash), chain.best.number)
        self._best_hash = chain.best.hash

    def job(self, job_id: bytes) -> JobView | None:
        """Return a job; its id is big-endian."""
        number = int.from_bytes(job_id, "big")
        return self._market().job(number) if number <= U64_MAX else None

    def jobs(self, limit: int) -> tuple[JobView, ...]:
        """Return the newest jobs first."""
        return self._market().jobs(limit)

    def cases(self, job_id: bytes) -> tuple[CaseView, ...]:
        """Return the open cases against a job, whose id is big-endian."""
        return self._market().cases(int.from_bytes(job_id, "big"))

    def receipts(self, limit: int) -> tuple[ReceiptView, ...]:
        """Return the newest receipts first."""
        return self._market().receipts(limit)

    def providers(self, limit: int) -> tuple[ProviderView, ...]:
        """Return providers in order of account."""
        return self._market().providers(limit)

    def _market(self) -> MarketView:
        """Return the market on the best block; what was decoded stays until there is another."""
        best = self._chain.best
        if best.hash != self._best_hash:
            state = self._chain.state_at(best.hash)
            self._best = MarketView(self._executive, state, best.number)
            self._best_hash = best.hash
        return self._best


class MarketView:
    """The compute market after one block."""

    def __init__(self, executive: Executive, state: Trie, number: int) -> None:
        self._runtime = executive.runtime_at(state, number)
        self._state, self._number = state, number
        self._minimum_fee = executive.config.minimum_job_fee
        epoch_milliseconds = executive.config.slot_milliseconds * executive.config.epoch_slots
        self._epoch_milliseconds = epoch_milliseconds
        self._accounts: tuple[bytes, ...] | None = None

    # jobs

    def job(self, number: int) -> JobView | None:
        """Return a job that is not forgotten."""
        job = self._runtime.jobs.jobs.get(number)
        return None if job is None else self._job_view(number, job)

    def jobs(self, limit: int) -> tuple[JobView, ...]:
        """Return the newest jobs first."""
        return tuple(self._job_view(number, job) for number, job in islice(self._newest(), limit))

    def _newest(self) -> Iterator[tuple[int, Job]]:
        """Yield jobs, newest first, until too many in total were found to be forgotten."""
        gaps = 0
        for number in range(self._runtime.jobs.next_job_id - 1, -1, -1):
            job = self._runtime.jobs.jobs.get(number)
            if job is not None:
                yield number, job
            else:
                gaps += 1
                if gaps > MAX_GAPS:
                    return

    def _job_view(self, number: int, job: Job) -> JobView:
        spec = self._runtime.jobs.specs[number]
        segment = self._segment(number, job)
        is_good = segment is not None and segment.status is not SegmentStatus.FAILED
        return JobView(
            id=number.to_bytes(JOB_ID_BYTES, "big"),
            kind=spec.job_class.name.lower(),
            state=job.state.name.lower(),
            client=job.client,
            provider=job.provider,
            units=job.units,
            max_price=job.prepaid,
            price=self._price(job),
            refunded=None if job.state.is_open else job.prepaid - job.paid,
            input_root=spec.input_root,
            output_root=segment.output.out_root if segment is not None and is_good else None,
            deadline=job.deadline,
            steps=tuple(JobStep(step.state.name.lower(), step.block) for step in job.history),
        )

    def _segment(self, number: int, job: Job) -> Segment | None:
        """Return the segment that was committed last."""
        return self._runtime.jobs.segments.get((number, min(job.next_segment, job.segments - 1)))

    def _price(self, job: Job) -> int | None:
        """Return what a job cost or, while it is open, will cost at its locked price."""
        if job.price is None:
            return None
        if not job.state.is_open:
            return job.paid
        fee = fee_of(job.segment_units, job.price, self._minimum_fee)
        return job.paid + (job.segments - job.next_segment) * fee.total

    def cases(self, number: int) -> tuple[CaseView, ...]:
        """Return the open cases against a job, in order of their numbers."""
        found = dict(self._runtime.disputes.cases.items())
        return tuple(
            _case_view(one, found[one]) for one in sorted(found) if found[one].job == number
        )

    # receipts

    def receipts(self, limit: int) -> tuple[ReceiptView, ...]:
        """Return receipts, newest first: those of recent blocks, the awaited, the disproved."""
        found = [
            *islice(self._verified(), limit),
            *islice(self._awaited(), limit),
            *self._disproved(limit),
        ]
        return tuple(sorted(found, key=lambda receipt: -receipt.block)[:limit])

    def _verified(self) -> Iterator[ReceiptView]:
        """Yield what recent blocks carried, newest first."""
        latest = self._runtime.receipts.latest
        oldest = max(1, self._number - RECENT_BLOCKS + 1)
        for number in range(latest, oldest - 1, -1):
            block = block_receipts(self._runtime, number)
            if block is not None:
                for opening in block.openings:
                    yield from self._opened(number, opening)
                yield from (_batch_view(number, batch) for batch in block.batches)

    def _opened(self, number: int, opening: OpeningSummary) -> Iterator[ReceiptView]:
        jobs = self._runtime.jobs
        job = jobs.jobs.get(opening.job)
        segment = jobs.segments.get((opening.job, opening.segment))
        if job is None or segment is None:
            return  # forgotten: the record of the block is all that is left
        paid = None
        is_settled = segment.status is SegmentStatus.SETTLED and opening.case is None
        if is_settled and job.price is not None:
            paid = fee_of(segment.units, job.price, self._minimum_fee).total
        spec = jobs.specs[opening.job]
        validators = len(self._runtime.session.validators)
        verified_by, method = PROOFS[spec.proof].checked_by(spec, validators)
        yield ReceiptView(
            id=opening_id(_opening_of(opening)),
            job=opening.job.to_bytes(JOB_ID_BYTES, "big"),
            kind=spec.job_class.name.lower(),
            provider=segment.provider,
            units=opening.units,
            block=number,
            verdict="verified",
            verified_by=verified_by if opening.case is None else EVERY_IMPORTER,
            method=method if opening.case is None else checked_demand(opening.case),
            output_root=segment.output.out_root,
            paid=paid,
        )

    def _awaited(self) -> Iterator[ReceiptView]:
        """Yield commitments that wait for their opening, by the block in which that is due."""
        jobs = self._runtime.jobs
        last = self._number + jobs.opening_window()[1] + 1
        looked = 0
        for block in range(jobs.agenda_cursor, last + 1):
            for number in jobs.agenda[block]:
                job = jobs.jobs[number]
                segment = self._segment(number, job)
                if job.state is JobState.COMMITTED and segment is not None:
                    yield self._claimed(number, segment)
                looked += 1
                if looked >= MAX_AWAITED:
                    return

    def _disproved(self, limit: int) -> Iterator[ReceiptView]:
        """Yield commitments, of the newest jobs, that were not opened and cost their provider."""
        for number, job in islice(self._newest(), limit):
            segment = self._segment(number, job) if job.tried else None
            if segment is not None and segment.status is SegmentStatus.FAILED:
                yield self._claimed(number, segment)

    def _claimed(self, number: int, segment: Segment) -> ReceiptView:
        """Return a commitment without an opening: one that awaits it, or that failed."""
        spec = self._runtime.jobs.specs[number]
        is_pending = segment.status is SegmentStatus.COMMITTED
        return ReceiptView(
            id=blake2_256(encode(segment, Segment)),
            job=number.to_bytes(JOB_ID_BYTES, "big"),
            kind=spec.job_class.name.lower(),
            provider=segment.provider,
            units=segment.units,
            block=segment.committed_at,
            verdict="pending" if is_pending else "slashed",
            verified_by=NOBODY_YET if is_pending else EVERY_IMPORTER,
            method=_awaited_proof(spec) if is_pending else "not opened in its window",
            output_root=segment.output.out_root,
            paid=None,
        )

    # providers

    def providers(self, limit: int) -> tuple[ProviderView, ...]:
        """Return providers in order of account."""
        done = self._jobs_done()
        return tuple(
            self._provider_view(account, done.get(account, 0))
            for account in self._provider_accounts()[:limit]
        )

    def _provider_accounts(self) -> tuple[bytes, ...]:
        """Return the accounts of all providers, in order."""
        if self._accounts is None:
            pallet = self._runtime.providers
            prefix = type(pallet).providers.prefix(pallet)
            slots = islice(self._state.keys(prefix), MAX_LISTED_PROVIDERS)
            self._accounts = tuple(sorted(pallet.providers.key_of(slot) for slot in slots))
        return self._accounts

    def _jobs_done(self) -> dict[bytes, int]:
        """Count the completed jobs of each provider among the newest jobs."""
        done: dict[bytes, int] = {}
        for _, job in islice(self._newest(), MAX_COUNTED_JOBS):
            if job.state is JobState.COMPLETED and job.provider is not None:
                done[job.provider] = done.get(job.provider, 0) + 1
        return done

    def _provider_view(self, account: bytes, jobs_done: int) -> ProviderView:
        runtime = self._runtime
        provider = runtime.providers.providers[account]
        return ProviderView(
            account=account,
            state=provider.status.name.lower(),
            bond=provider.bond,
            price_per_unit=runtime.pricing.price(provider.info.market) // MICRO,
            rating=self._proven_speed(account),
            jobs_done=jobs_done,
            failures=len(provider.failures),
        )

    def _proven_speed(self, account: bytes) -> int:
        """Return the canonical work of a provider in its better epoch of the last two, per second.

        In micro-CU, rounded down; the epoch under way counts as if nothing more came in it.
        """
        epoch, capacity = self._runtime.babe.current_epoch(), self._runtime.providers.epoch_capacity
        proven = max(capacity[each, account] for each in range(max(0, epoch - 1), epoch + 1))
        return proven * 1000 // self._epoch_milliseconds


def _case_view(number: int, case: Case) -> CaseView:
    return CaseView(
        number=number,
        kind=case.kind.name.lower(),
        challenger=case.challenger,
        provider=case.provider,
        bond=case.bond,
        content=case.content.tree,
        level=case.node.level,
        index=case.node.index,
        turn=case.turn.name.lower(),
        deadline=case.deadline,
    )


def checked_shares(batch: BatchSummary) -> str:
    """Say how the shares of a batch are checked."""
    count = f"each of {batch.shares} shares" if batch.shares > 1 else "the one share"
    return f"1 tile of {count} recomputed"


def _batch_view(number: int, batch: BatchSummary) -> ReceiptView:
    return ReceiptView(
        id=blake2_256(encode(number, BlockNumber) + encode(batch, BatchSummary)),
        job=None,
        kind="canonical",
        provider=batch.provider,
        units=batch.work,
        block=number,
        verdict="verified",
        verified_by=EVERY_IMPORTER,
        method=checked_shares(batch),
        output_root=NO_OUTPUT,
        paid=None,
    )


def _awaited_proof(spec: JobSpec) -> str:
    match spec.proof:
        case ProofType.SAMPLED:
            return f"{sampled(spec)} to be opened"
        case ProofType.ATTESTED:
            return "to be attested by a trusted vendor"
        case ProofType.WITNESSED:
            return f"{sampled(spec)} to be shown to drawn validators"


def _opening_of(summary: OpeningSummary) -> Opening:
    return Opening(summary.job, summary.segment, summary.proof_hash, summary.case)


def checked_demand(case: int) -> str:
    """Say how the opening that a case demanded is checked."""
    return f"the leaf that case {case} demanded recomputed"
