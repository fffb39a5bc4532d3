"""Amounts, accounts and keys as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesis.notation import (
    BadNotation,
    format_amount,
    parse_account,
    parse_amount,
    parse_key,
    parse_pair,
)
from runtime.constants import TREASURY
from runtime.primitives.crypto import KeyKind

ALICE = bytes.fromhex("d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d")
ALICE_ED25519 = bytes.fromhex("88dc3417d5058ec4b4503e0c12ea1a0a89be200fe98922423d4334014fa6b0ee")


@pytest.mark.parametrize(
    ("text", "planck"),
    [
        ("1AGPU", 10**12),
        ("1.5AGPU", 15 * 10**11),
        ("1.5 AGPU", 15 * 10**11),
        ("0.000000000001AGPU", 1),
        ("250planck", 250),
        ("1_000_000AGPU", 10**18),
    ],
)
def test_an_amount_with_its_unit_is_exact(text: str, planck: int) -> None:
    assert parse_amount(text) == planck


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("1.5", "wanted an amount with its unit, such as 1.5AGPU or 250planck, got '1.5'"),
        ("5AMAX", "wanted an amount with its unit, such as 1.5AGPU or 250planck, got '5AMAX'"),
        ("-1AGPU", "wanted an amount with its unit, such as 1.5AGPU or 250planck, got '-1AGPU'"),
        (
            "0.0000000000001AGPU",
            "'0.0000000000001AGPU' is finer than a planck: wanted at most 12 decimals",
        ),
        (
            f"{2**128}planck",
            f"'{2**128}planck' is above the largest balance, 2^128 - 1 planck",
        ),
    ],
)
def test_an_amount_that_could_be_misread_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(BadNotation) as refusal:
        parse_amount(text)
    assert str(refusal.value) == complaint


@pytest.mark.parametrize(
    ("planck", "text"),
    [
        (0, "0 AGPU"),
        (1, "0.000000000001 AGPU"),
        (1_234_500_000_000_000, "1,234.5 AGPU"),
        (-(10**12), "-1 AGPU"),
    ],
)
def test_an_amount_is_shown_exactly(planck: int, text: str) -> None:
    assert format_amount(planck) == text


@pytest.mark.parametrize(
    ("text", "account"),
    [
        ("//Alice", ALICE),
        ("ed25519://Alice", ALICE_ED25519),
        ("5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY", ALICE),
        ("0x" + ALICE.hex(), ALICE),
        ("treasury", TREASURY),
    ],
)
def test_an_account_has_several_notations(text: str, account: bytes) -> None:
    assert parse_account(text) == account


def test_an_address_of_another_network_is_refused() -> None:
    with pytest.raises(BadNotation, match="wanted an address of network 7"):
        parse_account("5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY", 7)


def test_a_session_key_is_ed25519() -> None:
    assert (parse_key("//Alice"), parse_key("0x" + ALICE.hex())) == (ALICE_ED25519, ALICE)


def test_a_bad_secret_is_not_repeated_in_the_message() -> None:
    with pytest.raises(BadNotation) as refusal:
        parse_pair("0xsecret//Alice", KeyKind.ED25519)
    assert "secret//Alice" not in str(refusal.value)


@given(st.integers(0, 2**128 - 1))
def test_an_amount_that_is_shown_is_read_back_to_the_planck(planck: int) -> None:
    assert parse_amount(format_amount(planck).replace(",", "_")) == planck


def test_the_largest_balance_has_a_next_one_that_is_refused() -> None:
    assert parse_amount("340282366920938463463374607.431768211455AGPU") == 2**128 - 1
    for text in ("340282366920938463463374607.431768211456AGPU", "9" * 5000 + "planck"):
        with pytest.raises(BadNotation, match="above the largest balance"):
            parse_amount(text)
