import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.primitives.crypto import (
    DEV_PHRASE,
    DEV_SEED,
    SECP256K1_HALF_ORDER,
    BadSecret,
    KeyKind,
    Pair,
    pair_from_seed,
    pair_from_uri,
    verify_signature,
)

KINDS = pytest.mark.parametrize("kind", list(KeyKind), ids=lambda kind: kind.name)
ED25519_ORDER = 2**252 + 27742317777372353535851937790883648493
SECP256K1_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
SMALL_ORDER_KEYS = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
]


@KINDS
@given(message=st.binary(max_size=300))
def test_what_a_pair_signs_verifies_for_its_account_alone(kind: KeyKind, message: bytes) -> None:
    alice, bob = pair_from_uri(kind, "//Alice"), pair_from_uri(kind, "//Bob")
    signature = alice.sign(message)
    assert verify_signature(kind, signature, message, alice.account)
    assert not verify_signature(kind, signature, message, bob.account)
    assert not verify_signature(kind, signature, message + b"\0", alice.account)


@KINDS
def test_a_signature_of_one_kind_is_none_of_another(kind: KeyKind) -> None:
    pair = pair_from_uri(kind, "//Alice")
    signature = pair.sign(b"message")
    for other in KeyKind:
        expected = other == kind
        assert verify_signature(other, signature, b"message", pair.account) is expected


@KINDS
@given(
    signature=st.binary(max_size=70), message=st.binary(max_size=9), public=st.binary(max_size=40)
)
def test_malformed_input_is_no_signature(
    kind: KeyKind, signature: bytes, message: bytes, public: bytes
) -> None:
    assert not verify_signature(kind, signature, message, public)


@KINDS
@given(signature=st.binary(min_size=65, max_size=65), public=st.binary(min_size=32, max_size=32))
def test_random_bytes_of_the_right_lengths_are_no_signature(
    kind: KeyKind, signature: bytes, public: bytes
) -> None:
    wanted = signature if kind == KeyKind.ECDSA else signature[:64]
    assert not verify_signature(kind, wanted, b"message", public)


@KINDS
def test_an_altered_bit_anywhere_spoils_a_signature(kind: KeyKind) -> None:
    pair = pair_from_uri(kind, "//Alice")
    signature = pair.sign(b"message")
    for i in range(len(signature) * 8):
        altered = bytearray(signature)
        altered[i // 8] ^= 1 << i % 8
        assert not verify_signature(kind, bytes(altered), b"message", pair.account), i


@pytest.mark.parametrize("public", SMALL_ORDER_KEYS)
def test_an_ed25519_key_of_small_order_signs_nothing(public: str) -> None:
    identity = (1).to_bytes(32, "little")
    for point in (identity, bytes.fromhex(public)):
        assert not verify_signature(
            KeyKind.ED25519, point + bytes(32), b"message", bytes.fromhex(public)
        )


def test_an_ed25519_signature_with_a_larger_scalar_is_refused() -> None:
    pair = pair_from_uri(KeyKind.ED25519, "//Alice")
    signature = pair.sign(b"message")
    scalar = int.from_bytes(signature[32:], "little") + ED25519_ORDER
    altered = signature[:32] + scalar.to_bytes(32, "little")
    assert not verify_signature(KeyKind.ED25519, altered, b"message", pair.account)


def test_an_ecdsa_signature_with_the_larger_s_is_refused() -> None:
    pair = pair_from_uri(KeyKind.ECDSA, "//Alice")
    signature = pair.sign(b"message")
    s = int.from_bytes(signature[32:64], "big")
    assert s <= SECP256K1_HALF_ORDER == SECP256K1_ORDER // 2
    larger = (SECP256K1_ORDER - s).to_bytes(32, "big")
    altered = signature[:32] + larger + bytes((signature[64] ^ 1,))
    assert not verify_signature(KeyKind.ECDSA, altered, b"message", pair.account)


def test_an_ecdsa_signature_with_an_ethereum_recovery_id_is_refused() -> None:
    pair = pair_from_uri(KeyKind.ECDSA, "//Alice")
    signature = pair.sign(b"message")
    altered = signature[:64] + bytes((signature[64] + 27,))
    assert not verify_signature(KeyKind.ECDSA, altered, b"message", pair.account)


def test_an_sr25519_signature_without_its_mark_is_refused() -> None:
    pair = pair_from_uri(KeyKind.SR25519, "//Alice")
    signature = pair.sign(b"message")
    unmarked = signature[:63] + bytes((signature[63] & 0x7F,))
    assert not verify_signature(KeyKind.SR25519, unmarked, b"message", pair.account)


@KINDS
def test_a_pair_does_not_show_its_secret(kind: KeyKind) -> None:
    pair = pair_from_uri(kind, "//Alice")
    assert repr(pair) == f"Pair(kind={kind!r}, public={pair.public!r})"


@KINDS
def test_the_development_phrase_and_its_seed_name_the_same_key(kind: KeyKind) -> None:
    pairs = [
        pair_from_uri(kind, "//Alice"),
        pair_from_uri(kind, f"{DEV_PHRASE}//Alice"),
        pair_from_uri(kind, f"0x{DEV_SEED.hex()}//Alice"),
        pair_from_seed(kind, DEV_SEED, "//Alice"),
    ]
    assert len({pair.public for pair in pairs}) == 1
    assert pair_from_uri(kind, "").public != pairs[0].public


def test_a_soft_path_moves_the_public_key_of_sr25519() -> None:
    names = ["/soft", "//hard", "/soft//hard", "/1", "/01", "/18446744073709551616"]
    pairs = [pair_from_uri(KeyKind.SR25519, name) for name in names]
    assert len({pair.public for pair in pairs}) == len(names) - 1
    assert pairs[3].public == pairs[4].public
    for pair in pairs:
        assert verify_signature(KeyKind.SR25519, pair.sign(b"message"), b"message", pair.account)


def test_a_junction_above_32_bytes_is_hashed() -> None:
    long = [pair_from_uri(KeyKind.ED25519, "//" + "x" * size).public for size in (30, 31, 32, 33)]
    assert len(set(long)) == 4


@pytest.mark.parametrize("kind", [KeyKind.ED25519, KeyKind.ECDSA], ids=lambda kind: kind.name)
def test_a_soft_path_is_refused_where_there_is_none(kind: KeyKind) -> None:
    with pytest.raises(BadSecret, match=f"^{kind.name.lower()} has no soft derivation"):
        pair_from_uri(kind, "//Alice/soft")


@pytest.mark.parametrize(
    "uri",
    ["Alice", "//", "/", "////x", "//Alice///password", "0x00//Alice", "other words//Alice"],
)
def test_an_unknown_secret_uri_is_refused_without_being_shown(uri: str) -> None:
    with pytest.raises(BadSecret, match=r"^wanted a secret URI such as //Alice or 0x<64 hex"):
        pair_from_uri(KeyKind.SR25519, uri)


@KINDS
def test_a_seed_of_another_length_is_refused(kind: KeyKind) -> None:
    with pytest.raises(BadSecret, match=r"^wanted a seed of 32 bytes, got 31$"):
        pair_from_seed(kind, bytes(31))


def test_a_path_without_a_slash_is_refused() -> None:
    with pytest.raises(BadSecret, match=r"^wanted a derivation path such as //hard/soft$"):
        pair_from_seed(KeyKind.ED25519, DEV_SEED, "Alice")


@pytest.mark.parametrize("number", [0, SECP256K1_ORDER, SECP256K1_ORDER + 1])
def test_an_ecdsa_seed_must_be_within_the_order(number: int) -> None:
    with pytest.raises(BadSecret, match=r"^the seed is not within the order of secp256k1$"):
        pair_from_seed(KeyKind.ECDSA, number.to_bytes(32, "big"))


def test_pairs_compare_by_value() -> None:
    pair = pair_from_uri(KeyKind.ED25519, "//Alice")
    assert pair == Pair(pair.kind, pair.public, pair.secret)
