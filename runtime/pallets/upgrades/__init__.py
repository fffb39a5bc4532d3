"""Upgrades: what providers say they improved, attested by drawn oracles."""

from runtime.pallets.upgrades.pallet import Ports, Upgrades
from runtime.pallets.upgrades.records import (
    AuditDrawn,
    Cause,
    ChallengeFailed,
    Claim,
    ClaimAccepted,
    ClaimAttested,
    ClaimChallenged,
    ClaimEnded,
    ClaimKind,
    ClaimRefuted,
    ClaimSubmitted,
    ClaimUndecided,
    ClaimUnshown,
    CommitteeDrawn,
    Config,
    Error,
    Verdict,
)

__all__ = [
    "AuditDrawn",
    "Cause",
    "ChallengeFailed",
    "Claim",
    "ClaimAccepted",
    "ClaimAttested",
    "ClaimChallenged",
    "ClaimEnded",
    "ClaimUnshown",
    "ClaimKind",
    "ClaimRefuted",
    "ClaimSubmitted",
    "ClaimUndecided",
    "CommitteeDrawn",
    "Config",
    "Error",
    "Ports",
    "Upgrades",
    "Verdict",
]
