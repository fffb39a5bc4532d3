"""Attestations: what auditors say of machines, who is an auditor, and what energy emits."""

from runtime.pallets.attestations.pallet import ATTESTED_ERAS, MAX_AUDITORS, Attestations
from runtime.pallets.attestations.records import (
    Attestation,
    AttestationClaimed,
    AttestationSet,
    AuditorSet,
    CarbonIntensitySet,
    Error,
)

__all__ = [
    "ATTESTED_ERAS",
    "MAX_AUDITORS",
    "Attestation",
    "AttestationClaimed",
    "AttestationSet",
    "Attestations",
    "AuditorSet",
    "CarbonIntensitySet",
    "Error",
]
