"""The providers namespace: who sells work."""

import msgspec

from node.rpc.addresses import Addresses
from node.rpc.backend import HeaderReader
from node.rpc.blocks import block_hash_or_best
from node.rpc.errors import invalid_params
from node.rpc.jobs import MAX_LISTED, checked_limit
from node.rpc.registry import method
from node.rpc.runtime_api import TypedRuntime
from node.rpc.values import Hash
from node.rpc.views import Work
from runtime.pallets.providers import Report, Telemetry
from runtime.primitives.types import U64_MAX


class ProviderJson(msgspec.Struct, frozen=True, rename="camel"):
    """A provider; its rating is proven speed, in micro-CU a second."""

    account: str
    state: str
    bond: str
    price_per_unit: str
    rating: int
    jobs_done: int
    failures: int


class TelemetryJson(msgspec.Struct, frozen=True, rename="camel"):
    """What a provider showed of itself in an epoch; work is in micro-CU, fractions are in ppb.

    Energy is what it reported, 0 where it reported none; starts are in blocks, by latency class.
    """

    epoch: int
    beats: int
    energy_wh: int
    canonical_work: int
    paid_work: int
    uptime: int
    latency_p95: list[int]
    reliability: int
    work_per_kwh: int


class ReportJson(msgspec.Struct, frozen=True, rename="camel"):
    """All that the chain knows of a provider; fractions are in ppb, amounts are in planck.

    `shortSince` is the era since which the bond is below what is asked for: after seven eras the
    provider is suspended. Epochs of the telemetry are newest first.
    """

    account: str
    state: str
    tier: int
    region: int
    hardware: str
    energy_source: str
    operator: str | None
    rating: int
    bond: str
    bond_needed: str
    exposure: str
    short_since: int | None
    era: int
    reputation: int
    uptime: int
    reliability: int
    performance: int
    latency_p95: list[int]
    certified: list[str]
    is_premium: bool
    attestation: int
    telemetry: list[TelemetryJson]


class JobEnergyJson(msgspec.Struct, frozen=True, rename="camel"):
    """The energy of a paid segment in milliwatt-hours, and what it emitted in milligrams of CO2e.

    It is the segment's part, by work, of what its provider reported in the epoch.
    """

    segment: int
    provider: str
    epoch: int
    units: int
    energy_mwh: int
    co2e_mg: int | None


class ProvidersNamespace:
    """What buyers of work ask about its sellers."""

    def __init__(
        self, work: Work, addresses: Addresses, chain: HeaderReader, runtime: TypedRuntime
    ) -> None:
        self._work, self._addresses = work, addresses
        self._chain, self._runtime = chain, runtime

    @method("providers_list")
    def list_all(self, limit: int = MAX_LISTED) -> list[ProviderJson]:
        """Return the registered providers."""
        return [
            ProviderJson(
                account=self._addresses.encode(provider.account),
                state=provider.state,
                bond=str(provider.bond),
                price_per_unit=str(provider.price_per_unit),
                rating=provider.rating,
                jobs_done=provider.jobs_done,
                failures=provider.failures,
            )
            for provider in self._work.providers(checked_limit(limit))
        ]

    @method("provider_report")
    def report(self, account: str, at: Hash | None = None) -> ReportJson | None:
        """Return all that the chain knows of a provider, or null if the account is none."""
        block = block_hash_or_best(self._chain, at)
        found = self._runtime.provider_report(self._addresses.decode(account), block)
        return None if found is None else report_json(found, self._addresses)

    @method("provider_jobEnergy")
    def job_energy(self, job: int, at: Hash | None = None) -> list[JobEnergyJson]:
        """Return the energy of a job's paid segments whose providers reported any."""
        if not 0 <= job <= U64_MAX:
            raise invalid_params(f"wanted the number of a job, got {job}")
        return [
            JobEnergyJson(
                segment=one.segment,
                provider=self._addresses.encode(one.provider),
                epoch=one.epoch,
                units=one.units,
                energy_mwh=one.energy_mwh,
                co2e_mg=one.co2e_mg,
            )
            for one in self._runtime.job_energy(job, block_hash_or_best(self._chain, at))
        ]


def report_json(found: Report, addresses: Addresses) -> ReportJson:
    """Write a report as JSON has it."""
    record, info = found.record, found.record.info
    return ReportJson(
        account=addresses.encode(found.provider),
        state=record.status.name.lower(),
        tier=info.market.tier,
        region=info.market.region,
        hardware=info.hardware.decode(errors="replace"),
        energy_source=info.energy.name.lower(),
        operator=addresses.encode_maybe(record.operator_group),
        rating=info.rating,
        bond=str(record.bond),
        bond_needed=str(found.bond_needed),
        exposure=str(record.exposure),
        short_since=found.short_since,
        era=found.era,
        reputation=found.reputation,
        uptime=found.uptime,
        reliability=found.reliability,
        performance=found.performance,
        latency_p95=list(record.latency_p95),
        certified=[latency.name.lower() for latency in found.certified],
        is_premium=record.is_premium,
        attestation=found.attestation,
        telemetry=[_telemetry_json(one) for one in found.telemetry],
    )


def _telemetry_json(one: Telemetry) -> TelemetryJson:
    return TelemetryJson(
        epoch=one.epoch,
        beats=one.beats,
        energy_wh=one.energy_wh,
        canonical_work=one.canonical_work,
        paid_work=one.paid_work,
        uptime=one.uptime,
        latency_p95=list(one.latency_p95),
        reliability=one.reliability,
        work_per_kwh=one.work_per_kwh,
    )
