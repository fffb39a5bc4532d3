"""Keys from BIP39 phrases, the way Substrate does it.

The mini secret is PBKDF2 over the *entropy* of the phrase and not over its words: standard BIP39
seeds give other accounts. Source: github.com/paritytech/substrate-bip39.
"""

from __future__ import annotations

import re

import bip39

from runtime.primitives.crypto import BadSecret, KeyKind, Pair, pair_from_seed, pair_from_uri

WORD_COUNTS = (12, 15, 18, 21, 24)
"""128 to 256 bits of entropy."""

MAX_SECRET_CHARACTERS = 1024
"""24 words take 215; the rest is for paths and passwords."""

_PHRASE_URI = re.compile(
    r"(?P<phrase>[a-z]+( [a-z]+)+)(?P<path>(//?[^/]+)*)(///(?P<password>.*))?", re.DOTALL
)


class BadPhrase(BadSecret):
    """Words that are not a BIP39 phrase. The message never shows them."""


def new_phrase(words: int = 12) -> str:
    """Return a fresh phrase of English words; raises BadPhrase."""
    if words not in WORD_COUNTS:
        raise BadPhrase(f"wanted 12, 15, 18, 21 or 24 words, got {words}")
    return str(bip39.bip39_generate(words))


def mini_secret(phrase: str, password: str = "") -> bytes:
    """Return the 32-byte seed of a phrase; raises BadPhrase."""
    try:
        return bytes(bip39.bip39_to_mini_secret(phrase, password))
    except ValueError as error:
        raise BadPhrase(f"wanted a BIP39 phrase of English words: {error}") from error


def pair_from_secret(kind: KeyKind, secret: str) -> Pair:
    """Return the key of `phrase//hard/soft///password`, or of a URI such as `//Alice`.

    Raises BadSecret, of which BadPhrase is one.
    """
    text = secret.strip()
    if len(text) > MAX_SECRET_CHARACTERS:
        raise BadSecret(f"wanted at most {MAX_SECRET_CHARACTERS} characters, got {len(text)}")
    parts = _PHRASE_URI.fullmatch(text)
    if parts is None:
        return pair_from_uri(kind, text)
    seed = mini_secret(parts["phrase"], parts["password"] or "")
    return pair_from_seed(kind, seed, parts["path"])
