"""What the nodes of a world share: the outcome of a check that all of them make."""

import pytest

from runtime.primitives import crypto, vrf
from tests.simulation.seeded import checks_once, remembered


def test_the_same_question_is_asked_once_and_refused_alike() -> None:
    asked = []

    def half(number: int) -> int:
        asked.append(number)
        if number % 2:
            raise ValueError(f"wanted an even number, got {number}")
        return number // 2

    again = remembered(half)
    assert [again(4), again(4), again(6)] == [2, 2, 3]
    for _ in range(2):
        with pytest.raises(ValueError, match="got 3"):
            again(3)
    assert asked == [4, 6, 3]


def test_checks_are_those_of_libsodium_again_after_a_world() -> None:
    before = (crypto.crypto_sign_open, vrf.verify)
    with checks_once():
        assert crypto.crypto_sign_open is not before[0]
    assert (crypto.crypto_sign_open, vrf.verify) == before
