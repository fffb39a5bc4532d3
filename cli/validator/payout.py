"""`starminer validator payout`: have past eras paid, to a validator and to all who stand behind it.

Anyone may; what nobody collects for 84 eras goes to the treasury.
"""

from __future__ import annotations

from cli.accounts import account_of
from cli.errors import CommandError
from cli.options import Remote
from cli.printing import progress
from cli.sdk.client import Client
from cli.sdk.session import ask
from cli.sdk.staking import Due, dues, now, open_pages
from cli.sending import USUAL, Sending, make, order_of
from cli.validator.stake import call_of
from runtime.pallets.staking.records import HISTORY_ERAS

LOCAL = Remote()
MOST_PAGES = 16
"""Pages paid by one transaction: a page is a payment to 32 accounts."""


def payout(
    who: str | None = None,
    /,
    *,
    era: int | None = None,
    sending: Sending = USUAL,
    remote: Remote = LOCAL,
) -> None:
    """Have the rewards of past eras paid, to a validator and to those behind it.

    Parameters
    ----------
    who
        The validator; who signs, when it is not given.
    era
        One era; all that were not collected, the oldest first, when it is not given.
    """
    order = order_of(sending)

    async def send_it(client: Client) -> None:
        stash = order.pair.account if who is None else account_of(client, who)
        pages = await owed(client, stash, era)
        calls = tuple(
            call_of(client, "staking.payout_stakers_by_page", stash, past, page)
            for past, page in pages[:MOST_PAGES]
        )
        if len(pages) > len(calls):
            progress(f"{len(pages) - len(calls)} more pages are left: run this again")
        await make(client, order, remote, "utility.force_batch", calls)

    ask(remote, send_it)


async def owed(client: Client, stash: bytes, era: int | None) -> list[tuple[int, int]]:
    """Return what is to be collected, as eras and pages.

    Raises: CommandError if there is nothing.
    """
    at = await client.block_hash()
    when = await now(client, at)
    if era is None:
        found = await dues(client, stash, when, at)
        nothing = f"no era of the last {HISTORY_ERAS} owes {client.address(stash)} anything"
    elif era >= when.era:
        raise CommandError(f"era {era} is not over: the chain is in era {when.era}")
    else:
        found = (Due(era, await open_pages(client, stash, era, at)),)
        nothing = f"era {era} owes {client.address(stash)} nothing, or it was collected"
    pages = [(due.era, page) for due in found for page in due.pages]
    if not pages:
        raise CommandError(f"{nothing}: rewards are for eras in which it validated")
    return pages
