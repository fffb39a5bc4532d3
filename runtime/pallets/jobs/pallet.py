"""Jobs: compute that clients order, prepaid in escrow, matched, verified, and paid by the segment.

A client's escrow is a hold on its own account. A job waits in the lane of its market until a
randomness younger than itself finds it a provider, which commits to a result before the challenge
exists, opens it, and is paid when every importer has checked the opening. Whatever goes wrong, the
job is given to another provider or its escrow goes back. Source: design page "Economy", 5.5.
"""

from __future__ import annotations

from typing import Annotated

from runtime.compute.challenge import OPENING_FIRST, OPENING_LAST
from runtime.compute.job import DeclineReason, JobSpec, Market
from runtime.compute.receipt import Commitment
from runtime.frame import (
    Context,
    DoubleMap,
    EnsureOrigin,
    Map,
    Origin,
    Pallet,
    Value,
    Weight,
    call,
    constant,
    ensure,
    ensure_signed,
    invariant,
    require,
)
from runtime.frame.earnings import UNRECORDED, Recorder
from runtime.frame.fungible import Currency
from runtime.pallets.jobs import audit, events, hook_weights, weights
from runtime.pallets.jobs.agenda import AGENDA_SLOTS, Agenda
from runtime.pallets.jobs.archive import Archive
from runtime.pallets.jobs.conditions import PLAIN, Budget, Conditions, Thresholds
from runtime.pallets.jobs.due import DueWork
from runtime.pallets.jobs.events import Error
from runtime.pallets.jobs.funds import Funds
from runtime.pallets.jobs.lanes import Lanes
from runtime.pallets.jobs.lifecycle import Lifecycle
from runtime.pallets.jobs.matching import Matcher
from runtime.pallets.jobs.openings import Openings
from runtime.pallets.jobs.orders import Orders
from runtime.pallets.jobs.overflow import Overflow
from runtime.pallets.jobs.ports import (
    UNBOUNDED,
    UNREFERRED,
    UNSTAKED,
    Ceiling,
    Config,
    Prices,
    ProviderBook,
    Randomness,
    Reemission,
    Referees,
    Reservations,
    Stakers,
    Terms,
)
from runtime.pallets.jobs.records import (
    EMPTY_LANE,
    EMPTY_WINDOW,
    MAX_DECLINES,
    Job,
    JobState,
    Lane,
    Output,
    Segment,
    Window,
)
from runtime.pallets.jobs.running import Running
from runtime.pallets.jobs.verdicts import Verdicts
from runtime.primitives.hashing import TWOX_64_CONCAT
from runtime.primitives.schema import Bounded
from runtime.primitives.types import H256, U32, U64, U128, AccountId, Balance, BlockNumber


class Jobs(Pallet):
    """Compute that clients order, prepaid in escrow, matched, verified and paid by the segment."""

    events = events.EVENTS
    errors = Error

    next_job_id: Value[U64] = Value(default=0)
    """The id of the next job."""
    jobs: Map[U64, Job] = Map(hasher=TWOX_64_CONCAT)
    """Jobs on their way, and records of jobs that ended."""
    specs: Map[U64, JobSpec] = Map(hasher=TWOX_64_CONCAT)
    """What each job computes."""
    segments: DoubleMap[U64, U32, Segment] = DoubleMap(hashers=(TWOX_64_CONCAT, TWOX_64_CONCAT))
    """The committed segments of each job."""
    open_jobs: Value[U32] = Value(default=0)
    """How many jobs have not ended."""
    jobs_by_client: Map[AccountId, U32] = Map(default=0)
    """How many of each client's jobs have not ended."""
    lanes: Map[Market, Lane] = Map(default=EMPTY_LANE)
    """The queue of waiting jobs of each market."""
    waiting: Value[tuple[Market, ...]] = Value(default=())
    """Markets with waiting jobs, in order."""
    agenda: Map[BlockNumber, Annotated[tuple[U64, ...], Bounded(AGENDA_SLOTS)]] = Map(
        default=(), hasher=TWOX_64_CONCAT
    )
    """Open jobs, by the block in which the time of their state has run out."""
    agenda_cursor: Value[BlockNumber] = Value(default=0)
    """The first block whose list is not yet worked off."""
    ended: Map[U64, U64] = Map(hasher=TWOX_64_CONCAT)
    """Ended jobs, in the order in which they ended."""
    ended_window: Value[Window] = Value(default=EMPTY_WINDOW)
    """The ends of the list of ended jobs."""

    conditions: Map[U64, Conditions] = Map(default=PLAIN, hasher=TWOX_64_CONCAT)
    """What clients asked for beyond the work, of jobs with anything of the kind."""
    budgets: DoubleMap[AccountId, AccountId, Budget] = DoubleMap()
    """By payer and client: what the client may commit in an era."""
    budget_count: Map[AccountId, U32] = Map(default=0)
    """How many budgets each payer has set since they are counted."""
    thresholds: Value[Thresholds] = Value(default=Thresholds())
    """When a market counts as overloaded."""
    operators: Map[U64, AccountId] = Map(hasher=TWOX_64_CONCAT)
    """Whose provider each matched job was given to."""
    operator_units: DoubleMap[Market, AccountId, U128] = DoubleMap(default=0)
    """Micro-CU of the matched jobs that each operator has in a market."""
    running_units: Map[Market, U128] = Map(default=0)
    """Micro-CU of the matched jobs of each market."""
    declined: Map[U64, Annotated[tuple[AccountId, ...], Bounded(MAX_DECLINES)]] = Map(
        default=(), hasher=TWOX_64_CONCAT
    )
    """Providers that gave an open job back: they do not get it again."""
    last_served: Value[Market | None] = Value(default=None)
    """The market after which the next block begins to match."""

    def __init__(
        self,
        context: Context,
        currency: Currency,
        providers: ProviderBook,
        randomness: Randomness,
        config: Config,
        *,
        terms: Terms,
        prices: Prices,
        emission: Reemission,
        earnings: Recorder = UNRECORDED,
        stakers: Stakers = UNSTAKED,
        referees: Referees = UNREFERRED,
        ceiling: Ceiling = UNBOUNDED,
        reservations: Reservations,
        governs: EnsureOrigin[None],
        index: int,
        name: str = "Jobs",
    ) -> None:
        super().__init__(context, index=index, name=name)
        self.currency, self.providers, self.randomness = currency, providers, randomness
        self.config, self.terms, self.prices, self.emission = config, terms, prices, emission
        self.stakers, self.referees, self.earnings = stakers, referees, earnings
        self.reservations, self.governs, self.ceiling = reservations, governs, ceiling
        self.orders, self.funds, self.running = Orders(self), Funds(self), Running(self)
        self.timers, self.queues, self.archive = Agenda(self.agenda), Lanes(self), Archive(self)
        self.lifecycle, self.matcher, self.overflow = Lifecycle(self), Matcher(self), Overflow(self)
        self.due_work, self.verdicts, self.openings = DueWork(self), Verdicts(self), Openings(self)

    # ------------------------------------------------------------------------------------- calls

    @call(0, weight=weights.submit)
    def submit_job(
        self, origin: Origin, spec: JobSpec, provider: AccountId | None, tip: U32
    ) -> None:
        """Order a job; the most it can cost goes on hold, and a deposit for its place in the queue.

        The tip is in parts per billion of the price. A job for a named provider is given to it at
        once, if it is idle, and moves no reputation.
        """
        self.orders.place(ensure_signed(origin), spec, provider, tip, PLAIN)

    @call(1, weight=weights.RECORD + weights.LEDGER)
    def top_up_job(self, origin: Origin, job: U64, extra_units: U64) -> None:
        """Prepay for more micro-CU of an open job. Its client only."""
        record = self._of_client(origin, job)
        ensure(extra_units > 0, Error.ZERO_UNITS)
        ensure(record.state.is_open, Error.WRONG_STATE)
        self.orders.top_up(job, record, extra_units)

    @call(2, weight=weights.SETTLE)
    def cancel_job(self, origin: Origin, job: U64) -> None:
        """Withdraw a job. Its client only.

        Free while it waits, save a tenth of the deposit in its first ten blocks. With a provider
        it costs the running segment, or 5 % of the escrow if that is more: half is burned, half is
        the provider's.
        """
        record = self._of_client(origin, job)
        states = (JobState.QUEUED, JobState.ASSIGNED, JobState.RUNNING)
        ensure(record.state in states, Error.WRONG_STATE)
        self.lifecycle.cancel(job, record)

    @call(3, weight=weights.STEP)
    def start_job(self, origin: Origin, job: U64) -> None:
        """Begin to work on an assigned job. Its provider, or the key of its node, only."""
        record, provider = self._of_provider(origin, job)
        ensure(record.state is JobState.ASSIGNED, Error.WRONG_STATE)
        self.lifecycle.start(job, record, provider)

    @call(4, weight=weights.DECLINE)
    def decline_job(self, origin: Origin, job: U64, reason: DeclineReason) -> None:
        """Give a job back before its result is committed to. Its provider or its node key only.

        It takes a slot of the provider for the time to start; to run it longer than that is late.
        """
        record, provider = self._of_provider(origin, job)
        ensure(record.state in (JobState.ASSIGNED, JobState.RUNNING), Error.WRONG_STATE)
        self.deposit(events.JobDeclined(job, provider, reason))
        self.lifecycle.decline(job, record, provider)

    @call(5, weight=weights.STEP)
    def commit_segment(self, origin: Origin, job: U64, segment: U32, output: Output) -> None:
        """Commit to the result of a segment. Its provider, or the key of its node, only.

        The segment must be opened 3 to 12 blocks later, or the bond is slashed.
        """
        record, provider = self._of_provider(origin, job)
        ensure(record.state is JobState.RUNNING, Error.WRONG_STATE)
        ensure(segment == record.next_segment, Error.WRONG_SEGMENT)
        ensure(self.context.number <= record.deadline, Error.DEADLINE_PASSED)
        self.lifecycle.commit(job, record, self.openings.committed(job, record, provider, output))

    @call(6, weight=weights.SETTLE)
    def settle_segment(self, origin: Origin, job: U64, segment: U32) -> None:
        """Pay a verified segment now instead of in the next block. Anyone may."""
        ensure_signed(origin)
        record = require(self.jobs.get(job), Error.UNKNOWN_JOB)
        ensure(record.state is JobState.VERIFYING, Error.WRONG_STATE)
        ensure(segment == record.next_segment, Error.WRONG_SEGMENT)
        ensure(not record.verdicts, Error.VERDICT_AWAITED)
        self.lifecycle.settle(job, record)

    @call(7, weight=weights.DUE)
    def expire_job(self, origin: Origin, job: U64) -> None:
        """Do what is due for a job whose time has run out. Anyone may."""
        ensure_signed(origin)
        record = require(self.jobs.get(job), Error.UNKNOWN_JOB)
        ensure(record.state.is_open, Error.WRONG_STATE)
        ensure(self.context.number >= self.lifecycle.due(record), Error.NOT_DUE)
        self.lifecycle.attend(job, record)

    @call(8, weight=weights.order)
    def order_job(
        self,
        origin: Origin,
        spec: JobSpec,
        provider: AccountId | None,
        tip: U32,
        conditions: Conditions,
    ) -> None:
        """Order a job as `submit_job` does, on conditions.

        A sponsor pays for it within the budget that it gave the signer; providers that are denied
        never get it; it may move to the regions named when its market is overloaded; a reservation
        of the signer pays for it as far as it reaches.
        """
        self.orders.place(ensure_signed(origin), spec, provider, tip, conditions)

    @call(9, weight=Weight(reads=2, writes=2))
    def set_budget(
        self, origin: Origin, client: AccountId, per_era: Balance | None, until: BlockNumber
    ) -> None:
        """Let a client commit up to `per_era` of the signer's balance to jobs in each era.

        Of its own account it is a spending cap. Without an amount the budget ends: a sponsored
        client can then order nothing more, and the signer's own spending has no cap.
        """
        self.funds.set_budget(ensure_signed(origin), client, per_era, until)

    @call(10, weight=weights.REDEEM)
    def redeem(self, origin: Origin, reservation: U64, job: U64) -> None:
        """Pay a waiting job from a reservation, as far as that reaches. Its client only.

        The job then waits in front, as with the highest boost.
        """
        self.orders.redeem(job, self._of_client(origin, job), reservation)

    @call(11, weight=Weight(writes=1))
    def set_overflow(self, origin: Origin, thresholds: Thresholds) -> None:
        """Decide when jobs may leave a market. A referendum on parameters only."""
        self.governs(origin)
        self.overflow.decide(thresholds)

    @call(12, weight=Weight(reads=2, writes=2))
    def clear_budget(self, origin: Origin, payer: AccountId, client: AccountId) -> None:
        """Forget a budget whose last block is over. Anyone may."""
        ensure_signed(origin)
        self.funds.clear_budget(payer, client)

    # ------------------------------------------------------------------------------------- hooks

    def on_poll(self, number: BlockNumber, left: int) -> Weight:
        """Attend to jobs whose time has run out; match or move those that wait with the rest."""
        room = min(self.config.hook_picoseconds, left)
        if room < hook_weights.LEAST.ref_time:
            return Weight()
        before = self.due_work.run(number, room) + self.archive.prune(number)
        most = hook_weights.matches_left(room, before)
        matches = min(most, self.terms.queue.max_matches)
        after = self.matcher.run(number, matches) + self.overflow.run(number)
        return hook_weights.TICK + hook_weights.SHARED + before + after

    @constant
    def minimum_fee(self) -> Balance:
        """Least fee of a segment, in planck."""
        return self.config.minimum_fee

    @constant
    def opening_window(self) -> tuple[U32, U32]:
        """First and last block, after a commitment, in which it may be opened."""
        return OPENING_FIRST, OPENING_LAST + self.config.opening_grace

    # -------------------------------------------------------------- what other parts may ask for

    def opening(self, job: int, segment: int) -> tuple[JobSpec, Commitment, H256] | None:
        """Return what an opening is checked against, from its challenge to its window's end."""
        return self.openings.awaited(job, segment)

    def verify(self, job: int, segment: int, proof_hash: H256) -> int:
        """Mark a segment as verified, by an opening that this block carries; return its units.

        Raises:
            DispatchError: the segment does not wait for an opening in this block.
        """
        return self.openings.verify(job, segment, proof_hash)

    # ----------------------------------------------------------------------------------- helpers

    def _of_client(self, origin: Origin, number: int) -> Job:
        who = ensure_signed(origin)
        job = require(self.jobs.get(number), Error.UNKNOWN_JOB)
        ensure(job.client == who, Error.NOT_CLIENT)
        return job

    def _of_provider(self, origin: Origin, number: int) -> tuple[Job, AccountId]:
        who = ensure_signed(origin)
        job = require(self.jobs.get(number), Error.UNKNOWN_JOB)
        provider = require(job.provider, Error.NOT_PROVIDER)
        ensure(self.providers.acting_for(who) == provider, Error.NOT_PROVIDER)
        return job, provider

    # -------------------------------------------------------------------------------- invariants

    @invariant
    def escrow_is_held(self) -> bool:
        """Each client has on hold exactly the escrows and deposits of its jobs."""
        return audit.escrow_is_held(self) and audit.ended_hold_nothing(self)

    @invariant
    def exposure_is_reserved(self) -> bool:
        """Each provider has at stake exactly what its open jobs put there."""
        return audit.exposure_is_reserved(self)

    @invariant
    def lanes_hold_the_queued(self) -> bool:
        """Each queued job waits in the lane of its market and presses on its price; no other."""
        return audit.lanes_hold_the_queued(self) and audit.backlogs_are_told(self)

    @invariant
    def agenda_lists_the_open(self) -> bool:
        """Each open job is on the agenda once, not before the cursor."""
        return audit.agenda_lists_the_open(self)

    @invariant
    def jobs_are_counted(self) -> bool:
        """Counters of open jobs are right, and each ended job is in the archive."""
        return audit.jobs_are_counted(self) and audit.ended_are_archived(self)

    @invariant
    def operators_are_counted(self) -> bool:
        """Each operator's running work is counted; nothing is kept of forgotten jobs."""
        return audit.running_is_counted(self) and audit.conditions_are_of_jobs(self)

    @invariant
    def budgets_are_counted(self) -> bool:
        """No payer has more budgets counted than it has."""
        return audit.budgets_are_counted(self)

    @invariant
    def units_stay_prepaid(self) -> bool:
        """No job is metered above what its client prepaid for."""
        return audit.units_stay_prepaid(self)
