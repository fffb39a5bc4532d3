"""The economy after the best block: supply, queue, prices, treasury."""

from __future__ import annotations

from itertools import islice

import msgspec

from node.explorer.decoding import Decoder
from node.explorer.entries import priced_markets, providers_in_all, waiting_jobs
from node.explorer.index import Index
from node.explorer.readable import Json
from node.rpc.addresses import Addresses
from node.rpc.registry import method
from runtime.compute.job import LatencyClass, Market
from runtime.constants import COMMISSIONS, POTS
from runtime.construct import Runtime
from runtime.frame.fungibles import AMAX, NativeOrWithId, WithId
from runtime.pallets.jobs.matching import MATCH_DELAY
from runtime.pallets.providers.conduct import certified
from runtime.pallets.treasury import Treasury
from runtime.pallets.treasury.windows import current

QUEUE_LISTED = 50
"""Waiting jobs that a lane shows."""

PROVIDERS_LOOKED = 256
"""Providers that are asked which classes of latency they may be given: some milliseconds."""

SPENDS_LISTED = 100
"""Newest spends of the treasury."""


class TokenJson(msgspec.Struct, frozen=True):
    """What exists of a token, in planck."""

    symbol: str
    issuance: str
    inactive: str


class PotJson(msgspec.Struct, frozen=True):
    """An account of the chain itself."""

    name: str
    address: str
    free: str
    held: str


class SupplyJson(msgspec.Struct, frozen=True, rename="camel"):
    """Supply after a block; what was minted and burned counts from `first` on."""

    block: int
    first: int
    tokens: list[TokenJson]
    initial: str
    minted: str
    burned: str
    fees: str
    settled: str
    pots: list[PotJson]


class EmissionJson(msgspec.Struct, frozen=True, rename="camel"):
    """An epoch of emission; amounts are planck, shares parts per billion, capacity micro-CU."""

    epoch: int
    kappa: int
    """The part of a burn that is minted again."""
    utilisation: int
    is_closed: bool
    """Whether what its proven capacity is paid is fixed, as are the four below."""
    capacity: int
    rate: str
    """Per CU."""
    budget: str
    """What the curve lets it mint for proven capacity."""
    minted: str
    """What was pulled of that so far."""


class WaitingJson(msgspec.Struct, frozen=True, rename="camel"):
    """A job in a queue: its work in micro-CU, the most it pays in planck, the seconds it waits."""

    job: int
    units: int
    max_price: str
    wait: float | None


class LaneJson(msgspec.Struct, frozen=True, rename="camel"):
    """A market: its price in planck per CU, its providers, and the jobs that wait in order.

    `wait` is how many seconds a standard job that is ordered now would probably wait; null where
    nobody is there who may be given it.
    """

    tier: int
    region: int
    price: str
    providers: int
    idle: int
    waiting: int
    wait: float | None
    jobs: list[WaitingJson]


class OverviewJson(msgspec.Struct, frozen=True, rename="camel"):
    """The economy in a few numbers, for the first page."""

    block: int
    tokens: list[TokenJson]
    waiting: int
    open_jobs: int
    ordered: int
    providers: int
    settled: str
    """Planck that clients paid for verified work, since the index begins."""
    lanes: list[LaneJson]


class SpendJson(msgspec.Struct, frozen=True):
    """A spend that the treasury approved."""

    index: int
    asset: str
    """AGPU, AMAX, or the id of an asset, of which the amounts are least units."""
    status: Json
    stream: Json


class AssetPotJson(msgspec.Struct, frozen=True):
    """What the treasury has of an asset other than AGPU, in its least unit."""

    asset: str
    """AMAX, or the id of an asset."""
    pot: str
    committed: str
    spent: str
    """What all tracks approved of it in the last 28 eras."""


class TreasuryJson(msgspec.Struct, frozen=True):
    """The treasury after the best block; amounts are planck."""

    block: int
    address: str
    free: str
    pot: str
    committed: str
    approvals: list[Json]
    spends: list[SpendJson]
    next: int | None
    windows: list[Json]
    assets: list[AssetPotJson]


class EconomyNamespace:
    """What is asked about the present."""

    def __init__(self, decoder: Decoder, index: Index, addresses: Addresses) -> None:
        self._decoder, self._index, self._addresses = decoder, index, addresses
        self._chain = decoder.chain

    @method("explorer_overview")
    def overview(self) -> OverviewJson:
        """Return the economy in a few numbers."""
        best, tip = self._decoder.best(), self._index.tip
        runtime = best.runtime
        point = None if tip is None else self._index.point(tip.number)
        return OverviewJson(
            block=best.header.number,
            tokens=tokens_of(runtime),
            waiting=waiting_jobs(runtime),
            open_jobs=runtime.jobs.open_jobs,
            ordered=runtime.jobs.next_job_id,
            providers=providers_in_all(runtime),
            settled=str(point.settled if point else 0),
            lanes=lanes_of(runtime, self._decoder.executive.config.slot_milliseconds / 1000),
        )

    @method("explorer_supply")
    def supply(self) -> SupplyJson:
        """Return what exists of both tokens, and how AGPU came to be what it is."""
        tip = self._index.tip
        number = self._chain.best.number if tip is None else tip.number
        best = self._decoder.best() if tip is None else self._decoder.block(tip.hash)
        point = self._index.point(number)
        issuance = best.runtime.balances.total_issuance
        minted, burned, fees, settled = (
            (0, 0, 0, 0)
            if point is None
            else (point.minted, point.burned, point.fees, point.settled)
        )
        return SupplyJson(
            block=best.header.number,
            first=0 if tip is None else tip.first,
            tokens=tokens_of(best.runtime),
            initial=str(issuance - minted + burned),
            minted=str(minted),
            burned=str(burned),
            fees=str(fees),
            settled=str(settled),
            pots=self._pots(best.runtime),
        )

    @method("explorer_emission")
    def emission(self) -> list[EmissionJson]:
        """Return the epochs of emission that the state keeps, newest first."""
        kept = self._decoder.best().runtime.emission.epoch_info.items()
        return [
            EmissionJson(
                epoch=epoch,
                kappa=info.kappa,
                utilisation=info.utilisation,
                is_closed=info.is_closed,
                capacity=info.capacity,
                rate=str(info.rate),
                budget=str(info.budget),
                minted=str(info.minted),
            )
            for epoch, info in sorted(kept, reverse=True)
        ]

    @method("explorer_treasury")
    def treasury(self, below: int | None = None) -> TreasuryJson:
        """Return what the treasury has, has promised, and was let spend.

        Of the spends that the chain keeps the newest 100, or those below a number; `next` asks for
        the rest, as `below`.
        """
        best = self._decoder.best()
        treasury, show = best.runtime.treasury, best.readable.show
        kept = dict(treasury.spends.items())
        older = sorted((one for one in kept if below is None or one < below), reverse=True)
        newest = older[:SPENDS_LISTED]
        windows = [("all tracks", treasury.global_window)]
        windows += [(track.name.lower(), spent) for track, spent in treasury.track_window.items()]
        return TreasuryJson(
            block=best.header.number,
            address=self._addresses.encode(treasury.account),
            free=str(best.runtime.balances.free(treasury.account)),
            pot=str(treasury.pot()),
            committed=str(treasury.committed),
            approvals=[
                {"index": index} | show(None, treasury.proposals[index], "Treasury")
                for index in treasury.approvals
            ],
            spends=[
                SpendJson(
                    index,
                    name_of(kept[index].asset_kind),
                    show(None, kept[index], "Treasury"),
                    show(None, treasury.streams.get(index), "Treasury"),
                )
                for index in newest
            ],
            next=newest[-1] if len(older) > len(newest) else None,
            windows=[
                {"track": name, "spends": [show(None, one, "Treasury") for one in spent]}
                for name, spent in windows
            ],
            assets=other_pots(treasury),
        )

    def _pots(self, runtime: Runtime) -> list[PotJson]:
        named = {
            "Treasury": POTS.treasury,
            "Validators": POTS.validators,
            "Oracles": POTS.oracles,
            "Stakers": POTS.stakers,
            "Commissions": COMMISSIONS,
        }
        shown = []
        for name, account in named.items():
            data = runtime.balances.store.data(account)
            address = self._addresses.encode(account)
            shown.append(PotJson(name, address, str(data.free), str(data.reserved)))
        return shown


def tokens_of(runtime: Runtime) -> list[TokenJson]:
    """Return what exists of both tokens."""
    ledgers = (("AGPU", runtime.balances), ("AMAX", runtime.amax))
    return [
        TokenJson(symbol, str(ledger.total_issuance), str(ledger.inactive_issuance))
        for symbol, ledger in ledgers
    ]


def other_pots(treasury: Treasury) -> list[AssetPotJson]:
    """Return what the treasury has of AMAX, and of other assets of which it spent lately."""
    made, era = treasury.promises, treasury.context.number // treasury.config.era_blocks
    ids = (asset for asset, _ in treasury.asset_window.items() if asset != AMAX.id)
    return [
        AssetPotJson(
            asset=name_of(WithId(asset)),
            pot=str(made.pot(WithId(asset))),
            committed=str(made.committed(WithId(asset))),
            spent=str(sum(one.amount for one in current(treasury.asset_window[asset], era))),
        )
        for asset in (AMAX.id, *sorted(islice(ids, SPENDS_LISTED)))
    ]


def name_of(kind: NativeOrWithId) -> str:
    """Return how people call what the treasury spends."""
    if not isinstance(kind, WithId):
        return "AGPU"
    return "AMAX" if kind == AMAX else str(kind.id)


def lanes_of(runtime: Runtime, slot_seconds: float) -> list[LaneJson]:
    """Return every market that was priced, that has providers, or in which jobs wait."""
    return [
        lane_of(runtime, Market(tier, region), price, slot_seconds)
        for tier, region, price in priced_markets(runtime)
    ]


def lane_of(runtime: Runtime, market: Market, price: int, slot_seconds: float) -> LaneJson:
    """Return a market with the probable wait of each job in it.

    Whoever comes next is assigned at once if a provider is idle; else the providers, all together
    and at the speed they offer, must first do what is before it, and half of what they are at. A
    job of a class that none of them may be given is passed over.
    """
    items, jobs = runtime.jobs.lanes[market].items, runtime.jobs
    idle, speed = runtime.providers.idle_count[market], runtime.pricing.rated[market]
    before = 0 if idle else jobs.running_units[market] / 2

    classes = served_classes(runtime, market)

    def wait(latency: LatencyClass) -> float | None:
        is_served = speed and latency in classes
        return round(MATCH_DELAY * slot_seconds + before / speed, 1) if is_served else None

    waiting = list[WaitingJson]()
    for item in items:
        job = jobs.jobs[item.job]
        if len(waiting) < QUEUE_LISTED:
            limit = str(job.prepaid)
            waiting.append(WaitingJson(item.job, job.units, limit, wait(job.latency)))
        before += job.units if job.latency in classes else 0
    return LaneJson(
        tier=market.tier,
        region=market.region,
        price=str(price),
        providers=runtime.providers.market_size[market],
        idle=idle,
        waiting=len(items),
        wait=wait(LatencyClass.STANDARD),
        jobs=waiting,
    )


def served_classes(runtime: Runtime, market: Market) -> set[LatencyClass]:
    """Return the latency classes that some of the first providers, in a market, may be given."""
    looked = islice(runtime.providers.providers.items(), PROVIDERS_LOOKED)
    there = (one for _, one in looked if one.info.market == market and one.is_working)
    return {latency for one in there for latency in certified(one.latency_p95)}
