"""What audits announce, and why they refuse."""

from __future__ import annotations

from runtime.compute.audit import Verdict
from runtime.frame import PalletError, event
from runtime.pallets.audits.records import Outcome
from runtime.primitives.types import U32, U64, AccountId, Balance


@event
class AuditDrawn:
    """A verified segment is audited in full before it is paid."""

    audit: U64
    job: U64
    segment: U32
    provider: AccountId


@event
class CommitteeDrawn:
    """Auditors are asked: about so many of the validators, by their VRF."""

    audit: U64
    size: U32


@event
class VerdictSealed:
    """An auditor was drawn, and committed to what it found."""

    audit: U64
    auditor: AccountId


@event
class VerdictRevealed:
    """An auditor showed its verdict, and that it had read what it judged."""

    audit: U64
    auditor: AccountId
    verdict: Verdict


@event
class AuditDecided:
    """An audit is over: the segment is paid, or its provider convicted."""

    audit: U64
    job: U64
    segment: U32
    outcome: Outcome


@event
class FinderPaid:
    """An auditor that found a cheat has its part of the finders' half."""

    audit: U64
    auditor: AccountId
    amount: Balance


@event
class AuditorFaulted:
    """An auditor was wrong, or silent after it had committed itself; its bond pays for it."""

    audit: U64
    auditor: AccountId


EVENTS = (
    AuditDrawn,
    CommitteeDrawn,
    VerdictSealed,
    VerdictRevealed,
    AuditDecided,
    FinderPaid,
    AuditorFaulted,
)


class Error(PalletError):
    """Why the pallet refused a call."""

    UNKNOWN_AUDIT = 0, "There is no such audit, or it is over."
    WRONG_PHASE = 1, "The audit does not take this now."
    NO_AUDITOR = 2, "The account did not validate in the session that the audit is drawn from."
    BAD_PROOF = 3, "The VRF proof or the signature does not hold."
    NOT_DRAWN = 4, "The auditor is not drawn for this segment."
    SEALED_BEFORE = 5, "The auditor has committed to a verdict on this segment."
    NOT_SEALED = 6, "The auditor has not committed to a verdict, or has shown it."
    OTHER_FINDING = 7, "The finding is not the one that was committed to."
    NOT_READ = 8, "The reading does not show the leaves that were asked for."
    NOT_DISPROVED = 9, "The segment is not known to be bad."
