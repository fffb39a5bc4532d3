"""The training class: integer SGD on a client's own examples, with a checkpoint per segment.

The input is the weights to begin with and the examples in their batches, which are used in turn.
The output is the weights at the end; the auxiliary content is the checkpoints before. A leaf is a
checkpoint whole: it follows from the one before it and the batches of its segment.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np

from runtime.compute.classes import Cells, Chunk, Definition, Result, Section, Tree, path_bytes
from runtime.compute.contents import spot_check
from runtime.compute.job import BadSpec, JobClass
from runtime.compute.reference import Int8s
from runtime.compute.sgd import Batch, Int16s, TrainedLayer, step_keys, train_step
from runtime.primitives.schema import Bounded
from runtime.primitives.types import U8, U32, U64

SAMPLES = 4
"""Checkpoints opened per job: each is a whole segment of work and shows all weights twice. Who
skips a tenth of the segments passes twice in three times and loses its bond the third; the full
audit finds the rest."""
MAX_LAYERS = 6
MAX_WIDTH = 4096
MAX_BATCH = 4096
"""Sums over a batch stay below 2**26."""
MAX_STEPS = 2**20
MAX_CLASSES = 256
"""A label is a byte."""
ROUNDING = 16
"""Operations to round one gradient by a hash and step one weight."""
FINISHING = 16
"""Operations to bring one sum to int8, forward or back."""
MACS_PER_NANOSECOND = 4
"""Of int8 products in batches, on the reference core."""
WEIGHT_GAS = 40
"""Nanoseconds to round and step one weight."""
CELL_GAS = 40
"""Nanoseconds for one activation and its error, beside the products."""
STEP_GAS = 400_000
"""Nanoseconds for one step, however small."""
_LENGTH_BYTES = 4


@dataclass(frozen=True, slots=True)
class TrainingParams:
    """So many steps of SGD on batches of examples, with a checkpoint after each segment."""

    rows: U32
    """Examples, a multiple of the batch."""
    width: U32
    batch: U32
    steps: U32
    """A multiple of the segment."""
    segment: U32
    """Steps from one checkpoint to the next."""
    rate: U8
    """Bits of a gradient that are kept: one more is twice the speed."""
    seed: U64
    """What the rounding is hashed from."""
    layers: Annotated[tuple[TrainedLayer, ...], Bounded(MAX_LAYERS)]

    job_class: ClassVar[JobClass] = JobClass.TRAINING
    definition: ClassVar[Definition] = Definition(
        1,
        "per step: int8 forward with weights >> 8, error to +-48, int8 backward at 7 bits, int16 "
        "weights -= (gradient + hash mod 2^s) >> s, s leaving `rate` bits of the largest",
    )

    def check_limits(self) -> None:
        """Check the sizes."""
        _within("examples", self.rows, 1, 2**24)
        _within("cells in a row", self.width, 1, MAX_WIDTH)
        _within("examples in a batch", self.batch, 1, MAX_BATCH)
        _within("steps", self.steps, 1, MAX_STEPS)
        _within("steps in a segment", self.segment, 1, self.steps)
        _within("bits of a gradient", self.rate, 1, 15)
        _within("layers", len(self.layers), 1, MAX_LAYERS)
        if self.rows % self.batch:
            raise BadSpec(f"wanted whole batches of {self.batch}, got {self.rows} examples")
        if self.steps % self.segment:
            raise BadSpec(f"wanted whole segments of {self.segment}, got {self.steps} steps")
        for number, ((_, inner), layer) in enumerate(zip(self.shapes, self.layers, strict=True)):
            _within(f"cells in layer {number}", layer.width, 1, MAX_WIDTH)
            # Beyond, every sum is rounded to zero, whatever the input.
            _within(f"shift in layer {number}", layer.shift, 0, 14 + inner.bit_length())
        _within("classes", self.layers[-1].width, 2, MAX_CLASSES)

    @property
    def shapes(self) -> tuple[tuple[int, int], ...]:
        """Shape (width, inner) of each layer's weights."""
        widths = (self.width, *(layer.width for layer in self.layers))
        return tuple(
            (layer.width, inner) for layer, inner in zip(self.layers, widths, strict=False)
        )

    @property
    def weights(self) -> int:
        """Weights of all layers."""
        return sum(width * inner for width, inner in self.shapes)

    @property
    def checkpoints(self) -> int:
        """Checkpoints after the beginning, the end included."""
        return self.steps // self.segment

    @property
    def step_products(self) -> int:
        """Multiply-accumulates of one step: forward, gradient, and error but for the input's."""
        first = self.shapes[0][0] * self.shapes[0][1]
        return self.batch * (3 * self.weights - first)

    @property
    def step_cells(self) -> int:
        """Activations of one step."""
        return self.batch * sum(layer.width for layer in self.layers)

    @property
    def operations(self) -> int:
        """Products, and what is done to each weight and each activation."""
        rounding = ROUNDING * self.weights + 2 * FINISHING * self.step_cells
        return self.steps * (self.step_products + rounding)

    @property
    def samples(self) -> int:
        """Few: each is a whole segment of work."""
        return SAMPLES

    @property
    def proof_bytes(self) -> int:
        """Two checkpoints and the batches of a segment, for each sample."""
        samples, batches = min(SAMPLES, self.checkpoints), self.rows // self.batch
        shown = min(samples * self.segment, batches)
        paths = path_bytes(2 * samples, self.checkpoints) + path_bytes(shown + 1, batches + 1)
        lengths = (2 + 3 + 2) * _LENGTH_BYTES
        return 2 * samples * 2 * self.weights + shown * self._batch_bytes + paths + lengths

    @property
    def check_gas(self) -> int:
        """Price of repeating the sampled segments."""
        step = self.step_products // MACS_PER_NANOSECOND + WEIGHT_GAS * self.weights
        return (
            min(SAMPLES, self.checkpoints)
            * self.segment
            * (step + CELL_GAS * self.step_cells + STEP_GAS)
        )

    @property
    def memory_bytes(self) -> int:
        """Contents, and the terms of one step."""
        contents = sum(self.content_bytes(tree) for tree in Tree)
        return 2 * contents + 60 * self.weights + 30 * self.step_cells

    @property
    def _batch_bytes(self) -> int:
        return self.batch * (self.width + 1)

    def content_bytes(self, tree: Tree) -> int:
        """Size of the first weights and all examples, or of checkpoints."""
        match tree:
            case Tree.INPUT:
                return 2 * self.weights + self.rows * (self.width + 1)
            case Tree.OUTPUT:
                return 2 * self.weights
            case Tree.AUXILIARY:
                return (self.checkpoints - 1) * 2 * self.weights

    def sections(self, tree: Tree) -> tuple[Section, ...]:
        """List the first weights and the batches, or checkpoints."""
        whole = Section(1, 2 * self.weights)
        match tree:
            case Tree.INPUT:
                return whole, Section(self.rows // self.batch, self._batch_bytes)
            case Tree.OUTPUT:
                return (whole,)
            case Tree.AUXILIARY:
                return (Section(self.checkpoints - 1, 2 * self.weights),)

    def cut(self, tree: Tree, content: bytes) -> tuple[Cells, ...]:
        """Cut the input in weights and batches, or a result in checkpoints."""
        if tree is not Tree.INPUT:
            return (np.frombuffer(content, np.uint8).reshape(-1, 2 * self.weights),)
        start = 2 * self.weights
        first = np.frombuffer(content[:start], np.uint8)[None]
        rows, labels = self._examples(content)
        flat = rows.view(np.uint8).reshape(-1, self.batch * self.width)
        return first, np.concatenate([flat, labels.reshape(-1, self.batch)], axis=1)

    def needs(self, leaf: int) -> tuple[Chunk, ...]:
        """Name the checkpoint before a leaf, and the batches between."""
        number = self._checkpoint(leaf)
        before = Chunk(Tree.AUXILIARY, number - 2) if number > 1 else Chunk(Tree.INPUT, 0)
        batches = {step % (self.rows // self.batch): None for step in self._steps(number)}
        return before, *(Chunk(Tree.INPUT, 1 + batch) for batch in sorted(batches))

    def recompute(self, leaf: int, chunks: Sequence[bytes]) -> Cells:
        """Repeat the segment that ends with a checkpoint."""
        places = (chunk.index - 1 for chunk in self.needs(leaf)[1:])
        batches = dict(zip(places, map(self._read_batch, chunks[1:]), strict=True))
        weights = self.read_weights(chunks[0])
        for step in self._steps(self._checkpoint(leaf)):
            weights = self._step(weights, batches[step % (self.rows // self.batch)], step)
        return np.concatenate([weight.ravel() for weight in weights]).astype("<i2", copy=False)

    def run(self, content: bytes) -> Result:
        """Train, and keep every checkpoint."""
        rows, labels = self._examples(content)
        weights, checkpoints = self.read_weights(content[: 2 * self.weights]), []
        for step in range(self.steps):
            start = step * self.batch % self.rows
            window = slice(start, start + self.batch)
            weights = self._step(weights, Batch(rows[window], labels[window]), step)
            if (step + 1) % self.segment == 0:
                checkpoints.append(pack_weights(weights))
        return Result(checkpoints[-1], b"".join(checkpoints[:-1]))

    def is_result(self, content: bytes, result: Result, seed: int) -> bool:
        """Repeat some segments."""
        return spot_check(self, content, result, seed)

    def is_constant(self, leaf: bytes) -> bool:
        """Say whether all weights are one number."""
        return leaf == leaf[:2] * self.weights

    def read_weights(self, content: bytes) -> list[Int16s]:
        """Read the weights of all layers from a checkpoint."""
        flat, start, weights = np.frombuffer(content, "<i2"), 0, []
        for width, inner in self.shapes:
            weights.append(flat[start : start + width * inner].reshape(width, inner))
            start += width * inner
        return weights

    def batches(self, content: bytes) -> Iterator[Batch]:
        """Read the batches of an input, in their order."""
        rows, labels = self._examples(content)
        for start in range(0, self.rows, self.batch):
            yield Batch(rows[start : start + self.batch], labels[start : start + self.batch])

    def _step(self, weights: Sequence[Int16s], batch: Batch, step: int) -> list[Int16s]:
        keys = step_keys(self.seed, step, len(self.layers))
        return train_step(self.layers, weights, batch, self.rate, keys)

    def _checkpoint(self, leaf: int) -> int:
        """Return the number of a leaf's checkpoint, from 1: leaf 0 is the output, the last."""
        return leaf or self.checkpoints

    def _steps(self, checkpoint: int) -> range:
        return range((checkpoint - 1) * self.segment, checkpoint * self.segment)

    def _examples(self, content: bytes) -> tuple[Int8s, Cells]:
        cells, start = self.rows * self.width, 2 * self.weights
        rows = np.frombuffer(content, np.int8, cells, start).reshape(self.rows, self.width)
        return rows, np.frombuffer(content, np.uint8, self.rows, start + cells)

    def _read_batch(self, chunk: bytes) -> Batch:
        cells = self.batch * self.width
        rows = np.frombuffer(chunk, np.int8, cells).reshape(self.batch, self.width)
        return Batch(rows, np.frombuffer(chunk, np.uint8, self.batch, cells))


def pack_weights(weights: Sequence[Int16s]) -> bytes:
    """Lay the weights of all layers out as a checkpoint."""
    return b"".join(weight.astype("<i2", copy=False).tobytes() for weight in weights)


def pack_input(weights: Sequence[Int16s], rows: Int8s, labels: Cells) -> bytes:
    """Lay out what a client sends: first weights, rows, labels."""
    examples = np.ascontiguousarray(rows).tobytes() + labels.astype(np.uint8).tobytes()
    return pack_weights(weights) + examples


def _within(name: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise BadSpec(f"wanted {low} to {high} {name}, got {value}")
