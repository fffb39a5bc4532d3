"""Rendering as a class: its limits, its price, and openings of images as importers see them."""

from dataclasses import replace

import numpy as np
import pytest

from runtime.compute.classes import Result, Tree, leaf_count
from runtime.compute.contents import commit, input_root, is_degenerate
from runtime.compute.gas import MAX_OPENING_GAS, opening_gas
from runtime.compute.job import BadSpec, JobClass, Terms
from runtime.compute.opening import OpenedTree, OpeningProof, decode_proof, prove_opening
from runtime.compute.registry import check_limits, job_spec, units, work_of
from runtime.compute.rendering import Rendering
from runtime.compute.verify import (
    BadInputPath,
    BadOutputPath,
    DegenerateWork,
    WrongLeaf,
    verify_opening,
)
from runtime.primitives.hashing import blake2_256
from runtime.primitives.scale import encode
from tests.runtime_compute.orders import PROVIDER, RANDOMNESS
from tests.runtime_compute.scenes import COUNTS, fixed, marbles

WORK = Rendering(
    width=100,
    height=60,
    samples_per_side=1,
    bounces=2,
    lights=COUNTS.lights,
    spheres=COUNTS.spheres,
    planes=COUNTS.planes,
    triangles=COUNTS.triangles,
)
SCENE = marbles()
IMAGE = WORK.run(SCENE)
SPEC = job_spec(WORK, input_root(WORK, SCENE), Terms(max_price=10**12, deadline=100))


def opened(result: Result, scene: bytes = SCENE) -> bytes:
    commitment = commit(WORK, 7, 0, PROVIDER, result)
    return prove_opening(SPEC, commitment, RANDOMNESS, scene, result)


def verify(result: Result, proof: bytes) -> None:
    verify_opening(SPEC, commit(WORK, 7, 0, PROVIDER, result), RANDOMNESS, proof)


def test_an_honest_image_is_accepted() -> None:
    proof = opened(IMAGE)
    verify(IMAGE, proof)
    assert len(proof) <= WORK.proof_bytes


def test_an_image_is_the_same_on_every_machine() -> None:
    assert blake2_256(IMAGE.output).hex() == (
        "73253095207adcb9b14776fbbdbaa3d5012c3acc378437abf1c353461f6f6411"
    )


def test_an_image_smaller_than_the_sample_is_opened_whole() -> None:
    small = replace(WORK, width=9, height=9)
    image = small.run(SCENE)
    spec = job_spec(small, input_root(small, SCENE), Terms(max_price=10**12, deadline=100))
    commitment = commit(small, 7, 0, PROVIDER, image)
    verify_opening(
        spec,
        commitment,
        RANDOMNESS,
        prove_opening(spec, commitment, RANDOMNESS, SCENE, image),
    )


def test_one_wrong_channel_in_every_tile_is_caught() -> None:
    pixels = np.frombuffer(IMAGE.output, np.uint8).copy()
    pixels[5::48] ^= 1
    lie = Result(pixels.tobytes())
    with pytest.raises(WrongLeaf, match=r"^wanted \d+ at \(0, 1, 2\) of leaf \d+, got \d+$"):
        verify(lie, opened(lie))


def test_the_image_of_another_scene_is_caught() -> None:
    words = np.frombuffer(SCENE, "<i4").copy()
    words[0] += 4096
    lie = WORK.run(words.tobytes())
    with pytest.raises(WrongLeaf):
        verify(lie, opened(lie))


def test_another_scene_beside_an_image_is_caught() -> None:
    words = np.frombuffer(SCENE, "<i4").copy()
    words[0] += 4096
    other = words.tobytes()
    trees = dict(decode_proof(WORK, opened(IMAGE)).trees)
    trees[Tree.INPUT] = OpenedTree((other,), b"")
    with pytest.raises(BadInputPath):
        verify(IMAGE, OpeningProof(trees).encode())


def test_tiles_that_were_not_committed_to_are_caught() -> None:
    trees = dict(decode_proof(WORK, opened(IMAGE)).trees)
    (tiles,) = trees[Tree.OUTPUT].sections
    trees[Tree.OUTPUT] = OpenedTree((tiles[:-1] + b"\0",), trees[Tree.OUTPUT].path)
    with pytest.raises(BadOutputPath):
        verify(IMAGE, OpeningProof(trees).encode())


def test_an_image_of_nothing_is_degenerate() -> None:
    words = np.frombuffer(SCENE, "<i4").copy()
    words[0:6] = fixed(0, 300, 0, 0, 300, 1)
    words[10:16] = 65536
    empty = words.tobytes()
    image = WORK.run(empty)
    assert is_degenerate(WORK, image)
    assert not is_degenerate(WORK, IMAGE)
    spec = job_spec(WORK, input_root(WORK, empty), Terms(max_price=10**12, deadline=100))
    commitment = commit(WORK, 7, 0, PROVIDER, image)
    with pytest.raises(DegenerateWork):
        verify_opening(
            spec, commitment, RANDOMNESS, prove_opening(spec, commitment, RANDOMNESS, empty, image)
        )


def test_a_device_that_errs_is_found_out() -> None:
    assert WORK.is_result(SCENE, IMAGE, seed=3)
    pixels = np.frombuffer(IMAGE.output, np.uint8).copy()
    pixels[::48] ^= 1
    assert not WORK.is_result(SCENE, Result(pixels.tobytes()), seed=3)


def test_an_image_is_put_together_from_its_tiles() -> None:
    image = WORK.image(IMAGE.output)
    tiles = WORK.drawn(IMAGE.output)
    assert image.shape == (60, 100, 3)
    assert (image[4:8, 8:12] == tiles[1 * 25 + 2]).all()
    odd = replace(WORK, width=99, height=58)
    cut = odd.run(SCENE).output
    assert odd.image(cut).shape == (58, 99, 3)
    assert (odd.image(cut)[56:, 96:] == odd.drawn(cut)[-1][:2, :3]).all()


def test_the_price_follows_from_the_parameters_alone() -> None:
    tests = 16 * 1 * 3 * 3 * (3 + 1 + 2 * 2 + 12)
    assert WORK.operations == 25 * 15 * tests * 2048
    assert units(WORK) == -(-WORK.operations // 10**8)
    assert units(replace(WORK, samples_per_side=2)) > 3 * units(WORK)
    assert work_of(JobClass.RENDERING, encode(WORK, Rendering)) == WORK
    assert leaf_count(WORK) == 25 * 15


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"width": 0}, "wanted 1 to 4096 pixels across, got 0"),
        ({"height": 4097}, "wanted 1 to 4096 pixels down, got 4097"),
        ({"samples_per_side": 0}, "wanted 1 to 4 samples per side, got 0"),
        ({"samples_per_side": 5}, "wanted 1 to 4 samples per side, got 5"),
        ({"bounces": 9}, "wanted 0 to 8 bounces, got 9"),
        ({"lights": 9}, "wanted 0 to 8 lights, got 9"),
        ({"spheres": 0, "planes": 0, "triangles": 0}, "wanted 1 to 256 shapes, got 0"),
        ({"spheres": 257}, "wanted 1 to 256 shapes, got 260"),
        ({"width": 481}, "wanted sides of at most 8 to 1, got 481 x 60"),
        (
            {"spheres": 200, "samples_per_side": 4},
            "wanted openings of at most 100000000 ns to check, got 1722211400: "
            "choose fewer samples, bounces, lights or shapes",
        ),
    ],
)
def test_what_cannot_be_run_or_checked_is_refused(change: dict[str, int], what: str) -> None:
    with pytest.raises(BadSpec) as caught:
        check_limits(replace(WORK, **change))
    assert str(caught.value) == what


def test_the_dearest_opening_leaves_room_for_others() -> None:
    dear = replace(WORK, width=4096, height=2160, samples_per_side=2, bounces=3, lights=2)
    while opening_gas(dear) <= MAX_OPENING_GAS:
        check_limits(dear)
        dear = replace(dear, spheres=dear.spheres + 1)
    assert dear.spheres > 5
    with pytest.raises(BadSpec, match="choose fewer samples, bounces, lights or shapes"):
        check_limits(dear)
