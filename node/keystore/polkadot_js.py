"""Account files of polkadot-js: what its wallets export, encrypted under a password.

    key     = scrypt(password, salt)[:32]                       N = 2^17, r = 8, p = 1 when written
    encoded = base64(salt ‖ N ‖ p ‖ r ‖ nonce ‖ xsalsa20-poly1305(key, nonce, plain))
    plain   = header ‖ secret ‖ divider ‖ public

An ed25519 secret is the seed and the public key; an sr25519 secret is the expanded one in ed25519's
form, so that no seed can be found again; an ecdsa secret is its 32 bytes.
Source: @polkadot/keyring 14.0 (`pair/encode`, `pair/decode`), @polkadot/util-crypto 14.0 (`json`,
`scrypt`); versions 0 to 2 took the password itself as the key.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sr25519
from nacl.bindings import crypto_sign_SEEDBYTES
from nacl.exceptions import CryptoError
from nacl.secret import SecretBox
from nacl.utils import random as random_bytes

from node.keystore.vault import KeystoreError, WrongPassword
from runtime.primitives.crypto import SEED_BYTES, BadSecret, KeyKind, Pair, pair_from_seed
from runtime.primitives.ss58 import BadAddress, decode_ss58, encode_ss58

MAX_FILE_BYTES = 64 << 10
"""An account takes 500 bytes; the rest is what wallets note beside it."""

VERSION = "3"
KNOWN_VERSIONS = ("0", "1", "2", VERSION)

SCRYPT, BOX, NONE = "scrypt", "xsalsa20-poly1305", "none"

HEADER = bytes.fromhex("3053020101300506032b657004220420")
DIVIDER = bytes.fromhex("a123032100")
"""Look like PKCS 8 and stand there unchanged for every scheme."""

SALT_BYTES = 32
PARAMETER_BYTES = 4
EXPANDED_BYTES = 64
"""An ed25519 seed with its public key, or an expanded sr25519 secret."""

SS58_PREFIX = 42


@dataclass(frozen=True, slots=True)
class Scrypt:
    """How much work a guess of the password is."""

    n: int
    p: int
    r: int

    def derive(self, password: bytes, salt: bytes) -> bytes:
        """Return the key; takes 128·n·r bytes and, for what we write, half a second."""
        memory = 128 * self.r * (self.n + self.p) + (1 << 20)
        derived = hashlib.scrypt(
            password, salt=salt, n=self.n, r=self.r, p=self.p, maxmem=memory, dklen=64
        )
        return derived[: SecretBox.KEY_SIZE]


WRITTEN = Scrypt(1 << 17, 1, 8)

PRESETS = (
    Scrypt(1 << 13, 10, 8),
    Scrypt(1 << 14, 5, 8),
    Scrypt(1 << 15, 3, 8),
    Scrypt(1 << 15, 1, 8),
    Scrypt(1 << 16, 2, 8),
    WRITTEN,
)
"""What polkadot-js ever wrote; any other cost is an attack on who opens the file."""


class BadAccountFile(KeystoreError):
    """The file is damaged, or not an account file of polkadot-js."""


@dataclass(frozen=True, slots=True)
class Account:
    """What an account file holds."""

    pair: Pair
    meta: Mapping[str, Any] = field(default_factory=dict)
    """What the wallet notes: a name, when it was made."""


def read_account(raw: bytes, password: bytes | None) -> Account:
    """Return the account in a file's bytes; files that are not encrypted need no password.

    Raises: BadAccountFile, WrongPassword.
    """
    record = _record(raw)
    kind, layers = _encoding(record.get("encoding"))
    encoded = _encoded(record.get("encoded"))
    pair = _pair(kind, _decrypted(encoded, layers, password))
    _check_address(record.get("address"), pair)
    meta = record.get("meta")
    return Account(pair, meta if isinstance(meta, dict) else {})


def is_encrypted(raw: bytes) -> bool:
    """Say whether the file in these bytes needs a password; raises BadAccountFile."""
    _, layers = _encoding(_record(raw).get("encoding"))
    return layers != [NONE]


def write_account(account: Account, password: bytes, prefix: int = SS58_PREFIX) -> bytes:
    """Return the bytes of a file that polkadot-js opens; raises KeystoreError."""
    if not password:
        raise KeystoreError("wanted a password for the account file, got an empty one")
    pair = account.pair
    salt = random_bytes(SALT_BYTES)
    numbers = (WRITTEN.n, WRITTEN.p, WRITTEN.r)
    head = salt + b"".join(number.to_bytes(PARAMETER_BYTES, "little") for number in numbers)
    plain = HEADER + _exported(pair) + DIVIDER + pair.public
    sealed = bytes(SecretBox(WRITTEN.derive(password, salt)).encrypt(plain))
    is_ecdsa = pair.kind is KeyKind.ECDSA
    record = {
        "encoded": base64.b64encode(head + sealed).decode(),
        "encoding": {
            "content": ["pkcs8", pair.kind.name.lower()],
            "type": [SCRYPT, BOX],
            "version": VERSION,
        },
        "address": "0x" + pair.public.hex() if is_ecdsa else encode_ss58(pair.account, prefix),
        "meta": dict(account.meta),
    }
    return json.dumps(record).encode()


def _record(raw: bytes) -> dict[str, Any]:
    if len(raw) > MAX_FILE_BYTES:
        raise BadAccountFile(f"wanted an account file of at most {MAX_FILE_BYTES} bytes, got more")
    try:
        record = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise BadAccountFile("wanted an account file of polkadot-js: it is not JSON") from error
    if not isinstance(record, dict):
        raise BadAccountFile(f"wanted an account file, got a {type(record).__name__}")
    return record


def _encoding(encoding: object) -> tuple[KeyKind, list[object]]:
    """Return the scheme of the key and what it is encrypted with."""
    if not isinstance(encoding, dict):
        raise BadAccountFile("wanted an account file of polkadot-js: it has no field encoding")
    version, content = encoding.get("version"), encoding.get("content")
    if version not in KNOWN_VERSIONS:
        raise BadAccountFile(f"encoding.version: wanted {', '.join(KNOWN_VERSIONS)}, got {version}")
    kinds = {kind.name.lower(): kind for kind in KeyKind}
    match content:
        case ["pkcs8", str(name)] if name in kinds:
            kind = kinds[name]
        case _:
            wanted = " or ".join(kinds)
            raise BadAccountFile(f"encoding.content: wanted pkcs8 and {wanted}, got {content}")
    layers = encoding.get("type")
    listed = layers if isinstance(layers, list) else [layers]
    if listed not in ([SCRYPT, BOX], [BOX], [NONE]):
        raise BadAccountFile(f"encoding.type: wanted {SCRYPT} and {BOX}, got {layers}")
    return kind, listed


def _encoded(text: object) -> bytes:
    if not isinstance(text, str):
        raise BadAccountFile("wanted an account file of polkadot-js: it has no field encoded")
    try:
        if text.startswith("0x"):
            return bytes.fromhex(text[2:])
        return base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error) as error:
        raise BadAccountFile("encoded: wanted base64 or hex") from error


def _decrypted(encoded: bytes, layers: list[object], password: bytes | None) -> bytes:
    if layers == [NONE]:
        return encoded
    if not password:
        raise WrongPassword("the account file is encrypted: wanted its password, got none")
    if SCRYPT in layers:
        numbers_end = SALT_BYTES + 3 * PARAMETER_BYTES
        n, p, r = (
            int.from_bytes(encoded[at : at + PARAMETER_BYTES], "little")
            for at in range(SALT_BYTES, numbers_end, PARAMETER_BYTES)
        )
        if Scrypt(n, p, r) not in PRESETS:
            raise BadAccountFile(f"encoded: wanted a preset of scrypt, got N={n} p={p} r={r}")
        key = Scrypt(n, p, r).derive(password, encoded[:SALT_BYTES])
        encoded = encoded[numbers_end:]
    else:
        key = password[: SecretBox.KEY_SIZE].ljust(SecretBox.KEY_SIZE, b"\0")
    if len(encoded) < SecretBox.NONCE_SIZE + SecretBox.MACBYTES:
        raise BadAccountFile(f"encoded: it ends too early, after {len(encoded)} bytes")
    try:
        return SecretBox(key).decrypt(encoded)
    except CryptoError as error:
        raise WrongPassword("the password does not open the account file") from error


def _pair(kind: KeyKind, plain: bytes) -> Pair:
    """Return the key between header and divider, if its public half is that behind it."""
    if not plain.startswith(HEADER):
        raise BadAccountFile("encoded: what is encrypted is not a key of polkadot-js")
    body = plain[len(HEADER) :]
    for size in (EXPANDED_BYTES, SEED_BYTES):
        if body[size : size + len(DIVIDER)] == DIVIDER:
            pair = _imported(kind, body[:size])
            public = body[size + len(DIVIDER) :]
            if public != pair.public:
                raise BadAccountFile("encoded: the public key is not that of the secret one")
            return pair
    raise BadAccountFile("encoded: what is encrypted is not a key of polkadot-js")


def _imported(kind: KeyKind, secret: bytes) -> Pair:
    try:
        if len(secret) == SEED_BYTES:
            return pair_from_seed(kind, secret)
        if kind is KeyKind.ED25519:
            return pair_from_seed(kind, secret[:crypto_sign_SEEDBYTES])
        if kind is KeyKind.SR25519:
            public, expanded = sr25519.pair_from_ed25519_secret_key(secret)
            return Pair(kind, bytes(public), bytes(expanded))
    except (BadSecret, ValueError) as error:
        raise BadAccountFile(f"encoded: no {kind.name.lower()} key has that secret") from error
    raise BadAccountFile(f"encoded: wanted {SEED_BYTES} bytes of secret, got {len(secret)}")


def _exported(pair: Pair) -> bytes:
    """Return the secret as polkadot-js writes it."""
    if pair.kind is KeyKind.SR25519:
        return bytes(sr25519.convert_secret_key_to_ed25519(pair.secret))
    return pair.secret


def _check_address(address: object, pair: Pair) -> None:
    """Refuse a file whose address, which is not encrypted, was exchanged."""
    if address is None:
        return
    if not isinstance(address, str):
        raise BadAccountFile(f"address: wanted text, got a {type(address).__name__}")
    try:
        if address.startswith("0x"):
            named = bytes.fromhex(address[2:])
        else:
            named, _ = decode_ss58(address)
    except (BadAddress, ValueError) as error:
        raise BadAccountFile(f"address: {error}") from error
    if named not in (pair.public, pair.account):
        raise BadAccountFile(f"address: wanted the key's own, got {address[:80]}")
