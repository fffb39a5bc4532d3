"""Integer SGD on a GPU: weights stay there, and come back at each checkpoint."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np

from consensus.compute.cuda_gpu import THREADS, Gpu, Kernel, Memory
from consensus.compute.cuda_inference import FINISH_PRODUCT
from consensus.compute.cuda_matmul import SIDE_STEP, multiply
from runtime.compute.classes import Cells, Result
from runtime.compute.sgd import ERROR_HIGH, Batch, Int16s, TrainedLayer, step_keys
from runtime.compute.training import TrainingParams, pack_weights

SHOW_WEIGHTS = Kernel("show_weights", "PiiPiPi")
TURN = Kernel("turn", "PiPiii")
OUTPUT_ERRORS = Kernel("output_errors", "PiPPiii")
LARGEST_CELL = Kernel("largest_cell", "PiPiiiP")
SHORTEN_ERRORS = Kernel("shorten_errors", "PiPiiiPPi")
DESCEND = Kernel("descend", "PPiiiPiQ")
BLOCKS = 1024
"""Enough to fill a large GPU; the kernels stride over what is left."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """Cells on the GPU, both sides filled up with zeros for the product kernels."""

    memory: Memory
    rows: int
    width: int

    @property
    def sides(self) -> tuple[int, int]:
        """Its filled sides; the second is its stride."""
        return _stepped(self.rows), _stepped(self.width)

    @property
    def stride(self) -> int:
        """Cells from one row to the next."""
        return self.sides[1]


@dataclass(frozen=True, slots=True)
class DeviceLayer:
    """A layer: its weights, what the forward pass sees of them, and what it makes."""

    layer: TrainedLayer
    master: Memory
    """(width, inner) int16, not filled up."""
    seen: Matrix
    turned: Matrix
    """The transpose of what is seen."""
    outputs: Matrix
    outputs_turned: Matrix
    errors: Matrix
    errors_turned: Matrix
    inner: int


def run_training(gpu: Gpu, work: TrainingParams, content: bytes) -> Result:
    """Train, and bring every checkpoint back."""
    batches, checkpoints = list(work.batches(content)), []
    with ExitStack() as stack:
        machine = _Machine(gpu, work, work.read_weights(content[: 2 * work.weights]), stack)
        for step in range(work.steps):
            keys = step_keys(work.seed, step, len(work.layers))
            machine.step(batches[step % len(batches)], keys)
            if (step + 1) % work.segment == 0:
                checkpoints.append(pack_weights(machine.weights()))
    return Result(checkpoints[-1], b"".join(checkpoints[:-1]))


class _Machine:
    """A network in training. Invariant: cells beyond a matrix are zero."""

    def __init__(
        self, gpu: Gpu, work: TrainingParams, weights: Sequence[Int16s], stack: ExitStack
    ) -> None:
        self._gpu, self._work, self._stack = gpu, work, stack
        self._rows = self._matrix(work.batch, work.width)
        self._rows_turned = self._matrix(work.width, work.batch)
        self._labels = self._taken(np.zeros(work.batch, np.uint8))
        widest = max(work.width, *(layer.width for layer in work.layers))
        self._no_bias = self._taken(np.zeros(widest, np.int32))
        most = _stepped(max(work.batch, widest)) * _stepped(widest)
        self._sums = self._taken(np.zeros(most, np.int32))
        self._largest = self._taken(np.zeros(2 * len(work.layers), np.int32))
        self._layers = [
            self._layer(layer, weight) for layer, weight in zip(work.layers, weights, strict=True)
        ]

    def step(self, batch: Batch, keys: Sequence[int]) -> None:
        """Queue one step."""
        self._give(batch)
        for number in range(len(self._layers)):
            self._forward(number)
        last = self._layers[-1]
        outputs, errors = last.outputs, last.errors
        places = (outputs.memory, outputs.stride, self._labels, errors.memory, errors.stride)
        shape = (errors.rows, errors.width)
        self._gpu.launch(OUTPUT_ERRORS, _grid(*shape), *places, *shape)
        for number in reversed(range(len(self._layers))):
            self._descend(number, keys[number])
            if number:
                self._back(number)

    def weights(self) -> list[Int16s]:
        """Bring the weights back."""
        brought = []
        for held in self._layers:
            brought.append(np.empty((held.layer.width, held.inner), np.int16))
            self._gpu.download(brought[-1], held.master)
        return brought

    def _give(self, batch: Batch) -> None:
        rows = np.zeros((batch.rows.shape[0], self._rows.stride), np.int8)
        rows[:, : self._rows.width] = batch.rows
        self._gpu.upload(self._rows.memory, rows)
        self._gpu.upload(self._labels, np.ascontiguousarray(batch.labels))
        self._gpu.upload(self._largest, np.zeros(2 * len(self._layers), np.int32))
        self._turn(self._rows, self._rows_turned)

    def _forward(self, number: int) -> None:
        """Show the weights of a layer, and make its outputs."""
        held, (inputs, _) = self._layers[number], self._inputs(number)
        layer, seen, turned = held.layer, held.seen, held.turned
        shown = (seen.memory, seen.stride, turned.memory, turned.stride)
        shape = (layer.width, held.inner)
        self._gpu.launch(SHOW_WEIGHTS, _grid(*shape), held.master, *shape, *shown)
        stride = self._product(inputs, seen)
        low = -ERROR_HIGH if number == len(self._layers) - 1 else 0
        rows, width, out = self._work.batch, layer.width, held.outputs
        places = (self._sums, stride, self._no_bias, out.memory, out.stride, 0)
        self._gpu.launch(FINISH_PRODUCT, _grid(rows, width), *places, rows, width, layer.shift, low)
        self._turn(out, held.outputs_turned)

    def _descend(self, number: int, key: int) -> None:
        """Make the gradient of a layer's weights, and step against it."""
        held, (_, inputs_turned) = self._layers[number], self._inputs(number)
        self._turn(held.errors, held.errors_turned)
        stride = self._product(held.errors_turned, inputs_turned)
        width, inner, largest = held.layer.width, held.inner, int(self._largest) + 8 * number
        grid, sums = _grid(width, inner), (self._sums, stride)
        self._gpu.launch(LARGEST_CELL, grid, *sums, 0, 0, width, inner, largest)
        shape = (width, inner, largest, self._work.rate, key)
        self._gpu.launch(DESCEND, grid, held.master, *sums, *shape)

    def _back(self, number: int) -> None:
        """Make the errors of the layer before, where it was not cut off at zero."""
        held, before = self._layers[number], self._layers[number - 1]
        stride = self._product(held.errors, held.turned)
        mask, out, largest = before.outputs, before.errors, int(self._largest) + 8 * number + 4
        shape, grid = (out.rows, out.width), _grid(out.rows, out.width)
        cells = (self._sums, stride, mask.memory, mask.stride, *shape, largest)
        self._gpu.launch(LARGEST_CELL, grid, *cells)
        self._gpu.launch(SHORTEN_ERRORS, grid, *cells, out.memory, out.stride)

    def _inputs(self, number: int) -> tuple[Matrix, Matrix]:
        if number == 0:
            return self._rows, self._rows_turned
        before = self._layers[number - 1]
        return before.outputs, before.outputs_turned

    def _product(self, left: Matrix, right: Matrix) -> int:
        """Queue left times the transpose of right; return the stride of the sums."""
        (rows, inner), (columns, same) = left.sides, right.sides
        assert inner == same, f"{left} times {right}"
        places = (left.memory, right.memory, self._sums)
        multiply(self._gpu, places, (rows, columns, inner))
        return columns

    def _turn(self, source: Matrix, target: Matrix) -> None:
        places = (source.memory, source.stride, target.memory, target.stride)
        shape = (source.rows, source.width)
        self._gpu.launch(TURN, _grid(*shape), *places, *shape)

    def _layer(self, layer: TrainedLayer, weight: Int16s) -> DeviceLayer:
        batch, (width, inner) = self._work.batch, weight.shape
        return DeviceLayer(
            layer=layer,
            master=self._taken(np.ascontiguousarray(weight)),
            seen=self._matrix(width, inner),
            turned=self._matrix(inner, width),
            outputs=self._matrix(batch, width),
            outputs_turned=self._matrix(width, batch),
            errors=self._matrix(batch, width),
            errors_turned=self._matrix(width, batch),
            inner=inner,
        )

    def _matrix(self, rows: int, width: int) -> Matrix:
        cells = np.zeros((_stepped(rows), _stepped(width)), np.int8)
        return Matrix(self._taken(cells), rows, width)

    def _taken(self, cells: Cells) -> Memory:
        """Take memory and put cells in."""
        (memory,) = self._stack.enter_context(self._gpu.memory(cells.nbytes))
        self._gpu.upload(memory, cells)
        return memory


def _stepped(side: int) -> int:
    return -(-side // SIDE_STEP) * SIDE_STEP


def _grid(rows: int, width: int) -> tuple[int, int]:
    """Return blocks for as many threads as there are cells."""
    return min(BLOCKS, -(-rows * width // THREADS)), 1
