"""Runtime values as people read them: accounts as addresses, amounts in tokens."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from cli.printing import jsonable
from genesis.notation import format_amount
from runtime.frame.calls import Call
from runtime.primitives.extrinsic import Id, MultiAddress
from runtime.primitives.schema import Compact, Uint
from runtime.primitives.ss58 import encode_ss58
from runtime.primitives.types import AccountId

AMOUNT_BYTES = 16
"""Only balances are this wide."""


AMAX_PALLETS = ("Amax", "ConvictionVoting", "Referenda")
"""Pallets whose amounts are of the governance token."""
OTHER_ASSETS = ("Assets", "PoolAssets", "AssetConversion")
"""Pallets whose amounts are of many assets: bare numbers of least units."""


def symbol_of(pallet: str) -> str | None:
    """Return the token that a pallet counts in; None if in many."""
    if pallet in OTHER_ASSETS:
        return None
    return "AMAX" if pallet in AMAX_PALLETS else "AGPU"


class Display:
    """Shows values of one chain, in the token of one pallet."""

    def __init__(self, prefix: int, pallet: str) -> None:
        self._prefix, self._symbol = prefix, symbol_of(pallet)

    def arguments(self, names: list[str], notes: list[Any], values: tuple[Any, ...]) -> Any:
        """Return the arguments of a call by name."""
        typed = zip(names, notes, values, strict=True)
        return {name: self.show(note, value) for name, note, value in typed}

    def call(self, value: Call) -> dict[str, object]:
        """Return a call inside another, in the token of its own pallet."""
        entry = value.entry
        names, notes = zip(*entry.signature, strict=True) if entry.signature else ((), ())
        inside = Display(self._prefix, entry.pallet)
        arguments = inside.arguments(list(names), list(notes), value.arguments)
        return {f"{entry.pallet}.{entry.name}": arguments}

    def record(self, value: Any) -> dict[str, object]:
        """Return the fields of an event or another record by name."""
        hints = get_type_hints(type(value), include_extras=True)
        return {
            item.name.strip("_"): self.show(hints[item.name], getattr(value, item.name))
            for item in fields(value)
        }

    def show(self, annotation: Any, value: Any) -> object:
        """Return a value in JSON's types, as its annotation says it is meant."""
        if value is None:
            return None
        if annotation in (MultiAddress, AccountId) or isinstance(value, Id):
            return encode_ss58(value.account if isinstance(value, Id) else value, self._prefix)
        if is_amount(annotation):
            return value if self._symbol is None else format_amount(value, self._symbol)
        if isinstance(value, Call):
            return self.call(value)
        if is_dataclass(value):
            return self.record(value) or variant_of(value)
        if get_origin(annotation) is Annotated and isinstance(value, tuple):
            return self.show(get_args(annotation)[0], value)
        arguments = get_args(annotation)
        if get_origin(annotation) is tuple and arguments[-1:] == (Ellipsis,):
            return [self.show(arguments[0], one) for one in value]
        if AccountId in arguments:
            return self.show(AccountId, value)
        return jsonable(value)


def variant_of(value: object) -> str:
    """Return what a value without fields is called: it says nothing but which of several it is."""
    name: str = getattr(type(value), "name", type(value).__name__)
    return name


def is_amount(annotation: Any) -> bool:
    """Say whether an annotation is that of an amount of tokens."""
    if get_origin(annotation) is not Annotated:
        return False
    base, note = get_args(annotation)[:2]
    return base is int and isinstance(note, Uint | Compact) and note.width == AMOUNT_BYTES
