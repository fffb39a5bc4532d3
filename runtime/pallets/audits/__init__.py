"""Audits: verified segments are drawn by chance, and checked in full before they are paid."""

from runtime.pallets.audits.events import (
    AuditDecided,
    AuditDrawn,
    AuditorFaulted,
    CommitteeDrawn,
    Error,
    FinderPaid,
    VerdictRevealed,
    VerdictSealed,
)
from runtime.pallets.audits.pallet import DRAW_DELAY, Audits
from runtime.pallets.audits.records import (
    DISPROVED,
    SIGNED_BAD,
    SILENT,
    WRONG_VERDICT,
    Audit,
    Auditor,
    Config,
    Outcome,
    Phase,
    Ports,
    Seat,
)

__all__ = [
    "DISPROVED",
    "DRAW_DELAY",
    "SIGNED_BAD",
    "SILENT",
    "WRONG_VERDICT",
    "Audit",
    "AuditDecided",
    "AuditDrawn",
    "Auditor",
    "AuditorFaulted",
    "Audits",
    "CommitteeDrawn",
    "Config",
    "Error",
    "FinderPaid",
    "Outcome",
    "Phase",
    "Ports",
    "Seat",
    "VerdictRevealed",
    "VerdictSealed",
]
