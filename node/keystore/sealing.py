"""Sealed boxes: bytes that the holder of one key can read, and nobody else, the sender included.

libsodium's `crypto_box_seal`: an X25519 key is made for each box and thrown away, so a box names
no sender. Whoever opens one must check by other means whom and what it is for
(`runtime.compute.private`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from nacl.bindings import (
    crypto_box_keypair,
    crypto_box_seal,
    crypto_box_seal_open,
    crypto_scalarmult_base,
    crypto_sign_ed25519_pk_to_curve25519,
    crypto_sign_ed25519_sk_to_curve25519,
)
from nacl.exceptions import CryptoError

from runtime.compute.private import SEALING_BYTES, BadBox, BadKey

KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class SealingPair:
    """An X25519 key."""

    public: bytes
    secret: bytes = field(repr=False)

    def open(self, box: bytes) -> bytes:
        """Return what was sealed; raises BadBox."""
        return open_box(self.secret, box)


def new_pair() -> SealingPair:
    """Make a key from the system's randomness."""
    return SealingPair(*crypto_box_keypair())


def pair_of(secret: bytes) -> SealingPair:
    """Return the key of a secret; raises BadKey."""
    if len(secret) != KEY_BYTES:
        raise BadKey(f"wanted a secret of {KEY_BYTES} bytes, got {len(secret)}")
    return SealingPair(crypto_scalarmult_base(secret), secret)


def seal(public: bytes, plain: bytes) -> bytes:
    """Seal bytes to an X25519 key; raises BadKey."""
    if len(public) != KEY_BYTES:
        raise BadKey(f"wanted a key of {KEY_BYTES} bytes, got {len(public)}")
    try:
        box = crypto_box_seal(plain, public)
    except CryptoError as error:
        raise BadKey(f"nothing can be sealed to the key {public.hex()}") from error
    assert len(box) == len(plain) + SEALING_BYTES
    return box


def seal_to_signer(public: bytes, plain: bytes) -> bytes:
    """Seal bytes to the X25519 form of an ed25519 key; raises BadKey."""
    return seal(x25519_of(public), plain)


def x25519_of(public: bytes) -> bytes:
    """Return the X25519 form of an ed25519 key; raises BadKey."""
    try:
        return crypto_sign_ed25519_pk_to_curve25519(public)
    except (CryptoError, ValueError, RuntimeError) as error:
        raise BadKey(f"wanted an ed25519 key, got {public.hex()}") from error


def open_box(secret: bytes, box: bytes) -> bytes:
    """Return what was sealed to the key of an X25519 secret; raises BadBox."""
    if len(box) < SEALING_BYTES:
        raise BadBox(f"wanted a box of at least {SEALING_BYTES} bytes, got {len(box)}")
    try:
        return crypto_box_seal_open(box, crypto_scalarmult_base(secret), secret)
    except CryptoError as error:
        raise BadBox(f"wanted a box for this key, got {len(box)} bytes that are none") from error


def open_as_signer(secret: bytes, box: bytes) -> bytes:
    """Return what was sealed to the X25519 form of an ed25519 key; raises BadBox."""
    return open_box(crypto_sign_ed25519_sk_to_curve25519(secret), box)
