"""`starminer rwa`: tokens that stand for things outside, for issuers and those who stake them.

An issuer registers an asset with a bond, and a referendum approves it; then the issuer mints no
more than the cap and the reserve that oracles attest. In a vault it counts less a haircut.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cli.accounts import account_of
from cli.errors import CommandError, UsageError
from cli.options import Remote
from cli.printing import show
from cli.sdk.client import Client
from cli.sdk.session import ask
from cli.sending import USUAL, Sending, make, order_of
from cli.tx import amount_of
from genesis.notation import format_amount
from runtime.compute.job import PERBILL
from runtime.pallets.rwa import AssetKind, Meta
from runtime.primitives.hashing import blake2_256

LOCAL = Remote()
KINDS = {kind.name.lower().replace("_", "-"): kind for kind in AssetKind}


def list_assets(*, remote: Remote = LOCAL) -> None:
    """List tokenised assets: how much there is of each, and what a token counts for."""

    async def question(client: Client) -> list[dict[str, object]]:
        return [short_row(one) for one in await client.rpc.call("rwa_list")]

    show(ask(remote, question), remote.output)


def show_asset(asset: int, /, *, remote: Remote = LOCAL) -> None:
    """Show a tokenised asset: issuer, bond, feeds, haircut, cap, reserve and value.

    Parameters
    ----------
    asset
        Its number: see `rwa list`.
    """

    async def question(client: Client) -> dict[str, object]:
        found, feeds = await find(client, asset), await feed_names(client)
        return long_row(found, feeds)

    show(ask(remote, question), remote.output)


def register(
    asset: int,
    /,
    *,
    feed: str,
    reserve: str,
    documents: Path,
    kind: str = "other",
    decimals: int = 6,
    bond: str = "1000AGPU",
    sending: Sending = USUAL,
    remote: Remote = LOCAL,
) -> None:
    """Offer an asset, with a bond; a referendum of the registry track then approves it.

    Parameters
    ----------
    asset
        The number that its tokens shall have among all assets; nobody may have it yet.
    feed
        The feed of the price of a whole token, in the currency of agpu/usd.
    reserve
        The feed of how many whole tokens the custodian's reserve covers.
    documents
        A file that says what a token stands for; its hash goes on the chain.
    kind
        other, treasury-bill or energy-credit: decides on the haircut if the referendum does not.
    decimals
        Of its tokens.
    bond
        At least 1000AGPU.
    """
    order, planck = order_of(sending), amount_of("--bond", bond)
    chosen, digest = kind_of(kind), digest_of(documents)

    async def send_it(client: Client) -> None:
        feeds = {name: number for number, name in (await feed_names(client)).items()}
        numbers = feed_number(feeds, feed), feed_number(feeds, reserve)
        meta = Meta(asset, chosen, decimals, *numbers, digest)
        await make(client, order, remote, "rwa.register_rwa", meta, planck)

    ask(remote, send_it)


def mint(
    asset: int,
    to: str,
    amount: str,
    /,
    *,
    sending: Sending = USUAL,
    remote: Remote = LOCAL,
) -> None:
    """Make tokens of an asset, as its issuer.

    Parameters
    ----------
    asset
        Its number.
    to
        Who gets them: an address or a development name.
    amount
        Tokens, such as 12.5.
    """
    order = order_of(sending)

    async def send_it(client: Client) -> None:
        units = units_of(amount, await find(client, asset))
        await make(client, order, remote, "rwa.mint_rwa", asset, account_of(client, to), units)

    ask(remote, send_it)


def burn(asset: int, amount: str, /, *, sending: Sending = USUAL, remote: Remote = LOCAL) -> None:
    """Destroy tokens that were given back, as their issuer.

    Parameters
    ----------
    asset
        Its number.
    amount
        Tokens, such as 12.5.
    """
    order = order_of(sending)

    async def send_it(client: Client) -> None:
        units = units_of(amount, await find(client, asset))
        await make(client, order, remote, "rwa.burn_rwa", asset, units)

    ask(remote, send_it)


def buy(
    asset: int,
    vault: int,
    amount: str,
    /,
    *,
    most: str,
    sending: Sending = USUAL,
    remote: Remote = LOCAL,
) -> None:
    """Buy tokens that a slash took in a vault; their price falls to nothing in seven eras.

    Parameters
    ----------
    asset
        Its number.
    vault
        The vault: what is for sale is in `vault list`.
    amount
        Tokens, such as 12.5.
    most
        What you are ready to pay for all of them, such as 40AGPU.
    """
    order, limit = order_of(sending), amount_of("--most", most)

    async def send_it(client: Client) -> None:
        units = units_of(amount, await find(client, asset))
        await make(client, order, remote, "rwa.liquidate", asset, vault, units, limit)

    ask(remote, send_it)


# ---------------------------------------------------------------------------------------- helpers


async def find(client: Client, asset: int) -> dict[str, Any]:
    """Return a tokenised asset.

    Raises: CommandError if there is none of this number.
    """
    for one in await client.rpc.call("rwa_list"):
        if one["asset"] == asset:
            found: dict[str, Any] = one
            return found
    raise CommandError(f"there is no tokenised asset {asset}: see `starminer rwa list`")


async def feed_names(client: Client) -> dict[int, str]:
    """Return the oracle's feeds by number."""
    health = await client.rpc.call("oracle_health")
    return {one["id"]: one["name"] for one in health["feeds"]}


def feed_number(feeds: dict[str, int], name: str) -> int:
    """Return the number of a feed.

    Raises: CommandError with those that there are.
    """
    if name not in feeds:
        known = f"it asks for {', '.join(feeds)}: see `starminer oracle feeds`"
        raise CommandError(f"the oracle has no feed {name!r}: {known}")
    return feeds[name]


def kind_of(text: str) -> AssetKind:
    """Read the kind of an asset.

    Raises: UsageError.
    """
    if text not in KINDS:
        raise UsageError(f"--kind: wanted {', '.join(KINDS)}, got {text!r}")
    return KINDS[text]


def digest_of(path: Path) -> bytes:
    """Return the hash of a file.

    Raises: UsageError if it cannot be read.
    """
    try:
        return blake2_256(path.read_bytes())
    except OSError as error:
        raise UsageError(f"--documents: {path}: {error.strerror}") from error


def units_of(text: str, asset: dict[str, Any]) -> int:
    """Return how many least units of an asset an amount of tokens is.

    Raises: UsageError.
    """
    decimals: int = asset["decimals"]
    whole, _, rest = text.partition(".")
    if not (whole + rest).isdecimal() or not whole or len(rest) > decimals:
        raise UsageError(f"amount: wanted tokens with {decimals} decimals at most, got {text!r}")
    return int(whole + rest.ljust(decimals, "0"))


def tokens(units: int, decimals: int) -> str:
    """Return an amount of least units in tokens, as `units_of` reads it."""
    whole, rest = divmod(units, 10**decimals)
    return f"{whole}.{rest:0{decimals}}".rstrip("0").rstrip(".") if decimals else str(whole)


def short_row(asset: dict[str, Any]) -> dict[str, object]:
    """Return a tokenised asset in one line."""
    decimals: int = asset["decimals"]
    return {
        "asset": asset["asset"],
        "kind": asset["kind"].replace("_", "-"),
        "status": asset["status"],
        "issued": tokens(int(asset["issued"]), decimals),
        "cap": tokens(int(asset["cap"]), decimals),
        "haircut": f"{asset['haircut'] * 100 / PERBILL:.2f} %",
        "token_counts_for": format_amount(int(asset["tokenValue"])),
    }


def long_row(asset: dict[str, Any], feeds: dict[int, str]) -> dict[str, object]:
    """Return all of a tokenised asset."""
    decimals, reserve = asset["decimals"], asset["reserve"]
    return {
        **short_row(asset),
        "token_price": format_amount(int(asset["tokenPrice"])),
        "issuer": asset["issuer"],
        "bond": format_amount(int(asset["bond"])),
        "decimals": decimals,
        "feed": feeds.get(asset["feed"], f"{asset['feed']}, which is not asked for"),
        "reserve_feed": feeds.get(
            asset["reserveFeed"], f"{asset['reserveFeed']}, which is not asked for"
        ),
        "reserve": None if reserve is None else tokens(int(reserve), decimals),
        "frozen_until_block": asset["frozenUntil"] or None,
        "legal_hash": asset["legalHash"],
    }
