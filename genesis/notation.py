"""How people write amounts, accounts and keys, in chain specs and on the command line.

1.5AGPU  250planck          an amount never stands without its unit
5Grwva…  0x…  //Alice       an account; a development name is its sr25519 account
ed25519://Alice             the same name under another signature scheme
"""

from __future__ import annotations

import re

from runtime.constants import TREASURY
from runtime.primitives.crypto import BadSecret, KeyKind, Pair, pair_from_uri
from runtime.primitives.ss58 import BadAddress, decode_ss58
from runtime.primitives.types import U128_MAX

DECIMALS = 12
"""Of both tokens."""

PLANCK = "planck"
ACCOUNT_BYTES = 32

NAMED_ACCOUNTS = {"treasury": TREASURY}
"""Accounts of the chain itself, for which no key can sign."""

_AMOUNT = re.compile(r"(?P<number>[0-9][0-9_]*(?:\.[0-9]+)?) ?(?P<unit>[A-Za-z]+)")
_NUMBER = re.compile(r"[0-9][0-9_]*(?:\.[0-9]+)?")
_HEX_ACCOUNT = re.compile(r"0x[0-9a-fA-F]{64}")
_SCHEME = re.compile(r"(?P<kind>ed25519|sr25519|ecdsa):(?P<uri>.+)")


class BadNotation(ValueError):
    """Text that is not an amount, an account or a key; the message says what was wanted."""


def parse_amount(text: str, symbol: str = "AGPU") -> int:
    """Return the planck in `1.5AGPU` or `250planck`.

    Raises: BadNotation.
    """
    parts = _AMOUNT.fullmatch(text.strip())
    if parts is None or parts["unit"] not in (symbol, PLANCK):
        wanted = f"wanted an amount with its unit, such as 1.5{symbol} or 250{PLANCK}"
        raise BadNotation(f"{wanted}, got {text!r}")
    decimals = 0 if parts["unit"] == PLANCK else DECIMALS
    return _scaled(text, parts["number"], decimals, "planck", DECIMALS)


def parse_units(text: str, decimals: int) -> int:
    """Return the least units in `1_500.25` whole tokens of an asset with so many decimals.

    Raises: BadNotation.
    """
    if _NUMBER.fullmatch(text.strip()) is None:
        raise BadNotation(f"wanted a number of whole tokens, such as 1_500.25, got {text!r}")
    return _scaled(text, text.strip(), decimals, "unit", decimals)


def _scaled(text: str, number: str, decimals: int, least: str, most: int) -> int:
    """Return a decimal number times a power of ten, exactly."""
    whole, _, fraction = number.replace("_", "").partition(".")
    fraction = fraction.rstrip("0")
    if len(fraction) > decimals:
        raise BadNotation(f"{text!r} is finer than a {least}: wanted at most {most} decimals")
    digits = (whole + fraction.ljust(decimals, "0")).lstrip("0") or "0"
    if len(digits) > len(str(U128_MAX)) or int(digits) > U128_MAX:
        raise BadNotation(f"{text!r} is above the largest balance, 2^128 - 1 {least}")
    return int(digits)


def format_amount(planck: int, symbol: str = "AGPU") -> str:
    """Return an amount exactly, in tokens: `1,234.5 AGPU`."""
    whole, fraction = divmod(abs(planck), 10**DECIMALS)
    decimals = f".{fraction:0{DECIMALS}}".rstrip("0") if fraction else ""
    return f"{'-' if planck < 0 else ''}{whole:,}{decimals} {symbol}"


def decimal_of(units: int, decimals: int) -> str:
    """Return a feed's value as people write it, with all of its digits."""
    whole, rest = divmod(units, 10**decimals)
    return f"{whole}.{rest:0{decimals}}" if decimals else str(whole)


def parse_account(text: str, prefix: int | None = None) -> bytes:
    """Return the account that an address, a public key, a name or a secret URI stands for.

    Raises: BadNotation.
    """
    if text in NAMED_ACCOUNTS:
        return NAMED_ACCOUNTS[text]
    if _HEX_ACCOUNT.fullmatch(text):
        return bytes.fromhex(text[2:])
    if is_secret(text):
        return parse_pair(text).account
    try:
        account, _ = decode_ss58(text, prefix)
    except BadAddress as error:
        wanted = "wanted an SS58 address, 0x and 64 hex digits, or a name such as //Alice"
        raise BadNotation(f"{wanted}, got {text!r}: {error}") from error
    if len(account) != ACCOUNT_BYTES:
        raise BadNotation(f"wanted an account of {ACCOUNT_BYTES} bytes, got {len(account)}")
    return account


def parse_pair(uri: str, kind: KeyKind = KeyKind.SR25519) -> Pair:
    """Return the key that a secret URI names, under the scheme in front of it or `kind`.

    Raises: BadNotation. Its message never shows the secret.
    """
    parts = _SCHEME.fullmatch(uri)
    if parts is not None:
        kind, uri = KeyKind[parts["kind"].upper()], parts["uri"]
    try:
        return pair_from_uri(kind, uri)
    except BadSecret as error:
        raise BadNotation(str(error)) from error


def parse_key(text: str) -> bytes:
    """Return an ed25519 session key: a public key in hex, or a development name.

    Raises: BadNotation.
    """
    if _HEX_ACCOUNT.fullmatch(text):
        return bytes.fromhex(text[2:])
    if is_secret(text):
        return parse_pair(text, KeyKind.ED25519).public
    raise BadNotation(f"wanted 0x and 64 hex digits or a name such as //Alice, got {text!r}")


def is_secret(text: str) -> bool:
    """Say whether the text is a secret URI, so that whoever reads it can sign."""
    return "//" in text or "/" in text or " " in text
