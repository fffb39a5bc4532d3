"""Witnessed work: drawn validators recompute the sample of a private job, and sign.

The leaves of a private job are for nobody but its provider and its client, so they cannot travel
beside a block. The provider seals the opening to single validators instead, whom it cannot choose:
the seats are drawn from its commitment and a randomness younger than that. It needs the signatures
of more than two thirds of the seats. It shows the sample to as many seats as it needs and, for each
that stays silent, to the next one: so the absence of some delays an opening, and nobody reads more
than must. Every importer checks draw, quorum and signatures.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

from runtime.compute.receipt import Commitment
from runtime.compute.verify import BadReceipt
from runtime.primitives.crypto import verify_ed25519
from runtime.primitives.hashing import blake2_256
from runtime.primitives.scale import DecodeError, decode, encode
from runtime.primitives.schema import Bounded
from runtime.primitives.types import U32, U64, PublicKey, Signature64

DOMAIN = b"starminer/witness"
"""Before what a witness signs, so that the signature serves nothing else."""
SEATS = 15
"""Validators drawn for a segment, at most. Eleven of them must sign: with a third of all validators
bad, that eleven of fifteen are has a chance of 0.2 %, before bonds are thought of."""


class BadQuorum(BadReceipt):
    """Signatures that do not add up to a quorum of the drawn validators."""


class BadWitness(BadReceipt):
    """A signature that counts for nothing: of a validator that was not drawn, or of nobody."""


@dataclass(frozen=True, slots=True)
class Witnessed:
    """The word of one witness."""

    witness: PublicKey
    """The audit key of a drawn validator."""
    signature: Signature64


@dataclass(frozen=True, slots=True)
class Testimony:
    """The word of one witness on a segment, as it is gossiped."""

    job: U64
    segment: U32
    word: Witnessed


Quorum = Annotated[tuple[Witnessed, ...], Bounded(SEATS)]
"""The proof of a witnessed segment: the words of different seats, in order of seat."""


def quorum_of(seats: int) -> int:
    """Return how many of the seats must sign: more than two thirds."""
    return 2 * seats // 3 + 1


def draw_seats(
    keys: Iterable[bytes], commitment: Commitment, randomness: bytes
) -> tuple[bytes, ...]:
    """Draw the witnesses of a segment among the audit keys of all validators, in order of seat."""
    seed = commitment.hash + randomness
    lots = sorted((blake2_256(DOMAIN + b"/seat" + seed + key), key) for key in dict.fromkeys(keys))
    return tuple(key for _, key in lots[:SEATS])


def testimony_payload(commitment: Commitment, randomness: bytes) -> bytes:
    """Return what a witness signs: that the sample which this randomness asks for was right."""
    return DOMAIN + commitment.hash + randomness


def check_word(
    commitment: Commitment, randomness: bytes, seats: tuple[bytes, ...], word: Witnessed
) -> None:
    """Check the word of one witness; raises BadWitness."""
    if word.witness not in seats:
        raise BadWitness(f"wanted one of {len(seats)} drawn witnesses, got {word.witness.hex()}")
    payload = testimony_payload(commitment, randomness)
    if not verify_ed25519(word.signature, payload, word.witness):
        raise BadWitness(f"wanted a signature by witness {word.witness.hex()}, got another")


def prove_quorum(seats: tuple[bytes, ...], words: Iterable[Witnessed]) -> bytes | None:
    """Return the proof that words of different witnesses make up, or None if more are needed."""
    by_witness = {word.witness: word for word in words}
    ordered = tuple(by_witness[seat] for seat in seats if seat in by_witness)
    enough = quorum_of(len(seats))
    return encode(ordered[:enough], Quorum) if len(ordered) >= enough else None


def decode_quorum(proof: bytes) -> tuple[Witnessed, ...]:
    """Decode a proof; raises BadQuorum."""
    try:
        words: tuple[Witnessed, ...] = decode(proof, Quorum)
    except DecodeError as error:
        raise BadQuorum(f"wanted the signatures of witnesses: {error}") from error
    return words


def verify_quorum(
    commitment: Commitment, randomness: bytes, seats: tuple[bytes, ...], proof: bytes
) -> None:
    """Check that a quorum of the seats signed, exactly as many as are needed, in order of seat.

    Raises:
        BadQuorum: too few or too many, or not in their order, or no proof at all.
        BadWitness: one was not drawn, or did not sign.
    """
    words = decode_quorum(proof)
    if len(words) != (wanted := quorum_of(len(seats))):
        raise BadQuorum(f"wanted {wanted} of {len(seats)} drawn witnesses, got {len(words)}")
    for word in words:
        check_word(commitment, randomness, seats, word)
    places = [seats.index(word.witness) for word in words]
    if places != sorted(dict.fromkeys(places)):
        raise BadQuorum(f"wanted different witnesses in order of seat, got seats {places}")
