"""How a transaction would end: what `--dry-run` and `starminer tx dry-run` ask a node."""

from __future__ import annotations

from typing import Any

from cli.errors import CommandError
from cli.sdk.client import Client, enhex, unhex
from cli.sdk.failures import failure_of
from cli.sdk.transactions import Prepared, on_wire
from cli.sdk.transport import RpcRefusal
from runtime.api.types import ApplyExtrinsicResult
from runtime.frame.results import Err, Ok
from runtime.primitives.scale import decode as decode_scale

Verdict = dict[str, object]

NOT_TRIED = "not tried"
WAITS = "future"
"""What a node says of a nonce that is not yet the account's next one."""


async def outcome(client: Client, raw: bytes) -> Verdict:
    """Return how a transaction would end in a block on the best one.

    Raises: RpcRefusal by a node that answers this to its own machine alone.
    """
    answer = await client.rpc.call("system_dryRun", enhex(on_wire(raw)))
    found: Any = decode_scale(unhex(answer), ApplyExtrinsicResult)
    match found:
        case Ok(Ok()):
            return {"outcome": "success", "error": None}
        case Ok(Err(failure)):
            return {"outcome": "failure", "error": str(failure_of(client.pallets, failure))}
        case Err(reason):
            return {"outcome": "invalid", "error": reason.kind.name.lower()}
    raise AssertionError(f"the result of a transaction is Ok or Err, got {found!r}")


async def rehearsed(client: Client, prepared: Prepared) -> Verdict:
    """Return how a transaction would end, or why that cannot be said before it is sent."""
    try:
        found = await outcome(client, prepared.raw)
    except RpcRefusal:
        why = "the node tries transactions for its own machine alone (--rpc-methods)"
        return {"outcome": NOT_TRIED, "error": why}
    if found["error"] == WAITS:
        why = f"earlier transactions of the account than nonce {prepared.nonce} still wait"
        return {"outcome": NOT_TRIED, "error": why}
    return found


def require_success(verdict: Verdict) -> None:
    """Raise CommandError for what was tried and refused."""
    if verdict["outcome"] not in ("success", NOT_TRIED):
        raise CommandError(f"it would be refused: {verdict['error']}")
