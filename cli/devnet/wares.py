"""What the clients of a devnet's traffic buy: small work of four classes, made up from a die."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import numpy as np

from cli.sdk.data import ask_table
from cli.sdk.matmul import matmul_work
from cli.sdk.queries import parse_query
from cli.sdk.rendering import rendering_work
from cli.sdk.scenes import load_scene
from cli.sdk.tables import open_table
from runtime.compute.classes import Work
from runtime.compute.inference import InferenceParams, pack_input
from runtime.compute.network import Layer, LayerKind, Weights

Ware = tuple[Work, bytes]
"""Some work, and the input that it is done on."""

SCENE = """\
[image]
width = 96
height = 64

[camera]
position = [{eye}, 2, -6]
target = [0, 0.8, 0]

[sky]
horizon = "#dcebff"
zenith = "#5a8cdc"

[[light]]
position = [-4, 6, -5]

[[sphere]]
centre = [{left}, 1, 0]
radius = 1
colour = "#d9480f"

[[plane]]
point = [0, 0, 0]
normal = [0, 1, 0]
colour = "#ced4da"
second_colour = "#868e96"
squares = 1
"""
"""A ball on a floor."""


def product(die: Random) -> Ware:
    """Multiply two matrices of a few hundred rows."""
    rows, inner, columns = (die.randrange(128, 769, 64) for _ in range(3))
    chance = np.random.default_rng(die.getrandbits(32))
    a = chance.integers(-128, 128, (rows, inner), np.int8)
    b = chance.integers(-128, 128, (inner, columns), np.int8)
    return matmul_work(a, b)


def answers(die: Random) -> Ware:
    """Run a perceptron of two layers on some rows."""
    chance = np.random.default_rng(die.getrandbits(32))
    rows, width, hidden, classes = die.randrange(50, 500), 64, 128, 10
    layers = (Layer(LayerKind.RELU, hidden, 10, 0), Layer(LayerKind.DENSE, classes, 0, 0))
    weights = [
        Weights(
            chance.integers(-128, 128, (outer, inner), np.int8),
            chance.integers(-(2**15), 2**15, outer, np.int32),
        )
        for inner, outer in ((width, hidden), (hidden, classes))
    ]
    given = chance.integers(-128, 128, (rows, width), np.int8)
    return InferenceParams(rows, width, 0, layers), pack_input(given, weights)


def statistics(die: Random) -> Ware:
    """Sum up a table by groups."""
    chance = np.random.default_rng(die.getrandbits(32))
    rows = die.randrange(1_000, 5_000)
    cells = np.column_stack([chance.integers(0, 12, rows), chance.integers(0, 10_000, rows)])
    with TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        np.savetxt(path, cells, fmt="%d", delimiter=",", header="shop,price", comments="")
        asked = ask_table(parse_query("summary of price by shop"), open_table(path, 0), 0)
        return asked.work, asked.content


def image(die: Random) -> Ware:
    """Render a ball on a floor, from somewhere."""
    text = SCENE.format(eye=round(die.uniform(-3, 3), 2), left=round(die.uniform(-1, 1), 2))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "scene.toml"
        path.write_text(text, encoding="utf-8")
        return rendering_work(load_scene(path))


WARES: dict[str, Callable[[Random], Ware]] = {
    "matmul": product,
    "inference": answers,
    "data": statistics,
    "rendering": image,
}
"""By the name of the class."""
