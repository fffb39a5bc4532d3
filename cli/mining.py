"""`starminer mining`: the score of an account, what it earned by which rule, and its pools."""

from __future__ import annotations

from typing import Any, Literal

from cli.accounts import account_of
from cli.options import Remote
from cli.printing import show
from cli.sdk.client import Client
from cli.sdk.session import ask
from cli.sending import USUAL, Sending, make, order_of
from genesis.notation import format_amount
from runtime.pallets.mining import Pool

LOCAL = Remote()

PoolName = Literal["infra", "governance", "accuracy"]


def score(
    account: str,
    /,
    *,
    epoch: int | None = None,
    earnings: bool = False,
    at: str = "best",
    remote: Remote = LOCAL,
) -> None:
    """Show how an account behaves: its score, the five parts of it, and what it can claim.

    Parameters
    ----------
    account
        An address or a development name.
    epoch
        Of the last 84; without it the one under way.
    earnings
        Show what it earned in the epoch instead, by each rule.
    at
        best, final, a number or a hash.
    """

    async def question(client: Client) -> dict[str, object]:
        who, block = client.address(account_of(client, account)), await client.block_hash(at)
        shown = "0x" + block.hex()
        found = await client.rpc.call("mining_score", who, epoch, shown)
        if not earnings:
            return score_row(found)
        return earnings_row(await client.rpc.call("earnings_get", who, found["epoch"], shown))

    show(ask(remote, question), remote.output)


def claim(
    pool: PoolName,
    /,
    *,
    for_: str | None = None,
    sending: Sending = USUAL,
    remote: Remote = LOCAL,
) -> None:
    """Take your part of a pool, of every closed era of the last 28 that you have not claimed.

    For infra this also lets the points of your upgrades count for 28 eras from now on.

    Parameters
    ----------
    pool
        Attested upgrades, votes in referenda, or blocks and right verdicts.
    for_
        Claim for another account, which is paid; you pay the fee.
    """
    order, chosen = order_of(sending), Pool[pool.upper()]

    async def send_it(client: Client) -> None:
        if for_ is None:
            await make(client, order, remote, "mining.claim_payout", chosen)
        else:
            who = account_of(client, for_)
            await make(client, order, remote, "mining.claim_payout_other", who, chosen)

    ask(remote, send_it)


def score_row(found: dict[str, Any]) -> dict[str, object]:
    """Return a score as percentages, and what can be claimed in AGPU."""
    claimable = {
        f"claimable_{pool}": format_amount(int(amount))
        for pool, amount in found["claimable"].items()
    }
    return {
        "epoch": found["epoch"],
        "final": found["isFinal"],
        "score": percent(found["score"]),
        **{part: percent(parts) for part, parts in found["parts"].items()},
        **claimable,
    }


def earnings_row(found: dict[str, Any]) -> dict[str, object]:
    """Return what each rule paid, and all of it, in AGPU."""
    items = {one["rule"]: format_amount(int(one["amount"])) for one in found["items"]}
    return {"epoch": found["epoch"], **items, "total": format_amount(int(found["total"]))}


def percent(parts: int) -> str:
    """Return parts per billion as people read them."""
    return f"{parts / 10**7:.2f} %"
