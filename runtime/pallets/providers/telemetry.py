"""What providers show of themselves: signs of life, energy, how fast they start, work by epoch.

An epoch's record of a provider lies in a ring of as many places as epochs are kept; its number
says whether it is still the one that was asked for. Source: design page "Economy", section 5.4.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from runtime.compute.job import LatencyClass
from runtime.frame import ensure
from runtime.pallets.providers import bonds, conduct, events
from runtime.pallets.providers.records import (
    BUCKETS,
    EpochRecord,
    EpochStart,
    Error,
    Heartbeat,
    Provider,
    Telemetry,
)
from runtime.primitives.types import H256, U64_MAX, AccountId, BlockNumber

if TYPE_CHECKING:
    from runtime.pallets.providers.pallet import Providers

CAPACITY_EPOCHS = 86
"""Epochs for which work is kept: the 84 closed ones that can be paid, and two open ones."""
SAMPLES = 256
"""Starts in a histogram; where it is full each count is halved, so that the newest count most."""
FEWEST_SAMPLES = 8
"""Below these a percentile says nothing."""
MOST_ENERGY_WH = 10**9
"""Of a heartbeat: sums over all that can ever be stay within 64 bits."""
PROVEN_EPOCHS = 2
"""Shares of an epoch count until the next one ends: the rating is proven by one of these before."""


class TelemetryBook:
    """Keeps telemetry. Invariant: no place of a ring is of an epoch that has not begun."""

    def __init__(self, pallet: Providers) -> None:
        self._pallet = pallet

    def tick(self, number: BlockNumber) -> None:
        """Note the first block of an epoch."""
        pallet, epoch = self._pallet, self._pallet.ports.clock.current_epoch()
        start = pallet.epoch_starts.get(epoch % CAPACITY_EPOCHS)
        if start is None or start.epoch != epoch:
            pallet.epoch_starts[epoch % CAPACITY_EPOCHS] = EpochStart(epoch, number)

    def beat(self, who: AccountId, root: H256, energy_wh: int) -> None:
        """Take a heartbeat of a provider, the first in its interval.

        Raises:
            DispatchError: it is not, or says what cannot be.
        """
        pallet, number = self._pallet, self._pallet.context.number
        ensure(self.beat_due(who) is not None, Error.TOO_SOON)
        ensure(energy_wh < MOST_ENERGY_WH, Error.TOO_MUCH_ENERGY)
        pallet.review.enrol(who)
        pallet.heartbeats[who] = Heartbeat(number, root, energy_wh)
        provider = self.seen(who, pallet.providers[who])
        pallet.put(who, provider)
        record = self._record(who)
        updated = replace(record, beats=record.beats + 1, energy_wh=record.energy_wh + energy_wh)
        self._write(who, updated)
        pallet.deposit(events.HeartbeatReceived(who, root, energy_wh, provider.uptime))

    def record_work(self, who: AccountId, epoch: int, work: int) -> None:
        """Add canonical work of a provider in an epoch, in micro-CU: it is a sign of life too."""
        pallet = self._pallet
        pallet.epoch_capacity[epoch, who] += work
        pallet.total_capacity[epoch] += work
        if epoch >= CAPACITY_EPOCHS:
            del pallet.epoch_capacity[epoch - CAPACITY_EPOCHS, who]
            del pallet.total_capacity[epoch - CAPACITY_EPOCHS]
        pallet.put(who, self.seen(who, pallet.providers[who]))
        pallet.deposit(events.WorkRecorded(who, epoch, work))

    def beat_due(self, who: AccountId) -> int | None:
        """Return the interval under way if a provider gave no heartbeat in it."""
        last, now = self._pallet.heartbeats.get(who), self.interval(self._pallet.context.number)
        return now if last is None or self.interval(last.block) < now else None

    def seen(self, who: AccountId, provider: Provider) -> Provider:
        """Return the record of a provider after a sign of life; one in an interval counts."""
        pallet, now = self._pallet, self.interval(self._pallet.context.number)
        last = self._last_interval(who, provider)
        if now > last:
            pallet.last_seen[who] = now
            uptime = conduct.uptime_after(provider.uptime, now - last - 1)
            provider = replace(provider, uptime=uptime)
        return replace(provider, status=bonds.awake(provider.status))

    def uptime(self, who: AccountId, provider: Provider) -> int:
        """Return the uptime as of now: intervals that passed in silence count."""
        now = self.interval(self._pallet.context.number)
        missed = now - self._last_interval(who, provider) - 1
        return conduct.uptime_left(provider.uptime, max(missed, 0))

    def started(self, who: AccountId, latency: LatencyClass, blocks: int) -> None:
        """Count a start that came so many blocks after the assignment.

        It counts in its class, and in each class that the provider has lost: there it is given no
        jobs, and could not come back by any others.
        """
        known = self._pallet.providers[who].latency_p95
        for one in dict.fromkeys((latency, *conduct.lost(known))):
            self._count(who, one, blocks)

    def _count(self, who: AccountId, latency: LatencyClass, blocks: int) -> None:
        pallet = self._pallet
        held = list(pallet.starts.get((who, latency)) or (0,) * BUCKETS)
        held[min(blocks, BUCKETS - 1)] += 1
        counts = tuple(held if sum(held) <= SAMPLES else (one // 2 for one in held))
        pallet.starts[who, latency] = counts
        p95 = conduct.percentile(counts, conduct.P95) if sum(counts) >= FEWEST_SAMPLES else 0
        provider = pallet.providers[who]
        batch, standard, fast, realtime = (
            p95 if one is latency else before
            for one, before in zip(LatencyClass, provider.latency_p95, strict=True)
        )
        measured = (batch, standard, fast, realtime)
        if measured != provider.latency_p95:
            pallet.put(who, replace(provider, latency_p95=measured))
            pallet.deposit(events.LatencyMeasured(who, latency, p95))

    def served(self, who: AccountId, units: int) -> None:
        """Count work that was paid, in micro-CU."""
        record = self._record(who)
        self._write(who, replace(record, paid_work=min(record.paid_work + units, U64_MAX)))

    def of(self, who: AccountId, epoch: int) -> Telemetry | None:
        """Return what is known of a provider in an epoch; None where nothing was heard of it."""
        pallet = self._pallet
        record, canonical = self.recorded(who, epoch), pallet.epoch_capacity[epoch, who]
        if record is None:
            if not canonical:
                return None
            record = self._blank(epoch)
        work = canonical + record.paid_work
        return Telemetry(
            epoch=epoch,
            beats=record.beats,
            energy_wh=record.energy_wh,
            canonical_work=canonical,
            paid_work=record.paid_work,
            uptime=record.uptime,
            latency_p95=record.latency_p95,
            reliability=record.reliability,
            work_per_kwh=conduct.work_per_kwh(work, record.energy_wh),
        )

    def recorded(self, who: AccountId, epoch: int) -> EpochRecord | None:
        """Return what heartbeats and paid jobs of an epoch left; None where there were none."""
        record = self._pallet.epoch_records.get((who, epoch % CAPACITY_EPOCHS))
        return record if record is not None and record.epoch == epoch else None

    def proven_rating(self, who: AccountId) -> int:
        """Return the speed that the best of the last whole epochs proves, in micro-CU per second.

        Both kinds of work prove it: who is busy with jobs has no time for shares.
        """
        pallet, current = self._pallet, self._pallet.ports.clock.current_epoch()
        best = 0
        for epoch in range(max(current - PROVEN_EPOCHS, 0), current):
            found = self.of(who, epoch)
            if found is not None:
                best = max(best, found.canonical_work + found.paid_work)
        return best // pallet.config.epoch_seconds

    def epoch_of(self, block: BlockNumber) -> int | None:
        """Return the epoch of a block among those that are kept; for queries alone."""
        current = self._pallet.ports.clock.current_epoch()
        for epoch in range(current, max(current - CAPACITY_EPOCHS, -1), -1):
            start = self._pallet.epoch_starts.get(epoch % CAPACITY_EPOCHS)
            if start is not None and start.epoch == epoch and start.block <= block:
                return epoch
        return None

    def interval(self, block: BlockNumber) -> int:
        """Return the interval of heartbeats that a block is in."""
        return block // self._pallet.config.heartbeat_blocks

    def _last_interval(self, who: AccountId, provider: Provider) -> int:
        """Return the last interval with a sign of life, or that before the registration."""
        last = self._pallet.last_seen.get(who)
        return self.interval(provider.registered_at) - 1 if last is None else last

    def _record(self, who: AccountId) -> EpochRecord:
        """Return the record of the epoch under way."""
        epoch = self._pallet.ports.clock.current_epoch()
        return self.recorded(who, epoch) or self._blank(epoch)

    def _write(self, who: AccountId, record: EpochRecord) -> None:
        """Store the record of the epoch under way with how its provider stands."""
        pallet, provider = self._pallet, self._pallet.providers[who]
        stored = replace(
            record,
            uptime=self.uptime(who, provider),
            latency_p95=provider.latency_p95,
            reliability=pallet.standing.reliability(who),
        )
        pallet.epoch_records[who, record.epoch % CAPACITY_EPOCHS] = stored

    @staticmethod
    def _blank(epoch: int) -> EpochRecord:
        return EpochRecord(epoch, 0, 0, 0, 0, (0, 0, 0, 0), 0)
