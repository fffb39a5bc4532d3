"""The verifiable random function that gives slots to authorities and randomness to epochs.

ECVRF-EDWARDS25519-SHA512-TAI on libsodium's group operations, byte for byte as in the RFC. A
secret and a message give one output and a proof that no other output is right. Signing here does
not run in constant time: Python's integers do not, and the secret x passes through them once a
slot; a node that shares its machine with an attacker should not hold the key at all.
Source: RFC 9381, section 5 and ciphersuite 3 of section 5.5.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha512

from nacl.bindings import (
    crypto_core_ed25519_add,
    crypto_core_ed25519_is_valid_point,
    crypto_core_ed25519_sub,
    crypto_scalarmult_ed25519_base_noclamp,
    crypto_scalarmult_ed25519_noclamp,
    crypto_sign_seed_keypair,
)
from nacl.exceptions import RuntimeError as SodiumError

PROOF_BYTES = 80
OUTPUT_BYTES = 64
PRE_OUTPUT_BYTES = 32
BABE_PROOF_BYTES = 64

FIELD = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
"""Of the group that the base point generates."""

POINT_BYTES = 32
CHALLENGE_BYTES = 16
SCALAR_BYTES = 32
SEED_BYTES = 32

SUITE = b"\x03"
ENCODE_DOMAIN, CHALLENGE_DOMAIN, OUTPUT_DOMAIN, END_DOMAIN = b"\x01", b"\x02", b"\x03", b"\x00"

MAX_TRIES = 256
"""Each try to hash to the curve fails with probability 1/2; the counter is one byte."""


class BadProof(ValueError):
    """A VRF proof, or the key it is checked against, that does not hold."""


@dataclass(frozen=True, slots=True)
class _Proof:
    gamma: bytes
    challenge: bytes
    scalar: bytes


def prove(seed: bytes, alpha: bytes) -> bytes:
    """Return the 80-byte proof of the output of the ed25519 key of `seed` for `alpha`."""
    if len(seed) != SEED_BYTES:
        raise ValueError(f"wanted a seed of {SEED_BYTES} bytes, got {len(seed)}")
    public, _ = crypto_sign_seed_keypair(seed)
    expanded = sha512(seed).digest()
    secret = _clamped(expanded[:SCALAR_BYTES]) % ORDER
    point = hash_to_curve(public, alpha)
    gamma = _times(secret, point)
    nonce = int.from_bytes(sha512(expanded[SCALAR_BYTES:] + point).digest(), "little") % ORDER
    challenge = _challenge(public, point, gamma, _times_base(nonce), _times(nonce, point))
    scalar = (nonce + int.from_bytes(challenge, "little") * secret) % ORDER
    return gamma + challenge + scalar.to_bytes(SCALAR_BYTES, "little")


def verify(public: bytes, alpha: bytes, proof: bytes) -> bytes:
    """Return the 64-byte output that `proof` proves for `public` and `alpha`.

    Stricter than the RFC asks: `public` and gamma must lie in the group of prime order, so that a
    proof cannot be varied and a key of small order cannot fix its outputs. Raises: BadProof.
    """
    parts = _parse(proof)
    if len(public) != POINT_BYTES:
        raise BadProof(f"wanted a public key of {POINT_BYTES} bytes, got {len(public)}")
    challenge = int.from_bytes(parts.challenge, "little")
    scalar = int.from_bytes(parts.scalar, "little")
    if not challenge or not scalar:
        raise BadProof("the challenge or the scalar is zero")
    point = hash_to_curve(public, alpha)
    u = crypto_core_ed25519_sub(_times_base(scalar), _times_checked(challenge, public, "the key"))
    v = crypto_core_ed25519_sub(
        _times(scalar, point), _times_checked(challenge, parts.gamma, "gamma")
    )
    if _challenge(public, point, parts.gamma, u, v) != parts.challenge:
        raise BadProof("the challenge does not match")
    return output_of(proof)


def output_of(proof: bytes) -> bytes:
    """Return the 64-byte output in `proof`, which must have been verified or made here."""
    return _output(_parse(proof).gamma)


def to_babe(proof: bytes) -> tuple[bytes, bytes]:
    """Return `proof` in the layout of a BABE pre-digest: pre-output of 32 bytes, proof of 64."""
    parts = _parse(proof)
    return parts.gamma, parts.challenge.ljust(SCALAR_BYTES, b"\0") + parts.scalar


def from_babe(pre_output: bytes, babe_proof: bytes) -> bytes:
    """Return the 80-byte proof that a BABE pre-digest carries. Raises: BadProof."""
    if len(pre_output) != PRE_OUTPUT_BYTES or len(babe_proof) != BABE_PROOF_BYTES:
        raise BadProof(
            f"wanted {PRE_OUTPUT_BYTES} and {BABE_PROOF_BYTES} bytes, "
            f"got {len(pre_output)} and {len(babe_proof)}"
        )
    if any(babe_proof[CHALLENGE_BYTES:SCALAR_BYTES]):
        raise BadProof("the challenge is not padded with zeros")
    return pre_output + babe_proof[:CHALLENGE_BYTES] + babe_proof[SCALAR_BYTES:]


def hash_to_curve(public: bytes, alpha: bytes) -> bytes:
    """Return the point H: the first counter whose hash is a point, times the cofactor (5.4.1.1)."""
    prefix = sha512(SUITE + ENCODE_DOMAIN + public + alpha)
    for counter in range(MAX_TRIES):
        attempt = prefix.copy()
        attempt.update(bytes((counter,)) + END_DOMAIN)
        point = _times_cofactor(attempt.digest()[:POINT_BYTES])
        if point is not None:
            return point
    raise BadProof(f"no point within {MAX_TRIES} tries")


def is_valid_point(point: bytes) -> bool:
    """Return whether `point` is a canonical point of the prime-order group, and not its zero."""
    return len(point) == POINT_BYTES and crypto_core_ed25519_is_valid_point(point)


def _parse(proof: bytes) -> _Proof:
    if len(proof) != PROOF_BYTES:
        raise BadProof(f"wanted a proof of {PROOF_BYTES} bytes, got {len(proof)}")
    end = POINT_BYTES + CHALLENGE_BYTES
    scalar = proof[end:]
    if int.from_bytes(scalar, "little") >= ORDER:
        raise BadProof("the scalar is not below the order of the group")
    return _Proof(proof[:POINT_BYTES], proof[POINT_BYTES:end], scalar)


def _challenge(*points: bytes) -> bytes:
    text = SUITE + CHALLENGE_DOMAIN + b"".join(points) + END_DOMAIN
    return sha512(text).digest()[:CHALLENGE_BYTES]


def _output(gamma: bytes) -> bytes:
    point = _times_cofactor(gamma)
    if point is None:
        raise BadProof("gamma is not a point")
    return sha512(SUITE + OUTPUT_DOMAIN + point + END_DOMAIN).digest()


def _times_cofactor(encoded: bytes) -> bytes | None:
    """Return 8 times the point that `encoded` decodes to by RFC 8032, or None if it is none."""
    y = int.from_bytes(encoded, "little") & (1 << 255) - 1
    is_negative_zero = encoded[-1] >> 7 and y in (1, FIELD - 1)
    if y >= FIELD or is_negative_zero:
        return None
    try:
        for _ in range(3):
            encoded = crypto_core_ed25519_add(encoded, encoded)
    except SodiumError:
        return None
    return encoded


def _times(scalar: int, point: bytes) -> bytes:
    return crypto_scalarmult_ed25519_noclamp(scalar.to_bytes(SCALAR_BYTES, "little"), point)


def _times_checked(scalar: int, point: bytes, name: str) -> bytes:
    """Return the product with a point from outside; libsodium refuses those `is_valid_point` does.

    So the costly check of the group is made once. `scalar` is not zero.
    """
    try:
        return _times(scalar, point)
    except SodiumError as error:
        raise BadProof(f"{name} is not a point of the prime-order group") from error


def _times_base(scalar: int) -> bytes:
    return crypto_scalarmult_ed25519_base_noclamp(scalar.to_bytes(SCALAR_BYTES, "little"))


def _clamped(raw: bytes) -> int:
    """Return the scalar in the lower half of an expanded secret (RFC 8032, 5.1.5)."""
    return int.from_bytes(raw, "little") & (1 << 254) - 8 | 1 << 254
