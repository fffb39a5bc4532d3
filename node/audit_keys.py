"""The keys that the validators of a node audit and witness with."""

from __future__ import annotations

from node.keystore.keystore import Keystore, KeyType
from runtime.primitives import vrf

KEY_TYPES = (KeyType.AUDIT, KeyType.BABE)
"""A validator audits with its block production key until it sets an audit key."""


class AuditKeys:
    """The audit keys of this node, wherever the keystore keeps them."""

    def __init__(self, keystore: Keystore) -> None:
        self._keystore = keystore

    def __contains__(self, key: bytes) -> bool:
        """Say whether this node has a key."""
        return any(key in self._keystore.public_keys(one) for one in KEY_TYPES)

    def prove(self, key: bytes, alpha: bytes) -> bytes:
        """Return the VRF proof of a key."""
        return vrf.prove(self._keystore.vrf_seed(key, self._type_of(key)), alpha)

    def sign(self, key: bytes, message: bytes) -> bytes:
        """Return the signature of a key; raises UnknownKey."""
        return self._keystore.sign(self._type_of(key), key, message)

    def open(self, key: bytes, box: bytes) -> bytes:
        """Return what was sealed to a key; raises BadBox, UnknownKey."""
        return self._keystore.unseal(self._type_of(key), key, box)

    def _type_of(self, key: bytes) -> KeyType:
        held = (one for one in KEY_TYPES if key in self._keystore.public_keys(one))
        return next(held, KeyType.AUDIT)
