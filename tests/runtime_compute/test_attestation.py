"""Attestations: a trusted vendor's word for one segment, and for nothing else."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as some

from runtime.compute.attestation import (
    Attestation,
    BadAttestation,
    UnknownVendor,
    Vendor,
    current_vendors,
    decode_attestation,
    statement_of,
)
from runtime.compute.job import ProofType
from runtime.compute.proofs import OpeningContext, verify_proof
from runtime.compute.verify import BadReceipt
from runtime.primitives.crypto import KeyKind, pair_from_uri
from runtime.primitives.scale import encode
from tests.runtime_compute.orders import JOB, RANDOMNESS, order
from tests.runtime_compute.private_orders import (
    VENDOR,
    VENDOR_PAIR,
    attested,
    attested_spec,
    document,
    private_order,
)

ORDER = order(20, 30, 40)
SPEC, COMMITMENT = attested_spec(ORDER.spec), ORDER.commitment()
OTHER_VENDOR = pair_from_uri(KeyKind.ED25519, "//Other")
CONTEXT = OpeningContext(SPEC, COMMITMENT, RANDOMNESS, vendors=(VENDOR,))
PROOF = attested(SPEC, COMMITMENT)


def test_the_word_of_a_trusted_vendor_proves_a_segment() -> None:
    verify_proof(CONTEXT, PROOF)
    assert len(PROOF) == 6 * 32 + 64


def test_a_private_job_may_be_attested_too() -> None:
    private = private_order(ORDER.sizes, ORDER.content, ProofType.ATTESTED)
    context = OpeningContext(private.spec, private.commitment(), RANDOMNESS, vendors=(VENDOR,))
    verify_proof(context, attested(private.spec, private.commitment()))


@pytest.mark.parametrize(
    ("vendors", "message"),
    [
        ((), "wanted one of 0 trusted vendors"),
        ((replace(VENDOR, key=OTHER_VENDOR.public),), "wanted one of 1 trusted vendors"),
        ((replace(VENDOR, measurement=b"n" * 32),), "got measurement 6d6d"),
        (current_vendors((VENDOR,), VENDOR.expires + 1), "wanted one of 0 trusted vendors"),
    ],
)
def test_who_is_not_trusted_or_no_more_proves_nothing(
    vendors: tuple[Vendor, ...], message: str
) -> None:
    with pytest.raises(UnknownVendor, match=message):
        verify_proof(replace(CONTEXT, vendors=vendors), PROOF)


def test_a_vendor_is_trusted_up_to_its_last_block() -> None:
    assert current_vendors((VENDOR,), VENDOR.expires) == (VENDOR,)
    assert current_vendors((VENDOR,), VENDOR.expires + 1) == ()


@pytest.mark.parametrize(
    ("context", "field"),
    [
        (replace(CONTEXT, commitment=replace(COMMITMENT, job=JOB + 1)), "commitment"),
        (replace(CONTEXT, commitment=replace(COMMITMENT, segment=1)), "commitment"),
        (replace(CONTEXT, commitment=replace(COMMITMENT, provider=b"e" * 32)), "commitment"),
        (replace(CONTEXT, commitment=replace(COMMITMENT, out_root=b"o" * 32)), "commitment"),
        (replace(CONTEXT, spec=replace(SPEC, kernel_id=b"x" * 32)), "kernel_id"),
        (replace(CONTEXT, spec=replace(SPEC, input_root=b"x" * 32)), "input_root"),
        (replace(CONTEXT, randomness=b"x" * 32), "randomness"),
    ],
)
def test_an_attestation_replayed_elsewhere_names_what_differs(
    context: OpeningContext, field: str
) -> None:
    with pytest.raises(BadAttestation, match=f"^{field}: wanted [0-9a-f]{{64}}, got"):
        verify_proof(context, PROOF)


def test_a_statement_that_another_signed_proves_nothing() -> None:
    place = (VENDOR.key, VENDOR.measurement)
    forged = document(statement_of(SPEC, COMMITMENT, RANDOMNESS, *place), OTHER_VENDOR)
    with pytest.raises(BadAttestation, match="wanted a signature by vendor"):
        verify_proof(CONTEXT, forged)


def test_a_signature_over_the_statement_without_its_domain_proves_nothing() -> None:
    statement = statement_of(SPEC, COMMITMENT, RANDOMNESS, VENDOR.key, VENDOR.measurement)
    signature = VENDOR_PAIR.sign(encode(statement, type(statement)))
    bare = encode(Attestation(statement, signature), Attestation)
    with pytest.raises(BadAttestation, match="wanted a signature by vendor"):
        verify_proof(CONTEXT, bare)


@given(some.integers(0, len(PROOF) - 1), some.integers(1, 255))
def test_an_attestation_with_any_byte_changed_is_refused(place: int, change: int) -> None:
    spoilt = PROOF[:place] + bytes([PROOF[place] ^ change]) + PROOF[place + 1 :]
    with pytest.raises(BadReceipt):
        verify_proof(CONTEXT, spoilt)


@pytest.mark.parametrize("proof", [b"", PROOF[:-1], PROOF + b"\0", ORDER.proof()])
def test_what_is_no_document_is_refused(proof: bytes) -> None:
    with pytest.raises(BadAttestation, match="wanted an attestation"):
        verify_proof(CONTEXT, proof)


def test_a_sample_does_not_prove_what_is_to_be_attested_and_the_other_way_round() -> None:
    with pytest.raises(BadReceipt):
        verify_proof(replace(CONTEXT, spec=ORDER.spec), PROOF)
    verify_proof(replace(CONTEXT, spec=ORDER.spec), ORDER.proof())


def test_a_document_survives_its_encoding() -> None:
    assert encode(decode_attestation(PROOF), Attestation) == PROOF
