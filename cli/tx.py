"""`starminer tx`: sign a call, show it with its fee, send it, wait for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from cyclopts import Parameter

from cli.errors import UsageError
from cli.events import event_rows
from cli.options import Format, Remote, Signing
from cli.printing import progress, show
from cli.readable import Display, symbol_of
from cli.rehearsing import rehearsed, require_success
from cli.sdk.client import Client, enhex
from cli.sdk.names import find_call
from cli.sdk.session import ask
from cli.sdk.transactions import Prepared, Receipt, Signer, Wait, fee_of, prepare, send, submit
from cli.sdk.values import Reader
from cli.secrets import pair_in_file
from genesis.notation import BadNotation, format_amount, parse_amount, parse_pair
from runtime.frame.calls import Call, CallEntry
from runtime.primitives.crypto import Pair

LOCAL = Remote()
NOBODY = Signing()


def tx(
    call: str,
    /,
    *arguments: str,
    signing: Signing = NOBODY,
    wait: Wait = "included",
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    tip: str = "0AGPU",
    nonce: int | None = None,
    remote: Remote = LOCAL,
) -> None:
    """Sign a call and send it.

    Parameters
    ----------
    call
        Pallet and call, such as balances.transfer_keep_alive.
    arguments
        Each as name=value, such as dest=//Bob value=1.5AGPU.
    wait
        Return when it is handed in, in a block, or in a final block.
    dry_run
        Show the call, its fee and how it would end, and send nothing.
    tip
        Paid to the author of the block on top of the fee.
    nonce
        Instead of the account's next one.
    """
    pair = signing_pair(signing)
    order = Order(pair, wait, dry_run, amount_of("--tip", tip), nonce)

    async def send_it(client: Client) -> None:
        await carry_out(client, encode_call(client, call, arguments), order, remote.output)

    ask(remote, send_it)


class Readable(NamedTuple):
    """A call, and how to show it."""

    encoded: bytes
    shown: str


@dataclass(frozen=True, slots=True)
class Order:
    """How the command line wants a call sent."""

    pair: Signer
    wait: Wait
    is_dry: bool = False
    tip: int = 0
    nonce: int | None = None


async def carry_out(client: Client, call: Readable, order: Order, form: Format) -> None:
    """Sign, show, send, wait, print.

    Raises: DispatchFailed if the call was refused in its block; CommandError if a dry run of it
    was.
    """
    prepared = await prepare(client, call.encoded, order.pair, nonce=order.nonce, tip=order.tip)
    if order.is_dry:
        await rehearse(client, prepared, call.shown, form)
        return
    summary = await summary_of(client, prepared, call.shown)
    progress(f"{summary['call']}  fee {summary['fee']}  nonce {prepared.nonce}")
    if order.wait == "none":
        show({"hash": enhex(await send(client, prepared)), "status": "handed in"}, form)
        return
    receipt = await submit(client, prepared, order.wait)
    show(receipt_record(client, receipt, order.wait), form)
    receipt.required()


async def rehearse(client: Client, prepared: Prepared, shown: str, form: Format) -> None:
    """Print what a transaction says, costs and would do, and send nothing.

    Raises: CommandError if it would be refused.
    """
    summary = await summary_of(client, prepared, shown)
    verdict = await rehearsed(client, prepared)
    show(summary | verdict | {"raw": enhex(prepared.raw)}, form)
    require_success(verdict)


def encode_call(client: Client, path: str, arguments: tuple[str, ...]) -> Readable:
    """Return the call that a command line spells.

    Raises: UsageError.
    """
    entry = find_call(client.pallets, client.calls, path)
    return readable(client, entry, *read_arguments(client, entry, arguments).values())


def readable(client: Client, entry: CallEntry, *values: object) -> Readable:
    """Return a call with these arguments."""
    encoded = client.calls.encode(entry.pallet, entry.name, *values)
    display = Display(client.config.ss58_prefix, entry.pallet)
    typed = zip(entry.signature, values, strict=True)
    listed = ", ".join(f"{name}={display.show(note, value)}" for (name, note), value in typed)
    return Readable(encoded, f"{entry.pallet}.{entry.name}({listed})")


def read_arguments(client: Client, entry: CallEntry, arguments: tuple[str, ...]) -> dict[str, Any]:
    """Read `name=value` words for a call.

    Raises: UsageError, naming what is missing or unknown.
    """
    given: dict[str, str] = {}
    for word in arguments:
        name, separator, value = word.partition("=")
        if not separator:
            raise UsageError(f"wanted name=value, got {word!r}")
        given[name] = value
    return read_given(client, entry, given)


def read_given(client: Client, entry: CallEntry, given: Mapping[str, object]) -> dict[str, Any]:
    """Read the arguments of a call, by name; calls inside it have theirs in JSON.

    Raises: UsageError, naming what is missing or unknown.
    """
    wanted = [name for name, _ in entry.signature]
    if unknown := [name for name in given if name not in wanted]:
        names = ", ".join(wanted) or "nothing"
        raise UsageError(f"{entry.pallet}.{entry.name} has no {unknown[0]!r}: wanted {names}")
    if missing := [name for name in wanted if name not in given]:
        raise UsageError(f"{entry.pallet}.{entry.name} needs {'=… '.join(missing)}=…")

    def make_call(path: str, arguments: Mapping[str, object]) -> Call:
        inner = find_call(client.pallets, client.calls, path)
        values = read_given(client, inner, arguments).values()
        return client.calls.decode(client.calls.encode(inner.pallet, inner.name, *values))

    symbol = symbol_of(entry.pallet) or "AGPU"
    reader = Reader(client.config.ss58_prefix, symbol, make_call)
    return {name: reader.read(name, note, given[name]) for name, note in entry.signature}


async def summary_of(client: Client, prepared: Prepared, shown: str) -> dict[str, object]:
    """Return what a transaction says and costs."""
    return {
        "call": shown,
        "signer": client.address(prepared.signer),
        "nonce": prepared.nonce,
        "fee": format_amount(await fee_of(client, prepared)),
        "hash": enhex(prepared.hash),
    }


def receipt_record(client: Client, receipt: Receipt, wait: Wait) -> dict[str, object]:
    """Return a receipt as it is printed."""
    return {
        "hash": enhex(receipt.hash),
        "status": wait if receipt.succeeded else "failed",
        "block": receipt.block_number,
        "block_hash": enhex(receipt.block_hash),
        "index": receipt.index,
        "error": receipt.failure,
        "events": event_rows(client, receipt.events),
    }


def signing_pair(signing: Signing) -> Pair:
    """Return the key that signs.

    Raises: UsageError.
    """
    if signing.signer_file is not None:
        return pair_in_file(Path(signing.signer_file), "sr25519")
    if signing.signer is None:
        raise UsageError("name who signs: --signer //Alice, or --signer-file FILE")
    try:
        return parse_pair(signing.signer)
    except BadNotation as error:
        raise UsageError(f"--signer: {error}; accounts in files sign with --signer-file") from error


def amount_of(name: str, text: str) -> int:
    """Read an amount of AGPU.

    Raises: UsageError.
    """
    try:
        return parse_amount(text)
    except BadNotation as error:
        raise UsageError(f"{name}: {error}") from error
