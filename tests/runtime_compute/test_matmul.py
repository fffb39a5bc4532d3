"""Payloads of the matmul class: packed, read back and held against their roots."""

import numpy as np
import pytest

from runtime.compute.classes import Result
from runtime.compute.contents import (
    WrongPayloadRoot,
    WrongPayloadSize,
    check_input,
    check_output,
    input_root,
    is_degenerate,
    spot_check,
)
from runtime.compute.matmul import MatmulParams, pack_output
from runtime.compute.tiles import bands_of, tiles_of
from tests.runtime_compute.orders import order

ORDER = order(11, 20, 13)


def test_an_input_reads_back_as_it_was() -> None:
    check_input(ORDER.sizes, ORDER.spec.input_root, ORDER.content)
    a, b = ORDER.sizes.operands(ORDER.content)
    assert (a == ORDER.a).all()
    assert (b == ORDER.b).all()


def test_an_input_of_another_size_or_with_a_flipped_byte_is_refused() -> None:
    payload = ORDER.content
    with pytest.raises(WrongPayloadSize, match="wanted 403 input bytes, got 402"):
        check_input(ORDER.sizes, ORDER.spec.input_root, payload[:-1])
    with pytest.raises(WrongPayloadRoot, match="wanted input root"):
        check_input(ORDER.sizes, ORDER.spec.input_root, bytes([payload[0] ^ 1]) + payload[1:])


def test_an_output_reads_back_as_it_was() -> None:
    check_output(ORDER.sizes, ORDER.commitment(), pack_output(ORDER.c))
    assert (ORDER.sizes.product(pack_output(ORDER.c)) == ORDER.c).all()


def test_an_output_of_another_size_or_with_a_flipped_byte_is_refused() -> None:
    payload = pack_output(ORDER.c)
    with pytest.raises(WrongPayloadSize, match="wanted 880 output bytes, got 881"):
        check_output(ORDER.sizes, ORDER.commitment(), payload + b"\0")
    with pytest.raises(WrongPayloadRoot, match="wanted output root"):
        check_output(ORDER.sizes, ORDER.commitment(), payload[:-1] + bytes([payload[-1] ^ 1]))


def test_the_same_bytes_in_another_shape_are_another_input() -> None:
    wide, tall = MatmulParams(4, 8, 4), MatmulParams(8, 4, 4)
    assert input_root(wide, bytes(48)) != input_root(tall, bytes(48))


def test_running_the_work_gives_the_product_and_every_leaf_agrees() -> None:
    result = ORDER.sizes.run(ORDER.content)
    assert result == Result(pack_output(ORDER.c))
    assert spot_check(ORDER.sizes, ORDER.content, result, seed=5)
    wrong = Result(result.output[:-1] + b"\x7f")
    assert ORDER.sizes.is_result(ORDER.content, result, seed=5)
    assert not ORDER.sizes.is_result(ORDER.content, wrong, seed=5)
    assert not spot_check(ORDER.sizes, ORDER.content, wrong, seed=5)


def test_a_product_with_nothing_in_most_of_it_is_degenerate() -> None:
    large, less = order(80, 80, 3), order(80, 80, 3).c
    assert not is_degenerate(large.sizes, large.result())
    less[:40] = 0
    assert not is_degenerate(large.sizes, large.result(less))
    less[:48] = 0
    assert is_degenerate(large.sizes, large.result(less))


def test_a_tile_is_the_product_of_its_bands() -> None:
    tiles, across = tiles_of(ORDER.c), ORDER.sizes.bands_across
    a_bands, b_bands = bands_of(ORDER.a).astype(np.int32), bands_of(ORDER.b.T).astype(np.int32)
    for leaf, tile in enumerate(tiles):
        assert (tile == a_bands[leaf // across] @ b_bands[leaf % across].T).all()


def test_roots_are_what_they_always_were() -> None:
    assert ORDER.spec.input_root.hex()[:16] == "51634d1961365e69"
    assert ORDER.commitment().out_root.hex()[:16] == "0d2b98ad625987a5"
    assert ORDER.commitment().hash.hex()[:16] == "b60f3ddecf2532c6"
