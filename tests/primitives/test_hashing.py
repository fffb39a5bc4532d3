from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.primitives.hashing import (
    HASHERS,
    Hasher,
    blake2_128,
    blake2_256,
    pallet_account,
    storage_prefix,
    twox_64,
    twox_128,
    twox_256,
)

KEEPING = [hasher for hasher in HASHERS if hasher.keeps_key]
FORGETTING = [hasher for hasher in HASHERS if not hasher.keeps_key]


def test_hashers_are_numbered_as_in_metadata() -> None:
    assert [(hasher.code, hasher.name) for hasher in HASHERS] == [
        (0, "Blake2_128"),
        (1, "Blake2_256"),
        (2, "Blake2_128Concat"),
        (3, "Twox128"),
        (4, "Twox256"),
        (5, "Twox64Concat"),
        (6, "Identity"),
    ]


@pytest.mark.parametrize("hasher", HASHERS, ids=lambda hasher: hasher.name)
@given(key=st.binary(max_size=80))
def test_a_hashed_key_is_its_digest_and_where_kept_the_key(hasher: Hasher, key: bytes) -> None:
    digests: dict[str, Callable[[bytes], bytes]] = {
        "Blake2_128": blake2_128,
        "Blake2_256": blake2_256,
        "Blake2_128Concat": blake2_128,
        "Twox128": twox_128,
        "Twox256": twox_256,
        "Twox64Concat": twox_64,
        "Identity": lambda _key: b"",
    }
    digest = digests[hasher.name](key)
    assert len(digest) == hasher.digest_bytes
    assert hasher.apply(key) == digest + (key if hasher.keeps_key else b"")


@pytest.mark.parametrize("hasher", KEEPING, ids=lambda hasher: hasher.name)
@given(key=st.binary(max_size=80))
def test_a_kept_key_is_read_back(hasher: Hasher, key: bytes) -> None:
    assert hasher.key_of(hasher.apply(key)) == key


@pytest.mark.parametrize("hasher", FORGETTING, ids=lambda hasher: hasher.name)
def test_a_forgotten_key_is_not_read_back(hasher: Hasher) -> None:
    with pytest.raises(ValueError, match=f"^{hasher.name} does not keep the key$"):
        hasher.key_of(hasher.apply(b"key"))


def test_a_hashed_key_that_is_too_short_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^Blake2_128Concat: wanted at least 16 bytes, got 15$"):
        HASHERS[2].key_of(bytes(15))


def test_the_shorter_twox_starts_the_longer() -> None:
    assert twox_256(b"x").startswith(twox_128(b"x"))
    assert twox_128(b"x").startswith(twox_64(b"x"))


def test_a_storage_prefix_is_the_hashes_of_both_names() -> None:
    assert storage_prefix("System", "Account").hex() == (
        "26aa394eea5630e07c48ae0c9558cef7b99d880ec681799c0cf30e8886371da9"
    )


def test_the_treasury_has_the_account_it_has_on_every_substrate_chain() -> None:
    assert pallet_account("py/trsry") == b"modlpy/trsry".ljust(32, b"\0")


def test_accounts_below_a_pallet_differ_by_their_part() -> None:
    assert pallet_account("short", b"\x01\x02") == b"modlshort\0\0\0\x01\x02".ljust(32, b"\0")


@pytest.mark.parametrize("name", ["", "nine/long"])
def test_a_pallet_id_has_one_to_eight_bytes(name: str) -> None:
    with pytest.raises(ValueError, match=f"^wanted a pallet id of 1 to 8 bytes, got {len(name)}$"):
        pallet_account(name)


def test_the_part_of_a_pallet_account_fits_behind_its_id() -> None:
    assert len(pallet_account("py/trsry", bytes(20))) == 32
    with pytest.raises(ValueError, match=r"^wanted at most 20 bytes after the pallet id, got 21$"):
        pallet_account("py/trsry", bytes(21))
