"""Witnesses: drawn by chance, heard by all, and enough of them or none."""

from dataclasses import replace
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as some

from runtime.compute.gas import VERIFY_GAS_LIMIT
from runtime.compute.job import ProofType
from runtime.compute.proofs import PROOFS, OpeningContext, proof_gas, verify_proof
from runtime.compute.receipt import MAX_OPENINGS_PER_BLOCK, Commitment
from runtime.compute.verify import BadReceipt
from runtime.compute.witnesses import (
    SEATS,
    BadQuorum,
    BadWitness,
    Quorum,
    Witnessed,
    check_word,
    decode_quorum,
    draw_seats,
    prove_quorum,
    quorum_of,
)
from runtime.primitives.crypto import Pair
from runtime.primitives.scale import encode
from tests.runtime_compute.orders import JOB, RANDOMNESS
from tests.runtime_compute.private_orders import VALIDATORS, private_product, word

ORDER = private_product(20, 30, 40)
COMMITMENT = ORDER.commitment()
KEYS = [pair.public for pair in VALIDATORS]
SEATED = draw_seats(KEYS, COMMITMENT, RANDOMNESS)
CONTEXT = OpeningContext(ORDER.spec, COMMITMENT, RANDOMNESS, witnesses=SEATED)
BY_KEY = {pair.public: pair for pair in VALIDATORS}
SIGNERS = [BY_KEY[key] for key in SEATED]
NEEDED = quorum_of(SEATS)


def proof_of(signers: list[Pair], commitment: Commitment = COMMITMENT) -> bytes:
    return encode(tuple(word(pair, commitment) for pair in signers), Quorum)


PROOF = proof_of(SIGNERS[:NEEDED])


def test_a_quorum_of_the_drawn_proves_a_segment() -> None:
    verify_proof(CONTEXT, PROOF)
    assert proof_gas(ORDER.spec) * MAX_OPENINGS_PER_BLOCK < VERIFY_GAS_LIMIT


@given(some.permutations(range(SEATS)), some.integers(NEEDED, SEATS))
def test_any_quorum_will_do_in_whatever_order_it_was_heard(order: list[int], heard: int) -> None:
    words = [word(SIGNERS[seat], COMMITMENT) for seat in order[:heard]]
    proof = prove_quorum(SEATED, words)
    assert proof is not None
    verify_proof(CONTEXT, proof)


def test_one_fewer_proves_nothing() -> None:
    words = [word(pair, COMMITMENT) for pair in SIGNERS[: NEEDED - 1]]
    assert prove_quorum(SEATED, [*words, words[0]]) is None
    with pytest.raises(BadQuorum, match=f"wanted {NEEDED} of {SEATS} drawn witnesses, got"):
        verify_proof(CONTEXT, encode(tuple(words), Quorum))


@pytest.mark.parametrize(
    ("signers", "error"),
    [
        ([], BadQuorum),
        (SIGNERS[: NEEDED + 1], BadQuorum),
        ([SIGNERS[0]] * NEEDED, BadQuorum),
        (SIGNERS[:NEEDED][::-1], BadQuorum),
        ([pair for pair in VALIDATORS if pair not in SIGNERS][:NEEDED], BadWitness),
    ],
)
def test_other_crowds_prove_nothing(signers: list[Pair], error: type[BadReceipt]) -> None:
    with pytest.raises(error):
        verify_proof(CONTEXT, proof_of(signers))


def test_words_on_another_segment_challenge_or_by_another_hand_count_for_nothing() -> None:
    other = replace(COMMITMENT, job=JOB + 1)
    first, second = SIGNERS[:2]
    for bad in (
        word(first, other),
        word(first, COMMITMENT, randomness=b"x" * 32),
        Witnessed(first.public, word(second, COMMITMENT).signature),
        Witnessed(first.public, bytes(64)),
    ):
        with pytest.raises(BadWitness, match="wanted a signature by witness"):
            check_word(COMMITMENT, RANDOMNESS, SEATED, bad)
    with pytest.raises(BadReceipt):
        verify_proof(replace(CONTEXT, commitment=other), PROOF)


@given(some.integers(0, len(PROOF) - 1), some.integers(1, 255))
def test_a_quorum_with_any_byte_changed_is_refused(place: int, change: int) -> None:
    spoilt = PROOF[:place] + bytes([PROOF[place] ^ change]) + PROOF[place + 1 :]
    with pytest.raises(BadReceipt):
        verify_proof(CONTEXT, spoilt)


@pytest.mark.parametrize("proof", [b"", PROOF[:-1], PROOF + b"\0", ORDER.sample()])
def test_what_is_no_list_of_words_is_refused(proof: bytes) -> None:
    with pytest.raises(BadQuorum, match="wanted the signatures of witnesses"):
        verify_proof(CONTEXT, proof)


def test_a_chain_without_validators_has_no_witnesses() -> None:
    with pytest.raises(BadQuorum, match="wanted 1 of 0 drawn witnesses, got 0"):
        verify_proof(replace(CONTEXT, witnesses=()), encode((), Quorum))


def test_seats_are_drawn_anew_for_each_commitment_and_randomness() -> None:
    assert len(SEATED) == len(set(SEATED)) == SEATS
    assert draw_seats(reversed(KEYS), COMMITMENT, RANDOMNESS) == SEATED
    assert draw_seats(KEYS, replace(COMMITMENT, out_root=b"o" * 32), RANDOMNESS) != SEATED
    assert draw_seats(KEYS, COMMITMENT, b"x" * 32) != SEATED
    assert sorted(draw_seats(KEYS[:4], COMMITMENT, RANDOMNESS)) == sorted(KEYS[:4])
    assert draw_seats([], COMMITMENT, RANDOMNESS) == ()


def test_each_validator_is_drawn_as_often_as_any_other() -> None:
    rounds = 400
    drawn = dict.fromkeys(KEYS, 0)
    for number in range(rounds):
        for key in draw_seats(KEYS, COMMITMENT, number.to_bytes(32, "little")):
            drawn[key] += 1
    expected = rounds * SEATS / len(KEYS)
    assert all(0.7 * expected < times < 1.3 * expected for times in drawn.values())


@pytest.mark.parametrize(
    ("seats", "needed"), [(0, 1), (1, 1), (2, 2), (3, 3), (4, 3), (7, 5), (10, 7), (15, 11)]
)
def test_a_quorum_is_more_than_two_thirds(seats: int, needed: int) -> None:
    assert quorum_of(seats) == needed


def test_a_bad_quorum_is_as_rare_as_it_is_said_to_be() -> None:
    chance = sum(
        comb(SEATS, bad) * (1 / 3) ** bad * (2 / 3) ** (SEATS - bad)
        for bad in range(NEEDED, SEATS + 1)
    )
    assert 0.0015 < chance < 0.002


def test_req_d8_every_proof_type_has_a_verifier_a_price_and_words() -> None:
    assert set(PROOFS) == set(ProofType)
    for verifier in PROOFS.values():
        assert 0 < verifier.gas(ORDER.spec) < VERIFY_GAS_LIMIT // 10
        assert all(verifier.checked_by(ORDER.spec, 40))
    by, how = PROOFS[ProofType.WITNESSED].checked_by(ORDER.spec, 4)
    assert (by, how.partition(",")[2]) == ("3 of 4 drawn validators", " signatures checked")


def test_words_survive_their_encoding() -> None:
    assert encode(decode_quorum(PROOF), Quorum) == PROOF
