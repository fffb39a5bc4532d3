"""`starminer query prices`: what compute costs, by market, and what a job would cost."""

from __future__ import annotations

from typing import Any, Literal

from cli.options import Remote
from cli.printing import show
from cli.sdk.client import Client
from cli.sdk.session import ask
from genesis.notation import format_amount

LOCAL = Remote()
MICRO = 10**6
"""Micro-CU in a CU."""

Latency = Literal["batch", "standard", "fast", "realtime"]


def prices(
    units: int | None = None,
    /,
    *,
    tier: int = 0,
    region: int = 0,
    latency: Latency = "standard",
    remote: Remote = LOCAL,
) -> None:
    """Show what compute costs in each market, or what a number of units would cost in one.

    Parameters
    ----------
    units
        Micro-CU of work to be quoted; without it the prices of all markets are shown.
    tier
        The class of hardware of the quote.
    region
        Where it stands.
    latency
        How soon the work is wanted: batch is economy, fast and realtime are premium.
    """

    async def question(client: Client) -> Any:
        if units is not None:
            return quote_row(
                await client.rpc.call("starminer_quote", tier, region, units, latency, 0)
            )
        return [market_row(one) for one in await client.rpc.call("starminer_prices")]

    show(ask(remote, question), remote.output)


def market_row(market: dict[str, Any]) -> dict[str, object]:
    """Return a market in one line."""
    return {
        "tier": market["tier"],
        "region": market["region"],
        "open": market["isOpen"],
        "price_per_cu": format_amount(int(market["price"]["total"])),
        "of_it_scarcity": format_amount(int(market["price"]["scarcity"])),
        "capacity_cu_per_second": int(market["rating"]) / MICRO,
        "waiting_cu": int(market["backlog"]) / MICRO,
    }


def quote_row(quote: dict[str, Any]) -> dict[str, object]:
    """Return a quote, amounts in AGPU."""
    price = {f"{part}_per_cu": format_amount(int(quote["price"][part])) for part in quote["price"]}
    return {
        "service": quote["service"],
        "fee": format_amount(int(quote["fee"])),
        **price,
        "providers": quote["takers"],
        "at_block": quote["block"],
        "valid_until_block": quote["validUntil"],
    }
