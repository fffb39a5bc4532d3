"""What an attestation is, what the pallet announces, and why it refuses."""

from __future__ import annotations

from dataclasses import dataclass

from runtime.compute.energy import EnergySource
from runtime.frame import PalletError, event
from runtime.primitives.types import H256, U8, U32, AccountId


@dataclass(frozen=True, slots=True)
class Attestation:
    """What an auditor says of a machine."""

    level: U8
    auditor: AccountId
    proof: H256
    """The hash of the evidence that he looked at."""
    until: U32
    """The era in which it ends."""


@event
class AttestationClaimed:
    """An account asks an auditor to attest a level; the hash names the evidence it shows him."""

    who: AccountId
    level: U8
    auditor: AccountId
    proof: H256


@event
class AttestationSet:
    """What is attested of an account's machine is now this level; 0 is nothing."""

    who: AccountId
    level: U8
    auditor: AccountId


@event
class AuditorSet:
    """An auditor may attest up to a level; 0 ends the office, and all that was attested in it."""

    auditor: AccountId
    level: U8


@event
class CarbonIntensitySet:
    """A kilowatt-hour of a source in a region emits so many grams of CO2 equivalent."""

    region: U8
    energy: EnergySource
    grams_per_kwh: U32


class Error(PalletError):
    """Why the pallet refused a call."""

    NOT_AUDITOR = 0, "This account is no auditor, or may not attest this level."
    TOO_MANY_AUDITORS = 1, "There are as many auditors as there may be."
    NOTHING_ATTESTED = 2, "This auditor has attested nothing of this account."
    NO_SUCH_LEVEL = 3, "Levels go from 0 to 4."
