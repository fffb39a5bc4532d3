"""Attested work: a vendor of confidential hardware signs what its hardware ran.

The hardware measures the software that it starts, and its vendor vouches by a signature that
hardware with this measurement computed this commitment with this kernel from this input. A chain
lists whom it believes, for which measurement, and for how long; a chain that lists nobody takes no
attested work. What a measurement promises is the vendor's word and no arithmetic: see ADR 0019.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from runtime.compute.job import JobSpec
from runtime.compute.receipt import Commitment
from runtime.compute.verify import BadReceipt
from runtime.primitives.crypto import SIGNATURE_BYTES, verify_ed25519
from runtime.primitives.scale import DecodeError, decode, encode
from runtime.primitives.types import H256, BlockNumber, PublicKey, Signature64

DOMAIN = b"starminer/attestation"
"""Before what a vendor signs, so that the signature serves nothing else."""
MAX_VENDORS = 16
"""Entries that a chain lists: each is one release of one vendor's software."""


class BadAttestation(BadReceipt):
    """A document that is no attestation of this segment."""


class UnknownVendor(BadReceipt):
    """An attestation of a vendor, or a measurement, that the chain does not trust, or no more."""


@dataclass(frozen=True, slots=True)
class Vendor:
    """Whom a chain believes."""

    key: PublicKey
    """ed25519."""
    measurement: H256
    """Of the one software that the vendor's hardware must have started."""
    expires: BlockNumber
    """The last block that may carry such an attestation."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What a vendor signs."""

    vendor: PublicKey
    measurement: H256
    commitment: H256
    kernel_id: H256
    input_root: H256
    randomness: H256
    """That of the challenge: younger than the commitment, and of one fork only."""

    @property
    def payload(self) -> bytes:
        """The signed bytes."""
        return DOMAIN + encode(self, Statement)


@dataclass(frozen=True, slots=True)
class Attestation:
    """The proof of an attested segment."""

    statement: Statement
    signature: Signature64


def statement_of(
    spec: JobSpec, commitment: Commitment, randomness: bytes, vendor: bytes, measurement: bytes
) -> Statement:
    """Return what a vendor must sign for a segment."""
    ids = (spec.kernel_id, spec.input_root, randomness)
    return Statement(vendor, measurement, commitment.hash, *ids)


def current_vendors(vendors: Iterable[Vendor], number: int) -> tuple[Vendor, ...]:
    """Return those that are trusted in a block."""
    return tuple(vendor for vendor in vendors if number <= vendor.expires)


def decode_attestation(proof: bytes) -> Attestation:
    """Decode a document; raises BadAttestation."""
    try:
        document: Attestation = decode(proof, Attestation)
    except DecodeError as error:
        raise BadAttestation(f"wanted an attestation: {error}") from error
    return document


def verify_attestation(
    spec: JobSpec,
    commitment: Commitment,
    randomness: bytes,
    vendors: tuple[Vendor, ...],
    proof: bytes,
) -> None:
    """Check that a trusted vendor attests to this segment.

    Raises:
        UnknownVendor: its vendor or measurement is not among `vendors`.
        BadAttestation: it is none, of another segment, or not signed by the vendor.
    """
    document = decode_attestation(proof)
    said = document.statement
    if (said.vendor, said.measurement) not in {(one.key, one.measurement) for one in vendors}:
        raise UnknownVendor(
            f"wanted one of {len(vendors)} trusted vendors and measurements, "
            f"got measurement {said.measurement.hex()} of vendor {said.vendor.hex()}"
        )
    wanted = statement_of(spec, commitment, randomness, said.vendor, said.measurement)
    for name in ("commitment", "kernel_id", "input_root", "randomness"):
        if (want := getattr(wanted, name)) != (came := getattr(said, name)):
            raise BadAttestation(f"{name}: wanted {want.hex()}, got {came.hex()}")
    assert len(document.signature) == SIGNATURE_BYTES, "the type is of fixed size"
    if not verify_ed25519(document.signature, wanted.payload, said.vendor):
        raise BadAttestation(f"wanted a signature by vendor {said.vendor.hex()}, got another")
