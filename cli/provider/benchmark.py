"""`starminer provider benchmark`: how fast a machine is, and what that earns."""

from __future__ import annotations

import math
import secrets
from dataclasses import dataclass, replace
from pathlib import Path

import trio

from cli import bars
from cli.errors import CommandError, UsageError
from cli.options import Remote
from cli.printing import progress, show
from cli.provider.records import providers_of
from cli.provider.settings import Settings, load_settings, memory_mib
from cli.provider.setup import THIS, Machine
from cli.sdk.client import Client
from cli.sdk.jobs import DEFAULT_MARKET
from cli.sdk.prices import price_now
from cli.sdk.session import ask
from consensus.compute.device import MAX_NONCES_PER_SEARCH, DeviceError, DeviceInfo, Search
from consensus.compute.device_process import DeviceOptions, DeviceProcess
from consensus.compute.executor import JobExecutor
from consensus.compute.fleet import FleetExecutor, FleetOptions
from genesis.notation import format_amount
from runtime.compute.job import MACS_PER_UNIT
from runtime.compute.price import Price, fee_of
from runtime.compute.shares import ShareParameters
from runtime.pallets.jobs import money
from runtime.pallets.providers import bonds
from runtime.pallets.providers.conduct import MICRO, PRIOR
from runtime.primitives.types import Balance
from runtime.terms import DEFAULTS, Terms

LOCAL = Remote()
HOUR_SECONDS = 3600
SEARCH_SECONDS = 1.0
"""A search is made about this long: shorter ones measure the pipe to the device."""
MOST_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Measured:
    """What a device did."""

    info: DeviceInfo
    nonces: int
    seconds: float
    shares: int


@dataclass(frozen=True, slots=True)
class Sale:
    """What a market pays, in planck per CU, and in what percent of the time there is work."""

    price: Balance
    load: int
    bond_rate: Balance | None = None
    """The bond for a CU per hour, where it is not as the chain began."""
    terms: Terms = DEFAULTS
    """What fees are divided by, and what bonds must be worth."""


def benchmark(
    *,
    seconds: int = 10,
    settings: Path | None = None,
    machine: Machine = THIS,
    load: int = 100,
    remote: Remote = LOCAL,
) -> None:
    """Do canonical work for a while, propose a rating, and show what it would earn.

    Stop or drain a provider that works on the same device first: they would share it.

    Parameters
    ----------
    seconds
        How long to measure, 1 to 300.
    settings
        The file that `starminer provider init` wrote, instead of --device and the like.
    load
        Percent of the time in which the provider has a paid job, for the earnings.
    """
    if not 1 <= seconds <= MOST_SECONDS:
        raise UsageError(f"--seconds: wanted 1 to {MOST_SECONDS}, got {seconds}")
    if not 0 <= load <= 100:
        raise UsageError(f"--load: wanted 0 to 100 percent, got {load}")
    chosen = machine if settings is None else machine_of(load_settings(settings))

    async def measure(client: Client) -> dict[str, object]:
        config = client.config
        parameters = ShareParameters(config.share_size, config.share_target)
        progress(f"canonical work of side {parameters.size} for {seconds} s")
        measured = await measured_on(executor_of(chosen), parameters, seconds)
        price = await price_now(client, DEFAULT_MARKET)
        bond_rate = await client.storage("Providers", "BondRates", DEFAULT_MARKET)
        terms = replace(
            DEFAULTS,
            fees=await client.storage("Parameters", "Fees"),
            bonds=await client.storage("Parameters", "Bonds"),
        )
        return report(client, measured, parameters, Sale(price, load, bond_rate, terms))

    show(ask(remote, measure), remote.output)


def executor_of(machine: Machine) -> JobExecutor:
    """Return what computes.

    Raises: UsageError.
    """
    options = DeviceOptions(machine.device, memory_mib(machine.device_memory) << 20, niceness=0)
    if machine.executor == "ray":
        return FleetExecutor(FleetOptions(machine.ray_address, options))
    return DeviceProcess(options)


def machine_of(settings: Settings) -> Machine:
    """Return the machine that settings describe."""
    return Machine(settings.device, settings.device_memory, settings.executor, settings.ray_address)


async def measured_on(
    executor: JobExecutor, parameters: ShareParameters, seconds: float
) -> Measured:
    """Search until the time is over; the first search, which warms the device up, is not counted.

    Raises: CommandError if the device does not work.
    """
    seed, nonces, shares, count = secrets.token_bytes(32), 0, 0, 1
    try:
        info = await executor.start()
        await executor.search_shares(Search(seed, seed, 0, 1, parameters))
        began = now = trio.current_time()
        with bars.count("seconds", math.ceil(seconds)) as told:
            while now - began < seconds:
                found = await executor.search_shares(Search(seed, seed, nonces, count, parameters))
                took, now = trio.current_time() - now, trio.current_time()
                nonces, shares = nonces + count, shares + len(found)
                told(int(min(now - began, seconds)))
                if took < SEARCH_SECONDS / 2:
                    count = min(2 * count, MAX_NONCES_PER_SEARCH)
    except DeviceError as error:
        raise CommandError(f"the device does not work: {error}") from error
    finally:
        with trio.CancelScope(shield=True):
            await executor.aclose()
    return Measured(info, nonces, now - began, shares)


def report(
    client: Client, measured: Measured, parameters: ShareParameters, sale: Sale
) -> dict[str, object]:
    """Return what was measured, the rating that it proposes, and the arithmetic of its earnings."""
    per_nonce = parameters.size**3
    rating = int(measured.nonces * per_nonce / MACS_PER_UNIT / measured.seconds)
    tiles = measured.nonces * parameters.tiles_per_side**2
    return {
        "device": measured.info.name,
        "gpu_off": measured.info.gpu_off or None,
        "products": measured.nonces,
        "seconds": round(measured.seconds, 2),
        "shares_found": measured.shares,
        "shares_expected_per_second": round(
            tiles * parameters.target / 2**64 / measured.seconds, 3
        ),
        "int8_tera_operations_per_second": round(
            2 * measured.nonces * per_nonce / measured.seconds / 10**12, 4
        ),
        "rating": f"{max(rating, 1) / MICRO:.6f}CU/s",
        "bond_needed": format_amount(
            bonds.asked(
                providers_of(client).config, sale.terms.bonds, max(rating, 1), sale.bond_rate
            )
        ),
        "earnings": earnings_rows(max(rating, 1), sale),
    }


def earnings_rows(rating: int, sale: Sale) -> list[dict[str, object]]:
    """Show, step by step, what a rating in micro-CU a second earns in an hour."""
    units = rating * HOUR_SECONDS * sale.load // 100
    fee = fee_of(units, Price(sale.price, 0, 0), 0)
    paid = money.split(fee, PRIOR, sale.terms.fees).provider
    share = paid / fee.total if fee.total else 0.0
    return [
        {
            "step": "work in an hour",
            "arithmetic": f"{rating / MICRO:.6f} CU/s x 3600 s x {sale.load} %",
            "result": f"{units / MICRO:.6f} CU",
        },
        {
            "step": "what clients pay",
            "arithmetic": f"{units / MICRO:.6f} CU x {format_amount(sale.price)}",
            "result": format_amount(fee.total),
        },
        {
            "step": "your part",
            "arithmetic": f"{format_amount(fee.total)} x {share:.2%}, of a newcomer's reputation",
            "result": f"{format_amount(paid)} an hour",
        },
    ]
