"""Examples that can be learnt, and random ones."""

import numpy as np

from runtime.compute.sgd import TrainedLayer
from runtime.compute.training import TrainingParams, pack_input


def training(
    widths: tuple[int, ...] = (12, 16, 5),
    batch: int = 8,
    batches: int = 3,
    *,
    steps: int = 12,
    segment: int = 2,
    seed: int = 1,
) -> tuple[TrainingParams, bytes]:
    """A job on random examples."""
    chance = np.random.default_rng(seed)
    layers = tuple(TrainedLayer(width, 8) for width in widths[1:])
    rows = batch * batches
    work = TrainingParams(rows, widths[0], batch, steps, segment, 8, seed, layers)
    weights = [chance.integers(-(2**15), 2**15, shape).astype(np.int16) for shape in work.shapes]
    cells = chance.integers(-128, 128, (rows, widths[0])).astype(np.int8)
    return work, pack_input(weights, cells, chance.integers(0, widths[-1], rows))


def learnable(steps: int, segment: int) -> tuple[TrainingParams, bytes]:
    """A job on examples around ten centres, to be told apart by four classes."""
    chance = np.random.default_rng(3)
    centres, names = chance.normal(size=(10, 16)) * 40, chance.integers(0, 4, 10)
    chosen = chance.integers(0, 10, 1024)
    rows = np.clip(centres[chosen] + chance.normal(size=(1024, 16)) * 15, -128, 127)
    layers = (TrainedLayer(48, 8), TrainedLayer(4, 8))
    work = TrainingParams(1024, 16, 64, steps, segment, 9, 5, layers)
    weights = [
        np.clip(chance.normal(size=shape) * 6000, -32768, 32767).astype(np.int16)
        for shape in work.shapes
    ]
    return work, pack_input(weights, rows.astype(np.int8), names[chosen])
