"""`starminer wallet create|list|balance|transfer|history`: hold tokens, and hand them on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from cli.accounts import account_of
from cli.errors import CommandError, UsageError
from cli.key import PREFIX, key_record
from cli.options import Output, Remote
from cli.printing import show
from cli.sdk.client import Client
from cli.sdk.session import ask
from cli.sdk.transactions import Wait
from cli.sdk.transport import RpcRefusal
from cli.secrets import (
    ENVIRONMENT,
    Password,
    Scheme,
    account_in_file,
    pair_in_file,
    pair_of_text,
    read_password,
)
from cli.sending import ledger_of, pay
from cli.tx import Order
from cli.wallet.store import Place, Wallet
from genesis.notation import format_amount
from node.keystore.mnemonic import BadPhrase, new_phrase
from node.keystore.polkadot_js import Account, write_account
from node.keystore.vault import KeystoreError

PLAIN, LOCAL, HERE = Output(), Remote(), Place()
NO_METHOD = -32601
MOST_LINES = 100


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Spending:
    """How a transfer is sent."""

    wait: Wait = "included"
    """Return when it is handed in, in a block, or in a final block."""

    dry_run: Annotated[bool, Parameter(negative="")] = False
    """Show the call and its fee, and send nothing."""


USUAL = Spending()


def create(
    name: str,
    /,
    *,
    secret_file: Path | None = None,
    scheme: Scheme = "sr25519",
    words: int = 12,
    password: Password = ENVIRONMENT,
    place: Place = HERE,
    output: Output = PLAIN,
) -> None:
    """Make an account, keep it encrypted, and print its phrase: write it down, it is shown once.

    For example: starminer wallet create savings --password-file ~/.savings-password

    Parameters
    ----------
    name
        What to call it: letters, digits, - and _.
    secret_file
        Keep the account of this file instead of a new one: a phrase, a seed, or an account file.
    scheme
        sr25519 is what wallets use.
    words
        The length of the phrase: 12, 15, 18, 21 or 24.
    """
    wallet = Wallet(place)
    wallet.require_free(name)
    record: dict[str, object] = {"name": name}
    if secret_file is None:
        try:
            phrase = new_phrase(words)
        except BadPhrase as error:
            raise UsageError(f"--words: {error}") from error
        pair, record = pair_of_text(phrase, scheme), record | {"phrase": phrase}
    else:
        pair = pair_in_file(secret_file, scheme, password)
    try:
        raw = write_account(Account(pair, {"name": name}), read_password(password), PREFIX)
    except KeystoreError as error:
        raise UsageError(str(error)) from error
    file = wallet.keep(name, raw)
    show(record | key_record(pair, PREFIX) | {"file": str(file)}, output.output)


def list_accounts(*, place: Place = HERE, output: Output = PLAIN) -> None:
    """List the accounts of the wallet."""
    rows = [
        {"name": one.name, "address": one.address, "scheme": one.scheme, "file": str(one.file)}
        for one in Wallet(place).entries()
    ]
    show(rows, output.output)


def balance(*who: str, place: Place = HERE, remote: Remote = LOCAL) -> None:
    """Show what accounts hold: all of the wallet, or those that are named.

    Parameters
    ----------
    who
        A name of the wallet or of its address book, an address, or //Alice.
    """
    wallet = Wallet(place)
    named = list(who) or [entry.name for entry in wallet.entries()]
    if not named:
        raise CommandError("the wallet is empty: make an account with `starminer wallet create`")

    async def question(client: Client) -> list[dict[str, object]]:
        return [await balance_row(client, wallet, one) for one in named]

    show(ask(remote, question), remote.output)


async def balance_row(client: Client, wallet: Wallet, who: str) -> dict[str, object]:
    """Return what an account holds, in one line."""
    address = wallet.address_of(who)
    account = account_of(client, address)
    at = await client.block_hash()
    agpu, amax = (await client.account(account, at)).data, await client.amax(account, at)
    return {
        "name": who,
        "address": client.address(account),
        "free": format_amount(agpu.free),
        "held": format_amount(agpu.reserved),
        "frozen": format_amount(agpu.frozen),
        "free_amax": format_amount(amax.free, "AMAX"),
        "held_amax": format_amount(amax.reserved, "AMAX"),
    }


def transfer(
    name: str,
    to: str,
    amount: str,
    /,
    *,
    password: Password = ENVIRONMENT,
    place: Place = HERE,
    spending: Spending = USUAL,
    remote: Remote = LOCAL,
) -> None:
    """Send tokens from an account of the wallet, which keeps what an account must have.

    For example: starminer wallet transfer savings //Bob 1.5AGPU --dry-run

    Parameters
    ----------
    name
        The account that pays.
    to
        A name of the wallet or of its address book, an address, or //Bob.
    amount
        Such as 1.5AGPU or 3AMAX.
    """
    given, wallet = ledger_of(amount), Wallet(place)
    receiver = wallet.address_of(to)
    order = Order(
        account_in_file(wallet.file_of(name), password).pair, spending.wait, spending.dry_run
    )
    pay(order, remote, receiver, given)


def history(who: str, /, *, limit: int = 20, place: Place = HERE, remote: Remote = LOCAL) -> None:
    """Show what an account signed and what happened to it, the newest first.

    The node that is asked must keep the explorer's index (--explorer).

    Parameters
    ----------
    who
        A name of the wallet or of its address book, an address, or //Alice.
    limit
        How many lines, 1 to 100.
    """
    if not 1 <= limit <= MOST_LINES:
        raise UsageError(f"--limit: wanted 1 to {MOST_LINES}, got {limit}")
    address = Wallet(place).address_of(who)

    async def question(client: Client) -> list[dict[str, object]]:
        return await history_rows(client, account_of(client, address), limit)

    show(ask(remote, question), remote.output)


async def history_rows(client: Client, account: bytes, limit: int) -> list[dict[str, object]]:
    """Return the newest lines of an account's history.

    Raises: CommandError if the node keeps no index.
    """
    page = await page_of(client, account, "", limit)
    return [history_row(line) for line in page["rows"]]


async def page_of(client: Client, account: bytes, cursor: str, limit: int) -> dict[str, Any]:
    """Return a page of an account's history, from a place on.

    Raises: CommandError if the node keeps no index.
    """
    try:
        found = await client.rpc.call("explorer_history", client.address(account), cursor, limit)
    except RpcRefusal as refusal:
        if refusal.code != NO_METHOD:
            raise
        raise CommandError(
            "the node keeps no index of accounts: ask one that runs with --explorer"
        ) from refusal
    page: dict[str, Any] = found
    return page


def history_row(line: dict[str, Any]) -> dict[str, object]:
    """Return a line of a history as people read it: an extrinsic, or an event of one."""
    parts = (line["extrinsic"], None if line["event"] is None else f"e{line['event']}")
    place = "-".join(str(part) for part in (line["block"], *parts) if part is not None)
    when = datetime.fromtimestamp(line["time"] / 1000, UTC)
    return {
        "place": place,
        "time": f"{when:%Y-%m-%d %H:%M:%S}Z",
        "what": line["name"],
        "ok": line["ok"],
        "fee": None if line["fee"] is None else format_amount(int(line["fee"])),
        "fields": {name: plain(value) for name, value in line["fields"].items()},
    }


def plain(value: Any) -> object:
    """Return a value as the explorer's index marks it (`$`), as JSON and as people write it."""
    match value:
        case {"$": "amount", "value": planck, "symbol": symbol}:
            return format_amount(int(planck), symbol)
        case {"$": "account" | "bytes", "value": text}:
            return text
        case {"$": "error", "name": name}:
            return name
        case {"$": "record" | "call", "name": name, "fields": fields}:
            return {name: plain(fields)}
        case dict():
            return {name: plain(item) for name, item in value.items()}
        case list():
            return [plain(item) for item in value]
    return value
