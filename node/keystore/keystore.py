"""The keys a node signs with: block production, finality, and the provider's account.

In memory for development chains and tests, or in a directory with one sealed file per key.
"""

from __future__ import annotations

import json
from enum import Enum
from pathlib import Path
from typing import Protocol

from nacl.utils import random as random_bytes

from node.keystore.sealing import open_as_signer
from node.keystore.vault import (
    VAULT_FILE,
    VERSION,
    Cost,
    DamagedKeystore,
    KeystoreError,
    Vault,
    create_vault,
    open_vault,
    read_record,
    write_privately,
)
from runtime.primitives.crypto import SEED_BYTES, KeyKind, Pair, pair_from_seed

MAX_KEYS = 64
"""Old session keys are kept until removed; nobody needs this many."""

SUFFIX = ".key.json"


class KeyType(Enum):
    """What a key is for: Substrate's four letters."""

    BABE = "babe"
    """Claims slots and seals blocks; ed25519, as its VRF."""
    GRANDPA = "gran"
    """Votes on finality; ed25519."""
    AUDIT = "audi"
    """Signs the verdicts of audits; ed25519."""
    PROVIDER = "prov"
    """The account of a compute provider; sr25519 or ed25519."""
    SEALING = "seal"
    """Opens the inputs of private jobs; ed25519, used in its X25519 form."""


KINDS = {
    KeyType.BABE: (KeyKind.ED25519,),
    KeyType.GRANDPA: (KeyKind.ED25519,),
    KeyType.AUDIT: (KeyKind.ED25519,),
    KeyType.PROVIDER: (KeyKind.SR25519, KeyKind.ED25519),
    KeyType.SEALING: (KeyKind.ED25519,),
}
"""The schemes a key may have; the first is the one generated."""


VRF_TYPES = (KeyType.BABE, KeyType.AUDIT)
"""Keys with which a validator proves that it was drawn: for a slot, or for an audit."""


class UnknownKey(KeystoreError):
    """The keystore does not hold the key named."""


class UnfitKey(KeystoreError):
    """A key of this scheme cannot serve this purpose."""


class KeyStorage(Protocol):
    """Where keys are kept between two starts."""

    def load(self) -> dict[tuple[KeyType, bytes], Pair]:
        """Return all keys."""

    def save(self, key_type: KeyType, pair: Pair) -> None:
        """Keep a key."""


class Keystore:
    """The keys of one node; secrets do not leave it, but for the VRF seeds of a validator."""

    def __init__(self, storage: KeyStorage | None = None) -> None:
        """Load what `storage` holds; without one, keys are forgotten at the end."""
        self._storage = storage
        self._pairs = {} if storage is None else storage.load()

    def insert(self, key_type: KeyType, pair: Pair) -> bytes:
        """Take a key in and return its public part; a key that is there is not written again.

        Raises UnfitKey, KeystoreError.
        """
        if pair.kind not in KINDS[key_type]:
            wanted = " or ".join(kind.name.lower() for kind in KINDS[key_type])
            raise UnfitKey(f"wanted a key of {wanted} for {key_type.value}, got {pair.kind.name}")
        name = (key_type, pair.public)
        if name in self._pairs:
            return pair.public
        if len(self._pairs) >= MAX_KEYS:
            raise KeystoreError(f"wanted at most {MAX_KEYS} keys, got one more")
        if self._storage is not None:
            self._storage.save(key_type, pair)
        self._pairs[name] = pair
        return pair.public

    def generate(self, key_type: KeyType) -> bytes:
        """Make a new key from the system's randomness and return its public part."""
        return self.insert(key_type, pair_from_seed(KINDS[key_type][0], random_bytes(SEED_BYTES)))

    def public_keys(self, key_type: KeyType) -> tuple[bytes, ...]:
        """Return the public parts of all keys for a purpose, in byte order."""
        return tuple(sorted(public for kind, public in self._pairs if kind is key_type))

    def kind_of(self, key_type: KeyType, public: bytes) -> KeyKind:
        """Return the scheme of a key; raises UnknownKey."""
        return self._pair(key_type, public).kind

    def sign(self, key_type: KeyType, public: bytes, message: bytes) -> bytes:
        """Return the signature of `message`; raises UnknownKey."""
        return self._pair(key_type, public).sign(message)

    def unseal(self, key_type: KeyType, public: bytes, box: bytes) -> bytes:
        """Return what was sealed to the X25519 form of an ed25519 key.

        Raises UnknownKey, BadBox.
        """
        return open_as_signer(self._pair(key_type, public).secret, box)

    def vrf_seed(self, public: bytes, key_type: KeyType = KeyType.BABE) -> bytes:
        """Return the ed25519 seed of a key that authors or audits, for its VRF; raises UnknownKey.

        A provider's account signs transactions only, and a voter's key votes.
        """
        if key_type not in VRF_TYPES:
            raise UnfitKey(f"wanted a key that proves by a VRF, got one for {key_type.value}")
        return self._pair(key_type, public).secret[:SEED_BYTES]

    def _pair(self, key_type: KeyType, public: bytes) -> Pair:
        pair = self._pairs.get((key_type, public))
        if pair is None:
            raise UnknownKey(f"the keystore has no {key_type.value} key 0x{public.hex()}")
        return pair


class KeyDirectory:
    """One sealed file per key.

    Files are created whole and readable by their owner only; what is sealed names purpose, scheme
    and public key, so that renamed files are noticed.
    """

    def __init__(self, directory: Path, vault: Vault) -> None:
        """Use the files of `directory`, sealed by `vault`."""
        self._directory = directory
        self._vault = vault

    def load(self) -> dict[tuple[KeyType, bytes], Pair]:
        """Return all keys; raises DamagedKeystore naming the file."""
        paths = sorted(self._directory.glob(f"*{SUFFIX}"))
        if len(paths) > MAX_KEYS:
            raise KeystoreError(
                f"keystore {self._directory}: wanted at most {MAX_KEYS} keys, got {len(paths)}"
            )
        return dict(self._opened(path) for path in paths)

    def save(self, key_type: KeyType, pair: Pair) -> None:
        """Write a key's file."""
        plain = {"type": key_type.value, "kind": pair.kind.name, "secret": pair.secret.hex()}
        record: dict[str, object] = {
            "version": VERSION,
            "type": key_type.value,
            "kind": pair.kind.name,
            "public": pair.public.hex(),
            "sealed": self._vault.seal(
                json.dumps({**plain, "public": pair.public.hex()}).encode()
            ).hex(),
        }
        write_privately(self._path(key_type, pair.public), record)

    def _path(self, key_type: KeyType, public: bytes) -> Path:
        return self._directory / f"{key_type.value}-{public.hex()}{SUFFIX}"

    def _opened(self, path: Path) -> tuple[tuple[KeyType, bytes], Pair]:
        record = read_record(path)
        try:
            if record["version"] != VERSION:
                raise ValueError(f"wanted version {VERSION}, got {record['version']}")
            plain = json.loads(self._vault.open(bytes.fromhex(str(record["sealed"])), path))
            if any(plain[name] != record[name] for name in ("type", "kind", "public")):
                raise ValueError("its public part was changed")
            key_type, kind = KeyType(plain["type"]), KeyKind[plain["kind"]]
            public = bytes.fromhex(plain["public"])
            pair = Pair(kind, public, bytes.fromhex(plain["secret"]))
        except (KeyError, TypeError, ValueError) as error:
            raise DamagedKeystore(f"{path} is damaged: {error}") from error
        if path != self._path(key_type, public):
            raise DamagedKeystore(f"{path} is damaged: it holds another key than its name says")
        return (key_type, public), pair


def open_keystore(directory: Path, password: bytes, cost: Cost | None = None) -> Keystore:
    """Open the keystore in `directory`, or create one there with this password.

    Raises WrongPassword, DamagedKeystore, KeystoreError.
    """
    if (directory / VAULT_FILE).exists():
        return Keystore(KeyDirectory(directory, open_vault(directory, password)))
    if any(directory.glob(f"*{SUFFIX}")):
        raise DamagedKeystore(
            f"keystore {directory} has keys but no {VAULT_FILE}: restore that file from a copy"
        )
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise KeystoreError(f"cannot create keystore {directory}: {error.strerror}") from error
    return Keystore(KeyDirectory(directory, create_vault(directory, password, cost)))
