"""`starminer gov guardian`: who may slow the chain down, who elects them, and what they decide.

Guardians are elected anew each term, by AMAX that was set aside for voting (`gov season`). They let
a call take the quick track, postpone the call of an approved referendum, stop a tokenised asset, or
enter safe mode.
"""

from __future__ import annotations

from typing import Literal

from cli.accounts import account_of
from cli.errors import UsageError
from cli.options import Remote
from cli.printing import show
from cli.readable import Display
from cli.sdk.client import Client
from cli.sdk.names import find_pallet
from cli.sdk.session import ask
from cli.sending import USUAL, Sending, amax, make, order_of, send
from genesis.notation import format_amount
from runtime.pallets.guardian import (
    Action,
    Brake,
    Candidate,
    FreezeAsset,
    Guardian,
    Member,
    Motion,
    Renouncing,
    Veto,
    WhitelistCall,
)
from runtime.primitives.types import U32_MAX, BlockNumber

LOCAL = Remote()

Deed = Literal["whitelist", "veto", "brake", "freeze"]
Office = Literal["seat", "candidacy"]

OFFICES: dict[Office, Renouncing] = {"seat": Renouncing.MEMBER, "candidacy": Renouncing.CANDIDATE}
"""What an account gives up, as people write it."""


def show_guardians(*, at: str = "best", remote: Remote = LOCAL) -> None:
    """Show the guardians, who stands for the next election, and what is under way.

    Parameters
    ----------
    at
        best, final, a number or a hash.
    """

    async def question(client: Client) -> dict[str, object]:
        return await state_of(client, await client.block_hash(at))

    show(ask(remote, question), remote.output)


def stand(*, sending: Sending = USUAL, remote: Remote = LOCAL) -> None:
    """Stand for the next election; a deposit is held, and lost if nearly nobody approves."""
    send(sending, remote, "guardian.submit_candidacy")


def renounce(office: Office, /, *, sending: Sending = USUAL, remote: Remote = LOCAL) -> None:
    """Give up a seat, or a candidacy while the election is not near yet.

    Parameters
    ----------
    office
        What to give up.
    """
    send(sending, remote, "guardian.renounce_candidacy", OFFICES[office])


def elect(*candidates: str, amount: str, sending: Sending = USUAL, remote: Remote = LOCAL) -> None:
    """Approve of candidates, of each with the same AMAX; it replaces what you voted before.

    Parameters
    ----------
    candidates
        Addresses or development names.
    amount
        AMAX that was set aside seven eras ago or before, such as 100AMAX.
    """
    order, stake = order_of(sending), amax(amount)

    async def send_it(client: Client) -> None:
        votes = tuple(account_of(client, one) for one in candidates)
        await make(client, order, remote, "guardian.vote", votes, stake)

    ask(remote, send_it)


def unelect(*, sending: Sending = USUAL, remote: Remote = LOCAL) -> None:
    """Take your approval back; your AMAX is free."""
    send(sending, remote, "guardian.remove_voter")


def approve(
    deed: Deed, subject: str = "", /, *, sending: Sending = USUAL, remote: Remote = LOCAL
) -> None:
    """Stand behind an action as a guardian; when enough guardians do, it is done at once.

    Parameters
    ----------
    deed
        Let a call take the quick track, postpone the call of a referendum, enter safe mode, or
        stop a tokenised asset.
    subject
        The hash of the call to whitelist, or the number of the referendum or of the asset.
    """
    send(sending, remote, "guardian.approve", action_of(deed, subject))


def action_of(deed: Deed, subject: str) -> Action:
    """Read an action of guardians.

    Raises: UsageError, saying what was wanted.
    """
    if deed == "brake" and not subject:
        return Brake()
    if deed in ("veto", "freeze") and subject.isdecimal() and int(subject) <= U32_MAX:
        return Veto(int(subject)) if deed == "veto" else FreezeAsset(int(subject))
    if deed == "whitelist":
        try:
            call_hash = bytes.fromhex(subject.removeprefix("0x"))
        except ValueError:
            call_hash = b""
        if len(call_hash) == 32:
            return WhitelistCall(call_hash)
    wanted = {
        "whitelist": "whitelist and 32 bytes in hex",
        "veto": "veto and the number of a referendum",
        "brake": "brake alone",
        "freeze": "freeze and the number of an asset",
    }
    raise UsageError(f"wanted {wanted[deed]}, got {subject!r}")


async def state_of(client: Client, at: bytes) -> dict[str, object]:
    """Return who the guardians are in a block, who stands, and what is under way."""
    pallet = find_pallet(client.pallets, "Guardian")
    assert isinstance(pallet, Guardian), "the runtime of this chain has guardians"
    members: tuple[Member, ...] = await client.storage("Guardian", "Members", at=at)
    standing: tuple[Candidate, ...] = await client.storage("Guardian", "Candidates", at=at)
    motions: tuple[Motion, ...] = await client.storage("Guardian", "Motions", at=at)
    braked: BlockNumber | None = await client.storage("Guardian", "BrakedAt", at=at)
    now, display = await client.number(at), Display(client.config.ss58_prefix, "Amax")
    return {
        "next_election": (now // pallet.config.term + 1) * pallet.config.term,
        "safe_mode_was_entered": braked,
        "guardians": [seat_row(client, one) for one in members],
        "candidates": [seat_row(client, one) for one in standing],
        "motions": [
            {
                "action": display.record(one.action),
                "guardians": [client.address(who) for who in one.ayes],
                "until": one.end,
            }
            for one in motions
            if one.end > now
        ],
    }


def seat_row(client: Client, one: Member | Candidate) -> dict[str, object]:
    """Return a guardian or a candidate in one line."""
    return {
        "account": client.address(one.who),
        "approval": format_amount(one.approval, "AMAX"),
        "deposit": format_amount(one.deposit, "AMAX"),
    }
