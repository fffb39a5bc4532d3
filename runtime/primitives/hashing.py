"""Every hash of the chain, the storage key hashers, and the addresses derived from names.

Hashes follow Substrate: BLAKE2b with a short output, and XXH64 under several seeds, little endian.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

from xxhash import xxh64_intdigest

PALLET_ID_BYTES = 8
"""The length of a FRAME `PalletId`."""

PALLET_ACCOUNTS = b"modl"
"""What the account of each pallet begins with."""

ACCOUNT_BYTES = 32
"""The length of every account id."""

MAX_CACHED_PREFIXES = 4096
"""Far above the number of storage items of a runtime, so that no prefix is hashed twice."""


def blake2_256(data: bytes) -> bytes:
    """Return the BLAKE2b digest of `data`, 32 bytes."""
    return blake2b(data, digest_size=32).digest()


def blake2b_512(data: bytes) -> bytes:
    """Return the full BLAKE2b digest of `data`, 64 bytes; SS58 checksums start with it."""
    return blake2b(data).digest()


def blake2_128(data: bytes) -> bytes:
    """Return the BLAKE2b digest of `data`, 16 bytes."""
    return blake2b(data, digest_size=16).digest()


def blake2_128_concat(data: bytes) -> bytes:
    """Return the 16-byte BLAKE2b digest of `data`, then `data` itself."""
    return blake2b(data, digest_size=16).digest() + data


def twox_64(data: bytes) -> bytes:
    """Return XXH64 of `data` under seed 0, 8 bytes; fast, and easy to collide on purpose."""
    return xxh64_intdigest(data, 0).to_bytes(8, "little")


def twox_128(data: bytes) -> bytes:
    """Return XXH64 of `data` under seeds 0 and 1, 16 bytes."""
    return twox_64(data) + xxh64_intdigest(data, 1).to_bytes(8, "little")


def twox_256(data: bytes) -> bytes:
    """Return XXH64 of `data` under seeds 0 to 3, 32 bytes."""
    high = (xxh64_intdigest(data, seed).to_bytes(8, "little") for seed in (2, 3))
    return twox_128(data) + b"".join(high)


def twox_64_concat(data: bytes) -> bytes:
    """Return the 8-byte XXH64 of `data`, then `data` itself; for keys nobody can choose."""
    return xxh64_intdigest(data, 0).to_bytes(8, "little") + data


def identity(data: bytes) -> bytes:
    """Return `data`; for keys that are hashes already."""
    return data


@dataclass(frozen=True, slots=True)
class Hasher:
    """How a storage map places its keys."""

    name: str
    """The variant of `StorageHasher` in the metadata."""
    code: int
    """The index of that variant."""
    apply: Callable[[bytes], bytes]
    digest_bytes: int
    """How many bytes of digest the result starts with."""
    keeps_key: bool
    """Whether the key follows the digest, so that it can be read back from a storage key."""

    def key_of(self, hashed: bytes) -> bytes:
        """Return the key that `hashed` was made from.

        Raises: ValueError where the hasher forgets its key or `hashed` is too short.
        """
        if not self.keeps_key:
            raise ValueError(f"{self.name} does not keep the key")
        if len(hashed) < self.digest_bytes:
            raise ValueError(
                f"{self.name}: wanted at least {self.digest_bytes} bytes, got {len(hashed)}"
            )
        return hashed[self.digest_bytes :]


BLAKE2_128 = Hasher("Blake2_128", 0, blake2_128, 16, False)
BLAKE2_256 = Hasher("Blake2_256", 1, blake2_256, 32, False)
BLAKE2_128_CONCAT = Hasher("Blake2_128Concat", 2, blake2_128_concat, 16, True)
TWOX_128 = Hasher("Twox128", 3, twox_128, 16, False)
TWOX_256 = Hasher("Twox256", 4, twox_256, 32, False)
TWOX_64_CONCAT = Hasher("Twox64Concat", 5, twox_64_concat, 8, True)
IDENTITY = Hasher("Identity", 6, identity, 0, True)
HASHERS = (
    BLAKE2_128,
    BLAKE2_256,
    BLAKE2_128_CONCAT,
    TWOX_128,
    TWOX_256,
    TWOX_64_CONCAT,
    IDENTITY,
)
"""By their code in the metadata."""


@lru_cache(MAX_CACHED_PREFIXES)
def storage_prefix(pallet: str, item: str) -> bytes:
    """Return the 32 bytes that every key of `item` of `pallet` starts with."""
    return twox_128(pallet.encode()) + twox_128(item.encode())


@lru_cache(MAX_CACHED_PREFIXES)
def pallet_account(pallet_id: str, sub: bytes = b"") -> bytes:
    """Return the account of a pallet's own funds, for which no key can sign.

    `pallet_id` is at most 8 ASCII characters, such as `py/trsry`; `sub` is the SCALE encoding of
    what tells one such account from another (FRAME's `into_sub_account_truncating`).
    """
    name = pallet_id.encode("ascii")
    if not 1 <= len(name) <= PALLET_ID_BYTES:
        raise ValueError(f"wanted a pallet id of 1 to {PALLET_ID_BYTES} bytes, got {len(name)}")
    account = PALLET_ACCOUNTS + name.ljust(PALLET_ID_BYTES, b"\0") + sub
    if len(account) > ACCOUNT_BYTES:
        raise ValueError(f"wanted at most 20 bytes after the pallet id, got {len(sub)}")
    return account.ljust(ACCOUNT_BYTES, b"\0")


def is_pallet_account(account: bytes) -> bool:
    """Say whether an account is a pallet's own: a pot, a pool of a pair, or that of a bounty."""
    return account.startswith(PALLET_ACCOUNTS)
