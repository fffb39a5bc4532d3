"""The fast exact functions equal plain integers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from runtime.compute.reference import (
    PRIME,
    Int8s,
    exact_product,
    expand,
    is_product,
    product_mod_prime,
    random_vector,
    tile_digest,
    tile_digests,
    weighted_sums,
    work_digests,
    work_seed,
)

MASK = 2**64 - 1


def plain_mix(word: int) -> int:
    word = (word ^ word >> 30) * 0xBF58476D1CE4E5B9 & MASK
    word = (word ^ word >> 27) * 0x94D049BB133111EB & MASK
    return word ^ word >> 31


def plain_mix32(word: int) -> int:
    word = (word ^ word >> 16) * 0x7FEB352D & 0xFFFFFFFF
    word = (word ^ word >> 15) * 0x846CA68B & 0xFFFFFFFF
    return word ^ word >> 16


def matrix(rows: int, columns: int, seed: int) -> Int8s:
    chance = np.random.default_rng(seed)
    return chance.integers(-128, 128, (rows, columns)).astype(np.int8)


def test_expansion_follows_its_formula() -> None:
    golden = 0x9E3779B97F4A7C15
    words = expand((11, 22), 5, 3, 24).view("<u8").tolist()
    keys = [plain_mix(plain_mix(row * golden + 11 & MASK) + 22 & MASK) for row in (5, 6, 7)]
    wanted = [[plain_mix(key + (j + 1) * golden & MASK) for j in range(3)] for key in keys]
    assert words == wanted


def test_rows_can_be_expanded_apart() -> None:
    whole = expand((1, 2), 0, 130, 512)
    assert (expand((1, 2), 64, 64, 512) == whole[64:128]).all()


@settings(max_examples=25, deadline=None)
@given(some.integers(1, 40), some.integers(1, 40), some.integers(1, 3000), some.integers(0, 2**32))
def test_a_product_is_exact(rows: int, columns: int, inner: int, seed: int) -> None:
    a, b = matrix(rows, inner, seed), matrix(columns, inner, seed + 1)
    assert (exact_product(a, b) == a.astype(np.int64) @ b.astype(np.int64).T).all()


def test_the_largest_sums_are_exact() -> None:
    a, b = np.full((9, 4096), -128, np.int8), np.full((11, 4096), -128, np.int8)
    assert (exact_product(a, b) == 4096 * 2**14).all()
    assert (exact_product(a, np.full_like(b, 127)) == -4096 * 128 * 127).all()


@pytest.mark.parametrize("size", [90, 91, 127])
def test_sums_on_either_side_of_what_float32_holds_are_exact(size: int) -> None:
    """2,047 terms of 91 * 91 are odd and above 2**24; of 90 * 90 they are below."""
    a, b = np.full((3, 2047), size, np.int8), np.full((5, 2047), size, np.int8)
    assert (exact_product(a, b) == 2047 * size**2).all()
    assert (exact_product(a, -b) == -2047 * size**2).all()


def test_products_of_many_rows_are_exact() -> None:
    a, b = matrix(2049, 24, 1), matrix(3, 24, 2)
    assert (exact_product(a, b) == a.astype(np.int64) @ b.astype(np.int64).T).all()


def test_products_can_be_batched() -> None:
    a, b = matrix(24, 40, 1).reshape(3, 8, 40), matrix(24, 40, 2).reshape(3, 8, 40)
    assert (exact_product(a, b) == np.stack([exact_product(a[i], b[i]) for i in range(3)])).all()


def test_a_digest_follows_its_formula() -> None:
    product = np.random.default_rng(3).integers(-(2**27), 2**27, (64, 128)).astype(np.int32)
    key = 0xDEADBEEF12345678
    total = 0
    for e, c in enumerate(product[:, 64:].ravel().tolist()):
        word = c & 0xFFFFFFFF ^ (e * 0x9E3779B1 + key & 0xFFFFFFFF)
        total += plain_mix32(word) * (2 * e + 0x85EBCA77)
    assert int(tile_digests(product, key)[0, 1]) == plain_mix(total & MASK ^ key)


def test_a_tile_can_be_checked_alone() -> None:
    seed = work_seed(b"b" * 32, b"p" * 32, 9)
    digests = work_digests(seed, 256)
    assert [[tile_digest(seed, 256, i, j) for j in range(4)] for i in range(4)] == digests.tolist()


def test_work_is_what_it_always_was() -> None:
    seed = work_seed(b"b" * 32, b"p" * 32, 9)
    assert tile_digest(seed, 512, 3, 5) == 0xB447A4AB42D24B99
    assert tile_digest(seed, 4096, 63, 0) == 0x1791397DDA3543ED


@pytest.mark.parametrize(("low", "high", "bits"), [(-128, 127, 7), (-(2**26), 2**26, 26)])
def test_products_modulo_the_prime_are_exact(low: int, high: int, bits: int) -> None:
    chance = np.random.default_rng(5)
    rows = chance.integers(low, high + 1, (5, 300)).astype(np.int32)
    rows[0], rows[1] = low, high
    vector = random_vector(8, 300)
    vector[:40] = PRIME - 1
    wanted = [sum(int(m) * int(r) for m, r in zip(row, vector, strict=True)) for row in rows]
    assert product_mod_prime(rows, vector, bits).tolist() == [total % PRIME for total in wanted]


@pytest.mark.parametrize("sides", [(1, 1, 1), (64, 48, 32), (8, 8, 4096), (8, 2000, 64)])
def test_a_right_product_passes(sides: tuple[int, int, int]) -> None:
    rows, columns, inner = sides
    a, b = matrix(rows, inner, 1), matrix(columns, inner, 2)
    assert is_product(a, b, exact_product(a, b), seed=77)


def test_a_product_with_one_wrong_entry_does_not_pass() -> None:
    a, b = matrix(64, 64, 1), matrix(64, 64, 2)
    chance = np.random.default_rng(1)
    for trial in range(100):
        c, (i, j) = exact_product(a, b), chance.integers(0, 64, 2)
        c[i, j] ^= 1 << int(chance.integers(0, 19))
        c[i, (j + 1) % 64] += exact_product(a, b)[i, j] - c[i, j]
        assert not is_product(a, b, c, seed=trial)


def test_entries_no_product_can_have_are_refused_before_they_wrap() -> None:
    a, b = matrix(8, 64, 1), matrix(8, 64, 2)
    for entry in (2**31 - 1, -(2**31), (64 << 14) + 1):
        c = exact_product(a, b)
        c[3, 4] = entry
        assert not is_product(a, b, c, seed=1)


@pytest.mark.parametrize("value", [-128, 127])
def test_the_largest_weighted_sums_are_exact(value: int) -> None:
    weights = np.full((2, 4096), 2**15, np.int64)
    weights[0, 7] -= 1
    values = np.full((4096, 3), value, np.int8)
    assert (weighted_sums(weights, values) == weights @ values.astype(np.int64)).all()
