"""Runtime values as pages show them: JSON in which accounts, amounts, bytes and calls are marked.

A plain JSON value stands for itself. What a page shows in a way of its own is an object with a `$`
that says what it is:

    {"$": "account", "value": "5Grw…"}           {"$": "amount", "value": "15", "symbol": "AGPU"}
    {"$": "bytes", "value": "0x…", "size": 40}   {"$": "error", "name": "…", "doc": "…"}
    {"$": "record", "name": "…", "fields": {…}}  {"$": "call", "name": "…", "fields": {…}}
    {"$": "measure", "value": "170000000", "unit": "ppb", "read": "17 %"}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from node.explorer.units import Pace, measure, unit_of
from runtime.construct import Runtime
from runtime.frame.calls import Call
from runtime.frame.dispatch import PalletError, TokenError
from runtime.frame.outcome import Module, Token
from runtime.primitives.extrinsic import Id
from runtime.primitives.ss58 import encode_ss58
from runtime.primitives.types import AccountId, Balance, CompactBalance

SHOWN_BYTES = 256
"""Of a long byte string: enough to recognise it; the raw extrinsic has all of it."""

SAFE_INTEGER = 2**53
"""From here on a browser's numbers are not exact, and integers travel as text."""

AMOUNTS = (Balance, CompactBalance)

AMAX_PALLETS = ("Amax", "ConvictionVoting", "Referenda")
"""Pallets whose amounts are of the governance token."""
OTHER_ASSETS = ("Assets", "PoolAssets", "AssetConversion")
"""Pallets whose amounts are of many assets: bare numbers of their least units."""

Json = Any
"""What msgspec writes: the tree described above."""


class Readable:
    """Shows values of one chain; `runtime` names the errors of its pallets."""

    def __init__(self, prefix: int, runtime: Runtime) -> None:
        self._prefix = prefix
        self._pallets = {pallet.index: pallet for pallet in runtime.pallets}
        self._pace = Pace.of(runtime)

    def address(self, account: bytes) -> str:
        """Return an account as SS58."""
        return encode_ss58(account, self._prefix)

    def call(self, call: Call) -> Json:
        """Return a call with its arguments by name."""
        entry, notes = call.entry, dict(call.entry.signature)
        members = dict(zip(notes, call.arguments, strict=True))
        shown = self._members(entry.name, notes, members, entry.pallet)
        return {"$": "call", "name": f"{entry.pallet}.{entry.name}", "fields": shown}

    def fields(self, value: Any, pallet: str) -> dict[str, Json]:
        """Return the fields of a record of a pallet by name."""
        kind: Any = type(value)
        members = {name: getattr(value, name) for name in names_of(kind)}
        shown = self._members(kind.__name__, hints_of(kind), members, pallet)
        return {name.strip("_"): one for name, one in shown.items()}

    def show(self, note: Any, value: Any, pallet: str) -> Json:
        """Return a value of a pallet, as its annotation says it is meant."""
        if value is None or isinstance(value, bool | str):
            return value
        if isinstance(value, Id):
            return {"$": "account", "value": self.address(value.account)}
        if isinstance(value, bytes):
            return self._bytes(note, value)
        if isinstance(value, Enum):
            return value.name.lower()
        if isinstance(value, int):
            return self._number(note, value, pallet)
        if isinstance(value, Call):
            return self.call(value)
        if isinstance(value, Module | Token):
            return self._error(value)
        if is_dataclass(value):
            name = getattr(value, "name", None)
            title = name if isinstance(name, str) and name[:1].isupper() else type(value).__name__
            return {"$": "record", "name": title, "fields": self.fields(value, pallet)}
        if isinstance(value, Mapping):
            return {str(key): self.show(None, item, pallet) for key, item in value.items()}
        return self._sequence(note, value, pallet)

    def _members(
        self, owner: str, notes: Mapping[str, Any], members: Mapping[str, Any], pallet: str
    ) -> dict[str, Json]:
        """Show what a call or a record of a pallet holds; bare numbers in the unit they count."""
        shown = {}
        for name, value in members.items():
            unit = unit_of(f"{pallet}.{owner}", name, members)
            if unit and value is not None:
                shown[name] = measure(value, unit, self._pace)
            else:
                shown[name] = self.show(notes[name], value, pallet)
        return shown

    def _bytes(self, note: Any, value: bytes) -> Json:
        if is_account(note):
            return {"$": "account", "value": self.address(value)}
        return {"$": "bytes", "value": "0x" + value[:SHOWN_BYTES].hex(), "size": len(value)}

    def _number(self, note: Any, value: int, pallet: str) -> Json:
        if is_amount(note) and pallet not in OTHER_ASSETS:
            symbol = "AMAX" if pallet in AMAX_PALLETS else "AGPU"
            return {"$": "amount", "value": str(value), "symbol": symbol}
        return value if abs(value) < SAFE_INTEGER else str(value)

    def _sequence(self, note: Any, value: Any, pallet: str) -> Json:
        base = get_args(note)[0] if get_origin(note) is Annotated else note
        inner = get_args(base)
        if inner[-1:] == (Ellipsis,):
            notes = [inner[0]] * len(value)
        else:
            notes = list(inner) if len(inner) == len(value) else [None] * len(value)
        return [self.show(one, item, pallet) for one, item in zip(notes, value, strict=True)]

    def _error(self, failure: Module | Token) -> Json:
        """Name the reason of a refusal and say it in the pallet's own words."""
        if isinstance(failure, Token):
            return named_error("Token", member_of(TokenError, failure.value.value))
        index, code = failure.value.pallet, failure.value.error[0]
        pallet = self._pallets.get(index)
        if pallet is None or pallet.errors is None:
            return {"$": "error", "name": f"pallet {index}, error {code}", "doc": ""}
        return named_error(pallet.name, member_of(pallet.errors, code))


def member_of(kind: type[PalletError], code: int) -> PalletError:
    """Return the error of a list that has this code on the wire."""
    return next(member for member in kind if member.value == code)


def named_error(owner: str, error: PalletError) -> Json:
    """Show the reason of a refusal."""
    return {"$": "error", "name": f"{owner}.{spelled(error.name)}", "doc": error.__doc__}


def spelled(name: str) -> str:
    """Return the name of an error in FRAME's spelling: `QUEUE_FULL` → `QueueFull`."""
    return "".join(part.capitalize() for part in name.split("_"))


def is_account(note: Any) -> bool:
    """Say whether an annotation is that of an account, or of one that may be missing."""
    return note == AccountId or AccountId in get_args(note)


def is_amount(note: Any) -> bool:
    """Say whether an annotation is that of an amount of tokens, or of one that may be missing."""
    return note in AMOUNTS or any(amount in get_args(note) for amount in AMOUNTS)


@cache
def hints_of(kind: Any) -> dict[str, Any]:
    """Return the annotations of a class, which are slow to resolve."""
    return get_type_hints(kind, include_extras=True)


@cache
def names_of(kind: Any) -> tuple[str, ...]:
    """Return the names of a record's fields."""
    return tuple(item.name for item in fields(kind))
