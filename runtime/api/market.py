"""What clients ask about jobs: a queue as it stands, and the contract behind one job.

A contract is what a match agreed on, in one record: who, what, where, for how much, on which
conditions, and how it was proven. Source: design page "Requirements", D3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from runtime.api.base import Api
from runtime.compute.job import Market
from runtime.compute.price import Service, fee_of, service_of
from runtime.construct import Runtime
from runtime.pallets.jobs import Conditions, Job, JobState, Price, Thresholds, Transition
from runtime.pallets.jobs.records import LANE_SLOTS, MAX_HISTORY
from runtime.pallets.providers import EnergySource
from runtime.primitives.schema import Bounded
from runtime.primitives.types import H256, U32, U64, U128, AccountId, Balance, BlockNumber


@dataclass(frozen=True, slots=True)
class QueuedJob:
    """A job that waits; the lowest key is served first."""

    job: U64
    client: AccountId
    service: Service
    key: U64
    submitted_at: BlockNumber
    units: U64
    """Micro-CU."""
    may_move: bool


@dataclass(frozen=True, slots=True)
class MarketQueue:
    """What waits and runs in a market."""

    market: Market
    waiting: Annotated[tuple[QueuedJob, ...], Bounded(LANE_SLOTS)]
    """In the order in which they are served."""
    idle: U32
    """Providers that can take a job."""
    running: U128
    """Micro-CU of the matched jobs under way."""
    load: U32
    """In the last pricing period, in ppb."""
    is_overloaded: bool
    thresholds: Thresholds


@dataclass(frozen=True, slots=True)
class JobContract:
    """What was agreed on for a job; amounts in planck, work in micro-CU."""

    job: U64
    client: AccountId
    payer: AccountId
    provider: AccountId | None
    operator: AccountId | None
    state: JobState
    ordered: Market
    """Where it was ordered."""
    market: Market
    """Where it is done: the location, by tier and region."""
    service: Service
    is_direct: bool
    units: U64
    price: Price | None
    """Locked when a provider was found, per CU."""
    cost: Balance | None
    """What the whole job costs at that price."""
    limit: Balance
    """The most it can cost: all that was set aside."""
    paid: Balance
    expected_milliseconds: U64 | None
    """How long its provider computes, by its rating."""
    due: BlockNumber | None
    """When the time of its present state runs out, while it is open."""
    deadline: BlockNumber
    proof_hash: H256 | None
    """The proof that every importer checked."""
    energy: EnergySource | None
    """What its provider says it runs on."""
    conditions: Conditions
    history: Annotated[tuple[Transition, ...], Bounded(MAX_HISTORY)]


class JobsApi(Api):
    """What waits in markets, and what was agreed on for jobs."""

    api_version = 1

    def queue(self, market: Market) -> MarketQueue | None:
        """Return what waits in a market, in its order; nothing without such a market."""
        return queue_of(self._question.runtime, market)

    def contract(self, job: U64) -> JobContract | None:
        """Return what was agreed on for a job; nothing if it is not known any more."""
        return contract_of(self._question.runtime, job)


def queue_of(runtime: Runtime, market: Market) -> MarketQueue | None:
    """Return a queue, or nothing where there is no such market."""
    jobs = runtime.jobs
    if not runtime.pricing.has_market(market):
        return None
    return MarketQueue(
        market=market,
        waiting=tuple(_queued(runtime, item.job, item.key) for item in jobs.lanes[market].items),
        idle=runtime.providers.idle_count[market],
        running=jobs.running_units[market],
        load=runtime.pricing.pressure(market),
        is_overloaded=jobs.overflow.is_overloaded(market),
        thresholds=jobs.thresholds,
    )


def contract_of(runtime: Runtime, number: int) -> JobContract | None:
    """Return the contract of a job, or nothing if it is not known any more."""
    jobs, job = runtime.jobs, runtime.jobs.jobs.get(number)
    if job is None:
        return None
    provider = None if job.provider is None else runtime.providers.providers.get(job.provider)
    segment = jobs.segments.get((number, min(job.next_segment, job.segments - 1)))
    rating = None if provider is None else provider.info.rating
    return JobContract(
        job=number,
        client=job.client,
        payer=jobs.funds.payer(number, job),
        provider=job.provider,
        operator=jobs.operators.get(number),
        state=job.state,
        ordered=jobs.specs[number].market,
        market=job.market,
        service=service_of(job.latency),
        is_direct=job.is_direct,
        units=job.units,
        price=job.price,
        cost=_cost(runtime, job),
        limit=job.prepaid,
        paid=job.paid,
        expected_milliseconds=None if rating is None else -(-1000 * job.units // rating),
        due=jobs.lifecycle.due(job) if job.state.is_open else None,
        deadline=job.deadline,
        proof_hash=None if segment is None else segment.proof_hash,
        energy=None if provider is None else provider.info.energy,
        conditions=jobs.conditions[number],
        history=job.history,
    )


def _queued(runtime: Runtime, number: int, key: int) -> QueuedJob:
    job = runtime.jobs.jobs[number]
    may_move = bool(runtime.jobs.conditions[number].regions)
    service = service_of(job.latency)
    return QueuedJob(number, job.client, service, key, job.submitted_at, job.units, may_move)


def _cost(runtime: Runtime, job: Job) -> Balance | None:
    if job.price is None:
        return None
    fee = fee_of(job.segment_units, job.price, runtime.jobs.config.minimum_fee)
    return job.segments * fee.total
