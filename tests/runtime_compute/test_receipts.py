"""What blocks carry: sizes, roots and totals."""

from dataclasses import replace

from runtime.compute.receipt import NO_RECEIPTS, Commitment, Opening, Receipts
from runtime.compute.shares import DEVELOPMENT_SHARES, MAINNET_SHARES, Share, ShareBatch
from runtime.primitives.block import ComputeDigest
from runtime.primitives.scale import decode, encode
from tests.runtime_compute.orders import PROVIDER, order

BATCH = ShareBatch(3, PROVIDER, (Share(1, 2, 3), Share(1, 2, 4), Share(2, 0, 0)))
OPENINGS = (Opening(7, 0, b"h" * 32), Opening(8, 1, b"i" * 32))


def test_receipts_survive_their_encoding() -> None:
    receipts = Receipts((BATCH,), OPENINGS)
    assert decode(encode(receipts, Receipts), Receipts) == receipts


def test_a_share_is_twelve_bytes_and_a_full_batch_is_under_a_kilobyte() -> None:
    full = replace(BATCH, shares=tuple(Share(nonce, 0, 0) for nonce in range(64)))
    assert len(encode(Share(2**64 - 1, 65535, 65535), Share)) == 12
    assert len(encode(full, ShareBatch)) == 810


def test_a_digest_totals_its_receipts() -> None:
    receipts = Receipts((BATCH,), OPENINGS)
    work = 3 * DEVELOPMENT_SHARES.work_per_share
    assert receipts.digest(DEVELOPMENT_SHARES, (5, 8)) == ComputeDigest(receipts.root, work, 13)


def test_every_field_of_a_commitment_changes_its_hash() -> None:
    commitment = order(9, 9, 9).commitment()
    changes = (
        {"job": 8},
        {"segment": 1},
        {"provider": bytes(32)},
        {"out_root": bytes(32)},
        {"aux_root": b"a" * 32},
        {"out_bytes": 1},
    )
    hashes = {commitment.hash, *(replace(commitment, **change).hash for change in changes)}
    assert len(hashes) == 7
    assert len(encode(commitment, Commitment)) == 116


def test_a_share_proves_the_work_it_takes_to_find_one() -> None:
    assert DEVELOPMENT_SHARES.work_per_share == 1024 * 64 * 64 * 512 // 10**8
    assert MAINNET_SHARES.work_per_share == 2**30 * 64 * 64 * 4096 // 10**8


def test_no_receipts_have_a_root_too() -> None:
    assert (
        NO_RECEIPTS.root.hex() == "9ee6dfb61a2fb903df487c401663825643bb825d41695e63df8af6162ab145a6"
    )
