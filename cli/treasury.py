"""`starminer treasury`: what the treasury holds, and what it has promised."""

from __future__ import annotations

from cli.options import Remote
from cli.printing import show
from cli.sdk.client import Client
from cli.sdk.names import find_pallet
from cli.sdk.session import ask
from cli.sdk.spending import amount_words
from genesis.notation import format_amount
from runtime.frame.fungibles import AMAX
from runtime.pallets.treasury import Treasury
from runtime.pallets.treasury.types import SpendStatus, Stream
from runtime.primitives.types import Balance

LOCAL = Remote()


def status(*, at: str = "best", remote: Remote = LOCAL) -> None:
    """Show the treasury's account and the spends that referenda approved.

    Parameters
    ----------
    at
        best, final, a number or a hash.
    """

    async def question(client: Client) -> dict[str, object]:
        return await status_of(client, await client.block_hash(at))

    show(ask(remote, question), remote.output)


async def status_of(client: Client, at: bytes) -> dict[str, object]:
    """Return what the treasury holds and owes in a block."""
    pallet = find_pallet(client.pallets, "Treasury")
    assert isinstance(pallet, Treasury), "the runtime of this chain has a treasury"
    account = await client.account(pallet.account, at)
    promised: Balance = await client.storage("Treasury", "Committed", at=at)
    amax = await client.amax(pallet.account, at)
    amax_promised: Balance = await client.storage("Treasury", "AssetCommitted", AMAX.id, at=at)
    waiting: tuple[int, ...] = await client.storage("Treasury", "Approvals", at=at)
    count: int = await client.storage("Treasury", "SpendCount", at=at)
    rows = []
    for number in range(count):
        spend: SpendStatus | None = await client.storage("Treasury", "Spends", number, at=at)
        if spend is not None:
            stream: Stream | None = await client.storage("Treasury", "Streams", number, at=at)
            rows.append(spend_row(client, number, spend, stream))
    return {
        "account": client.address(pallet.account),
        "free": format_amount(account.data.free),
        "promised": format_amount(promised),
        "amax_free": amount_words(amax.free, AMAX),
        "amax_promised": amount_words(amax_promised, AMAX),
        "local_spends_waiting": len(waiting),
        "spends": rows,
    }


def spend_row(
    client: Client, number: int, spend: SpendStatus, stream: Stream | None
) -> dict[str, object]:
    """Return an approved spend in one line."""
    return {
        "spend": number,
        "amount": amount_words(spend.amount, spend.asset_kind),
        "to": client.address(spend.beneficiary),
        "valid_from": spend.valid_from,
        "expires": spend.expire_at,
        "status": type(spend.status).__name__.lower(),
        "streams_for": None if stream is None else stream.blocks,
        "paid": None if stream is None else amount_words(stream.paid, spend.asset_kind),
    }
