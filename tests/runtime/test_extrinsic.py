"""Extrinsics of versions 4 and 5: each has one encoding, and each form its own rule."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.primitives.compact import DecodeError
from runtime.primitives.crypto import KeyKind
from runtime.primitives.extrinsic import (
    IMMORTAL,
    SIGNATURE_BYTES,
    Era,
    Extra,
    Signature,
    decode_extrinsic,
    encode_bare,
    encode_general,
    encode_proven,
    encode_signed,
    signing_payload,
)
from runtime.rules import Rules
from runtime.validity import Invalid, InvalidTransaction
from runtime.versions import VERSIONS
from tests.fuzz.targets import write_extrinsic
from tests.runtime.transactions import refusal, transfer
from tests.support.chain import SLOT_MILLISECONDS, MemoryChain, at_once

ERAS = st.one_of(
    st.just(IMMORTAL),
    st.builds(Era.mortal, st.integers(2, 1 << 16), st.integers(0, 2**32 - 1)),
)
EXTRAS = st.builds(
    Extra, ERAS, st.integers(0, 2**32 - 1), st.integers(0, 2**128 - 1), st.booleans()
)


@st.composite
def extrinsics(draw: st.DrawFn) -> bytes:
    """Draw an extrinsic of any form; its call and its signature are any bytes."""
    call = draw(st.binary(max_size=40))
    form = draw(st.sampled_from(("signed", "proven", "general", "bare")))
    if form == "bare":
        return encode_bare(call, draw(st.sampled_from((4, 5))))
    extra = draw(EXTRAS)
    if form == "general":
        return encode_general(call, extra, draw(st.sampled_from((0, 1))))
    kind = draw(st.sampled_from(KeyKind))
    signature = draw(st.binary(min_size=SIGNATURE_BYTES[kind], max_size=SIGNATURE_BYTES[kind]))
    who = draw(st.binary(min_size=32, max_size=32))
    written = encode_proven if form == "proven" else encode_signed
    return written(call, Signature(who, kind, signature, extra))


@given(extrinsics())
def test_every_form_survives_the_trip(raw: bytes) -> None:
    assert write_extrinsic(decode_extrinsic(raw)) == raw


@given(extrinsics(), st.integers(0, 110), st.integers(0, 255))
def test_a_changed_byte_is_another_extrinsic_or_none(raw: bytes, place: int, byte: int) -> None:
    changed = bytearray(raw)
    changed[place % len(raw)] = byte
    try:
        found = decode_extrinsic(bytes(changed))
    except DecodeError:
        return
    assert write_extrinsic(found) == changed


@given(extrinsics(), st.integers(0, 110))
def test_a_cut_extrinsic_is_another_extrinsic_or_none(raw: bytes, size: int) -> None:
    try:
        found = decode_extrinsic(raw[:size])
    except DecodeError:
        return
    assert write_extrinsic(found) == raw[:size]


@given(st.binary(max_size=200))
def test_any_bytes_decode_canonically_or_are_refused(raw: bytes) -> None:
    try:
        found = decode_extrinsic(raw)
    except DecodeError:
        return
    assert write_extrinsic(found) == raw


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "ends too early"),
        (b"\x44\x00\x00\x00\x00\x00", "got byte 0x44"),
        (b"\x85" + bytes(120), "got byte 0x85"),
        (b"\x45\x02\x00\x00\x00\x00", "wanted extensions of version 0 or 1, got 2"),
        (b"\x45\x01\x02\x00\x00\x00", r"wanted VerifyMultiSignature Signed \(0\) or Dis"),
        (b"\x45\x01\x00\x03\x00\x00", "wanted a signature scheme of 0 to 2, got 3"),
        (b"\x45\x01\x00\x00" + bytes(96), "ends too early"),
        (b"\x45\x01\x01\x00\x00\x00", "ends too early"),
        (b"\x45\x01", "ends too early"),
        (b"\x45\x00\x00\x00\x00\x02", "wanted metadata hash mode 0 or 1, got 2"),
        (b"\x45\x00\x00\x00", "ends too early"),
    ],
)
def test_what_is_no_extrinsic_is_refused_by_name(raw: bytes, why: str) -> None:
    with pytest.raises(DecodeError, match=why):
        decode_extrinsic(raw)


@pytest.mark.parametrize("version", [0, 1])
def test_nobody_authorizes_a_general_transaction_without_a_proof(version: int) -> None:
    chain = MemoryChain()
    raw = encode_general(transfer(chain), Extra(IMMORTAL, 0, 0), version)
    assert refusal(chain, raw) is Invalid.UNKNOWN_ORIGIN


@pytest.mark.parametrize("version", [0, 1])
def test_a_general_transaction_of_a_forgotten_era_is_ancient(version: int) -> None:
    chain = MemoryChain()
    raw = encode_general(transfer(chain), Extra(Era.mortal(4, 1), 0, 0), version)
    for _ in range(3):
        chain.advance()
    late = replace(chain.head, number=2500)
    with pytest.raises(InvalidTransaction) as caught:
        chain.executive.validate(raw, chain.state, late, {})
    assert caught.value.kind is Invalid.ANCIENT_BIRTH_BLOCK


def test_a_transaction_without_signature_or_extensions_is_refused() -> None:
    chain = MemoryChain()
    for version in (4, 5):
        with pytest.raises(InvalidTransaction) as caught:
            chain.build([encode_bare(transfer(chain), version)])
        assert caught.value.kind is Invalid.BAD_SIGNER


def test_an_inherent_may_be_bare_in_either_version() -> None:
    chain = MemoryChain()
    call = chain.call("Timestamp", "set", chain.slot * SLOT_MILLISECONDS + 1)
    roots = []
    for version in (4, 5):
        builder = chain.executive.build(chain.head, chain.digest(chain.slot), chain.state)
        builder.push(encode_bare(call, version), {})
        block, executed = at_once(builder.finish())
        assert chain.execute(block).header == executed.header
        roots.append(block.header.extrinsics_root)
    assert len(set(roots)) == 2


def signed_over(chain: MemoryChain, digest: bytes | None, *, has_metadata_hash: bool) -> bytes:
    """Sign a transfer as one that vouches for `digest`."""
    pair, call = chain.pairs[2], transfer(chain)
    extra = Extra(IMMORTAL, 0, 0, has_metadata_hash)
    implied = chain.rules.signatures.additional.encode(chain.genesis.hash, digest)
    payload = signing_payload(call, extra.encode(), implied)
    return encode_signed(call, Signature(pair.public, pair.kind, pair.sign(payload), extra))


def test_a_signer_may_vouch_for_the_metadata() -> None:
    chain = MemoryChain()
    digest = chain.rules.metadata_hash()
    chain.advance(signed_over(chain, digest, has_metadata_hash=True))
    assert chain.runtime().system.nonce(chain.pairs[2].public) == 1


@pytest.mark.parametrize(
    ("digest", "has_metadata_hash"), [(bytes(32), True), (None, True), (bytes(32), False)]
)
def test_a_signer_who_saw_other_metadata_did_not_sign(
    digest: bytes | None, has_metadata_hash: bool
) -> None:
    chain = MemoryChain()
    raw = signed_over(chain, digest, has_metadata_hash=has_metadata_hash)
    assert refusal(chain, raw) is Invalid.BAD_PROOF


def test_the_digest_is_that_of_the_chain() -> None:
    chain = MemoryChain()
    other = replace(chain.executive.config, ss58_prefix=7)
    digest = Rules(other, VERSIONS[1], chain.genesis.hash).metadata_hash()
    assert chain.rules.metadata_hash() != digest
