"""What anybody may ask about providers; nothing here is read by a block.

Energy is what a provider reported, and a job's is its part by work of that of its epoch. What it
emits is known where a referendum wrote down the intensity of the region and the source.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtime.compute.job import LatencyClass, Market
from runtime.pallets.providers import conduct
from runtime.pallets.providers.records import JobEnergy, Report
from runtime.pallets.providers.telemetry import CAPACITY_EPOCHS
from runtime.primitives.types import U32, AccountId, BlockNumber

if TYPE_CHECKING:
    from runtime.pallets.providers.pallet import Providers

EPOCHS_SHOWN = 24
"""A day of telemetry."""


def report(pallet: Providers, who: AccountId) -> Report | None:
    """Return all that is known of a provider, or None if it is none."""
    record, standing = pallet.providers.get(who), pallet.standing
    if record is None:
        return None
    current = pallet.ports.clock.current_epoch()
    first = max(current - min(EPOCHS_SHOWN, CAPACITY_EPOCHS) + 1, 0)
    epochs = (pallet.telemetry(who, epoch) for epoch in range(current, first - 1, -1))
    return Report(
        provider=who,
        record=record,
        reputation=standing.reputation(who),
        uptime=pallet.telemetry_book.uptime(who, record),
        reliability=standing.reliability(who),
        performance=standing.performance(who),
        bond_needed=pallet.bond_needed(record.info),
        short_since=pallet.short_since.get(who),
        era=pallet.era(),
        attestation=pallet.ports.attested.level(who),
        certified=conduct.certified(record.latency_p95),
        telemetry=tuple(one for one in epochs if one is not None),
    )


Takers = tuple[U32, U32, U32, U32]
"""How many providers may be given a job of each latency class, in the order of the classes."""


def takers(pallet: Providers, market: Market) -> Takers:
    """Count the providers of a market that have room for a job now, by latency class."""
    idle = (pallet.idle[market, place] for place in range(pallet.idle_count[market]))
    given = [conduct.certified(pallet.providers[who].latency_p95) for who in idle]
    batch, standard, fast, realtime = (
        sum(latency in classes for classes in given) for latency in LatencyClass
    )
    return batch, standard, fast, realtime


def energy_of(
    pallet: Providers, segment: int, who: AccountId, units: int, block: BlockNumber
) -> JobEnergy | None:
    """Return the energy of a segment that was paid in a block; None where none was reported."""
    epoch = pallet.telemetry_book.epoch_of(block)
    telemetry = None if epoch is None else pallet.telemetry(who, epoch)
    if epoch is None or telemetry is None or not telemetry.energy_wh:
        return None
    work = telemetry.canonical_work + telemetry.paid_work
    energy = conduct.part_of_energy(telemetry.energy_wh, units, work)
    provider = pallet.providers.get(who)
    grams = None
    if provider is not None:
        info = provider.info
        grams = pallet.ports.attested.intensity(info.market.region, info.energy)
    co2e = None if grams is None else conduct.emissions(energy, grams)
    return JobEnergy(segment, who, epoch, units, energy, co2e)
