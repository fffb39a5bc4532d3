"""Private jobs: salts that hide leaves behind their roots, and the names of what is sealed.

Client and provider share a secret of 32 bytes, from which each chunk of each tree has a salt of
its own. A leaf is the hash of salt and chunk, so that a root says nothing of a content, however
easily that is guessed, and an opened chunk nothing of the chunks beside it: their salts stay
unknown. Sealing itself needs chance, and is the node's (`node.keystore.sealing`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from runtime.compute.merkle import key_of, leaf_hash
from runtime.compute.receipt import Commitment
from runtime.primitives.scale import DecodeError, decode_at, encode
from runtime.primitives.types import H256, U32, U64, AccountId, PublicKey

SALT_BYTES = 32
"""As long as the hashes that it protects."""


SEALING_BYTES = 48
"""What sealing adds: the sender's throw-away X25519 key, and an authenticator of 16 bytes."""


class BadKey(ValueError):
    """32 bytes that nothing can be sealed to."""


class BadBox(ValueError):
    """Bytes that are no sealed box for this key: of another, cut off, or changed."""


class BadEnvelope(ValueError):
    """What was sealed for another job, or is no input of a private job."""


@dataclass(frozen=True, slots=True)
class InputHeader:
    """What comes before the content in a sealed input.

    It names the one job that the input is for: else whoever copied the sealed bytes could order
    the same job from the same provider, with the result sealed to its own key.
    """

    job: U64
    provider: AccountId
    reply_key: PublicKey
    secret: H256
    """What all salts of the job follow from."""


HEADER_BYTES = 8 + 3 * 32


def sealable_input(header: InputHeader, content: bytes) -> bytes:
    """Lay out what the client seals to the provider's key."""
    return encode(header, InputHeader) + content


def opened_input(wanted: InputHeader, plain: bytes) -> tuple[bytes, bytes]:
    """Return the secret and the content of an input that was unsealed.

    The secret in `wanted` plays no part. Raises BadEnvelope, which shows nothing of the content.
    """
    try:
        header, start = decode_at(plain, 0, InputHeader)
    except DecodeError as error:
        raise BadEnvelope(f"wanted a header of {HEADER_BYTES} bytes: {error}") from error
    for name in ("job", "provider", "reply_key"):
        if (want := getattr(wanted, name)) != (came := getattr(header, name)):
            shown = [one if isinstance(one, int) else one.hex() for one in (want, came)]
            raise BadEnvelope(f"sealed for another job: wanted {name} {shown[0]}, got {shown[1]}")
    return header.secret, plain[start:]


def input_name(job: int, provider: bytes) -> bytes:
    """Name the sealed input of a job for one provider, for whoever serves it."""
    return key_of("sealed input", encode(job, U64), provider)


def output_name(commitment: Commitment) -> bytes:
    """Name the sealed output of a segment."""
    return key_of("sealed output", commitment.hash)


def witness_name(commitment: Commitment, randomness: bytes, witness: bytes) -> bytes:
    """Name the opening of a segment that is sealed to one witness."""
    return key_of("sealed opening", commitment.hash, randomness, witness)


def salt_of(secret: bytes, key: bytes, index: int) -> bytes:
    """Return the salt of a chunk, by the key of its tree and its place there."""
    return key_of("leaf salt", secret, key, encode(index, U32))


def leaf_hashes(key: bytes, chunks: Iterable[bytes], secret: bytes | None) -> Iterator[bytes]:
    """Hash the chunks of a tree from its first on; salted if there is a secret."""
    for index, chunk in enumerate(chunks):
        salt = b"" if secret is None else salt_of(secret, key, index)
        yield leaf_hash(key, salt + chunk)
