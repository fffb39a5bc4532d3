"""`starminer vault`: stake AGPU for access to a market, behind a provider, or as insurance.

A stake stays on the account's own balance, on hold. It counts from the next epoch on, puts jobs of
its owner further ahead, and earns a part of what its market pays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cli.accounts import account_of
from cli.errors import CommandError, UsageError
from cli.options import Remote
from cli.printing import show
from cli.rwa import find, units_of
from cli.sdk.client import Client
from cli.sdk.names import find_pallet
from cli.sdk.session import ask
from cli.sending import USUAL, Sending, make, order_of, send
from cli.tx import amount_of
from genesis.notation import format_amount
from runtime.compute.job import PERBILL, JobClass, Market
from runtime.pallets.vaults import (
    AGPU,
    Chunk,
    Insurance,
    OfMarket,
    OfProvider,
    OfRwa,
    OfTask,
    Position,
    VaultKind,
    Vaults,
)
from runtime.pallets.vaults.chunks import UNBONDING_ERAS
from runtime.pallets.vaults.leavers import is_due

LOCAL = Remote()
TASKS = {task.name.lower(): task for task in JobClass}
KINDS = "market:TIER/REGION, task:NAME, provider, or insurance"


@dataclass(frozen=True, slots=True)
class Held:
    """What an account has in a vault, as the chain keeps it, and the era."""

    position: Position
    era: int


def list_vaults(*, remote: Remote = LOCAL) -> None:
    """List all vaults: what each is for, what is in it, what it pays."""

    async def question(client: Client) -> list[dict[str, object]]:
        return [vault_row(one) for one in await client.rpc.call("vault_list")]

    show(ask(remote, question), remote.output)


def show_positions(who: str, /, *, remote: Remote = LOCAL) -> None:
    """Show what an account has in vaults: stakes, their weight, and what they have earned.

    Parameters
    ----------
    who
        An address or a development name.
    """

    async def question(client: Client) -> list[dict[str, object]]:
        address = client.address(account_of(client, who))
        return [position_row(one) for one in await client.rpc.call("vault_positions", address)]

    show(ask(remote, question), remote.output)


def create(
    kind: str,
    /,
    *,
    commission: float | None = None,
    sending: Sending = USUAL,
    remote: Remote = LOCAL,
) -> None:
    """Open a vault for a deposit of 1 AGPU, which comes back when it is closed.

    Parameters
    ----------
    kind
        market:TIER/REGION, such as market:0/0; task:NAME, such as task:inference; provider, the
        signer's own; or insurance. There is one of each.
    commission
        Of a provider's vault: which percent of the provider's income its members have, up to 20.
    """
    order = order_of(sending)
    chosen = kind_of(kind, order.pair.account)
    parts = None if commission is None else commission_of(commission)
    send(sending, remote, "vaults.create", chosen, parts)


def join(
    vault: int,
    amount: str,
    /,
    *,
    lock: int = 28,
    asset: int | None = None,
    sending: Sending = USUAL,
    remote: Remote = LOCAL,
) -> None:
    """Stake AGPU in a vault; on a stake that is there already, add to it.

    The lock of all of it begins again with each addition. The first in an empty vault brings
    10 AGPU at least, others 1 AGPU. Tokens of an approved asset come on top of a stake of AGPU.

    Parameters
    ----------
    vault
        Its number: see `vault list`.
    amount
        Such as 100AGPU; with --asset, tokens, such as 12.5.
    lock
        Eras, 28 to 364: a longer one counts up to twice. A stake keeps the lock of its beginning.
    asset
        The number of a tokenised asset, instead of AGPU: see `rwa list`.
    """
    order = order_of(sending)
    planck = 0 if asset is not None else amount_of("amount", amount)

    async def send_it(client: Client) -> None:
        found = await client.storage("Vaults", "Positions", vault, order.pair.account)
        if asset is not None:
            units = units_of(amount, await find(client, asset))
            kept = lock if found is None else found.lock
            stake = (OfRwa(asset), units, kept)
            await make(client, order, remote, "vaults.join", vault, *stake)
        elif found is None:
            await make(client, order, remote, "vaults.join", vault, AGPU, planck, lock)
        else:
            await make(client, order, remote, "vaults.bond_extra", vault, planck)

    ask(remote, send_it)


def unbond(
    vault: int,
    amount: str,
    /,
    *,
    asset: int | None = None,
    sending: Sending = USUAL,
    remote: Remote = LOCAL,
) -> None:
    """Start to take a stake out of a vault; it can be withdrawn 28 eras later.

    Parameters
    ----------
    vault
        Its number.
    amount
        Such as 100AGPU, or `all`; with --asset, tokens.
    asset
        The number of a tokenised asset, instead of AGPU.
    """
    order = order_of(sending)
    planck = None if amount == "all" or asset is not None else amount_of("amount", amount)

    async def send_it(client: Client) -> None:
        address = client.address(order.pair.account)
        listed = await client.rpc.call("vault_positions", address)
        if asset is None:
            points = points_of(listed, vault, planck)
            await make(client, order, remote, "vaults.unbond", vault, points)
            return
        units = None if amount == "all" else units_of(amount, await find(client, asset))
        points = part_points_of(listed, vault, asset, units)
        await make(client, order, remote, "vaults.unbond_asset", vault, asset, points)

    ask(remote, send_it)


def withdraw(
    vault: int,
    /,
    *,
    asset: int | None = None,
    sending: Sending = USUAL,
    remote: Remote = LOCAL,
) -> None:
    """Take back what left a vault 28 eras ago.

    Parameters
    ----------
    vault
        Its number.
    asset
        The number of a tokenised asset, instead of AGPU.
    """
    order = order_of(sending)

    async def send_it(client: Client) -> None:
        held = await held_by(client, vault, order.pair.account)
        if asset is None:
            check_due(held.position.chunks, held.era)
            await make(client, order, remote, "vaults.withdraw_unbonded", vault)
        else:
            parts = {one.asset: one.chunks for one in held.position.rwa}
            check_due(parts.get(asset, ()), held.era)
            await make(client, order, remote, "vaults.withdraw_asset", vault, asset)

    ask(remote, send_it)


def claim(vault: int, /, *, sending: Sending = USUAL, remote: Remote = LOCAL) -> None:
    """Be paid what a stake has earned.

    Parameters
    ----------
    vault
        Its number.
    """
    send(sending, remote, "vaults.claim_payout", vault)


# ---------------------------------------------------------------------------------------- helpers


def kind_of(text: str, signer: bytes) -> VaultKind:
    """Read what a vault is for.

    Raises: UsageError.
    """
    name, _, rest = text.partition(":")
    tier, slash, region = rest.partition("/")
    if name == "market" and slash and tier.isdecimal() and region.isdecimal():
        return OfMarket(Market(int(tier), int(region)))
    if name == "task" and rest in TASKS:
        return OfTask(TASKS[rest])
    if text == "provider":
        return OfProvider(signer)
    if text == "insurance":
        return Insurance()
    raise UsageError(f"kind: wanted {KINDS}; tasks are {', '.join(TASKS)}; got {text!r}")


def commission_of(percent: float) -> int:
    """Return a commission in parts per billion.

    Raises: UsageError.
    """
    if not 0 <= percent <= 20:
        raise UsageError(f"--commission: wanted 0 to 20 percent, got {percent}")
    return round(percent * PERBILL / 100)


def points_of(positions: list[dict[str, Any]], vault: int, planck: int | None) -> int:
    """Return the points of a stake that an amount stands for, at least it; all for None.

    Raises: CommandError if the account has no such stake.
    """
    found = next((one for one in positions if one["vault"] == vault), None)
    if found is None or not int(found["points"]):
        raise CommandError(f"the signer has no stake in vault {vault}: see `starminer vault show`")
    points, stake = int(found["points"]), int(found["stake"])
    if planck is None:
        return points
    if planck > stake:
        most = f"wanted at most {format_amount(stake)}, the stake in vault {vault}"
        raise CommandError(f"{most}: see `starminer vault show`")
    return -(-planck * points // stake) if stake else points


def part_points_of(
    positions: list[dict[str, Any]], vault: int, asset: int, units: int | None
) -> int:
    """Return the points of a tokenised asset that units stand for, at least them; all for None.

    Raises: CommandError if the account has not so many there.
    """
    stakes = [one["assets"] for one in positions if one["vault"] == vault]
    found = next((part for parts in stakes for part in parts if part["asset"] == asset), None)
    if found is None or not int(found["points"]):
        nothing = f"the signer has nothing of asset {asset} in vault {vault}"
        raise CommandError(f"{nothing}: see `starminer vault show`")
    points, stake = int(found["points"]), int(found["units"])
    if units is None:
        return points
    if units > stake:
        most = f"wanted at most {stake} least units, those in vault {vault}"
        raise CommandError(f"{most}: see `starminer vault show`")
    return -(-units * points // stake) if stake else points


async def held_by(client: Client, vault: int, who: bytes) -> Held:
    """Return what an account has in a vault.

    Raises: CommandError if it has nothing there.
    """
    at = await client.block_hash()
    position: Position | None = await client.storage("Vaults", "Positions", vault, who, at=at)
    if position is None:
        raise CommandError(f"the signer has nothing in vault {vault}: see `starminer vault show`")
    pallet = find_pallet(client.pallets, "Vaults")
    assert isinstance(pallet, Vaults), "the runtime of this chain has vaults"
    return Held(position, await client.number(at) // pallet.config.era_blocks)


def check_due(chunks: tuple[Chunk, ...], era: int) -> None:
    """Refuse a withdrawal of which nothing is due in an era.

    Raises: CommandError, with the era from which something is.
    """
    if not any(is_due(chunk.era, era) for chunk in chunks):
        first = min((chunk.era + UNBONDING_ERAS for chunk in chunks), default=None)
        when = f"the first part is due in era {first}" if first else "nothing is on its way"
        begin = "`starminer vault unbond` begins it"
        raise CommandError(f"nothing can be withdrawn in era {era}: {when}; {begin}")


def vault_row(vault: dict[str, Any]) -> dict[str, object]:
    """Return a vault in one line."""
    return {
        "vault": vault["id"],
        "for": kind_words(vault["kind"]),
        "members": vault["members"],
        "stake": format_amount(int(vault["stake"])),
        "weight": format_amount(int(vault["weight"])),
        "unclaimed": format_amount(int(vault["unclaimed"])),
        "assets": [
            {
                "asset": one["asset"],
                "units": one["units"],
                "counts_for": format_amount(int(one["value"])),
                "for_sale": one["lot"],
            }
            for one in vault["assets"]
        ],
        "commission": f"{vault['commission'] * 100 / PERBILL:.2f} %",
    }


def position_row(position: dict[str, Any]) -> dict[str, object]:
    """Return a stake in one line."""
    return {
        "vault": position["vault"],
        "for": kind_words(position["kind"]),
        "stake": format_amount(int(position["stake"])),
        "weight": format_amount(int(position["weight"])),
        "weight_from_next_epoch": format_amount(int(position["weightJoining"])),
        "level": position["level"],
        "locked_until_era": position["lockedUntil"],
        "claimable": format_amount(int(position["claimable"])),
        "unbonding": [
            {"amount": format_amount(int(one["amount"])), "era": one["era"]}
            for one in position["unbonding"]
        ],
        "assets": [
            {
                "asset": one["asset"],
                "units": one["units"],
                "counts_for": format_amount(int(one["value"])),
                "unbonding": one["unbonding"],
            }
            for one in position["assets"]
        ],
    }


def kind_words(kind: dict[str, Any]) -> str:
    """Return what a vault is for, as `vault create` reads it."""
    match kind["of"]:
        case "market":
            return f"market:{kind['tier']}/{kind['region']}"
        case "task":
            return f"task:{kind['task']}"
        case "provider":
            return f"provider {kind['provider']}"
        case other:
            return str(other)
