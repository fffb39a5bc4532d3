from fractions import Fraction
from math import ceil, floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.primitives.fixed import FixedU128, Perbill, Permill
from runtime.primitives.scale import decode, encode

KINDS = pytest.mark.parametrize("kind", [Perbill, Permill])
AMOUNTS = st.integers(0, 2**128 - 1)
STEPS = st.integers(0, 2**128 - 1)


@KINDS
@given(data=st.data(), amount=AMOUNTS)
def test_a_fraction_of_an_amount_is_rounded_as_named(kind, data, amount: int) -> None:
    fraction = kind(data.draw(st.integers(0, kind.ONE)))
    exact = Fraction(fraction.parts, kind.ONE) * amount
    assert (fraction.of(amount), fraction.of_rounded_up(amount)) == (floor(exact), ceil(exact))
    assert fraction.of(amount) + fraction.complement().of_rounded_up(amount) == amount


@KINDS
@given(part=AMOUNTS, whole=st.integers(1, 2**128))
def test_a_ratio_is_rounded_down_and_at_most_the_whole(kind, part: int, whole: int) -> None:
    exact = min(Fraction(part, whole), Fraction(1))
    assert kind.from_ratio(part, whole).parts == floor(exact * kind.ONE)


@KINDS
def test_a_share_of_nothing_is_the_whole(kind) -> None:
    assert kind.from_ratio(0, 0) == kind(kind.ONE) == kind.from_percent(100)


@KINDS
@pytest.mark.parametrize(("part", "whole"), [(-1, 1), (0, -1)])
def test_a_ratio_of_negative_numbers_is_refused(kind, part: int, whole: int) -> None:
    with pytest.raises(ValueError, match=r"^wanted a ratio of numbers of at least 0"):
        kind.from_ratio(part, whole)


@KINDS
@pytest.mark.parametrize("excess", [-1, 1])
def test_a_fraction_beyond_the_whole_is_refused(kind, excess: int) -> None:
    parts = -1 if excess < 0 else kind.ONE + 1
    with pytest.raises(ValueError, match=f"^wanted 0 to {kind.ONE} parts of {kind.ONE}, got"):
        kind(parts)


def test_fractions_and_fixed_numbers_are_their_one_integer_on_the_wire() -> None:
    assert encode(Perbill(1), Perbill) == bytes((1, 0, 0, 0))
    assert encode(Permill(2), Permill) == bytes((2, 0, 0, 0))
    assert encode(FixedU128(3), FixedU128) == (3).to_bytes(16, "little")
    assert decode(bytes((1, 0, 0, 0)), Perbill) == Perbill(1)
    assert decode((3).to_bytes(16, "little"), FixedU128) == FixedU128(3)


def test_kinds_of_fractions_do_not_mix() -> None:
    both: list[object] = [Perbill(1), Permill(1)]
    assert both[0] != both[1]


@given(one=STEPS, other=STEPS, amount=st.integers(0, 2**64))
def test_fixed_arithmetic_is_exact_up_to_the_named_rounding(
    one: int, other: int, amount: int
) -> None:
    a, b = FixedU128(one), FixedU128(other)
    exact_a, exact_b = Fraction(one, a.DIV), Fraction(other, b.DIV)
    assert (a.of(amount), a.of_rounded_up(amount)) == (
        floor(exact_a * amount),
        ceil(exact_a * amount),
    )
    expected = {
        a.plus: exact_a + exact_b,
        a.minus: exact_a - exact_b,
        a.times: exact_a * exact_b,
        a.over: exact_a / exact_b if other else None,
    }
    for operation, exact in expected.items():
        if exact is None:
            continue
        steps = floor(exact * a.DIV)
        if 0 <= steps < 2**128:
            assert operation(b) == FixedU128(steps)
        else:
            with pytest.raises(OverflowError):
                operation(b)


@given(numerator=st.integers(0, 2**60), denominator=st.integers(1, 2**128))
def test_a_fixed_ratio_is_rounded_as_named(numerator: int, denominator: int) -> None:
    exact = Fraction(numerator, denominator) * FixedU128.DIV
    assert FixedU128.from_ratio(numerator, denominator).inner == floor(exact)
    assert FixedU128.from_ratio_rounded_up(numerator, denominator).inner == ceil(exact)


def test_a_fixed_number_is_clamped_between_two() -> None:
    least, most = FixedU128.from_ratio(1, 10), FixedU128.from_int(10)
    numbers = [FixedU128(0), FixedU128.from_int(3), FixedU128.from_int(11)]
    assert [number.clamped(least, most) for number in numbers] == [least, numbers[1], most]


@pytest.mark.parametrize("steps", [-1, 2**128])
def test_a_fixed_number_out_of_range_is_refused(steps: int) -> None:
    with pytest.raises(
        OverflowError, match=f"^wanted a FixedU128 of 0 to 2\\*\\*128 - 1 .*{steps}"
    ):
        FixedU128(steps)
