"""The name of a node to its peers, from its key; without loading libp2p, which takes seconds.

Source: libp2p specification, "Peer Ids and Keys": the identity multihash of a protobuf of the key.
"""

from __future__ import annotations

from runtime.primitives.crypto import KeyKind, pair_from_seed
from runtime.primitives.ss58 import ALPHABET

IDENTITY_HASH_OF_ED25519 = bytes.fromhex("002408011220")
"""Multihash identity, 36 bytes; then field 1: key type 1, field 2: 32 bytes."""


def peer_id_of(seed: bytes) -> str:
    """Return the peer id of an ed25519 node key."""
    public = pair_from_seed(KeyKind.ED25519, seed).public
    return base58(IDENTITY_HASH_OF_ED25519 + public)


def base58(raw: bytes) -> str:
    """Return bytes in base 58; leading zeros become leading ones."""
    number, text = int.from_bytes(raw, "big"), ""
    while number:
        number, digit = divmod(number, len(ALPHABET))
        text = ALPHABET[digit] + text
    zeros = len(raw) - len(raw.lstrip(b"\0"))
    return ALPHABET[0] * zeros + text
