"""`starminer provider price|slashes`: what its market pays a provider, and what it has lost."""

from __future__ import annotations

from typing import Any

from cli.errors import CommandError, UsageError
from cli.options import Remote
from cli.printing import show
from cli.provider.records import find
from cli.provider.settings import Provider, acting_key
from cli.sdk.client import Client
from cli.sdk.session import ask
from cli.wallet.commands import history_row, page_of, plain
from genesis.notation import format_amount
from runtime.pallets.providers.conduct import MICRO

LOCAL, USUAL = Remote(), Provider()
SLASHED = "Providers.ProviderSlashed"
MOST_PAGES = 100
"""Of a hundred lines each: what a busy provider goes through in some days."""
HOUR_SECONDS = 3600


def price(*, provider: Provider = USUAL, remote: Remote = LOCAL) -> None:
    """Show what the provider's market pays now, and what its rating would earn there.

    The market sets the price for all in it: a provider chooses its tier and region, not a price.
    """
    key = acting_key(provider)

    async def question(client: Client) -> dict[str, object]:
        _, record = await find(client, key)
        markets: list[dict[str, Any]] = await client.rpc.call("starminer_prices")
        place = (record.info.market.tier, record.info.market.region)
        own = [one for one in markets if (one["tier"], one["region"]) == place]
        if not own:
            advice = "`starminer query prices` shows those that are"
            raise CommandError(f"no market is open in tier {place[0]}, region {place[1]}: {advice}")
        return price_row(own[0], record.info.rating)

    show(ask(remote, question), remote.output)


def price_row(market: dict[str, Any], rating: int) -> dict[str, object]:
    """Return what a market pays for a CU, and for an hour of work at a rating in micro-CU/s."""
    total = int(market["price"]["total"])
    return {
        "market": f"tier {market['tier']}, region {market['region']}",
        "open": market["isOpen"],
        "price_per_cu": format_amount(total),
        "rating": f"{rating / MICRO:.6f} CU/s",
        "per_hour_if_busy": format_amount(total * rating * HOUR_SECONDS // MICRO),
        "waiting_cu": int(market["backlog"]) / MICRO,
    }


def slashes(*, pages: int = 10, provider: Provider = USUAL, remote: Remote = LOCAL) -> None:
    """List what was taken of the provider's bond, the newest first, and why.

    The node that is asked must keep the explorer's index (--explorer).

    Parameters
    ----------
    pages
        How many hundreds of lines of its history to look through, 1 to 100.
    """
    if not 1 <= pages <= MOST_PAGES:
        raise UsageError(f"--pages: wanted 1 to {MOST_PAGES}, got {pages}")
    key = acting_key(provider)

    async def question(client: Client) -> list[dict[str, object]]:
        who, _ = await find(client, key)
        return await slash_rows(client, who, pages)

    show(ask(remote, question), remote.output)


async def slash_rows(client: Client, who: bytes, pages: int) -> list[dict[str, object]]:
    """Return the slashes in the newest pages of a provider's history."""
    rows: list[dict[str, object]] = []
    cursor: str | None = ""
    for _ in range(pages):
        page = await page_of(client, who, cursor or "", 100)
        for line in page["rows"]:
            if line["name"] == SLASHED:
                shown = history_row(line)
                taken = {name: plain(value) for name, value in line["fields"].items()}
                rows.append({"place": shown["place"], "time": shown["time"], **taken})
        cursor = page["next"]
        if cursor is None:
            break
    return rows
