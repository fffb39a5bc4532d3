"""The decoders of proofs of work: what providers, witnesses, vendors and clients send."""

from dataclasses import replace
from typing import Any

from node.keystore.sealing import pair_of, seal
from node.receipts.messages import (
    OpeningAnnounced,
    OpeningWithProof,
    ReceiptMessage,
    Shares,
    Word,
)
from runtime.compute.attestation import Attestation, BadAttestation, decode_attestation
from runtime.compute.opening import OpeningProof, decode_proof
from runtime.compute.private import (
    BadBox,
    BadEnvelope,
    InputHeader,
    opened_input,
    sealable_input,
)
from runtime.compute.receipt import Opening
from runtime.compute.shares import Share, ShareBatch
from runtime.compute.witnesses import BadQuorum, Quorum, Testimony, decode_quorum
from runtime.primitives.scale import DecodeError, decode, encode
from tests.fuzz.target import Target, seeds_of
from tests.runtime_compute.orders import order
from tests.runtime_compute.private_orders import (
    VALIDATORS,
    attested,
    attested_spec,
    private_product,
    word,
)

ORDER = order(64, 64, 64)
"""A small product, for what its provider shows of it."""
PRIVATE = private_product(64, 64, 64)
HEADER = InputHeader(7, bytes(32), bytes(32), bytes(32))
OWNER = pair_of(b"o" * 32)
SEALED = seal(OWNER.public, b"what nobody else reads")


def work_targets() -> dict[str, Target]:
    """Return the doors for proofs of work by their names."""
    return {
        "opening proof": Target(
            lambda raw: decode_proof(ORDER.sizes, raw),
            (DecodeError,),
            seeds_of(ORDER.proof()),
            OpeningProof.encode,
        ),
        "private opening": Target(
            lambda raw: decode_proof(PRIVATE.work, raw, is_private=True),
            (DecodeError,),
            seeds_of(PRIVATE.sample()),
            OpeningProof.encode,
        ),
        "attestation": Target(
            decode_attestation,
            (BadAttestation,),
            seeds_of(attested(attested_spec(ORDER.spec), ORDER.commitment())),
            lambda value: encode(value, Attestation),
        ),
        "quorum of witnesses": Target(
            decode_quorum,
            (BadQuorum,),
            seeds_of(encode((word(VALIDATORS[0], PRIVATE.commitment()),), Quorum)),
            lambda value: encode(value, Quorum),
        ),
        "input of a private job": Target(
            lambda raw: opened_input(HEADER, raw),
            (BadEnvelope,),
            seeds_of(sealable_input(HEADER, b"content")),
            lambda opened: sealable_input(replace(HEADER, secret=opened[0]), opened[1]),
        ),
        "sealed box": Target(OWNER.open, (BadBox,), seeds_of(SEALED)),
        "receipt message": Target(
            lambda raw: decode(raw, ReceiptMessage),
            (DecodeError,),
            seeds_of(*(encode(one, ReceiptMessage) for one in gossiped())),
            lambda value: encode(value, ReceiptMessage),
        ),
    }


def gossiped() -> list[Any]:
    """Return what the topic of receipts carries."""
    opening = Opening(7, 0, bytes(32))
    said = Testimony(7, 0, word(VALIDATORS[0], PRIVATE.commitment()))
    batch = ShareBatch(1, bytes(32), (Share(1, 2, 3),))
    return [
        OpeningWithProof(opening, b"proof"),
        OpeningAnnounced(opening),
        Shares(batch),
        Word(said),
    ]
