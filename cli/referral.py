"""`starminer referral`: who brought whom, and what that earned."""

from __future__ import annotations

from typing import Any

from cli.accounts import account_of
from cli.options import Remote
from cli.printing import show
from cli.sdk.client import Client
from cli.sdk.session import ask
from cli.sending import USUAL, Sending, make, order_of
from genesis.notation import format_amount

LOCAL = Remote()


def set_referrer(referrer: str, /, *, sending: Sending = USUAL, remote: Remote = LOCAL) -> None:
    """Say who brought you: once, among your first transactions, before your first paid job.

    It costs you nothing: what it earns comes out of what your jobs, or your work, burned.

    Parameters
    ----------
    referrer
        An address or a development name; it has burned 50 AGPU, or provided for 30 eras.
    """
    send_about(sending, remote, "referral.set_referrer", referrer)


def show_tree(account: str, /, *, at: str = "best", remote: Remote = LOCAL) -> None:
    """Show who brought an account, whom it brought, and what is on hold of it.

    Parameters
    ----------
    account
        An address or a development name.
    at
        best, final, a number or a hash.
    """

    async def question(client: Client) -> dict[str, object]:
        who, block = client.address(account_of(client, account)), await client.block_hash(at)
        return tree_row(await client.rpc.call("referral_tree", who, "0x" + block.hex()))

    show(ask(remote, question), remote.output)


def claim(referee: str, /, *, sending: Sending = USUAL, remote: Remote = LOCAL) -> None:
    """Free what a referee earned its referrer 28 eras ago and more; anyone may.

    Parameters
    ----------
    referee
        The account that was brought: an address or a development name.
    """
    send_about(sending, remote, "referral.claim_payout", referee)


def send_about(sending: Sending, remote: Remote, path: str, account: str) -> None:
    """Sign a call about an account, and send it."""
    order = order_of(sending)

    async def send_it(client: Client) -> None:
        await make(client, order, remote, path, account_of(client, account))

    ask(remote, send_it)


def tree_row(found: dict[str, Any]) -> dict[str, object]:
    """Return an account's place among referrals, amounts in AGPU."""
    return {
        "referrer": found["referrer"],
        "since_era": found["sinceEra"],
        "earned": format_amount(int(found["earned"])),
        "referees": [
            {
                "account": one["account"],
                "since_era": one["sinceEra"],
                "active": one["isActive"],
                "vesting": format_amount(int(one["vesting"])),
                "claimable": format_amount(int(one["claimable"])),
            }
            for one in found["referees"]
        ],
    }
