"""`starminer validator bond|unbond|withdraw|nominate|chill`: what stands behind blocks.

A stake stays on the account's own balance, on hold. It counts from the next election on. What is
taken out stays liable for offences until they are too old to be reported.
"""

from __future__ import annotations

from cli.accounts import account_of
from cli.errors import CommandError, UsageError
from cli.options import Remote
from cli.sdk.client import Client
from cli.sdk.names import find_call
from cli.sdk.session import ask
from cli.sdk.staking import Stake, now, stake_of
from cli.sending import USUAL, Sending, make, order_of
from cli.tx import amount_of
from genesis.notation import format_amount
from runtime.frame.calls import Call
from runtime.pallets.staking.records import (
    MAX_KICKED,
    MAX_NOMINATIONS,
    Nominations,
    RewardDestination,
    ToAccount,
    ToBond,
    ToStash,
)
from runtime.primitives.extrinsic import Id
from runtime.primitives.types import Balance

LOCAL = Remote()


def bond(
    amount: str, /, *, payee: str = "stash", sending: Sending = USUAL, remote: Remote = LOCAL
) -> None:
    """Put AGPU at stake; on a stake that is there already, add to it.

    Parameters
    ----------
    amount
        Such as 1000AGPU.
    payee
        Where rewards of a first stake go: stash, the account itself; staked, on top of the stake;
        or an address.
    """
    order, planck = order_of(sending), amount_of("amount", amount)

    async def send_it(client: Client) -> None:
        if await stake_of(client, order.pair.account, await client.block_hash()) is None:
            goes_to = payee_of(client, payee)
            await make(client, order, remote, "staking.bond", planck, goes_to)
        else:
            await make(client, order, remote, "staking.bond_extra", planck)

    ask(remote, send_it)


def unbond(amount: str, /, *, sending: Sending = USUAL, remote: Remote = LOCAL) -> None:
    """Begin to take a stake back: it counts no more, and is free 29 eras later.

    To take all of it ends validating or nominating too.

    Parameters
    ----------
    amount
        Such as 100AGPU, or `all`.
    """
    order = order_of(sending)
    planck = None if amount == "all" else amount_of("amount", amount)

    async def send_it(client: Client) -> None:
        stake = await own_stake(client, order.pair.account)
        if planck is not None:
            check_unbonding(stake, planck, await least_of(client, stake))
            await make(client, order, remote, "staking.unbond", planck)
            return
        calls: tuple[Call, ...] = (call_of(client, "staking.unbond", stake.ledger.active),)
        if stake.prefs is not None or stake.nominations is not None:
            calls = (call_of(client, "staking.chill"), *calls)
        await make(client, order, remote, "utility.batch_all", calls)

    ask(remote, send_it)


def withdraw(*, sending: Sending = USUAL, remote: Remote = LOCAL) -> None:
    """Take back what has waited long enough since it was unbonded."""
    order = order_of(sending)

    async def send_it(client: Client) -> None:
        at = await client.block_hash()
        stake = await own_stake(client, order.pair.account)
        check_withdrawal(stake, (await now(client, at)).era)
        await make(client, order, remote, "staking.withdraw_unbonded", 0)

    ask(remote, send_it)


def nominate(*validators: str, sending: Sending = USUAL, remote: Remote = LOCAL) -> None:
    """Say whom you want to validate; your stake is behind those of them that are elected.

    You share what they earn, and what they are slashed.

    Parameters
    ----------
    validators
        One to sixteen addresses of accounts that stand for election.
    """
    order = order_of(sending)
    if not 1 <= len(validators) <= MAX_NOMINATIONS:
        raise UsageError(f"wanted 1 to {MAX_NOMINATIONS} validators, got {len(validators)}")

    async def send_it(client: Client) -> None:
        await own_stake(client, order.pair.account)
        named = [account_of(client, one) for one in validators]
        for text, who in zip(validators, named, strict=True):
            prefs = await client.storage("Staking", "Validators", who)
            if prefs is None:
                raise CommandError(
                    f"{text} does not stand for election: `starminer validator status` lists "
                    "those who validate"
                )
        await make(client, order, remote, "staking.nominate", tuple(Id(who) for who in named))

    ask(remote, send_it)


def chill(*, sending: Sending = USUAL, remote: Remote = LOCAL) -> None:
    """Stop validating or nominating, from the next era on; the stake stays."""
    order = order_of(sending)

    async def send_it(client: Client) -> None:
        check_chill(await own_stake(client, order.pair.account))
        await make(client, order, remote, "staking.chill")

    ask(remote, send_it)


def kick(*nominators: str, sending: Sending = USUAL, remote: Remote = LOCAL) -> None:
    """Do without nominators: their votes name you no more, from the next election on.

    Whoever named only you nominates nobody then. They may come back, unless your terms say that
    you take no new nominations.

    Parameters
    ----------
    nominators
        Addresses of accounts that nominate you.
    """
    order = order_of(sending)
    if not 1 <= len(nominators) <= MAX_KICKED:
        raise UsageError(f"wanted 1 to {MAX_KICKED} nominators, got {len(nominators)}")

    async def send_it(client: Client) -> None:
        await own_stake(client, order.pair.account)
        named = await behind(client, order.pair.account, nominators)
        await make(client, order, remote, "staking.kick", tuple(Id(who) for who in named))

    ask(remote, send_it)


# ---------------------------------------------------------------------------------------- helpers


def payee_of(client: Client, text: str) -> RewardDestination:
    """Read where rewards go.

    Raises: UsageError.
    """
    match text:
        case "stash":
            return ToStash()
        case "staked":
            return ToBond()
        case _:
            return ToAccount(account_of(client, text))


async def own_stake(client: Client, who: bytes) -> Stake:
    """Return the stake of who signs.

    Raises: CommandError if there is none.
    """
    stake = await stake_of(client, who, await client.block_hash())
    if stake is None:
        raise CommandError(
            f"{client.address(who)} has nothing at stake: `starminer validator bond 1000AGPU` "
            "puts something"
        )
    return stake


async def behind(client: Client, validator: bytes, nominators: tuple[str, ...]) -> list[bytes]:
    """Return the accounts of those who nominate a validator.

    Raises: CommandError if one of them does not.
    """
    named = [account_of(client, one) for one in nominators]
    for text, who in zip(nominators, named, strict=True):
        nominations: Nominations | None = await client.storage("Staking", "Nominators", who)
        if nominations is None or validator not in nominations.targets:
            raise CommandError(
                f"{text} does not nominate {client.address(validator)}: "
                f"`starminer validator status {text}` shows whom it nominates"
            )
    return named


async def least_of(client: Client, stake: Stake) -> Balance:
    """Return the least that must stay at stake for what an account does."""
    if stake.prefs is None and stake.nominations is None:
        return 0
    item = "MinNominatorBond" if stake.prefs is None else "MinValidatorBond"
    least: Balance = await client.storage("Staking", item)
    return least


def check_chill(stake: Stake) -> None:
    """Refuse to end what the account does not do.

    Raises: CommandError.
    """
    if stake.prefs is None and stake.nominations is None:
        raise CommandError(
            "the account neither validates nor nominates: its stake only waits, until "
            "`starminer validator withdraw`"
        )


def check_unbonding(stake: Stake, planck: Balance, least: Balance) -> None:
    """Refuse to take out more than counts, or more than what the account does allows.

    Raises: CommandError.
    """
    left = stake.ledger.active - planck
    if left < 0:
        most = f"wanted at most {format_amount(stake.ledger.active)}, what is at stake"
        raise CommandError(f"{most}: `starminer validator unbond all` takes all of it")
    if left < least:
        raise CommandError(
            f"{format_amount(left)} would be left, and {format_amount(least)} must stay for what "
            "the account does: `starminer validator unbond all` ends that too"
        )


def check_withdrawal(stake: Stake, era: int) -> None:
    """Refuse a withdrawal of which nothing is due.

    Raises: CommandError, with the era from which something is.
    """
    chunks = stake.ledger.unlocking
    if not any(chunk.era <= era for chunk in chunks):
        first = min((chunk.era for chunk in chunks), default=None)
        when = "nothing is on its way" if first is None else f"the first part is in era {first}"
        begin = "`starminer validator unbond AMOUNT` begins it"
        raise CommandError(f"nothing can be withdrawn in era {era}: {when}; {begin}")


def call_of(client: Client, path: str, *values: object) -> Call:
    """Return a call to lie inside another."""
    entry = find_call(client.pallets, client.calls, path)
    return client.calls.decode(client.calls.encode(entry.pallet, entry.name, *values))
