"""`starminer key sign|verify`: signatures of messages, as every Substrate tool makes them."""

from __future__ import annotations

import sys
from pathlib import Path

from cli.errors import CommandError, UsageError
from cli.options import Output
from cli.printing import show
from cli.secrets import ENVIRONMENT, Password, Scheme, pair_in_file
from genesis.notation import BadNotation, parse_account
from runtime.primitives.crypto import KeyKind, verify_signature
from runtime.primitives.ss58 import encode_ss58

PLAIN = Output()

MAX_MESSAGE_BYTES = 64 << 20
"""A message is held in memory."""


def sign(
    secret_file: Path,
    message_file: Path | None = None,
    /,
    *,
    scheme: Scheme = "sr25519",
    password: Password = ENVIRONMENT,
    output: Output = PLAIN,
) -> None:
    """Sign a message.

    Parameters
    ----------
    secret_file
        A file with a phrase, a seed, a name, or an account file of polkadot-js.
    message_file
        What to sign, byte for byte; standard input when not given.
    scheme
        Which keys the secret stands for.
    """
    pair = pair_in_file(secret_file, scheme, password)
    signature = pair.sign(read_message(message_file))
    record = {"scheme": pair.kind.name.lower(), "signer": encode_ss58(pair.account, 42)}
    show({**record, "signature": "0x" + signature.hex()}, output.output)


def verify(
    signature: str,
    signer: str,
    message_file: Path | None = None,
    /,
    *,
    scheme: Scheme = "sr25519",
    output: Output = PLAIN,
) -> None:
    """Check the signature of a message; one that is not the signer's ends with code 1.

    Parameters
    ----------
    signature
        In hex.
    signer
        An address, or a public key in hex.
    message_file
        What was signed, byte for byte; standard input when not given.
    scheme
        Of the signer's key.
    """
    try:
        raw = bytes.fromhex(signature.removeprefix("0x"))
        account = parse_account(signer)
    except BadNotation as error:
        raise UsageError(str(error)) from error
    except ValueError as error:
        raise UsageError(f"wanted a signature in hex, got {signature[:20]!r}") from error
    kind = KeyKind[scheme.upper()]
    if not verify_signature(kind, raw, read_message(message_file), account):
        raise CommandError(f"this is no {scheme} signature of that message by {signer}")
    show({"valid": True, "scheme": scheme, "signer": encode_ss58(account, 42)}, output.output)


def read_message(path: Path | None) -> bytes:
    """Return the bytes of a file or of standard input.

    Raises: CommandError.
    """
    try:
        if path is None:
            raw = sys.stdin.buffer.read(MAX_MESSAGE_BYTES + 1)
        else:
            with path.expanduser().open("rb") as file:
                raw = file.read(MAX_MESSAGE_BYTES + 1)
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from error
    if len(raw) > MAX_MESSAGE_BYTES:
        raise CommandError(f"wanted a message of at most {MAX_MESSAGE_BYTES} bytes, got more")
    return raw
