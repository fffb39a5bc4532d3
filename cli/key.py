"""`starminer key`: make keys, look at them, hand them to a node."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from cli.errors import CommandError, UsageError
from cli.options import Output, Remote
from cli.peer_id import peer_id_of
from cli.printing import show
from cli.sdk.session import ask
from cli.secrets import ENVIRONMENT, Password, Scheme, pair_in_file, pair_of_text, read_text
from genesis.notation import BadNotation, is_secret, parse_account
from node.net.identity import BadNodeKey, ensure_node_key
from runtime.primitives.crypto import SEED_BYTES, Pair
from runtime.primitives.ss58 import BadAddress, decode_ss58, encode_ss58

PLAIN, LOCAL = Output(), Remote()

SessionKind = Literal["babe", "gran"]

WORDS = (12, 15, 18, 21, 24)
"""Lengths of phrases that the standard knows."""

PREFIX = 42


def generate(
    *,
    scheme: Scheme = "sr25519",
    words: int = 12,
    ss58_prefix: int = PREFIX,
    output: Output = PLAIN,
) -> None:
    """Make a new key and print its phrase: write it down, it is shown once.

    Parameters
    ----------
    scheme
        sr25519 is what wallets use; ed25519 is what validators sign blocks with.
    words
        The length of the phrase: 12, 15, 18, 21 or 24.
    ss58_prefix
        The network of the address.
    """
    from bip39 import bip39_generate

    if words not in WORDS:
        raise UsageError(f"--words wants one of {', '.join(map(str, WORDS))}, got {words}")
    phrase = bip39_generate(words)
    pair = pair_of_text(phrase, scheme)
    show({"phrase": phrase, **key_record(pair, ss58_prefix)}, output.output)


def inspect(
    text: str | None = None,
    /,
    *,
    scheme: Scheme = "sr25519",
    secret_file: Path | None = None,
    password: Password = ENVIRONMENT,
    ss58_prefix: int = PREFIX,
    output: Output = PLAIN,
) -> None:
    """Show the accounts of a key, a phrase or an address.

    Parameters
    ----------
    text
        An address, a public key in hex, or a development name such as //Alice.
    scheme
        For a secret: which keys it stands for.
    secret_file
        A file with a phrase, a seed or a name, each with its path (`//hard/soft///password`), or
        an account file of polkadot-js: secrets do not belong on a command line.
    ss58_prefix
        The network of the address.
    """
    if secret_file is not None:
        pair = pair_in_file(secret_file, scheme, password)
        show(key_record(pair, ss58_prefix), output.output)
        return
    if text is None:
        raise UsageError("name an address, a public key or //Name, or give --secret-file")
    if is_secret(text):
        show(key_record(pair_of_text(text, scheme), ss58_prefix), output.output)
        return
    try:
        account = parse_account(text)
        network = decode_ss58(text)[1] if not text.startswith("0x") else ss58_prefix
    except (BadNotation, BadAddress) as error:
        raise UsageError(str(error)) from error
    show(account_record(account, network), output.output)


def insert(kind: SessionKind, secret_file: Path, /, *, remote: Remote = LOCAL) -> None:
    """Give a node a session key; it keeps it encrypted.

    Parameters
    ----------
    kind
        babe signs blocks, gran votes on finality.
    secret_file
        A file with a phrase, a seed or a name.
    """
    secret = read_text(secret_file)
    pair = pair_of_text(secret, "ed25519")
    public = "0x" + pair.public.hex()
    ask(remote, lambda client: client.rpc.call("author_insertKey", kind, secret, public))
    show({"inserted": kind, "public_key": public}, remote.output)


def node_key(
    path: Annotated[Path | None, Parameter(name="--file")] = None, *, output: Output = PLAIN
) -> None:
    """Make the key that names a node to its peers, and print its peer id.

    Parameters
    ----------
    path
        The file to keep it in; an existing one is read, not replaced.
    """
    if path is None:
        seed = secrets.token_bytes(SEED_BYTES)
        show({"node_key": seed.hex(), "peer_id": peer_id_of(seed)}, output.output)
        return
    try:
        seed = ensure_node_key(path)
    except BadNodeKey as error:
        raise CommandError(str(error)) from error
    show({"file": str(path), "peer_id": peer_id_of(seed)}, output.output)


def key_record(pair: Pair, prefix: int) -> dict[str, object]:
    """Return what may be shown of a key."""
    return {"scheme": pair.kind.name.lower(), **account_record(pair.account, prefix)}


def account_record(account: bytes, prefix: int) -> dict[str, object]:
    """Return an account in both notations."""
    return {
        "public_key": "0x" + account.hex(),
        "address": encode_ss58(account, prefix),
        "network": prefix,
    }
