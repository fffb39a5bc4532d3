"""Amounts are exact, of one token, and never a float."""

import operator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.sdk.balance import Balance, Token, agpu, amax, planck_of
from genesis.notation import BadNotation
from runtime.primitives.types import U128_MAX, UNIT

AMOUNTS = st.builds(Balance, st.integers(0, U128_MAX), st.sampled_from(Token))


@given(AMOUNTS)
def test_what_is_printed_is_read_back_exactly(amount: Balance) -> None:
    assert Balance.parse(str(amount)) == amount


@given(st.integers(0, 2**140), st.integers(0, 2**140), st.integers(-9, 9))
def test_arithmetic_is_that_of_integers(a: int, b: int, factor: int) -> None:
    left, right = Balance(a), Balance(b)
    assert (left + right).planck == a + b
    assert (left - right).planck == a - b
    assert (left * factor).planck == (factor * left).planck == a * factor
    assert (left // 7).planck == a // 7
    assert (left < right, left <= right, left > right, left >= right) == (
        a < b, a <= b, a > b, a >= b,
    )  # fmt: skip
    assert (left == right, hash(left) == hash(right)) == (
        a == b,
        hash((a, left.token)) == hash((b, right.token)),
    )


def test_the_unit_says_of_which_token() -> None:
    assert Balance.parse("1.5AGPU") == Balance(3 * UNIT // 2, Token.AGPU)
    assert Balance.parse("2 AMAX") == amax(2)
    assert Balance.parse("250planck", Token.AMAX) == Balance(250, Token.AMAX)
    assert (str(Balance(1_234_500_000_000_000)), f"{agpu(1_234):,}") == ("1234.5AGPU", "1,234 AGPU")
    assert repr(agpu(3)) == "Balance('3AGPU')"


@pytest.mark.parametrize(
    ("text", "token", "complaint"),
    [
        ("1.5", None, "wanted an amount in AGPU or AMAX, such as 1.5AGPU, got '1.5': no unit"),
        ("7planck", None, "got '7planck': planck of which token?"),
        ("1AGPU", Token.AMAX, "wanted an amount with its unit, such as 1.5AMAX or 250planck"),
        ("0.0000000000001AGPU", None, "is finer than a planck"),
        ("-1AGPU", None, "wanted an amount with its unit, such as 1.5AGPU"),
    ],
)
def test_text_that_is_no_amount_is_refused(text: str, token: Token, complaint: str) -> None:
    with pytest.raises(BadNotation) as refusal:
        Balance.parse(text, token)
    assert complaint in str(refusal.value)


@pytest.mark.parametrize("given", [1.5, True, "1AGPU", None])
def test_only_whole_planck_make_an_amount(given: object) -> None:
    with pytest.raises(TypeError, match="wanted whole planck as an int, got"):
        Balance(given)  # type: ignore[arg-type]


def test_a_float_is_no_text() -> None:
    with pytest.raises(TypeError, match="wanted text with a unit"):
        Balance.parse(1.5)  # type: ignore[arg-type]


@pytest.mark.parametrize("other", [1.5, 1, True, float("nan")])
@pytest.mark.parametrize(
    "act",
    [operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge,
     operator.add, operator.sub],
)  # fmt: skip
def test_a_number_is_neither_compared_nor_added(act, other) -> None:
    with pytest.raises(TypeError, match=r"cannot .* wanted a Balance"):
        act(agpu(1), other)


@pytest.mark.parametrize(
    "act", [operator.lt, operator.le, operator.gt, operator.ge, operator.add, operator.sub]
)
def test_two_tokens_do_not_mix(act) -> None:
    with pytest.raises(TypeError, match=r"cannot .* AMAX: wanted AGPU"):
        act(agpu(1), amax(1))
    assert agpu(1) != amax(1)


@pytest.mark.parametrize("act", [operator.mul, operator.floordiv, operator.truediv])
def test_an_amount_is_not_scaled_by_a_float(act) -> None:
    with pytest.raises(TypeError):
        act(agpu(1), 0.5)


def test_an_amount_is_never_a_float() -> None:
    with pytest.raises(TypeError):
        float(agpu(1))  # type: ignore[arg-type]


def test_a_call_takes_amounts_of_its_token_from_zero_on() -> None:
    assert planck_of(agpu(2), Token.AGPU) == 2 * UNIT
    with pytest.raises(TypeError, match="wanted an amount of AMAX, got 2AGPU"):
        planck_of(agpu(2), Token.AMAX)
    with pytest.raises(TypeError, match="wanted a Balance, such as"):
        planck_of(2, Token.AGPU)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="wanted an amount from 0 on, got -1AGPU"):
        planck_of(-agpu(1), Token.AGPU)
