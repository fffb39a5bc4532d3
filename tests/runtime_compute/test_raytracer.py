"""The ray tracer: equal to the plain one on any scene, and an image that shows what it should."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.compute.raytracer import _DITHER, Picture, render_tiles
from runtime.compute.scene import SceneCounts, read_scene
from tests.runtime_compute.plain_tracer import PlainTracer
from tests.runtime_compute.scenes import COUNTS, anything, fixed, marbles, material

PICTURE = Picture(width=61, height=37, samples_per_side=2, bounces=2)
SCENE = read_scene(COUNTS, marbles())


def image(picture: Picture = PICTURE, payload: bytes = b"") -> np.ndarray:
    scene = read_scene(COUNTS, payload) if payload else SCENE
    down, across = picture.tiles_down, picture.tiles_across
    tiles = render_tiles(scene, picture, np.arange(down * across))
    whole = tiles.reshape(down, across, 4, 4, 3).swapaxes(1, 2).reshape(4 * down, 4 * across, 3)
    return whole[: picture.height, : picture.width]


def test_an_image_equals_the_plain_tracers() -> None:
    drawn, plain = image(), PlainTracer(SCENE, PICTURE)
    for y in range(0, PICTURE.height, 3):
        for x in range(y % 4, PICTURE.width, 4):
            assert tuple(drawn[y, x]) == plain.pixel(x, y), (x, y)


@pytest.mark.parametrize("wild", [0.0, 0.1, 1.0])
@given(seed=st.integers(0, 2**32), sizes=st.tuples(*[st.integers(1, 3)] * 2))
@settings(max_examples=25, deadline=None)
def test_any_scene_equals_the_plain_tracers_and_stays_in_int64(
    wild: float, seed: int, sizes: tuple[int, int]
) -> None:
    counts = SceneCounts(lights=2, spheres=sizes[0], planes=1, triangles=sizes[1])
    scene = read_scene(counts, anything(counts, seed, wild))
    chance = np.random.default_rng(seed)
    picture = Picture(*(int(side) for side in chance.integers(100, 800, 2)), 1, 3)
    tile = int(chance.integers(picture.tiles_across * picture.tiles_down))
    drawn = render_tiles(scene, picture, np.array([tile]))[0]
    plain = PlainTracer(scene, picture)
    for place in range(0, 16, 3):
        x, y = place % 4, place // 4
        corner = tile % picture.tiles_across * 4, tile // picture.tiles_across * 4
        assert tuple(drawn[y, x]) == plain.pixel(corner[0] + x, corner[1] + y)


def test_a_tile_alone_is_the_tile_of_the_image() -> None:
    everything = render_tiles(SCENE, PICTURE, np.arange(160))
    chosen = np.array([159, 3, 70])
    assert (render_tiles(SCENE, PICTURE, chosen) == everything[chosen]).all()


def test_a_finer_grid_of_samples_smooths_the_edge_of_a_sphere() -> None:
    coarse, fine = (image(Picture(61, 37, side, 0)) for side in (1, 4))
    colours = [len(np.unique(one.reshape(-1, 3), axis=0)) for one in (coarse, fine)]
    assert colours[0] < colours[1]


def test_the_pixels_of_a_tile_share_their_rounding_errors_evenly() -> None:
    assert sorted(_DITHER.tolist()) == [4096 * rank + 2048 for rank in range(16)]
    for quarter in _DITHER.reshape(2, 2, 2, 2).swapaxes(1, 2).reshape(4, 4):
        assert abs(int(quarter.sum()) - 4 * 32768) < 8 * 4096


def test_the_sky_grows_darker_upwards_and_the_floor_is_chequered() -> None:
    drawn = image(Picture(64, 64, 1, 0)).astype(int)
    sky, floor = drawn[:8, 0].sum(axis=1), drawn[50:, 0].sum(axis=1)
    assert (np.diff(sky) >= 0).all()
    assert sky[0] < sky[-1]
    assert np.ptp(floor) > 100


def test_a_shape_throws_a_shadow_away_from_the_light() -> None:
    rows = [
        fixed(0, 10, -1, 0, 0, 0, 2, *[0.1] * 3, *[1] * 6, 0),
        fixed(5, 5, 0, 1, 1, 1),
        fixed(0, 1, 0, 1) + material(fixed(0.5, 0.5, 0.5)),
        fixed(0, 0, 0, 0, 1, 0) + material(fixed(0.5, 0.5, 0.5)),
    ]
    payload = np.array([word for row in rows for word in row], "<i4").tobytes()
    scene, picture = read_scene(SceneCounts(1, 1, 1, 0), payload), Picture(64, 64, 1, 0)
    tiles = render_tiles(scene, picture, np.arange(256)).astype(int)
    left, right = tiles[8 * 16 + 5].sum(), tiles[8 * 16 + 10].sum()
    assert 2 * left < right


def test_a_mirror_shows_what_is_beside_it() -> None:
    none, some = (image(Picture(64, 36, 1, bounces)) for bounces in (0, 3))
    lower_half = (slice(18, 20), slice(17, 20))
    assert (none[lower_half] != some[lower_half]).any(axis=2).mean() > 0.5
