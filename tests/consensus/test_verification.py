from dataclasses import replace

import pytest

from consensus import errors
from consensus.lottery import (
    claim_slot,
    secondary_author,
    vrf_input,
    vrf_signature,
)
from consensus.slots import Epoch
from consensus.verification import check_claim, pre_digest_of, pre_runtime, sealed, slot_of
from runtime.primitives.block import BABE_ENGINE, Block, Consensus, Header, Seal
from runtime.primitives.slot_claim import PreDigest, PrimaryPreDigest, SecondaryVrfPreDigest
from tests.consensus.support import GENESIS, KEYS, ZERO, Key, epoch_of

EPOCH = epoch_of(1, 1, 1)
BY_PUBLIC = {key.public: key for key in KEYS}


def header_of(digest: PreDigest, key: Key) -> Header:
    header = Header(ZERO, 1, ZERO, ZERO, (pre_runtime(digest),))
    return sealed(Block(header, ()), key).header


def claim_by(kind: type[PrimaryPreDigest] | type[SecondaryVrfPreDigest]) -> tuple[PreDigest, Key]:
    """Find a slot that someone claims in that way."""
    for slot in range(1, 100):
        digest = claim_slot(BY_PUBLIC, EPOCH, slot)
        if isinstance(digest, kind):
            return digest, KEYS[digest.authority_index]
    raise AssertionError("no such slot")


@pytest.mark.parametrize("kind", [PrimaryPreDigest, SecondaryVrfPreDigest])
def test_an_honest_claim_holds(kind) -> None:
    digest, key = claim_by(kind)
    claim = check_claim(header_of(digest, key), EPOCH)
    assert (claim.slot, claim.author) == (digest.slot, key.public)
    assert claim.is_primary == (kind is PrimaryPreDigest)
    assert len(claim.vrf_output) == 64


def test_an_index_beyond_the_authorities_is_refused() -> None:
    digest, key = claim_by(PrimaryPreDigest)
    with pytest.raises(errors.UnknownAuthor, match="under 3, got 3"):
        check_claim(header_of(replace(digest, authority_index=3), key), EPOCH)


def test_a_block_of_a_disabled_author_is_refused_and_that_of_another_is_not() -> None:
    digest, key = claim_by(PrimaryPreDigest)
    header = header_of(digest, key)
    with pytest.raises(errors.DisabledAuthor):
        check_claim(header, replace(EPOCH, disabled=(digest.authority_index,)))
    others = tuple(index for index in range(3) if index != digest.authority_index)
    assert check_claim(header, replace(EPOCH, disabled=others)).author == key.public


def test_a_seal_by_another_key_is_refused() -> None:
    digest, _ = claim_by(PrimaryPreDigest)
    with pytest.raises(errors.BadSeal, match="not the author's"):
        check_claim(header_of(digest, KEYS[3]), EPOCH)


def test_a_header_has_one_seal_and_it_is_last() -> None:
    digest, key = claim_by(PrimaryPreDigest)
    header = header_of(digest, key)
    claim, seal = header.digest
    for items in ((claim,), (seal, claim), (claim, seal, Consensus(BABE_ENGINE, b""))):
        with pytest.raises(errors.BadSeal, match="last"):
            check_claim(replace(header, digest=items), EPOCH)
    with pytest.raises(errors.BadSeal, match="several"):
        check_claim(replace(header, digest=(claim, seal, seal)), EPOCH)
    with pytest.raises(errors.BadSeal, match="last"):
        check_claim(replace(header, digest=(claim, Seal(b"aura", seal.payload))), EPOCH)


@pytest.mark.parametrize(
    "other", [epoch_of(1, 1, 1, index=1), epoch_of(1, 1, 1, randomness=b"r" * 32)]
)
def test_a_claim_of_another_epoch_is_refused(other: Epoch) -> None:
    digest, key = claim_by(PrimaryPreDigest)
    with pytest.raises(errors.BadVrf):
        check_claim(header_of(digest, key), other)


def test_a_lost_lottery_is_no_primary_claim() -> None:
    digest, key = claim_by(SecondaryVrfPreDigest)
    boast = PrimaryPreDigest(digest.authority_index, digest.slot, digest.vrf)
    with pytest.raises(errors.LostLottery):
        check_claim(header_of(boast, key), EPOCH)


def test_a_secondary_slot_belongs_to_one() -> None:
    slot = 5
    index = (secondary_author(EPOCH, slot) + 1) % 3
    vrf = vrf_signature(KEYS[index].prove(vrf_input(EPOCH, slot)))
    with pytest.raises(errors.NotSecondaryAuthor):
        check_claim(header_of(SecondaryVrfPreDigest(index, slot, vrf), KEYS[index]), EPOCH)


def test_two_claims_are_none() -> None:
    digest, key = claim_by(PrimaryPreDigest)
    header = header_of(digest, key)
    with pytest.raises(errors.BadPreDigest, match="wanted one slot claim, got 2"):
        pre_digest_of(replace(header, digest=(header.digest[0], *header.digest)))


def test_genesis_claims_slot_zero() -> None:
    digest, key = claim_by(PrimaryPreDigest)
    assert (slot_of(GENESIS), slot_of(header_of(digest, key))) == (0, digest.slot)
    assert slot_of(replace(GENESIS, number=7)) == 0, "the first block of a fork has a number"
