"""What the index remembers: accounts, jobs, receipts, providers and the series of the chain."""

from __future__ import annotations

from typing import Any

import msgspec

from node.backend.work import StateWork
from node.explorer import records
from node.explorer.blocks import missing, place_in
from node.explorer.decoding import Decoder
from node.explorer.entries import UNLISTED
from node.explorer.index import Index
from node.explorer.readable import Json
from node.explorer.records import HourRow, Point
from node.rpc.addresses import Addresses
from node.rpc.errors import invalid_params
from node.rpc.jobs import JobJson, checked_limit, job_json
from node.rpc.registry import method
from runtime.compute.job import LatencyClass
from runtime.construct import Runtime
from runtime.frame.metadata.registry import variant_name
from runtime.pallets.balances import Balances
from runtime.pallets.providers.conduct import percentile

PAGE = 25
"""Lines of a page of a history."""

JOBS_LISTED = 25
"""Jobs of an account that its page lists."""

EVENTS_OF_JOB = 200
"""Events of one job: three attempts of a few segments need fewer."""

HOURS_SHOWN = 24 * 14
"""Two weeks of a provider's work."""

POINTS_SHOWN = 500
"""More than a chart has pixels for on a narrow screen."""


class PageJson(msgspec.Struct, frozen=True):
    """A page of a history, newest first; `next` asks for the one after it, null ends."""

    rows: list[Json]
    next: str | None
    first: int
    """The first block that the index knows."""


class PartJson(msgspec.Struct, frozen=True):
    """A part of a balance that cannot be spent, and why; planck."""

    symbol: str
    kind: str
    reason: str
    amount: str


class AccountJobsJson(msgspec.Struct, frozen=True):
    """What of an account the plain view of balances does not say."""

    address: str
    parts: list[PartJson]
    bought: list[int]
    sold: list[int]
    is_provider: bool


class OrderJson(msgspec.Struct, frozen=True):
    """A job that was ordered; `job` is null once the chain has forgotten it."""

    number: int
    client: str
    block: int
    time: int
    job: JobJson | None


class JobHistoryJson(msgspec.Struct, frozen=True):
    """A job and all that happened to it."""

    number: int
    job: JobJson | None
    spec: Json
    events: list[Json]


class ReceiptPageJson(msgspec.Struct, frozen=True):
    """A receipt that a block carried, and the job that it is of; none of canonical work."""

    receipt: Json
    job: JobJson | None
    """With what the job commits to; null where the chain has forgotten it, too."""


class HourJson(msgspec.Struct, frozen=True):
    """What a provider did in the hour that began at `time`, in ms; amounts are planck."""

    time: int
    units: int
    shares: int
    blocks: int
    earned: str
    settled: int
    failed: int
    slashed: str


class ProviderPageJson(msgspec.Struct, frozen=True):
    """A provider, as the chain knows it, with the last two weeks of its work."""

    address: str
    record: Json
    era: int
    epoch: int
    """The one under way."""
    reputation: int | None
    """In parts per billion, faded to now."""
    latency_p50: list[int]
    """Blocks from assignment to start, by latency class; 0 where nothing was measured."""
    hours: list[HourJson]


class ReachJson(msgspec.Struct, frozen=True):
    """The first and the last block that the index holds."""

    first: int
    last: int


class HistoriesNamespace:
    """What is asked about the past."""

    def __init__(self, decoder: Decoder, index: Index, addresses: Addresses) -> None:
        self._decoder, self._index, self._addresses = decoder, index, addresses
        self._work = StateWork(decoder.executive, decoder.chain)

    @method("explorer_index")
    def reach(self) -> ReachJson | None:
        """Return how far the index reaches; null before its first block."""
        tip = self._index.tip
        return None if tip is None else ReachJson(tip.first, tip.number)

    @method("explorer_history")
    def history(self, address: str, cursor: str = "", limit: int = PAGE) -> PageJson:
        """Return what an account signed and what happened to it, newest first."""
        account = self._addresses.decode(address.strip())
        found = self._index.account(account, cursor_of(cursor), checked_limit(limit))
        return self._page(*found)

    @method("explorer_receipts")
    def receipts(self, cursor: str = "", limit: int = PAGE) -> PageJson:
        """Return the receipts that blocks carried, newest first."""
        return self._page(*self._index.receipts(cursor_of(cursor), checked_limit(limit)))

    @method("explorer_receipt")
    def receipt(self, id: str) -> ReceiptPageJson:
        """Return a receipt, named by its block and its place among that block's as in `12-0`."""
        number, place = place_in(id)
        is_place = number <= self._decoder.chain.best.number and place < records.ALL_PLACES
        found = self._index.receipt(number, place) if is_place else None
        if found is None:
            raise missing(f"block {number} has no receipt number {place} in this node's index")
        row = plain(msgspec.json.decode(bytes(found), type=records.ReceiptRow))
        return ReceiptPageJson(row, None if row["job"] is None else self._job(row["job"]))

    @method("explorer_events")
    def events(self, name: str, cursor: str = "", limit: int = PAGE) -> PageJson:
        """Return the events of a name, such as Balances.Transfer, newest first."""
        known = events_of(self._decoder.best().runtime)
        if name not in known:
            raise invalid_params(f"wanted the name of an event as in {known[0]}, got {name[:80]!r}")
        if name in UNLISTED:
            raise missing(f"{name} comes with every extrinsic or block: it is not listed by name")
        return self._page(*self._index.events(name, cursor_of(cursor), checked_limit(limit)))

    @method("explorer_account")
    def account(self, address: str) -> AccountJobsJson:
        """Return what an account has on hold and why, and the newest jobs it bought and sold."""
        account = self._addresses.decode(address.strip())
        runtime = self._decoder.best().runtime
        parts = [
            *parts_of(runtime.balances, account, "AGPU"),
            *parts_of(runtime.amax, account, "AMAX"),
        ]
        return AccountJobsJson(
            address=self._addresses.encode(account),
            parts=parts,
            bought=self._index.jobs_of(records.BOUGHT, account, JOBS_LISTED),
            sold=self._index.jobs_of(records.SOLD, account, JOBS_LISTED),
            is_provider=account in runtime.providers.providers,
        )

    @method("explorer_jobs")
    def jobs(self, below: int | None = None, limit: int = PAGE) -> list[OrderJson]:
        """Return the jobs with numbers below one, or all, newest first."""
        checked_limit(limit)
        next_job = self._decoder.best().runtime.jobs.next_job_id
        orders = self._index.orders(next_job if below is None else max(below, 0), limit)
        return [
            OrderJson(each.job, each.client, each.block, each.time, self._job(each.job))
            for each in orders
        ]

    @method("explorer_job")
    def job(self, number: int) -> JobHistoryJson:
        """Return a job with its order and its events, which the index does not forget."""
        if not 0 <= number < records.ALL_JOBS:
            raise invalid_params(f"wanted the number of a job, got {number}")
        events = self._index.job(number, EVENTS_OF_JOB)
        best = self._decoder.best()
        spec = best.runtime.jobs.specs.get(number)
        if spec is None and not events:
            newest = best.runtime.jobs.next_job_id
            raise missing(f"no job {number}: {newest} jobs were ordered so far")
        shown = None if spec is None else best.readable.fields(spec, "Jobs")
        return JobHistoryJson(number, self._job(number), shown, [plain(each) for each in events])

    @method("explorer_provider")
    def provider(self, address: str) -> ProviderPageJson:
        """Return a provider with what it did in the last two weeks, by the hour."""
        account = self._addresses.decode(address.strip())
        best = self._decoder.best()
        providers = best.runtime.providers
        known = providers.providers.get(account)
        if known is None:
            raise missing(f"{self._addresses.encode(account)} is not a provider")
        first = max(0, best.runtime.timestamp.now // 3_600_000 - HOURS_SHOWN + 1)
        hours = self._index.hours(account, first, HOURS_SHOWN)
        return ProviderPageJson(
            address=self._addresses.encode(account),
            record=best.readable.fields(known, "Providers"),
            era=providers.era(),
            epoch=best.runtime.babe.current_epoch(),
            reputation=providers.standing.reputation(account),
            latency_p50=[
                median_of(providers.starts.get((account, one)) or ()) for one in LatencyClass
            ],
            hours=[hour_json(hour, row) for hour, row in hours],
        )

    @method("explorer_points")
    def points(
        self, first: int = 0, last: int | None = None, limit: int = POINTS_SHOWN
    ) -> list[dict[str, Any]]:
        """Return the series of the chain from one block to another, evenly thinned out.

        Counters count from the first block of the index; amounts are planck, as decimal strings.
        """
        if not 2 <= limit <= POINTS_SHOWN:
            raise invalid_params(f"wanted a limit of 2 to {POINTS_SHOWN}, got {limit}")
        end = self._decoder.chain.best.number if last is None else last
        return [point_json(point) for point in self._index.points(max(first, 0), end, limit)]

    def _job(self, number: int) -> JobJson | None:
        found = self._work.job(number.to_bytes(records.JOB_BYTES, "big"))
        return None if found is None else job_json(found, self._addresses)

    def _page(self, rows: list[msgspec.Raw], following: bytes) -> PageJson:
        tip = self._index.tip
        first = 0 if tip is None else tip.first
        return PageJson(rows, following.hex() or None, first)


def parts_of(ledger: Balances, account: bytes, symbol: str) -> list[PartJson]:
    """Return what of an account's balance is on hold, frozen or locked, by reason."""
    held = [("hold", hold.id.name, hold.amount) for hold in ledger.holds[account]]
    frozen = [("freeze", freeze.id.name, freeze.amount) for freeze in ledger.freezes[account]]
    locked = [
        ("lock", lock.id.decode("ascii", "replace").strip(), lock.amount)
        for lock in ledger.locks[account]
    ]
    return [
        PartJson(symbol, kind, reason.lower(), str(amount))
        for kind, reason, amount in (*held, *frozen, *locked)
    ]


def events_of(runtime: Runtime) -> list[str]:
    """Return the names of all events of a runtime, in the order of its pallets."""
    return [
        f"{pallet.name}.{variant_name(kind)}"
        for pallet in runtime.pallets
        for kind in type(pallet).events
    ]


def cursor_of(text: str) -> bytes:
    """Read where a page begins, as the page before told it.

    Raises RpcError.
    """
    wanted = 2 * (records.BLOCK_BYTES + records.PLACE_BYTES)
    try:
        if len(text) not in (0, wanted):
            raise ValueError
        return bytes.fromhex(text)
    except ValueError:
        raise invalid_params(f"cursor: wanted `next` of a page, got {text[:40]!r}") from None


def median_of(counts: tuple[int, ...]) -> int:
    """Return what half of the samples stay within; 0 without any."""
    return percentile(counts, 50) if sum(counts) else 0


def hour_json(hour: int, row: HourRow) -> HourJson:
    """Show an hour of a provider."""
    return HourJson(
        time=hour * 3_600_000,
        units=row.units,
        shares=row.shares,
        blocks=row.blocks,
        earned=str(row.earned),
        settled=row.settled,
        failed=row.failed,
        slashed=str(row.slashed),
    )


AMOUNT_FIELDS = ("agpu", "amax", "minted", "burned", "fees", "settled", "treasury")


def point_json(point: Point) -> dict[str, Any]:
    """Show a point: amounts as text, prices by market."""
    shown: dict[str, Any] = {name: getattr(point, name) for name in Point.__struct_fields__}
    shown |= {name: str(shown[name]) for name in AMOUNT_FIELDS}
    prices = [
        {"tier": tier, "region": region, "price": str(price)}
        for tier, region, price in point.prices
    ]
    return shown | {"prices": prices}


def plain(value: Any) -> Json:
    """Return a struct as JSON's types."""
    return msgspec.to_builtins(value)
