"""`starminer amax`: how the token that decides comes into being, vests, and is spread."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from cli.accounts import account_of
from cli.options import Remote
from cli.printing import show
from cli.sdk.client import Client
from cli.sdk.ledgers import ACCOUNT_BYTES, all_holdings, keys_under, place, values
from cli.sdk.session import ask
from cli.sending import USUAL, Sending, make, order_of
from genesis.notation import format_amount
from runtime.books.books import AMAX
from runtime.books.concentration import nakamoto, voting
from runtime.pallets.vesting import VestingInfo
from runtime.primitives.extrinsic import Id
from runtime.primitives.types import AccountId, BlockNumber

LOCAL = Remote()
PALLETS = {"AGPU": "Vesting", "AMAX": "AmaxVesting"}
"""The pallet by which each token vests."""

Token = Literal["AGPU", "AMAX"]


def status(account: str | None = None, /, *, at: str = "best", remote: Remote = LOCAL) -> None:
    """Show how much AMAX there is and may be, and how many accounts hold half of what can vote.

    That number, the Nakamoto coefficient, leaves out what the treasury has and what has not vested.

    Parameters
    ----------
    account
        Show also what this one can claim: an address or a development name.
    at
        best, final, a number or a hash.
    """

    async def question(client: Client) -> dict[str, object]:
        block = await client.block_hash(at)
        shown = "0x" + block.hex()
        found = await client.rpc.call("amax_status", shown)
        votes = voting(await all_holdings(client, AMAX, block))
        record = status_row(found, list(votes.values()))
        if account is None:
            return record
        who = client.address(account_of(client, account))
        return record | claimable_row(await client.rpc.call("amax_claimable", who, shown))

    show(ask(remote, question), remote.output)


def claim(*, for_: str | None = None, sending: Sending = USUAL, remote: Remote = LOCAL) -> None:
    """Take your AMAX of every closed epoch of the last 84 that you have not claimed; it vests.

    Parameters
    ----------
    for_
        Claim for another account, which has it then; you pay the fee.
    """
    order = order_of(sending)

    async def send_it(client: Client) -> None:
        if for_ is None:
            await make(client, order, remote, "amaxDistribution.claim")
        else:
            who = account_of(client, for_)
            await make(client, order, remote, "amaxDistribution.claim_other", who)

    ask(remote, send_it)


def vest(
    *,
    for_: str | None = None,
    token: Token = "AMAX",
    sending: Sending = USUAL,
    remote: Remote = LOCAL,
) -> None:
    """Have what has vested released: only then can it be spent, or vote.

    Parameters
    ----------
    for_
        Release it for another account; you pay the fee.
    token
        Which one vests.
    """
    order, pallet = order_of(sending), PALLETS[token]

    async def send_it(client: Client) -> None:
        if for_ is None:
            await make(client, order, remote, f"{pallet}.vest")
        else:
            who = Id(account_of(client, for_))
            await make(client, order, remote, f"{pallet}.vest_other", who)

    ask(remote, send_it)


def unlocks(account: str | None = None, /, *, at: str = "best", remote: Remote = LOCAL) -> None:
    """Show what vests of both tokens: how much, and from which block to which.

    Parameters
    ----------
    account
        An address or a development name; without one, every account that has something vesting.
    at
        best, final, a number or a hash.
    """

    async def question(client: Client) -> list[dict[str, object]]:
        block = await client.block_hash(at)
        who = None if account is None else account_of(client, account)
        return await unlock_rows(client, who, block)

    show(ask(remote, question), remote.output)


async def unlock_rows(client: Client, who: AccountId | None, at: bytes) -> list[dict[str, object]]:
    """Return the schedules of an account, or of all, as they stand after a block."""
    number, rows = await client.number(at), list[dict[str, object]]()
    for symbol, pallet in PALLETS.items():
        everybody = place(client, pallet, "Vesting")
        keys = (
            await keys_under(client, everybody.key, at)
            if who is None
            else [place(client, pallet, "Vesting", who).key]
        )
        for key, raw in (await values(client, keys, at)).items():
            owner = client.address(key[-ACCOUNT_BYTES:])
            rows += [unlock_row(owner, one, symbol, number) for one in everybody.read(raw) or ()]
    return rows


def unlock_row(owner: str, one: VestingInfo, symbol: str, number: BlockNumber) -> dict[str, object]:
    """Return a schedule in one line."""
    return {
        "account": owner,
        "vests": format_amount(one.locked, symbol),
        "still_to_vest": format_amount(one.unvested(number), symbol),
        "per_block": format_amount(one.per_block, symbol),
        "from_block": one.starting_block,
        "free_at_block": one.ending_block,
    }


def status_row(found: dict[str, Any], votes: Iterable[int]) -> dict[str, object]:
    """Return how the distribution stands, and how AMAX is spread."""
    weights = [one for one in votes if one]
    return {
        "issuance": _amax(found["issuance"]),
        "cap": _amax(found["cap"]),
        "minted_since_block_0": _amax(found["minted"]),
        "last_closed_epoch": found["lastEpoch"],
        "its_budget": _amax(found["lastBudget"]),
        "claimable_epochs": found["claimableEpochs"],
        "can_vote": _amax(sum(weights)),
        "accounts_that_can_vote": len(weights),
        "nakamoto_coefficient": nakamoto(weights),
    }


def claimable_row(found: dict[str, Any]) -> dict[str, object]:
    """Return what an account can claim, by dimension."""
    return {f"claimable_{name}": _amax(amount) for name, amount in found.items()}


def _amax(planck: Any) -> str:
    return format_amount(int(planck), "AMAX")
