"""Queues and contracts over RPC: what waits in a market, and what was agreed on for a job."""

import msgspec

from node.rpc.addresses import Addresses
from node.rpc.backend import HeaderReader
from node.rpc.errors import invalid_params
from node.rpc.pricing import PriceJson, market_of, price_json
from node.rpc.registry import method
from node.rpc.runtime_api import TypedRuntime
from node.rpc.values import Hex, maybe_hex
from runtime.api.market import JobContract, MarketQueue, QueuedJob
from runtime.primitives.types import U64_MAX


class QueuedJobJson(msgspec.Struct, frozen=True, rename="camel"):
    """A job that waits: the lowest key is served first; work in micro-CU."""

    job: int
    client: str
    service: str
    key: int
    submitted_at: int
    units: int
    may_move: bool


class MarketQueueJson(msgspec.Struct, frozen=True, rename="camel"):
    """What waits and runs in a market: work in micro-CU, load in parts per billion.

    It is overloaded from `queueLimit` jobs or a load of `loadLimit` on, and for one job once that
    has waited for `waitLimit` blocks.
    """

    tier: int
    region: int
    waiting: list[QueuedJobJson]
    idle: int
    running: str
    load: int
    is_overloaded: bool
    queue_limit: int
    load_limit: int
    wait_limit: int


class TransitionJson(msgspec.Struct, frozen=True):
    """A state and the block in which it was entered."""

    state: str
    block: int


class ContractJson(msgspec.Struct, frozen=True, rename="camel"):
    """What was agreed on for a job: amounts as decimal strings in planck, work in micro-CU.

    `dueBlock` is when the time of its present state runs out; `regions` are those to which it may
    still move.
    """

    job: int
    client: str
    payer: str
    provider: str | None
    operator: str | None
    state: str
    service: str
    is_direct: bool
    tier: int
    region: int
    ordered_region: int
    units: int
    price: PriceJson | None
    cost: str | None
    limit: str
    paid: str
    expected_milliseconds: int | None
    due_block: int | None
    deadline: int
    proof_hash: str | None
    energy: str | None
    denied: list[str]
    regions: list[int]
    reservation: int | None
    steps: list[TransitionJson]


class MarketNamespace:
    """What buyers of work ask about its way."""

    def __init__(self, chain: HeaderReader, runtime: TypedRuntime, addresses: Addresses) -> None:
        self._chain, self._runtime, self._addresses = chain, runtime, addresses

    @method("market_queue")
    def queue(self, tier: int, region: int) -> MarketQueueJson:
        """Return what waits in a market, in the order in which it is served."""
        market = market_of(tier, region)
        found = self._runtime.market_queue(market, self._chain.best.hash)
        if found is None:
            raise invalid_params(f"wanted a market of this chain, got tier {tier}, region {region}")
        return _queue_json(found, self._addresses)

    @method("jobs_trace")
    def trace(self, id: Hex) -> ContractJson | None:
        """Return the contract of a job: parties, price, place, conditions, proof and every step."""
        number = int.from_bytes(id, "big")
        if number > U64_MAX:
            raise invalid_params(f"wanted the number of a job, got 0x{id.hex()}")
        found = self._runtime.job_contract(number, self._chain.best.hash)
        return None if found is None else _contract_json(found, self._addresses)


def _queue_json(found: MarketQueue, addresses: Addresses) -> MarketQueueJson:
    return MarketQueueJson(
        tier=found.market.tier,
        region=found.market.region,
        waiting=[_queued_json(one, addresses) for one in found.waiting],
        idle=found.idle,
        running=str(found.running),
        load=found.load,
        is_overloaded=found.is_overloaded,
        queue_limit=found.thresholds.queue,
        load_limit=found.thresholds.saturation,
        wait_limit=found.thresholds.wait,
    )


def _queued_json(one: QueuedJob, addresses: Addresses) -> QueuedJobJson:
    return QueuedJobJson(
        job=one.job,
        client=addresses.encode(one.client),
        service=one.service.name.lower(),
        key=one.key,
        submitted_at=one.submitted_at,
        units=one.units,
        may_move=one.may_move,
    )


def _contract_json(found: JobContract, addresses: Addresses) -> ContractJson:
    conditions = found.conditions
    return ContractJson(
        job=found.job,
        client=addresses.encode(found.client),
        payer=addresses.encode(found.payer),
        provider=addresses.encode_maybe(found.provider),
        operator=addresses.encode_maybe(found.operator),
        state=found.state.name.lower(),
        service=found.service.name.lower(),
        is_direct=found.is_direct,
        tier=found.market.tier,
        region=found.market.region,
        ordered_region=found.ordered.region,
        units=found.units,
        price=None if found.price is None else price_json(found.price),
        cost=None if found.cost is None else str(found.cost),
        limit=str(found.limit),
        paid=str(found.paid),
        expected_milliseconds=found.expected_milliseconds,
        due_block=found.due,
        deadline=found.deadline,
        proof_hash=maybe_hex(found.proof_hash),
        energy=None if found.energy is None else found.energy.name.lower(),
        denied=[addresses.encode(one) for one in conditions.denied],
        regions=list(conditions.regions),
        reservation=conditions.reservation,
        steps=[TransitionJson(one.state.name.lower(), one.block) for one in found.history],
    )
