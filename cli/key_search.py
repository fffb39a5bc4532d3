"""`starminer key list|vanity`: which keys a node has, and keys whose addresses one recognises."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

from cli.bars import count
from cli.chain import chain_directory, checked_spec
from cli.errors import CommandError, UsageError
from cli.key import PREFIX, key_record
from cli.options import Output
from cli.printing import show
from cli.sdk.downloads import Told
from cli.secrets import Scheme
from node.config import DEFAULT_BASE_PATH
from node.directories import Directories
from node.keystore.keystore import SUFFIX, KeyType
from runtime.primitives.crypto import SEED_BYTES, KeyKind, Pair, pair_from_seed
from runtime.primitives.ss58 import ALPHABET, encode_ss58

PLAIN = Output()

MOST_LETTERS = 7
"""With that of the network: each multiplies the search by 58, and seven take a day."""
MOST_TRIES = 10_000_000
"""Where nothing else is said: four letters behind the first are found in it, mostly."""
TOLD_EVERY = 500
"""Tries between two movements of the bar."""


def list_keys(
    *, chain: str = "dev", base_path: Path = DEFAULT_BASE_PATH, output: Output = PLAIN
) -> None:
    """List the keys in a node's keystore, which need no password to be named.

    Parameters
    ----------
    chain
        A preset or the path of a spec.
    base_path
        Where the node keeps its data.
    """
    directory = Directories(chain_directory(base_path, checked_spec(chain))).keystore
    if not directory.is_dir():
        raise CommandError(
            f"{directory} does not exist: no node ran there yet: `starminer run` starts one"
        )
    show(list(key_rows(directory)), output.output)


def key_rows(directory: Path) -> Iterator[dict[str, object]]:
    """Yield the keys of a keystore, by purpose; their names say what they are."""
    purposes = {kind.value: kind.name.lower() for kind in KeyType}
    for file in sorted(directory.glob(f"*{SUFFIX}")):
        purpose, _, public = file.name.removesuffix(SUFFIX).partition("-")
        if purpose in purposes:
            yield {
                "type": purpose,
                "purpose": purposes[purpose],
                "public_key": f"0x{public}",
                "file": str(file),
            }


def vanity(
    pattern: str,
    /,
    *,
    scheme: Scheme = "sr25519",
    ss58_prefix: int = PREFIX,
    most: int = MOST_TRIES,
    output: Output = PLAIN,
) -> None:
    """Look for a key whose address begins as you like, and print its seed, which is its secret.

    For example: starminer key vanity 5Gpu

    Parameters
    ----------
    pattern
        How the address begins. The first letters follow from the network: addresses of network 42
        begin with 5, and with few letters behind it.
    scheme
        sr25519 is what wallets use.
    ss58_prefix
        The network of the address.
    most
        Keys to try, at most.
    """
    check_pattern(pattern, ss58_prefix)
    if most < 1:
        raise UsageError(f"--most: wanted 1 or more, got {most}")
    with count("keys tried") as told:
        found = search(pattern, KeyKind[scheme.upper()], ss58_prefix, most, told)
    if found is None:
        raise CommandError(
            f"none of {most:,} keys begins with {pattern}: try --most, or less of it"
        )
    seed, pair = found
    show({"seed": "0x" + seed.hex(), **key_record(pair, ss58_prefix)}, output.output)


def check_pattern(pattern: str, ss58_prefix: int) -> None:
    """Refuse what no address of a network begins with.

    Raises: UsageError.
    """
    first, last = (encode_ss58(bytes((end,)) * 32, ss58_prefix) for end in (0, 255))
    strange = [letter for letter in pattern if letter not in ALPHABET]
    if strange:
        raise UsageError(f"addresses have no {strange[0]!r}: wanted letters of {ALPHABET}")
    size = len(pattern)
    if not 1 <= size <= MOST_LETTERS:
        raise UsageError(f"wanted 1 to {MOST_LETTERS} letters, got {size}")
    places = [tuple(map(ALPHABET.index, text[:size])) for text in (first, pattern, last)]
    if not places[0] <= places[1] <= places[2]:
        raise UsageError(
            f"addresses of network {ss58_prefix} lie between {first[:size]} and {last[:size]}, "
            f"got {pattern}"
        )


def search(
    pattern: str, kind: KeyKind, ss58_prefix: int, most: int, told: Told
) -> tuple[bytes, Pair] | None:
    """Return the first of so many random keys whose address begins with a pattern, and its seed."""
    for tried in range(most):
        seed = secrets.token_bytes(SEED_BYTES)
        pair = pair_from_seed(kind, seed)
        if encode_ss58(pair.account, ss58_prefix).startswith(pattern):
            return seed, pair
        if tried % TOLD_EVERY == 0:
            told(tried)
    return None
