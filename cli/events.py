"""Events as commands print them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from typing import Any, get_type_hints

from cli.printing import jsonable
from cli.sdk.client import Client
from genesis.notation import format_amount
from runtime.frame.pallet import FINALIZATION, INITIALIZATION, Record
from runtime.primitives.types import U128, AccountId

PHASES = {INITIALIZATION: "initialization", FINALIZATION: "finalization"}


def event_rows(client: Client, records: Iterable[Record]) -> list[dict[str, object]]:
    """Return events as records: where, whose, which, and what they say."""
    return [
        {
            "phase": PHASES.get(record.phase, record.phase),
            "event": f"{record.pallet.name}.{type(record.event).__name__}",
            "data": event_data(client, record),
        }
        for record in records
    ]


def event_data(client: Client, record: Record) -> dict[str, object]:
    """Return the fields of an event, with accounts as addresses and amounts in tokens."""
    event: Any = record.event
    hints = get_type_hints(type(event), include_extras=True)
    symbol = "AMAX" if record.pallet.name == "Amax" else "AGPU"
    shown = {}
    for item in fields(event):
        value = getattr(event, item.name)
        if hints[item.name] == AccountId:
            value = client.address(value)
        elif hints[item.name] == U128:
            value = format_amount(value, symbol)
        shown[item.name.strip("_")] = jsonable(value)
    return shown
