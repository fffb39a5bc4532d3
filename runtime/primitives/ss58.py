"""SS58 addresses: an account id with the number of its network and a checksum, in base 58.

Account indices, which the format also knows (payloads of 1 to 8 bytes), are refused.
Source: the SS58 address format of the Polkadot wiki and `sp_core::crypto::Ss58Codec`.
"""

from __future__ import annotations

from runtime.primitives.hashing import blake2b_512

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
DIGITS = {character: value for value, character in enumerate(ALPHABET)}

MAX_PREFIX = 16383
"""A network prefix has 14 bits."""

RESERVED_PREFIXES = (46, 47)
"""Never a network: set apart by the format."""

MAX_ADDRESS_CHARACTERS = 64
"""Above the longest address, 2 + 33 + 2 bytes: what is longer is refused unread."""

CHECKSUM_BYTES = 2
"""For the payloads of 32 and 33 bytes that accounts have."""

PAYLOAD_BYTES = (32, 33)
"""An account id, or a compressed ecdsa key."""

LEAST_BYTES, MOST_BYTES = 35, 37
"""A prefix of 1 or 2 bytes, a payload of 32 or 33, and the checksum."""


class BadAddress(ValueError):
    """Text that is not an SS58 address."""


def encode_ss58(account: bytes, prefix: int) -> str:
    """Return the address of `account` on network `prefix`."""
    if len(account) not in PAYLOAD_BYTES:
        raise ValueError(f"wanted an account id of 32 bytes or a key of 33, got {len(account)}")
    body = _encode_prefix(prefix) + account
    return _encode_base58(body + _checksum(body))


def decode_ss58(address: str, prefix: int | None = None) -> tuple[bytes, int]:
    """Return the account and the network prefix in `address`; refuse any prefix but `prefix`.

    Raises: BadAddress.
    """
    if len(address) > MAX_ADDRESS_CHARACTERS:
        raise BadAddress(f"wanted an address of about 48 characters, got {len(address)}")
    raw = _decode_base58(address)
    if not LEAST_BYTES <= len(raw) <= MOST_BYTES:
        raise BadAddress(f"wanted {LEAST_BYTES} to {MOST_BYTES} bytes of address, got {len(raw)}")
    found, offset = _decode_prefix(raw)
    body, checksum = raw[:-CHECKSUM_BYTES], raw[-CHECKSUM_BYTES:]
    account = body[offset:]
    if len(account) not in PAYLOAD_BYTES:
        raise BadAddress(f"wanted an account id of 32 bytes or a key of 33, got {len(account)}")
    if checksum != _checksum(body):
        raise BadAddress("the checksum does not match: the address was mistyped or cut")
    if prefix is not None and found != prefix:
        raise BadAddress(f"wanted an address of network {prefix}, got one of network {found}")
    return account, found


def _checksum(body: bytes) -> bytes:
    return blake2b_512(b"SS58PRE" + body)[:CHECKSUM_BYTES]


def _encode_prefix(prefix: int) -> bytes:
    """Return 1 byte below 64, else 2 whose first has the second highest bit set."""
    if not 0 <= prefix <= MAX_PREFIX or prefix in RESERVED_PREFIXES:
        raise ValueError(f"wanted a network prefix of 0 to {MAX_PREFIX}, got {prefix}")
    if prefix < 64:
        return bytes((prefix,))
    return bytes(((prefix & 0xFC) >> 2 | 0x40, prefix >> 8 | (prefix & 3) << 6))


def _decode_prefix(raw: bytes) -> tuple[int, int]:
    if raw[0] >= 128:
        raise BadAddress(f"wanted a network prefix of one or two bytes, got one of {raw[0]:#x}")
    prefix, offset = raw[0], 1
    if prefix >= 64:
        prefix = (raw[0] & 0x3F) << 2 | raw[1] >> 6 | (raw[1] & 0x3F) << 8
        offset = 2
    if prefix in RESERVED_PREFIXES or (offset == 2 and prefix < 64):
        raise BadAddress(f"{prefix} is no network prefix of {offset} bytes")
    return prefix, offset


def _encode_base58(raw: bytes) -> str:
    number = int.from_bytes(raw, "big")
    text = ""
    while number:
        number, digit = divmod(number, 58)
        text = ALPHABET[digit] + text
    zeros = len(raw) - len(raw.lstrip(b"\0"))
    return ALPHABET[0] * zeros + text


def _decode_base58(text: str) -> bytes:
    number = 0
    for position, character in enumerate(text):
        digit = DIGITS.get(character)
        if digit is None:
            raise BadAddress(f"{character!r} at {position} is not a base 58 character")
        number = number * 58 + digit
    zeros = len(text) - len(text.lstrip(ALPHABET[0]))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) >> 3, "big")
