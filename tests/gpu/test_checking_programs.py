"""What a GPU finds when it verifies is what the CPU finds."""

from pathlib import Path

import numpy as np
import pytest

from consensus.compute.cuda_checks import ShareTile, is_product, share_digests, tile_products
from consensus.compute.cuda_hashing import leaf_hashes
from runtime.compute import reference
from runtime.compute.merkle import key_of, leaf_hash
from runtime.compute.reference import exact_product, tile_digest, work_seed
from tests.gpu.backends import ShimBackend
from tests.gpu.checks import matrix
from tests.gpu.shim_gpu import ShimGpu


@pytest.fixture
def gpu(shim_image: Path) -> ShimGpu:
    return ShimGpu(ShimBackend(shim_image))


@pytest.mark.parametrize("sides", [(1, 1, 1), (7, 300, 20)])
def test_products_pass_and_nothing_else_does(gpu: ShimGpu, sides: tuple[int, int, int]) -> None:
    rows, inner, columns = sides
    a, b = matrix(rows, inner, 1), matrix(inner, columns, 2)
    c = exact_product(a, b.T)
    assert is_product(gpu, a, b, c, 5)
    for change in (1, -1, 2**31 - 1, -(2**31)):
        wrong = c.copy()
        wrong[-1:, -1:] += np.int32(change)
        assert not is_product(gpu, a, b, wrong, 5)
        assert not reference.is_product(a, b.T, wrong, 5)
    assert gpu.taken == 0


def test_shares_of_a_block_are_checked_in_one_launch(gpu: ShimGpu) -> None:
    tiles = [ShareTile(work_seed(b"b" * 32, b"p" * 32, n), n % 4, 3 - n % 4) for n in range(9)]
    wanted = [tile_digest(tile.seed, 256, tile.row, tile.column) for tile in tiles]
    assert share_digests(gpu, tiles, 256).tolist() == wanted
    assert gpu.taken == 0


def test_tiles_of_many_openings_are_recomputed_in_one_launch(gpu: ShimGpu) -> None:
    pairs = [(matrix(8, side, side), matrix(8, side, -side % 99)) for side in range(1, 80, 3)]
    wanted = np.stack([exact_product(a, b) for a, b in pairs])
    assert (tile_products(gpu, pairs) == wanted).all()
    assert gpu.taken == 0


@pytest.mark.parametrize(("leaves", "leaf_bytes"), [(1, 1), (9, 256), (3, 5000)])
def test_leaves_have_the_hashes_of_the_cpu(gpu: ShimGpu, leaves: int, leaf_bytes: int) -> None:
    content = matrix(leaves, leaf_bytes, 3).view(np.uint8)
    key = key_of("test", b"salt")
    wanted = [leaf_hash(key, leaf.tobytes()) for leaf in content]
    hashes = leaf_hashes(gpu, key, content, leaf_bytes)
    assert [one.tobytes() for one in hashes] == wanted
    assert gpu.taken == 0
