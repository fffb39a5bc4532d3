"""`starminer provider doctor`: what keeps this machine from providing, and what to do about it."""

from __future__ import annotations

import time
from pathlib import Path

import trio

from cli.doctor import Finding, database, disk, network, python
from cli.errors import CommandError
from cli.options import Remote
from cli.printing import show
from cli.provider.benchmark import executor_of, machine_of
from cli.provider.duty import standing
from cli.provider.records import bond_asked
from cli.provider.settings import Provider, Settings, load_settings
from cli.provider.setup import THIS, Machine
from cli.sdk.client import Client
from cli.sdk.jobs import DEFAULT_MARKET
from cli.sdk.session import ask
from consensus.compute.device import DeviceError
from genesis.notation import format_amount

LOCAL, USUAL = Remote(), Provider()

DEVICE_SECONDS = 180.0
"""Compiling the kernels for a GPU, the first time, takes tens of seconds."""
MOST_DRIFT_SECONDS = 30.0
"""Between this clock and that of the newest block, beyond what blocks may be apart."""


def doctor(*, provider: Provider = USUAL, remote: Remote = LOCAL) -> None:
    """Check libraries, disk, device, node, clock, key and bond; fail if one must be mended."""
    found = [python(), disk(), database(), network()]
    settings, about = settings_of(provider.settings)
    found.append(about)
    found.append(device(THIS if settings is None else machine_of(settings)))
    found += node(settings, remote)
    rows = [{"check": one.check, "state": one.state, "detail": one.detail} for one in found]
    show(rows, remote.output)
    if wrong := [one.check for one in found if one.state == "error"]:
        raise CommandError(f"to be mended: {', '.join(wrong)}")


def settings_of(file: Path) -> tuple[Settings | None, Finding]:
    """Look for the file of settings, and for the key that it names."""
    try:
        settings = load_settings(file)
        name = f"prov-{settings.key.removeprefix('0x')}.key.json"
        if not (settings.keystore / name).exists():
            missing = f"the keystore {settings.keystore} has no key {settings.key}"
            return settings, Finding("key", "error", f"{missing}: restore it from a copy")
    except CommandError as error:
        return None, Finding("key", "warning", str(error))
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
            return Finding("device", "error", f"{error}: --device numpy works without a GPU")
        except trio.TooSlowError:
            return Finding("device", "error", f"no answer in {DEVICE_SECONDS:.0f} s")
        finally:
            with trio.CancelScope(shield=True):
                await executor.aclose()
        if info.gpu_off and machine.device == "auto":
            return Finding("device", "warning", f"work runs on the CPU: {info.gpu_off}")
        memory = f"{info.memory_bytes >> 20} MiB for a job"
        return Finding("device", "ok", f"{info.name}, {memory}, the known job came back right")

    return trio.run(tried)


def node(settings: Settings | None, remote: Remote) -> list[Finding]:
    """Look at the node, its clock, and the provider on its chain."""

    async def question(client: Client) -> list[Finding]:
        found = [await reachable(client), await clock(client)]
        if settings is not None:
            found.append(await bond(client, settings.public))
        return found

    try:
        return ask(remote, question)
    except CommandError as error:
        return [Finding("node", "error", str(error))]


async def reachable(client: Client) -> Finding:
    """Look whether the node has peers and is at the head."""
    health = await client.rpc.call("system_health")
    best = await client.number(await client.block_hash())
    detail = f"block {best}, {health['peers']} peers"
    if health["isSyncing"]:
        return Finding("node", "warning", f"{detail}: it is still syncing")
    if health["shouldHavePeers"] and not health["peers"]:
        return Finding("node", "error", f"{detail}: name a node to join with --bootnodes")
    return Finding("node", "ok", detail)


async def clock(client: Client) -> Finding:
    """Compare our clock with the time of the newest block."""
    milliseconds: int = await client.storage("Timestamp", "Now")
    ahead = time.time() - milliseconds / 1000
    slot = client.config.slot_milliseconds / 1000
    detail = f"the newest block is {ahead:.1f} s old"
    if not -slot <= ahead <= MOST_DRIFT_SECONDS + 10 * slot:
        return Finding("clock", "error", f"{detail}: set the clock (NTP), or wait for the node")
    return Finding("clock", "ok", detail)


async def bond(client: Client, key: bytes) -> Finding:
    """Look whether the provider is registered, and bonded as its rating asks."""
    least = format_amount(await bond_asked(client, DEFAULT_MARKET, 1))
    try:
        shown = await standing(client, key)
    except CommandError as error:
        free = format_amount((await client.account(key)).data.free)
        return Finding("bond", "warning", f"{error}; the least bond is {least}, it has {free}")
    detail = f"{shown['bond']} at a rating of {shown['rating']}, {shown['state']}"
    state = "ok" if shown["state"] == "active" else "warning"
    if fault := shown.get("fault"):
        return Finding("bond", "error", f"{detail}: {fault}")
    return Finding("bond", state, detail)
