"""The ways in which a segment can be proven: one interface, and who implements it.

A proof type says what checking a proof may cost and whether a proof is good, given what the chain
knows of the segment. Pallets, pools and importers know this protocol and no type; a job names its
type, and `PROOFS` finds it. To add one, such as zero-knowledge proofs of inference or another kind
of confidential hardware: give it a number (`job.ProofType`), write its `ProofVerifier`, add it
here, and teach the provider's `prover` to make it. Jobs, receipts and blocks stay as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from runtime.compute.attestation import Vendor, verify_attestation
from runtime.compute.gas import SIGNATURE_GAS, opening_gas
from runtime.compute.job import SAMPLES, JobSpec, ProofType
from runtime.compute.receipt import Commitment
from runtime.compute.registry import check_spec
from runtime.compute.verify import verify_leaf, verify_opening
from runtime.compute.witnesses import SEATS, quorum_of, verify_quorum
from runtime.primitives.types import H256, PublicKey


@dataclass(frozen=True, slots=True)
class OpeningContext:
    """What the proof of a segment is checked against; equal while that is the same challenge."""

    spec: JobSpec
    commitment: Commitment
    randomness: H256
    vendors: tuple[Vendor, ...] = ()
    """Whom the chain believes now, if the proof is an attestation."""
    witnesses: tuple[PublicKey, ...] = ()
    """The drawn seats, if the proof is their word."""


@dataclass(frozen=True, slots=True)
class LeafContext:
    """What the opening of one demanded leaf is checked against."""

    spec: JobSpec
    commitment: Commitment
    leaf: int


class ProofVerifier(Protocol):
    """One proof type. Pure, integers only, and equal everywhere."""

    def gas(self, spec: JobSpec) -> int:
        """Price of checking one proof, in nanoseconds of the reference core."""
        ...

    def verify(self, context: OpeningContext, proof: bytes) -> None:
        """Check a proof.

        Raises:
            BadReceipt: one of its kinds, which names what was wanted and what came.
        """

    def checked_by(self, spec: JobSpec, witnesses: int) -> tuple[str, str]:
        """Return who checks such a proof and how, in words for people."""
        ...


class SampledVerifier:
    """Every importer recomputes a sample of the leaves."""

    def gas(self, spec: JobSpec) -> int:
        """Price of hashing the proof and recomputing its leaves."""
        return opening_gas(check_spec(spec))

    def verify(self, context: OpeningContext, proof: bytes) -> None:
        """Check paths and leaves."""
        verify_opening(context.spec, context.commitment, context.randomness, proof)

    def checked_by(self, spec: JobSpec, witnesses: int) -> tuple[str, str]:  # noqa: ARG002
        """Return who checks such a proof and how."""
        return "every importer", f"{sampled(spec)} recomputed"


class AttestedVerifier:
    """A vendor that the chain trusts signs for its hardware."""

    def gas(self, spec: JobSpec) -> int:  # noqa: ARG002
        """Price of one signature."""
        return SIGNATURE_GAS

    def verify(self, context: OpeningContext, proof: bytes) -> None:
        """Check vendor, statement and signature."""
        held = (context.spec, context.commitment, context.randomness)
        verify_attestation(*held, context.vendors, proof)

    def checked_by(self, spec: JobSpec, witnesses: int) -> tuple[str, str]:  # noqa: ARG002
        """Return who checks such a proof and how."""
        return "a hardware vendor", "attestation of a trusted vendor, signature checked"


class WitnessedVerifier:
    """Drawn validators recompute a sample that only they see, and sign."""

    def gas(self, spec: JobSpec) -> int:  # noqa: ARG002
        """Price of a quorum of all seats."""
        return quorum_of(SEATS) * SIGNATURE_GAS

    def verify(self, context: OpeningContext, proof: bytes) -> None:
        """Check the draw, the quorum and the signatures."""
        held = (context.commitment, context.randomness)
        verify_quorum(*held, context.witnesses, proof)

    def checked_by(self, spec: JobSpec, witnesses: int) -> tuple[str, str]:
        """Return who checks such a proof and how."""
        seats = min(witnesses, SEATS)
        signed = f"{quorum_of(seats)} of {seats} drawn validators"
        return signed, f"{sampled(spec)} recomputed in private, signatures checked"


PROOFS: Mapping[ProofType, ProofVerifier] = {
    ProofType.SAMPLED: SampledVerifier(),
    ProofType.ATTESTED: AttestedVerifier(),
    ProofType.WITNESSED: WitnessedVerifier(),
}
"""Every proof type, by its number on the wire."""


def verify_proof(context: OpeningContext | LeafContext, proof: bytes) -> None:
    """Check the proof of a segment, of whatever type its job asks for, or that of a demanded leaf.

    Raises BadReceipt.
    """
    if isinstance(context, LeafContext):
        verify_leaf(context.spec, context.commitment, context.leaf, proof)
    else:
        PROOFS[context.spec.proof].verify(context, proof)


def proof_gas(spec: JobSpec) -> int:
    """Price of checking the proof of a segment, in nanoseconds of the reference core."""
    return PROOFS[spec.proof].gas(spec)


def sampled(spec: JobSpec) -> str:
    """Say how much of a job's result a sample looks at."""
    return f"{min(SAMPLES, spec.leaves)} of {spec.leaves} tiles"
