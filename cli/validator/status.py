"""`starminer validator status`: who validates, and how one validator or nominator stands."""

from __future__ import annotations

from cli.accounts import account_of
from cli.errors import CommandError
from cli.options import Remote
from cli.printing import show
from cli.sdk.client import Client
from cli.sdk.session import ask
from cli.sdk.slots import missed_slots
from cli.sdk.staking import (
    Now,
    Owed,
    Seat,
    Stake,
    dues,
    now,
    owed_by,
    seat_of,
    stake_of,
    staking_of,
)
from genesis.notation import format_amount
from runtime.pallets.staking.records import (
    RewardDestination,
    ToAccount,
    ToBond,
    ToNobody,
    ValidatorPrefs,
)
from runtime.primitives.fixed import Perbill
from runtime.primitives.types import AccountId

LOCAL = Remote()


def status(who: str | None = None, /, *, remote: Remote = LOCAL) -> None:
    """Show the session and the era, and how an account stands; without one, all who validate.

    Parameters
    ----------
    who
        An address or a development name.
    """

    async def question(client: Client) -> dict[str, object]:
        at = await client.block_hash()
        when = await now(client, at)
        if who is None:
            return time_record(client, when) | {"validators": await seated(client, when, at)}
        return await standing(client, account_of(client, who), when, at)

    show(ask(remote, question), remote.output)


async def seated(client: Client, when: Now, at: bytes) -> list[dict[str, object]]:
    """Return the validators of this session, a line each."""
    accounts: tuple[AccountId, ...] = await client.storage("Session", "Validators", at=at)
    rows = []
    for account in accounts:
        seat = await seat_of(client, account, when, at)
        prefs = await client.storage("Staking", "Validators", account, at=at)
        assert seat is not None, "it was listed at this block"
        rows.append(
            {
                "validator": client.address(account),
                "stake": "none" if seat.exposure is None else format_amount(seat.exposure.total),
                "commission": commission_words(prefs),
                "points": seat.points,
                "blocks_in_session": seat.authored,
                "heard_of": is_heard_words(seat),
            }
        )
    return rows


async def standing(client: Client, who: bytes, when: Now, at: bytes) -> dict[str, object]:
    """Return how an account stands, as a validator or a nominator.

    Raises: CommandError for one without stake.
    """
    stake = await stake_of(client, who, at)
    if stake is None:
        raise CommandError(
            f"{client.address(who)} has nothing at stake: `starminer validator setup` makes a "
            "validator, `starminer validator bond` and `nominate` stand behind one"
        )
    record = {"address": client.address(who), **time_record(client, when)}
    record |= stake_record(client, stake)
    seat = await seat_of(client, who, when, at)
    slashes = await owed_by(client, who, when, at)
    pending = {"pending_slashes": [slash_record(client, one, who) for one in slashes]}
    if stake.prefs is None and seat is None:
        return record | pending
    open_eras = await dues(client, who, when, at)
    return (
        record
        | {"commission": commission_words(stake.prefs), **await seat_record(client, seat, at)}
        | {
            "uncollected_eras": ", ".join(str(due.era) for due in open_eras) or "none",
            "next_payout": f"for era {when.era}, once block {when.next_era_block} is past",
        }
        | pending
    )


def time_record(client: Client, when: Now) -> dict[str, object]:
    """Return where the chain is."""
    seconds = (when.next_era_block - when.block) * client.config.slot_milliseconds // 1000
    return {
        "block": when.block,
        "session": when.session,
        "era": when.era,
        "next_era": f"from block {when.next_era_block}, in about {duration(seconds)}",
    }


def stake_record(client: Client, stake: Stake) -> dict[str, object]:
    """Return what an account has at stake, and what for."""
    ledger = stake.ledger
    record: dict[str, object] = {
        "role": role_of(stake),
        "at_stake": format_amount(ledger.active),
        "on_hold": format_amount(ledger.total),
        "unbonding": [
            {"amount": format_amount(chunk.value), "free_in_era": chunk.era}
            for chunk in ledger.unlocking
        ],
        "rewards_go_to": payee_words(client, stake.payee),
        "session_keys": "set" if stake.keys is not None else "not set",
    }
    if stake.nominations is not None:
        record["nominates"] = [client.address(one) for one in stake.nominations.targets]
    return record


def slash_record(client: Client, owed: Owed, who: bytes) -> dict[str, object]:
    """Return what an account and those with it owe for an era, unless a referendum cancels it."""
    slash = owed.slash
    return {
        "era": owed.era,
        "place": owed.place,
        "validator": client.address(slash.validator),
        "owes": format_amount(owed.by(who)),
        "own": format_amount(slash.own),
        "nominators": [
            {"nominator": client.address(one), "owes": format_amount(amount)}
            for one, amount in slash.others
        ],
        "taken_in_era": owed.era + staking_of(client).slash_defer_duration() + 1,
    }


async def seat_record(client: Client, seat: Seat | None, at: bytes) -> dict[str, object]:
    """Return how a validator does in this session."""
    if seat is None:
        return {"in_session": "no: it waits for an election, or lost one"}
    missed = await missed_slots(client, seat.place, at)
    behind = seat.exposure
    return {
        "in_session": f"yes, at place {seat.place}",
        "exposure": "none" if behind is None else format_amount(behind.total),
        "own": "none" if behind is None else format_amount(behind.own),
        "nominators": 0 if behind is None else behind.nominator_count,
        "era_points": f"{seat.points} of {seat.all_points}",
        "blocks_in_session": seat.authored,
        "heard_of": is_heard_words(seat),
        "missed_slots": f"{len(missed.slots)} of the last {missed.looked_at}",
    }


# ---------------------------------------------------------------------------------------- helpers


def role_of(stake: Stake) -> str:
    """Return what an account does with its stake."""
    if stake.prefs is not None:
        return "validator"
    return "none" if stake.nominations is None else "nominator"


def is_heard_words(seat: Seat) -> str:
    """Return how a validator showed in this session that it is there."""
    if seat.authored:
        return "by its blocks"
    return "by a heartbeat" if seat.has_beaten else "not yet"


def commission_words(prefs: ValidatorPrefs | None) -> str:
    """Return the terms of a validator."""
    if prefs is None:
        return "none: it does not stand for the next election"
    return percent(prefs.commission) + (", takes no new nominations" if prefs.blocked else "")


def payee_words(client: Client, payee: RewardDestination | None) -> str:
    """Return where rewards go."""
    match payee:
        case ToBond():
            return "on top of the stake"
        case ToAccount(account):
            return client.address(account)
        case None | ToNobody():
            return "nobody"
        case _:
            return "the account itself"


def percent(parts: int) -> str:
    """Return parts per billion as people read them."""
    return f"{parts * 100 / Perbill.ONE:g} %"


def duration(seconds: int) -> str:
    """Return a time as people read it."""
    if seconds < 120:
        return f"{seconds} s"
    if seconds < 7200:
        return f"{seconds // 60} min"
    return f"{seconds // 3600} h"
