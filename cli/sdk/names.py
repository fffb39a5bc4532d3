"""Finding pallets, calls and storage items by the names people type.

Case and underscores do not matter: `balances.transferKeepAlive` is `transfer_keep_alive`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import TypeVar

from cli.errors import UsageError
from runtime.frame.calls import CallEntry, CallTable
from runtime.frame.pallet import Pallet, calls_of
from runtime.frame.storage import Item

T = TypeVar("T")


def find_pallet(pallets: Iterable[Pallet], name: str) -> Pallet:
    """Return the pallet of that name.

    Raises: UsageError.
    """
    return pick("pallet", name, {pallet.name: pallet for pallet in pallets})


def find_item(pallet: Pallet, name: str) -> Item:
    """Return the storage item of that name.

    Raises: UsageError.
    """
    return pick(f"storage item of {pallet.name}", name, items_of(pallet))


def find_call(pallets: Iterable[Pallet], table: CallTable, path: str) -> CallEntry:
    """Return the call that `balances.transfer_keep_alive` names.

    Raises: UsageError.
    """
    pallet_name, dot, name = path.partition(".")
    if not dot:
        raise UsageError(f"wanted a call such as balances.transfer_keep_alive, got {path!r}")
    pallet = find_pallet(pallets, pallet_name)
    calls = {name: name for name, _ in calls_of(type(pallet)).values()}
    entry = table.entry(pallet.name, pick(f"call of {pallet.name}", name, calls))
    assert entry is not None, "the table holds every call of its pallets"
    return entry


def items_of(pallet: Pallet) -> dict[str, Item]:
    """Return the storage items of a pallet by their names on the wire."""
    members = vars(type(pallet)).values()
    return {member.name: member for member in members if isinstance(member, Item)}


def pick(what: str, name: str, known: Mapping[str, T]) -> T:
    """Return what bears the name, however it is spelt.

    Raises: UsageError, with the nearest names.
    """
    plain = {plainly(key): key for key in known}
    found = plain.get(plainly(name))
    if found is not None:
        return known[found]
    close = [plain[match] for match in difflib.get_close_matches(plainly(name), plain, 3, 0.75)]
    hint = f"did you mean {' or '.join(close)}?" if close else f"there are {', '.join(known)}"
    raise UsageError(f"no {what} is called {name!r}: {hint}")


def plainly(name: str) -> str:
    """Return a name without what people forget."""
    return name.replace("_", "").lower()
