"""Signatures under the three schemes that accounts may use, and key pairs for those who sign.

Everybody must accept the same signatures, so each scheme has one verifier: libsodium for ed25519
(which refuses keys of small order and non-canonical S), schnorrkel for sr25519, libsecp256k1 for
ecdsa. Scheme numbers are those of Substrate's `MultiSignature`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import IntEnum

import sr25519
from coincurve import PrivateKey, PublicKey
from nacl.bindings import crypto_sign, crypto_sign_open, crypto_sign_seed_keypair
from nacl.exceptions import BadSignatureError

from runtime.primitives.compact import encode_compact
from runtime.primitives.hashing import blake2_256
from runtime.primitives.types import U64_MAX

SEED_BYTES = 32
"""A mini secret, from which a key of every scheme can be made."""

PUBLIC_BYTES = 32
"""A public key, or for ecdsa the hash of one."""

SIGNATURE_BYTES = 64
RECOVERABLE_BYTES = 65
"""An ecdsa signature: r, s, and which of the possible public keys made it."""

RECOVERY_IDS = 4
"""r and s fit at most four public keys."""

SECP256K1_HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0
"""The largest s; -s would be a second signature for the same message."""


class KeyKind(IntEnum):
    """A signature scheme."""

    ED25519 = 0
    SR25519 = 1
    ECDSA = 2


def verify_signature(kind: KeyKind, signature: bytes, message: bytes, public: bytes) -> bool:
    """Return whether `public` signed `message`; malformed input is simply not a signature.

    `public` is a 32-byte account id: the key itself, or for ecdsa the hash of the compressed key.
    """
    if kind == KeyKind.ED25519:
        return verify_ed25519(signature, message, public)
    if kind == KeyKind.SR25519:
        return verify_sr25519(signature, message, public)
    return kind == KeyKind.ECDSA and verify_ecdsa(signature, message, public)


def verify_ed25519(signature: bytes, message: bytes, public: bytes) -> bool:
    """Return whether `public` made the ed25519 `signature` of `message`."""
    if len(signature) != SIGNATURE_BYTES or len(public) != PUBLIC_BYTES:
        return False
    try:
        crypto_sign_open(signature + message, public)
    except BadSignatureError:
        return False
    return True


def verify_sr25519(signature: bytes, message: bytes, public: bytes) -> bool:
    """Return whether `public` made the sr25519 `signature` of `message`, in Substrate's context."""
    if len(signature) != SIGNATURE_BYTES or len(public) != PUBLIC_BYTES:
        return False
    try:
        return bool(sr25519.verify(signature, message, public))
    except ValueError:
        return False


def verify_ecdsa(signature: bytes, message: bytes, public: bytes) -> bool:
    """Return whether the key whose hash is `public` signed the BLAKE2b-256 digest of `message`.

    Only the smaller s and recovery ids 0 to 3 count, so that nobody but the signer can make
    another valid signature.
    """
    if len(signature) != RECOVERABLE_BYTES or signature[64] >= RECOVERY_IDS:
        return False
    if int.from_bytes(signature[32:64], "big") > SECP256K1_HALF_ORDER:
        return False
    try:
        key = PublicKey.from_signature_and_message(signature, blake2_256(message), hasher=None)
    except ValueError:
        return False
    return blake2_256(key.format()) == public


DEV_PHRASE = "bottom drive obey lake curtain smoke basket hold race lonely fit walk"
"""The phrase that every Substrate chain derives its well-known development accounts from."""

DEV_SEED = bytes.fromhex("fac7959dbfe72f052e5a0c3c8d6530f202b02fd8f9f5ca3580ec8deb7797479e")
"""The mini secret of `DEV_PHRASE` without a password: PBKDF2 over the entropy of its words."""


class BadSecret(ValueError):
    """A seed or secret URI that no key can be made from. Its message never shows the secret."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A key that can sign."""

    kind: KeyKind
    public: bytes
    """32 bytes, or for ecdsa the compressed key of 33."""
    secret: bytes = field(repr=False)
    """In the form that the scheme's library takes."""

    @property
    def account(self) -> bytes:
        """Return the account id that `verify_signature` checks against."""
        return blake2_256(self.public) if self.kind == KeyKind.ECDSA else self.public

    def sign(self, message: bytes) -> bytes:
        """Return the signature of `message`: 64 bytes, or for ecdsa 65."""
        if self.kind == KeyKind.ED25519:
            return crypto_sign(message, self.secret)[:SIGNATURE_BYTES]
        if self.kind == KeyKind.SR25519:
            return bytes(sr25519.sign((self.public, self.secret), message))
        return PrivateKey(self.secret).sign_recoverable(blake2_256(message), hasher=None)


def pair_from_uri(kind: KeyKind, uri: str) -> Pair:
    """Return the key that a secret URI names: `//Alice`, `//Alice//stash`, `0x<seed>/soft//hard`.

    Without a seed in front the path starts at `DEV_PHRASE`. Phrases of other words and passwords
    are the keystore's business. Raises: BadSecret.
    """
    parts = _URI.fullmatch(uri)
    if parts is None:
        raise BadSecret("wanted a secret URI such as //Alice or 0x<64 hex digits>//hard/soft")
    root, path = parts["root"], parts["path"]
    seed = DEV_SEED if root in ("", DEV_PHRASE) else bytes.fromhex(root[2:])
    return pair_from_seed(kind, seed, path)


def pair_from_seed(kind: KeyKind, seed: bytes, path: str = "") -> Pair:
    """Return the key of a 32-byte mini secret, or the one derived from it along `path`.

    Raises: BadSecret.
    """
    if len(seed) != SEED_BYTES:
        raise BadSecret(f"wanted a seed of {SEED_BYTES} bytes, got {len(seed)}")
    junctions = _junctions(path)
    if kind == KeyKind.SR25519:
        return _sr25519_pair(seed, junctions)
    for junction in junctions:
        if not junction.is_hard:
            raise BadSecret(f"{kind.name.lower()} has no soft derivation: wanted // before each")
        seed = blake2_256(_HARD_DOMAINS[kind] + seed + junction.chain_code)
    if kind == KeyKind.ED25519:
        public, secret = crypto_sign_seed_keypair(seed)
        return Pair(kind, public, secret)
    try:
        return Pair(kind, PrivateKey(seed).public_key.format(), seed)
    except ValueError as error:
        raise BadSecret("the seed is not within the order of secp256k1") from error


_URI = re.compile(rf"(?P<root>|0x[0-9a-fA-F]{{64}}|{DEV_PHRASE})(?P<path>(//?[^/]+)*)")
_PATH = re.compile(r"(//?[^/]+)*")
_JUNCTION = re.compile(r"(//?)([^/]+)")

_HARD_DOMAINS = {
    KeyKind.ED25519: b"\x2cEd25519HDKD",
    KeyKind.ECDSA: b"\x34Secp256k1HDKD",
}
"""What Substrate puts before a seed to derive from it: SCALE strings."""


@dataclass(frozen=True, slots=True)
class _Junction:
    """One step of a derivation path."""

    chain_code: bytes
    is_hard: bool


def _junctions(path: str) -> list[_Junction]:
    if not _PATH.fullmatch(path):
        raise BadSecret("wanted a derivation path such as //hard/soft")
    return [
        _Junction(_chain_code(name), slashes == "//") for slashes, name in _JUNCTION.findall(path)
    ]


def _chain_code(name: str) -> bytes:
    """Return the SCALE bytes of a junction, padded to 32, or their hash if longer.

    A name that is a number below 2**64 is encoded as a u64, every other as a string.
    """
    if name.isascii() and name.isdecimal() and int(name) <= U64_MAX:
        code = int(name).to_bytes(8, "little")
    else:
        text = name.encode()
        code = encode_compact(len(text)) + text
    return blake2_256(code) if len(code) > 32 else code.ljust(32, b"\0")


def _sr25519_pair(seed: bytes, junctions: list[_Junction]) -> Pair:
    """Return the key at the end of `junctions`.

    The chain code of each step is the junction itself and its message is empty: given as the
    message, the junction would make another key without any error.
    """
    public, secret = sr25519.pair_from_seed(seed)
    for junction in junctions:
        derive = sr25519.hard_derive_keypair if junction.is_hard else sr25519.derive_keypair
        _, public, secret = derive((junction.chain_code, public, secret), b"")
    return Pair(KeyKind.SR25519, public, secret)
