"""Every importer accepts honest receipts and names what is wrong with the others."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from runtime.compute.challenge import challenge
from runtime.compute.classes import Tree, leaf_count
from runtime.compute.contents import input_root
from runtime.compute.gas import VERIFY_GAS_LIMIT, opening_gas, shares_gas
from runtime.compute.job import Terms
from runtime.compute.matmul import MatmulParams, pack_input
from runtime.compute.opening import OpenedTree, OpeningProof, decode_proof
from runtime.compute.receipt import Opening, proof_hash
from runtime.compute.registry import job_spec
from runtime.compute.shares import DEVELOPMENT_SHARES, MAINNET_SHARES, Share, ShareBatch, shares_of
from runtime.compute.verify import (
    BadCommitment,
    BadInputPath,
    BadOpeningEncoding,
    BadOutputPath,
    BadReceipt,
    BadShare,
    DegenerateWork,
    WrongLeaf,
    WrongLeaves,
    WrongProofHash,
    check_proof_hash,
    verify_opening,
    verify_shares,
)
from tests.runtime_compute.orders import PROVIDER, RANDOMNESS, Order, order

ORDER = order(130, 90, 33)
COMMITMENT, PROOF = ORDER.commitment(), ORDER.proof()
BEACON = b"b" * 32
EASY = replace(DEVELOPMENT_SHARES, size=128, target=2**63)


def verify(proof: bytes, of: Order = ORDER) -> None:
    verify_opening(of.spec, of.commitment(), RANDOMNESS, proof)


@dataclass(frozen=True)
class Parts:
    """The five parts of a proof for a product, in their order on the wire."""

    tiles: bytes
    output_path: bytes
    a_bands: bytes
    b_bands: bytes
    input_path: bytes

    def encode(self) -> bytes:
        output = OpenedTree((self.tiles,), self.output_path)
        operands = OpenedTree((self.a_bands, self.b_bands), self.input_path)
        return OpeningProof({Tree.OUTPUT: output, Tree.INPUT: operands}).encode()


def parts_of(proof: bytes, of: Order = ORDER) -> Parts:
    trees = decode_proof(of.sizes, proof).trees
    output, operands = trees[Tree.OUTPUT], trees[Tree.INPUT]
    return Parts(*output.sections, output.path, *operands.sections, operands.path)


def changed(**parts: bytes) -> bytes:
    return replace(parts_of(PROOF), **parts).encode()


def flipped(part: bytes, place: int = 0) -> bytes:
    return part[:place] + bytes([part[place] ^ 1]) + part[place + 1 :]


@settings(max_examples=30, deadline=None)
@given(some.integers(1, 90), some.integers(1, 90), some.integers(1, 70), some.integers(0, 99))
def test_an_honest_opening_of_any_shape_is_accepted(
    rows: int, columns: int, inner: int, seed: int
) -> None:
    honest = order(rows, columns, inner, seed)
    proof = honest.proof()
    verify(proof, honest)
    assert len(proof) <= honest.sizes.proof_bytes


def test_a_wrong_number_is_caught_when_its_leaf_is_drawn() -> None:
    lie = ORDER.c.copy()
    lie[:, :] += 1
    commitment, proof = ORDER.commitment(lie), ORDER.proof(lie)
    with pytest.raises(WrongLeaf, match=r"^wanted -?\d+ at \(0, 0\) of leaf \d+, got -?\d+$"):
        verify_opening(ORDER.spec, commitment, RANDOMNESS, proof)


def test_one_wrong_tile_is_caught_exactly_when_it_is_drawn() -> None:
    lie = ORDER.c.copy()
    lie[8, 16] += 1
    leaf = 1 * ORDER.sizes.bands_across + 2
    commitment, proof = ORDER.commitment(lie), ORDER.proof(lie)
    drawn = challenge(commitment.hash, RANDOMNESS, leaf_count(ORDER.sizes))
    if leaf in drawn:
        with pytest.raises(WrongLeaf):
            verify_opening(ORDER.spec, commitment, RANDOMNESS, proof)
    else:
        verify_opening(ORDER.spec, commitment, RANDOMNESS, proof)


def test_padding_other_than_zero_is_caught() -> None:
    small = order(3, 3, 5)
    opened = parts_of(small.proof(), small)
    tiles = np.frombuffer(opened.tiles, "<i4").copy()
    tiles[-1] = 1
    with pytest.raises(BadOutputPath):
        verify(replace(opened, tiles=tiles.tobytes()).encode(), small)


PARTS = parts_of(PROOF)


@pytest.mark.parametrize(
    ("proof", "error"),
    [
        (b"", BadOpeningEncoding),
        (PROOF[:-1], BadOpeningEncoding),
        (PROOF + b"\0", BadOpeningEncoding),
        (bytes(2**21 + 1), BadOpeningEncoding),
        (changed(tiles=PARTS.tiles[:-256]), WrongLeaves),
        (changed(tiles=b""), WrongLeaves),
        (changed(a_bands=PARTS.a_bands + bytes(264)), WrongLeaves),
        (changed(b_bands=PARTS.b_bands[:-1]), WrongLeaves),
        (changed(tiles=flipped(PARTS.tiles)), BadOutputPath),
        (changed(output_path=flipped(PARTS.output_path, 40)), BadOutputPath),
        (changed(output_path=PARTS.output_path[:-32]), BadOutputPath),
        (changed(output_path=PARTS.output_path + bytes(32)), BadOutputPath),
        (changed(output_path=PARTS.output_path + b"\0"), BadOutputPath),
        (changed(a_bands=flipped(PARTS.a_bands, 100)), BadInputPath),
        (changed(b_bands=flipped(PARTS.b_bands, 100)), BadInputPath),
        (changed(input_path=b""), BadInputPath),
        (changed(input_path=PARTS.input_path + b"\0"), BadInputPath),
    ],
)
def test_a_spoilt_proof_is_named(proof: bytes, error: type[BadReceipt]) -> None:
    with pytest.raises(error):
        verify(proof)


def test_lengths_are_checked_before_anything_is_decoded_or_hashed() -> None:
    with pytest.raises(BadOpeningEncoding, match="wanted at most 2097152 bytes, got 2097153"):
        verify(bytes(2**21 + 1))
    with pytest.raises(BadInputPath, match="wanted hashes of 32 bytes, got 31 bytes"):
        verify(changed(input_path=bytes(31)))


@settings(max_examples=200, deadline=None)
@given(some.integers(0, 8 * len(PROOF) - 1))
def test_a_proof_with_any_bit_flipped_is_a_bad_receipt(bit: int) -> None:
    with pytest.raises(BadReceipt):
        verify(PROOF[: bit // 8] + bytes([PROOF[bit // 8] ^ 1 << bit % 8]) + PROOF[bit // 8 + 1 :])


def test_an_opening_answers_one_challenge_only() -> None:
    with pytest.raises(BadReceipt):
        verify_opening(ORDER.spec, COMMITMENT, b"s" * 32, PROOF)


@pytest.mark.parametrize(
    "change", [{"job": 8}, {"segment": 1}, {"provider": bytes(32)}, {"out_root": bytes(32)}]
)
def test_an_output_cannot_be_passed_off_as_anothers(change: dict[str, Any]) -> None:
    with pytest.raises(BadReceipt):
        verify_opening(ORDER.spec, replace(COMMITMENT, **change), RANDOMNESS, PROOF)


def test_a_commitment_states_the_size_of_its_output() -> None:
    size = ORDER.commitment().out_bytes
    with pytest.raises(BadCommitment, match=f"wanted {size} output bytes, got 1"):
        verify_opening(ORDER.spec, replace(COMMITMENT, out_bytes=1), RANDOMNESS, PROOF)
    with pytest.raises(BadCommitment, match="wanted no auxiliary root"):
        verify_opening(ORDER.spec, replace(COMMITMENT, aux_root=b"x" * 32), RANDOMNESS, PROOF)


def test_the_work_of_another_input_is_refused() -> None:
    other = order(130, 90, 33, seed=2)
    with pytest.raises(BadInputPath):
        verify_opening(other.spec, COMMITMENT, RANDOMNESS, PROOF)


def test_a_result_that_shows_nothing_of_its_input_proves_no_work() -> None:
    zeros = np.zeros_like(ORDER.a)
    root = input_root(ORDER.sizes, pack_input(zeros, ORDER.b))
    spec = job_spec(ORDER.sizes, root, Terms(max_price=10**12, deadline=100))
    idle = replace(ORDER, a=zeros, c=np.zeros_like(ORDER.c), spec=spec)
    with pytest.raises(DegenerateWork, match="wanted leaves that depend on the input, got 32"):
        verify(idle.proof(), idle)


def test_a_proof_has_the_bytes_that_it_always_had() -> None:
    wanted = "f0538a302724f7903f9b060de21ad2da608ca24d37045d286465896b71122bbd"
    assert proof_hash(PROOF).hex() == wanted


def test_the_proof_beside_a_block_is_the_one_it_names() -> None:
    check_proof_hash(Opening(7, 0, proof_hash(PROOF)), PROOF)
    with pytest.raises(WrongProofHash, match="wanted proof"):
        check_proof_hash(Opening(7, 0, proof_hash(PROOF)), flipped(PROOF))


def found() -> tuple[Share, ...]:
    shares = tuple(share for n in range(4) for share in shares_of(BEACON, PROVIDER, n, EASY))
    assert len(shares) > 2
    return shares


def test_found_shares_are_worth_their_work() -> None:
    shares = found()
    work = verify_shares(BEACON, ShareBatch(1, PROVIDER, shares), EASY)
    assert work == len(shares) * EASY.work_per_share


def test_shares_are_their_providers_and_their_epochs_alone() -> None:
    shares = found()
    with pytest.raises(BadShare, match="wanted a digest below"):
        verify_shares(BEACON, ShareBatch(1, bytes(32), shares), EASY)
    with pytest.raises(BadShare, match="wanted a digest below"):
        verify_shares(bytes(32), ShareBatch(1, PROVIDER, shares), EASY)


def test_a_share_counts_once() -> None:
    first, second = found()[:2]
    for shares in ((first, first), (second, first)):
        with pytest.raises(BadShare, match="wanted ascending places"):
            verify_shares(BEACON, ShareBatch(1, PROVIDER, shares), EASY)


def test_a_share_lies_inside_its_product() -> None:
    with pytest.raises(BadShare, match=r"wanted a tile below 2, got \(0, 2, 0\)"):
        verify_shares(BEACON, ShareBatch(1, PROVIDER, (Share(0, 2, 0),)), EASY)


def test_an_empty_batch_proves_nothing() -> None:
    with pytest.raises(BadShare, match="wanted a share, got an empty batch"):
        verify_shares(BEACON, ShareBatch(1, PROVIDER, ()), EASY)


def test_a_block_has_gas_for_a_hundred_shares_and_fifteen_of_the_largest_openings() -> None:
    largest = opening_gas(MatmulParams(4096, 4096, 4000))
    assert shares_gas(MAINNET_SHARES, 100) + 15 * largest <= VERIFY_GAS_LIMIT


def test_a_larger_job_never_asks_for_less_gas() -> None:
    prices = [opening_gas(MatmulParams(side, side, side)) for side in (1, 64, 512, 1024, 4000)]
    assert prices == sorted(prices)
