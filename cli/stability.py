"""`starminer econ stability|absorb`: what the chain does about its supply."""

from __future__ import annotations

from typing import Any

from cli.mining import percent
from cli.options import Remote
from cli.printing import show
from cli.sdk.client import Client
from cli.sdk.session import ask
from cli.sending import USUAL, Sending, send
from genesis.notation import format_amount

LOCAL = Remote()


def status(*, at: str = "best", remote: Remote = LOCAL) -> None:
    """Show how much the supply grew, what of the reserve burned, and what may still be bought.

    Parameters
    ----------
    at
        best, final, a number or a hash.
    """

    async def question(client: Client) -> dict[str, object]:
        block = await client.block_hash(at)
        return status_row(await client.rpc.call("economy_stability", "0x" + block.hex()))

    show(ask(remote, question), remote.output)


def absorb(*, sending: Sending = USUAL, remote: Remote = LOCAL) -> None:
    """Have AGPU bought with the treasury's stable asset and burned; you pay the fee.

    It needs a budget of a referendum, a healthy feed and a price near the average of a day, and can
    be done once in an epoch, from a slot on that chance has drawn.
    """
    send(sending, remote, "stability.absorb")


def status_row(found: dict[str, Any]) -> dict[str, object]:
    """Return an answer as it is printed."""
    growth, plan, stable = found["growth"], found["absorption"], found["stable"]
    return {
        "growth_in_30_eras": "not known yet" if growth is None else percent(growth),
        "reserve_burned": format_amount(int(found["reserveBurned"])),
        "idle_eras": f"{found['idleEras']} of 30",
        "only_small_spends": found["isHolding"],
        "ceiling_of_treasury": f"{percent(found['ceiling'])} of the supply",
        "its_fees_burn": found["isAboveCeiling"],
        "stable_asset": None if stable is None else stable["asset"],
        "feed": None if stable is None else stable["feed"],
        "budget_left": None if plan is None else f"{int(plan['left']):,} units",
        "budget_until_block": None if plan is None else plan["until"],
        "spent": f"{int(found['spent']):,} units",
        "bought_and_burned": format_amount(int(found["bought"])),
    }
