import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.primitives.ss58 import ALPHABET, BadAddress, decode_ss58, encode_ss58

ALICE = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"
PREFIXES = st.integers(0, 16383).filter(lambda prefix: prefix not in (46, 47))
ACCOUNTS = st.binary(min_size=32, max_size=33)


@given(account=ACCOUNTS, prefix=PREFIXES)
def test_an_address_holds_its_account_and_prefix(account: bytes, prefix: int) -> None:
    address = encode_ss58(account, prefix)
    assert decode_ss58(address) == (account, prefix)
    assert decode_ss58(address, prefix) == (account, prefix)


@given(text=st.text(ALPHABET, max_size=70) | st.text(max_size=70))
def test_text_is_the_one_address_of_its_account_or_refused(text: str) -> None:
    try:
        account, prefix = decode_ss58(text)
    except BadAddress:
        return
    assert encode_ss58(account, prefix) == text


@given(place=st.integers(0, len(ALICE) - 1), character=st.sampled_from(ALPHABET))
def test_one_mistyped_character_is_noticed(place: int, character: str) -> None:
    typed = ALICE[:place] + character + ALICE[place + 1 :]
    if typed == ALICE:
        return
    with pytest.raises(BadAddress):
        decode_ss58(typed)


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("", "wanted 35 to 37 bytes of address, got 0"),
        (ALICE[:-1] + "l", "'l' at 47 is not a base 58 character"),
        (ALICE[:-1] + "Z", "the checksum does not match: the address was mistyped or cut"),
        (ALICE[:-1], "wanted 35 to 37 bytes of address, got 34"),
        (
            "DmmS5zJcCEx2zWnNw9c3LM3Pj7Je2Tbd9PuokVKYGT7R2Mfm",
            "wanted a network prefix of one or two bytes, got one of 0x80",
        ),
        (ALICE * 2, "wanted an address of about 48 characters, got 96"),
    ],
)
def test_what_is_no_address_is_refused_with_the_reason(address: str, message: str) -> None:
    with pytest.raises(BadAddress) as caught:
        decode_ss58(address)
    assert str(caught.value) == message


def test_an_address_of_another_network_is_refused() -> None:
    with pytest.raises(
        BadAddress, match=r"^wanted an address of network 7, got one of network 42$"
    ):
        decode_ss58(ALICE, 7)


@pytest.mark.parametrize("prefix", [-1, 46, 47, 16384])
def test_a_prefix_out_of_range_or_reserved_is_refused(prefix: int) -> None:
    with pytest.raises(ValueError, match=f"^wanted a network prefix of 0 to 16383, got {prefix}$"):
        encode_ss58(bytes(32), prefix)


def test_an_account_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match=r"got 31$"):
        encode_ss58(bytes(31), 42)
