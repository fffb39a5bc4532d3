"""What an auditor's calls must prove by themselves, since nobody signs and nobody pays for them.

The pool asks, and again whoever imports the block; cheap checks come first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtime.compute.audit import (
    NOT_READ,
    Finding,
    Verdict,
    is_drawn,
    seal,
    sealed_message,
    vrf_input,
)
from runtime.compute.reading import NOTHING_READ, BadReading, Reading, Tag, check_reading
from runtime.compute.registry import work_of
from runtime.frame import DispatchError, PalletError, ensure, require
from runtime.frame.unsigned import Why
from runtime.pallets.audits.events import Error
from runtime.pallets.audits.records import Audit, Auditor, Phase
from runtime.primitives import vrf
from runtime.primitives.crypto import verify_ed25519

if TYPE_CHECKING:
    from runtime.pallets.audits.pallet import Audits

WHY_NOT: dict[PalletError, Why] = {
    Error.UNKNOWN_AUDIT: Why.STALE,
    Error.WRONG_PHASE: Why.STALE,
    Error.SEALED_BEFORE: Why.STALE,
    Error.NOT_SEALED: Why.STALE,
    Error.NO_AUDITOR: Why.BAD_PROOF,
    Error.BAD_PROOF: Why.BAD_PROOF,
    Error.NOT_DRAWN: Why.BAD_PROOF,
    Error.OTHER_FINDING: Why.BAD_PROOF,
    Error.NOT_READ: Why.BAD_PROOF,
}


class Judge:
    """Checks the calls of auditors; keeps nothing of its own."""

    def __init__(self, pallet: Audits) -> None:
        self._pallet = pallet

    def commit(
        self, audit: int, auditor: bytes, proof: bytes, sealed: bytes, signature: bytes
    ) -> tuple[Audit, Auditor, bytes]:
        """Return the audit, the auditor and its VRF output, cheap checks first."""
        record = self._open(audit, Phase.COMMITTING)
        ensure(record.seat_of(auditor) is None, Error.SEALED_BEFORE)
        auditors = self._pallet.auditors[record.session]
        found = next((one for one in auditors if one.account == auditor), None)
        one = require(found, Error.NO_AUDITOR)
        message = sealed_message(record.seed, record.commitment.hash, sealed)
        ensure(verify_ed25519(signature, message, one.key), Error.BAD_PROOF)
        try:
            output = vrf.verify(one.key, vrf_input(record.seed, record.commitment.hash), proof)
        except vrf.BadProof as error:
            raise DispatchError(Error.BAD_PROOF) from error
        ensure(is_drawn(output, record.size, len(auditors)), Error.NOT_DRAWN)
        return record, one, output

    def reveal(self, audit: int, auditor: bytes, finding: Finding, reading: Reading) -> Audit:
        """Return the audit, if the finding is the one that was committed to, and was read."""
        record = self._open(audit, Phase.REVEALING)
        seat = require(record.seat_of(auditor), Error.NOT_SEALED)
        ensure(seat in record.awaited, Error.NOT_SEALED)
        ensure(self._pallet.context.number > record.shown_from, Error.WRONG_PHASE)
        commitment = record.commitment
        sealed = seal(record.seed, commitment.hash, auditor, finding)
        ensure(sealed == seat.sealed, Error.OTHER_FINDING)
        if finding.verdict is Verdict.MISSING:
            is_empty = finding.tag == NOT_READ and reading == NOTHING_READ
            ensure(is_empty, Error.NOT_READ)
            return record
        work = work_of(record.spec.job_class, record.spec.params)
        randomness = require(self._pallet.shown_by(record), Error.WRONG_PHASE)
        tag = Tag(seat.vrf_output, finding.tag)
        try:
            check_reading(work, commitment, tag, randomness, reading)
        except BadReading as error:
            raise DispatchError(Error.NOT_READ) from error
        return record

    def _open(self, audit: int, phase: Phase) -> Audit:
        record = require(self._pallet.audits.get(audit), Error.UNKNOWN_AUDIT)
        ensure(record.phase is phase, Error.WRONG_PHASE)
        return record
