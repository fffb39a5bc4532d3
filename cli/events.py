"""Events as commands print them."""

from __future__ import annotations

from collections.abc import Iterable

from cli.readable import Display
from cli.sdk.client import Client
from runtime.frame.pallet import FINALIZATION, INITIALIZATION, Record

PHASES = {INITIALIZATION: "initialization", FINALIZATION: "finalization"}


def event_rows(client: Client, records: Iterable[Record]) -> list[dict[str, object]]:
    """Return events as records: where, whose, which, and what they say."""
    return [
        {
            "phase": PHASES.get(record.phase, record.phase),
            "event": f"{record.pallet.name}.{type(record.event).__name__}",
            "data": Display(client.config.ss58_prefix, record.pallet.name).record(record.event),
        }
        for record in records
    ]
