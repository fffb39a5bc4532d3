"""`starminer provider doctor`: what keeps this machine from providing, and what to do about it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import trio

from cli.doctor import database, disk, memory, network, open_files, python
from cli.errors import CommandError
from cli.findings import Finding, report
from cli.node_doctor import judge, read
from cli.options import Remote
from cli.provider.benchmark import executor_of, machine_of
from cli.provider.duty import standing
from cli.provider.records import bond_asked, find
from cli.provider.settings import Provider, Settings, load_settings
from cli.provider.setup import THIS, Machine
from cli.sdk.client import Client
from cli.sdk.jobs import DEFAULT_MARKET
from cli.sdk.session import ask
from consensus.compute.device import DeviceError
from genesis.notation import format_amount
from runtime.pallets.providers.conduct import MEASURED, PERBILL, TOP_UP_ERAS

LOCAL, USUAL = Remote(), Provider()

DEVICE_SECONDS = 180.0
"""Compiling the kernels for a GPU, the first time, takes tens of seconds."""
LOW_REPUTATION = PERBILL // 4
"""Half of what a newcomer has: the market gives it less than it gives strangers."""

MOST_COMPARED = 64
"""Other providers that a provider is compared with: each is a question to the node."""
FEW_PROVIDERS = 4
"""In a smaller market everybody is drawn, and the last of them gets what the others leave."""

Report = dict[str, Any]
"""The answer to `provider_report`, or a market of `starminer_prices`."""


def doctor(*, provider: Provider = USUAL, remote: Remote = LOCAL) -> None:
    """Check libraries, disk, device, node, clock, key, bond, heartbeats, certificates and ranking.

    Each finding comes with the next command; exit code 1 if something must be mended.
    """
    settings, about = settings_of(provider.settings)
    machine = [python(), memory(), open_files(), disk(), database(), network()]
    tried = device(THIS if settings is None else machine_of(settings))
    report([*machine, about, tried, *node(settings, remote)], remote.output)


def settings_of(file: Path) -> tuple[Settings | None, Finding]:
    """Look for the file of settings, and for the key that it names."""
    try:
        settings = load_settings(file)
        name = f"prov-{settings.key.removeprefix('0x')}.key.json"
        if not (settings.keystore / name).exists():
            missing = f"the keystore {settings.keystore} has no key {settings.key}"
            return settings, Finding("key", "error", missing, f"restore {name} from a copy")
    except CommandError as error:
        return None, Finding("key", "warning", str(error), "starminer provider init")
    return settings, Finding("key", "ok", f"{settings.key} is in {settings.keystore}")


def device(machine: Machine) -> Finding:
    """Open the device as a node would, and let it do a job whose result is known."""

    async def tried() -> Finding:
        executor = executor_of(machine)
        try:
            with trio.fail_after(DEVICE_SECONDS):
                info = await executor.start()
                await executor.probe()
        except DeviceError as error:
            advice = "starminer provider init --device numpy works without a GPU"
            return Finding("device", "error", str(error), advice)
        except trio.TooSlowError:
            late = f"no answer in {DEVICE_SECONDS:.0f} s"
            return Finding("device", "error", late, "nvidia-smi; is another program using it?")
        finally:
            with trio.CancelScope(shield=True):
                await executor.aclose()
        if info.gpu_off and machine.device == "auto":
            slow = f"work runs on the CPU: {info.gpu_off}"
            return Finding("device", "warning", slow, "starminer doctor shows what a GPU lacks")
        memory = f"{info.memory_bytes >> 20} MiB for a job"
        return Finding("device", "ok", f"{info.name}, {memory}, the known job came back right")

    return trio.run(tried)


def node(settings: Settings | None, remote: Remote) -> list[Finding]:
    """Look at the node, and at the provider on its chain."""

    async def question(client: Client) -> list[Finding]:
        found = judge(await read(client, remote.rpc))
        if settings is not None:
            found += await standing_of(client, settings.public)
        return found

    try:
        return ask(remote, question)
    except CommandError as error:
        return [Finding("node", "error", str(error), "starminer provider start")]


async def standing_of(client: Client, key: bytes) -> list[Finding]:
    """Look how a provider stands: its bond first, and if there is one, how it behaves."""
    first = await bond(client, key)
    try:
        who, _ = await find(client, key)
    except CommandError:
        return [first]
    told: Report = await client.rpc.call("provider_report", client.address(who))
    market = (told["tier"], told["region"])
    prices: list[Report] = await client.rpc.call("starminer_prices")
    opened = [one for one in prices if (one["tier"], one["region"]) == market]
    return [
        first,
        top_up(told),
        heartbeat(told),
        certificate(told),
        reputation(told),
        *map(price, opened),
        ranking(told, await rivals(client, told)),
    ]


def top_up(told: Report) -> Finding:
    """Look whether the bond has been below what is asked for."""
    since, needed = told["shortSince"], format_amount(int(told["bondNeeded"]))
    if since is None:
        return Finding("top-up", "ok", f"the bond covers the {needed} that are asked for")
    until = since + TOP_UP_ERAS
    detail = f"below the {needed} asked for since era {since}, suspended in era {until}"
    return Finding("top-up", "error", detail, "starminer tx providers.bond_extra amount=10AGPU")


def heartbeat(told: Report) -> Finding:
    """Look whether the chain has heard of the provider in this epoch or the last."""
    newest = told["telemetry"][:2]
    uptime = f"up {told['uptime'] / PERBILL:.1%} of the last epochs"
    if told["state"] in ("active", "absent") and not any(one["beats"] for one in newest):
        advice = "starminer provider start; starminer provider resume, if it is absent"
        return Finding("heartbeat", "error", f"none in this epoch or the last, {uptime}", advice)
    return Finding("heartbeat", "ok", uptime)


def certificate(told: Report) -> Finding:
    """Look which of the classes that ask for quick starts the provider is kept from."""
    missing = [one.name.lower() for one in MEASURED if one.name.lower() not in told["certified"]]
    if not missing or not any(told["latencyP95"]):
        detail = "for all classes" if not missing else "nothing was measured yet"
        return Finding("certificate", "ok", detail)
    detail = f"starts too slow for {' and '.join(missing)} jobs: it gets none of them"
    advice = "a nearer node, a faster disk; starminer provider status shows the starts"
    return Finding("certificate", "warning", detail, advice)


def reputation(told: Report) -> Finding:
    """Look whether failures have cost the provider its reputation."""
    detail = f"{told['reputation'] / PERBILL:.3f}"
    if told["reputation"] < LOW_REPUTATION:
        advice = "starminer provider slashes; starminer provider benchmark"
        return Finding("reputation", "warning", detail, advice)
    return Finding("reputation", "ok", detail)


def price(market: Report) -> Finding:
    """Look whether the provider's market buys anything."""
    total = format_amount(int(market["price"]["total"]))
    place = f"tier {market['tier']}, region {market['region']}"
    if not market["isOpen"]:
        advice = "starminer query prices shows the open markets"
        return Finding("price", "error", f"the market {place} is closed", advice)
    return Finding("price", "ok", f"{total} per CU in {place}, set by the market for all in it")


async def rivals(client: Client, told: Report) -> list[Report]:
    """Return what the chain knows of others that work in the market of a provider."""
    listed: list[Report] = await client.rpc.call("providers_list")
    names = [one["account"] for one in listed if one["account"] != told["account"]]
    found = [await client.rpc.call("provider_report", name) for name in names[:MOST_COMPARED]]
    market = (told["tier"], told["region"])
    return [
        one
        for one in found
        if one and one["state"] == "active" and (one["tier"], one["region"]) == market
    ]


def ranking(told: Report, others: list[Report]) -> Finding:
    """Look where a provider stands among those that a job could go to: see `jobs.matching`.

    Its price keeps nobody away, for the market sets one for all; this is what decides instead.
    """
    more_bond = "starminer tx providers.bond_extra amount=10AGPU"
    if not free_bond(told):
        detail = "all of its bond is at stake: it gets no work until some is done"
        return Finding("ranking", "warning", detail, more_bond)
    place = 1 + sum(1 for one in others if worth(one) > worth(told))
    many = len(others) + 1
    detail = f"place {place} of {many} in its market, by reputation x reliability x free bond"
    if many >= FEW_PROVIDERS and 4 * place > 3 * many:
        return Finding("ranking", "warning", detail, f"{more_bond}; starminer provider slashes")
    return Finding("ranking", "ok", detail)


def worth(told: Report) -> int:
    """Return what candidates for a job are sorted by, as far as it is not the job's."""
    return int(told["reputation"] * told["reliability"] * free_bond(told))


def free_bond(told: Report) -> int:
    """Return the part of a bond that answers for no work yet, in planck."""
    return max(int(told["bond"]) - int(told["exposure"]), 0)


async def bond(client: Client, key: bytes) -> Finding:
    """Look whether the provider is registered, and bonded as its rating asks."""
    least = format_amount(await bond_asked(client, DEFAULT_MARKET, 1))
    try:
        shown = await standing(client, key)
    except CommandError as error:
        free = format_amount((await client.account(key)).data.free)
        detail = f"{error}; the least bond is {least}, it has {free}"
        return Finding("bond", "warning", detail, "starminer provider register")
    detail = f"{shown['bond']} at a rating of {shown['rating']}, {shown['state']}"
    if fault := shown.get("fault"):
        return Finding("bond", "error", f"{detail}: {fault}", "starminer provider benchmark")
    if shown["state"] != "active":
        return Finding("bond", "warning", detail, "starminer provider resume")
    return Finding("bond", "ok", detail)
