"""General transactions that a proof authorizes: other bytes than signed ones, the same effect."""

from collections.abc import Callable
from hashlib import blake2b

import pytest
import sr25519

from runtime.executive import Executed
from runtime.pallets.transaction_payment import TransactionFeePaid
from runtime.primitives.crypto import KeyKind, Pair, pair_from_seed
from runtime.primitives.extrinsic import (
    Additional,
    Era,
    Extra,
    General,
    Id,
    Signature,
    decode_extrinsic,
    encode_proven,
    encode_signed,
    proof_payload,
    signing_payload,
)
from runtime.primitives.types import UNIT
from runtime.validity import Invalid, InvalidTransaction
from tests.runtime.transactions import refusal, transfer
from tests.support.chain import MemoryChain, pair

GOLDEN = bytes.fromhex(
    "45010000"
    "83fe3a7079b789230bcca9e2f582516becb6e73fc436b3f539b08c64230200cf"
    "1f9f193ca08a5dedd2b8400db98e5e069004bb28ddd99be2c5f4258a1e368702"
    "7422b9887598068e32c4448a949adb290d0f4e35b9e01b0ee5f1a1e600fe2674"
    "1503040801"
    "000010deadbeef"
)
"""Signature, account, extra and call, put together by hand with libsodium and hashlib alone."""


def nonce_of(chain: MemoryChain, who: bytes) -> int:
    nonce: int = chain.runtime().system.nonce(who)
    return nonce


def funded(chain: MemoryChain, kind: KeyKind) -> Pair:
    """Return a new account of a scheme with something to spend."""
    one = pair_from_seed(kind, b"\x2a" * 32)
    call = chain.call("Balances", "transfer_keep_alive", Id(one.account), 10 * UNIT)
    chain.advance(chain.sign(chain.pairs[0], call, nonce_of(chain, chain.pairs[0].public)))
    return one


def test_the_bytes_are_the_golden_ones() -> None:
    one = pair(2)
    call, extra = bytes.fromhex("000010deadbeef"), Extra(Era(64, 49), 1, 2, True)
    implied = Additional(3, 2, b"\x07" * 32).encode(b"\x09" * 32, b"\x0b" * 32)
    message = proof_payload(call, extra.encode(), implied)
    proof = Signature(one.public, one.kind, one.sign(message), extra)
    assert encode_proven(call, proof) == GOLDEN
    found = decode_extrinsic(GOLDEN)
    assert (found.signature, found.general, found.call) == (proof, General(1, extra), call)
    assert found.extra_bytes == extra.encode()


def test_the_proof_covers_the_version_the_call_the_extensions_and_what_they_imply() -> None:
    chain = MemoryChain()
    one = chain.pairs[2]
    call, extra = transfer(chain), bytes.fromhex("00040800")
    spec_and_transaction_version = bytes.fromhex("0100000001000000")
    genesis = chain.genesis.hash
    implied = spec_and_transaction_version + genesis + genesis + b"\x00"
    message = blake2b(b"\x01" + call + extra + implied, digest_size=32).digest()
    proof = b"\x00" + b"\x00" + one.sign(message) + one.public
    assert chain.prove(one, call, 1, tip=2) == b"\x45\x01" + proof + extra + call


@pytest.mark.parametrize("kind", KeyKind)
def test_each_scheme_authorizes_its_account(kind: KeyKind) -> None:
    chain = MemoryChain()
    sender = funded(chain, kind)
    before = chain.runtime().balances.free(chain.pairs[1].public)
    chain.advance(chain.prove(sender, transfer(chain), 0))
    assert chain.runtime().balances.free(chain.pairs[1].public) == before + UNIT
    assert nonce_of(chain, sender.account) == 1


def shown(executed: Executed) -> list[tuple[int, str, object]]:
    return [(record.phase, record.pallet.name, record.event) for record in executed.events]


def test_events_and_pool_tags_are_those_of_a_signed_transaction() -> None:
    ends = []
    for make in (MemoryChain.sign, MemoryChain.prove):
        chain = MemoryChain()
        raw = make(chain, chain.pairs[2], transfer(chain), 0, tip=7)
        validity, _ = chain.executive.validate(raw, chain.state, chain.head, {})
        # one byte more than a signed transaction: the version of the extensions
        events = [
            (phase, name, None if isinstance(event, TransactionFeePaid) else event)
            for phase, name, event in shown(chain.advance(raw))
            if name != "Balances"
        ]
        ends.append((validity, events, len(raw)))
    signed, proven = ends
    assert proven[:2] == signed[:2]
    assert proven[2] == signed[2] + 1


def test_a_byte_more_costs_what_a_byte_costs() -> None:
    chain = MemoryChain()
    raws = (
        chain.sign(chain.pairs[2], transfer(chain), 0),
        chain.prove(chain.pairs[3], transfer(chain), 0, tip=7),
    )
    paid = [
        event
        for _, _, event in shown(chain.advance(*raws))
        if isinstance(event, TransactionFeePaid)
    ]
    per_byte = chain.runtime().transaction_payment.config.fee_per_byte
    assert [event.tip for event in paid] == [0, 7]
    assert paid[1].actual_fee - paid[0].actual_fee == per_byte + 7


def test_a_call_that_fails_costs_its_nonce_and_its_fee() -> None:
    chain = MemoryChain()
    sender = chain.pairs[2].public
    before = chain.runtime().balances.free(sender)
    executed = chain.advance(chain.prove(chain.pairs[2], transfer(chain, 10**6 * UNIT), 0))
    kinds = [type(event).__name__ for _, _, event in shown(executed)]
    assert "ExtrinsicFailed" in kinds
    assert nonce_of(chain, sender) == 1
    assert chain.runtime().balances.free(sender) < before


def test_what_was_used_is_stale() -> None:
    chain = MemoryChain()
    raw = chain.prove(chain.pairs[2], transfer(chain), 0)
    chain.advance(raw)
    assert refusal(chain, raw) is Invalid.STALE


def test_a_nonce_is_used_by_one_of_two_forms() -> None:
    chain = MemoryChain()
    chain.advance(chain.sign(chain.pairs[2], transfer(chain), 0))
    assert refusal(chain, chain.prove(chain.pairs[2], transfer(chain), 0)) is Invalid.STALE


def test_a_nonce_ahead_waits_in_the_pool_and_not_in_a_block() -> None:
    chain = MemoryChain()
    who = chain.pairs[2].public
    raw = chain.prove(chain.pairs[2], transfer(chain), 1)
    validity, _ = chain.executive.validate(raw, chain.state, chain.head, {})
    assert validity.requires == (who + (0).to_bytes(4, "little"),)
    assert validity.provides == (who + (1).to_bytes(4, "little"),)
    with pytest.raises(InvalidTransaction) as caught:
        chain.build([raw])
    assert caught.value.kind is Invalid.FUTURE


def resigned(chain: MemoryChain, change: Callable[[bytes], bytes]) -> bytes:
    """Return a transfer whose proof covers other bytes than the right ones."""
    one, call, extra = chain.pairs[2], transfer(chain), Extra(Era(), 0, 0)
    implied = chain.rules.signatures.additional.encode(chain.genesis.hash)
    message = change(call + extra.encode() + implied)
    return encode_proven(call, Signature(one.public, one.kind, one.sign(message), extra))


def hashed(raw: bytes) -> bytes:
    return blake2b(raw, digest_size=32).digest()


@pytest.mark.parametrize(
    "change",
    [
        lambda body: body,
        lambda body: b"\x01" + body,
        hashed,
        lambda body: hashed(b"\x00" + body),
        lambda body: hashed(b"\x01" + body[:-1] + b"\x01"),
        lambda body: hashed(b"\x01" + body + b"\x00"),
    ],
    ids=[
        "what a signed transaction signs",
        "not hashed",
        "without the version",
        "of another version",
        "another mode",
        "a byte more",
    ],
)
def test_a_proof_of_other_bytes_is_none(change: Callable[[bytes], bytes]) -> None:
    chain = MemoryChain()
    assert refusal(chain, resigned(chain, change)) is Invalid.BAD_PROOF
    right = resigned(chain, lambda body: hashed(b"\x01" + body))
    assert right == chain.prove(chain.pairs[2], transfer(chain), 0)


@pytest.mark.parametrize("place", [10, 70, 110])
def test_a_changed_signature_account_or_call_is_a_bad_proof(place: int) -> None:
    chain = MemoryChain()
    raw = bytearray(chain.prove(chain.pairs[2], transfer(chain), 0))
    raw[place] ^= 1
    assert refusal(chain, bytes(raw)) is Invalid.BAD_PROOF


def test_a_signature_does_not_move_between_the_forms() -> None:
    chain = MemoryChain()
    signed = decode_extrinsic(chain.sign(chain.pairs[2], transfer(chain), 0))
    proven = decode_extrinsic(chain.prove(chain.pairs[2], transfer(chain), 0))
    assert signed.signature is not None
    assert proven.signature is not None
    for raw in (
        encode_proven(signed.call, signed.signature),
        encode_signed(proven.call, proven.signature),
    ):
        assert refusal(chain, raw) is Invalid.BAD_PROOF


def test_a_mortal_proof_holds_for_its_era_on_its_chain() -> None:
    chain = MemoryChain()
    chain.advance()
    raw = chain.prove(chain.pairs[2], transfer(chain), 0, era=Era.mortal(4, 1))
    validity, checked = chain.executive.validate(raw, chain.state, chain.head, {})
    assert (validity.longevity, checked.birth_hash) == (4, chain.head.hash)
    for _ in range(4):
        chain.advance()
    assert refusal(chain, raw) is Invalid.BAD_PROOF


def test_what_is_known_of_a_proof_does_not_hold_on_another_fork() -> None:
    chain, other = MemoryChain(), MemoryChain()
    other.slot += 1
    for one in (chain, other):
        one.advance()
    raw = chain.prove(chain.pairs[2], transfer(chain), 0, era=Era.mortal(4, 1))
    _, checked = chain.executive.validate(raw, chain.state, chain.head, {})
    with pytest.raises(InvalidTransaction) as caught:
        other.executive.validate(raw, other.state, other.head, {checked.extrinsic.hash: checked})
    assert caught.value.kind is Invalid.BAD_PROOF


def test_a_proof_may_vouch_for_the_metadata_of_the_chain_only() -> None:
    chain = MemoryChain()
    digest = chain.rules.metadata_hash()
    one, call = chain.pairs[2], transfer(chain)
    lie = chain.prove(one, call, 0, metadata_hash=bytes(32))
    assert refusal(chain, lie) is Invalid.BAD_PROOF
    chain.advance(chain.prove(one, call, 0, metadata_hash=digest))
    assert nonce_of(chain, one.public) == 1


def test_an_inherent_needs_no_proof_and_takes_none() -> None:
    chain = MemoryChain()
    call = chain.call("Timestamp", "set", 1)
    raw = chain.prove(chain.pairs[2], call, 0)
    with pytest.raises(InvalidTransaction) as in_pool:
        chain.executive.validate(raw, chain.state, chain.head, {})
    assert in_pool.value.kind is Invalid.MANDATORY_VALIDATION
    with pytest.raises(InvalidTransaction) as in_block:
        chain.build([raw])
    assert in_block.value.kind is Invalid.BAD_MANDATORY


def test_nobody_signs_for_the_account_of_zeros() -> None:
    """It is a key of sr25519 whose secret everybody knows."""
    chain = MemoryChain()
    call, extra = transfer(chain), Extra(Era(), 0, 0)
    implied = chain.rules.signatures.additional.encode(chain.genesis.hash)
    body = call + extra.encode() + implied
    for message, written in (
        (signing_payload(call, extra.encode(), implied), encode_signed),
        (hashed(b"\x01" + body), encode_proven),
    ):
        forged = sr25519.sign((bytes(32), bytes(64)), message)
        raw = written(call, Signature(bytes(32), KeyKind.SR25519, forged, extra))
        assert refusal(chain, raw) is Invalid.BAD_SIGNER
