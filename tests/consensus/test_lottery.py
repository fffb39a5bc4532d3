from collections import Counter
from decimal import Decimal, getcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consensus import lottery
from consensus.lottery import (
    claim_slot,
    primary_threshold,
    secondary_author,
)
from consensus.slots import Epoch
from runtime.primitives.scale import decode, encode
from runtime.primitives.slot_claim import (
    PreDigest,
    PrimaryPreDigest,
    SecondaryVrfPreDigest,
    VrfSignature,
)
from tests.consensus.support import KEYS, epoch_of

getcontext().prec = 120


def exact_threshold(weight: int, total: int) -> int:
    share = Decimal(weight) / Decimal(total)
    chance = 1 - (share * (Decimal(3) / Decimal(4)).ln()).exp()
    return int(chance * 2**128)


def test_the_constant_is_the_logarithm_of_four_thirds() -> None:
    assert int((Decimal(4) / Decimal(3)).ln() * 2**192) == lottery.LN_4_3


@given(st.integers(1, 2**127), st.integers(0, 2**127))
def test_the_threshold_is_the_exact_one_or_one_less(weight: int, others: int) -> None:
    exact = exact_threshold(weight, weight + others)
    assert exact - primary_threshold(weight, weight + others) in (0, 1)


def test_one_authority_alone_wins_a_quarter_of_the_slots() -> None:
    chance = Fraction(primary_threshold(7, 7), 2**128)
    assert abs(chance - Fraction(1, 4)) < Fraction(1, 2**120)


def test_no_weight_wins_nothing() -> None:
    assert primary_threshold(0, 7) == 0


@given(st.integers(1, 10**6), st.integers(1, 10**6), st.integers(0, 10**6))
def test_splitting_a_key_does_not_change_its_chance(first: int, second: int, rest: int) -> None:
    total = first + second + rest
    parts = [Fraction(primary_threshold(each, total), 2**128) for each in (first, second)]
    together = Fraction(primary_threshold(first + second, total), 2**128)
    neither = (1 - parts[0]) * (1 - parts[1])
    assert abs(1 - together - neither) < Fraction(1, 2**120)


def test_a_weight_above_the_total_is_refused() -> None:
    with pytest.raises(ValueError, match="wanted a weight of 0 to 3, got 4"):
        primary_threshold(4, 3)


def test_secondary_slots_go_to_everyone_in_turn() -> None:
    turns = Counter(secondary_author(epoch_of(1, 1, 1, 1), slot) for slot in range(400))
    assert sorted(turns) == [0, 1, 2, 3]
    assert min(turns.values()) > 60


def test_every_slot_has_an_author_and_only_its_winners_claim_it_as_primary() -> None:
    epoch = epoch_of(1, 1, 1)
    kinds = Counter[type]()
    for slot in range(40):
        claims = [claim_slot({key.public: key}, epoch, slot) for key in KEYS[:3]]
        assert any(claim is not None for claim in claims)
        kinds.update(type(claim) for claim in claims if claim is not None)
    assert kinds[PrimaryPreDigest] > 0
    assert kinds[SecondaryVrfPreDigest] > 0


def test_a_stranger_claims_nothing() -> None:
    epoch = epoch_of(1, 1)
    assert [claim_slot({KEYS[3].public: KEYS[3]}, epoch, slot) for slot in range(4)] == [None] * 4


def test_another_epoch_draws_other_lots() -> None:
    here, there = epoch_of(1, index=1), epoch_of(1, index=2)
    assert lottery.vrf_input(here, 9) != lottery.vrf_input(there, 9)


def test_a_pre_digest_has_the_layout_of_substrate() -> None:
    digest = SecondaryVrfPreDigest(2, 9, VrfSignature(b"\x01" * 32, b"\x02" * 64))
    raw = b"\x03" + (2).to_bytes(4, "little") + (9).to_bytes(8, "little")
    raw += b"\x01" * 32 + b"\x02" * 64
    assert encode(digest, PreDigest) == raw
    assert decode(raw, PreDigest) == digest


def test_an_epoch_sums_its_weights() -> None:
    epoch: Epoch = epoch_of(1, 2, 3)
    assert epoch.total_weight == 6


def test_the_disabled_claim_nothing_and_nobody_takes_their_turn() -> None:
    epoch, keys = epoch_of(1, 1, 1), {key.public: key for key in KEYS}
    disabled = Epoch(epoch.index, 0, epoch.randomness, epoch.authorities, disabled=(1,))
    before = [claim_slot(keys, epoch, slot) for slot in range(1, 60)]
    after = [claim_slot(keys, disabled, slot) for slot in range(1, 60)]
    claimed = [digest for digest in after if digest is not None]
    assert {digest.authority_index for digest in claimed} == {0, 2}
    assert len(claimed) < len(before)
    kept = [was for was in before if was is not None and was.authority_index != 1]
    assert all(was in after for was in kept)
