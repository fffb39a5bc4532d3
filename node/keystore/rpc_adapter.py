"""Shows the keystore to the RPC server: session keys in, never out."""

from __future__ import annotations

from node.keystore.keystore import KINDS, Keystore, KeyType
from node.keystore.mnemonic import pair_from_secret
from node.keystore.vault import KeystoreError
from runtime.pallets.session import ownership_message
from runtime.primitives.crypto import PUBLIC_BYTES

SESSION_KEYS = (KeyType.BABE, KeyType.GRANDPA, KeyType.AUDIT)
"""What a validator's session consists of, in the order of the runtime's SessionKeys."""


class RpcKeystore:
    """The keystore as `node.rpc.backend.Keystore`."""

    def __init__(self, keystore: Keystore) -> None:
        """Act on `keystore`."""
        self._keystore = keystore

    def rotate_keys(self) -> bytes:
        """Make new session keys and return their public halves, concatenated.

        Raises ValueError when the keystore cannot take them.
        """
        try:
            return b"".join(self._keystore.generate(key_type) for key_type in SESSION_KEYS)
        except KeystoreError as error:
            raise ValueError(str(error)) from error

    def prove_keys(self, keys: bytes, owner: bytes) -> bytes:
        """Return the signatures of session keys over their owner, as `Session.set_keys` takes them.

        Raises UnknownKey.
        """
        parts = [keys[at : at + PUBLIC_BYTES] for at in range(0, len(keys), PUBLIC_BYTES)]
        message = ownership_message(owner)
        named = zip(SESSION_KEYS, parts, strict=True)
        return b"".join(self._keystore.sign(kind, public, message) for kind, public in named)

    def insert_key(self, key_type: str, secret: str, public: bytes) -> None:
        """Store a key; raises ValueError when the secret is not the public key's."""
        purpose = _key_type(key_type)
        for kind in KINDS[purpose]:
            pair = pair_from_secret(kind, secret)
            if pair.public == public:
                try:
                    self._keystore.insert(purpose, pair)
                except KeystoreError as error:
                    raise ValueError(str(error)) from error
                return
        raise ValueError(f"the secret does not belong to the public key 0x{public.hex()}")

    def has_key(self, public: bytes, key_type: str) -> bool:
        """Tell whether a key is here; none is where the purpose is unknown."""
        known = [kind for kind in KeyType if kind.value == key_type]
        return any(public in self._keystore.public_keys(kind) for kind in known)


def _key_type(name: str) -> KeyType:
    try:
        return KeyType(name)
    except ValueError as error:
        known = ", ".join(key_type.value for key_type in KeyType)
        raise ValueError(f"wanted a key type of {known}, got {name[:8]!r}") from error
