"""Signed extrinsics, as a wallet makes them that knows the rules of the chain."""

from runtime.primitives.crypto import Pair
from runtime.primitives.extrinsic import (
    IMMORTAL,
    Extra,
    Id,
    Signature,
    encode_signed,
    signing_payload,
)
from runtime.rules import Rules


def signed(rules: Rules, by: Pair, call: bytes, extra: Extra, birth: bytes | None = None) -> bytes:
    """Sign a call; `birth` is the hash of the block at which a mortal era began."""
    signatures = rules.signatures
    implied = signatures.additional.encode(signatures.genesis_hash if birth is None else birth)
    payload = signing_payload(call, extra.encode(), implied)
    return encode_signed(call, Signature(by.public, by.kind, by.sign(payload), extra))


def signed_transfer(rules: Rules, by: Pair, nonce: int, to: bytes, amount: int) -> bytes:
    """Sign a transfer that is valid for ever."""
    call = rules.calls.encode("Balances", "transfer_keep_alive", Id(to), amount)
    return signed(rules, by, call, Extra(IMMORTAL, nonce, 0))
