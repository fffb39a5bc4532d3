"""`starminer wallet address-book`: names for the addresses of others."""

from __future__ import annotations

from cli.errors import CommandError, UsageError
from cli.options import Output
from cli.printing import show
from cli.wallet.store import Place, Wallet
from genesis.notation import BadNotation, parse_account

PLAIN, HERE = Output(), Place()


def add(name: str, address: str, /, *, place: Place = HERE, output: Output = PLAIN) -> None:
    """Give an address a name; commands of the wallet know it by that.

    Parameters
    ----------
    name
        Letters, digits, - and _; neither an account of the wallet nor another address has it.
    address
        An SS58 address, or a public key in hex.
    """
    wallet = Wallet(place)
    wallet.require_free(name)
    try:
        parse_account(address)
    except BadNotation as error:
        raise UsageError(str(error)) from error
    wallet.write_book(wallet.book() | {name: address})
    show({"name": name, "address": address}, output.output)


def remove(name: str, /, *, place: Place = HERE, output: Output = PLAIN) -> None:
    """Take a name out of the book.

    Parameters
    ----------
    name
        Whose address is forgotten; an account of the wallet stays.
    """
    wallet = Wallet(place)
    book = wallet.book()
    if name not in book:
        known = ", ".join(book) or "it is empty"
        advice = f"`starminer wallet address-book add {name} ADDRESS` adds it"
        raise CommandError(f"the address book has no {name!r}: {known}; {advice}")
    address = book.pop(name)
    wallet.write_book(book)
    show({"removed": name, "address": address}, output.output)


def list_addresses(*, place: Place = HERE, output: Output = PLAIN) -> None:
    """List the book."""
    rows = [{"name": name, "address": address} for name, address in Wallet(place).book().items()]
    show(rows, output.output)
