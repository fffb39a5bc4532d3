"""The runtime APIs of the compute market: what work costs, and who sells it."""

from __future__ import annotations

from runtime.api.base import Api
from runtime.compute.job import LatencyClass, Market
from runtime.pallets.jobs import JobState
from runtime.pallets.pricing import MarketPrice, PricePoint, Quote
from runtime.pallets.providers import JobEnergy, Report, Telemetry, reports
from runtime.primitives.types import U32, U64, AccountId


class PricingApi(Api):
    """What compute costs."""

    api_version = 1

    def prices(self) -> tuple[MarketPrice, ...]:
        """Return every market that is open or ever was, by tier and region."""
        return self._question.runtime.pricing.prices()

    def quote(self, market: Market, latency: LatencyClass, tip: U32, units: U64) -> Quote | None:
        """Return what `units` micro-CU cost, the tip in ppb; nothing without such a market."""
        return self._question.runtime.pricing.offer(market, latency, tip, units)

    def price_history(self, market: Market) -> tuple[PricePoint, ...]:
        """Return the last 256 pricing periods of a market, the oldest first."""
        return self._question.runtime.pricing.history(market)


class ProvidersApi(Api):
    """What is known of those who sell compute."""

    api_version = 1

    def report(self, who: AccountId) -> Report | None:
        """Return the record of a provider, what follows from it, and a day of its telemetry."""
        return reports.report(self._question.runtime.providers, who)

    def telemetry(self, who: AccountId, epoch: U64) -> Telemetry | None:
        """Return what a provider showed of itself in one of the last 86 epochs, if anything."""
        return self._question.runtime.providers.telemetry(who, epoch)

    def takers(self, market: Market) -> reports.Takers:
        """Return how many providers have room for a job of each latency class now."""
        return reports.takers(self._question.runtime.providers, market)

    def job_energy(self, job: U64) -> tuple[JobEnergy, ...]:
        """Return the energy of a job's paid segments, where their providers reported any."""
        runtime = self._question.runtime
        record = runtime.jobs.jobs.get(job)
        if record is None:
            return ()
        blocks = [step.block for step in record.history if step.state is JobState.SETTLED]
        first = record.next_segment - len(blocks)
        found = []
        for place, block in enumerate(blocks, first):
            segment = runtime.jobs.segments[job, place]
            sold = (segment.provider, segment.units, block)
            found.append(reports.energy_of(runtime.providers, place, *sold))
        return tuple(one for one in found if one is not None)
