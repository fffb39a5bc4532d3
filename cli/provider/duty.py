"""`starminer provider status|pause|drain|resume`: what a provider does, and whether it should.

Two places know: the chain, which gives jobs to those that are active, and the worker in the node,
which does them. Pausing tells both; so does resuming.
"""

from __future__ import annotations

from typing import Any

import trio

from cli.errors import CommandError
from cli.options import Remote
from cli.printing import progress, show
from cli.provider.records import bond_asked, find
from cli.provider.settings import Provider, acting_key, signer_of
from cli.sdk.client import Client
from cli.sdk.session import ask
from cli.sdk.transport import RpcRefusal
from cli.secrets import ENVIRONMENT, Password
from cli.sending import Sending, make
from cli.tx import Order
from genesis.notation import format_amount
from runtime.compute.job import LatencyClass
from runtime.pallets.providers import ProviderStatus
from runtime.pallets.providers.conduct import MICRO, PERBILL, TOP_UP_ERAS

LOCAL, SIMPLY, USUAL = Remote(), Sending(), Provider()
SURELY = Sending(wait="finalized")
POLL_SECONDS = 2.0
NO_METHOD = -32601
NO_WORKER = "this node does not provide, or answers such questions to its own machine only"


def status(*, provider: Provider = USUAL, remote: Remote = LOCAL) -> None:
    """Show what the chain knows of a provider, and what its worker does."""
    key = acting_key(provider)
    show(ask(remote, lambda client: standing(client, key)), remote.output)


def pause(
    *,
    provider: Provider = USUAL,
    sending: Sending = SIMPLY,
    password: Password = ENVIRONMENT,
    remote: Remote = LOCAL,
) -> None:
    """Take no new jobs, finish those that were started, give the others back."""
    turn("paused", provider, sending, password, remote)


def drain(
    *,
    provider: Provider = USUAL,
    sending: Sending = SURELY,
    password: Password = ENVIRONMENT,
    remote: Remote = LOCAL,
) -> None:
    """Take no new jobs, finish all that there are, and return when none is open.

    The node can be stopped then, and nothing is lost by it. With --wait none it returns at once.
    """
    signer, key = signer_of(sending, provider, password), acting_key(provider)
    order = Order(signer, sending.wait, sending.dry_run)

    async def finish(client: Client) -> None:
        await change(client, key, "draining", order, remote)
        if not order.is_dry and order.wait != "none":
            await until_idle(client, key)

    ask(remote, finish)


def resume(
    *,
    provider: Provider = USUAL,
    sending: Sending = SIMPLY,
    password: Password = ENVIRONMENT,
    remote: Remote = LOCAL,
) -> None:
    """Take jobs again, after a pause, a drain or an absence."""
    turn("working", provider, sending, password, remote)


def turn(
    mode: str, provider: Provider, sending: Sending, password: Password, remote: Remote
) -> None:
    """Have a provider work in another mode from now on."""
    signer, key = signer_of(sending, provider, password), acting_key(provider)
    order = Order(signer, sending.wait, sending.dry_run)
    ask(remote, lambda client: change(client, key, mode, order, remote))


async def change(client: Client, key: bytes, mode: str, order: Order, remote: Remote) -> None:
    """Tell the worker, then the chain; what is so already is not said again.

    Raises: CommandError for a provider that was removed.
    """
    _, record = await find(client, key)
    if record.status is ProviderStatus.REMOVED:
        raise CommandError("this provider was removed: `starminer provider withdraw` is all it can")
    if not order.is_dry and not await tell_worker(client, mode):
        progress(f"{NO_WORKER}: only the chain is told")
    is_active = record.status is ProviderStatus.ACTIVE
    if is_active == (mode == "working"):
        show({"provider": mode, "chain": f"{record.status.name.lower()} already"}, remote.output)
        return
    name = "resume" if mode == "working" else "chill"
    if record.status is ProviderStatus.CHILLED and name == "chill":
        show({"provider": mode, "chain": "chilled already"}, remote.output)
        return
    await make(client, order, remote, f"providers.{name}")


async def tell_worker(client: Client, mode: str) -> bool:
    """Set the mode of the worker; say whether there is one to tell."""
    try:
        await client.rpc.call("provider_setMode", mode)
    except RpcRefusal as refusal:
        if refusal.code != NO_METHOD:
            raise
        return False
    return True


async def until_idle(client: Client, key: bytes) -> None:
    """Wait until no job of a provider is open in a final block."""
    shown = None
    while (left := await open_jobs(client, key)) > 0:
        if left != shown:
            progress(f"{left} open jobs")
            shown = left
        await trio.sleep(POLL_SECONDS)
    progress("no job is open: the node can be stopped")


async def open_jobs(client: Client, key: bytes) -> int:
    """Return how many jobs of a provider are open in the last final block."""
    _, record = await find(client, key, await client.block_hash("final"))
    return int(record.open_jobs)


async def standing(client: Client, key: bytes) -> dict[str, object]:
    """Return what chain and worker know of a provider."""
    who, record = await find(client, key)
    needed = await bond_asked(client, record.info.market, record.info.rating)
    return {
        "address": client.address(who),
        "node_key": client.address(record.info.node_key),
        "state": record.status.name.lower(),
        "market": f"tier {record.info.market.tier}, region {record.info.market.region}",
        "rating": f"{record.info.rating / MICRO:.6f} CU/s",
        "bond": format_amount(record.bond),
        "bond_needed": format_amount(needed),
        "at_stake": format_amount(record.exposure),
        "open_jobs": record.open_jobs,
        **await conduct_of(client, who),
        **await worker_of(client, {who, key, record.info.node_key}),
    }


async def conduct_of(client: Client, who: bytes) -> dict[str, object]:
    """Return how a provider stands, and what it showed of itself in its last epoch."""
    found: dict[str, Any] = await client.rpc.call("provider_report", client.address(who))
    latest = next((one for one in found["telemetry"] if one["energyWh"]), None)
    starts = zip(LatencyClass, found["latencyP95"], strict=True)
    slow = ", ".join(f"{one.name.lower()} {blocks}" for one, blocks in starts if blocks)
    until = found["shortSince"]
    return {
        "top_up_until_era": None if until is None else until + TOP_UP_ERAS,
        "reputation": f"{found['reputation'] / PERBILL:.3f}",
        "uptime": f"{found['uptime'] / PERBILL:.1%}",
        "reliability": f"{found['reliability'] / PERBILL:.3f}",
        "start_p95_blocks": slow or "not measured",
        "energy": "not reported" if latest is None else energy_row(latest),
        "attestation": found["attestation"],
        "premium": found["isPremium"],
    }


def energy_row(epoch: dict[str, Any]) -> str:
    """Return what an epoch's telemetry says of energy."""
    work = f"{epoch['workPerKwh'] / MICRO:.3f} CU/kWh"
    return f"{epoch['energyWh']} Wh in epoch {epoch['epoch']}, {work}"


async def worker_of(client: Client, accounts: set[bytes]) -> dict[str, object]:
    """Return what the worker of the node that is asked does, if it is this provider's."""
    try:
        found: dict[str, Any] = await client.rpc.call("provider_status")
    except RpcRefusal as refusal:
        if refusal.code != NO_METHOD:
            raise
        return {"worker": NO_WORKER}
    if found["account"] not in {client.address(account) for account in accounts}:
        return {"worker": f"the node works for {found['account']}"}
    return {
        "worker": found["mode"],
        "fault": found["fault"] or None,
        "device": found["device"],
        "gpu_off": found["gpuOff"] or None,
        "devices_that_work": found["slots"],
        "running": found["running"],
        "final_block": found["finalBlock"],
    }
