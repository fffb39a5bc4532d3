import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.bindings import crypto_core_ed25519_add, crypto_sign_seed_keypair

from runtime.primitives.vrf import (
    ORDER,
    BadProof,
    from_babe,
    is_valid_point,
    output_of,
    prove,
    to_babe,
    verify,
)

SEED = bytes(range(32))
PUBLIC = crypto_sign_seed_keypair(SEED)[0]
ALPHA = b"BABE-VRF" + bytes(48)
PROOF = prove(SEED, ALPHA)
IDENTITY = (1).to_bytes(32, "little")
ORDER_8 = bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")
NOT_IN_GROUP = [
    ORDER_8,
    crypto_core_ed25519_add(PUBLIC, ORDER_8),
    crypto_core_ed25519_add(PROOF[:32], ORDER_8),
    IDENTITY,
    bytes(32),
    bytes.fromhex("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    bytes.fromhex("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    (2).to_bytes(32, "little"),
    b"",
    bytes(31),
    bytes(33),
]


@given(secret=st.binary(min_size=32, max_size=32), alpha=st.binary(max_size=100))
def test_what_is_proved_verifies_and_gives_one_output(secret: bytes, alpha: bytes) -> None:
    public = crypto_sign_seed_keypair(secret)[0]
    proof = prove(secret, alpha)
    assert proof == prove(secret, alpha)
    assert verify(public, alpha, proof) == output_of(proof)
    assert from_babe(*to_babe(proof)) == proof


def test_outputs_differ_by_message_and_by_key() -> None:
    outputs = {output_of(prove(bytes((i,)) * 32, bytes((j,)))) for i in range(4) for j in range(4)}
    assert len(outputs) == 16


@given(bit=st.integers(0, 80 * 8 - 1))
def test_a_proof_with_an_altered_bit_is_refused(bit: int) -> None:
    altered = bytearray(PROOF)
    altered[bit // 8] ^= 1 << bit % 8
    with pytest.raises(BadProof):
        verify(PUBLIC, ALPHA, bytes(altered))


@given(proof=st.binary(max_size=100) | st.binary(min_size=80, max_size=80))
def test_random_bytes_prove_nothing(proof: bytes) -> None:
    with pytest.raises(BadProof):
        verify(PUBLIC, ALPHA, proof)


def test_a_proof_is_for_its_message_and_key_alone() -> None:
    other = crypto_sign_seed_keypair(bytes(32))[0]
    for public, alpha in ((PUBLIC, ALPHA + b"\0"), (other, ALPHA)):
        with pytest.raises(BadProof, match=r"^the challenge does not match$"):
            verify(public, alpha, PROOF)


@pytest.mark.parametrize("point", NOT_IN_GROUP, ids=lambda point: point.hex()[:8] or "empty")
def test_a_key_outside_the_group_of_prime_order_is_refused(point: bytes) -> None:
    assert not is_valid_point(point)
    with pytest.raises(BadProof) as caught:
        verify(point, ALPHA, PROOF)
    assert str(caught.value) == (
        "the key is not a point of the prime-order group"
        if len(point) == 32
        else f"wanted a public key of 32 bytes, got {len(point)}"
    )


@pytest.mark.parametrize(
    "point", [p for p in NOT_IN_GROUP if len(p) == 32], ids=lambda point: point.hex()[:8]
)
def test_a_gamma_outside_the_group_of_prime_order_is_refused(point: bytes) -> None:
    with pytest.raises(BadProof, match=r"^gamma is not a point of the prime-order group$"):
        verify(PUBLIC, ALPHA, point + PROOF[32:])


def test_a_scalar_not_below_the_order_is_refused() -> None:
    scalar = int.from_bytes(PROOF[48:], "little") + ORDER
    with pytest.raises(BadProof, match=r"^the scalar is not below the order of the group$"):
        verify(PUBLIC, ALPHA, PROOF[:48] + scalar.to_bytes(32, "little"))


def test_a_challenge_or_scalar_of_zero_is_refused() -> None:
    for proof in (PROOF[:32] + bytes(16) + PROOF[48:], PROOF[:48] + bytes(32)):
        with pytest.raises(BadProof, match=r"^the challenge or the scalar is zero$"):
            verify(PUBLIC, ALPHA, proof)


def test_the_babe_layout_pads_the_challenge() -> None:
    pre_output, proof = to_babe(PROOF)
    assert (pre_output, proof) == (PROOF[:32], PROOF[32:48] + bytes(16) + PROOF[48:])
    for i in range(16, 32):
        with pytest.raises(BadProof, match=r"^the challenge is not padded with zeros$"):
            from_babe(pre_output, proof[:i] + b"\x01" + proof[i + 1 :])
    with pytest.raises(BadProof, match=r"^wanted 32 and 64 bytes, got 32 and 63$"):
        from_babe(pre_output, proof[1:])


def test_an_output_needs_a_point() -> None:
    with pytest.raises(BadProof, match=r"^gamma is not a point$"):
        output_of((2).to_bytes(32, "little") + bytes(48))


def test_a_seed_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^wanted a seed of 32 bytes, got 31$"):
        prove(bytes(31), ALPHA)
