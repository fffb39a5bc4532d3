"""Fixed-point vectors: exact roots, unit lengths."""

from math import isqrt as root_of

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.compute.vectors import Q30, cross, dot, isqrt, normalized

EDGES = [0, 1, 2, 3, 4, 2**52, 2**53 - 1, 2**53 + 1, 2**61 - 1, 2**62]


@given(st.lists(st.integers(0, 2**62), min_size=1))
def test_roots_are_exact(values: list[int]) -> None:
    assert isqrt(np.array(values)).tolist() == [root_of(value) for value in values]


@pytest.mark.parametrize("root", [1, 2, 3, 94906265, 94906266, 94906267, 2**26, 2**31 - 1, 2**31])
def test_roots_next_to_a_square_are_exact(root: int) -> None:
    around = [root * root - 1, root * root, min(root * root + 1, 2**62)]
    assert isqrt(np.array(around)).tolist() == [root_of(value) for value in around]


def test_the_edges_of_the_range_have_exact_roots() -> None:
    assert isqrt(np.array(EDGES)).tolist() == [root_of(value) for value in EDGES]


@given(st.tuples(*[st.integers(-(2**30), 2**30)] * 3))
def test_a_vector_of_some_length_is_scaled_to_one(vector: tuple[int, int, int]) -> None:
    scaled = normalized(np.array(vector))
    length = root_of(sum(part * part for part in vector))
    wanted = 0 if length == 0 else Q30
    assert abs(root_of(int(dot(scaled, scaled))) - wanted) <= (Q30 // max(length, 1)) * 2 + 3


def test_axes_are_at_right_angles() -> None:
    x, y, z = np.eye(3, dtype=np.int64) * Q30
    assert (cross(x, y) == z).all()
    assert (cross(y, z) == x).all()
    assert (cross(x, x) == 0).all()
