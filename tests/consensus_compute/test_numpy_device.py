"""The CPU as a device."""

import numpy as np
import pytest

from consensus.compute.device import DeviceRefused, Search
from consensus.compute.numpy_device import NumpyDevice
from runtime.compute.matmul import MatmulParams, matmul_of, pack_input
from runtime.compute.shares import ShareBatch, ShareParameters
from runtime.compute.verify import verify_shares

EASY = ShareParameters(size=128, target=2**62)
SEARCH = Search(b"b" * 32, b"p" * 32, nonce_from=5, count=8, parameters=EASY)


def test_products_are_exact() -> None:
    chance = np.random.default_rng(1)
    a = chance.integers(-128, 128, (37, 1500)).astype(np.int8)
    b = chance.integers(-128, 128, (1500, 11)).astype(np.int8)
    work = matmul_of(a, b)
    product = work.product(NumpyDevice().run(work, pack_input(a, b)).output)
    assert (product == a.astype(np.int64) @ b.astype(np.int64)).all()


def test_found_shares_pass_verification() -> None:
    shares = NumpyDevice().search_shares(SEARCH)
    assert {share.nonce for share in shares} <= set(SEARCH.nonces)
    batch = ShareBatch(0, SEARCH.provider, shares)
    assert verify_shares(SEARCH.beacon, batch, EASY) == len(shares) * EASY.work_per_share > 0


def test_what_does_not_fit_is_refused_before_it_is_tried() -> None:
    device = NumpyDevice(memory_bytes=1000)
    with pytest.raises(DeviceRefused, match="numpy: wanted at most 1000 bytes, needs 3009"):
        device.run(MatmulParams(1, 1, 999), bytes(1998))
    with pytest.raises(DeviceRefused, match="numpy: wanted at most 1000 bytes, needs 262144"):
        device.search_shares(SEARCH)
