"""`starminer vault insured|pay`: what insurance owes clients whose losses no bond paid."""

from __future__ import annotations

from typing import Any

from cli.accounts import account_of
from cli.errors import CommandError
from cli.options import Remote
from cli.printing import show
from cli.sdk.client import Client
from cli.sdk.session import ask
from cli.sending import USUAL, Sending, make, order_of
from genesis.notation import format_amount
from runtime.pallets.vaults import Insurance
from runtime.primitives.types import Balance

LOCAL = Remote()
COLLECTED_AT_ONCE = 16
"""Members whose parts one transaction collects: those who have most to bear come first."""


def list_claims(*, remote: Remote = LOCAL) -> None:
    """List claims on insurance; each is paid when its parts are collected of who insures."""

    async def question(client: Client) -> list[dict[str, object]]:
        found = await client.rpc.call("vault_claims")
        return [claim_row(one, found) for one in found["claims"]]

    show(ask(remote, question), remote.output)


def pay(claim: int, /, *, sending: Sending = USUAL, remote: Remote = LOCAL) -> None:
    """Have a claim on insurance paid; anybody may, the money goes to its client.

    What is missing is collected in the same transaction, of those first who have most to bear.

    Parameters
    ----------
    claim
        Its number: see `vault insured`.
    """
    order = order_of(sending)

    async def send_it(client: Client) -> None:
        debtors = to_collect(await client.rpc.call("vault_claims"), claim)
        vault = await client.storage("Vaults", "VaultOf", Insurance())
        encode = client.calls.encode
        parts = [encode("Vaults", "apply_slash", vault, account_of(client, who)) for who in debtors]
        if not parts:
            await make(client, order, remote, "vaults.pay_claim", claim)
            return
        parts.append(encode("Vaults", "pay_claim", claim))
        calls = tuple(client.calls.decode(part) for part in parts)
        await make(client, order, remote, "utility.batch_all", calls)

    ask(remote, send_it)


def to_collect(found: dict[str, Any], claim: int) -> list[str]:
    """Return of whom parts must be collected before a claim can be paid, most first.

    Raises: CommandError if there is no such claim.
    """
    wanted = next((int(one["amount"]) for one in found["claims"] if one["claim"] == claim), None)
    if wanted is None:
        raise CommandError(f"there is no claim {claim}: see `starminer vault insured`")
    lacking, chosen = wanted - int(found["collected"]), []
    for one in sorted(found["uncollected"], key=_most_first)[:COLLECTED_AT_ONCE]:
        if lacking > 0:
            chosen.append(one["who"])
            lacking -= int(one["amount"])
    return chosen


def claim_row(claim: dict[str, Any], found: dict[str, Any]) -> dict[str, object]:
    """Return a claim in one line."""
    amount = int(claim["amount"])
    return {
        "claim": claim["claim"],
        "client": claim["client"],
        "amount": format_amount(amount),
        "payable_now": format_amount(min(amount, int(found["collected"]))),
    }


def _most_first(one: dict[str, Any]) -> tuple[Balance, str]:
    return -int(one["amount"]), one["who"]
