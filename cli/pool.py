"""`starminer pool`: trade AGPU for other assets, and have a share of what trades pay.

An amount is of AGPU, such as 10AGPU, or of another asset in its least units, such as 5000000:1 for
five million units of asset 1. What a command will accept is what is quoted when it is sent, less
the slippage: a swap that would give less is refused, and a share that would be worth less too.
"""

from __future__ import annotations

from typing import Any

from cli.accounts import account_of
from cli.errors import CommandError
from cli.options import Remote
from cli.pool_amounts import (
    amount_in,
    amount_words,
    count_of,
    fitting,
    kind_name,
    kind_of,
    lessened,
    path_of,
    price_words,
    raised,
)
from cli.printing import show
from cli.sdk.client import Client
from cli.sdk.session import ask
from cli.sending import USUAL, Sending, make, order_of
from cli.tx import amount_of
from genesis.notation import format_amount
from runtime.frame.fungibles import NATIVE, NativeOrWithId, WithId

LOCAL = Remote()
SLIPPAGE = 0.5
"""Percent that a price may move between the quote and the block."""


def list_pools(*, remote: Remote = LOCAL) -> None:
    """List all pools: what is in each, and its price."""

    async def question(client: Client) -> list[dict[str, object]]:
        return [pool_row(one) for one in await client.rpc.call("liquidity_pools")]

    show(ask(remote, question), remote.output)


def show_account(who: str, /, *, remote: Remote = LOCAL) -> None:
    """Show what an account has of pools: its shares, which of them are staked, what they earned.

    Parameters
    ----------
    who
        An address or a development name.
    """

    async def question(client: Client) -> list[dict[str, object]]:
        account = account_of(client, who)
        stakes = await client.rpc.call("liquidity_rewards", client.address(account))
        rows = []
        for pool in await client.rpc.call("liquidity_pools"):
            shares = await shares_of(client, pool, account)
            staked = [one for one in stakes if one["asset"] == pool["asset"]]
            if shares or staked:
                rows.append(share_row(pool, shares, staked[0] if staked else None))
        return rows

    show(ask(remote, question), remote.output)


def quote(amount: str, wanted: str, /, *, exact_out: bool = False, remote: Remote = LOCAL) -> None:
    """Say what a swap would give now, fee included; nothing is sent.

    Parameters
    ----------
    amount
        Such as 10AGPU, or 5000000:1 for units of asset 1.
    wanted
        What is wanted: AGPU, or the id of an asset.
    exact_out
        Ask what it takes to get the amount instead.
    """
    (given, kind), other = amount_in(amount), kind_of(wanted)
    path = path_of(other, kind) if exact_out else path_of(kind, other)

    async def question(client: Client) -> dict[str, object]:
        found = await quoted(client, path, given, exact_out=exact_out)
        words = amount_words(given, kind), amount_words(found, other)
        give, get = words[::-1] if exact_out else words
        return {"give": give, "get": get, "path": [kind_name(one) for one in path]}

    show(ask(remote, question), remote.output)


def create(asset: int, /, *, sending: Sending = USUAL, remote: Remote = LOCAL) -> None:
    """Make a pool of AGPU and an asset, for a deposit of 10 AGPU that stays on hold.

    Parameters
    ----------
    asset
        Its id.
    """
    order = order_of(sending)

    async def send_it(client: Client) -> None:
        await ensure_known(client, asset)
        await make(client, order, remote, "assetConversion.create_pool", NATIVE, WithId(asset))

    ask(remote, send_it)


def add(
    asset: int,
    amount: str,
    units: int,
    /,
    *,
    slippage: float = SLIPPAGE,
    sending: Sending = USUAL,
    remote: Remote = LOCAL,
) -> None:
    """Put both assets into a pool, for a share; of one of them less, where the price wants less.

    Parameters
    ----------
    asset
        The one that is traded for AGPU.
    amount
        The most of AGPU, such as 10AGPU.
    units
        The most of the asset, in its least units.
    slippage
        Percent that the price of the pool may move until then.
    """
    order, planck = order_of(sending), amount_of("amount", amount)

    async def send_it(client: Client) -> None:
        pool = await pool_of(client, asset)
        fitted = fitting(pool, planck, units)
        least = tuple(lessened(one, slippage) for one in fitted)
        sides = (NATIVE, WithId(asset), planck, units, *least, order.pair.account)
        await make(client, order, remote, "assetConversion.add_liquidity", *sides)

    ask(remote, send_it)


def remove(
    asset: int,
    shares: str,
    /,
    *,
    slippage: float = SLIPPAGE,
    sending: Sending = USUAL,
    remote: Remote = LOCAL,
) -> None:
    """Take a share out of a pool; staked shares must be unstaked first.

    Parameters
    ----------
    asset
        The one that is traded for AGPU.
    shares
        How many, or `all`: see `pool show`.
    slippage
        Percent that the price of the pool may move until then.
    """
    order = order_of(sending)

    async def send_it(client: Client) -> None:
        pool = await pool_of(client, asset)
        burned = count_of(shares, await shares_of(client, pool, order.pair.account))
        worth = (int(pool[side]) * burned // int(pool["shares"]) for side in ("agpu", "other"))
        least = tuple(lessened(one, slippage) for one in worth)
        sides = (NATIVE, WithId(asset), burned, *least, order.pair.account)
        await make(client, order, remote, "assetConversion.remove_liquidity", *sides)

    ask(remote, send_it)


def swap(
    amount: str,
    wanted: str,
    /,
    *,
    exact_out: bool = False,
    slippage: float = SLIPPAGE,
    sending: Sending = USUAL,
    remote: Remote = LOCAL,
) -> None:
    """Swap an amount for another asset, at the price quoted now or a little worse.

    Parameters
    ----------
    amount
        Such as 10AGPU, or 5000000:1 for units of asset 1.
    wanted
        What is wanted: AGPU, or the id of an asset.
    exact_out
        The amount is what is to come out, and `wanted` what is given for it.
    slippage
        Percent that the price may move until then.
    """
    (given, kind), other, order = amount_in(amount), kind_of(wanted), order_of(sending)
    path = path_of(other, kind) if exact_out else path_of(kind, other)
    name = "swap_tokens_for_exact_tokens" if exact_out else "swap_exact_tokens_for_tokens"

    async def send_it(client: Client) -> None:
        found = await quoted(client, path, given, exact_out=exact_out)
        bound = raised(found, slippage) if exact_out else lessened(found, slippage)
        how = (path, given, bound, order.pair.account, True)
        await make(client, order, remote, f"assetConversion.{name}", *how)

    ask(remote, send_it)


def stake(asset: int, shares: str, /, *, sending: Sending = USUAL, remote: Remote = LOCAL) -> None:
    """Stake shares of a pool: they earn a part of what its fees bring the treasury.

    Parameters
    ----------
    asset
        The one that is traded for AGPU.
    shares
        How many, or `all` that are not staked yet.
    """
    order = order_of(sending)

    async def send_it(client: Client) -> None:
        who = order.pair.account
        pool, staked = await pool_of(client, asset), await stake_in(client, asset, who)
        free = await shares_of(client, pool, who) - staked
        number = await rewards_of(client, asset)
        await make(client, order, remote, "assetRewards.stake", number, count_of(shares, free))

    ask(remote, send_it)


def unstake(
    asset: int, shares: str, /, *, sending: Sending = USUAL, remote: Remote = LOCAL
) -> None:
    """Free staked shares, at any time; what they earned stays yours.

    Parameters
    ----------
    asset
        The one that is traded for AGPU.
    shares
        How many, or `all`.
    """
    order = order_of(sending)

    async def send_it(client: Client) -> None:
        staked = await stake_in(client, asset, order.pair.account)
        number, count = await rewards_of(client, asset), count_of(shares, staked)
        await make(client, order, remote, "assetRewards.unstake", number, count, None)

    ask(remote, send_it)


def harvest(asset: int, /, *, sending: Sending = USUAL, remote: Remote = LOCAL) -> None:
    """Be paid what staked shares have earned.

    Parameters
    ----------
    asset
        The one that is traded for AGPU.
    """
    order = order_of(sending)

    async def send_it(client: Client) -> None:
        number = await rewards_of(client, asset)
        await make(client, order, remote, "assetRewards.harvest_rewards", number, None)

    ask(remote, send_it)


# ---------------------------------------------------------------------------------------- helpers


async def quoted(
    client: Client, path: tuple[NativeOrWithId, ...], amount: int, *, exact_out: bool
) -> int:
    """Ask what an amount buys along a path, or what buys it.

    Raises: CommandError if nothing does.
    """
    names = [kind_name(one) for one in path]
    found = await client.rpc.call("liquidity_quote", names, str(amount), exact_out)
    if found is None:
        raise CommandError("no pool can do this swap: see `starminer pool list`")
    return int(found)


async def pool_of(client: Client, asset: int) -> dict[str, Any]:
    """Return the pool of an asset.

    Raises: CommandError if there is none.
    """
    for pool in await client.rpc.call("liquidity_pools"):
        if pool["asset"] == asset:
            found: dict[str, Any] = pool
            return found
    raise CommandError(f"asset {asset} has no pool: see `starminer pool list`")


async def ensure_known(client: Client, asset: int) -> None:
    """Refuse an asset that nobody has created.

    Raises: UsageError if it is no id of any; CommandError.
    """
    kind_of(str(asset))
    if await client.storage("Assets", "Asset", asset) is None:
        raise CommandError(f"there is no asset {asset}: `starminer asset create {asset}` makes one")


async def shares_of(client: Client, pool: dict[str, Any], who: bytes) -> int:
    """Return the shares that an account has of a pool."""
    entry = await client.storage("PoolAssets", "Account", pool["sharesAsset"], who)
    return 0 if entry is None else int(entry.balance)


async def stake_in(client: Client, asset: int, who: bytes) -> int:
    """Return what an account has staked of the shares of a pool."""
    stakes = await client.rpc.call("liquidity_rewards", client.address(who))
    return sum(int(one["staked"]) for one in stakes if one["asset"] == asset)


async def rewards_of(client: Client, asset: int) -> int:
    """Return the number under which shares of a pool are staked.

    Raises: CommandError if none can be.
    """
    number = await client.storage("AssetRewards", "PoolOf", asset)
    if number is None:
        raise CommandError(
            f"shares of the pool of asset {asset} earn no rewards: see `starminer pool list`"
        )
    return int(number)


def pool_row(pool: dict[str, Any]) -> dict[str, object]:
    """Return a pool in one line; prices are AGPU for a million units."""
    return {
        "asset": pool["asset"],
        "agpu": format_amount(int(pool["agpu"])),
        "units": pool["other"],
        "shares": pool["shares"],
        "agpu_per_million": price_words(pool["price"]),
        "average_of_a_day": price_words(pool["average"]),
        "fees_to_treasury": format_amount(int(pool["toTreasury"])),
    }


def share_row(pool: dict[str, Any], shares: int, stake: dict[str, Any] | None) -> dict[str, object]:
    """Return what an account has of a pool in one line."""
    whole = int(pool["shares"])
    return {
        "asset": pool["asset"],
        "shares": shares,
        "agpu": format_amount(int(pool["agpu"]) * shares // whole) if whole else format_amount(0),
        "units": int(pool["other"]) * shares // whole if whole else 0,
        "staked": 0 if stake is None else int(stake["staked"]),
        "rewards": format_amount(0 if stake is None else int(stake["rewards"])),
    }
