"""Referenda and tracks as records that are printed."""

from __future__ import annotations

from cli.readable import Display
from cli.sdk.client import Client
from cli.sdk.failures import failure_of
from cli.sdk.governance import Referendum, Track
from genesis.notation import format_amount
from runtime.frame.curves import WHOLE
from runtime.frame.results import Err
from runtime.pallets.referenda.types import Ongoing, ReferendumStatus
from runtime.pallets.scheduler.types import Outcome


def row_of(client: Client, found: Referendum) -> dict[str, object]:
    """Return a referendum in one line; what it has stands before what it would need now."""
    entry = None if found.call is None else found.call.entry
    approval = support = None
    if (standing := found.standing) is not None:
        approval = f"{percent(standing.approval)} of {percent(standing.needed_approval)}"
        support = f"{percent(standing.support)} of {percent(standing.needed_support)}"
    return {
        "number": found.number,
        "phase": found.phase,
        "until": found.until,
        "track": None if found.track is None else found.track.rules.name,
        "approval": approval,
        "support": support,
        "call": None if entry is None else f"{entry.pallet}.{entry.name}",
        "outcome": None if found.outcome is None else outcome_text(client, found.outcome),
    }


def record_of(client: Client, found: Referendum) -> dict[str, object]:
    """Return a referendum with all that it proposes and has."""
    display = Display(client.config.ss58_prefix, "Amax")
    record = row_of(client, found)
    if found.call is not None:
        record["call"] = display.call(found.call)
    if isinstance(found.info, Ongoing):
        return record | _ongoing(display, found.info.status)
    return record | {"ended": display.record(found.info)}


def track_row(track: Track) -> dict[str, object]:
    """Return a track in one line: periods in blocks, and what it needs at the end."""
    rules = track.rules
    return {
        "track": track.number,
        "name": rules.name,
        "decision_deposit": format_amount(rules.decision_deposit, "AMAX"),
        "prepare": rules.prepare_period,
        "decide": rules.decision_period,
        "confirm": rules.confirm_period,
        "enact": rules.min_enactment_period,
        "approval": percent(rules.min_approval.floor / WHOLE),
        "support": percent(rules.min_support.floor / WHOLE),
    }


def outcome_text(client: Client, outcome: Outcome) -> str:
    """Return what the call of a referendum led to: approval does not mean that it succeeded."""
    if isinstance(outcome.result, Err):
        return (
            f"failed in block {outcome.block}: {failure_of(client.pallets, outcome.result.value)}"
        )
    return f"carried out in block {outcome.block}"


def percent(part: float) -> str:
    """Return a part of one in per cent."""
    return f"{100 * part:.2f} %"


def _ongoing(display: Display, status: ReferendumStatus) -> dict[str, object]:
    tally = status.tally
    return {
        "submitted": status.submitted,
        "ayes": format_amount(tally.ayes, "AMAX"),
        "nays": format_amount(tally.nays, "AMAX"),
        "supporting": format_amount(tally.support, "AMAX"),
        "submission_deposit": display.record(status.submission_deposit),
        "decision_deposit": (
            None if status.decision_deposit is None else display.record(status.decision_deposit)
        ),
        "enactment": display.record(status.enactment),
    }
